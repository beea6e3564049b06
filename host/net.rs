//! The guard of the network: the only way out for a component, and it asks for every request.
//!
//! A request goes where the component's `net:` says and nowhere else. The name is resolved here, once; the addresses are
//! judged, and the connection is made to the address that was judged, so an answer that changes between the look and the
//! use changes nothing. Redirects are answers like others: who follows one makes a new request, which is asked about anew.
//! What is refused is an error of `wasi:http` for the component, and a line in the step's log for the person.

mod address;
mod fetch;
mod probe;
mod scrub;
mod secret;
mod send;

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::uri::Authority;
use http::{HeaderValue, Method, Request, Response, Uri, header};
use http_body_util::{BodyExt as _, Limited};
use rustls::pki_types::ServerName;
use tokio::sync::Semaphore;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};
use wb_composer::right::{Host, Origin, Port, Scheme};

pub use self::fetch::{Bounds, fetch};
pub use self::probe::Prober;
use self::scrub::Scrub;
use self::secret::Secret;
use self::send::Driver;
use crate::disk;
use crate::env;
use crate::grants::{Grants, Vault};
use crate::policy::Addresses;

/// Most requests of one step.
const REQUESTS: usize = 1_000;
/// Most connections of one component at a time.
const CONNECTIONS: usize = 16;
/// Largest body, in either direction.
const BODY: usize = 64 << 20;
/// Largest head of a request.
const HEAD: usize = 64 << 10;
/// Longest wait for the resolver.
const RESOLVE: Duration = Duration::from_secs(10);
/// Most lines the guard adds to a step's log.
const LINES: usize = 50;

type Sent = Result<(Response<WasiBody>, Driver), Error>;

/// The guard of one component.
#[derive(Debug, Clone)]
pub struct Guard(Arc<Rules>);

#[derive(Debug)]
struct Rules {
    net: Vec<Origin>,
    secrets: Vec<(String, Secret, Vec<Origin>)>,
    addresses: Vec<Addresses>,
    log: Mutex<Vec<String>>,
    requests: AtomicUsize,
    connections: Semaphore,
}

impl Guard {
    /// The guard for what a component was granted. Nothing is granted by the default.
    ///
    /// # Errors
    ///
    /// When a secret has no value here.
    pub fn new(grants: &Grants) -> Result<Self, String> {
        let value = |(name, to): &(String, Vec<Origin>)| match &grants.vault {
            Some(vault) => kept(vault, name, to),
            None => Ok((name.clone(), look_up(name)?, to.clone())),
        };
        Ok(Self(Arc::new(Rules {
            net: grants.net.clone(),
            secrets: grants.secrets.iter().map(value).collect::<Result<_, String>>()?,
            addresses: grants.addresses.clone(),
            log: Mutex::default(),
            requests: AtomicUsize::new(0),
            connections: Semaphore::new(CONNECTIONS),
        })))
    }

    /// A guard that lets nothing through.
    #[must_use]
    pub fn closed() -> Self {
        Self(Arc::new(Rules {
            net: Vec::new(),
            secrets: Vec::new(),
            addresses: Vec::new(),
            log: Mutex::default(),
            requests: AtomicUsize::new(0),
            connections: Semaphore::new(0),
        }))
    }

    /// What was refused since the last call, in words.
    #[must_use]
    pub fn take_log(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.log.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A secret of a vault, and those of the places it was asked for that it was granted to. Patterns are no places: it is granted by name.
fn kept(vault: &Vault, name: &str, to: &[Origin]) -> Result<(String, Secret, Vec<Origin>), String> {
    let (mut value, mut granted, mut why) = (None, Vec::new(), None);
    for origin in to {
        match vault.0.secret(name, &place(origin)) {
            Ok(text) => {
                value = Some(text);
                granted.push(origin.clone());
            }
            Err(reason) => why = Some(reason),
        }
    }
    let Some(value) = value else {
        return Err(why.unwrap_or_else(|| format!("the secret `{name}` was asked for, and for no host")));
    };
    let secret = Secret::new(&value).map_err(|why| format!("the secret `{name}` {why}"))?;
    Ok((name.to_owned(), secret, granted))
}

/// A host as secrets are granted to it: with the port where it is not the scheme's own.
fn place(origin: &Origin) -> String {
    let text = origin.to_string();
    text.split_once("://").map_or(text.clone(), |(_, place)| place.to_owned())
}

/// The value of a secret: from the environment, or from a file that only its owner can read.
fn look_up(name: &str) -> Result<Secret, String> {
    let bad = |place: &str, why: &str| format!("the secret `{name}` ({place}) {why}");
    if let Some(value) = env::secret(name) {
        return Secret::new(&value).map_err(|why| bad("from the environment", why));
    }
    let missing =
        |place: &str| format!("the secret `{name}` has no value; set `WB_SECRET_{name}`, or write it to {place}");
    let Some(path) = env::config_directory().map(|directory| directory.join("secrets").join(name)) else {
        return Err(missing("a file of your configuration directory"));
    };
    let place = format!("`{}`", path.display());
    match disk::read_private(&path) {
        Ok(text) => Secret::new(&text).map_err(|why| bad(&place, why)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(missing(&place)),
        Err(error) => Err(format!("the secret `{name}` cannot be read from {place}: {error}")),
    }
}

impl WasiHttpHooks for Guard {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let rules = Arc::clone(&self.0);
        Box::new(async move {
            let to = request.uri().clone();
            let Refused { error, why } = match rules.send(request, options).await {
                Ok(sent) => return Ok(sent),
                Err(refused) => refused,
            };
            let why = why.unwrap_or_else(|| error.to_string());
            // Never the path: what a block puts there is its own affair, and may be secret.
            rules.say(format!("net: {}: {why}", shown(&to)));
            Err(error)
        })
    }
}

/// Why a request was not sent, or got no answer.
struct Refused {
    error: Error,
    /// In words, where the error does not say it.
    why: Option<String>,
}

impl Refused {
    fn words(self) -> String {
        self.why.unwrap_or_else(|| self.error.to_string())
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self { error, why: None }
    }
}

fn refuse<T>(error: Error, why: impl Into<String>) -> Result<T, Refused> {
    Err(Refused { error, why: Some(why.into()) })
}

impl Rules {
    fn say(&self, line: String) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if log.len() < LINES {
            log.push(line);
        }
    }

    async fn send(
        &self,
        mut request: Request<WasiBody>,
        options: Option<RequestOptions>,
    ) -> Result<(Response<WasiBody>, Driver), Refused> {
        let target = target(request.uri())?;
        if !self.net.iter().any(|origin| origin.covers(&target)) {
            return refuse(Error::HttpRequestDenied, format!("not granted; `:caps: net:{target}` would ask for it"));
        }
        if [Method::CONNECT, Method::TRACE].contains(request.method()) {
            return refuse(Error::HttpRequestMethodInvalid, format!("`{}` is not let through", request.method()));
        }
        if self.requests.fetch_add(1, Ordering::Relaxed) >= REQUESTS {
            return refuse(Error::ConnectionLimitReached, format!("more than {REQUESTS} requests in one step"));
        }
        let head: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        if head + request.uri().path().len() + request.uri().query().map_or(0, str::len) > HEAD {
            return refuse(
                Error::HttpRequestHeaderSectionSize(None),
                format!("its head is larger than {} KiB", HEAD >> 10),
            );
        }
        let carries = self.fill(&mut request, &target)?;
        let scrub = Scrub::of(self.secrets.iter().map(|(_, secret, _)| secret));
        if !scrub.is_idle() {
            // A compressed answer could not be searched for the values.
            request.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        let Port::One(port) = target.port() else { return Err(Error::HttpRequestUriInvalid.into()) };
        let resolved = resolve(&target.host, port).await?;
        let addresses = match address::reachable(&resolved, port, &self.addresses) {
            Ok(addresses) => addresses,
            Err(Some((address, kind))) => {
                let opened =
                    if address.is_ipv6() { format!("[{address}]:{port}") } else { format!("{address}:{port}") };
                let why = format!("{address} is {kind}, no public address; `--allow address:{opened}` opens it");
                return refuse(Error::DestinationIpProhibited, why);
            }
            Err(None) => return refuse(Error::DestinationNotFound, "the name has no address"),
        };
        if carries && target.scheme() == Scheme::Http && !addresses.iter().all(|to| to.ip().is_loopback()) {
            return refuse(Error::HttpRequestDenied, "a secret is only sent with TLS");
        }
        let permit = self.connections.acquire().await.map_err(|_| Error::ConnectionLimitReached)?;
        let stream = send::connect(&addresses, options).await?;
        let name = (target.scheme() == Scheme::Https).then(|| server(&target.host)).transpose()?;
        let request = request.map(|body| Limited::new(body, BODY).map_err(too_large).boxed_unsync());
        let (response, driver) = send::send(stream, name, request, options, scrub, BODY as u64).await?;
        drop(permit);
        Ok((response.map(|body| body.boxed_unsync()), driver))
    }

    /// Puts the secrets into a request's headers. Whether there were any.
    fn fill(&self, request: &mut Request<WasiBody>, target: &Origin) -> Result<bool, Refused> {
        let mut carries = false;
        for value in request.headers_mut().values_mut() {
            let Ok(text) = value.to_str() else { continue };
            let find = |name: &str| {
                let known = self.secrets.iter().filter(|(known, ..)| known == name);
                let mut fitting = known.clone().filter(|(_, _, to)| to.iter().any(|to| to.covers(target)));
                match fitting.next() {
                    Some((_, secret, _)) => Ok(secret),
                    None if known.count() > 0 => Err(format!("`secret:{name}` is not granted for this host")),
                    None => Err(format!("`secret:{name}` was not granted")),
                }
            };
            match secret::fill(text, find) {
                Ok(None) => {}
                Ok(Some(filled)) => {
                    *value = HeaderValue::from_str(&filled).map_err(|_| Error::HttpRequestDenied)?;
                    value.set_sensitive(true);
                    carries = true;
                }
                Err(why) => return refuse(Error::HttpRequestDenied, why),
            }
        }
        Ok(carries)
    }
}

fn too_large(error: Box<dyn std::error::Error + Send + Sync>) -> Error {
    match error.downcast::<Error>() {
        Ok(error) => *error,
        Err(_) => Error::HttpRequestBodySize(Some(BODY as u64)),
    }
}

/// Where a request goes, as a right that would allow it.
fn target(uri: &Uri) -> Result<Origin, Refused> {
    let invalid = |why: &str| Refused { error: Error::HttpRequestUriInvalid, why: Some(why.to_owned()) };
    let authority: &Authority = uri.authority().ok_or_else(|| invalid("no host"))?;
    if authority.as_str().contains('@') {
        return Err(invalid("a user before the host"));
    }
    let scheme = match uri.scheme_str() {
        Some("https") => Scheme::Https,
        Some("http") => Scheme::Http,
        _ => return refuse(Error::HttpProtocolError, "neither http nor https"),
    };
    let host = authority.host();
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let host = match Host::parse(bare).map_err(|(why, _)| invalid(why))? {
        host @ (Host::Name(_) | Host::Address(_)) => host,
        Host::Any | Host::Below(_) => return Err(invalid("a pattern is no host")),
    };
    let port = match authority.port() {
        Some(port) => port.as_u16(),
        None if authority.as_str().ends_with(':') => return Err(invalid("no port after the colon")),
        None => scheme.port(),
    };
    Ok(Origin { scheme: Some(scheme), host, port: Some(Port::One(port)) })
}

async fn resolve(host: &Host, port: u16) -> Result<Vec<IpAddr>, Refused> {
    let name = match host {
        Host::Address(address) => return Ok(vec![*address]),
        Host::Name(name) => name.as_str(),
        Host::Any | Host::Below(_) => return Err(Error::HttpRequestUriInvalid.into()),
    };
    match tokio::time::timeout(RESOLVE, tokio::net::lookup_host((name, port))).await {
        Ok(Ok(found)) => Ok(found.map(|address| address.ip()).collect()),
        Ok(Err(_)) => {
            let error = Error::DnsError { rcode: None, info_code: None };
            refuse(error, "the name cannot be resolved")
        }
        Err(_) => Err(Error::DnsTimeout.into()),
    }
}

fn server(host: &Host) -> Result<ServerName<'static>, Error> {
    match host {
        Host::Address(address) => Ok(ServerName::from(*address)),
        Host::Name(name) => ServerName::try_from(name.clone()).map_err(|_| Error::HttpRequestUriInvalid),
        Host::Any | Host::Below(_) => Err(Error::HttpRequestUriInvalid),
    }
}

/// Scheme and host of a request, for a log.
fn shown(uri: &Uri) -> String {
    let authority = uri.authority().map_or("", Authority::as_str);
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{}://{host}", uri.scheme_str().unwrap_or("?"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{kept, target};
    use crate::grants::{Keeper, Vault};
    use wb_composer::right::Right;

    /// Grants the secret to one place.
    struct One(&'static str);

    impl Keeper for One {
        fn secret(&self, _: &str, host: &str) -> Result<String, String> {
            if host == self.0 { Ok("s3cret".to_owned()) } else { Err(format!("not for {host}")) }
        }
    }

    #[test]
    fn a_secret_of_a_vault_goes_where_both_say() {
        let origin = |text: &str| match Right::parse(&format!("net:{text}")) {
            Ok(Right::Net(origin)) => origin,
            other => panic!("{other:?}"),
        };
        let granted = |keeper: &'static str, asked: &[&str]| {
            let asked: Vec<_> = asked.iter().map(|text| origin(text)).collect();
            let (_, _, to) = kept(&Vault(Arc::new(One(keeper))), "K", &asked)?;
            Ok::<_, String>(to.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!(
            granted("api.example.org", &["api.example.org", "b.example.org"]),
            Ok(vec!["api.example.org".into()])
        );
        assert_eq!(granted("127.0.0.1:8080", &["http://127.0.0.1:8080"]), Ok(vec!["http://127.0.0.1:8080".into()]));
        assert_eq!(granted("api.example.org", &["*.example.org"]), Err("not for *.example.org".to_owned()));
        assert_eq!(
            granted("api.example.org", &["api.example.org:8443"]),
            Err("not for api.example.org:8443".to_owned())
        );
        assert!(granted("api.example.org", &[]).is_err());
    }

    #[test]
    fn what_is_no_plain_target_is_refused() {
        let origin = |uri: &str| target(&uri.parse().unwrap()).map(|origin| origin.to_string()).ok();
        assert_eq!(origin("https://API.example.com./x").as_deref(), Some("api.example.com"));
        assert_eq!(origin("http://[::1]:8080/").as_deref(), Some("http://[::1]:8080"));
        for uri in [
            "https://user@example.com/",
            "https://*/",
            "https://127.1/",
            "https://0x7f.0.0.1/",
            "https://2130706433/",
            "https://0177.0.0.1/",
            "ftp://example.com/",
            "/path",
        ] {
            assert_eq!(origin(uri), None, "{uri}");
        }
    }
}
