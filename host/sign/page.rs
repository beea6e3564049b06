//! A signature within an HTML page: a data block before the end of the body that no browser runs or shows.
//!
//! What is signed is the page without that element, byte for byte. The form is that of wb's predecessor, so pages signed by
//! either are read by both.

use serde_json::{Map, Value, json};

use super::manifest::Manifest;
use super::{Did, SignError, Signer};
use crate::store::Digest;

/// How the element begins.
const OPEN: &str = r#"<script type="application/workbooks-c2pa+json" id="wb-c2pa-manifest">"#;
/// What an element that is meant to be one has in it.
const ID: &str = "wb-c2pa-manifest";
const CLOSE: &str = "</script>";
/// The version of the manifest's form.
const VERSION: &str = "v1";

/// Why there is nothing to verify.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsigned {
    /// There is no signature.
    #[error("there is no signature in it")]
    None,
    /// There are several, or one in a form that is not ours.
    #[error("{0}")]
    Unreadable(String),
}

/// What verifying found.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Whether the manifest is signed by whom it names.
    pub signature: bool,
    /// Whether the rest is what was signed.
    pub integrity: bool,
    /// Whom it names, where that is a key.
    pub issuer: Option<Did>,
    /// When it was signed, as the signer says.
    pub issued_at: String,
    /// What the signer says besides.
    pub assertions: Value,
}

impl Verdict {
    /// Whether all of it holds.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.signature && self.integrity
    }
}

/// Signs a page, in place of a signature that it has. `time` is RFC 3339; `assertions` are what the signer says besides, each
/// with a `label` and `data`.
///
/// # Errors
///
/// When a signature in it cannot be told from the rest.
pub fn attach(page: &str, signer: &Signer, time: &str, assertions: Vec<Value>) -> Result<String, SignError> {
    let page = match detach(page) {
        Ok((rest, _)) => rest,
        Err(Unsigned::None) => page.to_owned(),
        Err(error) => return Err(SignError::new(error.to_string())),
    };
    let mut statement = Map::new();
    for (name, value) in [
        ("version", json!(VERSION)),
        ("claim_generator", json!(concat!("wb/", env!("CARGO_PKG_VERSION")))),
        ("issued_at", json!(time)),
        ("asset_sha256", json!(Digest::of(page.as_bytes()).to_string())),
        ("assertions", Value::Array(assertions)),
    ] {
        statement.insert(name.to_owned(), value);
    }
    // In a script element only `<` can end it early or begin a comment.
    let manifest = Manifest::sign(statement, signer).canonical().replace('<', "\\u003c");
    let at = end_of_body(&page);
    Ok(format!("{}{OPEN}{manifest}{CLOSE}{}", &page[..at], &page[at..]))
}

/// Where the body ends: the last `</body`, else the end.
fn end_of_body(page: &str) -> usize {
    let tag = b"</body";
    page.as_bytes().windows(tag.len()).rposition(|part| part.eq_ignore_ascii_case(tag)).unwrap_or(page.len())
}

/// The page without its signature, and the manifest.
///
/// # Errors
///
/// When there is none, several, or one that is not where ours are.
pub fn detach(page: &str) -> Result<(String, Manifest), Unsigned> {
    let unreadable = |what: &str| Unsigned::Unreadable(what.to_owned());
    match page.matches(ID).count() {
        0 => return Err(Unsigned::None),
        1 => {}
        _ => return Err(unreadable("`wb-c2pa-manifest` is in it more than once, so it is not clear what was signed")),
    }
    let at = page.find(OPEN).ok_or_else(|| unreadable("its signature is not in the form that wb gives it"))?;
    let (before, rest) = (&page[..at], &page[at + OPEN.len()..]);
    let (manifest, after) = rest.split_once(CLOSE).ok_or_else(|| unreadable("its signature has no end"))?;
    let whole = format!("{before}{after}");
    if end_of_body(&whole) != before.len() {
        return Err(unreadable("its signature is not at the end of the body"));
    }
    let manifest = Manifest::read(manifest.as_bytes()).map_err(|error| Unsigned::Unreadable(error.to_string()))?;
    Ok((whole, manifest))
}

/// Verifies a page.
///
/// # Errors
///
/// When there is nothing to verify.
pub fn verify(page: &str) -> Result<Verdict, Unsigned> {
    let (rest, manifest) = detach(page)?;
    Ok(Verdict {
        signature: manifest.text("version") == VERSION && manifest.is_right(),
        integrity: manifest.text("asset_sha256") == Digest::of(rest.as_bytes()).to_string(),
        issuer: manifest.issuer(),
        issued_at: manifest.text("issued_at").to_owned(),
        assertions: manifest.members().get("assertions").cloned().unwrap_or(Value::Array(Vec::new())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<!DOCTYPE html>\n<html><body>\n<p>42 &lt; 43</p>\n</body></html>\n";

    fn signer(seed: u8) -> Signer {
        Signer::parse(&format!("{seed:02x}").repeat(32)).unwrap()
    }

    fn signed() -> String {
        let said = vec![json!({ "label": "wb.source", "data": { "name": "</script><script>alert(1)//" } })];
        attach(PAGE, &signer(1), "2026-11-23T09:00:00Z", said).unwrap()
    }

    #[test]
    fn a_page_is_signed_and_comes_back() {
        let page = signed();
        assert_eq!(page.matches("</script>").count(), 1, "{page}");
        assert_eq!(detach(&page).unwrap().0, PAGE);
        let verdict = verify(&page).unwrap();
        assert!(verdict.is_valid() && verdict.issuer == Some(signer(1).did()));
        assert_eq!(verdict.issued_at, "2026-11-23T09:00:00Z");
        assert_eq!(verdict.assertions[0]["data"]["name"], "</script><script>alert(1)//");
        // Signed again, by somebody else: one signature, over the same page.
        let again = attach(&page, &signer(2), "2026-11-24T09:00:00Z", Vec::new()).unwrap();
        assert_eq!((verify(&again).unwrap().issuer, detach(&again).unwrap().0.as_str()), (Some(signer(2).did()), PAGE));
        // Without a body's end, as fragments are.
        let page = attach("<p>x", &signer(1), "", Vec::new()).unwrap();
        assert!(verify(&page).unwrap().is_valid() && page.starts_with("<p>x<script"));
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let page = signed();
        assert_eq!(verify(PAGE), Err(Unsigned::None));
        for at in 0..page.len() {
            let mut bytes = page.clone().into_bytes();
            bytes[at] ^= 1;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            assert!(!verify(&changed).is_ok_and(|verdict| verdict.is_valid()), "byte {at}: {changed}");
        }
        for changed in [
            page.replace("42", "43"),
            page.replace("</body>", "<p>more</p></body>"),
            page.replace("</body>", "</body></body>"),
            format!("{page} "),
            format!("{page}{OPEN}{{}}{CLOSE}"),
            page.replace("2026-11-23", "2026-11-22"),
            page.replace("<p>42", &format!("<p title='{ID}'>42")),
        ] {
            assert!(!verify(&changed).is_ok_and(|verdict| verdict.is_valid()), "{changed}");
        }
    }

    #[test]
    fn a_signature_of_another_page_is_none_of_this_one() {
        let page = signed();
        let (_, manifest) = page.split_once(OPEN).unwrap();
        let (manifest, _) = manifest.split_once(CLOSE).unwrap();
        let other = PAGE.replace("</body>", &format!("!{OPEN}{manifest}{CLOSE}</body>"));
        let verdict = verify(&other).unwrap();
        assert!(verdict.signature && !verdict.integrity && !verdict.is_valid());
        // The same statement under another's name.
        let claimed = manifest.replace(&signer(1).did().to_string(), &signer(2).did().to_string());
        let verdict = verify(&page.replace(manifest, &claimed)).unwrap();
        assert!(!verdict.signature && verdict.integrity);
    }
}
