//! References to variables in a text: `{{key}}`, `{{var:key}}`, `{{secret:key}}`. What stands for a secret stays: its value is put in on the
//! way out of the host and nowhere else.

/// What a reference asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// `{{key}}`: whatever it is.
    Either,
    /// `{{var:key}}`: one that may be read.
    Plain,
    /// `{{secret:key}}`.
    Secret,
}

/// What is known of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// A value that may be read.
    Plain(String),
    /// A secret.
    Secret,
    /// Nothing.
    Nothing,
}

/// A reference that cannot be resolved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: `{{{{{text}}}}}` {why}")]
pub struct Unresolved {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What stands in the braces.
    pub text: String,
    /// Why not.
    pub why: &'static str,
}

/// A part of a text.
enum Part<'a> {
    Text(&'a str),
    Reference { at: usize, inner: &'a str, asks: Asks, name: &'a str },
}

/// Whether a name can be a variable's.
fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=128).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(fits)
}

/// Takes a text apart. Braces around something else are text: Org and other templates have them as well.
fn parts(text: &str) -> Vec<Part<'_>> {
    let (mut parts, mut from, mut at) = (Vec::new(), 0, 0);
    while let Some(open) = text[at..].find("{{").map(|found| at + found) {
        let Some(close) = text[open + 2..].find("}}").map(|found| open + 2 + found) else { break };
        let inner = &text[open + 2..close];
        let (asks, name) = match inner.split_once(':') {
            Some(("var", name)) => (Asks::Plain, name),
            Some(("secret", name)) => (Asks::Secret, name),
            _ => (Asks::Either, inner),
        };
        if !is_name(name) {
            // The next braces may begin within these.
            at = open + 1;
            continue;
        }
        parts.push(Part::Text(&text[from..open]));
        parts.push(Part::Reference { at: open, inner, asks, name });
        (from, at) = (close + 2, close + 2);
    }
    parts.push(Part::Text(&text[from..]));
    parts
}

/// Names that a text refers to, each once.
#[must_use]
pub fn names(text: &str) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for part in parts(text) {
        if let Part::Reference { name, .. } = part
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

/// The text with values in place of references to plain variables. `keep` leaves those to nothing as they are.
///
/// # Errors
///
/// All references that cannot be resolved.
pub fn fill(text: &str, keep: bool, known: impl Fn(&str) -> Known) -> Result<String, Vec<Unresolved>> {
    let (mut filled, mut wrong) = (String::with_capacity(text.len()), Vec::new());
    for part in parts(text) {
        let (at, inner, asks, name) = match part {
            Part::Text(text) => {
                filled.push_str(text);
                continue;
            }
            Part::Reference { at, inner, asks, name } => (at, inner, asks, name),
        };
        let why = match (known(name), asks) {
            (Known::Plain(value), Asks::Either | Asks::Plain) => {
                filled.push_str(&value);
                continue;
            }
            (Known::Secret, Asks::Secret) => None,
            (Known::Nothing, _) if keep => None,
            (Known::Secret, _) => Some("is a secret; `{{secret:…}}` refers to one"),
            (Known::Plain(_), Asks::Secret) => Some("is no secret; `{{var:…}}` refers to it"),
            (Known::Nothing, _) => Some("refers to no variable; `--keep-unknown` leaves it"),
        };
        filled.push_str("{{");
        filled.push_str(inner);
        filled.push_str("}}");
        if let Some(why) = why {
            let before = &text[..at];
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            wrong.push(Unresolved { line, column, text: inner.to_owned(), why });
        }
    }
    if wrong.is_empty() { Ok(filled) } else { Err(wrong) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(name: &str) -> Known {
        match name {
            "plain" => Known::Plain("{{secret:token}} & <b>".to_owned()),
            "token" => Known::Secret,
            _ => Known::Nothing,
        }
    }

    #[test]
    fn values_are_put_in_once_and_secrets_never() {
        let text = "a {{plain}} b {{var:plain}} c {{secret:token}} {{{plain}}} {{ not }} {{a b}} {{";
        let filled = fill(text, false, known).unwrap();
        let value = "{{secret:token}} & <b>";
        assert_eq!(
            filled,
            format!("a {value} b {value} c {{{{secret:token}}}} {{{value}}} {{{{ not }}}} {{{{a b}}}} {{{{")
        );
        assert_eq!(names(text), ["plain", "token"]);
    }

    #[test]
    fn what_cannot_be_resolved_is_told_with_its_place() {
        let wrong = fill("x\nä {{none}} {{var:token}} {{token}} {{secret:plain}}", false, known).unwrap_err();
        let places: Vec<(usize, usize, &str)> = wrong.iter().map(|of| (of.line, of.column, of.text.as_str())).collect();
        assert_eq!(places, [(2, 3, "none"), (2, 12, "var:token"), (2, 26, "token"), (2, 36, "secret:plain")]);
        assert_eq!(fill("{{none}}", true, known).as_deref(), Ok("{{none}}"));
        assert!(fill("{{var:token}}", true, known).is_err());
    }
}
