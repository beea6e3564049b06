//! `runtime.json`: where this server is, and the token for those who can read the file, which are its owner's programs.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::disk;
use crate::store::digest;

/// The file's name in the folder of the data.
const NAME: &str = "runtime.json";

/// The notice cannot be put up.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`: {reason}", path.display())]
pub(super) struct NoticeError {
    path: PathBuf,
    reason: std::io::Error,
}

/// The notice of a server that runs.
pub(super) struct Notice {
    path: PathBuf,
    token: String,
    text: Vec<u8>,
}

impl Notice {
    /// Puts it up, in place of one of a server that is gone.
    pub(super) fn put(data: &Path, address: SocketAddr, public: SocketAddr) -> Result<Self, NoticeError> {
        let path = data.join(NAME);
        let wrong = |reason: std::io::Error| NoticeError { path: path.clone(), reason };
        let token = digest::random::<32>().map_err(|error| wrong(std::io::Error::other(error)))?;
        let token = digest::hex(&token);
        let text = json!({
            "port": address.port(),
            "address": address.to_string(),
            "public": public.to_string(),
            "scheme": "http",
            "token": token,
            "pid": std::process::id(),
            "version": env!("CARGO_PKG_VERSION"),
        });
        let text = format!("{text:#}\n").into_bytes();
        disk::make_durable(data).map_err(wrong)?;
        disk::replace_private(&path, &text).map_err(wrong)?;
        Ok(Self { path, token, text })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// Takes it down, unless another server has put up its own meanwhile.
    pub(super) fn take_down(self) {
        if disk::read(&self.path).is_ok_and(|now| now == self.text) {
            // One that stays names a server that does not answer.
            drop(disk::remove(&self.path));
        }
    }
}
