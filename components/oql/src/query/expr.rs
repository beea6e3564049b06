//! What both syntaxes mean.

use regex_lite::Regex;

/// A condition on a heading.
#[derive(Debug)]
pub(super) enum Expr {
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    /// Own or inherited.
    Tag(String),
    TagLike(Regex),
    /// A property or one of Org's special ones; without a comparison: it is there.
    Property(String, Option<(Comparison, Value)>),
    /// One of these states; any open one if the list is empty.
    Todo(Vec<String>),
    Done,
    Heading(Regex),
}

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

/// What it is compared with.
#[derive(Debug)]
pub(super) enum Value {
    Number(f64),
    Text(String),
    /// `"<2026-01-01>"`.
    Date(String),
    Like(Regex),
}

impl Comparison {
    pub(super) fn holds(self, order: Option<std::cmp::Ordering>) -> bool {
        use std::cmp::Ordering::{Equal, Greater, Less};
        match self {
            Comparison::Equal => order == Some(Equal),
            Comparison::Unequal => order != Some(Equal),
            Comparison::Less => order == Some(Less),
            Comparison::LessEqual => matches!(order, Some(Less | Equal)),
            Comparison::Greater => order == Some(Greater),
            Comparison::GreaterEqual => matches!(order, Some(Greater | Equal)),
        }
    }
}
