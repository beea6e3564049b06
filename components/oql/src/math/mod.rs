//! LaTeX fragments as MathML, which browsers typeset without a script.
//!
//! The crate `math-core` translates; this module bounds what it is given and makes what it gives fit for a page whose
//! policy forbids `style` attributes: they become classes that the page's style knows. Where a fragment begins and ends in
//! an Org text is the parser's matter.

mod classes;

use math_core::{LatexToMathML, MathCoreConfig, MathDisplay};

/// The longest fragment that is translated, in bytes.
const LONGEST: usize = 16 << 10;

/// How deep groups, environments and commands may stand in each other: the translator recurses, 3 KB a level.
const DEEPEST: usize = 32;

/// Commands that take all that follows, and so the separators of a table as well: the translator panics on them there.
const SWITCHES: &[&str] = &[
    "\\color",
    "\\displaystyle",
    "\\textstyle",
    "\\scriptstyle",
    "\\scriptscriptstyle",
    "\\rm",
    "\\bf",
    "\\it",
    "\\cal",
    "\\sf",
    "\\tt",
    "\\tiny",
    "\\scriptsize",
    "\\footnotesize",
    "\\small",
    "\\normalsize",
    "\\large",
    "\\Large",
    "\\LARGE",
    "\\huge",
    "\\Huge",
];

/// Environments that LaTeX would number. Numbers of single fragments would all be (1).
const NUMBERED: &[&str] = &["align", "alignat", "eqnarray", "equation", "flalign", "gather", "multline"];

/// A `<math>` element for a fragment, with or without its delimiters (`$…$`, `\(…\)`, `\[…\]`, `$$…$$`). None where it is
/// nothing that can be shown: a command that is not known, an error, a size that is suspect.
pub(crate) fn to_mathml(latex: &str, display: bool) -> Option<String> {
    let latex = without_delimiters(latex.trim());
    // The one takes more groups than are given below, the other takes separators too.
    let rows = latex.contains('&') || latex.contains("\\\\");
    let hungry = latex.contains("\\genfrac") || (rows && SWITCHES.iter().any(|switch| latex.contains(switch)));
    if latex.is_empty() || hungry || latex.len() > LONGEST || !is_shallow(latex) {
        return None;
    }
    let source = with_ended_cells(&unnumbered(latex));
    let config = MathCoreConfig { annotation: false, ..MathCoreConfig::default() };
    let how = if display { MathDisplay::Block } else { MathDisplay::Inline };
    let converter = LatexToMathML::new(config).ok()?;
    let math = converter.convert_with_local_state(&source, how).ok()?.mathml;
    // References would be links to numbers that are not there.
    if math.contains("<a ") || math.contains("<merror") || math.contains(" href") {
        return None;
    }
    // What no command took of the empty groups.
    let math = math.replace("<mrow></mrow><mrow></mrow><mrow></mrow></mtd>", "</mtd>");
    let body = math.strip_prefix("<math").and_then(|math| math.split_once('>'))?.1.strip_suffix("</math>")?;
    // The source is what a reader gets who copies the formula.
    let mut html = String::with_capacity(body.len() + latex.len() + 128);
    html.push_str(if display { "<math display=\"block\">" } else { "<math>" });
    html.push_str("<semantics><mrow>");
    classes::instead_of_styles(body, &mut html);
    html.push_str("</mrow><annotation encoding=\"application/x-tex\">");
    for c in latex.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            c if c.is_control() && c != '\n' && c != '\t' => html.push(' '),
            c => html.push(c),
        }
    }
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

/// Whether a recursive reader comes to its end: few open groups, and no long run of commands that take one another.
fn is_shallow(latex: &str) -> bool {
    let (mut open, mut run) = (0_usize, 0_usize);
    let mut bytes = latex.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => {
                run += 1;
                let mut name = [0_u8; 6];
                let mut length = 0;
                while let Some(letter) = bytes.next_if(u8::is_ascii_alphabetic) {
                    if let Some(slot) = name.get_mut(length) {
                        *slot = letter;
                    }
                    length += 1;
                }
                match name.get(..length.min(6)) {
                    Some(b"left" | b"begin") => open += 1,
                    Some(b"right" | b"end") => open = open.saturating_sub(1),
                    Some(b"") => {
                        bytes.next();
                    }
                    _ => {}
                }
            }
            b'{' | b'[' | b'(' => open += 1,
            b'}' | b']' | b')' => open = open.saturating_sub(1),
            b'^' | b'_' => run += 1,
            byte if byte.is_ascii_whitespace() => {}
            _ => run = 0,
        }
        if open > DEEPEST || run > DEEPEST {
            return false;
        }
    }
    true
}

/// Empty groups before each end of a cell where a command might wait for its arguments. Such a command would take the
/// separator, which is the translator's one known panic.
fn with_ended_cells(latex: &str) -> String {
    let mut source = String::with_capacity(latex.len() + 16);
    let (mut waiting, mut after, mut at) = (false, false, 0);
    while let Some(byte) = latex.as_bytes().get(at) {
        let next = latex.as_bytes().get(at + 1);
        let row = *byte == b'\\' && next == Some(&b'\\');
        if row || *byte == b'&' {
            if waiting {
                source.push_str("{}{}{}");
            }
            waiting = false;
            after = true;
        } else {
            // A script cannot stand on a separator either.
            if after && matches!(byte, b'\'' | b'^' | b'_') {
                source.push_str("{}");
            }
            after = after && (byte.is_ascii_whitespace() || *byte == b'*');
            waiting = waiting || matches!(byte, b'\\' | b'^' | b'_' | b'\'');
        }
        // A command of one character is taken whole: `\&` separates nothing.
        let length = if *byte == b'\\' { 2 } else { 1 };
        let mut end = at + length;
        while end < latex.len() && !latex.is_char_boundary(end) {
            end += 1;
        }
        source.push_str(latex.get(at..end).or(latex.get(at..)).unwrap_or_default());
        at = end;
    }
    source
}

/// Numbered environments get their star, labels go.
fn unnumbered(latex: &str) -> String {
    let mut source = String::with_capacity(latex.len() + 16);
    let mut rest = latex;
    while let Some(at) = rest.find('\\') {
        let (before, from) = rest.split_at(at);
        source.push_str(before);
        let label = from.strip_prefix("\\label{").and_then(|label| label.split_once('}'));
        if let Some((_, after)) = label {
            rest = after;
            continue;
        }
        let command = ["\\begin{", "\\end{"].into_iter().find(|command| from.starts_with(command));
        let name = command.and_then(|command| {
            NUMBERED.iter().find(|name| {
                let end = from.get(command.len()..).and_then(|tail| tail.strip_prefix(**name));
                end.is_some_and(|end| end.starts_with('}'))
            })
        });
        let length = match (command, name) {
            (Some(command), Some(name)) => {
                // An old environment of three columns; what it does is `align`'s matter today.
                let (name, star) = if *name == "eqnarray" { ("align", "*") } else { (*name, "*") };
                source.push_str(command);
                source.push_str(name);
                source.push_str(star);
                from.find('}').unwrap_or(command.len())
            }
            _ => {
                let length = from.chars().take(2).map(char::len_utf8).sum();
                source.push_str(from.get(..length).unwrap_or_default());
                length
            }
        };
        rest = from.get(length..).unwrap_or_default();
    }
    source.push_str(rest);
    source
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The formula without what is around every one.
    #[track_caller]
    fn check(latex: &str, expect: &str) {
        let html = to_mathml(latex, false).unwrap_or_default();
        let body = html.strip_prefix("<math><semantics><mrow>").unwrap_or(&html);
        assert_eq!(body.split("</mrow><annotation").next(), Some(expect));
    }

    #[test]
    fn formulas() {
        check("$x$", "<mi>x</mi>");
        check("\\(\\frac{a}{2}\\)", "<mfrac><mi>a</mi><mn>2</mn></mfrac>");
        check("x_i^2", "<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>");
        check("\\mathbb{R}", "<mi>ℝ</mi>");
        check("\\sqrt[3]{x}", "<mroot><mi>x</mi><mn>3</mn></mroot>");
    }

    #[test]
    fn styles_are_classes() {
        let html = to_mathml("\\begin{align} a &= b \\\\ c &= d \\label{x} \\end{align}", true).unwrap();
        assert!(html.contains("<mtd class=\"m-r m-pr\"><mi>a</mi></mtd><mtd class=\"m-l m-pl\">"), "{html}");
        assert!(!html.contains(" style=") && !html.contains("(1)"), "{html}");
        assert!(html.starts_with("<math display=\"block\">"));
        let html = to_mathml("{\\color{red} x}\\!y", false).unwrap();
        assert!(html.contains(" mathcolor=\"#"), "{html}");
    }

    #[test]
    fn the_source_goes_along() {
        let html = to_mathml("$a < b & c$", false).unwrap_or_else(|| to_mathml("$a < b$", false).unwrap());
        assert!(html.contains("<annotation encoding=\"application/x-tex\">a &lt; b"), "{html}");
    }

    #[test]
    fn what_is_no_formula_is_none() {
        for latex in
            ["", "\\frac{a}", "\\nosuchcommand", "\\href{javascript:x}{y}", "{", "a }", "\\ref{x}", "\\eqref{x}"]
        {
            assert_eq!(to_mathml(latex, true), None, "{latex}");
        }
    }

    #[test]
    fn deep_texts_do_not_end_the_stack() {
        let hostile = [
            "{",
            "\\sqrt",
            "\\sqrt ",
            "x^{",
            "\\left(",
            "(",
            "[",
            "\\begin{matrix}",
            "\\frac",
            "^",
            "_",
            "\\hat\\vec",
            "'",
            "\\text{",
        ];
        // Frames of a debug build are ten times those of the kernel, which has 1 MB.
        let run = move || {
            for unit in hostile {
                for times in [10, 31, 32, 33, 1000, 100_000] {
                    let _ = to_mathml(&unit.repeat(times), true);
                    let _ = to_mathml(&format!("{}x{}", unit.repeat(times), "}".repeat(times)), true);
                }
            }
        };
        std::thread::Builder::new().stack_size(8 << 20).spawn(run).unwrap().join().unwrap();
    }

    /// Pieces of formulas in any order: no panic, and what comes out is balanced and harmless.
    #[test]
    fn any_text_is_well_formed_or_none() {
        const PIECES: &[&str] = &[
            "x",
            "1",
            "{",
            "}",
            "\\frac",
            "^",
            "_",
            "&",
            "\\\\",
            "\\begin{matrix}",
            "\\end{matrix}",
            "\\begin{align}",
            "\\end{align}",
            "\\left(",
            "\\right)",
            "\\sqrt",
            "[",
            "]",
            "\\text{a<b}",
            "'",
            "\\sum",
            "\\limits",
            " ",
            "<",
            "\\mathbb",
            "\\color{red}",
            "\\hspace{-1em}",
            "\\hline",
            "é",
            "\\tag{1}",
            "\\label{\"x}",
            "%",
            "#1",
            "~",
            "\\begin{array}{c|r}",
            "\\end{array}",
            "\\not",
            "=",
            "\\operatorname{f}",
            "\\overset",
            "\\cancel",
            "\\middle|",
            "\\textsc{a}",
            "\\Large",
            "\\!",
            "\\substack{a\\\\b}",
            "\\mathrm{ab}",
            "\\pmod",
            "\\begin{cases}",
            "\\end{cases}",
            "\\big(",
            "\\genfrac",
            "\\underbrace",
            "\\xrightarrow[a]{b}",
            "\\dots",
            "\\prime",
            "\u{301}",
            "𝐱",
            "\\",
            "$",
        ];
        let mut seed = 11_u64;
        let mut made = 0;
        for _ in 0..20_000 {
            let mut latex = String::new();
            for _ in 0..(seed % 9) + 1 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                latex.push_str(PIECES[(seed >> 33) as usize % PIECES.len()]);
            }
            seed = seed.wrapping_add(1);
            if let Some(html) = to_mathml(&latex, true) {
                made += 1;
                assert!(is_balanced(&html), "{latex}\n{html}");
                assert!(!html.contains(" style=") && !html.contains("href"), "{latex}\n{html}");
            }
        }
        assert!(made > 1000, "{made}");
    }

    fn is_balanced(html: &str) -> bool {
        let mut open = Vec::new();
        for tag in html.split('<').skip(1) {
            let Some((tag, text)) = tag.split_once('>') else { return false };
            if text.contains('>') || tag.matches('"').count() % 2 == 1 {
                return false;
            }
            match tag.strip_prefix('/') {
                Some(name) if open.pop() != Some(name) => return false,
                None if !tag.ends_with('/') => open.push(tag.split(' ').next().unwrap_or_default()),
                _ => {}
            }
        }
        open.is_empty()
    }
}
