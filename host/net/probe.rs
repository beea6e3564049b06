//! Whether something is found at a host: asked through the guard, like every request that others cause.

use std::time::Duration;

use super::fetch::{Bounds, fetch};
use crate::policy::Addresses;

/// How much of an answer is looked at, and for how long.
const BOUNDS: Bounds = Bounds { size: 4 << 10, time: Duration::from_secs(10), accept: "text/plain" };

/// Where the token of a domain has to be.
const PLACE: &str = "/.well-known/workbooks-domain";

/// Looks at hosts.
#[derive(Debug, Clone, Default)]
pub struct Prober {
    addresses: Vec<Addresses>,
}

impl Prober {
    /// One that reaches public addresses, and these.
    #[must_use]
    pub fn new(addresses: Vec<Addresses>) -> Self {
        Self { addresses }
    }

    /// Whether the host answers with `token`. Of `*.example.org`, `example.org` is asked.
    ///
    /// # Errors
    ///
    /// What was found instead.
    pub async fn find(&self, host: &str, token: &str) -> Result<(), String> {
        let url = format!("http://{}{PLACE}", host.strip_prefix("*.").unwrap_or(host));
        let found = fetch(&url, &self.addresses, BOUNDS).await?;
        if found.trim_ascii() == token.as_bytes() {
            return Ok(());
        }
        Err(format!("`{url}` answers with something else than the token"))
    }
}
