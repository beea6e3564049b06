//! LaTeX fragments as MathML, which browsers typeset without a script.
//!
//! What goes in is bounded, in length and in depth; what comes out is elements and attributes of MathML that are written
//! here, never a word of the source as markup, and no `style`, which a page's policy forbids. Where a fragment begins and
//! ends in an Org text is the parser's matter.

mod commands;
mod fonts;
mod reader;
mod rows;
mod symbols;
mod tables;
#[cfg(test)]
mod tests;

use reader::Reader;

/// The longest fragment that is translated, in bytes.
const LONGEST: usize = 16 << 10;

/// A `<math>` element for a fragment, with or without its delimiters (`$…$`, `\(…\)`, `\[…\]`, `$$…$$`). None where it is
/// nothing that can be shown: a command that is not known, an error, a size that is suspect.
pub(crate) fn to_mathml(latex: &str, display: bool) -> Option<String> {
    let latex = without_delimiters(latex.trim());
    if latex.is_empty() || latex.len() > LONGEST {
        return None;
    }
    let body = Reader::new(latex, display).lines()?;
    // The source is what a reader gets who copies the formula.
    let mut html = String::with_capacity(body.len() + latex.len() + 128);
    html.push_str(if display { "<math display=\"block\" tabindex=\"0\">" } else { "<math>" });
    html.push_str("<semantics>");
    html.push_str(&body);
    html.push_str("<annotation encoding=\"application/x-tex\">");
    latex.chars().for_each(|c| rows::escape(c, &mut html));
    html.push_str("</annotation></semantics></math>");
    Some(html)
}

fn without_delimiters(latex: &str) -> &str {
    for (open, close) in [("$$", "$$"), ("\\[", "\\]"), ("\\(", "\\)"), ("$", "$")] {
        let inner = latex.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        if let Some(inner) = inner {
            return inner.trim();
        }
    }
    latex
}
