//! The text inside a block: commas unescaped, common indentation removed.

use super::line;

/// The lines of a block's body, unescaped. Line breaks become `\n`.
pub(crate) fn unescaped_lines(body: &str) -> Vec<String> {
    let mut lines: Vec<&str> = body.split('\n').collect();
    if lines.last().is_some_and(|l| l.is_empty()) {
        lines.pop();
    }
    lines.into_iter().map(|l| unescape(l.strip_suffix('\r').unwrap_or(l))).collect()
}

/// `,* x` → `* x`, `,#+x` → `#+x`, `,,* x` → `,* x`.
fn unescape(text: &str) -> String {
    let (_, start) = line::indent(text);
    let rest = &text[start..];
    let behind = rest.trim_start_matches(',');
    if rest.len() > behind.len() && (behind.starts_with('*') || behind.starts_with("#+")) {
        format!("{}{}", &text[..start], &rest[1..])
    } else {
        text.to_owned()
    }
}

/// Removes the indentation all non-blank lines share, in columns.
pub(crate) fn dedent(lines: &mut [String]) {
    let shared = lines.iter().filter(|l| !line::is_blank(l)).map(|l| line::indent(l).0).min().unwrap_or(0);
    // Org removes no more columns than the text has characters, which shows where there is little but tabs.
    let size = || lines.iter().map(|l| l.chars().count() + 1).sum::<usize>();
    let shared = if shared >= 8 { shared.min(size()) } else { shared };
    if lines.iter().all(|l| line::is_blank(l)) {
        lines.iter_mut().for_each(String::clear);
    }
    if shared == 0 {
        return;
    }
    for text in lines.iter_mut() {
        let mut column = 0;
        let mut cut = 0;
        for (i, b) in text.bytes().enumerate() {
            column = match b {
                b' ' => column + 1,
                b'\t' => column + 8 - column % 8,
                _ => break,
            };
            // A tab that reaches across the cut stays, as in Emacs.
            if column > shared {
                break;
            }
            cut = i + 1;
        }
        text.drain(..cut);
    }
}

/// The text of a body as a program sees it; ends with a line break unless it is empty.
pub(crate) fn code(body: &str, keep_indentation: bool) -> String {
    let mut lines = unescaped_lines(body);
    if !keep_indentation {
        dedent(&mut lines);
    }
    let mut out = lines.join("\n");
    if !lines.is_empty() {
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies() {
        assert_eq!(code("  a\n    b\n\n  ,* c\n", false), "a\n  b\n\n* c\n");
        assert_eq!(code("\tx\r\n        y\r\n", false), "x\ny\n");
        assert_eq!(code("  x\n\ty\n   \tz\n \n          ", false), "x\n\ty\n \tz\n\n        \n");
        assert_eq!(code("", false), "");
        assert_eq!(code(",,#+x\n, y\n", true), ",#+x\n, y\n");
    }
}
