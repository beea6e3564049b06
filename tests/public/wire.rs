//! What is published, as it is seen over a connection.

use bytes::Bytes;

use crate::server::{HOST, Server};
use crate::site::{asset, page};

fn served() -> Server {
    let long = format!("#+TITLE: Start\n\n{}\n", "Many words and more words. ".repeat(200));
    let pages = vec![
        page("/", &long),
        page("/posts/", "#+TITLE: Posts\n"),
        page("/posts/one", "#+TITLE: One\n#+DATE: 2026-11-01\n"),
    ];
    let bytes: Vec<u8> = (0..=255u8).cycle().take(100_000).collect();
    let assets = vec![
        asset("/x.png", bytes),
        asset("/large.bin", Bytes::from(vec![7; 9 << 20])),
        asset("/.well-known/did.json", "{\"id\": \"did:web:www.example.org\"}"),
    ];
    Server::with(pages, assets)
}

#[test]
fn a_site_is_served() {
    let server = served();
    let start = server.get("/");
    assert_eq!((start.status, start.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(start.text().contains("<title>Start</title>"));
    assert_eq!(start.header("content-length"), Some(start.body.len().to_string().as_str()));
    assert_eq!(start.header("cache-control"), Some("public, max-age=0, must-revalidate"));
    assert_eq!((start.header("vary"), start.header("content-encoding")), (Some("accept-encoding"), None));
    let policy = start.header("content-security-policy").unwrap();
    assert!(
        policy.contains(&wb::page::styles()) && policy.starts_with("default-src 'none'") && !policy.contains("unsafe")
    );
    for (name, value) in [("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer")] {
        assert_eq!(start.header(name), Some(value));
    }
    assert_eq!((start.header("set-cookie"), start.header("server")), (None, None));
    assert!(!start.text().contains("<script") && !start.text().contains("localhost"));
    for (target, media) in [
        ("/posts/one", "text/html; charset=utf-8"),
        ("/posts/", "text/html; charset=utf-8"),
        ("/feed.xml", "application/atom+xml; charset=utf-8"),
        ("/sitemap.xml", "application/xml"),
        ("/robots.txt", "text/plain; charset=utf-8"),
        ("/x.png", "image/png"),
        ("/.well-known/did.json", "application/did+json"),
    ] {
        let answer = server.get(target);
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(media)), "{target}");
    }
    assert_eq!(server.get("/large.bin").body, vec![7; 9 << 20]);
    for (target, location) in [("/posts", "/posts/"), ("/posts/one/?a=b", "/posts/one?a=b")] {
        let answer = server.get(target);
        assert_eq!((answer.status, answer.header("location")), (308, Some(location)));
    }
    let missing = server.get("/none");
    assert!(missing.status == 404 && missing.text().contains("Not found") && missing.header("etag").is_none());
    assert_eq!(*server.faults.lock().unwrap(), [] as [&str; 0]);
}

#[test]
fn compressed_forms_are_what_they_are_forms_of() {
    let server = served();
    let plain = server.get("/");
    let gzip = server.ask("GET", "/", "accept-encoding: gzip\r\n");
    assert_eq!((gzip.header("content-encoding"), gzip.header("vary")), (Some("gzip"), Some("accept-encoding")));
    assert!(gzip.body.len() < plain.body.len());
    let mut read = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&gzip.body[..]), &mut read).unwrap();
    assert_eq!(read, plain.body);
    let br = server.ask("GET", "/", "accept-encoding: gzip, deflate, br, zstd\r\n");
    assert_eq!(br.header("content-encoding"), Some("br"));
    assert!(br.body.len() < gzip.body.len());
    let tags: std::collections::BTreeSet<_> = [&plain, &gzip, &br].map(|answer| answer.header("etag").unwrap()).into();
    assert_eq!(tags.len(), 3);
}

#[test]
fn the_head_is_that_of_the_whole() {
    let server = served();
    for target in ["/", "/posts", "/none", "/x.png", "/%ff", "/large.bin"] {
        for headers in ["", "accept-encoding: br\r\n", "if-none-match: *\r\n"] {
            let (get, head) = (server.ask("GET", target, headers), server.ask("HEAD", target, headers));
            assert_eq!(get.lasting(), head.lasting(), "{target} {headers}");
            assert!(head.body.is_empty());
        }
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"] {
        let answer = server.ask(method, "/", "content-length: 0\r\n");
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")), "{method}");
    }
    assert_eq!(*server.faults.lock().unwrap(), [] as [&str; 0]);
}

#[test]
fn conditions_and_parts_are_kept() {
    let server = served();
    let tag = server.get("/x.png").header("etag").unwrap().to_owned();
    let same = server.ask("GET", "/x.png", &format!("if-none-match: \"x\", W/{tag}\r\n"));
    assert_eq!((same.status, same.body.len(), same.header("etag")), (304, 0, Some(tag.as_str())));
    let part = server.ask("GET", "/x.png", "range: bytes=256-511\r\n");
    assert_eq!((part.status, part.header("content-range")), (206, Some("bytes 256-511/100000")));
    assert_eq!(part.body, (0..=255).collect::<Vec<u8>>());
    let last = server.ask("GET", "/large.bin", &format!("range: bytes={}-\r\n", (9 << 20) - 3));
    assert_eq!((last.status, last.body), (206, vec![7; 3]));
    let none = server.ask("GET", "/x.png", "range: bytes=100000-\r\n");
    assert_eq!((none.status, none.header("content-range")), (416, Some("bytes */100000")));
    let stale = server.ask("GET", "/x.png", "range: bytes=0-1\r\nif-range: \"x\"\r\n");
    assert_eq!((stale.status, stale.body.len()), (200, 100_000));
    assert_eq!(server.ask("GET", "/x.png", "if-match: \"x\"\r\n").status, 412);
    assert_eq!(server.ask("GET", "/x.png", "accept-encoding: identity;q=0\r\n").status, 406);
}

#[test]
fn one_connection_answers_many_requests() {
    let server = served();
    let request = format!("GET /posts/one HTTP/1.1\r\nhost: {HOST}\r\n\r\n");
    let last = format!("GET /robots.txt HTTP/1.1\r\nhost: {HOST}\r\nconnection: close\r\n\r\n");
    let answers =
        server.raw(format!("{request}{request}HEAD / HTTP/1.1\r\nhost: {HOST}\r\n\r\n{last}").as_bytes()).unwrap();
    let text = answers.head.clone() + &answers.text();
    assert_eq!(text.matches("HTTP/1.1 200 OK").count(), 4, "{text}");
    assert!(text.ends_with("Sitemap: https://www.example.org/sitemap.xml\n"));
}

#[test]
fn a_remembered_answer_is_the_same() {
    let server = served();
    for headers in
        ["", "accept-encoding: br\r\n", "if-none-match: *\r\n", "accept-encoding: gzip\r\nif-none-match: \"x\"\r\n"]
    {
        let first = server.ask("GET", "/", headers);
        let again = server.ask("GET", "/", headers);
        assert_eq!((first.lasting(), &first.body), (again.lasting(), &again.body), "{headers}");
        assert_ne!(first.header("x-request-id"), again.header("x-request-id"));
        // This one goes to the component in any case.
        let anew = server.ask("GET", "/", &format!("{headers}cache-control: no-cache\r\n"));
        assert_eq!((first.lasting(), &first.body), (anew.lasting(), &anew.body), "{headers}");
    }
    // A wish for another form is another request, and so is another method.
    assert_eq!(server.ask("GET", "/", "accept-encoding: identity\r\n").header("content-encoding"), None);
    assert_eq!(
        server.ask("GET", "/", "accept-encoding: br\r\nrange: bytes=0-0\r\n").header("content-encoding"),
        Some("br")
    );
    assert!(server.ask("HEAD", "/", "").body.is_empty());
    assert_eq!(server.ask("POST", "/", "content-length: 0\r\n").status, 405);
}
