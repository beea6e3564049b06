//! Classes: modifiers, members without a body, and what a class says of interfaces.

use oxc_ast::ast::*;
use oxc_span::{GetSpan, Span};

use crate::erase::{Eraser, from, to};

/// Words before a member's name that only TypeScript knows.
const MODIFIERS: &[&str] = &["public", "protected", "private", "readonly", "override", "abstract", "declare"];

/// What a member has besides its name.
struct Member {
    whole: Span,
    key: Span,
    /// Where its type, its parameters or its value begin.
    rest: usize,
}

impl Eraser<'_> {
    pub(crate) fn class(&mut self, it: &Class<'_>) {
        let head = to(it.span).min(from(it.body.span));
        for (at, word) in self.text.words(from(it.span), head) {
            match word {
                "abstract" => self.text.blank(at, at + word.len()),
                "class" => break,
                _ => {}
            }
        }
        let Some((first, last)) = it.implements.first().zip(it.implements.last()) else { return };
        let id = it.id.as_ref().map_or(from(it.span), |id| to(id.span));
        let before = it.heritage.as_ref().map_or(id, |heritage| to(heritage.expression.span()));
        let words = self.text.words(before, from(first.span));
        if let Some((at, _)) = words.iter().rev().find(|(_, word)| *word == "implements") {
            self.text.blank(*at, to(last.span));
        }
    }

    /// Whether anything is left of the member.
    pub(crate) fn method(&mut self, it: &MethodDefinition<'_>) -> bool {
        if it.r#type.is_abstract() || it.value.body.is_none() {
            self.statement(it.span);
            return false;
        }
        self.member(
            &Member { whole: it.span, key: it.key.span(), rest: from(it.value.params.span) },
            it.optional,
            false,
        );
        true
    }

    /// Whether anything is left of the member.
    pub(crate) fn property(&mut self, it: &PropertyDefinition<'_>) -> bool {
        if it.r#type.is_abstract() || it.declare {
            self.statement(it.span);
            return false;
        }
        self.field(
            (it.span, it.key.span()),
            it.type_annotation.as_deref(),
            it.value.as_ref(),
            (it.optional, it.definite),
        )
    }

    /// Whether anything is left of the member.
    pub(crate) fn accessor(&mut self, it: &AccessorProperty<'_>) -> bool {
        if it.r#type.is_abstract() {
            self.statement(it.span);
            return false;
        }
        self.field((it.span, it.key.span()), it.type_annotation.as_deref(), it.value.as_ref(), (false, it.definite))
    }

    fn field(
        &mut self,
        (whole, key): (Span, Span),
        types: Option<&TSTypeAnnotation<'_>>,
        value: Option<&Expression<'_>>,
        (optional, definite): (bool, bool),
    ) -> bool {
        self.ends(whole);
        let value_at = value.map_or(to(whole), |value| from(value.span()));
        let rest = types.map_or(value_at, |types| from(types.span));
        self.member(&Member { whole, key, rest }, optional, definite);
        // `get: T` before a method would become its getter.
        if let (Some(types), None) = (types, value) {
            self.text.put(from(types.span), ';');
        }
        true
    }

    fn member(&mut self, member: &Member, optional: bool, definite: bool) {
        for (at, word) in self.text.words(from(member.whole), from(member.key)) {
            if MODIFIERS.contains(&word) {
                self.text.blank(at, at + word.len());
                // What follows may look like the end of the member before: `[key]`, `*generator`.
                if at == from(member.whole) {
                    self.text.put(at, ';');
                }
            }
        }
        for (present, mark) in [(optional, b'?'), (definite, b'!')] {
            if present {
                self.mark(mark, to(member.key), member.rest);
            }
        }
    }
}
