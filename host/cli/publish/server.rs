//! `self-hosted`: a server of wb, asked over its API (docs/control.md).
//!
//! The token is `WB_TOKEN`, or that of the server's notice on this machine. It goes into one header and nowhere else: not
//! over a connection that others can read, not to where a redirect leads, and not into a message.

use std::net::IpAddr;
use std::time::Duration;

use serde_json::{Value, json};
use ureq::http::{Method, Request};

use super::super::Failure;
use crate::disk;
use crate::env;
use crate::exit::Exit;
use crate::packages;
use crate::report::bytes;
use crate::store::digest;

/// The largest answer that is read.
const ANSWER: u64 = 4 << 20;

/// The largest request that a server takes (`components/plane-http`). One that is larger is not read to its end, so whoever sends it
/// would not see the answer.
const REQUEST: usize = 10 << 20;

/// How long to wait before a request that got no answer is made again, under the same key.
const AGAIN: Duration = Duration::from_millis(500);

/// A server and who we are there.
pub(super) struct Server {
    address: String,
    token: String,
    agent: ureq::Agent,
    local: bool,
}

/// What there is now.
pub(super) struct Published {
    /// The number of the snapshot.
    pub(super) snapshot: u64,
    /// Where it can be seen, if it has a host.
    pub(super) address: Option<String>,
    /// What is left to do, if it has none.
    pub(super) hint: Option<String>,
}

impl Server {
    /// A server at an address such as `https://wb.example.org`.
    ///
    /// # Errors
    ///
    /// When there is no token, or the connection would show it to others.
    pub(super) fn at(address: &str) -> Result<Self, Failure> {
        let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
        let authority = rest.split('/').next().unwrap_or(rest);
        let local = is_loopback(authority);
        let secure = address.starts_with("https://");
        if !secure && !local {
            let message = format!("`{address}` is plain `http`, over which others could read the token");
            return Err(Failure::new(Exit::Denied, message).hint("use `https`; plain `http` is for this machine alone"));
        }
        let token = token(authority, local)?;
        let agent = packages::agent(secure).map_err(|error| Failure::new(Exit::Unreachable, error.to_string()))?;
        Ok(Self { address: address.to_owned(), token, agent, local })
    }

    /// Publishes a page, or the files of a site, as a snapshot that is seen at once.
    ///
    /// # Errors
    ///
    /// What the server says no to; that it does not answer.
    pub(super) fn publish(&self, site: &str, body: &Value, domain: Option<&str>) -> Result<Published, Failure> {
        let size = body.to_string().len();
        if size > REQUEST {
            let message = format!(
                "this is {} as a request, and a server takes at most {} MiB",
                bytes(size as u64),
                REQUEST >> 20
            );
            let hint = "put large files elsewhere and link to them, or publish to a directory";
            return Err(Failure::new(Exit::Invalid, message).hint(hint));
        }
        let key = digest::random::<16>()
            .map_err(|error| Failure::new(Exit::Failed, format!("no random numbers: {error}")))?;
        let key = digest::hex(&key);
        let made = self.ask(Method::POST, "/api/publish", Some(body), Some(&key))?;
        let snapshot = made["number"].as_u64().unwrap_or_default();
        let (address, hint) = self.host(site, domain);
        Ok(Published { snapshot, address, hint })
    }

    /// The number of the snapshot that is seen; none where nothing is.
    ///
    /// # Errors
    ///
    /// As [`Server::publish`].
    pub(super) fn active(&self, site: &str) -> Result<Option<u64>, Failure> {
        match self.ask(Method::GET, &format!("/api/sites/{site}/snapshots?limit=1000"), None, None) {
            Ok(list) => {
                let items = list["items"].as_array().cloned().unwrap_or_default();
                Ok(items.iter().find(|item| item["active"] == true).and_then(|item| item["number"].as_u64()))
            }
            Err(failure) if failure.exit == Exit::NotFound => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Shows an earlier snapshot, `to` or the one before.
    ///
    /// # Errors
    ///
    /// As [`Server::publish`].
    pub(super) fn roll_back(&self, site: &str, to: Option<u64>, domain: Option<&str>) -> Result<Published, Failure> {
        let body = to.map(|to| json!({ "to": to }));
        let path = format!("/api/sites/{site}/rollback");
        let done = self.ask(Method::POST, &path, body.as_ref(), None)?;
        let (address, hint) = self.host(site, domain);
        Ok(Published { snapshot: done["active"].as_u64().unwrap_or_default(), address, hint })
    }

    /// Where the site is seen, or what is left to do. A host that is wanted and not there yet is asked for. Whatever goes wrong here:
    /// what is published stays published.
    fn host(&self, site: &str, domain: Option<&str>) -> (Option<String>, Option<String>) {
        let list = self.ask(Method::GET, "/api/domains?limit=1000", None, None).unwrap_or_default();
        let items = list["items"].as_array().cloned().unwrap_or_default();
        let ours = |item: &&Value| item["site"] == site && item["verified"].is_number();
        let named = |item: &Value| item["host"].as_str().map(str::to_owned);
        let Some(domain) = domain else {
            let host = items.iter().filter(ours).filter_map(named).find(|host| !host.starts_with('*'));
            let hint = format!(
                "no host leads to the site `{site}`, as far as this key may see: give `PUBLISH_DOMAIN`, or add one (docs/control.md)"
            );
            return (host.as_ref().map(|host| format!("https://{host}")), host.is_none().then_some(hint));
        };
        let there = Some(format!("https://{domain}"));
        if items.iter().filter(ours).any(|item| item["host"] == domain) {
            return (there, None);
        }
        let asked = json!({ "host": domain, "site": site });
        let done = match self.ask(Method::POST, "/api/domains", Some(&asked), None) {
            // It is somebody's already; whose, verifying tells.
            Err(failure) if failure.exit != Exit::Conflict => Err(failure),
            _ => self.ask(Method::POST, &format!("/api/domains/{domain}/verify"), None, None),
        };
        match done {
            Ok(_) => (there, None),
            Err(failure) => (None, Some(format!("`{domain}` does not lead to the site yet: {}", failure.message))),
        }
    }

    /// One request; again when there was no answer and it can be told from a second one.
    fn ask(&self, method: Method, path: &str, body: Option<&Value>, key: Option<&str>) -> Result<Value, Failure> {
        match self.once(method.clone(), path, body, key) {
            Err(failure) if failure.exit == Exit::Unreachable && (method == Method::GET || key.is_some()) => {
                std::thread::sleep(AGAIN);
                self.once(method, path, body, key)
            }
            done => done,
        }
    }

    fn once(&self, method: Method, path: &str, body: Option<&Value>, key: Option<&str>) -> Result<Value, Failure> {
        let odd = |why: String| Failure::new(Exit::Failed, self.clean(&format!("`{}` {why}", self.address)));
        let mut request = Request::builder()
            .method(method.clone())
            .uri(format!("{}{path}", self.address))
            .header("authorization", format!("Bearer {}", self.token))
            .header("accept", "application/json");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let sent = if method == Method::GET {
            request
                .body(())
                .map_err(|_| odd("cannot be asked: the token has characters that no token has".to_owned()))
                .map(|request| self.agent.run(self.configured(request)))
        } else {
            request
                .body(body)
                .map_err(|_| odd("cannot be asked: the token has characters that no token has".to_owned()))
                .map(|request| self.agent.run(self.configured(request)))
        };
        let mut answer = sent?.map_err(|error| {
            let message = self.clean(&format!("cannot reach `{}`: {error}", self.address));
            Failure::new(Exit::Unreachable, message).hint("is it running? `wb serve` starts a server of wb")
        })?;
        let status = answer.status().as_u16();
        let text = answer.body_mut().with_config().limit(ANSWER).read_to_string().unwrap_or_default();
        let value: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        if (200..300).contains(&status) {
            return Ok(value);
        }
        Err(self.refused(status, &value))
    }

    /// Statuses are answers; a redirect is not followed with a token; this machine is behind no proxy.
    fn configured<S: ureq::AsSendBody>(&self, request: Request<S>) -> Request<S> {
        let configured = self.agent.configure_request(request).http_status_as_error(false).max_redirects(0);
        if self.local { configured.proxy(None).build() } else { configured.build() }
    }

    fn refused(&self, status: u16, value: &Value) -> Failure {
        let said = value["error"]["message"].as_str().unwrap_or("this is no server of wb");
        let message = self.clean(&format!("`{}` answered {status}: {said}", self.address));
        let (exit, hint) = match status {
            401 => (Exit::Denied, Some("set `WB_TOKEN` to a key with the scope `publish`; `wb key create` makes one")),
            403 => (Exit::Denied, Some("the key needs the scope `publish`, and `write` for hosts")),
            300..=399 => (Exit::Failed, Some("the server sends elsewhere; write that address into `PUBLISH_URL`")),
            404 => (Exit::NotFound, None),
            409 | 412 => (Exit::Conflict, None),
            400 | 413 | 415 | 422 => (Exit::Invalid, None),
            429 | 500..=599 => (Exit::Unreachable, Some("try again in a moment")),
            _ => (Exit::Failed, None),
        };
        let failure = Failure::new(exit, message);
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }

    /// A text without the token, whoever put it there.
    fn clean(&self, text: &str) -> String {
        text.replace(&self.token, "…")
    }
}

/// Whether an authority is this machine.
fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
    };
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The token of the environment; for this machine, the one in the notice of the server with this port.
fn token(authority: &str, local: bool) -> Result<String, Failure> {
    if let Some(token) = env::get(env::WB_TOKEN) {
        return Ok(token);
    }
    let none = || {
        let hint = "set `WB_TOKEN` to a key with the scope `publish`; `wb key create --scope publish NAME` makes one";
        Failure::new(Exit::Denied, format!("there is no token for `{authority}`")).hint(hint)
    };
    let notice = env::data_directory().filter(|_| local).map(|data| data.join("runtime.json")).ok_or_else(none)?;
    let text = disk::read_private(&notice).map_err(|_| none())?;
    let value: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    let port = authority.rsplit(':').next().and_then(|port| port.parse::<u64>().ok()).unwrap_or(80);
    match value["token"].as_str().filter(|_| value["port"].as_u64() == Some(port)) {
        Some(token) => Ok(token.to_owned()),
        None => Err(none()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_known() {
        for here in ["localhost", "LOCALHOST:1", "127.0.0.1:4000", "127.9.9.9", "[::1]:4000"] {
            assert!(is_loopback(here), "{here}");
        }
        for elsewhere in ["localhost.example.org", "127.0.0.1.example.org", "10.0.0.1", "[::2]:1", "0.0.0.0:1", ""] {
            assert!(!is_loopback(elsewhere), "{elsewhere}");
        }
    }
}
