//! WB612: properties whose value Org cannot use.

use super::keywords::OLD_PROPERTIES;
use crate::findings::Findings;
use crate::syntax::Document;

/// What Org computes itself.
const SPECIAL: &[&str] = &[
    "alltags",
    "blocked",
    "clocksum",
    "clocksum_t",
    "closed",
    "deadline",
    "file",
    "item",
    "priority",
    "scheduled",
    "tags",
    "timestamp",
    "timestamp_ia",
    "todo",
];

/// Drawer keys that workbooks read under the name of a header argument.
const OURS: &[&str] = &["cache", "eval", "dir", "file"];

pub(super) fn check(document: &Document, findings: &mut Findings) {
    let drawers = document.headings.iter().filter(|h| !h.hidden).filter_map(|h| h.drawer.as_ref());
    for entry in drawers.chain(&document.drawer).flat_map(|d| &d.entries) {
        let key = document.slice(&entry.key).to_ascii_lowercase();
        let value = document.slice(&entry.value);
        if SPECIAL.contains(&key.as_str()) {
            findings
                .warning("WB612", entry.key.clone(), format!("`{key}` is computed by Org; a drawer cannot set it"))
                .help("rename the property");
        } else if key == "effort" && !value.trim().is_empty() && crate::query::duration(value).is_none() {
            findings
                .warning("WB612", entry.value.clone(), "this effort is no duration")
                .help("write `1:30`, `90` or `1h 30min`");
        } else if key == "id" && value.contains("::") {
            findings
                .warning("WB612", entry.value.clone(), "`::` in an id ends it where a link names it")
                .help("choose another id");
        } else if OLD_PROPERTIES.contains(&key.as_str()) && !OURS.contains(&key.as_str()) {
            findings
                .info("WB605", entry.key.clone(), format!("Babel does not read the property `{key}` any more"))
                .help(format!("write `:header-args: :{key} …`"));
        }
    }
}
