//! Where a server is and how it is spoken to: a `postgres://` URL, of which nothing is ignored.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::store::error::{Error, Result};

/// When there is TLS. The certificate is verified wherever there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Never.
    Disable,
    /// If the server has it.
    Prefer,
    /// Always; a server without it is refused.
    Require,
}

/// How to reach a server.
#[derive(Clone)]
pub struct Config {
    /// A name or an address.
    pub host: String,
    /// Usually 5432.
    pub port: u16,
    /// Who we are there.
    pub user: String,
    /// What shows it.
    pub password: Option<String>,
    /// Which database.
    pub database: String,
    /// When there is TLS.
    pub tls: Tls,
    /// A file of authorities to trust, in place of the system's.
    pub roots: Option<PathBuf>,
    /// The longest that one exchange takes, and the wait for a connection.
    pub timeout: Duration,
    /// Most connections at a time.
    pub connections: usize,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Config({}, {:?})", self.place(), self.tls)
    }
}

impl Config {
    /// Reads `postgres://user:password@host:port/database?sslmode=…&sslrootcert=…&connect_timeout=…`.
    ///
    /// Without `sslmode` a loopback address is spoken to without TLS and everything else with it. `require`, `verify-ca`
    /// and `verify-full` are the same here: the certificate is verified, with its name.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when it is no such URL or asks for something else. The text has no password in it.
    pub fn parse(url: &str) -> Result<Self> {
        let wrong = |what: &str| Error::Invalid(format!("the URL of the database {what}"));
        let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"));
        let rest = rest.ok_or_else(|| wrong("does not begin with `postgres://`"))?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, place) = authority.rsplit_once('@').ok_or_else(|| wrong("names no user"))?;
        let (user, password) = login.split_once(':').map_or((login, None), |(user, word)| (user, Some(word)));
        let (host, port) = match place.strip_prefix('[').and_then(|v6| v6.split_once(']')) {
            Some((host, port)) => (host, port.strip_prefix(':')),
            None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
        };
        let port = port.map_or(Ok(5432), str::parse).map_err(|_| wrong("has no number for a port"))?;
        let decoded = |text: &str| decode(text).ok_or_else(|| wrong("has a wrong `%`"));
        let user = decoded(user)?;
        let database = if database.is_empty() { user.clone() } else { decoded(database)? };
        if host.is_empty() || user.is_empty() {
            return Err(wrong("names no host, or no user"));
        }
        let is_here = host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
        let mut config = Self {
            host: host.to_owned(),
            port,
            user,
            password: password.map(decoded).transpose()?,
            database,
            tls: if is_here { Tls::Disable } else { Tls::Require },
            roots: None,
            timeout: Duration::from_secs(10),
            connections: 8,
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            config.option(name, &decoded(value)?)?;
        }
        Ok(config)
    }

    fn option(&mut self, name: &str, value: &str) -> Result<()> {
        let wrong = || Error::Invalid(format!("`{name}={value}` in the URL of the database is not understood"));
        match (name, value) {
            ("sslmode", "disable") => self.tls = Tls::Disable,
            ("sslmode", "prefer" | "allow") => self.tls = Tls::Prefer,
            ("sslmode", "require" | "verify-ca" | "verify-full") => self.tls = Tls::Require,
            ("sslrootcert", path) => self.roots = Some(PathBuf::from(path)),
            ("connect_timeout", seconds) => {
                let seconds: u64 = seconds.parse().map_err(|_| wrong())?;
                self.timeout = Duration::from_secs(seconds.clamp(1, 300));
            }
            ("connections", number) => self.connections = number.parse().map_err(|_| wrong())?,
            _ => return Err(wrong()),
        }
        Ok(())
    }

    /// The server, for messages.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}:{}/{}", self.host, self.port, self.database)
    }
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = after.get(2..)?;
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_whole_or_refused() {
        let config =
            Config::parse("postgres://me:p%40ss@db.example:6000/books?sslmode=verify-full&connect_timeout=3").unwrap();
        assert_eq!((config.host.as_str(), config.port, config.user.as_str()), ("db.example", 6000, "me"));
        assert_eq!((config.password.as_deref(), config.database.as_str()), (Some("p@ss"), "books"));
        assert_eq!((config.tls, config.timeout), (Tls::Require, Duration::from_secs(3)));
        assert!(!format!("{config:?}").contains("p@ss"));
        assert_eq!(Config::parse("postgres://u@127.0.0.1/x").unwrap().tls, Tls::Disable);
        assert_eq!(Config::parse("postgresql://u@[::1]:1/x").unwrap().port, 1);
        assert_eq!(Config::parse("postgres://u@db.example").unwrap().tls, Tls::Require);
        assert_eq!(Config::parse("postgres://u@db.example").unwrap().database, "u");
        for url in [
            "",
            "mysql://a@b",
            "postgres://b/x",
            "postgres://a@b:x/y",
            "postgres://a@b/c?sslmode=maybe",
            "postgres://a@b/c?unknown=1",
            "postgres://a%zz@b/c",
            "postgres://a@/c",
        ] {
            assert!(matches!(Config::parse(url), Err(Error::Invalid(_))), "{url}");
        }
    }
}
