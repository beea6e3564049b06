//! Writes text as HTML: escaped, with spans around tokens. Knows no language.

/// What a token is: the last part of its class name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Class {
    Keyword,
    String,
    /// Numbers, and words that are values: `true`, `nil`, `:key`, `'a`.
    Number,
    Comment,
    /// What is defined or called.
    Function,
    Type,
    Variable,
    /// Attributes, keys, decorators.
    Attribute,
    /// Lines that speak to a preprocessor or about the text.
    Meta,
    Inserted,
    Deleted,
    /// Emphasis inside text: markup languages only.
    Strong,
}

impl Class {
    fn open(self) -> &'static str {
        match self {
            Self::Keyword => "<span class=\"hl-k\">",
            Self::String => "<span class=\"hl-s\">",
            Self::Number => "<span class=\"hl-n\">",
            Self::Comment => "<span class=\"hl-c\">",
            Self::Function => "<span class=\"hl-f\">",
            Self::Type => "<span class=\"hl-t\">",
            Self::Variable => "<span class=\"hl-v\">",
            Self::Attribute => "<span class=\"hl-a\">",
            Self::Meta => "<span class=\"hl-m\">",
            Self::Inserted => "<span class=\"hl-gi\">",
            Self::Deleted => "<span class=\"hl-gd\">",
            Self::Strong => "<span class=\"hl-gs\">",
        }
    }
}

/// Takes tokens in their order and copies what lies between them.
pub(super) struct Painter<'a> {
    code: &'a str,
    /// What is written already.
    done: usize,
    out: &'a mut String,
}

impl<'a> Painter<'a> {
    pub(super) fn new(code: &'a str, out: &'a mut String) -> Self {
        out.reserve(code.len().saturating_mul(2));
        Self { code, done: 0, out }
    }

    /// A token. One that is empty, or begins before the end of the last one, is text.
    pub(super) fn token(&mut self, start: usize, end: usize, class: Class) {
        if start >= end || start < self.done {
            return;
        }
        let (Some(before), Some(token)) = (self.code.get(self.done..start), self.code.get(start..end)) else { return };
        escape(before, self.out);
        self.out.push_str(class.open());
        escape(token, self.out);
        self.out.push_str("</span>");
        self.done = end;
    }

    pub(super) fn finish(self) {
        escape(self.code.get(self.done..).unwrap_or_default(), self.out);
    }
}

fn escape(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|b| matches!(b, b'&' | b'<' | b'>')) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        out.push_str(match from.as_bytes().first() {
            Some(b'&') => "&amp;",
            Some(b'<') => "&lt;",
            _ => "&gt;",
        });
        rest = from.get(1..).unwrap_or_default();
    }
    out.push_str(rest);
}
