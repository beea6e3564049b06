//! A registry over HTTP: pulling and pushing as the OCI distribution specification 1.1 has it.
//!
//! Hosts of this machine are asked without TLS, all others with it. Credentials are those that `docker login` and
//! `podman login` keep, and go to the registry's host and to the token server it names, never along a redirect.

use std::cell::RefCell;

use base64::Engine as _;
use serde_json::Value;
use ureq::http::{Request, Response, StatusCode};

use super::{Artifact, Digest, Got, INDEX, LARGEST_MANIFEST, MANIFEST, OciError, Reference, Store};
use crate::packages::agent;

/// One repository of a registry.
pub struct Registry<'a> {
    agent: ureq::Agent,
    host: &'a str,
    repository: &'a str,
    /// `user:password` in Base64.
    credentials: Option<String>,
    /// What goes with every request, once the registry has asked for it.
    authorization: RefCell<Option<String>>,
    /// For the token server: what is going to be done.
    actions: &'static str,
}

type Answer = Response<ureq::Body>;

impl<'a> Registry<'a> {
    /// A repository to pull from. `credentials` is the content of a `config.json` or `auth.json` of docker or podman.
    ///
    /// # Errors
    ///
    /// When there is no way to check certificates.
    pub fn new(host: &'a str, repository: &'a str, credentials: Option<&str>) -> Result<Self, OciError> {
        let unreachable = |reason: String| OciError::Unreachable { host: host.to_owned(), reason };
        let agent = agent(!is_local(host)).map_err(|error| unreachable(error.to_string()))?;
        let credentials = credentials.and_then(|text| stored(text, host));
        Ok(Self { agent, host, repository, credentials, authorization: RefCell::new(None), actions: "pull" })
    }

    /// Gets a component.
    ///
    /// # Errors
    ///
    /// When it is not there, not allowed, or not what it must be.
    pub fn get(&self, reference: &Reference) -> Result<Got, OciError> {
        super::get(self, reference)
    }

    /// Puts an artifact under a tag.
    ///
    /// # Errors
    ///
    /// When the registry refuses it.
    pub fn put(mut self, tag: &str, artifact: &Artifact<'_>) -> Result<(), OciError> {
        self.actions = "pull,push";
        for blob in artifact.blobs() {
            self.upload(blob)?;
        }
        let headers = [("content-type", MANIFEST)];
        let answer = self.send("PUT", &self.url(&format!("manifests/{tag}")), &headers, &artifact.manifest)?;
        self.expect(answer, &[StatusCode::CREATED], "the manifest").map(drop)
    }

    /// One blob: asked for first, then in one piece ("POST then PUT").
    fn upload(&self, blob: &[u8]) -> Result<(), OciError> {
        let digest = Digest::of(blob);
        let there = self.send("HEAD", &self.url(&format!("blobs/{digest}")), &[], b"")?;
        if there.status() == StatusCode::OK {
            return Ok(());
        }
        let begun = self.send("POST", &self.url("blobs/uploads/"), &[("content-length", "0")], b"")?;
        let begun = self.expect(begun, &[StatusCode::ACCEPTED], "an upload")?;
        let location = begun.headers().get("location").and_then(|value| value.to_str().ok());
        let location = location.ok_or_else(|| self.odd("its upload has no location"))?;
        let to = self.absolute(location).ok_or_else(|| self.odd("its upload is somewhere else"))?;
        let to = format!("{to}{}digest={digest}", if to.contains('?') { '&' } else { '?' });
        let done = self.send("PUT", &to, &[("content-type", "application/octet-stream")], blob)?;
        self.expect(done, &[StatusCode::CREATED], "a blob").map(drop)
    }

    fn base(&self) -> String {
        format!("{}://{}", if is_local(self.host) { "http" } else { "https" }, self.host)
    }

    fn url(&self, path: &str) -> String {
        format!("{}/v2/{}/{path}", self.base(), self.repository)
    }

    /// A location, which may be relative; with its token it stays at the registry's host.
    fn absolute(&self, location: &str) -> Option<String> {
        let base = self.base();
        match location.strip_prefix(&base) {
            Some(rest) => rest.starts_with('/').then(|| location.to_owned()),
            None => location.starts_with('/').then(|| format!("{base}{location}")),
        }
    }

    fn odd(&self, why: &str) -> OciError {
        OciError::Malformed { what: format!("the answer of {}", self.host), why: why.to_owned() }
    }

    fn unreachable(&self, error: &ureq::Error) -> OciError {
        OciError::Unreachable { host: self.host.to_owned(), reason: error.to_string() }
    }

    fn call(&self, method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer, OciError> {
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let sent = match method {
            "GET" | "HEAD" => {
                let request = request.body(()).map_err(|error| self.odd(&error.to_string()))?;
                self.agent.run(self.configured(request))
            }
            _ => {
                let request = request.body(body).map_err(|error| self.odd(&error.to_string()))?;
                self.agent.run(self.configured(request))
            }
        };
        sent.map_err(|error| self.unreachable(&error))
    }

    /// Statuses are answers; this machine is behind no proxy.
    fn configured<S: ureq::AsSendBody>(&self, request: Request<S>) -> Request<S> {
        let configured = self.agent.configure_request(request).http_status_as_error(false);
        if is_local(self.host) { configured.proxy(None).build() } else { configured.build() }
    }

    /// One request; again with what the registry asks for when it says 401.
    fn send(&self, method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer, OciError> {
        let attempt = || {
            let authorization = self.authorization.borrow().clone();
            let mut headers = headers.to_vec();
            headers.extend(authorization.iter().map(|value| ("authorization", value.as_str())));
            self.call(method, url, &headers, body)
        };
        let answer = attempt()?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let challenges: Vec<String> = answer
            .headers()
            .get_all("www-authenticate")
            .iter()
            .filter_map(|value| value.to_str().ok().map(str::to_owned))
            .collect();
        let Some(authorization) = challenges.iter().find_map(|challenge| self.answer(challenge).transpose()) else {
            return Ok(answer);
        };
        self.authorization.replace(Some(authorization?));
        attempt()
    }

    /// What a challenge asks for; `None` when there is nothing to give.
    fn answer(&self, challenge: &str) -> Result<Option<String>, OciError> {
        let (scheme, parameters) = challenge.split_once(' ').unwrap_or((challenge, ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return Ok(self.credentials.as_ref().map(|credentials| format!("Basic {credentials}")));
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Ok(None);
        }
        let Some(realm) = parameter(parameters, "realm") else { return Ok(None) };
        let local = realm.strip_prefix("http://").and_then(|rest| rest.split('/').next()).is_some_and(is_local);
        if !realm.starts_with("https://") && !local {
            return Err(self.odd("its token server is asked in the clear"));
        }
        let service = parameter(parameters, "service").unwrap_or_default();
        let scope = parameter(parameters, "scope");
        let scope = scope.unwrap_or_else(|| format!("repository:{}:{}", self.repository, self.actions));
        let join = if realm.contains('?') { '&' } else { '?' };
        let url = format!("{realm}{join}service={}&scope={}", escaped(&service), escaped(&scope));
        let basic = self.credentials.as_ref().map(|credentials| format!("Basic {credentials}"));
        let headers: Vec<(&str, &str)> = basic.iter().map(|basic| ("authorization", basic.as_str())).collect();
        let mut answer = self.call("GET", &url, &headers, b"")?;
        if !answer.status().is_success() {
            return Err(OciError::Denied { host: self.host.to_owned(), status: answer.status().as_u16() });
        }
        let text = answer.body_mut().with_config().limit(LARGEST_MANIFEST).read_to_string();
        let token: Value = serde_json::from_str(&text.map_err(|error| self.unreachable(&error))?).unwrap_or_default();
        let token = token["token"].as_str().or_else(|| token["access_token"].as_str());
        let token = token.filter(|token| token.chars().all(|c| c.is_ascii_graphic()));
        token.map(|token| Some(format!("Bearer {token}"))).ok_or_else(|| self.odd("its token server gives no token"))
    }

    /// Turns a status into an error.
    fn expect(&self, answer: Answer, expected: &[StatusCode], what: &str) -> Result<Answer, OciError> {
        let status = answer.status();
        match status.as_u16() {
            _ if expected.contains(&status) => Ok(answer),
            404 => Err(OciError::NotThere { what: format!("{what} in `{}` at {}", self.repository, self.host) }),
            401 | 403 => Err(OciError::Denied { host: self.host.to_owned(), status: status.as_u16() }),
            500.. => Err(OciError::Unreachable {
                host: self.host.to_owned(),
                reason: format!("it answers {status} to {what}"),
            }),
            _ => Err(self.odd(&format!("it says {status} to {what}"))),
        }
    }

    fn read(&self, mut answer: Answer, limit: u64) -> Result<Vec<u8>, OciError> {
        let bytes = answer.body_mut().with_config().limit(limit).read_to_vec();
        bytes.map_err(|error| self.unreachable(&error))
    }
}

impl Store for Registry<'_> {
    fn manifest(&self, name: &str) -> Result<Vec<u8>, OciError> {
        let accept = [("accept", format!("{MANIFEST}, {INDEX}"))];
        let accept = accept.each_ref().map(|(name, value)| (*name, value.as_str()));
        let answer = self.send("GET", &self.url(&format!("manifests/{name}")), &accept, b"")?;
        let answer = self.expect(answer, &[StatusCode::OK], &format!("manifest `{name}`"))?;
        self.read(answer, LARGEST_MANIFEST)
    }

    fn blob(&self, digest: &Digest, size: u64) -> Result<Vec<u8>, OciError> {
        let answer = self.send("GET", &self.url(&format!("blobs/{digest}")), &[], b"")?;
        let answer = self.expect(answer, &[StatusCode::OK], "a blob")?;
        // One byte more would be another digest.
        self.read(answer, size + 1)
    }
}

/// Whether a host, perhaps with a port, is this machine.
fn is_local(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost" || name.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

/// The credentials for a host in a `config.json` or `auth.json`.
fn stored(text: &str, host: &str) -> Option<String> {
    let config: Value = serde_json::from_str(text).ok()?;
    let auths = config["auths"].as_object()?;
    let bare =
        |key: &str| key.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/').to_owned();
    let entry = auths.iter().find(|(key, _)| bare(key) == host).map(|(_, entry)| entry)?;
    let auth = entry["auth"].as_str().filter(|auth| !auth.is_empty());
    // What is kept by a helper is not looked for.
    let decoded = base64::engine::general_purpose::STANDARD.decode(auth?).ok()?;
    decoded.contains(&b':').then(|| auth.map(str::to_owned)).flatten()
}

/// A parameter of a challenge: `name="value"`.
fn parameter(parameters: &str, name: &str) -> Option<String> {
    let mut rest = parameters;
    while let Some((key, after)) = rest.split_once("=\"") {
        let (value, after) = after.split_once('"')?;
        if key.trim_start_matches([',', ' ']).eq_ignore_ascii_case(name) {
            return Some(value.to_owned());
        }
        rest = after;
    }
    None
}

/// A value for a query (RFC 3986, 2.3).
fn escaped(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    value.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::{escaped, is_local, parameter, stored};

    #[test]
    fn challenges_are_read() {
        let text = r#"realm="https://auth.example/token",service="registry", scope="repository:a/b:pull,push""#;
        assert_eq!(parameter(text, "realm").as_deref(), Some("https://auth.example/token"));
        assert_eq!(parameter(text, "scope").as_deref(), Some("repository:a/b:pull,push"));
        assert_eq!(parameter(text, "error"), None);
        assert_eq!(escaped("repository:a/b:pull,push"), "repository%3Aa%2Fb%3Apull%2Cpush");
    }

    #[test]
    fn only_this_machine_is_asked_in_the_clear() {
        for host in ["localhost", "localhost:5000", "127.0.0.1:5000", "[::1]:5000"] {
            assert!(is_local(host), "{host}");
        }
        for host in ["localhost.evil.com", "127.0.0.1.evil.com", "10.0.0.1:5000", "ghcr.io"] {
            assert!(!is_local(host), "{host}");
        }
    }

    #[test]
    fn credentials_are_those_of_the_host() {
        let text =
            r#"{"auths":{"https://a.example/":{"auth":"dTpw"},"b.example:5000":{"auth":"dTpw"},"c.example":{}}}"#;
        assert_eq!(stored(text, "a.example").as_deref(), Some("dTpw"));
        assert_eq!(stored(text, "b.example:5000").as_deref(), Some("dTpw"));
        assert_eq!(stored(text, "b.example"), None);
        assert_eq!(stored(text, "c.example"), None);
        assert_eq!(stored("{", "a.example"), None);
    }
}
