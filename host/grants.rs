//! What a component gets, as plain data: built from the rights it asks for, and checked against what it imports.
//!
//! Whether it *may* have what it asks for is decided elsewhere (`policy.rs`, `lock.rs`) before anything runs; here a
//! right that is not in the list does not exist for the component.

use std::fmt;
use std::sync::Arc;

use wb_composer::authority::{self, Kind};
use wb_composer::right::{Folder, Host, Origin, Right, RightError};

use crate::policy::Addresses;

/// The rights of one component.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    /// Folders it may read.
    pub read: Vec<Folder>,
    /// Folders it may read and write.
    pub write: Vec<Folder>,
    /// The time of day.
    pub clock: bool,
    /// Real random numbers.
    pub random: bool,
    /// Environment variables, by name.
    pub env: Vec<String>,
    /// Where it may send requests to.
    pub net: Vec<Origin>,
    /// Secrets by name, and where each may be sent to.
    pub secrets: Vec<(String, Vec<Origin>)>,
    /// Addresses beyond the public ones that requests may go to. Only an operator's policy adds any.
    pub addresses: Vec<Addresses>,
    /// Where the values of secrets are; the environment and the user's files where there is none.
    pub vault: Option<Vault>,
}

/// Gives out secrets for requests to hosts that each was granted to. It may block.
pub trait Keeper: Send + Sync {
    /// The value of a secret on its way to `host`, which has a port where it is not the usual one.
    ///
    /// # Errors
    ///
    /// Why not, without the value.
    fn secret(&self, name: &str, host: &str) -> Result<String, String>;
}

/// A keeper of secrets. Clones are the same.
#[derive(Clone)]
pub struct Vault(pub Arc<dyn Keeper>);

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(…)")
    }
}

impl PartialEq for Vault {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Vault {}

/// A word of `:caps:` that cannot be given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct GrantError {
    /// Which word, counted from 0.
    pub word: usize,
    /// What is wrong with it.
    pub error: RightError,
}

/// An import that no grant covers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("imports `{interface}`, which was not granted")]
pub struct Refusal {
    /// The interface.
    pub interface: String,
    /// The capability that would cover it, as it is written in `:caps:`.
    pub capability: Option<&'static str>,
}

impl Refusal {
    /// The line that would allow it, for a component that asks for `caps` already.
    #[must_use]
    pub fn cure(&self, caps: &[String]) -> String {
        match self.capability {
            Some(capability) if caps.is_empty() => format!("add `:caps: {capability}` to the heading's drawer"),
            Some(capability) => format!("make it `:caps: {} {capability}` in the heading's drawer", caps.join(" ")),
            None => "nothing can grant this; build the component without it".to_owned(),
        }
    }
}

/// Reads a component's `:caps:` as rights, in the order they are written.
///
/// # Errors
///
/// At the first word that cannot be given.
pub fn rights(caps: &[String]) -> Result<Vec<Right>, GrantError> {
    let read = |(word, cap): (usize, &String)| right(cap).map_err(|error| GrantError { word, error });
    caps.iter().enumerate().map(read).collect()
}

/// Older files name the interface (`:uses wasi:clocks/wall-clock/now`); the right behind it is the same.
fn right(cap: &str) -> Result<Right, RightError> {
    let interface = cap.split('/').take(2).collect::<Vec<_>>().join("/");
    match authority::kind(&interface) {
        Kind::Mints("wall-clock") => Ok(Right::Clock),
        Kind::Mints("random" | "insecure-random") => Ok(Right::Random),
        _ => Right::parse(cap),
    }
}

impl Grants {
    /// Reads a component's `:caps:`.
    ///
    /// # Errors
    ///
    /// At the first word that cannot be given.
    pub fn read(caps: &[String]) -> Result<Self, GrantError> {
        let mut grants = Self::default();
        let mut secrets = Vec::new();
        for (word, right) in rights(caps)?.into_iter().enumerate() {
            match right {
                Right::Clock => grants.clock = true,
                Right::Random => grants.random = true,
                Right::Read(folder) => grants.read.push(folder),
                Right::Write(folder) => grants.write.push(folder),
                Right::Net(origin) => grants.net.push(origin),
                Right::Env(name) => grants.env.push(name),
                Right::Secret { name, to } => secrets.push((word, name, to)),
            }
        }
        for (word, name, to) in secrets {
            let cap = &caps[word];
            let to = grants.destinations(cap, to).map_err(|error| GrantError { word, error })?;
            grants.secrets.push((name, to));
        }
        Ok(grants)
    }

    /// Where a secret may be sent to. It must be said: a secret for everywhere is none.
    fn destinations(&self, cap: &str, to: Option<Origin>) -> Result<Vec<Origin>, RightError> {
        let malformed = |why, cure| Err(RightError::Malformed { cap: cap.to_owned(), why, cure });
        match to {
            Some(to) if self.net.iter().any(|net| net.covers(&to)) => Ok(vec![to]),
            Some(_) => malformed("the block may not send requests there", "add `net:` with the same host to `:caps:`"),
            None if self.net.is_empty() => malformed(
                "a secret is only used in requests, and the block may send none",
                "add `net:HOST` to `:caps:`",
            ),
            None if self.net.iter().any(|net| net.host == Host::Any) => {
                malformed("it does not say for which host", "write `secret:NAME@api.example.com`")
            }
            None => Ok(self.net.clone()),
        }
    }

    /// Whether a result obtained under these rights may differ next time although the inputs are the same.
    #[must_use]
    pub fn impure(&self) -> bool {
        Self { addresses: Vec::new(), vault: None, ..self.clone() } != Self::default()
    }

    /// Checks what a component imports against what it was granted.
    ///
    /// # Errors
    ///
    /// At the first import that is not covered.
    pub fn check<'a>(&self, imports: impl IntoIterator<Item = &'a str>) -> Result<(), Refusal> {
        for interface in imports {
            let refuse = |capability| Err(Refusal { interface: interface.to_owned(), capability });
            match authority::kind(interface) {
                Kind::Handles => {}
                Kind::Mints("wall-clock") if !self.clock => return refuse(Some("clock")),
                Kind::Mints("random" | "insecure-random") if !self.random => return refuse(Some("random")),
                Kind::Mints("outgoing-http") if self.net.is_empty() => return refuse(Some("net:HOST")),
                // Sockets would go around the guard.
                Kind::Mints("network" | "name-lookup" | "tcp" | "udp") | Kind::Unknown => return refuse(None),
                // The rest is inert without a grant: no variables, no folders, closed stdin, output to the log.
                Kind::Mints(_) => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{GrantError, Grants};

    fn read(caps: &[&str]) -> Result<Grants, GrantError> {
        Grants::read(&caps.iter().map(|cap| (*cap).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn only_what_is_asked_for_is_granted() {
        let grants = read(&["clock", "fs:read:./data", "env:HOME"]).unwrap();
        assert!(grants.clock && !grants.random && grants.write.is_empty());
        assert!(grants.check(["wasi:clocks/wall-clock@0.2.3", "wasi:cli/stdout@0.2.3"]).is_ok());
        let refusal = grants.check(["wasi:random/random@0.2.3"]).unwrap_err();
        assert_eq!(refusal.cure(&[]), "add `:caps: random` to the heading's drawer");
        assert_eq!(refusal.cure(&["clock".into()]), "make it `:caps: clock random` in the heading's drawer");
        let refusal = grants.check(["wasi:http/outgoing-handler@0.2.3"]).unwrap_err();
        assert_eq!(refusal.capability, Some("net:HOST"));
        let net = read(&["net:api.example.com"]).unwrap();
        assert!(net.check(["wasi:http/outgoing-handler@0.2.3"]).is_ok());
        for grants in [grants, net] {
            assert!(grants.check(["wasi:sockets/tcp-create-socket@0.2.3"]).unwrap_err().capability.is_none());
        }
    }

    #[test]
    fn a_secret_has_a_destination() {
        let grants = read(&["net:a.example", "net:b.example", "secret:T", "secret:U@b.example"]).unwrap();
        let shown: Vec<String> = grants.secrets.iter().map(|(name, to)| format!("{name} {}", to.len())).collect();
        assert_eq!(shown, ["T 2", "U 1"]);
        for caps in [&["secret:T"][..], &["secret:T@a.example"], &["net:*", "secret:T"], &["clock", "secret:T"]] {
            assert_eq!(read(caps).unwrap_err().word, caps.len() - 1, "{caps:?}");
        }
        assert!(read(&["net:*", "secret:T@a.example"]).is_ok());
    }
}
