//! A file's other forms: compressed once, when it is published, and never while somebody waits for it.

use std::io::Write as _;

use crate::markup;

/// Below this a header of a coding costs about what it saves.
const LEAST: usize = 256;

/// Above this nothing is compressed: the time is bounded.
const MOST: usize = 16 << 20;

/// Up to this size brotli does its best; above, what is quick.
const BEST: usize = 512 << 10;

/// What has to be known of a file to send it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Finished {
    /// Digests of the styles of a page.
    pub styles: String,
    /// Codings and bytes.
    pub forms: Vec<(&'static str, Vec<u8>)>,
}

/// Finishes a file.
#[must_use]
pub fn finish(media: &str, bytes: &[u8]) -> Finished {
    let kind = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_page = matches!(kind.as_str(), "text/html" | "application/xhtml+xml");
    let styles = match std::str::from_utf8(bytes) {
        Ok(html) if is_page => markup::styles(html),
        _ => String::new(),
    };
    let forms = if (LEAST..=MOST).contains(&bytes.len()) && shrinks(&kind) {
        let forms = [("br", brotli(bytes)), ("gzip", gzip(bytes))];
        forms
            .into_iter()
            .filter_map(|(coding, made)| Some((coding, made?)))
            .filter(|(_, made)| made.len() < bytes.len())
            .collect()
    } else {
        Vec::new()
    };
    Finished { styles, forms }
}

/// Whether a media type is text of some kind, or something else that is not compressed in itself.
fn shrinks(kind: &str) -> bool {
    kind.starts_with("text/")
        || kind.ends_with("+xml")
        || kind.ends_with("+json")
        || matches!(
            kind,
            "application/json"
                | "application/xml"
                | "application/javascript"
                | "application/wasm"
                | "application/rtf"
                | "application/x-ndjson"
                | "font/ttf"
                | "font/otf"
                | "image/bmp"
                | "image/x-icon"
        )
}

fn brotli(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut made = Vec::with_capacity(bytes.len() / 2);
    let quality = if bytes.len() <= BEST { 11 } else { 6 };
    let mut writer = brotli::CompressorWriter::new(&mut made, 64 << 10, quality, 22);
    writer.write_all(bytes).and_then(|()| writer.flush()).ok()?;
    drop(writer);
    Some(made)
}

fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    // No name and no time in its header: the same bytes give the same bytes.
    let mut writer = flate2::write::GzEncoder::new(Vec::with_capacity(bytes.len() / 2), flate2::Compression::best());
    writer.write_all(bytes).ok()?;
    writer.finish().ok()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn forms_are_smaller_and_say_the_same() {
        let text = "<p>many words, many words, and more words</p>\n".repeat(60);
        let finished = finish("text/html; charset=utf-8", text.as_bytes());
        let [("br", br), ("gzip", gzip)] = finished.forms.as_slice() else { panic!("{finished:?}") };
        assert!(br.len() < gzip.len() && gzip.len() < text.len() / 10);
        let mut read = String::new();
        brotli::Decompressor::new(br.as_slice(), 4096).read_to_string(&mut read).unwrap();
        assert_eq!(read, text);
        read.clear();
        flate2::read::GzDecoder::new(gzip.as_slice()).read_to_string(&mut read).unwrap();
        assert_eq!(read, text);
        assert_eq!(finish("text/html", text.as_bytes()).forms, finished.forms);
    }

    #[test]
    fn what_does_not_shrink_stays_as_it_is() {
        let noise: Vec<u8> = (0u32..2000).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        assert!(finish("text/plain", &noise).forms.iter().all(|(_, bytes)| bytes.len() < noise.len()));
        assert!(finish("image/png", &[0; 4096]).forms.is_empty());
        assert!(finish("text/plain", b"short").forms.is_empty());
    }
}
