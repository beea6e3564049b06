//! What the lane says of a block: its text, and its ports with their types.

use std::fmt;

use codec::json::{Kind, Malformed, Reader};

/// A block.
#[derive(Debug, Default)]
pub struct Block {
    /// The statements.
    pub sql: String,
    /// Input ports in order.
    pub inputs: Vec<Port>,
    /// Output ports in order.
    pub outputs: Vec<Port>,
}

/// A port.
#[derive(Debug, PartialEq)]
pub struct Port {
    /// As written.
    pub name: String,
    /// Its type.
    pub ty: Type,
}

/// A type, as far as SQL can tell types apart.
#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    /// `bool`: 0 or 1.
    Bool,
    /// An integer.
    Int {
        /// Whether it may be negative.
        signed: bool,
        /// 1, 2, 4 or 8.
        bytes: u32,
    },
    /// A float of that many bytes.
    Float(u32),
    /// `char`.
    Char,
    /// `string`.
    String,
    /// One JSON document.
    Json,
    /// An enum, by name.
    Enum(String, Vec<String>),
    /// `list<T>`.
    List(Box<Type>),
    /// `option<T>`.
    Option(Box<Type>),
    /// A record, by name.
    Record(String, Vec<(String, Type)>),
    /// `tuple<…>`.
    Tuple(Vec<Type>),
    /// What SQL has no form for, by name: such a value is JSON text.
    Nested(String),
}

impl Type {
    /// `list<u8>`: a BLOB.
    pub fn is_blob(&self) -> bool {
        matches!(self, Type::List(item) if **item == Type::Int { signed: false, bytes: 1 })
    }

    /// Bytes of one element where such a list travels as the bytes of its elements.
    pub fn bulk_width(&self) -> Option<usize> {
        match self {
            Type::List(item) => match **item {
                Type::Int { bytes, .. } | Type::Float(bytes) => Some(bytes as usize),
                _ => None,
            },
            _ => None,
        }
    }

    /// The type and whether a value may be missing.
    pub fn optional(&self) -> (&Type, bool) {
        match self {
            Type::Option(inner) => (inner, true),
            other => (other, false),
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Bool => f.write_str("bool"),
            Type::Int { signed, bytes } => write!(f, "{}{}", if *signed { 's' } else { 'u' }, bytes * 8),
            Type::Float(bytes) => write!(f, "f{}", bytes * 8),
            Type::Char => f.write_str("char"),
            Type::String => f.write_str("string"),
            Type::Json => f.write_str("json"),
            Type::Enum(name, _) | Type::Record(name, _) | Type::Nested(name) => f.write_str(name),
            Type::List(item) => write!(f, "list<{item}>"),
            Type::Option(inner) => write!(f, "option<{inner}>"),
            Type::Tuple(items) => {
                let items: Vec<String> = items.iter().map(Type::to_string).collect();
                write!(f, "tuple<{}>", items.join(", "))
            }
        }
    }
}

impl Block {
    /// Reads what `host/lanes/sql.rs` wrote: `[sql, [[name, type]…], [[name, type]…]]`. A type is a string (its name), or an
    /// array of its kind and what that kind needs.
    ///
    /// # Errors
    ///
    /// When the lane wrote something else.
    pub fn read(text: &str) -> Result<Self, Malformed> {
        let mut json = Reader::new(text.as_bytes());
        let mut block = Self::default();
        let mut first = true;
        json.open(b'[')?;
        json.more(&mut first, b']')?;
        block.sql = json.string()?;
        json.more(&mut first, b']')?;
        block.inputs = named(&mut json)?.into_iter().map(|(name, ty)| Port { name, ty }).collect();
        json.more(&mut first, b']')?;
        block.outputs = named(&mut json)?.into_iter().map(|(name, ty)| Port { name, ty }).collect();
        Ok(block)
    }
}

/// `[[name, type]…]`
fn named(json: &mut Reader<'_>) -> Result<Vec<(String, Type)>, Malformed> {
    items(json, |json| {
        let mut first = true;
        json.open(b'[')?;
        json.more(&mut first, b']')?;
        let name = json.string()?;
        json.more(&mut first, b']')?;
        let ty = ty(json)?;
        json.more(&mut first, b']')?;
        Ok((name, ty))
    })
}

fn items<T>(
    json: &mut Reader<'_>,
    mut read: impl FnMut(&mut Reader<'_>) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    let (mut all, mut first) = (Vec::new(), true);
    json.open(b'[')?;
    while json.more(&mut first, b']')? {
        all.push(read(json)?);
    }
    Ok(all)
}

fn ty(json: &mut Reader<'_>) -> Result<Type, Malformed> {
    if json.kind()? == Kind::String {
        let name = json.string()?;
        return Ok(plain(&name).unwrap_or(Type::Nested(name)));
    }
    let mut first = true;
    json.open(b'[')?;
    json.more(&mut first, b']')?;
    let kind = json.string()?;
    json.more(&mut first, b']')?;
    let read = match kind.as_str() {
        "list" => Type::List(Box::new(ty(json)?)),
        "option" => Type::Option(Box::new(ty(json)?)),
        "tuple" => Type::Tuple(items(json, ty)?),
        _ => {
            let name = json.string()?;
            json.more(&mut first, b']')?;
            match kind.as_str() {
                "record" => Type::Record(name, named(json)?),
                _ => Type::Enum(name, items(json, |json| json.string())?),
            }
        }
    };
    json.more(&mut first, b']')?;
    Ok(read)
}

fn plain(name: &str) -> Option<Type> {
    let number = |bits: &str| bits.parse::<u32>().ok().filter(|bits| [8, 16, 32, 64].contains(bits)).map(|b| b / 8);
    Some(match name {
        "bool" => Type::Bool,
        "char" => Type::Char,
        "string" => Type::String,
        "json" => Type::Json,
        _ => match name.split_at_checked(1)? {
            ("s", bits) => Type::Int { signed: true, bytes: number(bits)? },
            ("u", bits) => Type::Int { signed: false, bytes: number(bits)? },
            ("f", bits) => Type::Float(number(bits)?),
            _ => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::{Block, Type};

    #[test]
    fn a_block_is_read_with_its_types() {
        let text = r#"["select 1", [["t", ["list", ["record", "row", [["a", "s64"], ["b", ["option", "f32"]]]]]]],
            [["x", ["tuple", ["string", ["enum", "color", ["red"]], "u8", "flags"]]]]]"#;
        let block = Block::read(text).unwrap();
        assert_eq!((block.sql.as_str(), block.inputs[0].name.as_str()), ("select 1", "t"));
        assert_eq!(block.inputs[0].ty.to_string(), "list<row>");
        let Type::List(row) = &block.inputs[0].ty else { panic!("no list") };
        let Type::Record(_, fields) = &**row else { panic!("no record") };
        assert_eq!(fields[1].1, Type::Option(Box::new(Type::Float(4))));
        assert_eq!(block.outputs[0].ty.to_string(), "tuple<string, color, u8, flags>");
        assert!(Block::read("[1]").is_err());
    }
}
