//! A signature as WIT text, and parsed.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use wit_parser::{Resolve, WorldId};

use super::EncodeCoreError;
use crate::types::{Named, Shape, Signature, Type};

/// Name of the generated world.
pub const WORLD: &str = "node";

/// The parsed world of [`world`].
///
/// # Errors
///
/// When the signature is not valid WIT.
pub fn resolve(signature: &Signature) -> Result<(Resolve, WorldId), EncodeCoreError> {
    let failed = |reason| EncodeCoreError::Signature { signature: Shown(signature).to_string(), reason };
    let mut resolve = Resolve::default();
    let package = resolve.push_str("node.wit", &world(signature)).map_err(|e| failed(e.to_string()))?;
    let world = resolve.select_world(&[package], Some(WORLD)).map_err(|e| failed(e.to_string()))?;
    Ok((resolve, world))
}

/// The WIT text of a world that exports `signature`: package `wb:book`, declared types in its interface `types`.
#[must_use]
pub fn world(signature: &Signature) -> String {
    let mut declared: Vec<Arc<Named>> = Vec::new();
    signature.params.iter().map(|(_, ty)| ty).chain(&signature.result).for_each(|ty| ty.declarations(&mut declared));
    let mut text = "package wb:book;\n".to_owned();
    // Writing to a string does not fail.
    if !declared.is_empty() {
        text.push_str("interface types {\n");
        for named in &declared {
            let _ = writeln!(text, "  {}", Declaration(named));
        }
        text.push_str("}\n");
    }
    let _ = writeln!(text, "world {WORLD} {{");
    for named in &declared {
        // Under a name of its own: a function may be called like a type.
        let _ = writeln!(text, "  use types.{{%{0} as %wb-{0}}};", named.name);
    }
    let _ = writeln!(text, "  export %{}: {};\n}}", signature.name, Export(signature));
    text
}

/// A signature as a person writes it: `score: func(items: list<string>) -> list<f64>`.
pub struct Shown<'a>(pub &'a Signature);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: func(", self.0.name)?;
        for (index, (name, ty)) in self.0.params.iter().enumerate() {
            write!(f, "{}{name}: {ty}", if index > 0 { ", " } else { "" })?;
        }
        f.write_str(")")?;
        self.0.result.as_ref().map_or(Ok(()), |ty| write!(f, " -> {ty}"))
    }
}

/// Writes a type with every declared name prefixed, so that none is taken for a keyword, and `json` as the string it is.
struct Wit<'a>(&'a Type, &'static str);

impl fmt::Display for Wit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(ty, prefix) = *self;
        let next = |ty| Wit(ty, prefix);
        match ty {
            Type::Json => f.write_str("string"),
            Type::Named(named) => write!(f, "{prefix}{}", named.name),
            Type::List(inner) => write!(f, "list<{}>", next(inner)),
            Type::Option(inner) => write!(f, "option<{}>", next(inner)),
            Type::Tuple(items) => {
                let items: Vec<String> = items.iter().map(|item| next(item).to_string()).collect();
                write!(f, "tuple<{}>", items.join(", "))
            }
            Type::Result(None, None) => f.write_str("result"),
            Type::Result(Some(ok), None) => write!(f, "result<{}>", next(ok)),
            Type::Result(None, Some(err)) => write!(f, "result<_, {}>", next(err)),
            Type::Result(Some(ok), Some(err)) => write!(f, "result<{}, {}>", next(ok), next(err)),
            scalar => write!(f, "{scalar}"),
        }
    }
}

/// The type of the exported function, in the world.
struct Export<'a>(&'a Signature);

impl fmt::Display for Export<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("func(")?;
        for (name, ty) in &self.0.params {
            write!(f, "%{name}: {}, ", Wit(ty, "%wb-"))?;
        }
        f.write_str(")")?;
        self.0.result.as_ref().map_or(Ok(()), |ty| write!(f, " -> {}", Wit(ty, "%wb-")))
    }
}

/// The declaration of a type, in the interface.
struct Declaration<'a>(&'a Named);

impl fmt::Display for Declaration<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.0.name;
        match &self.0.shape {
            Shape::Record(fields) => {
                write!(f, "record %{name} {{ ")?;
                fields.iter().try_for_each(|(name, ty)| write!(f, "%{name}: {}, ", Wit(ty, "%")))?;
            }
            Shape::Variant(cases) => {
                write!(f, "variant %{name} {{ ")?;
                for (name, ty) in cases {
                    match ty {
                        Some(ty) => write!(f, "%{name}({}), ", Wit(ty, "%"))?,
                        None => write!(f, "%{name}, ")?,
                    }
                }
            }
            Shape::Enum(names) => {
                write!(f, "enum %{name} {{ ")?;
                names.iter().try_for_each(|name| write!(f, "%{name}, "))?;
            }
            Shape::Flags(names) => {
                write!(f, "flags %{name} {{ ")?;
                names.iter().try_for_each(|name| write!(f, "%{name}, "))?;
            }
        }
        f.write_str("}")
    }
}
