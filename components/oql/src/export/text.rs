//! Plain text between objects: escaped, with dashes, ellipses, quotes and line breaks as the options ask.

use super::html::is_unprintable;

/// How a text is to be read.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Style {
    /// `--`, `---`, `...` and `\-` become characters of their own.
    pub(crate) special: bool,
    /// Line breaks are kept (`\n:t`, verse).
    pub(crate) breaks: bool,
    /// Blanks at the beginning of a line are kept (verse).
    pub(crate) indentation: bool,
    /// The text is the last of its paragraph, so a line break follows it.
    pub(crate) ends_line: bool,
}

/// What a byte may begin; anything else is copied.
const fn matters(b: u8) -> bool {
    matches!(b, b'<' | b'>' | b'&' | b'"' | b'\'' | b'-' | b'.' | b'\\' | b'\n' | 0xc2 | 0xef)
        || (b < 0x20 && b != b'\t')
        || b == 0x7f
}

const TABLE: [bool; 256] = {
    let mut table = [false; 256];
    let mut i = 0;
    while i < 256 {
        table[i] = matters(i as u8);
        i += 1;
    }
    table
};

/// Appends `text`; `quotes` are the places of quotation marks in it and what stands for them.
pub(crate) fn write(out: &mut String, text: &str, style: Style, quotes: &[(usize, &'static str)]) {
    let bytes = text.as_bytes();
    let mut quotes = quotes.iter();
    let mut from = 0;
    let mut i = 0;
    let flush = |out: &mut String, from: usize, to: usize| out.push_str(text.get(from..to).unwrap_or(""));
    while let Some(b) = bytes.get(i).copied() {
        if !TABLE[b as usize] {
            i += 1;
            continue;
        }
        let (stands_for, len) = match b {
            b'<' => ("&lt;", 1),
            b'>' => ("&gt;", 1),
            b'&' => ("&amp;", 1),
            b'"' | b'\'' => {
                let smart = quotes.find(|(at, _)| *at >= i).filter(|(at, _)| *at == i).map(|(_, q)| *q);
                (smart.unwrap_or(if b == b'"' { "&quot;" } else { "&#39;" }), 1)
            }
            b'.' if style.special && bytes.get(i + 1..i + 3) == Some(b"..") => ("…", 3),
            b'\\' if style.special && bytes.get(i + 1) == Some(&b'-') => ("\u{ad}", 2),
            b'-' if style.special => {
                let run = bytes.get(i..).unwrap_or(&[]).iter().take_while(|b| **b == b'-').count();
                let followed = i + run < bytes.len() || style.ends_line;
                flush(out, from, i);
                dashes(out, run, followed);
                i += run;
                from = i;
                continue;
            }
            b'\n' => {
                let end = text.get(from..i).unwrap_or("").trim_end_matches([' ', '\t']);
                let end = if style.breaks { end.strip_suffix("\\\\").unwrap_or(end) } else { end };
                out.push_str(end);
                out.push_str(if style.breaks { "<br />\n" } else { "\n" });
                i += 1;
                let blanks = bytes.get(i..).unwrap_or(&[]).iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
                i += blanks;
                from = i;
                if style.indentation {
                    (0..blanks).for_each(|_| out.push('\u{a0}'));
                }
                continue;
            }
            0xc2 | 0xef => {
                let len = if b == 0xc2 { 2 } else { 3 };
                if text.get(i..i + len).and_then(|c| c.chars().next()).is_some_and(is_unprintable) {
                    ("", len)
                } else {
                    i += len;
                    continue;
                }
            }
            0x0b | 0x0c => (" ", 1),
            b if b < 0x20 || b == 0x7f => ("", 1),
            _ => {
                i += 1;
                continue;
            }
        };
        flush(out, from, i);
        out.push_str(stands_for);
        i += len;
        from = i;
    }
    flush(out, from, bytes.len());
}

/// A run of dashes: its last three are one long dash, else its last two a short one, if anything follows.
fn dashes(out: &mut String, run: usize, followed: bool) {
    if !followed {
        (0..run).for_each(|_| out.push('-'));
        return;
    }
    let (rest, long) = if run >= 3 { (run - 3, "—") } else { (run, "") };
    let (rest, short) = if rest >= 2 { (rest - 2, "–") } else { (rest, "") };
    (0..rest).for_each(|_| out.push('-'));
    out.push_str(short);
    out.push_str(long);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, ends_line: bool, expect: &str) {
        let mut out = String::new();
        write(&mut out, text, Style { special: true, ends_line, ..Style::default() }, &[]);
        assert_eq!(out, expect);
    }

    #[test]
    fn special_strings() {
        check("a -- b---c .... \\- -", true, "a – b—c …. \u{ad} -");
        check("a --", false, "a --");
        check("a --", true, "a –");
        check("a----b -----c", true, "a-—b –—c");
    }

    #[test]
    fn escapes_and_lines() {
        let style = Style { breaks: true, indentation: true, ..Style::default() };
        let mut out = String::new();
        write(&mut out, "a<b \\\\\n  c--d é\u{85}", style, &[]);
        assert_eq!(out, "a&lt;b <br />\n\u{a0}\u{a0}c--d é");
    }
}
