//! What identifies a node and a result (`docs`: composition.md, "Content addressing").

use crate::cache::Key;
use crate::lanes::{Lane, Port, clang, javascript, python, rust, shell, sql, typescript, wat, zig};

use super::graph::{Node, Origin};

/// The named parts of a node's key, each with its digest: what `wb why` compares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts(pub Vec<(String, Key)>);

impl Parts {
    /// The key of all parts.
    #[must_use]
    pub fn key(&self, domain: &str) -> Key {
        let parts: Vec<&[u8]> =
            self.0.iter().flat_map(|(name, key)| [name.as_bytes(), key.as_bytes().as_slice()]).collect();
        Key::of(domain, &parts)
    }

    /// Adds a part.
    pub fn push(&mut self, name: impl Into<String>, content: &[u8]) {
        self.0.push((name.into(), Key::content(content)));
    }
}

/// What is fixed before anything runs: the code, how it is made, its type and its rights.
#[must_use]
pub fn node(node: &Node, binary: Option<&[u8]>, rustc: Option<&str>) -> Parts {
    let mut parts = Parts(Vec::new());
    match &node.origin {
        Origin::Block { lang, source, .. } => {
            parts.push("source", source.as_bytes());
            let toolchain = match Lane::of(lang) {
                Some(Lane::JavaScript) => javascript::toolchain(),
                Some(Lane::Python) => python::toolchain(),
                Some(Lane::Rust) => format!("{} {}", rust::VERSION, rustc.unwrap_or_default()).into_bytes(),
                Some(Lane::Shell) => shell::VERSION.as_bytes().to_vec(),
                Some(Lane::Sql) => sql::VERSION.as_bytes().to_vec(),
                Some(Lane::TypeScript) => typescript::toolchain(),
                Some(Lane::Wat) => wat::VERSION.as_bytes().to_vec(),
                Some(Lane::C | Lane::Cpp) => clang::toolchain().into_bytes(),
                Some(Lane::Zig) => zig::toolchain().into_bytes(),
                None => Vec::new(),
            };
            parts.push("language", lang.as_bytes());
            parts.push("toolchain", &toolchain);
        }
        Origin::Binary { .. } => parts.push("component", binary.unwrap_or_default()),
    }
    parts.push("signature", format!("{:?}", node.signature).as_bytes());
    let ports = |ports: &[Port]| format!("{ports:?}");
    parts.push("inputs", ports(&node.inputs).as_bytes());
    parts.push("outputs", ports(&node.outputs).as_bytes());
    parts.push("packages", node.packages.join(" ").as_bytes());
    parts.push("capabilities", node.caps.join(" ").as_bytes());
    // A wb that makes nodes differently makes different results.
    parts.push("wb", env!("CARGO_PKG_VERSION").as_bytes());
    parts
}

/// A result's parts: the node's, and the digest of each input value.
#[must_use]
pub fn result(node: &Parts, inputs: &[(String, Key)]) -> Parts {
    let mut parts = node.clone();
    parts.0.extend(inputs.iter().map(|(name, digest)| (format!("input `{name}`"), *digest)));
    parts
}
