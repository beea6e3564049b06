//! A value on a port, as the host holds it: bytes it does not look into.

use std::sync::Arc;

use crate::cache::Key;

/// A value. The host never interprets one; it hands it back to an adapter, or to a reader as JSON.
#[derive(Debug, Clone)]
pub enum Value {
    /// JSON text from outside: a workbook input or named data.
    Json(Arc<str>),
    /// What a node produced.
    Produced {
        /// The packed form (`components/codec/src/pack.rs`).
        packed: Arc<[u8]>,
        /// The JSON form, unless it was too large to be worth making.
        json: Option<Arc<str>>,
    },
}

impl Value {
    /// A digest that identifies the value.
    #[must_use]
    pub fn digest(&self) -> Key {
        match self {
            Self::Json(text) => Key::of("wb value json", &[text.as_bytes()]),
            Self::Produced { packed, .. } => Key::of("wb value packed", &[packed]),
        }
    }

    /// The JSON text, if there is one.
    #[must_use]
    pub fn json(&self) -> Option<&str> {
        match self {
            Self::Json(text) => Some(text),
            Self::Produced { json, .. } => json.as_deref(),
        }
    }

    /// Size in bytes of the form held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match self {
            Self::Json(text) => text.len(),
            Self::Produced { packed, .. } => packed.len(),
        }
    }
}

/// The outputs of one node as one cache entry: per output the packed bytes and the JSON, each behind its length.
#[must_use]
pub fn encode(outputs: &[Value]) -> Vec<u8> {
    let mut bytes = (outputs.len() as u32).to_le_bytes().to_vec();
    let mut part = |part: Option<&[u8]>| {
        let len = part.map_or(u64::MAX, |part| part.len() as u64);
        bytes.extend_from_slice(&len.to_le_bytes());
        bytes.extend_from_slice(part.unwrap_or_default());
    };
    for output in outputs {
        match output {
            Value::Json(text) => {
                part(None);
                part(Some(text.as_bytes()));
            }
            Value::Produced { packed, json } => {
                part(Some(packed));
                part(json.as_deref().map(str::as_bytes));
            }
        }
    }
    bytes
}

/// Reads what [`encode`] wrote. `None` for anything else.
#[must_use]
pub fn decode(mut bytes: &[u8]) -> Option<Vec<Value>> {
    let count = u32::from_le_bytes(take(&mut bytes, 4)?.try_into().ok()?);
    let mut part = || -> Option<Option<&[u8]>> {
        let len = u64::from_le_bytes(take(&mut bytes, 8)?.try_into().ok()?);
        if len == u64::MAX { Some(None) } else { take(&mut bytes, usize::try_from(len).ok()?).map(Some) }
    };
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(Arc::from);
    (0..count)
        .map(|_| match (part()?, part()?) {
            (Some(packed), json) => Some(Value::Produced { packed: packed.into(), json: json.and_then(text) }),
            (None, Some(json)) => Some(Value::Json(text(json)?)),
            (None, None) => None,
        })
        .collect()
}

fn take<'a>(bytes: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (head, tail) = bytes.split_at_checked(len)?;
    *bytes = tail;
    Some(head)
}

#[cfg(test)]
mod tests {
    use super::{Value, decode, encode};

    #[test]
    fn outputs_survive_and_damage_is_noticed() {
        let outputs = [
            Value::Produced { packed: [1, 2, 3].as_slice().into(), json: Some("[1]".into()) },
            Value::Produced { packed: [].as_slice().into(), json: None },
        ];
        let bytes = encode(&outputs);
        let back = decode(&bytes).unwrap();
        assert_eq!(format!("{back:?}"), format!("{outputs:?}"));
        assert!((0..bytes.len()).all(|cut| decode(&bytes[..cut]).is_none()));
    }
}
