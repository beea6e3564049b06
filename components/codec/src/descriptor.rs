//! The byte form of a type: a pre-order walk, one tag byte per node.
//!
//! Counts are LEB128 `u32`; names are a count and UTF-8 bytes. `wb-composer` writes it (`composer/src/descriptor.rs`),
//! this reads it; both sides list the tags, and a test over every tag keeps them equal.

/// A value type of the component model, plus `json`: a string that holds one JSON document.
#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    /// `bool`
    Bool,
    /// `s8 s16 s32 s64`, by size in bytes.
    Signed(u32),
    /// `u8 u16 u32 u64`, by size in bytes.
    Unsigned(u32),
    /// `f32 f64`, by size in bytes.
    Float(u32),
    /// `char`
    Char,
    /// `string`
    String,
    /// A string holding JSON text.
    Json,
    /// `list<T>`
    List(Box<Type>),
    /// `option<T>`
    Option(Box<Type>),
    /// `result<T, E>`
    Result(Option<Box<Type>>, Option<Box<Type>>),
    /// `tuple<…>`
    Tuple(Vec<Type>),
    /// `record`, or the ports of a node.
    Record(Vec<(String, Type)>),
    /// `variant`
    Variant(Vec<(String, Option<Type>)>),
    /// `enum`
    Enum(Vec<String>),
    /// `flags`, at most 32.
    Flags(Vec<String>),
}

/// The tag bytes.
#[allow(missing_docs, reason = "one per type; the names say it")]
pub mod tag {
    pub const BOOL: u8 = 0;
    pub const S8: u8 = 1;
    pub const U8: u8 = 2;
    pub const S16: u8 = 3;
    pub const U16: u8 = 4;
    pub const S32: u8 = 5;
    pub const U32: u8 = 6;
    pub const S64: u8 = 7;
    pub const U64: u8 = 8;
    pub const F32: u8 = 9;
    pub const F64: u8 = 10;
    pub const CHAR: u8 = 11;
    pub const STRING: u8 = 12;
    pub const JSON: u8 = 13;
    pub const LIST: u8 = 14;
    pub const OPTION: u8 = 15;
    pub const RESULT: u8 = 16;
    pub const TUPLE: u8 = 17;
    pub const RECORD: u8 = 18;
    pub const VARIANT: u8 = 19;
    pub const ENUM: u8 = 20;
    pub const FLAGS: u8 = 21;
}

/// Reads a descriptor. `None` when the bytes are not one, which only a bug in the composer can cause.
pub fn read(bytes: &[u8]) -> Option<Type> {
    let mut reader = Reader { bytes, at: 0 };
    let ty = reader.ty()?;
    (reader.at == bytes.len()).then_some(ty)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn count(&mut self) -> Option<u32> {
        let (mut value, mut shift) = (0u32, 0);
        loop {
            let byte = self.byte()?;
            value |= u32::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
            shift += 7;
        }
    }

    fn name(&mut self) -> Option<String> {
        let len = self.count()? as usize;
        let text = self.bytes.get(self.at..self.at + len)?;
        self.at += len;
        String::from_utf8(text.to_vec()).ok()
    }

    fn boxed(&mut self) -> Option<Box<Type>> {
        self.ty().map(Box::new)
    }

    fn many<T>(&mut self, item: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        (0..self.count()?).map(|_| item(self)).collect()
    }

    /// A presence byte, then the type.
    fn maybe(&mut self) -> Option<Option<Type>> {
        match self.byte()? {
            0 => Some(None),
            _ => self.ty().map(Some),
        }
    }

    fn ty(&mut self) -> Option<Type> {
        Some(match self.byte()? {
            tag::BOOL => Type::Bool,
            t @ (tag::S8 | tag::S16 | tag::S32 | tag::S64) => Type::Signed(1 << ((t - tag::S8) / 2)),
            t @ (tag::U8 | tag::U16 | tag::U32 | tag::U64) => Type::Unsigned(1 << ((t - tag::U8) / 2)),
            tag::F32 => Type::Float(4),
            tag::F64 => Type::Float(8),
            tag::CHAR => Type::Char,
            tag::STRING => Type::String,
            tag::JSON => Type::Json,
            tag::LIST => Type::List(self.boxed()?),
            tag::OPTION => Type::Option(self.boxed()?),
            tag::RESULT => Type::Result(self.maybe()?.map(Box::new), self.maybe()?.map(Box::new)),
            tag::TUPLE => Type::Tuple(self.many(Self::ty)?),
            tag::RECORD => Type::Record(self.many(|r| Some((r.name()?, r.ty()?)))?),
            tag::VARIANT => Type::Variant(self.many(|r| Some((r.name()?, r.maybe()?)))?),
            tag::ENUM => Type::Enum(self.many(Self::name)?),
            tag::FLAGS => Type::Flags(self.many(Self::name)?),
            _ => return None,
        })
    }
}
