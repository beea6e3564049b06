//! Routes of the oldest clients.

use plane_http::answer::Answer;

use super::workbooks;
use crate::host::wb::plane::org;
use crate::problem::{Done, failed};
use crate::table::Call;

/// `PUT /w/{id}`: as ever, `stored`.
pub fn put(call: &Call) -> Done {
    workbooks::put(call)?;
    Ok(Answer::new(201, "text/plain; charset=utf-8", "stored"))
}

/// `POST /oql/lint`: the findings of a text.
pub fn lint(call: &Call) -> Done {
    let findings = org::lint(&call.source).map_err(failed)?;
    Ok(Answer::new(200, "application/json", findings))
}

/// `POST /oql/parse`: the headlines of a text.
pub fn parse(call: &Call) -> Done {
    let rows = org::headlines(&call.source).map_err(failed)?;
    Ok(Answer::new(200, "application/json", rows))
}
