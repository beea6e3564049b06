//! The issuer: its keys, asked for when they are needed, kept while they are good, and asked for again when a token names one that
//! is not among them.
//!
//! However many requests come, one fetch is under way at a time; whatever tokens say, there are few of them. Keys outlive an outage
//! of the issuer for a bounded time.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use http::Uri;
use serde_json::Value;
use tokio::sync::Mutex;

use super::Denied;
use super::claims::{Expected, Found};
use super::jwk::{self, Key};
use super::jws::{Checked, Token};
use super::settings::{Settings, check_url, is_loopback};
use crate::net::{Bounds, fetch};
use crate::policy::Addresses;

/// How much of an answer of the issuer is looked at, and for how long.
const BOUNDS: Bounds = Bounds { size: 256 << 10, time: Duration::from_secs(5), accept: "application/json" };

/// When keys are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// Keys of this age are asked for anew.
    pub fresh: Duration,
    /// Keys of this age are no longer used, whether the issuer answers or not.
    pub stale: Duration,
    /// After a failure, nobody asks for this long.
    pub pause: Duration,
    /// Keys that are not there make one fetch in this time, but for the first few.
    pub unknown: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        let minutes = |count: u64| Duration::from_secs(count * 60);
        Self {
            fresh: minutes(10),
            stale: minutes(12 * 60),
            pause: Duration::from_secs(2),
            unknown: Duration::from_secs(30),
        }
    }
}

/// Fetches for keys that are not there which may come at once.
const BURST: u32 = 5;

#[derive(Clone, Debug)]
struct Held {
    keys: Arc<[Key]>,
    at: Instant,
}

/// What only the one who fetches looks at.
#[derive(Debug, Default)]
struct Fetching {
    failed: Option<(Instant, String)>,
    /// The time up to which fetches for unknown keys are used up.
    unknown: Option<Instant>,
}

/// An issuer of tokens.
pub struct Issuer {
    expected: Expected,
    jwks: Option<String>,
    /// Beside the public ones.
    addresses: Vec<Addresses>,
    timing: Timing,
    held: RwLock<Option<Held>>,
    fetching: Mutex<Fetching>,
}

impl Issuer {
    /// The issuer of the settings; nothing where there is none. `addresses` are reached beside the public ones.
    #[must_use]
    pub fn of(settings: &Settings, addresses: Vec<Addresses>, timing: Timing) -> Option<Arc<Self>> {
        let expected = settings.expected()?;
        let jwks = settings.jwks().map(str::to_owned);
        let (held, fetching) = (RwLock::default(), Mutex::default());
        Some(Arc::new(Self { expected, jwks, addresses, timing, held, fetching }))
    }

    /// Whom a token names, at a time in seconds since 1970.
    pub(super) async fn identify(&self, text: &str, now: i64) -> Result<Found, Denied> {
        let token = Token::read(text)?;
        let held = self.keys().await?;
        let claims = match token.check(&held.keys)? {
            Checked::Right(claims) => claims,
            Checked::UnknownKey => match self.newer(&held).await.map(|keys| token.check(&keys)) {
                Some(Ok(Checked::Right(claims))) => claims,
                Some(Err(denied)) => return Err(denied),
                Some(Ok(Checked::UnknownKey)) | None => {
                    return Err(Denied::invalid("jwt-kid", "the issuer has no such key"));
                }
            },
        };
        self.expected.check(&claims, now)
    }

    fn held(&self) -> Option<Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The keys: those that are there, where they are good enough.
    async fn keys(&self) -> Result<Held, Denied> {
        let usable = |held: &Held| held.at.elapsed() < self.timing.stale;
        match self.held().filter(usable) {
            Some(held) if held.at.elapsed() < self.timing.fresh => Ok(held),
            Some(old) => match self.fetching.try_lock() {
                // Nobody waits for the one who asks.
                Err(_) => Ok(old),
                Ok(mut fetching) => Ok(self.ask(&mut fetching, Some(&old)).await.unwrap_or(old)),
            },
            None => {
                let mut fetching = self.fetching.lock().await;
                self.ask(&mut fetching, None).await.map_err(|why| {
                    let message = "the issuer's keys cannot be had now; try again";
                    Denied::unavailable("issuer", message, format!("the issuer's keys: {why}"))
                })
            }
        }
    }

    /// Keys that came after these, asked for if need be and not too often.
    async fn newer(&self, known: &Held) -> Option<Arc<[Key]>> {
        let mut fetching = self.fetching.lock().await;
        if let Some(held) = self.held().filter(|held| held.at > known.at) {
            return Some(held.keys);
        }
        let now = Instant::now();
        let used = fetching.unknown.filter(|used| *used > now).unwrap_or(now) + self.timing.unknown;
        if used > now + self.timing.unknown * BURST {
            return None;
        }
        fetching.unknown = Some(used);
        Some(self.ask(&mut fetching, Some(known)).await.ok()?.keys)
    }

    /// Asks the issuer, unless somebody did since `known`, or it failed just now.
    async fn ask(&self, fetching: &mut Fetching, known: Option<&Held>) -> Result<Held, String> {
        let is_newer =
            |held: &Held| known.is_none_or(|known| held.at > known.at) && held.at.elapsed() < self.timing.fresh;
        if let Some(held) = self.held().filter(is_newer) {
            return Ok(held);
        }
        if let Some((at, why)) = &fetching.failed
            && at.elapsed() < self.timing.pause
        {
            return Err(why.clone());
        }
        match self.fetch().await {
            Ok(keys) => {
                let held = Held { keys: keys.into(), at: Instant::now() };
                *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some(held.clone());
                fetching.failed = None;
                Ok(held)
            }
            Err(why) => {
                fetching.failed = Some((Instant::now(), why.clone()));
                Err(why)
            }
        }
    }

    async fn fetch(&self) -> Result<Vec<Key>, String> {
        let url = match &self.jwks {
            Some(url) => url.clone(),
            None => self.discover().await?,
        };
        let bytes = fetch(&url, &self.reached(&url), BOUNDS).await?;
        jwk::read(&bytes).map_err(|why| format!("`{url}` is {why}"))
    }

    /// Where the issuer says that its keys are (OpenID Connect Discovery 1.0, section 4).
    async fn discover(&self) -> Result<String, String> {
        let issuer = &self.expected.issuer;
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let bytes = fetch(&url, &self.reached(&url), BOUNDS).await?;
        let found: Value = serde_json::from_slice(&bytes).map_err(|error| format!("`{url}` is no JSON: {error}"))?;
        let text = |name: &str| found.get(name).and_then(Value::as_str);
        if text("issuer") != Some(issuer) {
            return Err(format!("`{url}` describes another issuer than `{issuer}`"));
        }
        let jwks = text("jwks_uri").ok_or_else(|| format!("`{url}` has no `jwks_uri`"))?;
        check_url(jwks).map_err(|why| format!("`{url}` has the `jwks_uri` `{jwks}`, {why}"))?;
        // One that is elsewhere does not get to point into this machine.
        if is_local(jwks) && !is_local(issuer) {
            return Err(format!("`{url}` has a `jwks_uri` on this machine"));
        }
        Ok(jwks.to_owned())
    }

    /// What may be reached for a URL: an issuer on this machine is one that its operator named.
    fn reached(&self, url: &str) -> Vec<Addresses> {
        let mut addresses = self.addresses.clone();
        if is_local(url) {
            addresses.extend(Addresses::loopback());
        }
        addresses
    }
}

fn is_local(url: &str) -> bool {
    url.parse::<Uri>().is_ok_and(|url| url.host().is_some_and(is_loopback))
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issuer").field("expected", &self.expected).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::Addresses;

    #[test]
    fn this_machine_is_both_of_its_addresses() {
        assert_eq!(Addresses::loopback().len(), 2);
    }
}
