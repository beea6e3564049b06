//! Writing HTML: every text goes through here, so everything is escaped.

/// What a byte may begin; anything else is copied.
const TABLE: [bool; 256] = {
    let mut table = [false; 256];
    let mut i = 0;
    while i < 256 {
        table[i] = match i as u8 {
            b'\n' | b'\t' => false,
            b'<' | b'>' | b'&' | b'"' | b'\'' | 0..=0x1f | 0x7f | 0xc2 | 0xef => true,
            _ => false,
        };
        i += 1;
    }
    table
};

/// Appends text with the characters that mean something in HTML escaped; control characters are dropped.
pub(crate) fn escape_into(out: &mut String, text: &str) {
    let bytes = text.as_bytes();
    let mut from = 0;
    let mut i = 0;
    while let Some(b) = bytes.get(i).copied() {
        if !TABLE[b as usize] {
            i += 1;
            continue;
        }
        let stands_for = match b {
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'&' => "&amp;",
            b'"' => "&quot;",
            b'\'' => "&#39;",
            0x0b | 0x0c => " ",
            0..=0x1f | 0x7f => "",
            // U+0080..U+009F and the noncharacters U+FDD0..U+FDEF, U+FFFE and U+FFFF, which HTML does not allow.
            0xc2 | 0xef => {
                let len = if b == 0xc2 { 2 } else { 3 };
                if text.get(i..i + len).and_then(|c| c.chars().next()).is_some_and(is_unprintable) {
                    out.push_str(text.get(from..i).unwrap_or(""));
                    from = i + len;
                }
                i += len;
                continue;
            }
            _ => {
                i += 1;
                continue;
            }
        };
        out.push_str(text.get(from..i).unwrap_or(""));
        out.push_str(stands_for);
        i += 1;
        from = i;
    }
    out.push_str(text.get(from..).unwrap_or(""));
}

/// Control characters and noncharacters, which HTML does not allow.
pub(crate) fn is_unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{fdd0}'..='\u{fdef}' | '\u{fffe}' | '\u{ffff}')
}

/// ` name="value"`.
pub(crate) fn attribute(out: &mut String, name: &str, value: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    escape_into(out, value);
    out.push('"');
}

/// ` tabindex="0"` for what a narrow page scrolls sideways: with the keys it is reached by no other way. Not in the plain mode.
pub(crate) fn scrolls(x: &mut super::Export) {
    x.out.push_str(if x.plain { "" } else { " tabindex=\"0\"" });
}

/// A word for a class: lower case letters, digits and dashes.
pub(crate) fn class(word: &str) -> String {
    if !word.contains(['+', '#']) {
        return crate::text::slug(word);
    }
    let slug = word.replace("++", "pp").replace('#', "sharp");
    crate::text::slug(&slug)
}

/// The text of a fragment without its tags.
pub(crate) fn plain(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    for (entity, text) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")] {
        out = out.replace(entity, text);
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        let mut out = String::new();
        escape_into(&mut out, "a<b>&\"'\u{1}é\u{85}ï\u{ffff}\n\t z");
        assert_eq!(out, "a&lt;b&gt;&amp;&quot;&#39;éï\n\t z");
    }
}
