//! `wb serve FILE` as clients see it: the page and its form, runs, files, changes; and what a client may not do.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;
#[path = "serve/patience.rs"]
mod patience;
#[path = "serve/server.rs"]
mod server;

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::time::Duration;

use common::{Place, book, node};
use serde_json::{Value, json};
use server::{Answer, Server};

const DOUBLE: &str = "export const double = (n) => 2 * n;";

/// A workbook with one input that has a default, and one that has none.
fn sums() -> String {
    let double = node("Double", &["in: n:s32=2", "out: double:s32"], DOUBLE);
    let greet = node("Greet", &["in: name", "out: greeting"], "export const greet = (name) => `hello, ${name}`;");
    book(&[double, greet])
}

fn serve(text: &str, options: &[&str]) -> (Place, Server) {
    let place = Place::with(text);
    let server = Server::start(&place, &[&["serve", "book.org", "--port", "0"], options].concat());
    (place, server)
}

fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("no JSON ({error}): {answer:?}"))
}

#[test]
fn a_workbook_is_run_by_request() {
    let (_place, server) = serve(&sums(), &[]);
    let ran = server.post("/run", "content-type: application/json\r\n", r#"{"n":21,"name":"Ada"}"#);
    assert_eq!(ran.status, 200, "{ran:?}");
    assert_eq!(json(&ran)["exports"], json!({ "double": 42, "greeting": "hello, Ada" }));
    // Only what the one output needs: `name` has no value.
    let one = server.get("/double?n=4");
    assert_eq!((one.status, one.body.trim()), (200, "8"));
    let text = server.ask("GET", "/greeting?name=B%20C", "accept: text/plain\r\n", "");
    assert_eq!(text.body, "hello, B C");
    // A form gets data where data is wanted, and a page where a page is.
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    assert_eq!(json(&server.post("/run", form, "n=1&name=x"))["exports"]["double"], 2);
    // As a browser sends the page's own form.
    let port = server.port();
    let browser =
        format!("{form}accept: text/html\r\norigin: http://localhost:{port}\r\nsec-fetch-site: same-origin\r\n");
    let page = server.post("/run", &browser, "n=5&name=%3Cb%3E");
    assert_eq!(page.status, 200);
    assert!(page.body.contains("<output>hello, &lt;b&gt;</output>"), "{}", page.body);
    assert!(page.body.contains("name=\"n\"") && page.body.contains("value=\"5\""), "{}", page.body);
    assert!(page.header("content-security-policy").unwrap().contains("default-src 'none'"));
    // With `no-referrer` a browser sends the page's own form with `origin: null`, as that of another site.
    assert_eq!(page.header("referrer-policy"), Some("same-origin"));
    assert!(page.body.contains("<meta name=\"referrer\" content=\"same-origin\">"), "{}", page.body);
}

#[test]
fn mistakes_of_callers_have_their_own_answers() {
    let (_place, server) = serve(&sums(), &[]);
    let error = |answer: &Answer| json(answer)["error"]["code"].as_str().unwrap().to_owned();
    for (method, target, headers, body, status, code) in [
        ("POST", "/run", "", "", 400, "missing_input"),
        ("POST", "/run", "", "{\"nam\":1}", 400, "bad_request"),
        ("POST", "/run", "", "{", 400, "bad_request"),
        ("POST", "/run", "content-type: text/csv\r\n", "a", 415, "unsupported_media_type"),
        ("GET", "/double?n=x", "", "", 400, "bad_request"),
        ("GET", "/nothing", "", "", 404, "not_found"),
        ("GET", "/../../etc/passwd", "", "", 404, "not_found"),
        ("GET", "/%2e%2e/book.org", "", "", 404, "not_found"),
        ("GET", "/book.org", "", "", 404, "not_found"),
        ("GET", "/-/changes", "", "", 404, "not_found"),
        ("DELETE", "/", "", "", 405, "method_not_allowed"),
        ("POST", "/run", "origin: http://evil.example\r\n", "{}", 403, "forbidden"),
        ("GET", "/double", "sec-fetch-site: cross-site\r\nsec-fetch-mode: no-cors\r\n", "", 403, "forbidden"),
    ] {
        let answer = server.ask(method, target, headers, body);
        assert_eq!((answer.status, error(&answer).as_str()), (status, code), "{method} {target}: {answer:?}");
    }
    let near = server.post("/run", "", "{\"nam\":1}");
    assert!(near.body.contains("did you mean `name`?"), "{near:?}");
    let failed = server.get("/greeting?name=x&n=1");
    assert_eq!(failed.status, 200, "an input that this output does not need is no mistake: {failed:?}");
}

#[test]
fn a_component_that_fails_takes_nothing_else_with_it() {
    let broken =
        node("Broken", &["in: name", "out: broken"], "export const broken = () => { throw new Error('no luck'); };");
    let (_place, server) = serve(&format!("{}{broken}", sums()), &[]);
    let ran = server.post("/run", "", r#"{"name":"x"}"#);
    assert_eq!(ran.status, 422);
    let said = json(&ran);
    assert_eq!(said["exports"]["double"], 4);
    assert!(said["failures"][0]["error"].as_str().unwrap().contains("no luck"), "{said}");
    assert_eq!(server.get("/broken?name=x").status, 422);
    assert_eq!(server.get("/double").status, 200);
}

#[test]
fn files_of_the_page_are_there_and_no_others() {
    let place = Place::new();
    let text = format!(
        "{}\n** Picture\n[[file:img/dot.svg]] [[file:.hidden.txt]] [[file:../out.txt]] [[file:link.txt]]\n",
        sums()
    );
    place.folder.write("sub/book.org", text).write("sub/img/dot.svg", "<svg/>").write("sub/secret.txt", "s3cret");
    place.folder.write("sub/.hidden.txt", "s3cret").write("out.txt", "s3cret");
    std::os::unix::fs::symlink("../out.txt", place.folder.path().join("sub/link.txt")).unwrap();
    let server = Server::start(&place, &["serve", "sub/book.org", "--port", "0"]);
    let picture = server.get("/img/dot.svg");
    assert_eq!((picture.status, picture.body.as_str()), (200, "<svg/>"));
    assert_eq!(picture.header("content-type"), Some("image/svg+xml"));
    assert!(picture.header("content-security-policy").unwrap().ends_with("sandbox"));
    for other in
        ["/secret.txt", "/.hidden.txt", "/../out.txt", "/%2e%2e/out.txt", "/link.txt", "/img/../secret.txt", "/img"]
    {
        let answer = server.get(other);
        assert!(answer.status == 404 && !answer.body.contains("s3cret"), "{other}: {answer:?}");
    }
    // The text of the workbook is for whoever may run it.
    assert!(server.get("/-/org").body.starts_with("* Test\n"));
}

#[test]
fn a_saved_file_is_another_edition() {
    let (place, server) =
        serve(&book(&[node("Seven", &["out: seven"], "export const seven = () => 7;")]), &["--watch"]);
    let mut changes = server.open("/-/changes");
    assert_eq!(server.get("/seven").body, "7\n");
    place.folder.write("book.org", book(&[node("Seven", &["out: seven"], "export const seven = () => 8;")]));
    changes.until("event: changed");
    assert_eq!(server.get("/seven").body, "8\n");
    // What is wrong is on the page, and said to whoever runs it; the server stays.
    place.folder.write("book.org", book(&[node("Seven", &["out: seven"], "x").replace("javascript", "cobol")]));
    changes.until("event: changed");
    let page = server.get("/");
    assert!(page.status == 200 && page.body.contains("WB107") && page.body.contains("line 9"), "{}", page.body);
    let ran = server.post("/run", "", "");
    assert_eq!((ran.status, json(&ran)["error"]["code"].as_str()), (422, Some("invalid_workbook")));
    // Nothing of the old page says that it is up to date: whoever asks with an edition that is gone is told at once.
    let mut late = server.open("/-/changes?edition=gone");
    late.until("event: changed");
    place.folder.write("book.org", book(&[node("Seven", &["out: seven"], "export const seven = () => 9;")]));
    late.until("event: changed");
    assert_eq!(server.get("/seven").body, "9\n");
}

#[test]
fn what_cannot_be_run_is_not_served() {
    let place = Place::with("* Test\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n** A\n:PROPERTIES:\n:deps: b\n:END:\n");
    place.wb(&["serve", "book.org", "--port", "0"]).exits(8).complains(&["book.org:7"]);
    place.wb(&["serve", "nothing.org"]).exits(4);
    place.wb(&["serve", "-"]).exits(2);
    let asks = node("Asks", &["out: x", "caps: env:HOME"], "export const x = () => 1;");
    place.folder.write("asks.org", book(&[asks]));
    place.wb(&["serve", "asks.org", "--port", "0"]).exits(7).complains(&["env:HOME"]);
    // A port that is taken is said, with the way out.
    let (_other, server) = serve(&sums(), &[]);
    let port = server.port().to_string();
    place.folder.write("good.org", sums());
    place.wb(&["serve", "good.org", "--port", &port]).exits(3).complains(&["cannot listen on 127.0.0.1", "--port 0"]);
}

#[test]
fn a_signal_lets_requests_end() {
    let slow = node(
        "Slow",
        &["out: slow"],
        "export const slow = () => { let n = 0; for (let i = 0; i < 1e7; i++) n += i % 7; return n; };",
    );
    let (_place, mut server) = serve(&book(&[slow]), &["--watch"]);
    let mut changes = server.open("/-/changes");
    changes.until(": still here");
    let mut slow = server.open("/slow");
    // The request is on its way in before the signal.
    std::thread::sleep(Duration::from_millis(300));
    server.signal(libc::SIGTERM);
    let answer = slow.finish();
    assert!(answer.contains("HTTP/1.1 200 OK") || answer.contains("HTTP/1.1 503"), "{answer}");
    changes.finish();
    assert_eq!(server.wait(), Some(0));
}

#[test]
fn shapes_that_two_readers_read_differently_are_refused() {
    let (_place, server) = serve(&sums(), &[]);
    let status = |request: &str| server.raw(request.as_bytes()).map(|answer| answer.status);
    let host = "host: localhost\r\n";
    for (what, request) in [
        ("no host", "GET / HTTP/1.1\r\n\r\n".to_owned()),
        ("two hosts", format!("GET / HTTP/1.1\r\n{host}host: other\r\n\r\n")),
        (
            "length and chunks",
            format!("POST /run HTTP/1.1\r\n{host}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
        ),
        ("two lengths", format!("POST /run HTTP/1.1\r\n{host}content-length: 1\r\ncontent-length: 2\r\n\r\nab")),
        ("a length with a sign", format!("POST /run HTTP/1.1\r\n{host}content-length: +2\r\n\r\n{{}}")),
        ("chunked twice", format!("POST /run HTTP/1.1\r\n{host}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n")),
        ("a space before the colon", format!("GET / HTTP/1.1\r\n{host}x : y\r\n\r\n")),
        ("a folded line", format!("GET / HTTP/1.1\r\n{host}x: y\r\n z\r\n\r\n")),
        ("a zero byte", format!("GET / HTTP/1.1\r\n{host}x: a\0b\r\n\r\n")),
        ("no version", "GET /\r\n\r\n".to_owned()),
        ("another protocol", "\u{16}\u{3}\u{1}hello\r\n\r\n".to_owned()),
        ("a name of others", "GET / HTTP/1.1\r\nhost: evil.example\r\n\r\n".to_owned()),
        ("a target of others", "GET http://evil.example/ HTTP/1.1\r\nhost: localhost\r\n\r\n".to_owned()),
    ] {
        // Closed without a word is an answer as well.
        assert!(matches!(status(&request), None | Some(400 | 421)), "{what}: {:?}", status(&request));
    }
    assert_eq!(status(&format!("GET / HTTP/1.1\r\n{host}x: {}\r\n\r\n", "y".repeat(64 << 10))), Some(431));
    let many: String = (0..200).map(|n| format!("x-{n}: y\r\n")).collect();
    assert_eq!(status(&format!("GET / HTTP/1.1\r\n{host}{many}\r\n")), Some(431));
    assert_eq!(status(&format!("POST /run HTTP/1.1\r\n{host}content-length: 99999999\r\n\r\n")), Some(413));
    // After all that it answers.
    assert_eq!(server.get("/-/health").body, "ok\n");
}

#[test]
fn a_body_that_is_too_long_is_told_so_however_it_comes() {
    let (_place, server) = serve(&sums(), &[]);
    let mut stream = server.connect();
    stream
        .write_all(b"POST /run HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n")
        .unwrap();
    let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
    for _ in 0..200 {
        // The server may have answered and closed by now.
        if stream.write_all(&chunk).is_err() {
            break;
        }
    }
    let answer = Answer::read(&mut stream).expect("an answer");
    assert_eq!(answer.status, 413, "{answer:?}");
}

/// Ten thousand, where this machine lets two processes have as many files; the server was started by a shell that allows few.
#[test]
fn thousands_who_say_nothing_are_in_nobodys_way() {
    wb::plane::files::raise();
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: it writes to the local alone.
    assert_eq!(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) }, 0);
    let many = limit.rlim_cur.saturating_sub(500).min(9_900);
    let place = Place::with(&sums());
    let mut command = place.command(&["serve", "book.org", "--port", "0"]);
    // SAFETY: between `fork` and `exec` only this system call is made.
    unsafe {
        command.pre_exec(move || {
            let few = libc::rlimit { rlim_cur: 256, ..limit };
            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const few);
            Ok(())
        });
    }
    let server = Server::start_as(command);
    let idle: Vec<_> = (0..many).map(|_| server.connect()).collect();
    let mut half = server.connect();
    half.write_all(b"GET / HTTP/1.1\r\nhost: loc").unwrap();
    assert_eq!(server.get("/double").body, "4\n");
    drop(idle);
    assert_eq!(server.get("/double").body, "4\n");
}

#[test]
fn who_is_slow_is_not_waited_for() {
    let server = patience::server();
    let head = b"POST /run HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\n".as_slice();
    for (what, bytes, answer) in [
        ("nothing", b"".as_slice(), None),
        ("half a head", b"GET / HTTP/1.1\r\nho", None),
        ("half a preface", b"PR", None),
        ("half a body", &[head, b"{"].concat(), Some(400)),
        // And once it was answered, for the next request.
        ("one request", b"GET /-/health HTTP/1.1\r\nhost: localhost\r\n\r\n", Some(200)),
    ] {
        assert_eq!(server.until_closed(bytes), answer, "{what}");
    }
}

#[test]
fn http_2_is_spoken_to_who_begins_with_it() {
    let (_place, server) = serve(&sums(), &[]);
    let (status, body) = server.over_http2("/double?n=3");
    assert_eq!((status, body.as_str()), (200, "6\n"));
}
