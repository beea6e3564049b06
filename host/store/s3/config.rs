//! Which bucket, where, and with which credentials.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::store::error::{Error, Result};

/// What shows who we are.
#[derive(Clone)]
pub struct Credentials {
    /// The access key's id.
    pub id: String,
    /// The secret access key.
    pub secret: String,
    /// The session token of temporary credentials.
    pub token: Option<String>,
}

/// Only the id, which is no secret.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({})", self.id)
    }
}

/// Where the bucket's name goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addressing {
    /// `https://host/bucket/key`, which most servers of one's own need.
    Path,
    /// `https://bucket.host/key`, which Amazon wants.
    Virtual,
}

/// A bucket and how to reach it.
#[derive(Clone, Debug)]
pub struct Config {
    /// `https://host[:port]`, or `http://` where somebody accepts that.
    pub endpoint: String,
    /// The region that is signed for, such as `eu-central-1`.
    pub region: String,
    /// The bucket.
    pub bucket: String,
    /// What every name begins with in the bucket: empty, or ending with `/`.
    pub prefix: String,
    /// Who we are there.
    pub credentials: Credentials,
    /// Where the bucket's name goes.
    pub addressing: Addressing,
    /// A file of authorities to trust, in place of the system's.
    pub roots: Option<PathBuf>,
    /// The longest wait for an answer to begin, beside what sending a body takes, and between two parts of it. A server that says
    /// nothing is asked again within twice this time, and not after.
    pub timeout: Duration,
    /// How often a request is sent at most.
    pub tries: u32,
    /// The size of a part of a large object in bytes, and the largest object that is sent whole; 5 MiB at least.
    pub part: usize,
    /// Most names of one page of a list, up to 1000.
    pub page: usize,
}

impl Config {
    /// A bucket with usual limits.
    #[must_use]
    pub fn new(endpoint: &str, region: &str, bucket: &str, credentials: Credentials) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            region: region.to_owned(),
            bucket: bucket.to_owned(),
            prefix: String::new(),
            credentials,
            addressing: Addressing::Path,
            roots: None,
            timeout: Duration::from_secs(10),
            tries: 4,
            part: 16 << 20,
            page: 1000,
        }
    }

    pub(in crate::store) fn check(&self) -> Result<()> {
        let (_, host, _) = self.place()?;
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
        let is_bucket = (3..=63).contains(&self.bucket.len()) && self.bucket.chars().all(fits);
        let plain = |text: &str| text.chars().all(|c| c.is_ascii_graphic());
        let checks = [
            (is_bucket, "the bucket is no name of one"),
            (!host.is_empty(), "the endpoint has no host"),
            (!self.region.is_empty() && plain(&self.region), "the region is no name of one"),
            (!self.credentials.id.is_empty() && plain(&self.credentials.id), "the id of the access key is not one"),
            (self.prefix.is_empty() || self.prefix.ends_with('/'), "the prefix does not end with `/`"),
            ((5 << 20..=1 << 30).contains(&self.part), "a part is 5 MiB to 1 GiB"),
            ((1..=1000).contains(&self.page), "a page has 1 to 1000 names"),
        ];
        match checks.iter().find(|(holds, _)| !holds) {
            Some((_, what)) => Err(Error::Invalid(format!("S3: {what}"))),
            None => Ok(()),
        }
    }

    /// Whether there is TLS, the host, and the port.
    pub(in crate::store) fn place(&self) -> Result<(bool, String, u16)> {
        let wrong = || Error::Invalid("S3: the endpoint is not `https://host[:port]`".to_owned());
        let uri: http::Uri = self.endpoint.parse().map_err(|_| wrong())?;
        let has_tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(wrong()),
        };
        if uri.path().len() > 1 || uri.query().is_some() || uri.authority().is_some_and(|a| a.as_str().contains('@')) {
            return Err(wrong());
        }
        let host = uri.host().ok_or_else(wrong)?;
        let host = match self.addressing {
            Addressing::Path => host.to_owned(),
            Addressing::Virtual => format!("{}.{host}", self.bucket),
        };
        Ok((has_tls, host, uri.port_u16().unwrap_or(if has_tls { 443 } else { 80 })))
    }
}
