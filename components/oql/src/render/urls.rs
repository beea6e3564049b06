//! Plain links in prose: `https://x.y/a_b`, `<https://x.y>`, `mailto:a@b.c`.
//!
//! They are taken out of a text before `orgize` sees it, because it would read the `_` and `*` of a URL as markup, and
//! put back when the text is written. A placeholder is two noncharacters around a number, which no text contains.

const OPEN: char = '\u{fdd0}';
const CLOSE: char = '\u{fdd1}';

/// Schemes that are links without brackets.
const PLAIN: &[&str] = &["http", "https", "ftp", "mailto", "file", "news", "doi"];

/// A text with its plain links taken out.
#[derive(Debug, Default)]
pub(crate) struct Masked {
    pub(crate) text: String,
    /// The URL, and whether it stood in angle brackets.
    urls: Vec<(String, bool)>,
}

/// A piece of text as it is written out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'m> {
    Text(&'m str),
    Url { url: &'m str, angle: bool },
}

/// Takes the plain links out. Unprintable characters go as well, and every line gets a harmless beginning, so that
/// nothing in it looks like the start of an element.
pub(crate) fn mask(text: &str) -> Masked {
    let mut masked = Masked::default();
    for (i, line) in text.split('\n').enumerate() {
        if i > 0 {
            masked.text.push('\n');
        }
        masked.text.push_str("\u{1} ");
        mask_line(&mut masked, line.trim_start_matches([' ', '\t']).trim_end_matches('\r'));
    }
    masked
}

fn mask_line(masked: &mut Masked, line: &str) {
    let mut from = 0;
    while let Some(colon) = line[from..].find(':').map(|i| from + i) {
        let start = line[..colon]
            .rfind(|c: char| !c.is_ascii_alphabetic())
            .map_or(0, |i| i + line[i..].chars().next().map_or(1, char::len_utf8));
        let start = start.max(from);
        let scheme = &line[start..colon];
        let before = line[..start].chars().next_back();
        let wanted =
            PLAIN.contains(&scheme) && !matches!(before, Some('[')) && before.is_none_or(|c| !c.is_alphanumeric());
        let slashes = line[colon + 1..].starts_with("//") || matches!(scheme, "mailto" | "doi" | "news");
        let end = colon + 1 + url_length(&line[colon + 1..]);
        if wanted && slashes && end > colon + 3 {
            let angle = before == Some('<') && line[end..].starts_with('>');
            let begin = if angle { start - 1 } else { start };
            push_clean(&mut masked.text, &line[from..begin]);
            masked.text.push(OPEN);
            masked.text.push_str(&masked.urls.len().to_string());
            masked.text.push(CLOSE);
            masked.urls.push((line[start..end].to_owned(), angle));
            from = if angle { end + 1 } else { end };
        } else {
            push_clean(&mut masked.text, &line[from..=colon]);
            from = colon + 1;
        }
    }
    push_clean(&mut masked.text, &line[from..]);
}

fn push_clean(out: &mut String, text: &str) {
    out.extend(text.chars().filter(|c| *c == '\t' || !super::html::is_unprintable(*c)));
}

/// How far a URL reaches: to a blank or bracket; a closing parenthesis counts only with its opening one, and
/// punctuation at the end belongs to the sentence.
fn url_length(text: &str) -> usize {
    let mut depth = 0usize;
    let mut end = text.len();
    for (i, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            c if c.is_whitespace()
                || matches!(c, ')' | '<' | '>' | '[' | ']' | '"' | '{' | '}' | '|')
                || super::html::is_unprintable(c) =>
            {
                end = i;
                break;
            }
            _ => {}
        }
    }
    text[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*', '_', '~', '=', '/']).len().max({
        // A final slash is part of the address.
        let kept = text[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*', '_', '~', '=']);
        kept.len()
    })
}

impl Masked {
    /// The pieces of a text that came out of this one's `text`.
    pub(crate) fn pieces<'m>(&'m self, text: &'m str) -> Vec<Piece<'m>> {
        let mut out = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find(OPEN) {
            let behind = &rest[open + OPEN.len_utf8()..];
            let Some(close) = behind.find(CLOSE) else { break };
            if open > 0 {
                out.push(Piece::Text(&rest[..open]));
            }
            if let Some((url, angle)) = behind[..close].parse::<usize>().ok().and_then(|n| self.urls.get(n)) {
                out.push(Piece::Url { url, angle: *angle });
            }
            rest = &behind[close + CLOSE.len_utf8()..];
        }
        if !rest.is_empty() {
            out.push(Piece::Text(rest));
        }
        out
    }

    /// The text as the author wrote it.
    pub(crate) fn restore(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for piece in self.pieces(text) {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Url { url, angle: true } => {
                    out.push('<');
                    out.push_str(url);
                    out.push('>');
                }
                Piece::Url { url, .. } => out.push_str(url),
            }
        }
        out.replace("\u{1} ", "").replace('\u{1}', "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_and_kept() {
        let text = "see https://a.b/c_d(e)/. and <https://x.y> [[https://no][z]] (http://p.q) é:x mailto:a@b.c";
        let masked = mask(text);
        let urls: Vec<(&str, bool)> = masked.urls.iter().map(|(u, a)| (u.as_str(), *a)).collect();
        assert_eq!(
            urls,
            [("https://a.b/c_d(e)/", false), ("https://x.y", true), ("http://p.q", false), ("mailto:a@b.c", false)]
        );
        assert_eq!(masked.restore(&masked.text), text);
    }
}
