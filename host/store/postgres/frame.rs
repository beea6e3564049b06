//! Messages of protocol 3 as bytes, and values as the server sends them.

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};

use crate::store::database::Value;
use crate::store::error::{Error, Result};

const INT8: u32 = 20;
const TEXT: u32 = 25;
const BYTEA: u32 = 17;

/// A message: its letter, its length, what `fill` writes.
pub(super) fn message(out: &mut BytesMut, letter: u8, fill: impl FnOnce(&mut BytesMut)) {
    out.put_u8(letter);
    untyped(out, fill);
}

/// The first message of a connection has no letter.
pub(super) fn untyped(out: &mut BytesMut, fill: impl FnOnce(&mut BytesMut)) {
    let start = out.len();
    out.put_u32(0);
    fill(out);
    let length = u32::try_from(out.len() - start).unwrap_or(u32::MAX);
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
}

/// Text that ends with NUL.
pub(super) fn text(out: &mut BytesMut, text: &str) {
    out.put_slice(text.as_bytes());
    out.put_u8(0);
}

/// Parse, bind, describe, execute and sync, in one go.
pub(super) fn statement(out: &mut BytesMut, sql: &str, params: &[Value]) {
    let count = u16::try_from(params.len()).unwrap_or(u16::MAX);
    message(out, b'P', |out| {
        out.put_u8(0);
        text(out, sql);
        out.put_u16(count);
        for value in params {
            out.put_u32(match value {
                Value::Null => 0,
                Value::Int(_) => INT8,
                Value::Text(_) => TEXT,
                Value::Bytes(_) => BYTEA,
            });
        }
    });
    message(out, b'B', |out| {
        out.put_slice(&[0, 0]);
        out.put_slice(&[0, 1, 0, 1]);
        out.put_u16(count);
        for value in params {
            put(out, value);
        }
        out.put_slice(&[0, 1, 0, 1]);
    });
    message(out, b'D', |out| out.put_slice(b"P\0"));
    message(out, b'E', |out| out.put_slice(&[0, 0, 0, 0, 0]));
    message(out, b'S', |_| {});
}

fn put(out: &mut BytesMut, value: &Value) {
    let bytes: &[u8] = match value {
        Value::Null => return out.put_i32(-1),
        Value::Int(value) => {
            out.put_i32(8);
            return out.put_i64(*value);
        }
        Value::Text(value) => value.as_bytes(),
        Value::Bytes(value) => value,
    };
    // A message is at most 1 GiB; blobs are kept elsewhere.
    out.put_u32(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
    out.put_slice(bytes);
}

/// The types of the columns that follow.
pub(super) fn columns(mut body: Bytes) -> Result<Vec<u32>> {
    let count = short(&mut body)?;
    (0..count)
        .map(|_| {
            let end = body.iter().position(|byte| *byte == 0).ok_or_else(garbled)?;
            body.advance(end + 1);
            if body.len() < 18 {
                return Err(garbled());
            }
            body.advance(6);
            let kind = body.get_u32();
            body.advance(8);
            Ok(kind)
        })
        .collect()
}

/// The fields of a row.
pub(super) fn fields(mut body: Bytes, kinds: &[u32]) -> Result<Vec<Value>> {
    if usize::from(short(&mut body)?) != kinds.len() {
        return Err(garbled());
    }
    kinds
        .iter()
        .map(|kind| {
            if body.len() < 4 {
                return Err(garbled());
            }
            let Ok(length) = usize::try_from(body.get_i32()) else { return Ok(Value::Null) };
            if body.len() < length {
                return Err(garbled());
            }
            field(*kind, body.split_to(length))
        })
        .collect()
}

fn field(kind: u32, mut bytes: Bytes) -> Result<Value> {
    Ok(match (kind, bytes.len()) {
        (INT8, 8) => Value::Int(bytes.get_i64()),
        (23, 4) => Value::Int(bytes.get_i32().into()),
        (21, 2) => Value::Int(bytes.get_i16().into()),
        (16, 1) => Value::Int(bytes.get_u8().into()),
        (TEXT | 1043 | 19, _) => {
            let text = String::from_utf8(bytes.to_vec());
            Value::Text(text.map_err(|_| Error::Corrupt("a text of the database is not UTF-8".to_owned()))?)
        }
        (BYTEA, _) => Value::Bytes(bytes.to_vec()),
        // `void`, of a function that gives nothing.
        (2278, _) => Value::Null,
        _ => return Err(Error::Corrupt(format!("the database answers with the type {kind}"))),
    })
}

/// How many rows a command says it changed: the last word of its tag.
pub(super) fn changed(body: &[u8]) -> u64 {
    let tag = String::from_utf8_lossy(body);
    tag.trim_end_matches('\0').rsplit(' ').next().and_then(|count| count.parse().ok()).unwrap_or(0)
}

/// What an error of the server means for us.
pub(super) fn failure(body: &[u8]) -> Error {
    let field = |letter: u8| {
        let mut fields = body.split(|byte| *byte == 0);
        let found = fields.find(|field| field.first() == Some(&letter));
        found.map(|field| String::from_utf8_lossy(&field[1..]).into_owned()).unwrap_or_default()
    };
    let code = field(b'C');
    let text = format!("PostgreSQL: {} ({code})", field(b'M'));
    match code.as_str() {
        "40001" | "40P01" => Error::Serialization(text),
        "53100" => Error::Full(text),
        "25006" => Error::ReadOnly(text),
        // Our own deadline, a lock we waited too long for, a server that goes down or comes up.
        "57014" | "55P03" | "57P01" | "57P02" | "57P03" | "25P03" => Error::Unavailable(text),
        "XX001" | "XX002" => Error::Corrupt(text),
        _ if code.starts_with("23") => Error::Conflict(text),
        _ if code.starts_with("08") || code.starts_with("53") || code.starts_with("58") => Error::Unavailable(text),
        // Who we say we are is not believed, or the database is not there: somebody has to set it up, and may.
        _ if code.starts_with("28") || code == "3D000" => Error::Unavailable(text),
        _ => Error::Invalid(text),
    }
}

fn short(body: &mut Bytes) -> Result<u16> {
    if body.len() < 2 { Err(garbled()) } else { Ok(body.get_u16()) }
}

/// The server said something it may not say.
pub(super) fn garbled() -> Error {
    Error::Unavailable("the database's answer is not understood".to_owned())
}
