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
    fn name(self) -> &'static str {
        match self {
            Self::Keyword => "k",
            Self::String => "s",
            Self::Number => "n",
            Self::Comment => "c",
            Self::Function => "f",
            Self::Type => "t",
            Self::Variable => "v",
            Self::Attribute => "a",
            Self::Meta => "m",
            Self::Inserted => "gi",
            Self::Deleted => "gd",
            Self::Strong => "gs",
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
        self.out.push_str("<span class=\"hl-");
        self.out.push_str(class.name());
        self.out.push_str("\">");
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
    while let Some(at) = rest.find(['&', '<', '>']) {
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
