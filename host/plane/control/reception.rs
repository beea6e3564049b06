//! People who log in: sessions are opened where credentials are known, which is not here.

use std::net::IpAddr;
use std::pin::Pin;

use crate::store::sessions::Session;

/// Why somebody is not let in.
#[derive(Clone, Debug)]
pub struct Unwelcome {
    /// Whether another try makes sense later.
    pub again: bool,
    /// What is wrong; never what was sent.
    pub message: String,
}

/// A session and its token, or why there is none.
pub type Welcome<'a> = Pin<Box<dyn Future<Output = Result<(Session, String), Unwelcome>> + Send + 'a>>;

/// Opens sessions.
pub trait Reception: Send + Sync + 'static {
    /// A session for whoever has a credential. `client` is where it comes from.
    fn log_in<'a>(&'a self, credential: &'a str, client: IpAddr) -> Welcome<'a>;
}
