//! Least privilege inside an artifact: everything a member imports of WASI comes from a guest that lets through what the
//! member was granted, whatever the host gives (`components/attenuator`).
//!
//! A guest is instantiated per member, and each imports only what it passes on: the artifact's import list stays its
//! permission list. Guests speak WASI 0.2.0. A member may import any 0.2: names are matched without their last number,
//! and types by `wac-graph`. Rights without handles (the time of day, random numbers) are the host's own imports.

use std::collections::HashSet;
use std::fmt::Write as _;

use wac_graph::NodeId;
use wac_graph::types::ItemKind;

use super::{ComposeError, Wiring};
use crate::right::{Host, Port, Right, Scheme};

/// The guests that stand between members and hosts; see `components/attenuator`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attenuators<'a> {
    /// Everything that needs no right, importing nothing.
    pub system: &'a [u8],
    /// The same, with the monotonic clock.
    pub time: &'a [u8],
    /// The same, with folders.
    pub files: &'a [u8],
    /// As `system`, for components that send or answer requests: with the host's own streams.
    pub passive: &'a [u8],
    /// The environment.
    pub variables: &'a [u8],
    /// Requests.
    pub requests: &'a [u8],
}

/// What a member of an artifact was granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard<'a> {
    /// The guests that keep it.
    pub parts: Attenuators<'a>,
    /// Its rights.
    pub rights: &'a [Right],
}

/// The version of the guests' interfaces, which every host of 0.2 has.
pub(super) const VERSION: &str = "0.2.0";

/// What stands behind an import of a member.
#[derive(Clone, Copy, PartialEq)]
enum Behind {
    /// The host itself: the right is granted and has no handles.
    Host,
    /// The guest for everything else.
    System,
    /// The filter of variables.
    Variables,
    /// The filter of requests.
    Requests,
}

impl Wiring<'_, '_> {
    /// Connects what a member imports of WASI; answers the names that are done with.
    pub(super) fn attenuate(
        &mut self,
        node: NodeId,
        imports: &[(String, ItemKind)],
        guard: Guard<'_>,
        id: &str,
        index: usize,
    ) -> Result<HashSet<String>, ComposeError> {
        let mut behind = Vec::new();
        let http = imports.iter().any(|(name, _)| name.starts_with("wasi:http/"));
        for (name, kind) in imports.iter().filter(|(name, _)| name.starts_with("wasi:")) {
            let used = !matches!(kind, ItemKind::Instance(id) if self.only_types(*id));
            let found = found(name, used, http, guard.rights);
            let found = found.ok_or_else(|| ComposeError::Authority { id: id.to_owned(), interface: name.clone() })?;
            behind.push((name, found, used));
        }
        // Declarations without functions need nobody.
        if !behind.iter().any(|(.., used)| *used) {
            return Ok(HashSet::new());
        }
        let uses = |interface: &str| behind.iter().any(|(name, _, used)| *used && bare(name) == interface);
        let folders = folders(guard.rights);
        if http && !folders.is_empty() {
            return Err(ComposeError::Both { id: id.to_owned() });
        }
        let (bytes, policy) = match () {
            () if http => (guard.parts.passive, None),
            () if !folders.is_empty() && uses("wasi:filesystem/preopens") => (guard.parts.files, Some(folders)),
            () if uses("wasi:clocks/monotonic-clock") => (guard.parts.time, None),
            () => (guard.parts.system, None),
        };
        let system = self.guest(bytes, policy, index)?;
        let names = names(guard.rights);
        let variables = match names.is_empty() {
            false if uses("wasi:cli/environment") => self.guest(guard.parts.variables, Some(names), index)?,
            _ => system,
        };
        let requests = match uses("wasi:http/outgoing-handler") {
            true => self.guest(guard.parts.requests, Some(origins(guard.rights)), index)?,
            false => system,
        };
        let mut done = HashSet::new();
        for (name, behind, _) in behind {
            let from = match behind {
                Behind::Host => None,
                Behind::System => Some(system),
                Behind::Variables => Some(variables),
                Behind::Requests => Some(requests),
            };
            if let Some(from) = from {
                let export = format!("{}@{VERSION}", bare(name));
                self.plug_guest(from, &export, node, name, id)?;
            }
            done.insert(name.clone());
        }
        Ok(done)
    }

    /// One instance of a guest, for one member, told what was granted.
    fn guest(&mut self, bytes: &[u8], policy: Option<String>, index: usize) -> Result<NodeId, ComposeError> {
        let package = self.package(bytes, index)?;
        let guest = self.graph.instantiate(package);
        if let Some(policy) = policy {
            let policy = self.policy(policy, index)?;
            self.plug(policy, "policy", guest, "policy", index)?;
        }
        Ok(guest)
    }

    /// The component that says `text`.
    fn policy(&mut self, text: String, index: usize) -> Result<NodeId, ComposeError> {
        if let Some(node) = self.policies.get(&text) {
            return Ok(*node);
        }
        let id = self.members[index].spec.id.clone();
        let fail = |detail: String| ComposeError::Part { id: id.clone(), detail };
        let bytes = says("policy", &text).map_err(|error| fail(error.to_string()))?;
        let package = self.own_package(bytes, &fail)?;
        let node = self.graph.instantiate(package);
        self.policies.insert(text, node);
        Ok(node)
    }

    /// Gives an interface of a guest to a member.
    fn plug_guest(
        &mut self,
        guest: NodeId,
        export: &str,
        node: NodeId,
        import: &str,
        id: &str,
    ) -> Result<(), ComposeError> {
        let shape = |detail: String| ComposeError::Guard { id: id.to_owned(), interface: import.to_owned(), detail };
        let value = self.graph.alias_instance_export(guest, export).map_err(|e| shape(e.to_string()))?;
        let linked = self.graph.set_instantiation_argument(node, import, value);
        linked.map_err(|error| shape(super::chain(&error)))
    }
}

/// What the guest `system` exports.
const SYSTEM: &[&str] = &[
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:cli/exit",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/stderr",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:cli/terminal-stderr",
    "wasi:clocks/monotonic-clock",
    "wasi:random/insecure-seed",
    "wasi:filesystem/types",
    "wasi:filesystem/preopens",
];

/// What stands behind an import, and `None` where nothing can. `used` is false for one of nothing but types; `http` is
/// true for a component whose streams are the host's.
fn found(name: &str, used: bool, http: bool, rights: &[Right]) -> Option<Behind> {
    let (bare, version) = name.split_once('@')?;
    version.strip_prefix("0.2.").filter(|last| last.parse::<u32>().is_ok())?;
    match bare {
        "wasi:clocks/wall-clock" if used => rights.contains(&Right::Clock).then_some(Behind::Host),
        "wasi:clocks/wall-clock" => Some(Behind::System),
        "wasi:random/random" | "wasi:random/insecure" => rights.contains(&Right::Random).then_some(Behind::Host),
        "wasi:cli/environment" => Some(Behind::Variables),
        "wasi:http/types" => Some(Behind::Host),
        "wasi:http/outgoing-handler" => {
            rights.iter().any(|right| matches!(right, Right::Net(_))).then_some(Behind::Requests)
        }
        "wasi:io/error" | "wasi:io/poll" | "wasi:io/streams" | "wasi:clocks/monotonic-clock" | "wasi:cli/stderr"
            if http =>
        {
            Some(Behind::Host)
        }
        known => SYSTEM.contains(&known).then_some(Behind::System),
    }
}

pub(super) fn bare(name: &str) -> &str {
    name.split('@').next().unwrap_or(name)
}

/// The lines of the policy of `files`. A folder that may be written to and read is one that may be written to.
fn folders(rights: &[Right]) -> String {
    let mut lines: Vec<String> = rights
        .iter()
        .filter_map(|right| match right {
            Right::Read(folder) if !rights.contains(&Right::Write(folder.clone())) => {
                Some(format!("read {}", folder.path()))
            }
            Right::Write(folder) => Some(format!("write {}", folder.path())),
            _ => None,
        })
        .collect();
    lines.sort();
    lines.dedup();
    lines.join("\n")
}

/// The lines of the policy of `variables`.
fn names(rights: &[Right]) -> String {
    let names = rights.iter().filter_map(|right| match right {
        Right::Env(name) => Some(name.as_str()),
        _ => None,
    });
    names.collect::<Vec<_>>().join("\n")
}

/// The lines of the policy of `requests`: scheme, host, port.
fn origins(rights: &[Right]) -> String {
    let line = |right: &Right| {
        let Right::Net(origin) = right else { return None };
        let scheme = if origin.scheme() == Scheme::Https { "https" } else { "http" };
        let host = match &origin.host {
            Host::Any => "*".to_owned(),
            Host::Below(name) => format!("*.{name}"),
            Host::Name(name) => name.clone(),
            Host::Address(std::net::IpAddr::V6(address)) => format!("[{address}]"),
            Host::Address(address) => address.to_string(),
        };
        let port = match origin.port() {
            Port::Any => "*".to_owned(),
            Port::One(port) => port.to_string(),
        };
        Some(format!("{scheme} {host} {port}"))
    };
    rights.iter().filter_map(line).collect::<Vec<_>>().join("\n")
}

/// A component that exports `name: func() -> string`, which answers `text`.
pub(super) fn says(name: &str, text: &str) -> Result<Vec<u8>, wat::Error> {
    // The function answers where address and length are: at 8. The text follows.
    let (at, length) = (16u32, u32::try_from(text.len()).unwrap_or(u32::MAX));
    let mut data = String::new();
    for byte in at.to_le_bytes().iter().chain(&length.to_le_bytes()).chain(text.as_bytes()) {
        // Writing to a string does not fail.
        let _ = write!(data, "\\{byte:02x}");
    }
    let pages = (text.len() + 16).div_ceil(1 << 16);
    wat::parse_str(format!(
        r#"(component
  (core module $m
    (memory (export "memory") {pages})
    (data (i32.const 8) "{data}")
    (func (export "says") (result i32) (i32.const 8)))
  (core instance $i (instantiate $m))
  (alias core export $i "memory" (core memory $memory))
  (func (export "{name}") (result string) (canon lift (core func $i "says") (memory $memory))))"#
    ))
}
