//! What a component asks for, and what it thereby gets.
//!
//! A grant comes from the file's `:caps:` and nothing else; a right not named there does not exist for the component.

use std::path::{Component as Part, Path, PathBuf};

use wb_composer::authority::{self, Kind};

/// The rights of one component.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    /// Folders it may read.
    pub read: Vec<PathBuf>,
    /// Folders it may read and write.
    pub write: Vec<PathBuf>,
    /// The time of day.
    pub clock: bool,
    /// Real random numbers.
    pub random: bool,
    /// Environment variables, by name.
    pub env: Vec<String>,
}

/// A right that cannot be given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// Not a capability.
    #[error("`{0}` is not a capability; known are fs:read:PATH, fs:write:PATH, clock, random and env:NAME")]
    Unknown(String),
    /// Known, but this version has nothing behind it.
    #[error("`{0}` cannot be granted by this version of wb: nothing stands behind it yet")]
    Unavailable(String),
    /// A path that leaves the workbook's folder.
    #[error("`{0}` points outside the workbook's folder; only folders below it can be granted")]
    Outside(String),
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
    /// The line that would allow it.
    #[must_use]
    pub fn cure(&self) -> String {
        match self.capability {
            Some(capability) => format!("add `:caps: {capability}` to the heading's drawer"),
            None => "nothing can grant this; build the component without it".to_owned(),
        }
    }
}

impl Grants {
    /// Reads a component's `:caps:`.
    ///
    /// # Errors
    ///
    /// At the first one that cannot be given.
    pub fn read(caps: &[String]) -> Result<Self, GrantError> {
        let mut grants = Self::default();
        for cap in caps {
            // Older files name the interface (`:uses wasi:clocks/wall-clock/now`); the right behind it is the same.
            let interface = cap.split('/').take(2).collect::<Vec<_>>().join("/");
            match authority::kind(&interface) {
                Kind::Mints("wall-clock") => grants.clock = true,
                Kind::Mints("random" | "insecure-random") => grants.random = true,
                _ => grants.add(cap)?,
            }
        }
        Ok(grants)
    }

    fn add(&mut self, cap: &str) -> Result<(), GrantError> {
        let (grants, cap) = (self, cap.to_owned());
        {
            let (kind, rest) = cap.split_once(':').unwrap_or((&cap, ""));
            match kind {
                "clock" => grants.clock = true,
                "random" => grants.random = true,
                "env" if !rest.is_empty() => grants.env.push(rest.to_owned()),
                "fs" => match rest.split_once(':') {
                    Some(("read", path)) => grants.read.push(inside(path, &cap)?),
                    Some(("write", path)) => grants.write.push(inside(path, &cap)?),
                    _ => return Err(GrantError::Unknown(cap.clone())),
                },
                "net" | "secret" | "llm" | "kv" => return Err(GrantError::Unavailable(cap.clone())),
                _ => return Err(GrantError::Unknown(cap.clone())),
            }
        }
        Ok(())
    }

    /// Whether a result obtained under these rights may differ next time although the inputs are the same.
    #[must_use]
    pub fn impure(&self) -> bool {
        *self != Self::default()
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
                Kind::Mints("network" | "name-lookup" | "tcp" | "udp" | "outgoing-http") | Kind::Unknown => {
                    return refuse(None);
                }
                // The rest is inert without a grant: no variables, no folders, closed stdin, output to the log.
                Kind::Mints(_) => {}
            }
        }
        Ok(())
    }
}

fn inside(path: &str, cap: &str) -> Result<PathBuf, GrantError> {
    let path = Path::new(path);
    let below = path.components().all(|part| matches!(part, Part::Normal(_) | Part::CurDir));
    if below && !path.as_os_str().is_empty() { Ok(path.to_owned()) } else { Err(GrantError::Outside(cap.to_owned())) }
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
        assert_eq!(refusal.cure(), "add `:caps: random` to the heading's drawer");
        assert!(grants.check(["wasi:sockets/tcp-create-socket@0.2.3"]).unwrap_err().capability.is_none());
    }

    #[test]
    fn paths_stay_below_the_workbook() {
        for cap in ["fs:read:/etc", "fs:read:../x", "fs:write:a/../../b", "fs:read:"] {
            assert!(matches!(read(&[cap]), Err(GrantError::Outside(_))), "{cap}");
        }
        assert!(matches!(read(&["fs:all:x"]), Err(GrantError::Unknown(_))));
        assert!(matches!(read(&["net:example.com"]), Err(GrantError::Unavailable(_))));
        assert!(matches!(read(&["root"]), Err(GrantError::Unknown(_))));
    }
}
