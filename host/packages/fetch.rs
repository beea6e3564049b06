//! HTTP: where a package is served, and getting it. What was got is checked by the caller.

use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

use super::{Mirrors, Package, Registry};

/// How long to wait for a connection, for an answer, and for each piece of it.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a whole download may take.
const DOWNLOAD: Duration = Duration::from_secs(30 * 60);
/// How often a connection that broke is tried again.
const RETRIES: usize = 2;
/// The longest page of an index that is read.
const LARGEST_PAGE: u64 = 32 << 20;

/// Why something was not got.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The server says no, or nothing answers.
    #[error("{0}")]
    Http(Box<ureq::Error>),
    /// The connection ended early.
    #[error("the connection ended after {got} bytes: {reason}")]
    Broken {
        /// Bytes got.
        got: usize,
        /// What the system says.
        reason: io::Error,
    },
    /// The index of a mirror does not list the file.
    #[error("the index does not list `{0}`")]
    Unlisted(String),
    /// No certificates of authorities on this system.
    #[error("this system has no certificates of authorities; `SSL_CERT_FILE` names a file of them")]
    NoRoots,
}

/// Where a package is got.
pub(super) struct Source {
    /// The archive, or the page of an index that lists it.
    url: String,
    /// The file to look for in that page.
    listed: Option<&'static str>,
}

/// Finds where a package is served: by its registry, or by the mirror in its place.
pub(super) fn source(package: &Package, mirrors: &Mirrors) -> Source {
    match package.registry {
        Registry::Npm => {
            let registry = mirrors.npm.as_deref().unwrap_or("https://registry.npmjs.org");
            let (name, version) = (package.name, package.version);
            let bare = name.rsplit('/').next().unwrap_or(name);
            Source { url: format!("{}/{name}/-/{bare}-{version}.tgz", registry.trim_end_matches('/')), listed: None }
        }
        Registry::PyPi { folder, file } => match &mirrors.pypi {
            Some(index) => {
                Source { url: format!("{}/{}/", index.trim_end_matches('/'), package.name), listed: Some(file) }
            }
            None => Source { url: format!("https://files.pythonhosted.org/packages/{folder}/{file}"), listed: None },
        },
    }
}

impl Source {
    /// The address, without a password in it.
    pub(super) fn url(&self) -> String {
        match (self.url.split_once("://"), self.url.split_once('@')) {
            (Some((scheme, rest)), Some(_)) if rest.find('@') < rest.find('/') => {
                format!("{scheme}://{}", rest.split_once('@').map_or(rest, |(_, rest)| rest))
            }
            _ => self.url.clone(),
        }
    }

    /// The server.
    pub(super) fn host(&self) -> String {
        let url = self.url();
        let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        rest.split('/').next().unwrap_or(rest).to_owned()
    }

    /// Gets the archive, which should have `bytes` bytes; of a longer one, one byte more. `progress` is told how much there is.
    pub(super) fn fetch(&self, bytes: u64, progress: &dyn Fn(u64)) -> Result<Vec<u8>, FetchError> {
        let agent = agent(self.url.starts_with("https:") || self.listed.is_some())?;
        let url = match self.listed {
            None => self.url.clone(),
            Some(file) => listed(&agent, &self.url, file)?,
        };
        let mut tries = 0;
        loop {
            match get(&agent, &url, bytes, progress) {
                Err(error) if tries < RETRIES && error.is_passing() => tries += 1,
                other => return other,
            }
        }
    }
}

impl FetchError {
    /// Whether the next try may go better.
    fn is_passing(&self) -> bool {
        match self {
            Self::Broken { .. } => true,
            Self::Http(error) => match &**error {
                ureq::Error::StatusCode(code) => *code >= 500 || *code == 429,
                ureq::Error::Io(_) | ureq::Error::ConnectionFailed => true,
                _ => false,
            },
            _ => false,
        }
    }
}

impl From<ureq::Error> for FetchError {
    fn from(error: ureq::Error) -> Self {
        Self::Http(Box::new(error))
    }
}

/// An HTTP client. Proxies are those of the environment.
pub(crate) fn agent(tls: bool) -> Result<ureq::Agent, FetchError> {
    let config = ureq::Agent::config_builder()
        .user_agent(concat!("wb/", env!("CARGO_PKG_VERSION")))
        .proxy(ureq::Proxy::try_from_env())
        .timeout_connect(Some(PATIENCE))
        .timeout_recv_response(Some(PATIENCE))
        .timeout_per_read(Some(PATIENCE))
        .timeout_global(Some(DOWNLOAD));
    if !tls {
        return Ok(config.build().into());
    }
    // `SSL_CERT_FILE` and `SSL_CERT_DIR` are looked at in there; certificates that cannot be read are as good as not there.
    let found = rustls_native_certs::load_native_certs();
    let roots: Vec<Certificate<'static>> =
        found.certs.iter().map(|certificate| Certificate::from_der(certificate.as_ref()).to_owned()).collect();
    if roots.is_empty() {
        return Err(FetchError::NoRoots);
    }
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .root_certs(RootCerts::new_with_certs(&roots))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build();
    Ok(config.tls_config(tls).build().into())
}

fn get(agent: &ureq::Agent, url: &str, bytes: u64, progress: &dyn Fn(u64)) -> Result<Vec<u8>, FetchError> {
    // Registries serve archives as they are; an encoding on top would only be in the way.
    let mut response = agent.get(url).header("accept-encoding", "identity").call()?;
    let mut reader = response.body_mut().as_reader().take(bytes + 1);
    let mut archive = Vec::with_capacity(usize::try_from(bytes).unwrap_or_default().min(256 << 20));
    let mut piece = vec![0; 64 << 10];
    let mut shown = 0;
    loop {
        let read = match reader.read(&mut piece) {
            Ok(0) => return Ok(archive),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(reason) => return Err(FetchError::Broken { got: archive.len(), reason }),
        };
        archive.extend_from_slice(&piece[..read]);
        let percent = archive.len() as u64 * 100 / bytes.max(1);
        if percent > shown {
            shown = percent;
            progress(archive.len() as u64);
        }
    }
}

/// The address of a file in the page an index has for its project (PEP 503).
fn listed(agent: &ureq::Agent, page: &str, file: &str) -> Result<String, FetchError> {
    let mut response = agent.get(page).header("accept", "text/html").call()?;
    let text = response.body_mut().with_config().limit(LARGEST_PAGE).read_to_string()?;
    let mut links = text.split("href=").skip(1).filter_map(|rest| {
        let quote = rest.chars().next().filter(|c| "\"'".contains(*c))?;
        rest[1..].split(quote).next()
    });
    let named = |link: &&str| link.split(['#', '?']).next().is_some_and(|path| path.rsplit('/').next() == Some(file));
    let link = links.find(named).ok_or_else(|| FetchError::Unlisted(file.to_owned()))?;
    let link = link.split('#').next().unwrap_or(link).replace("&amp;", "&");
    Ok(Joined { page, link: &link }.to_string())
}

/// A link as it is meant in a page (RFC 3986, 5.2, as far as an index needs it).
struct Joined<'a> {
    page: &'a str,
    link: &'a str,
}

impl fmt::Display for Joined<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { page, link } = *self;
        let (scheme, rest) = page.split_once("://").unwrap_or(("https", page));
        let host = rest.split('/').next().unwrap_or(rest);
        if link.contains("://") {
            return f.write_str(link);
        }
        if let Some(link) = link.strip_prefix("//") {
            return write!(f, "{scheme}://{link}");
        }
        if link.starts_with('/') {
            return write!(f, "{scheme}://{host}{link}");
        }
        let folder = rest[host.len()..].rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
        for part in link.split('/') {
            match part {
                "." => {}
                ".." => drop(parts.pop()),
                part => parts.push(part),
            }
        }
        write!(f, "{scheme}://{host}/{}", parts.join("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_an_index_are_taken_as_they_are_meant() {
        let joined = |link| Joined { page: "http://h:1/root/simple/x/", link }.to_string();
        assert_eq!(joined("../../files/x-1.whl"), "http://h:1/root/files/x-1.whl");
        assert_eq!(joined("/files/x"), "http://h:1/files/x");
        assert_eq!(joined("x.whl"), "http://h:1/root/simple/x/x.whl");
        assert_eq!(joined("https://other/x"), "https://other/x");
        assert_eq!(joined("//other/x"), "http://other/x");
    }

    #[test]
    fn a_password_of_a_mirror_is_not_shown() {
        let source = |url: &str| Source { url: url.to_owned(), listed: None };
        assert_eq!(source("https://me:secret@mirror/npm/@a/b").url(), "https://mirror/npm/@a/b");
        assert_eq!(source("https://me:secret@mirror/npm/@a/b").host(), "mirror");
        assert_eq!(source("https://mirror/@yowasp/clang/-/x.tgz").url(), "https://mirror/@yowasp/clang/-/x.tgz");
    }
}
