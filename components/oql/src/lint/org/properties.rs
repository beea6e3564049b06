//! WB612 and WB614: properties whose value Org cannot use, and options of the export without their prefix.

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

/// Options of a file's export that a heading may set for itself, with `EXPORT_` before them. As Org does, only those in capitals
/// are looked at: a workbook may well have a property `title`.
const EXPORT: &[&str] = &[
    "AUTHOR",
    "BIBLIOGRAPHY",
    "CITE_EXPORT",
    "CREATOR",
    "DATE",
    "DESCRIPTION",
    "EMAIL",
    "EXCLUDE_TAGS",
    "HTML_CONTENT_CLASS",
    "HTML_DOCTYPE",
    "HTML_HEAD",
    "HTML_HEAD_EXTRA",
    "HTML_LINK_HOME",
    "HTML_LINK_UP",
    "HTML_MATHJAX",
    "KEYWORDS",
    "LANGUAGE",
    "OPTIONS",
    "SELECT_TAGS",
    "SUBTITLE",
    "TITLE",
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
        } else if EXPORT.contains(&document.slice(&entry.key)) {
            let name = document.slice(&entry.key);
            findings
                .info("WB614", entry.key.clone(), format!("`:{name}:` changes nothing in an export"))
                .help(format!("write `:EXPORT_{name}:`; it counts where the heading is exported by itself"))
                .fix(entry.key.start..entry.key.start, "EXPORT_");
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
