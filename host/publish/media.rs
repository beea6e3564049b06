//! Media types by the endings of files.

/// The media type of a file by its ending; bytes of which nothing is known are to be saved and not shown.
#[must_use]
pub fn media_of(path: &str) -> &'static str {
    let name = path.rsplit('/').next().unwrap_or_default();
    if path == "/.well-known/did.json" {
        return "application/did+json";
    }
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    match ending.as_str() {
        "html" | "htm" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" | "org" | "md" | "log" => "text/plain; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        "ics" => "text/calendar; charset=utf-8",
        "xml" | "xsl" => "application/xml",
        "atom" => "application/atom+xml",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "ico" => "image/x-icon",
        "bmp" => "image/bmp",
        "pdf" => "application/pdf",
        "wasm" => "application/wasm",
        "zip" => "application/zip",
        "gz" => "application/gzip",
        "woff2" => "font/woff2",
        "woff" => "font/woff",
        "ttf" => "font/ttf",
        "otf" => "font/otf",
        "mp3" => "audio/mpeg",
        "ogg" | "oga" => "audio/ogg",
        "wav" => "audio/wav",
        "mp4" => "video/mp4",
        "webm" => "video/webm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::media_of;

    #[test]
    fn endings_say_what_a_file_is() {
        assert_eq!(media_of("/a.b/C.PNG"), "image/png");
        assert_eq!(media_of("/.well-known/did.json"), "application/did+json");
        assert_eq!(["/a.html/b", "/a.", "/.html?", ""].map(media_of), ["application/octet-stream"; 4]);
    }
}
