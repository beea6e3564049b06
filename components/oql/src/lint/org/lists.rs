//! WB615: numbered items that are shown with another number than they are written with.

use crate::findings::Findings;
use crate::syntax::{Document, Kind};

pub(super) fn check(document: &Document, findings: &mut Findings) {
    for (l, list) in document.elements.iter().enumerate().filter(|(_, e)| e.kind == Kind::List) {
        if list.heading.is_some_and(|h| document.headings[h].hidden) {
            continue;
        }
        let mut expected = 1u32;
        let mut i = l + 1;
        while let Some(item) = document.elements.get(i).filter(|_| i < list.next) {
            i = item.next.max(i + 1);
            let Kind::Item { line, start } = &item.kind else { continue };
            let written = document.text().get(*start..).map_or("", |t| t.trim_start());
            let bullet = *start + (document.text().len() - start - written.len());
            let Some((number, len)) = number(written).filter(|_| line.ordered) else { continue };
            if let Some(counter) = line.counter {
                expected = counter.saturating_add(1);
                continue;
            }
            if number != expected {
                let end = bullet + len;
                findings
                    .info("WB615", bullet..end, format!("this item is written as {number} and shown as {expected}"))
                    .help(format!("number it so, or write `[@{number}]` behind the number"))
                    .fix(end..end, format!(" [@{number}]"));
            }
            // One finding for a run that goes on from a wrong number.
            expected = number.saturating_add(1);
        }
    }
}

/// The number of `12.` or `b)`, and the length of the bullet.
fn number(text: &str) -> Option<(u32, usize)> {
    let b = text.as_bytes();
    let digits = b.iter().take_while(|c| c.is_ascii_digit()).count();
    let (number, len) = match b.first()? {
        c if digits == 0 && c.is_ascii_alphabetic() => (u32::from(c.to_ascii_uppercase() - b'@'), 1),
        _ => (text.get(..digits)?.parse().ok()?, digits),
    };
    matches!(b.get(len), Some(b'.' | b')')).then_some((number, len + 1))
}
