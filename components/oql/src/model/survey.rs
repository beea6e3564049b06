//! What a text says of itself and of other pages: settings, links, and what links may lead to.

use super::Span;

/// A `#+KEY: value`, or a line of a property drawer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// As written, without colons and `+`.
    pub key: String,
    /// Trimmed.
    pub value: String,
    /// The heading whose drawer it is in; none for a keyword.
    pub headline: Option<u32>,
    /// Where the key is.
    pub key_span: Span,
    /// Where the value is.
    pub value_span: Span,
}

/// Where a link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkPlace {
    /// Anywhere else.
    Text,
    /// In a heading.
    Title,
    /// In an item of a list.
    Item,
}

/// A link on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// With its type, as written.
    pub target: String,
    /// As written; empty where there is none.
    pub description: String,
    /// Where it stands.
    pub place: LinkPlace,
    /// The heading it is in or under.
    pub headline: Option<u32>,
    /// All of it.
    pub span: Span,
    /// Where the target is.
    pub target_span: Span,
}

/// What kind of name leads to a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnchorKind {
    /// A heading's title.
    Heading,
    /// `:CUSTOM_ID:`.
    CustomId,
    /// `:ID:`.
    Id,
    /// `#+name:`.
    Name,
    /// `<<target>>`.
    Target,
}

/// What a link may lead to on the page, and the id that it has there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// What the name is.
    pub kind: AnchorKind,
    /// As written.
    pub name: String,
    /// In the page.
    pub id: String,
    /// Where it is.
    pub span: Span,
}

/// What a text says of itself and of other pages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// Keywords and properties.
    pub settings: Vec<Setting>,
    /// What leads elsewhere.
    pub links: Vec<Link>,
    /// What can be led to.
    pub anchors: Vec<Anchor>,
    /// Cached blocks whose result has another hash.
    pub stale: Vec<Span>,
}
