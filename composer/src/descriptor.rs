//! Writes the byte form of a type that the codec reads (`components/codec/src/descriptor.rs` lists the tags).

use crate::types::{Shape, Type};

/// The descriptor of one type.
pub fn of(ty: &Type) -> Vec<u8> {
    let mut out = Vec::new();
    write(ty, &mut out);
    out
}

/// The descriptor of a record with these fields: a node's inputs, or its outputs, as one value.
pub fn of_record<'a>(fields: impl ExactSizeIterator<Item = (&'a str, &'a Type)>) -> Vec<u8> {
    let mut out = vec![RECORD];
    count(fields.len(), &mut out);
    for (field, ty) in fields {
        name(field, &mut out);
        write(ty, &mut out);
    }
    out
}

const LIST: u8 = 14;
const OPTION: u8 = 15;
const RESULT: u8 = 16;
const TUPLE: u8 = 17;
const RECORD: u8 = 18;
const VARIANT: u8 = 19;
const ENUM: u8 = 20;
const FLAGS: u8 = 21;

fn write(ty: &Type, out: &mut Vec<u8>) {
    match ty {
        Type::Bool => out.push(0),
        Type::S8 => out.push(1),
        Type::U8 => out.push(2),
        Type::S16 => out.push(3),
        Type::U16 => out.push(4),
        Type::S32 => out.push(5),
        Type::U32 => out.push(6),
        Type::S64 => out.push(7),
        Type::U64 => out.push(8),
        Type::F32 => out.push(9),
        Type::F64 => out.push(10),
        Type::Char => out.push(11),
        Type::String => out.push(12),
        Type::Json => out.push(13),
        Type::List(inner) => {
            out.push(LIST);
            write(inner, out);
        }
        Type::Option(inner) => {
            out.push(OPTION);
            write(inner, out);
        }
        Type::Result(ok, err) => {
            out.push(RESULT);
            maybe(ok.as_deref(), out);
            maybe(err.as_deref(), out);
        }
        Type::Tuple(items) => {
            out.push(TUPLE);
            count(items.len(), out);
            items.iter().for_each(|item| write(item, out));
        }
        Type::Named(named) => match &named.shape {
            Shape::Record(fields) => {
                out.push(RECORD);
                count(fields.len(), out);
                for (field, ty) in fields {
                    name(field, out);
                    write(ty, out);
                }
            }
            Shape::Variant(cases) => {
                out.push(VARIANT);
                count(cases.len(), out);
                for (case, ty) in cases {
                    name(case, out);
                    maybe(ty.as_ref(), out);
                }
            }
            Shape::Enum(names) => names_of(ENUM, names, out),
            Shape::Flags(names) => names_of(FLAGS, names, out),
        },
    }
}

fn names_of(tag: u8, names: &[String], out: &mut Vec<u8>) {
    out.push(tag);
    count(names.len(), out);
    names.iter().for_each(|n| name(n, out));
}

fn maybe(ty: Option<&Type>, out: &mut Vec<u8>) {
    out.push(u8::from(ty.is_some()));
    if let Some(ty) = ty {
        write(ty, out);
    }
}

fn name(text: &str, out: &mut Vec<u8>) {
    count(text.len(), out);
    out.extend_from_slice(text.as_bytes());
}

/// LEB128.
fn count(mut value: usize, out: &mut Vec<u8>) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}
