//! Who is asking: from a request's head and where it came from to a tenant, a subject and scopes, or to a refusal with the rule
//! that refused.
//!
//! It is the host's own code and no component, because it makes authority: what an instance may reach is bound to what is found
//! here, before there is an instance. What a scope is good for is the router's to say. There are no pages here.

mod claims;
mod issuer;
mod jwk;
mod jws;
mod limits;
mod session;
mod settings;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::{AUTHORIZATION, FORWARDED, HeaderMap, VIA};
use http::request::Parts;
use subtle::ConstantTimeEq as _;

pub use self::issuer::{Issuer, Timing};
use self::limits::Limits;
pub use self::session::session_id;
pub use self::settings::{AuthError, Mode, Preset, Settings, Tenancy, VARIABLES};
use crate::store::{self, Digest, Store, Tenant, audit, keys};

/// Paths that everybody may ask for, beside those below `/.well-known/` and `/assets/`.
const OPEN: [&str; 4] = ["/health", "/ready", "/openapi.json", "/login"];

/// Longest credential that is looked at, in bytes.
const LONGEST: usize = 16 << 10;

/// A caller that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Whose data it works with.
    pub tenant: Tenant,
    /// Whom the credential names.
    pub subject: String,
    /// What the credential is good for; `*` is everything of the tenant.
    pub scopes: Vec<String>,
    /// Which kind of credential it was: `boot`, `bearer`, `key`, `jwt`, `session` or `trusted`.
    pub via: &'static str,
}

/// A request that is refused.
#[derive(Clone, Debug)]
pub struct Denied {
    /// The status (RFC 9110, section 15).
    pub status: u16,
    /// The error's code.
    pub code: &'static str,
    /// What is wrong and what to do; never what was sent.
    pub message: String,
    /// The rule that refused, for the audit log.
    pub rule: &'static str,
    /// The value of `WWW-Authenticate` (RFC 6750, section 3).
    pub challenge: Option<&'static str>,
    /// When another try makes sense.
    pub retry_after: Option<Duration>,
    /// What went wrong here, for the operator's log.
    pub fault: Option<String>,
    /// More for the audit log.
    detail: String,
    /// Whether it is one of the many of a flood, of which the log has the first.
    flood: bool,
}

impl Denied {
    fn unauthorized(rule: &'static str, message: &str, challenge: &'static str) -> Self {
        Self {
            status: 401,
            code: "unauthorized",
            message: message.to_owned(),
            rule,
            challenge: Some(challenge),
            retry_after: None,
            fault: None,
            detail: String::new(),
            flood: false,
        }
    }

    /// For a credential that is none here.
    fn invalid(rule: &'static str, detail: impl Into<String>) -> Self {
        let message = "this credential is not valid here: it may be mistyped, expired or revoked";
        Self { detail: detail.into(), ..Self::unauthorized(rule, message, "Bearer error=\"invalid_token\"") }
    }

    fn nobody() -> Self {
        Self::unauthorized("no-credential", "say who you are: `Authorization: Bearer …`", "Bearer")
    }

    fn flood(rule: &'static str, wait: Duration) -> Self {
        Self {
            status: 429,
            code: "rate_limited",
            message: format!("too many requests from here; try again in {} s", seconds(wait)),
            challenge: None,
            retry_after: Some(wait),
            flood: true,
            ..Self::nobody().with_rule(rule)
        }
    }

    fn unavailable(rule: &'static str, message: &str, fault: String) -> Self {
        Self {
            status: 503,
            code: "unavailable",
            message: message.to_owned(),
            challenge: None,
            retry_after: Some(Duration::from_secs(2)),
            fault: Some(fault),
            ..Self::nobody().with_rule(rule)
        }
    }

    fn with_rule(self, rule: &'static str) -> Self {
        Self { rule, ..self }
    }
}

/// Whole seconds, and at least one.
#[must_use]
pub fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0 || wait.is_zero())
}

/// Finds out who asks.
pub struct Authenticator {
    settings: Settings,
    store: Store,
    /// Of the token of this start.
    boot: Digest,
    bearer: Option<Digest>,
    issuer: Option<Arc<Issuer>>,
    limits: Limits,
    /// Whether nobody but this machine can connect.
    is_local: bool,
}

impl Authenticator {
    /// `boot` is the token of this start, `bound` where the server listens.
    #[must_use]
    pub fn new(settings: Settings, store: &Store, boot: &str, bound: SocketAddr, issuer: Option<Arc<Issuer>>) -> Self {
        Self {
            boot: Digest::of(boot.as_bytes()),
            bearer: settings.bearer().map(|text| Digest::of(text.as_bytes())),
            limits: Limits::new(settings.rate),
            settings,
            store: store.clone(),
            issuer,
            is_local: bound.ip().is_loopback(),
        }
    }

    /// Who asks; nobody where everybody may. A refusal is in the audit log when this returns.
    ///
    /// # Errors
    ///
    /// When the request is refused.
    pub async fn identify(&self, request: &Parts, peer: SocketAddr) -> Result<Option<Identity>, Denied> {
        match self.found(request, peer).await {
            Ok(identity) => Ok(identity),
            Err(denied) => {
                if !denied.flood || self.limits.is_news(peer.ip(), Instant::now()) {
                    self.audit(request.method.as_str(), request.uri.path(), peer.ip(), &denied).await;
                }
                Err(denied)
            }
        }
    }

    async fn found(&self, request: &Parts, peer: SocketAddr) -> Result<Option<Identity>, Denied> {
        let path = request.uri.path();
        if OPEN.contains(&path) || path.starts_with("/.well-known/") || path.starts_with("/assets/") {
            let wait = self.limits.open(peer.ip(), Instant::now());
            return wait.map_or(Ok(None), |wait| Err(Denied::flood("rate-open", wait)));
        }
        let (identity, secret) = match credential(&request.headers) {
            Ok(Some(text)) => (self.of_text(text, peer).await, Some(Digest::of(text.as_bytes()))),
            Ok(None) => match session::token(&request.headers) {
                Some(token) => (self.of_session(token, peer).await, Some(Digest::of(token.as_bytes()))),
                None => (self.of_nothing(&request.headers, peer), None),
            },
            Err(denied) => (Err(denied), None),
        };
        let identity = identity.map_err(|denied| self.count(denied, peer))?;
        if let Some(secret) = secret {
            self.limits.remember(secret, Instant::now());
        }
        // Its owner's own programs; whoever can read the token can do worse than ask often.
        if identity.via != "boot"
            && let Some(wait) =
                self.limits.caller(&[identity.via, identity.tenant.as_str(), &identity.subject], Instant::now())
        {
            return Err(Denied { detail: identity.subject, ..Denied::flood("rate-caller", wait) });
        }
        Ok(Some(identity))
    }

    /// A failed try, which is one too many where there were many.
    fn count(&self, denied: Denied, peer: SocketAddr) -> Denied {
        if denied.status != 401 {
            return denied;
        }
        match self.limits.failed(peer.ip(), Instant::now()) {
            Some(wait) => Denied::flood("rate-failures", wait),
            None => denied,
        }
    }

    async fn of_text(&self, text: &str, peer: SocketAddr) -> Result<Identity, Denied> {
        let sent = Digest::of(text.as_bytes());
        let is = |known: &Digest| bool::from(known.bytes().ct_eq(sent.bytes()));
        if is(&self.boot) {
            return Ok(everything("boot", "boot"));
        }
        if self.bearer.as_ref().is_some_and(is) {
            return Ok(everything("bearer", "bearer"));
        }
        // What follows costs a look into the database or a signature. Whoever was let in lately is not shut out by a neighbour.
        if let Some(wait) = self.limits.may_try(peer.ip(), &sent, Instant::now()) {
            return Err(Denied::flood("rate-failures", wait));
        }
        if text.starts_with(keys::PREFIX) {
            return self.of_key(text).await;
        }
        match &self.issuer {
            Some(issuer) if text.contains('.') => {
                let found = issuer.identify(text, self.store.of(&Tenant::local()).now() / 1000).await?;
                Ok(self.settings.identity(found))
            }
            _ => Err(Denied::invalid("credential", "")),
        }
    }

    async fn of_key(&self, text: &str) -> Result<Identity, Denied> {
        match self.store.global().authenticate(text).await {
            Ok((tenant, key)) if self.settings.tenancy == Tenancy::Multi || tenant == Tenant::local() => {
                Ok(Identity { tenant, subject: format!("key:{}", key.id), scopes: key.scopes, via: "key" })
            }
            Ok((_, key)) => Err(Denied::invalid("key-tenancy", key.id)),
            Err(store::Error::NotFound(_)) => {
                let id = text[keys::PREFIX.len()..].split('_').next().unwrap_or_default();
                let is_id = id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
                Err(Denied::invalid("key", if is_id { id } else { "" }))
            }
            Err(error) => {
                let message = "whether this key is valid cannot be looked up now; try again";
                Err(Denied::unavailable("store", message, error.to_string()))
            }
        }
    }

    /// Somebody without a credential: this machine's user, where that is enough.
    fn of_nothing(&self, headers: &HeaderMap, peer: SocketAddr) -> Result<Identity, Denied> {
        if self.settings.mode != Mode::Trusted {
            return Err(Denied::nobody());
        }
        // Whom a proxy lets through is whoever reaches the proxy.
        let relayed = [FORWARDED.as_str(), VIA.as_str(), "x-forwarded-for", "x-forwarded-host", "x-real-ip"];
        if !self.is_local || !peer.ip().is_loopback() || relayed.iter().any(|name| headers.contains_key(*name)) {
            return Err(Denied::nobody().with_rule("not-local"));
        }
        Ok(everything("trusted", "trusted"))
    }

    async fn audit(&self, method: &str, path: &str, client: IpAddr, denied: &Denied) {
        let refusal = audit::Refusal {
            made: 0,
            client: client.to_string(),
            method: method.to_owned(),
            path: path.to_owned(),
            rule: denied.rule.to_owned(),
            detail: denied.detail.clone(),
        };
        // A refusal stands, also where it cannot be kept.
        drop(match self.settings.tenancy {
            Tenancy::Single => self.store.of(&Tenant::local()).audit().refuse(&refusal).await,
            Tenancy::Multi => self.store.global().refuse(&refusal).await,
        });
    }
}

/// The operator.
fn everything(via: &'static str, subject: &str) -> Identity {
    Identity { tenant: Tenant::local(), subject: subject.to_owned(), scopes: vec!["*".to_owned()], via }
}

/// What was sent to be known by. Never from the address, which is seen by too many; a cookie has a session's token and no credential.
fn credential(headers: &HeaderMap) -> Result<Option<&str>, Denied> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = all.next() else { return Ok(None) };
    let wrong =
        |rule| Denied::unauthorized(rule, "send one `Authorization: Bearer …`", "Bearer error=\"invalid_request\"");
    if all.next().is_some() {
        return Err(wrong("two-credentials"));
    }
    let parts = value.to_str().ok().and_then(|text| text.split_once(' '));
    match parts {
        Some((scheme, text)) if scheme.eq_ignore_ascii_case("bearer") && !text.trim().is_empty() => {
            if text.len() > LONGEST { Err(wrong("size")) } else { Ok(Some(text.trim())) }
        }
        _ => Err(wrong("scheme")),
    }
}

/// Only how it is set up; never a token.
impl std::fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authenticator").field("settings", &self.settings).finish_non_exhaustive()
    }
}
