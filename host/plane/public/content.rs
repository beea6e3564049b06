//! The bytes of a file as a stream. They are handed on as they are, without a copy.

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;
use wasmtime_wasi_io::poll::Pollable;
use wasmtime_wasi_io::streams::{InputStream, StreamError, StreamResult};

/// Bytes, and the right to hold them.
pub(super) struct Held {
    pub(super) bytes: Bytes,
    /// For those that are too large to be kept.
    pub(super) _room: Option<OwnedSemaphorePermit>,
}

/// A part of a file that was not read yet.
pub(super) struct Content(Held);

impl Content {
    /// A part, cut to what there is.
    pub(super) fn new(mut held: Held, offset: u64, length: u64) -> Self {
        let size = held.bytes.len();
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(size);
        let end = start.saturating_add(usize::try_from(length).unwrap_or(usize::MAX)).min(size);
        held.bytes = held.bytes.slice(start..end);
        Self(held)
    }
}

#[wasmtime_wasi_io::async_trait]
impl Pollable for Content {
    async fn ready(&mut self) {}
}

#[wasmtime_wasi_io::async_trait]
impl InputStream for Content {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        let bytes = &mut self.0.bytes;
        if bytes.is_empty() { Err(StreamError::Closed) } else { Ok(bytes.split_to(size.min(bytes.len()))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_cut_to_what_there_is() {
        let part = |offset, length| {
            let held = Held { bytes: Bytes::from_static(b"0123456789"), _room: None };
            let mut content = Content::new(held, offset, length);
            let mut read = Vec::new();
            while let Ok(bytes) = content.read(3) {
                read.extend(bytes);
            }
            String::from_utf8(read).unwrap()
        };
        assert_eq!(part(0, 10), "0123456789");
        assert_eq!((part(8, u64::MAX), part(u64::MAX, 1), part(2, 0)), ("89".to_owned(), String::new(), String::new()));
    }
}
