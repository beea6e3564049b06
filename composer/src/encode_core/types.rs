//! A signature as a component-level function type.

use wasm_encoder::ComponentBuilder;

use crate::declare::Known;
use crate::types::Signature;

/// Defines the type of `signature`, and imports the declarations it needs.
pub(super) fn function(builder: &mut ComponentBuilder, signature: &Signature) -> u32 {
    let used = || signature.params.iter().map(|(_, ty)| ty).chain(&signature.result);
    let mut known = Known::import(builder, used());
    let params: Vec<_> = signature.params.iter().map(|(name, ty)| (name.as_str(), known.of(builder, ty))).collect();
    let result = signature.result.as_ref().map(|ty| known.of(builder, ty));
    let (index, mut encoder) = builder.type_function(None);
    encoder.params(params).result(result);
    index
}
