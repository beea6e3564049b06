//! Core modules without what only a debugger reads. Names of functions stay: a trap is told by them.

use wasm_encoder::{Module, RawSection};
use wasmparser::{Parser, Payload};

use super::EncodeCoreError;

/// A core module without its sections `.debug_*`.
///
/// # Errors
///
/// When it is no module.
pub fn without_debug(core: &[u8]) -> Result<Vec<u8>, EncodeCoreError> {
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(core) {
        let payload = payload.map_err(|error| EncodeCoreError::Invalid(error.to_string()))?;
        let debug = matches!(&payload, Payload::CustomSection(section) if section.name().starts_with(".debug_"));
        if let (false, Some((id, range))) = (debug, payload.as_section()) {
            let end = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
            let data = core.get(end(range.start)..end(range.end)).unwrap_or_default();
            module.section(&RawSection { id, data });
        }
    }
    Ok(module.finish())
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use wasm_encoder::{CustomSection, MemorySection, MemoryType};

    use super::*;

    #[test]
    fn only_sections_of_debuggers_go() {
        let custom = |name: &'static str| CustomSection { name: Cow::Borrowed(name), data: Cow::Borrowed(b"x") };
        let mut memory = MemorySection::new();
        memory.memory(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None });
        let mut with = Module::new();
        with.section(&memory).section(&custom(".debug_info")).section(&custom("name"));
        let mut without = Module::new();
        without.section(&memory).section(&custom("name"));
        assert_eq!(without_debug(with.as_slice()).unwrap(), without.finish());
        assert!(without_debug(b"no module").is_err());
    }
}
