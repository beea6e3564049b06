//! Value types of ports, resolved: what an adapter must know to move a value.
//!
//! Types come from two places, the WIT text of a workbook and the binary of a precompiled component; both arrive here
//! through `wit-parser`. `json` is a string that holds one JSON document; it is a type of its own until it reaches the
//! component level, where it is `string`.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use wit_parser::{Resolve, TypeDefKind, TypeId};

/// A value type of the component model, or `json`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the primitive types of WIT")]
pub enum Type {
    Bool,
    S8,
    U8,
    S16,
    U16,
    S32,
    U32,
    S64,
    U64,
    F32,
    F64,
    Char,
    String,
    /// One JSON document in a string.
    Json,
    List(Box<Type>),
    Option(Box<Type>),
    Result(Option<Box<Type>>, Option<Box<Type>>),
    Tuple(Vec<Type>),
    /// A record, variant, enum or flags declaration.
    Named(Arc<Named>),
}

/// A declared type. Two declarations are the same type when they have the same structure; the name is for people.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Named {
    /// The declared name, kebab-case.
    pub name: String,
    /// What it is.
    pub shape: Shape,
}

/// The structure of a declared type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the declarations of WIT")]
pub enum Shape {
    Record(Vec<(String, Type)>),
    Variant(Vec<(String, Option<Type>)>),
    Enum(Vec<String>),
    Flags(Vec<String>),
}

/// A function's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Name as exported.
    pub name: String,
    /// Parameters in order.
    pub params: Vec<(String, Type)>,
    /// The result, if any.
    pub result: Option<Type>,
}

/// Why a type cannot be used on a port.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TypeError {
    /// Written out, it has more parts than any useful type.
    #[error("the type has more than {parts} parts when it is written out")]
    Large {
        /// How many it may have.
        parts: usize,
    },
    /// The WIT text does not parse.
    #[error("{message}")]
    Parse {
        /// The parser's message.
        message: String,
    },
    /// A resource, stream, future or the like.
    #[error("`{what}` cannot cross an edge: values on edges are copied, and a {what} is a handle")]
    Handle {
        /// The kind of handle.
        what: &'static str,
    },
    /// More than 32 flags.
    #[error("`{name}` has more than 32 flags")]
    ManyFlags {
        /// The declaration.
        name: String,
    },
}

/// Most levels a type may nest: bounded so that no walk over a type can exhaust the stack.
pub const MAX_DEPTH: usize = 64;
/// Most parts of one type, each counted as often as it is used.
pub const MOST_PARTS: usize = 5_000;
/// Most parts of all types of a workbook's ports together.
const MANY_PARTS: usize = 500_000;

impl Type {
    /// Whether values of the two types have the same form. `Named` types agree by structure, not by name.
    pub fn same(&self, other: &Type) -> bool {
        let all = |a: &[Type], b: &[Type]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b));
        let side = |a: &Option<Box<Type>>, b: &Option<Box<Type>>| match (a, b) {
            (None, None) => true,
            (Some(a), Some(b)) => a.same(b),
            _ => false,
        };
        match (self, other) {
            (Type::List(a), Type::List(b)) | (Type::Option(a), Type::Option(b)) => a.same(b),
            (Type::Result(a, b), Type::Result(c, d)) => side(a, c) && side(b, d),
            (Type::Tuple(a), Type::Tuple(b)) => all(a, b),
            (Type::Named(a), Type::Named(b)) => match (&a.shape, &b.shape) {
                (Shape::Record(a), Shape::Record(b)) => {
                    a.len() == b.len() && a.iter().zip(b).all(|((n, t), (m, u))| n == m && t.same(u))
                }
                (Shape::Variant(a), Shape::Variant(b)) => {
                    let payload = |a: &Option<Type>, b: &Option<Type>| match (a, b) {
                        (None, None) => true,
                        (Some(a), Some(b)) => a.same(b),
                        _ => false,
                    };
                    a.len() == b.len() && a.iter().zip(b).all(|((n, t), (m, u))| n == m && payload(t, u))
                }
                (a, b) => a == b,
            },
            (a, b) => a == b,
        }
    }

    /// Every declaration inside, innermost first, each once.
    pub fn declarations(&self, out: &mut Vec<Arc<Named>>) {
        match self {
            Type::List(inner) | Type::Option(inner) => inner.declarations(out),
            Type::Result(ok, err) => [ok, err].into_iter().flatten().for_each(|side| side.declarations(out)),
            Type::Tuple(items) => items.iter().for_each(|item| item.declarations(out)),
            Type::Named(named) => {
                match &named.shape {
                    Shape::Record(fields) => fields.iter().for_each(|(_, ty)| ty.declarations(out)),
                    Shape::Variant(cases) => {
                        cases.iter().filter_map(|(_, ty)| ty.as_ref()).for_each(|ty| ty.declarations(out));
                    }
                    Shape::Enum(_) | Shape::Flags(_) => {}
                }
                if !out.contains(named) {
                    out.push(Arc::clone(named));
                }
            }
            _ => {}
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Type::Bool => "bool",
            Type::S8 => "s8",
            Type::U8 => "u8",
            Type::S16 => "s16",
            Type::U16 => "u16",
            Type::S32 => "s32",
            Type::U32 => "u32",
            Type::S64 => "s64",
            Type::U64 => "u64",
            Type::F32 => "f32",
            Type::F64 => "f64",
            Type::Char => "char",
            Type::String => "string",
            Type::Json => "json",
            Type::Named(named) => &named.name,
            Type::List(inner) => return write!(f, "list<{inner}>"),
            Type::Option(inner) => return write!(f, "option<{inner}>"),
            Type::Tuple(items) => {
                let items: Vec<String> = items.iter().map(Type::to_string).collect();
                return write!(f, "tuple<{}>", items.join(", "));
            }
            Type::Result(None, None) => "result",
            Type::Result(Some(ok), None) => return write!(f, "result<{ok}>"),
            Type::Result(None, Some(err)) => return write!(f, "result<_, {err}>"),
            Type::Result(Some(ok), Some(err)) => return write!(f, "result<{ok}, {err}>"),
        };
        f.write_str(name)
    }
}

/// Resolves type expressions against the type declarations of a workbook, all in one parse.
///
/// `declarations` is the text of its `wit` blocks. Answers in the order of `expressions`.
pub fn resolve(declarations: &str, expressions: &[&str]) -> Result<Vec<Type>, TypeError> {
    let mut text = format!("package wb:book;\ninterface types {{\n{declarations}\ntype json = string;\n");
    for (index, expression) in expressions.iter().enumerate() {
        text.push_str(&format!("type wb-port-{index} = {expression};\n"));
    }
    text.push('}');
    let mut resolve = Resolve::default();
    let package = resolve.push_str("workbook.wit", &text).map_err(|e| TypeError::Parse { message: e.to_string() })?;
    let interface = resolve.packages[package].interfaces["types"];
    let types = &resolve.interfaces[interface].types;
    let all = Cell::new(MANY_PARTS);
    let one = |index| {
        let left = Cell::new(MOST_PARTS.min(all.get()));
        let before = left.get();
        let ty = Reader { resolve: &resolve, left: &left }.by_id(types[&format!("wb-port-{index}")], 0);
        let ty = ty.map_err(|error| match error {
            TypeError::Large { .. } if before < MOST_PARTS => TypeError::Large { parts: MANY_PARTS },
            other => other,
        })?;
        all.set(all.get() - (before - left.get()));
        Ok(ty)
    };
    (0..expressions.len()).map(one).collect()
}

/// Resolves a whole function signature as written in a workbook, `score(items: list<string>) -> list<f64>`, against the
/// type declarations of the same file.
pub fn resolve_signature(declarations: &str, signature: &str) -> Result<Signature, TypeError> {
    let parse = |message: String| TypeError::Parse { message };
    let open = signature.find('(').ok_or_else(|| parse("a signature needs a parameter list".to_owned()))?;
    let (name, rest) = signature.split_at(open);
    let (label, rest) = (crate::label::kebab(name.trim()), rest.trim_end_matches(';'));
    let text =
        format!("package wb:book;\ninterface types {{\n{declarations}\ntype json = string;\n%{label}: func{rest};\n}}");
    let mut resolve = Resolve::default();
    let package = resolve.push_str("workbook.wit", &text).map_err(|e| parse(e.to_string()))?;
    let interface = &resolve.interfaces[resolve.packages[package].interfaces["types"]];
    let function =
        interface.functions.get(&label).ok_or_else(|| parse("the signature declares no function".to_owned()))?;
    from_function(&resolve, function)
}

/// Converts a function of a parsed WIT package.
pub fn from_function(resolve: &Resolve, function: &wit_parser::Function) -> Result<Signature, TypeError> {
    let params = function.params.iter().map(|param| Ok((param.name.clone(), from_wit(resolve, &param.ty)?)));
    Ok(Signature {
        name: function.name.clone(),
        params: params.collect::<Result<_, TypeError>>()?,
        result: function.result.as_ref().map(|ty| from_wit(resolve, ty)).transpose()?,
    })
}

/// Converts a type of a parsed WIT package.
pub fn from_wit(resolve: &Resolve, ty: &wit_parser::Type) -> Result<Type, TypeError> {
    Reader { resolve, left: &Cell::new(MOST_PARTS) }.convert(ty, 0)
}

/// Types are written out where they are used, so a few declarations that each use the one before twice are a type with
/// more parts than there is memory. What is left to be written out is counted.
struct Reader<'a> {
    resolve: &'a Resolve,
    left: &'a Cell<usize>,
}

impl Reader<'_> {
    fn convert(&self, ty: &wit_parser::Type, depth: usize) -> Result<Type, TypeError> {
        use wit_parser::Type as W;
        let Some(left) = self.left.get().checked_sub(1) else { return Err(TypeError::Large { parts: MOST_PARTS }) };
        self.left.set(left);
        Ok(match ty {
            W::Bool => Type::Bool,
            W::S8 => Type::S8,
            W::U8 => Type::U8,
            W::S16 => Type::S16,
            W::U16 => Type::U16,
            W::S32 => Type::S32,
            W::U32 => Type::U32,
            W::S64 => Type::S64,
            W::U64 => Type::U64,
            W::F32 => Type::F32,
            W::F64 => Type::F64,
            W::Char => Type::Char,
            W::String => Type::String,
            W::ErrorContext => return Err(TypeError::Handle { what: "error-context" }),
            W::Id(id) => self.by_id(*id, depth)?,
        })
    }

    fn by_id(&self, id: TypeId, depth: usize) -> Result<Type, TypeError> {
        if depth > MAX_DEPTH {
            return Err(TypeError::Parse { message: format!("types nest deeper than {MAX_DEPTH} levels") });
        }
        let def = &self.resolve.types[id];
        let next = |ty: &wit_parser::Type| self.convert(ty, depth + 1);
        let maybe = |ty: &Option<wit_parser::Type>| ty.as_ref().map(next).transpose();
        let named = |shape| {
            let name = def.name.clone().unwrap_or_else(|| "anonymous".to_owned());
            Type::Named(Arc::new(Named { name, shape }))
        };
        Ok(match &def.kind {
            TypeDefKind::Type(wit_parser::Type::String) if def.name.as_deref() == Some("json") => Type::Json,
            TypeDefKind::Type(inner) => next(inner)?,
            TypeDefKind::List(inner) => Type::List(Box::new(next(inner)?)),
            TypeDefKind::Option(inner) => Type::Option(Box::new(next(inner)?)),
            TypeDefKind::Result(result) => {
                Type::Result(maybe(&result.ok)?.map(Box::new), maybe(&result.err)?.map(Box::new))
            }
            TypeDefKind::Tuple(tuple) => Type::Tuple(tuple.types.iter().map(next).collect::<Result<_, _>>()?),
            TypeDefKind::Record(record) => {
                let field = |field: &wit_parser::Field| Ok((field.name.clone(), next(&field.ty)?));
                named(Shape::Record(record.fields.iter().map(field).collect::<Result<_, TypeError>>()?))
            }
            TypeDefKind::Variant(variant) => {
                let case = |case: &wit_parser::Case| Ok((case.name.clone(), maybe(&case.ty)?));
                named(Shape::Variant(variant.cases.iter().map(case).collect::<Result<_, TypeError>>()?))
            }
            TypeDefKind::Enum(list) => named(Shape::Enum(list.cases.iter().map(|case| case.name.clone()).collect())),
            TypeDefKind::Flags(flags) if flags.flags.len() > 32 => {
                return Err(TypeError::ManyFlags { name: def.name.clone().unwrap_or_default() });
            }
            TypeDefKind::Flags(flags) => {
                named(Shape::Flags(flags.flags.iter().map(|flag| flag.name.clone()).collect()))
            }
            TypeDefKind::Stream(_) => return Err(TypeError::Handle { what: "stream" }),
            TypeDefKind::Future(_) => return Err(TypeError::Handle { what: "future" }),
            TypeDefKind::Handle(_) | TypeDefKind::Resource => return Err(TypeError::Handle { what: "resource" }),
            _ => return Err(TypeError::Handle { what: "value of this kind" }),
        })
    }
}
