//! Workbooks and their history.

use plane_http::answer::Answer;
use serde_json::{Value, json};

use super::{number, page};
use crate::conditions::{is_known, of_write, tag};
use crate::host::wb::plane::workbooks::{self, Condition, Revision, Workbook};
use crate::problem::{Done, failed, unless};
use crate::table::Call;

/// A workbook as JSON.
pub fn shown(workbook: &Workbook) -> Value {
    json!({
        "id": workbook.id,
        "digest": workbook.digest,
        "size": workbook.size,
        "revision": workbook.revision,
        "created": workbook.created,
        "changed": workbook.changed,
    })
}

fn revision(revision: &Revision) -> Value {
    json!({
        "number": revision.number,
        "digest": revision.digest,
        "size": revision.size,
        "made": revision.made,
        "author": revision.author,
    })
}

fn answer(status: u16, workbook: &Workbook) -> Answer {
    Answer::json(status, &shown(workbook)).with("etag", tag(&workbook.digest))
}

fn unchanged(digest: &str) -> Answer {
    let mut answer = Answer::empty().with("etag", tag(digest));
    answer.status = 304;
    answer
}

/// A page of workbooks.
pub fn list(call: &Call) -> Done {
    let items = workbooks::list(call.param("after").unwrap_or(""), call.limit()).map_err(failed)?;
    Ok(page(items, call.limit(), shown, |last| json!(last.id)))
}

/// What is known of one.
pub fn get(call: &Call) -> Done {
    let workbook = workbooks::head(call.part(0)).map_err(failed)?;
    if is_known(call.request, &workbook.digest)? { Ok(unchanged(&workbook.digest)) } else { Ok(answer(200, &workbook)) }
}

/// Makes one.
pub fn create(call: &Call) -> Done {
    let (_, conditional) = of_write(call.request)?;
    let put = workbooks::put(call.part(0), call.source.as_bytes(), &Condition::Absent);
    let workbook = put.map_err(unless(conditional))?;
    Ok(answer(201, &workbook).with("location", format!("/api/workbooks/{}", workbook.id)))
}

/// Writes one.
pub fn put(call: &Call) -> Done {
    let (condition, conditional) = of_write(call.request)?;
    let put = workbooks::put(call.part(0), call.source.as_bytes(), &condition);
    let workbook = put.map_err(unless(conditional))?;
    if workbook.revision > 1 {
        return Ok(answer(200, &workbook));
    }
    Ok(answer(201, &workbook).with("location", format!("/api/workbooks/{}", workbook.id)))
}

/// Deletes one.
pub fn delete(call: &Call) -> Done {
    let (condition, conditional) = of_write(call.request)?;
    workbooks::delete(call.part(0), &condition).map_err(unless(conditional))?;
    Ok(Answer::empty())
}

/// A page of changes.
pub fn history(call: &Call) -> Done {
    let items = workbooks::history(call.part(0), call.number("before"), call.limit()).map_err(failed)?;
    Ok(page(items, call.limit(), revision, |last| json!(last.number)))
}

/// Makes an earlier source the present one.
pub fn restore(call: &Call) -> Done {
    let (condition, conditional) = of_write(call.request)?;
    let revision = number(&call.body, "revision").unwrap_or(0);
    let restored = workbooks::restore(call.part(0), revision, &condition).map_err(unless(conditional))?;
    Ok(answer(200, &restored))
}

/// The source.
pub fn org(call: &Call) -> Done {
    let digest = match call.number("revision") {
        Some(_) => None,
        None => Some(workbooks::head(call.part(0)).map_err(failed)?.digest),
    };
    if let Some(digest) = &digest
        && is_known(call.request, digest)?
    {
        return Ok(unchanged(digest));
    }
    let (source, digest) = source(call)?;
    let answer = Answer::new(200, "text/org; charset=utf-8", source);
    Ok(match digest {
        Some(digest) => answer.with("etag", tag(&digest)),
        None => answer,
    })
}

/// The source that a request is about, and its digest where it is the present one.
pub fn source(call: &Call) -> Result<(Vec<u8>, Option<String>), Answer> {
    if let Some(revision) = call.number("revision") {
        return Ok((workbooks::source(call.part(0), revision).map_err(failed)?, None));
    }
    let (workbook, source) = workbooks::get(call.part(0)).map_err(failed)?;
    Ok((source, Some(workbook.digest)))
}
