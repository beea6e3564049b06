//! Rows of a formula: what stands side by side, and scripts. Commands are read elsewhere.

use super::fonts::{self, Font};
use super::reader::{DEEPEST, Reader, Token};
use super::symbols::{self, Class};

/// One thing of a row.
pub(super) struct Atom {
    /// One element, or none.
    pub(super) html: String,
    pub(super) kind: Kind,
}

/// What an atom means for what stands around it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    /// Sets its own space: operators, fences, blanks.
    Spaced,
    /// A name that needs space before its argument.
    Function,
    /// The same, and its scripts stand above and below it in a display.
    Limit,
    /// An operator whose scripts stand above and below it in a display.
    Large,
    /// Scripts always stand above and below: a brace.
    Brace,
}

impl Atom {
    pub(super) fn new(html: String, kind: Kind) -> Atom {
        Atom { html, kind }
    }

    pub(super) fn plain(html: String) -> Atom {
        Atom { html, kind: Kind::Plain }
    }
}

/// What stands side by side.
#[derive(Default)]
pub(super) struct Row {
    pub(super) html: String,
    /// How many elements that is.
    count: usize,
}

impl Row {
    fn push(&mut self, html: &str) {
        self.html.push_str(html);
        self.count += usize::from(!html.is_empty());
    }

    /// The row as one element.
    pub(super) fn one(self) -> String {
        if self.count == 1 { self.html } else { format!("<mrow>{}</mrow>", self.html) }
    }
}

/// Text of a page.
pub(super) fn escape(c: char, out: &mut String) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        c if c.is_control() && c != '\n' && c != '\t' => out.push(' '),
        c => out.push(c),
    }
}

impl Reader<'_> {
    /// A row up to what ends it, which stays: the end of a group, a cell, a fence; with `bracket`, a `]` too.
    pub(super) fn row(&mut self, bracket: bool) -> Option<Row> {
        self.deeper(|reader| reader.row_here(bracket))
    }

    fn row_here(&mut self, bracket: bool) -> Option<Row> {
        let mut row = Row::default();
        let mut styles: Vec<(Row, &str)> = Vec::new();
        // Whether a function needs space before it.
        let mut touches = false;
        let over = loop {
            match self.peek() {
                Token::End | Token::Close | Token::Cell | Token::Row => break None,
                Token::Char(']') if bracket => break None,
                Token::Char('$') => break None,
                Token::Command("right" | "middle" | "end") => break None,
                Token::Command(name @ ("over" | "atop" | "choose" | "brace" | "brack")) => {
                    self.next();
                    break Some(name);
                }
                Token::Command(name) if style(name).is_some() => {
                    self.next();
                    if styles.len() >= DEEPEST {
                        return None;
                    }
                    self.display = name == "displaystyle";
                    styles.push((std::mem::take(&mut row), style(name).unwrap_or_default()));
                }
                Token::Command(name) if Font::of_switch(name).is_some() => {
                    self.next();
                    self.font = Font::of_switch(name);
                }
                _ => touches = self.scripted(&mut row, touches)?,
            }
        };
        while let Some((mut before, style)) = styles.pop() {
            before.push(&format!("<mstyle {style}>{}</mstyle>", row.html));
            row = before;
        }
        let Some(name) = over else { return Some(row) };
        let below = self.row(bracket)?.one();
        let above = row.one();
        let (open, close) = match name {
            "choose" => ("(", ")"),
            "brace" => ("{", "}"),
            "brack" => ("[", "]"),
            _ => ("", ""),
        };
        let mut all = Row::default();
        all.push(&super::commands::fraction(&above, &below, name != "over", open, close));
        Some(all)
    }

    /// An atom with its scripts. Whether a function may not follow at once.
    fn scripted(&mut self, row: &mut Row, touches: bool) -> Option<bool> {
        let alone = matches!(self.peek(), Token::Sup | Token::Sub | Token::Prime);
        let Atom { html, kind } = if alone { Atom::plain("<mrow></mrow>".to_owned()) } else { self.atom()? };
        if html.is_empty() {
            return Some(touches);
        }
        let mut under = kind == Kind::Brace || (self.display && matches!(kind, Kind::Limit | Kind::Large));
        let (mut sup, mut sub, mut primes) = (None, None, 0);
        loop {
            match self.peek() {
                Token::Prime => primes += 1,
                Token::Sup if sup.is_none() => {
                    self.next();
                    sup = Some(self.script()?);
                    continue;
                }
                Token::Sub if sub.is_none() => {
                    self.next();
                    sub = Some(self.script()?);
                    continue;
                }
                Token::Sup | Token::Sub => return None,
                Token::Command("limits") => under = true,
                Token::Command("nolimits") => under = false,
                Token::Command("displaylimits") => {}
                _ => break,
            }
            self.next();
        }
        if primes > 0 {
            let mark = prime(primes);
            sup = Some(sup.map_or(mark.clone(), |sup| format!("<mrow>{mark}{sup}</mrow>")));
        }
        let function = matches!(kind, Kind::Function | Kind::Limit);
        if function && touches {
            row.push(THIN);
        }
        row.push(&with_scripts(html, sub, sup, under));
        if function {
            row.push("<mo>\u{2061}</mo>");
            let fence = matches!(self.peek(), Token::Char('(' | '[' | '|') | Token::Command("left" | "big" | "bigl"));
            if !fence && !self.row_ends() {
                row.push(THIN);
            }
        }
        Some(kind == Kind::Plain)
    }

    fn row_ends(&mut self) -> bool {
        match self.peek() {
            Token::End | Token::Close | Token::Cell | Token::Row => true,
            Token::Command(name) => matches!(name, "right" | "middle" | "end"),
            _ => false,
        }
    }

    fn script(&mut self) -> Option<String> {
        self.deeper(|reader| {
            reader.display = false;
            reader.argument()
        })
    }

    /// A group or the one token that stands for it, as one element.
    pub(super) fn argument(&mut self) -> Option<String> {
        match self.peek() {
            Token::Open => self.group(),
            Token::Char(c) if c.is_ascii_digit() => {
                self.next();
                Some(self.number(c, false))
            }
            Token::Char(c) if c.is_ascii_alphabetic() => {
                self.next();
                Some(self.word(c, false))
            }
            Token::Char(_) | Token::Command(_) => self.atom().map(|atom| atom.html).filter(|html| !html.is_empty()),
            _ => None,
        }
    }

    /// `{…}` as one element.
    pub(super) fn group(&mut self) -> Option<String> {
        if !self.take(Token::Open) {
            return None;
        }
        let row = self.row(false)?;
        self.take(Token::Close).then(|| row.one())
    }

    fn atom(&mut self) -> Option<Atom> {
        self.deeper(|reader| match reader.peek() {
            Token::Open => reader.group().map(Atom::plain),
            Token::Char(c) => {
                reader.next();
                reader.character(c)
            }
            Token::Command(name) => {
                reader.next();
                match symbols::find(name) {
                    Some((text, class)) => Some(reader.symbol(text, class)),
                    None => reader.command(name),
                }
            }
            _ => None,
        })
    }

    fn character(&mut self, c: char) -> Option<Atom> {
        let operator = |html: &str| Some(Atom::new(html.to_owned(), Kind::Spaced));
        match c {
            '0'..='9' => Some(Atom::plain(self.number(c, true))),
            '.' if self.raw().is_some_and(|c| c.is_ascii_digit()) => Some(Atom::plain(self.number(c, true))),
            'a'..='z' | 'A'..='Z' => Some(Atom::plain(self.word(c, true))),
            '-' => operator("<mo>−</mo>"),
            '*' => operator("<mo>∗</mo>"),
            '<' => operator("<mo>&lt;</mo>"),
            '>' => operator("<mo>&gt;</mo>"),
            '+' | '=' | ',' | ';' | ':' | '!' | '?' => operator(&format!("<mo>{c}</mo>")),
            '/' | '.' => operator(&format!("<mo lspace=\"0\" rspace=\"0\">{c}</mo>")),
            '|' => operator("<mo stretchy=\"false\" lspace=\"0\" rspace=\"0\">|</mo>"),
            '(' | '[' => operator(&format!("<mo stretchy=\"false\">{c}</mo>")),
            ')' | ']' => Some(Atom::plain(format!("<mo stretchy=\"false\">{c}</mo>"))),
            '~' => operator("<mtext>\u{a0}</mtext>"),
            '@' | '"' | '`' => Some(Atom::plain(format!("<mtext>{c}</mtext>"))),
            '#' | '$' => None,
            c if c.is_control() || c.is_whitespace() => None,
            c if c.is_alphabetic() => Some(Atom::plain(format!("<mi>{c}</mi>"))),
            c if c.is_numeric() => Some(Atom::plain(format!("<mn>{c}</mn>"))),
            c => operator(&format!("<mo>{c}</mo>")),
        }
    }

    /// A number; with `all`, with the digits that follow.
    fn number(&mut self, first: char, all: bool) -> String {
        let font = self.font.unwrap_or(Font::Roman);
        let mut html = String::from("<mn>");
        let mut point = first == '.';
        html.push(fonts::letter(first, font));
        while let Some(c) = self.raw().filter(|_| all) {
            if c.is_ascii_digit() {
                html.push(fonts::letter(c, font));
            } else if c == '.' && !point && self.digit_after() {
                point = true;
                html.push(c);
            } else {
                break;
            }
            self.skip_raw();
        }
        html.push_str("</mn>");
        html
    }

    /// A letter; with `all`, the word it begins where the alphabet has words.
    fn word(&mut self, first: char, all: bool) -> String {
        let font = self.font.unwrap_or(Font::Roman);
        let mut text = String::new();
        text.push(fonts::letter(first, font));
        let mut length = 1;
        if all && self.font.is_some_and(Font::makes_words) {
            while let Token::Char(c @ ('a'..='z' | 'A'..='Z')) = self.peek() {
                self.next();
                text.push(fonts::letter(c, font));
                length += 1;
            }
        }
        // A letter alone is set italic, unless it is told not to.
        let upright = length == 1 && self.font == Some(Font::Roman);
        if upright { format!("<mi mathvariant=\"normal\">{text}</mi>") } else { format!("<mi>{text}</mi>") }
    }

    fn symbol(&self, text: &str, class: Class) -> Atom {
        let font = self.font.filter(|font| matches!(font, Font::Bold | Font::BoldItalic | Font::Italic));
        let mut single = text.chars();
        let text = match (single.next(), single.next(), font) {
            (Some(c), None, Some(font)) => String::from(fonts::letter(c, font)),
            _ => text.to_owned(),
        };
        let (html, kind) = match class {
            Class::Italic => (format!("<mi>{text}</mi>"), Kind::Plain),
            Class::Upright if font.is_some() => (format!("<mi>{text}</mi>"), Kind::Plain),
            Class::Upright => (format!("<mi mathvariant=\"normal\">{text}</mi>"), Kind::Plain),
            Class::Operator | Class::Integral => (format!("<mo>{text}</mo>"), Kind::Spaced),
            Class::Large => (format!("<mo>{text}</mo>"), Kind::Large),
            Class::Fence => (format!("<mo stretchy=\"false\">{text}</mo>"), Kind::Spaced),
            Class::Function => (format!("<mi>{text}</mi>"), Kind::Function),
            Class::Limit => (format!("<mi>{text}</mi>"), Kind::Limit),
        };
        Atom::new(html, kind)
    }
}

/// The space between a function and its argument.
pub(super) const THIN: &str = "<mspace width=\"0.1667em\"/>";

fn style(name: &str) -> Option<&'static str> {
    Some(match name {
        "displaystyle" => "displaystyle=\"true\" scriptlevel=\"0\"",
        "textstyle" => "displaystyle=\"false\" scriptlevel=\"0\"",
        "scriptstyle" => "displaystyle=\"false\" scriptlevel=\"1\"",
        "scriptscriptstyle" => "displaystyle=\"false\" scriptlevel=\"2\"",
        _ => return None,
    })
}

fn prime(count: usize) -> String {
    let mark = match count {
        1 => "′".to_owned(),
        2 => "″".to_owned(),
        3 => "‴".to_owned(),
        4 => "⁗".to_owned(),
        count => "′".repeat(count),
    };
    format!("<mo>{mark}</mo>")
}

fn with_scripts(base: String, sub: Option<String>, sup: Option<String>, under: bool) -> String {
    let tag = match (&sub, &sup) {
        (None, None) => return base,
        (Some(_), None) => {
            if under {
                "munder"
            } else {
                "msub"
            }
        }
        (None, Some(_)) => {
            if under {
                "mover"
            } else {
                "msup"
            }
        }
        (Some(_), Some(_)) => {
            if under {
                "munderover"
            } else {
                "msubsup"
            }
        }
    };
    format!("<{tag}>{base}{}{}</{tag}>", sub.unwrap_or_default(), sup.unwrap_or_default())
}
