//! Least privilege inside an artifact: everything a member imports of WASI comes from a guest that lets through what the
//! member was granted, whatever the host gives (`components/attenuator`).
//!
//! A guest is instantiated per member, and each imports only what it passes on: the artifact's import list stays its
//! permission list. Guests speak WASI 0.2.0. A member may import any 0.2: names are matched without their last number,
//! and types by `wac-graph`. Rights without handles (the time of day, random numbers) are the host's own imports.

use std::collections::HashSet;
use std::fmt::Write as _;

use wac_graph::NodeId;
use wac_graph::types::{ItemKind, Package};

use super::{ComposeError, Wiring, part};
use crate::right::Right;

/// The guests that stand between members and hosts; see `components/attenuator`.
#[derive(Debug, Clone, Copy)]
pub struct Attenuators<'a> {
    /// Everything that needs no right, importing nothing.
    pub system: &'a [u8],
    /// The same, with the monotonic clock.
    pub time: &'a [u8],
    /// The same, with folders.
    pub files: &'a [u8],
    /// The environment.
    pub variables: &'a [u8],
}

/// What a member of an artifact was granted.
#[derive(Debug, Clone, Copy)]
pub struct Guard<'a> {
    /// The guests that keep it.
    pub parts: Attenuators<'a>,
    /// Its rights.
    pub rights: &'a [Right],
}

/// The version of the guests' interfaces, which every host of 0.2 has.
const VERSION: &str = "0.2.0";

/// What stands behind an import of a member.
#[derive(Clone, Copy, PartialEq)]
enum Behind {
    /// The host itself: the right is granted and has no handles.
    Host,
    /// The guest for everything else.
    System,
    /// The filter of variables.
    Variables,
}

impl Wiring<'_, '_> {
    /// Connects what a member imports of WASI; answers the names that are done with.
    pub(super) fn attenuate(
        &mut self,
        node: NodeId,
        imports: &[(String, ItemKind)],
        guard: Guard<'_>,
        index: usize,
    ) -> Result<HashSet<String>, ComposeError> {
        let mut behind = Vec::new();
        for (name, kind) in imports.iter().filter(|(name, _)| name.starts_with("wasi:")) {
            let used = !matches!(kind, ItemKind::Instance(id) if self.only_types(*id));
            behind.push((name, self.behind(name, used, guard, index)?, used));
        }
        // Declarations without functions need nobody.
        if !behind.iter().any(|(.., used)| *used) {
            return Ok(HashSet::new());
        }
        let uses = |interface: &str| behind.iter().any(|(name, _, used)| *used && bare(name) == interface);
        let folders = folders(guard.rights);
        let (bytes, policy) = match () {
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
        let mut done = HashSet::new();
        for (name, behind, _) in behind {
            let from = match behind {
                Behind::Host => None,
                Behind::System => Some(system),
                Behind::Variables => Some(variables),
            };
            if let Some(from) = from {
                let export = format!("{}@{VERSION}", bare(name));
                self.plug_guest(from, &export, node, name, index)?;
            }
            done.insert(name.clone());
        }
        Ok(done)
    }

    /// What stands behind an import; `used` is false for one of nothing but types.
    fn behind(&self, name: &str, used: bool, guard: Guard<'_>, index: usize) -> Result<Behind, ComposeError> {
        let id = || self.members[index].spec.id.clone();
        let of_0_2 = |version: &str| version.strip_prefix("0.2.").is_some_and(|last| last.parse::<u32>().is_ok());
        if !name.split_once('@').is_some_and(|(_, version)| of_0_2(version)) {
            return Err(ComposeError::Authority { id: id(), interface: name.to_owned() });
        }
        let has = |right: &Right| guard.rights.contains(right);
        match bare(name) {
            "wasi:clocks/wall-clock" if used && has(&Right::Clock) => Ok(Behind::Host),
            "wasi:clocks/wall-clock" if !used => Ok(Behind::System),
            "wasi:random/random" | "wasi:random/insecure" if has(&Right::Random) => Ok(Behind::Host),
            "wasi:cli/environment" => Ok(Behind::Variables),
            known if SYSTEM.contains(&known) => Ok(Behind::System),
            _ => Err(ComposeError::Authority { id: id(), interface: name.to_owned() }),
        }
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
        let of = &self.members[index];
        let bytes = says("policy", &text).map_err(|e| part(of, &e))?;
        let name = format!("wb:policy{}", self.policies.len());
        let package = Package::from_bytes(&name, None, bytes, self.graph.types_mut());
        let package = package.map_err(|e| part(of, &format!("{e:#}")))?;
        let package = self.graph.register_package(package).map_err(|e| part(of, &e))?;
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
        index: usize,
    ) -> Result<(), ComposeError> {
        let id = &self.members[index].spec.id;
        let shape = |detail: String| ComposeError::Guard { id: id.clone(), interface: import.to_owned(), detail };
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

fn bare(name: &str) -> &str {
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
