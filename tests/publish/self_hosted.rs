//! `self-hosted` with the real server.

use serde_json::{Value, json};

use crate::client::Client;
use crate::common::Place;

/// A server, and a workbook in its folder with settings that lead to it.
fn server(more: &str) -> Client {
    let place = Place::with("#+title: First\n* A heading\nWords.\n").with_variable("WB_DATA", "data");
    let client = Client::at(place, &[]);
    let settings = format!(
        "#+PUBLISH_SOURCE: book.org\n#+PUBLISH_TARGET: self-hosted\n#+PUBLISH_URL: http://127.0.0.1:{}\n{more}",
        client.port()
    );
    client.place().folder.write("publish.org", settings);
    client
}

#[test]
fn a_server_on_this_machine_is_published_to() {
    let server = server("#+PUBLISH_DOMAIN: book.example.org\n");
    let place = server.place();
    let dry = crate::json(place, &["apply", "--dry-run"]);
    assert_eq!(
        (&dry["snapshot"], dry["hint"].as_str().unwrap().contains("first snapshot")),
        (&Value::Null, true),
        "{dry}"
    );
    assert_eq!(server.value("/api/sites")["items"], json!([]));
    let told = crate::json(place, &["apply"]);
    assert_eq!((&told["snapshot"], &told["address"]), (&json!(1), &json!("https://book.example.org")), "{told}");
    let page = server.public("GET", "/", "book.example.org");
    assert!(page.status == 200 && page.body.contains("<title>First</title>"), "{page:?}");
    place.folder.write("book.org", "#+title: Second\n* x\n");
    place.wb(&["publish", "apply"]).exits(0).prints(&["https://book.example.org\n"]).complains(&["snapshot 2"]);
    assert!(server.public("GET", "/", "book.example.org").body.contains("Second"));
    let back = crate::json(place, &["rollback"]);
    assert_eq!(back["snapshot"], 1);
    assert!(server.public("GET", "/", "book.example.org").body.contains("First"));
    assert_eq!(crate::json(place, &["rollback", "--to", "2"])["snapshot"], 2);
    place.wb(&["publish", "rollback", "--to", "9"]).exits(4);
    place.wb(&["publish", "rollback", "--to", "x"]).exits(2).complains(&["no number"]);
}

#[test]
fn a_key_that_may_publish_is_enough_and_no_other_is() {
    let server = server("#+PUBLISH_PROJECT: docs\n");
    let key = |scope: &str| {
        let made = server.place().wb(&["key", "create", scope, "--scope", scope, "--data", "data"]).exits(0);
        made.stdout.trim().lines().last().unwrap().trim().to_owned()
    };
    let with = |token: &str, arguments: &[&str]| {
        let mut command = server.place().command(arguments);
        command.env("WB_TOKEN", token).env("WB_DATA", "elsewhere");
        let ran = crate::common::Running::start(command, b"").wait();
        assert!(!format!("{}{}", ran.stdout, ran.stderr).contains(token), "the token is told: {}", ran.brief());
        ran
    };
    let token = key("publish");
    with(&token, &["publish", "apply"]).exits(0).complains(&["snapshot 1", "PUBLISH_DOMAIN"]);
    with(&key("read"), &["publish", "apply"]).exits(7).complains(&["answered 403"]);
    with("wrong-token-entirely", &["publish", "apply"]).exits(7).complains(&["answered 401", "WB_TOKEN"]);
    with("no\nheader at all", &["publish", "apply"]).exits(1).complains(&["the token has characters"]);
    assert_eq!(server.value("/api/sites")["items"][0]["latest"], 1);
}

#[test]
fn a_token_goes_to_nobody_else() {
    let settings = |url: &str| {
        let text = format!("#+PUBLISH_SOURCE: book.org\n#+PUBLISH_TARGET: self-hosted\n#+PUBLISH_URL: {url}\n");
        let place = Place::with("* A heading\n").with_variable("WB_TOKEN", "hunter2hunter2");
        place.folder.write("publish.org", text);
        place
    };
    settings("http://example.org").wb(&["publish", "apply"]).exits(7).complains(&["plain `http`", "https"]);
    settings("http://127.0.0.1.example.org:4000").wb(&["publish", "apply"]).exits(7).complains(&["plain `http`"]);
    settings("http://127.0.0.1:1").wb(&["publish", "apply"]).exits(3).complains(&["cannot reach", "wb serve"]);
    // A redirect is not followed.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = settings(&format!("http://{}", listener.local_addr().unwrap()));
    let answering = std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = [0; 4096];
        let read = stream.read(&mut head).unwrap();
        let text = "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://example.org/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        stream.write_all(text.as_bytes()).unwrap();
        String::from_utf8_lossy(&head[..read]).into_owned()
    });
    let ran = place.wb(&["publish", "apply"]).exits(1).complains(&["answered 307"]);
    assert!(!ran.stderr.contains("hunter2"));
    let head = answering.join().unwrap().to_ascii_lowercase();
    assert!(head.contains("idempotency-key: ") && head.contains("authorization: bearer hunter2"), "{head}");
    // Without a token anywhere nothing is asked.
    let place = Place::with("* x\n").with_variable("WB_DATA", "nowhere");
    place.folder.write("publish.org", "#+PUBLISH_TARGET: self-hosted\n#+PUBLISH_URL: http://127.0.0.1:1\n");
    place.wb(&["publish", "apply", "book.org"]).exits(7).complains(&["no token", "WB_TOKEN"]);
}

#[test]
fn a_site_of_many_pages_goes_to_a_server() {
    let server = server("");
    let place = server.place();
    place.folder.write("s/site.org", format!("#+title: Mine\n#+PUBLISH_TARGET: self-hosted\n#+PUBLISH_URL: http://127.0.0.1:{}\n#+PUBLISH_PROJECT: mine\n#+PUBLISH_DOMAIN: mine.example.org\n* A\n- [[file:d/a.org][A]]\n", server.port()));
    place.folder.write("s/d/a.org", "* One\n[[file:p.png]]\n");
    place.folder.write("s/d/p.png", b"\xff\xfe\0");
    let told = crate::json(place, &["site", "s/site.org", "--apply"]);
    assert_eq!((&told["snapshot"], &told["address"]), (&json!(1), &json!("https://mine.example.org")), "{told}");
    let see = |path: &str| server.public("GET", path, "mine.example.org");
    assert!(see("/").body.contains("<title>Mine</title>") && see("/d/a").body.contains("id=\"one\""));
    // Scripts do not run there, so none is sent, and the page to search on is an index to read.
    let search = see("/search");
    assert!(
        search.status == 200 && search.body.contains("d/a.html#one") && !search.body.contains("<script"),
        "{search:?}"
    );
    assert_eq!((see("/search.js").status, see("/d/p.png").status), (404, 200));
    let policy = see("/d/a").header("content-security-policy").unwrap().to_owned();
    assert!(policy.matches("'sha256-").count() == 2 && !policy.contains("script-src 'self'"), "{policy}");
    place.wb(&["publish", "rollback", "s/site.org"]).exits(4).complains(&["answered 404"]);
    place.folder.write("s/d/huge.txt", "x".repeat(11 << 20)).write("s/d/a.org", "* One\n[[file:huge.txt]]\n");
    place.wb(&["publish", "site", "s/site.org", "--apply"]).exits(8).complains(&["at most 10 MiB"]);
    let both = json!({ "id": "mine", "html": "x", "files": [] });
    assert_eq!(server.json("POST", "/api/publish", &both).status, 400);
    let file = |path: &str| json!({ "id": "mine", "files": [{ "path": path, "base64": "!" }] });
    assert_eq!(server.json("POST", "/api/publish", &file("/a")).status, 422);
    let outside = json!({ "id": "mine", "files": [{ "path": "/../a", "text": "x" }] });
    assert_eq!(server.json("POST", "/api/publish", &outside).status, 422);
}
