//! What happens, a line of JSON each, for whoever reads the log; and the same counted.

use std::sync::Arc;

use serde_json::json;

use super::figures::Figures;
use crate::env::Log;
use crate::plane::{Said, Teller};
use crate::report::Reporter;

/// Tells of a plane's requests: faults always, the others under `WB_LOG=info`.
pub(super) fn teller(plane: &'static str, figures: &Arc<Figures>, report: Reporter) -> Teller {
    let figures = Arc::clone(figures);
    Arc::new(move |said: &Said<'_>| {
        figures.count(plane, said);
        let line = || {
            let mut line = json!({
                "plane": plane,
                "request": said.id,
                "method": said.method,
                "path": said.path,
                "status": said.status,
                "ms": said.took.as_secs_f64() * 1_000.0,
            });
            if let Some(fault) = said.fault {
                line["fault"] = json!(fault);
            }
            line.to_string()
        };
        if said.fault.is_some() { report.complain(&line()) } else { report.log(Log::Info, line) }
    })
}
