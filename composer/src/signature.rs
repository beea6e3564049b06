//! What a component exports and imports, read from its binary.

use wit_parser::decoding::{DecodedWasm, decode};
use wit_parser::{InterfaceId, Resolve, TypeDefKind, TypeId, WorldId, WorldItem};

use crate::census::{self, CensusError};
use crate::types::{self, Signature, TypeError};

/// What a precompiled component offers to a graph.
#[derive(Debug, Clone)]
pub struct Offer {
    /// Every exported function that can be a node.
    pub functions: Vec<Exported>,
    /// Whether it is a program (`wasi:cli/run`).
    pub program: bool,
    /// Whether it answers HTTP requests (`wasi:http/incoming-handler` 0.2).
    pub handler: bool,
    /// Names of everything it imports, except interfaces of nothing but types: those need nobody to provide them.
    pub imports: Vec<String>,
    /// Bytes of linear memory that it has before it does anything, over all its core modules.
    pub declared_memory: u64,
}

/// One exported function.
#[derive(Debug, Clone)]
pub struct Exported {
    /// The interface it is exported in, if not directly.
    pub interface: Option<String>,
    /// Its type.
    pub signature: Signature,
}

/// Why a binary cannot be a node.
#[derive(Debug, thiserror::Error)]
pub enum OfferError {
    /// Not a component.
    #[error("not a WebAssembly component: {0}")]
    NotComponent(String),
    /// It is more than a component may be.
    #[error("the component {0}")]
    Census(#[from] CensusError),
    /// It exports functions, but each has a type that cannot be a port's.
    #[error("`{function}`: {source}")]
    Type {
        /// The function.
        function: String,
        /// Why.
        source: TypeError,
    },
}

fn decoded(component: &[u8]) -> Result<(Resolve, WorldId), OfferError> {
    // What cannot be read at all is told better below.
    match census::instances(component) {
        Ok(_) | Err(CensusError::Unreadable(_)) => {}
        Err(error) => return Err(error.into()),
    }
    if wasmparser::Parser::is_core_wasm(component) {
        // The decoder takes it for a component that has nothing.
        return Err(OfferError::NotComponent("it is a core module".to_owned()));
    }
    // wit-parser 0.258 panics on some valid binaries (two imports that implement one interface with a type in common), and
    // the binary may be anybody's.
    let unreadable = |_| OfferError::NotComponent("its types cannot be read".to_owned());
    let decoded = std::panic::catch_unwind(|| decode(component)).map_err(unreadable)?;
    match decoded.map_err(|e| OfferError::NotComponent(format!("{e:#}")))? {
        DecodedWasm::Component(resolve, world) => Ok((resolve, world)),
        DecodedWasm::WitPackage(..) => Err(OfferError::NotComponent("it is a WIT package".to_owned())),
    }
}

/// Reads a component.
///
/// Functions whose types cannot be port types are left out as long as another one can be used.
pub fn offer(component: &[u8]) -> Result<Offer, OfferError> {
    let (resolve, world) = decoded(component)?;
    let world = &resolve.worlds[world];
    let mut offer = Offer {
        functions: Vec::new(),
        program: false,
        handler: false,
        imports: Vec::new(),
        declared_memory: declared_memory(component),
    };
    let mut refused = None;
    for (key, item) in &world.imports {
        let only_types = match item {
            WorldItem::Type { .. } => true,
            WorldItem::Interface { id, .. } => only_types(&resolve, *id),
            WorldItem::Function(_) => false,
        };
        if !only_types {
            offer.imports.push(resolve.name_world_key(key));
        }
    }
    for (key, item) in &world.exports {
        let name = resolve.name_world_key(key);
        offer.program |= name.starts_with("wasi:cli/run@");
        offer.handler |= name.starts_with("wasi:http/incoming-handler@0.2.");
        let mut add =
            |interface: Option<String>, function: &wit_parser::Function| match types::from_function(&resolve, function)
            {
                Ok(signature) => offer.functions.push(Exported { interface, signature }),
                Err(source) => refused = Some(OfferError::Type { function: function.name.clone(), source }),
            };
        match item {
            WorldItem::Function(function) => add(None, function),
            // The interfaces of WASI are entry points for hosts, not functions of a graph.
            WorldItem::Interface { id, .. } if !name.starts_with("wasi:") => {
                let functions = &resolve.interfaces[*id].functions;
                functions.values().for_each(|function| add(Some(name.clone()), function));
            }
            _ => {}
        }
    }
    match refused {
        Some(error) if offer.functions.is_empty() && !offer.program && !offer.handler => Err(error),
        _ => Ok(offer),
    }
}

/// What a component imports and exports, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Interfaces and functions it imports.
    pub imports: Vec<String>,
    /// Interfaces and functions it exports.
    pub exports: Vec<String>,
}

/// Reads what a component imports and exports, types at its top aside.
///
/// # Errors
///
/// When it is no component.
pub fn names(component: &[u8]) -> Result<Names, OfferError> {
    let (resolve, world) = decoded(component)?;
    let world = &resolve.worlds[world];
    let names = |items: &wit_parser::IndexMap<wit_parser::WorldKey, WorldItem>| {
        let item = |item: &WorldItem| !matches!(item, WorldItem::Type { .. });
        items.iter().filter(|(_, each)| item(each)).map(|(key, _)| resolve.name_world_key(key)).collect()
    };
    Ok(Names { imports: names(&world.imports), exports: names(&world.exports) })
}

/// Whether an interface does nothing: declarations that other interfaces use.
fn only_types(resolve: &Resolve, interface: InterfaceId) -> bool {
    let interface = &resolve.interfaces[interface];
    let resource = |id: &TypeId| matches!(resolve.types[*id].kind, TypeDefKind::Resource);
    interface.functions.is_empty() && !interface.types.values().any(resource)
}

/// The smallest sizes of all memories that the modules of a component define. A component that cannot be read has none;
/// it was decoded before.
fn declared_memory(component: &[u8]) -> u64 {
    let mut bytes = 0u64;
    for payload in wasmparser::Parser::new(0).parse_all(component).flatten() {
        if let wasmparser::Payload::MemorySection(memories) = payload {
            for memory in memories.into_iter().flatten() {
                let page = 1u64 << memory.page_size_log2.unwrap_or(16);
                bytes = bytes.saturating_add(memory.initial.saturating_mul(page));
            }
        }
    }
    bytes
}
