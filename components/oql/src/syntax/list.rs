//! How far a list reaches, and each of its items.
//!
//! As in Org, the extent of all items of a list is found in one go, before anything inside is looked at: an item ends
//! at the next bullet that is not further in, at a line of text that is not, or at two blank lines; what stands between
//! the ends of a block or a drawer says nothing.

use super::ends::{Closing, Ends};
use super::line;
use crate::source::Source;

/// One item: its first line, the column of its bullet, and the line behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ItemExtent {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) end: usize,
}

/// The items of the list that begins at line `first`, nested ones included, in document order.
pub(crate) fn extents(source: &Source, ends: &Ends, first: usize, limit: usize) -> Vec<ItemExtent> {
    let mut scan = Scan { out: Vec::new(), open: Vec::new(), seen: first };
    let mut i = first;
    while i < limit {
        let Some(l) = source.lines.get(i) else { break };
        let text = &source.text[l.start..l.end];
        let (column, start) = line::list_column(text);
        if start == text.len() {
            let ends_list =
                source.lines.get(i + 1).is_some_and(|n| n.next > n.end && line::is_blank(&source.text[n.start..n.end]));
            if ends_list {
                scan.close(i, 0);
                return scan.out;
            }
            i += 1;
            continue;
        }
        if line::is_item(text) {
            scan.close(i, column);
            if scan.out.first().is_some_and(|first| column < first.column) {
                // A list of its own, which nobody will ask this one about.
                return scan.out;
            }
            scan.open.push(scan.out.len());
            scan.out.push(ItemExtent { line: i, column, end: limit });
        } else {
            scan.close(scan.seen, column);
            if scan.open.is_empty() {
                return scan.out;
            }
            i = skipped(ends, &text[start..], i, limit).unwrap_or(i);
        }
        i += 1;
        scan.seen = i;
    }
    scan.close(scan.seen, 0);
    scan.out
}

struct Scan {
    out: Vec<ItemExtent>,
    /// The items that have not ended, as indices.
    open: Vec<usize>,
    /// The line behind the last one that is not blank.
    seen: usize,
}

impl Scan {
    /// Ends the items whose bullets stand at this column or further in.
    fn close(&mut self, line: usize, column: usize) {
        while let Some(item) = self.open.last().and_then(|i| self.out.get_mut(*i)) {
            if item.column < column {
                break;
            }
            item.end = line;
            self.open.pop();
        }
    }
}

/// The last line of the block or drawer that a line opens.
fn skipped(ends: &Ends, rest: &str, i: usize, limit: usize) -> Option<usize> {
    match rest.as_bytes().first()? {
        b'#' => {
            let behind = line::strip_ascii_prefix(rest, "#+begin")?;
            if behind.starts_with(':') {
                return ends.find(Closing::DynamicColon, i, limit).ok();
            }
            let name = line::first_run(behind.strip_prefix('_')?);
            // Org takes the name for a pattern here. One with special characters does not match itself.
            let special = name.contains(['*', '+', '?', '[', '^', '$', '\\']);
            (!name.is_empty() && !special).then(|| ends.find(Closing::Block(name), i, limit).ok()).flatten()
        }
        b':' => line::drawer(rest).and_then(|_| ends.find(Closing::Drawer, i, limit).ok()),
        _ => None,
    }
}
