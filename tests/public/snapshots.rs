//! Publishing while it is served: an answer is of one snapshot, and the newest is seen.

use std::io::{Read as _, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use wb::store::published::File;
use wb::store::{Digest, Store};

use crate::server::{Answer, HOST, PATIENCE, Server, tenant};

fn file(path: &str, coding: &str, text: String) -> File {
    let (path, coding) = (path.to_owned(), coding.to_owned());
    File { path, coding, media: "text/html; charset=utf-8".into(), styles: String::new(), bytes: Bytes::from(text) }
}

/// A site that says everywhere which of its snapshots it is. The forms are no codings of each other, so that one sees
/// which of them came.
fn snapshot(number: usize) -> Vec<File> {
    let body = |name: &str| format!("<{number} {name} {}>", "x".repeat(100 * number));
    vec![file("/index.html", "", body("plain")), file("/index.html", "br", body("br")), file("/a.html", "", body("a"))]
}

fn publish(store: &Store, runtime: &tokio::runtime::Runtime, number: usize) {
    let sites = store.of(&tenant()).published();
    runtime.block_on(sites.publish("s", &snapshot(number), "")).unwrap();
}

/// Which snapshot an answer says it is of.
fn number(answer: &Answer) -> usize {
    answer.text().trim_start_matches('<').split(' ').next().unwrap().parse().unwrap()
}

/// Requests on one connection until so many were sent by all. Every answer is one whole snapshot's.
fn visit(server: &Server, sent: &AtomicUsize, total: usize) {
    let mut stream = server.connect();
    let mut all = Vec::new();
    while sent.fetch_add(1, Ordering::SeqCst) < total {
        let (target, accept) = match sent.load(Ordering::SeqCst) % 3 {
            0 => ("/", "br"),
            1 => ("/", "identity"),
            _ => ("/a", "br"),
        };
        let request = format!("GET {target} HTTP/1.1\r\nhost: {HOST}\r\naccept-encoding: {accept}\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        all.clear();
        let answer = loop {
            let mut part = [0; 16384];
            let count = stream.read(&mut part).unwrap();
            assert!(count > 0, "the connection ended");
            all.extend_from_slice(&part[..count]);
            let Some(answer) = Answer::parse(&all) else { continue };
            let length: usize = answer.header("content-length").unwrap().parse().unwrap();
            if answer.body.len() >= length {
                break answer;
            }
        };
        assert_eq!(answer.status, 200);
        let name = match (target, accept) {
            ("/a", _) => "a",
            (_, "br") => "br",
            _ => "plain",
        };
        let number = number(&answer);
        assert_eq!(answer.text(), format!("<{number} {name} {}>", "x".repeat(100 * number)));
        // Head and body are of the same bytes.
        let tag = format!("\"{}\"", Digest::of(&answer.body));
        assert_eq!(answer.header("etag"), Some(tag.as_str()));
    }
}

#[test]
fn every_answer_is_of_one_snapshot() {
    let server = Server::start();
    publish(&server.store, &server.runtime, 1);
    server.shows(HOST, "s");
    let (sent, total) = (AtomicUsize::new(0), 1000);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| visit(&server, &sent, total));
        }
        let mut next = 2;
        while sent.load(Ordering::SeqCst) < total {
            publish(&server.store, &server.runtime, next);
            // What this process has published is what it serves from then on.
            assert_eq!(number(&server.get("/a")), next);
            if next % 3 == 0 {
                let sites = server.store.of(&tenant()).published();
                server.runtime.block_on(sites.rollback("s", None)).unwrap();
                assert_eq!(number(&server.get("/a")), next - 1);
            }
            next += 1;
        }
        assert!(next > 3, "nothing was published meanwhile");
    });
    assert_eq!(*server.faults.lock().unwrap(), [] as [&str; 0]);
}

#[test]
fn what_another_process_publishes_is_seen() {
    let server = Server::start();
    publish(&server.store, &server.runtime, 1);
    server.shows(HOST, "s");
    assert_eq!(number(&server.get("/")), 1);
    let other = server.runtime.block_on(Store::open(&server.options)).unwrap();
    publish(&other, &server.runtime, 2);
    let begun = Instant::now();
    while number(&server.get("/")) != 2 {
        assert!(begun.elapsed() < PATIENCE, "it is never seen");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_is_withdrawn_is_gone_at_once() {
    let server = Server::start();
    publish(&server.store, &server.runtime, 1);
    server.shows(HOST, "s");
    assert_eq!(server.get("/").status, 200);
    let scope = server.store.of(&tenant());
    server.runtime.block_on(scope.published().withdraw("s")).unwrap();
    assert_eq!(server.get("/").status, 404);
    publish(&server.store, &server.runtime, 2);
    assert_eq!(number(&server.get("/")), 2);
    server.runtime.block_on(scope.domains().remove(HOST)).unwrap();
    assert_eq!(server.get("/").status, 404);
}

#[test]
fn without_a_database_there_is_a_503_until_it_is_back() {
    let server = Server::start();
    publish(&server.store, &server.runtime, 1);
    server.shows(HOST, "s");
    assert_eq!(server.get("/").status, 200);
    let database = rusqlite::Connection::open(server.folder().join("data/registry.db")).unwrap();
    database.busy_timeout(PATIENCE).unwrap();
    let until = |status: u16| {
        let begun = Instant::now();
        loop {
            let answer = server.get("/");
            if answer.status == status {
                return answer;
            }
            assert!(begun.elapsed() < PATIENCE, "still {}", answer.status);
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    database.execute_batch("ALTER TABLE domains RENAME TO gone").unwrap();
    let answer = until(503);
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert!(answer.text().contains("\"retryable\":true") && !answer.text().contains("domains"), "{}", answer.text());
    assert!(!server.faults.lock().unwrap().is_empty());
    database.execute_batch("ALTER TABLE gone RENAME TO domains").unwrap();
    assert_eq!(number(&until(200)), 1);
}

#[test]
fn without_its_bytes_a_page_is_a_503() {
    let server = Server::start();
    publish(&server.store, &server.runtime, 1);
    server.shows(HOST, "s");
    let blobs = server.folder().join("data/blobs");
    std::fs::rename(&blobs, server.folder().join("away")).unwrap();
    let answer = server.get("/");
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(server.faults.lock().unwrap().iter().any(|fault| fault.contains("blob")), "{:?}", server.faults);
    std::fs::rename(server.folder().join("away"), &blobs).unwrap();
    assert_eq!(number(&server.get("/")), 1);
}
