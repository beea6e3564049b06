//! Signatures of published pages, and where it is said whose they are.

use bytes::Bytes;

use super::{Asset, Problem};
use crate::sign::{Did, Signer, WebDid, attach, document};
use crate::store::published::File;

/// Who signs pages, and the time that it says.
#[derive(Debug)]
pub struct Seal {
    /// The signer.
    pub signer: Signer,
    /// RFC 3339.
    pub time: String,
}

impl Seal {
    /// Signs a file where it is a page.
    pub(super) fn put(&self, file: &mut File) -> Result<(), Problem> {
        if !file.media.starts_with("text/html") {
            return Ok(());
        }
        let problem = |message: String| Problem { path: file.path.clone(), message, help: None };
        let page = std::str::from_utf8(&file.bytes).map_err(|error| problem(error.to_string()))?;
        let signed = attach(page, &self.signer, &self.time, Vec::new()).map_err(|error| problem(error.to_string()))?;
        file.bytes = Bytes::from(signed);
        Ok(())
    }
}

/// The file of a site in which its host says which key its signatures are of. None for an address that is no host.
#[must_use]
pub fn identity(base: &str, key: &Did) -> Option<Asset> {
    let authority = base.strip_prefix("https://").or_else(|| base.strip_prefix("http://"))?;
    let web = WebDid::parse(&WebDid::of_authority(authority)).ok()?;
    Some(Asset {
        path: "/.well-known/did.json".to_owned(),
        media: Some("application/did+json".to_owned()),
        bytes: Bytes::from(document(&web.to_string(), key).to_string()),
    })
}
