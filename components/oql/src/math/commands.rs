//! Commands that take something: fractions, roots, fences, accents, alphabets, texts, spaces. A command that is not here
//! and no symbol is not known, and its formula is shown as its source.

use super::fonts::{self, Font};
use super::reader::{Reader, Token};
use super::rows::{Atom, Kind, escape};
use super::symbols::{self, Class};

/// A fraction or, without its line, a binomial coefficient; between fences, if there are any.
pub(super) fn fraction(above: &str, below: &str, bare: bool, open: &str, close: &str) -> String {
    let line = if bare { " linethickness=\"0\"" } else { "" };
    let fraction = format!("<mfrac{line}>{above}{below}</mfrac>");
    if open.is_empty() && close.is_empty() {
        return fraction;
    }
    format!("<mrow>{}{fraction}{}</mrow>", fence(open, "prefix"), fence(close, "postfix"))
}

/// A delimiter that grows with what it stands around.
pub(super) fn fence(text: &str, form: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!("<mo fence=\"true\" form=\"{form}\" stretchy=\"true\">{text}</mo>")
}

impl<'a> Reader<'a> {
    /// The command `name`, whose arguments come.
    pub(super) fn command(&mut self, name: &'a str) -> Option<Atom> {
        if let Some(width) = space(name) {
            return Some(Atom::new(format!("<mspace width=\"{width}\"/>"), Kind::Spaced));
        }
        if let Some((mark, wide, below)) = accent(name) {
            return self.accent(name, mark, wide, below);
        }
        if let Some(font) = Font::of_command(name) {
            self.font = Some(font);
            return self.argument().map(Atom::plain);
        }
        if let Some(font) = Font::of_text(name) {
            return self.text(font).map(Atom::plain);
        }
        if let Some((size, form)) = size(name) {
            return self.sized(size, form);
        }
        let arrow = arrow(name);
        if !arrow.is_empty() {
            return self.labelled(arrow);
        }
        match name {
            "frac" | "dfrac" | "tfrac" | "cfrac" | "binom" | "dbinom" | "tbinom" => self.fractions(name),
            "sqrt" => self.root(),
            "left" => self.fences(),
            "begin" => self.environment().map(Atom::plain),
            "overset" | "stackrel" | "underset" => self.stacked(name),
            "operatorname" | "mathop" | "mathbin" | "mathrel" | "mathord" | "mathopen" | "mathclose" | "mathpunct"
            | "mathinner" | "ensuremath" => self.classed(name),
            "not" => self.not(),
            "bmod" | "pmod" | "mod" | "pod" => self.modulo(name),
            "tag" | "label" | "nonumber" | "notag" | "hline" | "displaylimits" | "allowbreak" | "nobreak" | "relax"
            | "strut" | "mathstrut" => self.remark(name),
            "hspace" | "mspace" | "hskip" | "mskip" | "kern" | "mkern" => self.width(),
            "substack" => self.substack(),
            _ => self.box_of(name),
        }
    }

    fn fractions(&mut self, name: &str) -> Option<Atom> {
        let display = name.starts_with('d') || name == "cfrac";
        let (above, below) = self.deeper(|reader| {
            reader.display = false;
            Some((reader.argument()?, reader.argument()?))
        })?;
        let binomial = name.ends_with("binom");
        let (open, close) = if binomial { ("(", ")") } else { ("", "") };
        let html = fraction(&above, &below, binomial, open, close);
        Some(Atom::plain(match name {
            "frac" | "binom" => html,
            _ => format!("<mstyle displaystyle=\"{display}\" scriptlevel=\"0\">{html}</mstyle>"),
        }))
    }

    fn root(&mut self) -> Option<Atom> {
        let index = if self.take(Token::Char('[')) {
            let index = self.row(true)?.one();
            if !self.take(Token::Char(']')) {
                return None;
            }
            Some(index)
        } else {
            None
        };
        let under = self.argument()?;
        Some(Atom::plain(match index {
            Some(index) => format!("<mroot>{under}{index}</mroot>"),
            None => format!("<msqrt>{under}</msqrt>"),
        }))
    }

    /// `\left( … \middle| … \right)`
    fn fences(&mut self) -> Option<Atom> {
        let mut html = format!("<mrow>{}", fence(self.delimiter()?, "prefix"));
        loop {
            html.push_str(&self.row(false)?.html);
            if self.take(Token::Command("middle")) {
                html.push_str(&fence(self.delimiter()?, "infix"));
            } else if self.take(Token::Command("right")) {
                html.push_str(&fence(self.delimiter()?, "postfix"));
                html.push_str("</mrow>");
                return Some(Atom::plain(html));
            } else {
                return None;
            }
        }
    }

    /// The delimiter that comes; empty for the point that stands for none.
    fn delimiter(&mut self) -> Option<&'static str> {
        Some(match self.next() {
            Token::Char('.') => "",
            Token::Char('(') => "(",
            Token::Char(')') => ")",
            Token::Char('[') => "[",
            Token::Char(']') => "]",
            Token::Char('|') => "|",
            Token::Char('/') => "/",
            Token::Char('<') => "⟨",
            Token::Char('>') => "⟩",
            Token::Command(name) => return symbols::find(name).filter(|found| found.1 == Class::Fence).map(|f| f.0),
            _ => return None,
        })
    }

    fn sized(&mut self, size: &str, form: &str) -> Option<Atom> {
        let text = self.delimiter()?;
        let form = if form.is_empty() { String::new() } else { format!(" form=\"{form}\"") };
        let kind = if form.contains("postfix") { Kind::Plain } else { Kind::Spaced };
        let html = format!(
            "<mo fence=\"true\"{form} stretchy=\"true\" symmetric=\"true\" minsize=\"{size}\" maxsize=\"{size}\">{text}</mo>"
        );
        Some(Atom::new(html, kind))
    }

    fn accent(&mut self, name: &str, mark: &str, wide: bool, below: bool) -> Option<Atom> {
        let base = self.argument()?;
        let tag = if below { "munder" } else { "mover" };
        let brace = matches!(name, "overbrace" | "underbrace" | "overbracket" | "underbracket");
        // An accent sits close to its letter; lines and arrows have a distance of their own.
        let accent = if below || brace { "" } else { " accent=\"true\"" };
        let html = format!("<{tag}{accent}>{base}<mo stretchy=\"{wide}\">{mark}</mo></{tag}>");
        Some(Atom::new(html, if brace { Kind::Brace } else { Kind::Plain }))
    }

    fn stacked(&mut self, name: &str) -> Option<Atom> {
        let script = self.script_of_stack()?;
        let base = self.argument()?;
        let tag = if name == "underset" { "munder" } else { "mover" };
        Some(Atom::new(format!("<{tag}>{base}{script}</{tag}>"), Kind::Spaced))
    }

    fn script_of_stack(&mut self) -> Option<String> {
        self.deeper(|reader| {
            reader.display = false;
            reader.argument()
        })
    }

    /// An arrow with text above and, in brackets, below.
    fn labelled(&mut self, arrow: &str) -> Option<Atom> {
        let below = if self.take(Token::Char('[')) {
            let below = self.row(true)?.one();
            if !self.take(Token::Char(']')) {
                return None;
            }
            below
        } else {
            String::new()
        };
        let above = self.script_of_stack()?;
        let tag = if below.is_empty() { "mover" } else { "munderover" };
        Some(Atom::new(format!("<{tag}><mo stretchy=\"true\">{arrow}</mo>{below}{above}</{tag}>"), Kind::Spaced))
    }

    fn classed(&mut self, name: &str) -> Option<Atom> {
        let star = name == "operatorname" && self.take(Token::Char('*'));
        if name == "operatorname" {
            self.font = Some(Font::Roman);
        }
        let html = self.argument()?;
        let kind = match name {
            "operatorname" if star => Kind::Limit,
            "operatorname" => Kind::Function,
            "mathop" => Kind::Large,
            "mathbin" | "mathrel" | "mathpunct" | "mathopen" => Kind::Spaced,
            _ => Kind::Plain,
        };
        Some(Atom::new(html, kind))
    }

    fn not(&mut self) -> Option<Atom> {
        let mut text = match self.next() {
            Token::Char(c) if !c.is_control() && !matches!(c, '#' | '$') => {
                let mut text = String::new();
                escape(c, &mut text);
                text
            }
            Token::Command(name) => symbols::find(name).filter(|found| found.1 == Class::Operator)?.0.to_owned(),
            _ => return None,
        };
        let joined = match text.as_str() {
            "=" => "≠",
            "∈" => "∉",
            "∋" => "∌",
            "≡" => "≢",
            "&lt;" => "≮",
            "&gt;" => "≯",
            "≤" => "≰",
            "≥" => "≱",
            "∼" => "≁",
            "≈" => "≉",
            "≅" => "≇",
            "⊂" => "⊄",
            "⊃" => "⊅",
            "⊆" => "⊈",
            "⊇" => "⊉",
            "∃" => "∄",
            "∣" | "|" => "∤",
            "∥" => "∦",
            "→" => "↛",
            "←" => "↚",
            _ => "",
        };
        if joined.is_empty() {
            text.push('\u{338}');
        } else {
            joined.clone_into(&mut text);
        }
        Some(Atom::new(format!("<mo>{text}</mo>"), Kind::Spaced))
    }

    fn modulo(&mut self, name: &str) -> Option<Atom> {
        if name == "bmod" {
            return Some(Atom::new("<mo lspace=\"0.2222em\" rspace=\"0.2222em\">mod</mo>".to_owned(), Kind::Spaced));
        }
        let argument = self.argument()?;
        let word = if name == "pod" { "" } else { "<mi>mod</mi><mspace width=\"0.3333em\"/>" };
        let (open, close) =
            if name == "mod" { ("", "") } else { ("<mo stretchy=\"false\">(</mo>", "<mo stretchy=\"false\">)</mo>") };
        Some(Atom::plain(format!("<mrow><mspace width=\"1em\"/>{open}{word}{argument}{close}</mrow>")))
    }

    /// What says something about a formula and is none: only a tag is seen.
    fn remark(&mut self, name: &str) -> Option<Atom> {
        let star = name == "tag" && self.take(Token::Char('*'));
        let text = if matches!(name, "tag" | "label") { self.raw_group()? } else { "" };
        if name != "tag" {
            return Some(Atom::plain(String::new()));
        }
        let mut html = String::from("<mrow><mspace width=\"2em\"/><mtext>");
        html.push_str(if star { "" } else { "(" });
        text.chars().filter(|c| !matches!(c, '$' | '{' | '}' | '\\')).for_each(|c| escape(c, &mut html));
        html.push_str(if star { "</mtext></mrow>" } else { ")</mtext></mrow>" });
        Some(Atom::plain(html))
    }

    /// A space of a given width, in a group or bare.
    fn width(&mut self) -> Option<Atom> {
        self.take(Token::Char('*'));
        let mut text = String::new();
        if self.peek() == Token::Open {
            text.push_str(self.raw_group()?.trim());
        } else {
            self.skip_blanks();
            while let Some(c) = self.raw().filter(|c| text.len() < 16 && (c.is_ascii_digit() || "+-.".contains(*c))) {
                text.push(c);
                self.skip_raw();
            }
            for _ in 0..2 {
                text.extend(self.raw().filter(char::is_ascii_lowercase));
                self.skip_raw();
            }
        }
        let end = text.find(|c: char| c.is_ascii_lowercase())?;
        let (number, unit) = text.split_at(end);
        let mut number: f64 = number.trim().parse().ok().filter(|n: &f64| n.abs() < 1000.0)?;
        let unit = match unit {
            "mu" => {
                number /= 18.0;
                "em"
            }
            unit @ ("em" | "ex" | "pt" | "px" | "cm" | "mm" | "in" | "pc") => unit,
            _ => return None,
        };
        let number = (number * 10_000.0).round() / 10_000.0;
        Some(Atom::new(format!("<mspace width=\"{number}{unit}\"/>"), Kind::Spaced))
    }

    fn box_of(&mut self, name: &str) -> Option<Atom> {
        let (before, after) = match name {
            "phantom" => ("<mphantom>", "</mphantom>"),
            "hphantom" => ("<mpadded height=\"0\" depth=\"0\"><mphantom>", "</mphantom></mpadded>"),
            "vphantom" => ("<mpadded width=\"0\"><mphantom>", "</mphantom></mpadded>"),
            "smash" => ("<mpadded height=\"0\" depth=\"0\">", "</mpadded>"),
            "boxed" | "fbox" => ("<menclose notation=\"box\">", "</menclose>"),
            "cancel" => ("<menclose notation=\"updiagonalstrike\">", "</menclose>"),
            "bcancel" => ("<menclose notation=\"downdiagonalstrike\">", "</menclose>"),
            "xcancel" => ("<menclose notation=\"updiagonalstrike downdiagonalstrike\">", "</menclose>"),
            _ => return None,
        };
        let inner = self.argument()?;
        Some(Atom::plain(format!("{before}{inner}{after}")))
    }

    /// `\text{…}`, with formulas between dollars.
    fn text(&mut self, font: Font) -> Option<String> {
        if !self.take(Token::Open) {
            return None;
        }
        let (mut html, mut count, mut text) = (String::new(), 0, String::new());
        let mut open = 0_usize;
        loop {
            let c = self.raw()?;
            match c {
                '{' => open += 1,
                '}' if open > 0 => open -= 1,
                '}' => break,
                '$' => {
                    count += push_text(&mut text, &mut html);
                    self.skip_raw();
                    let row = self.formula_in_text()?;
                    html.push_str(&row.one());
                    count += 1;
                    continue;
                }
                '\\' => {
                    let Token::Command(name) = self.next() else { return None };
                    match name {
                        "$" | "%" | "#" | "&" | "_" | "{" | "}" => text.push_str(name),
                        " " | "," | ";" | ":" | "quad" | "qquad" => text.push('\u{a0}'),
                        _ => return None,
                    }
                    continue;
                }
                '#' | '%' => return None,
                '~' => text.push('\u{a0}'),
                c if c.is_whitespace() => text.push(' '),
                c if font == Font::Roman => text.push(c),
                c => text.push(fonts::letter(c, font)),
            }
            self.skip_raw();
        }
        self.skip_raw();
        count += push_text(&mut text, &mut html);
        Some(if count == 1 { html } else { format!("<mrow>{html}</mrow>") })
    }

    fn formula_in_text(&mut self) -> Option<super::rows::Row> {
        let row = self.deeper(|reader| {
            (reader.font, reader.display) = (None, false);
            reader.row(false)
        })?;
        self.take(Token::Char('$')).then_some(row)
    }
}

/// The text that is read so far, as an element. Blanks at its ends would not be seen.
fn push_text(text: &mut String, html: &mut String) -> usize {
    if text.is_empty() {
        return 0;
    }
    let first = text.starts_with(' ');
    let inner = text.trim_matches(' ');
    html.push_str("<mtext>");
    html.push_str(if first { "\u{a0}" } else { "" });
    inner.chars().for_each(|c| escape(c, html));
    html.push_str(if text.ends_with(' ') && !inner.is_empty() { "\u{a0}" } else { "" });
    html.push_str("</mtext>");
    text.clear();
    1
}

/// The widths of spaces.
fn space(name: &str) -> Option<&'static str> {
    Some(match name {
        "," | "thinspace" => "0.1667em",
        ":" | ">" | "medspace" => "0.2222em",
        ";" | "thickspace" => "0.2778em",
        "!" | "negthinspace" => "-0.1667em",
        "negmedspace" => "-0.2222em",
        "negthickspace" => "-0.2778em",
        " " | "\n" | "\t" | "space" | "nobreakspace" => "0.3333em",
        "enspace" | "enskip" => "0.5em",
        "quad" => "1em",
        "qquad" => "2em",
        _ => return None,
    })
}

/// The mark of an accent, whether it is as wide as what it marks, and whether it stands below.
fn accent(name: &str) -> Option<(&'static str, bool, bool)> {
    Some(match name {
        "hat" => ("^", false, false),
        "widehat" => ("^", true, false),
        "check" => ("ˇ", false, false),
        "widecheck" => ("ˇ", true, false),
        "tilde" => ("~", false, false),
        "widetilde" => ("~", true, false),
        "acute" => ("´", false, false),
        "grave" => ("`", false, false),
        "dot" => ("˙", false, false),
        "ddot" => ("¨", false, false),
        "dddot" => ("\u{20db}", false, false),
        "breve" => ("˘", false, false),
        "bar" => ("¯", false, false),
        "vec" => ("→", false, false),
        "mathring" => ("˚", false, false),
        "overline" => ("¯", true, false),
        "underline" | "underbar" => ("_", true, true),
        "overrightarrow" => ("→", true, false),
        "overleftarrow" => ("←", true, false),
        "overleftrightarrow" => ("↔", true, false),
        "underrightarrow" => ("→", true, true),
        "underleftarrow" => ("←", true, true),
        "underleftrightarrow" => ("↔", true, true),
        "overbrace" => ("⏞", true, false),
        "underbrace" => ("⏟", true, true),
        "overbracket" => ("⎴", true, false),
        "underbracket" => ("⎵", true, true),
        _ => return None,
    })
}

/// The size of a delimiter that `\big` and its like give, and its form.
fn size(name: &str) -> Option<(&'static str, &'static str)> {
    let (name, form) = match (name.strip_suffix('l'), name.strip_suffix('r'), name.strip_suffix('m')) {
        (Some(name), _, _) => (name, "prefix"),
        (_, Some(name), _) => (name, "postfix"),
        (_, _, Some(name)) => (name, "infix"),
        _ => (name, ""),
    };
    let size = match name {
        "big" => "1.2em",
        "Big" => "1.8em",
        "bigg" => "2.4em",
        "Bigg" => "3em",
        _ => return None,
    };
    Some((size, form))
}

/// The arrow of `\xrightarrow` and its like.
fn arrow(name: &str) -> &'static str {
    match name {
        "xrightarrow" => "→",
        "xleftarrow" => "←",
        "xleftrightarrow" => "↔",
        "xRightarrow" => "⇒",
        "xLeftarrow" => "⇐",
        "xLeftrightarrow" => "⇔",
        "xmapsto" => "↦",
        "xhookrightarrow" => "↪",
        "xhookleftarrow" => "↩",
        "xrightleftharpoons" => "⇌",
        _ => "",
    }
}
