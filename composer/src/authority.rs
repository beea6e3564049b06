//! Which imports mint authority.
//!
//! An interface that *mints* authority turns nothing into a right (a preopened folder, the environment, a socket): it
//! is renamed per node when nodes are linked together. One that acts on *handles* already held is shared. An import in
//! neither list is refused, so that a new interface is noticed and not granted by accident. Versions are ignored: a
//! newer `wasi:clocks` is the same right.

/// What an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Mints authority; the short name under which it appears per node, `<label>-<right>`.
    Mints(&'static str),
    /// Acts on handles, or declares types only.
    Handles,
    /// Not known.
    Unknown,
}

const MINTING: &[(&str, &str)] = &[
    ("wb:engine/console", "console"),
    ("wasi:cli/environment", "environment"),
    ("wasi:cli/exit", "exit"),
    ("wasi:cli/stdin", "stdin"),
    ("wasi:cli/stdout", "stdout"),
    ("wasi:cli/stderr", "stderr"),
    ("wasi:cli/terminal-stdin", "terminal-stdin"),
    ("wasi:cli/terminal-stdout", "terminal-stdout"),
    ("wasi:cli/terminal-stderr", "terminal-stderr"),
    ("wasi:clocks/monotonic-clock", "monotonic-clock"),
    ("wasi:clocks/wall-clock", "wall-clock"),
    ("wasi:filesystem/preopens", "preopens"),
    ("wasi:random/random", "random"),
    ("wasi:random/insecure", "insecure-random"),
    ("wasi:random/insecure-seed", "insecure-seed"),
    ("wasi:sockets/instance-network", "network"),
    ("wasi:sockets/ip-name-lookup", "name-lookup"),
    ("wasi:sockets/tcp-create-socket", "tcp"),
    ("wasi:sockets/udp-create-socket", "udp"),
    ("wasi:http/outgoing-handler", "outgoing-http"),
];

const HANDLES: &[&str] = &[
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:filesystem/types",
    "wasi:sockets/network",
    "wasi:sockets/tcp",
    "wasi:sockets/udp",
    "wasi:http/types",
    "wb:node/types",
    "wb:book/types",
];

/// Looks an import up by its name, with or without a version.
pub fn kind(import: &str) -> Kind {
    let bare = import.split('@').next().unwrap_or(import);
    if let Some((_, right)) = MINTING.iter().find(|(name, _)| *name == bare) {
        return Kind::Mints(right);
    }
    if HANDLES.contains(&bare) { Kind::Handles } else { Kind::Unknown }
}

#[cfg(test)]
mod tests {
    use super::{HANDLES, Kind, MINTING, kind};

    #[test]
    fn every_interface_is_in_one_list_and_versions_do_not_matter() {
        for (name, right) in MINTING {
            assert!(!HANDLES.contains(name), "{name}");
            assert_eq!(kind(&format!("{name}@0.2.9")), Kind::Mints(right));
        }
        assert_eq!(kind("wasi:io/streams@0.2.0"), Kind::Handles);
        assert_eq!(kind("wasi:keyvalue/store"), Kind::Unknown);
    }

    #[test]
    fn rights_have_different_names() {
        let mut names: Vec<_> = MINTING.iter().map(|(_, right)| right).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), MINTING.len());
    }
}
