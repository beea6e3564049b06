//! What happened in runs, step by step, over all of them.

use plane_http::answer::Answer;
use plane_http::text::parsed;
use serde_json::{Value, json};

use crate::host::wb::plane::runs;
use crate::problem::{Done, failed};
use crate::table::Call;

/// A page of steps. What a step says stands beside where it happened.
pub fn list(call: &Call) -> Done {
    let (steps, next) = runs::steps(call.param("run"), call.param("before"), call.limit()).map_err(failed)?;
    let line = |step: &runs::Step| {
        let mut line = json!({ "run": step.run, "step": step.number, "tool": "step", "ts": step.made });
        if let (Some(line), Value::Object(said)) = (line.as_object_mut(), parsed(&step.body)) {
            line.extend(said);
        }
        line
    };
    Ok(Answer::json(200, &json!({ "items": steps.iter().map(line).collect::<Value>(), "next": next })))
}
