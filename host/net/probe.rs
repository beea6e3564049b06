//! Whether something is found at a host: asked through the guard, like every request that others cause.

use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use http::{Request, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use tokio::sync::Semaphore;

use super::{Rules, target};
use crate::policy::Addresses;

/// Most bytes of an answer that are looked at.
const LONGEST: usize = 4 << 10;

/// Time for all of it.
const PATIENCE: Duration = Duration::from_secs(10);

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
        let found = match tokio::time::timeout(PATIENCE, self.get(&url)).await {
            Ok(found) => found?,
            Err(_) => return Err(format!("`{url}` did not answer in {} s", PATIENCE.as_secs())),
        };
        if found.trim_ascii() == token.as_bytes() {
            return Ok(());
        }
        Err(format!("`{url}` answers with something else than the token"))
    }

    async fn get(&self, url: &str) -> Result<Vec<u8>, String> {
        let bad = |why: &str| format!("`{url}`: {why}");
        let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
        let request = Request::get(url).header(header::ACCEPT, "text/plain").body(body);
        let mut request = request.map_err(|error| bad(&error.to_string()))?;
        let to = target(request.uri()).map_err(|refused| bad(&refused.words()))?;
        if let Some(authority) = request.uri().authority().map(|authority| authority.as_str().to_owned())
            && let Ok(value) = authority.parse()
        {
            request.headers_mut().insert(header::HOST, value);
        }
        let rules = Rules {
            net: vec![to],
            secrets: Vec::new(),
            addresses: self.addresses.clone(),
            log: Mutex::default(),
            requests: AtomicUsize::new(0),
            connections: Semaphore::new(1),
        };
        let (response, driver) = rules.send(request, None).await.map_err(|refused| bad(&refused.words()))?;
        let driving = tokio::spawn(driver_of(driver));
        let status = response.status();
        let body = Limited::new(response.into_body(), LONGEST).collect().await;
        driving.abort();
        if !status.is_success() {
            return Err(bad(&format!("answers with status {}", status.as_u16())));
        }
        Ok(body.map_err(|_| bad("its answer broke off, or is too long"))?.to_bytes().to_vec())
    }
}

async fn driver_of(driver: super::Driver) {
    // What ends the connection early ends the body as well.
    drop(Box::into_pin(driver).await);
}
