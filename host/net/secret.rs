//! Secrets by reference: a block writes `{{secret:NAME}}` into a request header, the value is put in on the way out, and
//! taken out of whatever comes back (`scrub.rs`).
//!
//! A block never holds a value, so none can reach a log, a record, a result or a page through it.

use std::fmt;

use super::scrub::SHORTEST;

/// A value that is not shown by accident.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// A value, without the line end an editor leaves.
    pub(super) fn new(value: &str) -> Result<Self, &'static str> {
        let value = value.trim_end_matches(['\r', '\n']);
        if value.len() < SHORTEST {
            return Err("is shorter than 4 bytes, which could not be recognised in an answer");
        }
        if !value.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
            return Err("has characters that no header may have");
        }
        Ok(Self(value.to_owned()))
    }

    /// The value, to look for it.
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Puts secrets into a header's value. `find` gives the value of a name, or why there is none for this request.
pub(super) fn fill<'a>(
    text: &str,
    find: impl Fn(&str) -> Result<&'a Secret, String>,
) -> Result<Option<String>, String> {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("{{secret:") {
        let (name, tail) = after.split_once("}}").ok_or("`{{secret:` without `}}`")?;
        out.push_str(before);
        out.push_str(&find(name)?.0);
        rest = tail;
    }
    Ok((rest.len() < text.len()).then(|| out + rest))
}

#[cfg(test)]
mod tests {
    use super::{Secret, fill};

    #[test]
    fn references_are_filled_and_nothing_else() {
        let secret = Secret::new("s3cr3t\n").unwrap();
        let find = |name: &str| if name == "T" { Ok(&secret) } else { Err(format!("no `{name}`")) };
        assert_eq!(fill("Bearer {{secret:T}}", find), Ok(Some("Bearer s3cr3t".to_owned())));
        assert_eq!(fill("{{secret:T}}:{{secret:T}}!", find), Ok(Some("s3cr3t:s3cr3t!".to_owned())));
        assert_eq!(fill("plain {{x}}", find), Ok(None));
        assert_eq!(fill("{{secret:U}}", find), Err("no `U`".to_owned()));
        assert!(fill("{{secret:T", find).is_err());
        assert!(Secret::new("abc").is_err() && Secret::new("a\r\nX: y").is_err());
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }
}
