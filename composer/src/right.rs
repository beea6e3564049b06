//! Rights as data: what a component asks for with `:caps:`, parsed, normalised and comparable.
//!
//! This is the description that everybody shares: the host grants from it, the lock file records it, an artifact's
//! attenuators are made from it. It says nothing about who may have a right, and opens nothing.

use std::fmt;
use std::net::IpAddr;

/// One right. Two ways to write the same right give equal values, and `Display` is the shortest way to write it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// The time of day: `clock`.
    Clock,
    /// Random numbers: `random`.
    Random,
    /// Reading a folder: `fs:read:./data`.
    Read(Folder),
    /// Reading and writing a folder: `fs:write:./out`.
    Write(Folder),
    /// HTTP requests to a host: `net:api.example.com`.
    Net(Origin),
    /// An environment variable: `env:NAME`.
    Env(String),
    /// A secret, by reference: `secret:NAME` or `secret:NAME@api.example.com`.
    Secret {
        /// Its name.
        name: String,
        /// The only place it may be sent to; without one, wherever the component may send requests to.
        to: Option<Origin>,
    },
}

/// A folder below the workbook's own, as a path without `.` and `..`; the workbook's own folder is empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Folder(String);

/// Where requests may go.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// As it was written; HTTPS where it was not.
    pub scheme: Option<Scheme>,
    /// Which hosts.
    pub host: Host,
    /// As it was written; the scheme's own where it was not.
    pub port: Option<Port>,
}

/// How requests are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// With TLS.
    Https,
    /// In the clear.
    Http,
}

/// Which hosts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// All: `*`.
    Any,
    /// All names below one: `*.example.com`.
    Below(String),
    /// One name, in lower case.
    Name(String),
    /// One address.
    Address(IpAddr),
}

/// Which ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Port {
    /// All: `*`.
    Any,
    /// One.
    One(u16),
}

/// A capability that is none, or that cannot be given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RightError {
    /// Not a capability.
    #[error("`{0}` is not a capability")]
    Unknown(String),
    /// Known, but nothing stands behind it.
    #[error("`{0}` cannot be granted by this version of wb: nothing stands behind it yet")]
    Unavailable(String),
    /// A path that leaves the workbook's folder.
    #[error("`{0}` points outside the workbook's folder; only folders below it can be granted")]
    Outside(String),
    /// A capability that is not written as it must be.
    #[error("`{cap}` cannot be granted: {why}")]
    Malformed {
        /// As written.
        cap: String,
        /// What is wrong with it.
        why: &'static str,
        /// How to write it.
        cure: &'static str,
    },
}

impl RightError {
    /// What to write instead.
    #[must_use]
    pub fn cure(&self) -> &'static str {
        match self {
            Self::Unknown(_) => {
                "known are fs:read:PATH, fs:write:PATH, net:HOST[:PORT], clock, random, env:NAME and secret:NAME[@HOST]"
            }
            Self::Unavailable(_) => "take it out of `:caps:`",
            Self::Outside(_) => "name a folder below the workbook's, such as `./data`",
            Self::Malformed { cure, .. } => cure,
        }
    }
}

impl Right {
    /// Reads one word of `:caps:`.
    ///
    /// # Errors
    ///
    /// When it is no capability, or one that nothing stands behind.
    pub fn parse(cap: &str) -> Result<Self, RightError> {
        let (kind, rest) = cap.split_once(':').map_or((cap, None), |(kind, rest)| (kind, Some(rest)));
        let malformed = |(why, cure)| RightError::Malformed { cap: cap.to_owned(), why, cure };
        match (kind, rest) {
            ("clock", None) => Ok(Self::Clock),
            ("random", None) => Ok(Self::Random),
            ("clock" | "random", Some(_)) => Err(malformed(("nothing may follow it", "write the word alone"))),
            ("fs", Some(rest)) => {
                let folder = |path| Folder::parse(path).ok_or_else(|| RightError::Outside(cap.to_owned()));
                match rest.split_once(':') {
                    Some(("read", path)) => Ok(Self::Read(folder(path)?)),
                    Some(("write", path)) => match folder(path)? {
                        whole if whole.is_whole() => Err(malformed((
                            "it would let the block change the workbook and what was accepted for it",
                            "name a folder below the workbook's, such as `fs:write:./out`",
                        ))),
                        folder => Ok(Self::Write(folder)),
                    },
                    _ => Err(RightError::Unknown(cap.to_owned())),
                }
            }
            ("net", Some(rest)) => Origin::parse(rest).map(Self::Net).map_err(malformed),
            ("env", Some(name)) if name.starts_with("WB_SECRET_") => Err(malformed((
                "a secret is never handed to a block",
                "write `secret:NAME`, and `{{secret:NAME}}` in a header of the request that needs it",
            ))),
            ("env", Some(name)) => variable(name).map(Self::Env).map_err(malformed),
            ("secret", Some(rest)) => {
                let (name, to) = rest.split_once('@').map_or((rest, None), |(name, to)| (name, Some(to)));
                let name = variable(name).map_err(malformed)?;
                let to = to.map(Origin::parse).transpose().map_err(malformed)?;
                Ok(Self::Secret { name, to })
            }
            ("llm" | "kv", None) => Err(RightError::Unavailable(cap.to_owned())),
            ("net", None) => Err(malformed(("it does not say which host", "write `net:api.example.com`"))),
            ("env", None) => Err(malformed(("it does not say which variable", "write `env:NAME`"))),
            ("secret", None) => Err(malformed(("it does not say which secret", "write `secret:NAME`"))),
            ("fs", None) => Err(malformed(("it does not say which folder", "write `fs:read:./data`"))),
            _ => Err(RightError::Unknown(cap.to_owned())),
        }
    }

    /// Whether whoever has this right has `other` as well.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Read(one), Self::Read(other)) | (Self::Write(one), Self::Read(other) | Self::Write(other)) => {
                one.covers(other)
            }
            (Self::Net(one), Self::Net(other)) => one.covers(other),
            (Self::Secret { name: one, to }, Self::Secret { name, to: other }) => {
                let covers = |to: &Origin| other.as_ref().is_some_and(|other| to.covers(other));
                one == name && to.as_ref().is_none_or(covers)
            }
            (one, other) => one == other,
        }
    }

    /// Whether the two have anything in common; where `self` does not say something, it means all.
    #[must_use]
    pub fn touches(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Read(one), Self::Read(other) | Self::Write(other)) | (Self::Write(one), Self::Write(other)) => {
                one.covers(other) || other.covers(one)
            }
            (Self::Write(_), Self::Read(_)) => false,
            (Self::Net(one), Self::Net(other)) => one.touches(other),
            (one, other) => one.covers(other),
        }
    }

    /// Whether having it harms nobody: a block that knows the time and rolls dice still reaches nothing.
    #[must_use]
    pub fn is_harmless(&self) -> bool {
        matches!(self, Self::Clock | Self::Random)
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clock => f.write_str("clock"),
            Self::Random => f.write_str("random"),
            Self::Read(folder) => write!(f, "fs:read:{folder}"),
            Self::Write(folder) => write!(f, "fs:write:{folder}"),
            Self::Net(origin) => write!(f, "net:{origin}"),
            Self::Env(name) => write!(f, "env:{name}"),
            Self::Secret { name, to: None } => write!(f, "secret:{name}"),
            Self::Secret { name, to: Some(to) } => write!(f, "secret:{name}@{to}"),
        }
    }
}

/// Why a part of a capability is not understood, and how to write it.
pub type Complaint = (&'static str, &'static str);

fn variable(name: &str) -> Result<String, Complaint> {
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(letters) || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(("a name is letters, digits and `_`", "write it as the environment has it, such as `API_TOKEN`"));
    }
    Ok(name.to_owned())
}

impl Folder {
    /// Reads a relative path; `None` when it leaves the workbook's folder, is absolute or empty.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        // What another system takes for a separator or a drive is refused on all of them.
        if path.is_empty() || path.starts_with('/') || path.contains(['\\', ':', '\0']) {
            return None;
        }
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        (!parts.contains(&"..")).then(|| Self(parts.join("/")))
    }

    /// The workbook's own folder.
    #[must_use]
    pub fn whole() -> Self {
        Self(String::new())
    }

    /// The path, `data/raw`; `.` for the workbook's own folder.
    #[must_use]
    pub fn path(&self) -> &str {
        if self.0.is_empty() { "." } else { &self.0 }
    }

    /// Whether it is the workbook's own folder.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `other` is this folder or one below it.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.0.is_empty() || other.0.strip_prefix(&self.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl fmt::Display for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { f.write_str(".") } else { write!(f, "./{}", self.0) }
    }
}

impl Origin {
    /// Reads `HOST`, `HOST:PORT`, either with `http://` or `https://` before it.
    ///
    /// # Errors
    ///
    /// What is wrong and how to write it.
    pub fn parse(text: &str) -> Result<Self, Complaint> {
        let (scheme, rest) = match text.split_once("://") {
            Some(("http", rest)) => (Some(Scheme::Http), rest),
            Some(("https", rest)) => (Some(Scheme::Https), rest),
            Some(_) => return Err(("only http and https go through the guard", "write `net:api.example.com`")),
            None => (None, text),
        };
        if rest.contains(['/', '?', '#', '@']) {
            return Err(("a host has no path and no user", "write the host alone, such as `net:api.example.com`"));
        }
        let (host, port) = match (rest.strip_prefix('['), rest.rsplit_once(':')) {
            (Some(inside), _) => {
                let (host, tail) = inside.split_once(']').ok_or(BRACKETS)?;
                let port = match tail.strip_prefix(':') {
                    Some(port) => Some(port),
                    None if tail.is_empty() => None,
                    None => return Err(BRACKETS),
                };
                (host, port)
            }
            (None, Some((host, _))) if host.contains(':') => return Err(BRACKETS),
            (None, Some((host, port))) => (host, Some(port)),
            (None, None) => (rest, None),
        };
        let port = port.map(Port::parse).transpose()?;
        Ok(Self { scheme, host: Host::parse(host)?, port })
    }

    /// How requests are made.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme.unwrap_or(Scheme::Https)
    }

    /// To which ports.
    #[must_use]
    pub fn port(&self) -> Port {
        self.port.unwrap_or(Port::One(self.scheme().port()))
    }

    /// Whether everything that `other` reaches is reached by this as well.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.scheme() == other.scheme() && self.host.covers(&other.host) && self.port().covers(other.port())
    }

    /// Whether there is anything that both reach, where what is not written in `self` means all.
    #[must_use]
    pub fn touches(&self, other: &Self) -> bool {
        let hosts = self.host.covers(&other.host) || other.host.covers(&self.host);
        let scheme = self.scheme.is_none_or(|scheme| scheme == other.scheme());
        scheme && hosts && self.port.is_none_or(|port| port.covers(other.port()) || other.port().covers(port))
    }
}

const BRACKETS: Complaint = ("an IPv6 address needs brackets", "write `net:[2001:db8::1]:443`");

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scheme() == Scheme::Http {
            f.write_str("http://")?;
        }
        match &self.host {
            Host::Any => f.write_str("*")?,
            Host::Below(name) => write!(f, "*.{name}")?,
            Host::Name(name) => f.write_str(name)?,
            Host::Address(IpAddr::V4(address)) => write!(f, "{address}")?,
            Host::Address(IpAddr::V6(address)) => write!(f, "[{address}]")?,
        }
        match self.port() {
            Port::Any => f.write_str(":*"),
            Port::One(port) if port == self.scheme().port() => Ok(()),
            Port::One(port) => write!(f, ":{port}"),
        }
    }
}

impl Scheme {
    /// Its own port.
    #[must_use]
    pub fn port(self) -> u16 {
        match self {
            Self::Https => 443,
            Self::Http => 80,
        }
    }
}

impl Host {
    /// Reads `*`, `*.example.com`, a name or an address without brackets.
    ///
    /// # Errors
    ///
    /// What is wrong and how to write it.
    pub fn parse(text: &str) -> Result<Self, Complaint> {
        if text == "*" {
            return Ok(Self::Any);
        }
        if let Ok(address) = text.parse() {
            return Ok(Self::Address(address));
        }
        let (below, name) = match text.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        if !name.is_ascii() {
            return Err(("a host name is ASCII", "write its `xn--` form"));
        }
        let label = |label: &str| {
            let inside = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            !label.is_empty() && label.len() <= 63 && label.chars().all(inside) && !label.starts_with('-')
        };
        if name.len() > 253 || !name.split('.').all(label) {
            return Err(("that is no host name", "write `net:api.example.com`, `net:*.example.com` or `net:*`"));
        }
        // A last label of digits is an address in one of the forms that only some resolvers read (`127.1`, `0x7f.1`).
        if name.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_digit())) {
            return Err(("that is neither a name nor an address in full", "write all four numbers of the address"));
        }
        Ok(if below { Self::Below(name) } else { Self::Name(name) })
    }

    /// Whether every host that `other` is, is one of these.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let below = |name: &str, of: &str| name.strip_suffix(of).is_some_and(|rest| rest.ends_with('.'));
        match (self, other) {
            (Self::Any, _) => true,
            (Self::Below(of), Self::Name(name)) => below(name, of),
            (Self::Below(of), Self::Below(other)) => of == other || below(other, of),
            (one, other) => one == other,
        }
    }
}

impl Port {
    fn parse(text: &str) -> Result<Self, Complaint> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let number = text.parse().ok().filter(|port| *port != 0 && !text.starts_with('+'));
        number.map(Self::One).ok_or(("the port is no number from 1 to 65535", "write `net:api.example.com:443`"))
    }

    fn covers(self, other: Self) -> bool {
        self == Self::Any || self == other
    }
}

#[cfg(test)]
mod tests {
    use super::{Right, RightError};

    fn shown(cap: &str) -> String {
        Right::parse(cap).map_or_else(|error| format!("{error:?}"), |right| right.to_string())
    }

    #[test]
    fn one_right_has_one_way_to_be_shown() {
        for (written, expect) in [
            ("clock", "clock"),
            ("fs:read:data//raw/./", "fs:read:./data/raw"),
            ("fs:read:.", "fs:read:."),
            ("fs:write:./out", "fs:write:./out"),
            ("net:API.Example.com.", "net:api.example.com"),
            ("net:api.example.com:443", "net:api.example.com"),
            ("net:https://api.example.com:8443", "net:api.example.com:8443"),
            ("net:http://localhost:80", "net:http://localhost"),
            ("net:http://localhost:8080", "net:http://localhost:8080"),
            ("net:*.example.com:*", "net:*.example.com:*"),
            ("net:[::1]:443", "net:[::1]"),
            ("secret:TOKEN@api.example.com:443", "secret:TOKEN@api.example.com"),
        ] {
            assert_eq!(shown(written), expect);
            assert_eq!(shown(expect), expect, "shown again");
        }
    }

    #[test]
    fn what_is_no_right_says_how_to_write_one() {
        for cap in ["fs:read:/etc", "fs:read:../x", "fs:write:a/../../b", "fs:read:", "fs:read:C:x", "fs:read:a\\..\\b"]
        {
            assert!(matches!(Right::parse(cap), Err(RightError::Outside(_))), "{cap}");
        }
        for cap in [
            "net:",
            "net:http:",
            "net:ftp://x",
            "net:a/b",
            "net:u@h",
            "net:::1",
            "net:x:0",
            "net:x:99999",
            "net:x:+1",
            "net:127.1",
            "net:0x7f.1",
            "net:2130706433",
            "net:a..b",
            "net:bücher.example",
            "net:[::1",
            "net:a b",
            "env:",
            "env:A-B",
            "env:1A",
            "env:WB_SECRET_TOKEN",
            "secret:",
            "secret:a b",
            "clock:now",
            "fs:write:.",
            "fs",
            "fs:write:./",
        ] {
            assert!(matches!(Right::parse(cap), Err(RightError::Malformed { .. })), "{cap}");
        }
        for cap in ["fs:all:x", "root", "", ":", "network:x"] {
            assert!(matches!(Right::parse(cap), Err(RightError::Unknown(_))), "{cap}");
        }
        assert!(matches!(Right::parse("llm"), Err(RightError::Unavailable(_))));
    }

    #[test]
    fn one_origin_covers_another() {
        let origin = |text: &str| super::Origin::parse(text).unwrap();
        for (wide, narrow, expect) in [
            ("*", "api.example.com", true),
            ("*.example.com", "api.example.com", true),
            ("*.example.com", "a.b.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", "evilexample.com", false),
            ("example.com", "api.example.com", false),
            ("example.com", "example.com:8443", false),
            ("example.com:*", "example.com:8443", true),
            ("example.com", "http://example.com", false),
            ("example.com", "example.com:*", false),
        ] {
            assert_eq!(origin(wide).covers(&origin(narrow)), expect, "{wide} {narrow}");
        }
        assert!(origin("evil.com").touches(&origin("http://evil.com:99")));
        assert!(origin("a.evil.com").touches(&origin("*.evil.com")));
        assert!(!origin("evil.com:80").touches(&origin("evil.com")));
    }
}
