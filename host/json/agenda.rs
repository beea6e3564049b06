//! The agenda: `{date, time, until, kind, days, part, parts, headline, file?}`.

use serde_json::Value;

use super::{headline, nullable, object, some};
use crate::kernel::types::{AgendaItem, AgendaKind, Headline};

/// One line of `wb query --agenda`. `file` is given where several files are asked.
#[must_use]
pub fn agenda_item(item: &AgendaItem, of: &Headline, file: Option<&str>) -> Value {
    object([
        ("date", some(item.date.as_str())),
        ("time", nullable(item.time.as_deref())),
        ("until", nullable(item.until.as_deref())),
        ("kind", some(kind(item.kind))),
        // Days late; below zero: days until it is due.
        ("days", some(item.days)),
        ("part", some(item.part)),
        ("parts", some(item.parts)),
        ("headline", some(headline(of, None))),
        ("file", file.map(Value::from)),
    ])
}

fn kind(kind: AgendaKind) -> &'static str {
    match kind {
        AgendaKind::Deadline => "deadline",
        AgendaKind::Scheduled => "scheduled",
        AgendaKind::Timestamp => "timestamp",
    }
}
