//! The host's snapshot.

use super::wasi::io::streams::{InputStream, OutputStream};
use super::wb::plane::published as host;
use crate::request::{File, Form, Published};

pub(super) struct Here;

impl Published for Here {
    fn find(&mut self, paths: &[String]) -> Option<File> {
        let form = |form: host::Form| Form { coding: form.coding, tag: form.tag, size: form.size };
        host::find(paths).map(|file| File {
            which: file.which as usize,
            media: file.media,
            styles: file.styles,
            forms: file.forms.into_iter().map(form).collect(),
        })
    }
}

/// A part of a file.
pub(super) struct Part {
    from: InputStream,
    left: u64,
}

impl Part {
    /// `None`: its bytes cannot be had just now.
    pub(super) fn open(path: &str, coding: &str, offset: u64, length: u64) -> Option<Self> {
        host::read(path, coding, offset, length).map(|from| Self { from, left: length })
    }

    /// Sends it, as far as somebody reads it.
    pub(super) fn send(mut self, stream: &OutputStream) {
        while self.left > 0 {
            match stream.blocking_splice(&self.from, self.left) {
                Ok(count) => self.left = self.left.saturating_sub(count),
                Err(_) => break,
            }
        }
    }
}
