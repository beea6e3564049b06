//! Workbooks composed with `--target http` (and `run`) under hosts that are not ours: stock `wasmtime serve`, and `jco`.
//!
//! `.ci/run` installs both. Where one cannot be had, what needs it says so and is not run.

// Printing is how a test says that it was skipped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::{Place, jco, repository};

/// A server that ends with the test.
struct Server {
    child: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// An answer: status, headers in small letters, body.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Server {
    /// Starts a server that prints its address, or `port N`, in its first lines.
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let pipes: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        let mut server = Self { child, port: 0 };
        let (sender, receiver) = std::sync::mpsc::channel();
        for pipe in pipes {
            let sender = sender.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                    drop(sender.send(line));
                }
            });
        }
        drop(sender);
        let mut said = Vec::new();
        while let Ok(line) = receiver.recv_timeout(Duration::from_secs(120)) {
            let port = line.rsplit([':', ' ']).find_map(|part| part.trim_end_matches('/').parse().ok());
            if let (true, Some(port)) = (line.contains("http://") || line.contains("port"), port) {
                server.port = port;
                return server;
            }
            said.push(line);
        }
        panic!("the server did not say where it listens: {said:#?}");
    }

    fn ask(&self, method: &str, target: &str, headers: &str, body: &str) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let length = body.len();
        let text = format!(
            "{method} {target} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(text.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let head = head.to_ascii_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, body: unchunked(&head, body), head }
    }

    fn get(&self, target: &str) -> (u16, String) {
        let answer = self.ask("GET", target, "", "");
        (answer.status, answer.body.trim_end().to_owned())
    }

    fn post(&self, body: &str) -> (u16, String) {
        let answer = self.ask("POST", "/run", "content-type: application/json\r\n", body);
        (answer.status, answer.body.trim_end().to_owned())
    }
}

fn unchunked(head: &str, body: &str) -> String {
    if !head.contains("transfer-encoding: chunked") {
        return body.to_owned();
    }
    let (mut text, mut rest) = (String::new(), body);
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap();
        text.push_str(&after[..size]);
        rest = after[size..].trim_start_matches("\r\n");
        if size == 0 {
            break;
        }
    }
    text
}

/// Composes an example and answers where the component is.
fn compose(place: &Place, book: &Path, target: &str) -> PathBuf {
    let name = book.file_stem().unwrap().to_str().unwrap();
    let out = place.folder.path().join(format!("{name}-{target}.wasm"));
    let args = ["compose", book.to_str().unwrap(), "--target", target, "-o", out.to_str().unwrap()];
    let output =
        Command::new(common::WB).args(args).env("WB_CACHE_DIR", place.folder.path().join("cache")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    out
}

fn example(name: &str) -> PathBuf {
    repository().join("examples").join(name)
}

/// Serves a component under each host there is, and looks at it.
fn served(component: &Path, look: impl Fn(&Server)) {
    served_with(&[], component, look);
}

/// The same with options for `wasmtime serve`.
fn served_with(options: &[&str], component: &Path, look: impl Fn(&Server)) {
    // One without `serve` takes the word for a file (exit code 1); one with it asks for a component (2).
    let serves = Command::new("wasmtime").arg("serve").output().is_ok_and(|output| output.status.code() == Some(2));
    if serves {
        let mut command = Command::new("wasmtime");
        // A build without the pooling allocator (as that of `.ci/run`) serves only when it is not asked to use it.
        command.args(["serve", "-O", "pooling-allocator=n", "--addr", "127.0.0.1:0"]).args(options).arg(component);
        look(&Server::start(command));
    } else {
        println!("not run: no stock `wasmtime` with `serve` on PATH; `.ci/run` installs it");
    }
    let script = "import { HTTPServer } from '@bytecodealliance/preview2-shim/http';
        import { createServer } from 'node:net';
        import { incomingHandler } from './component.js';
        const probe = createServer().listen(0, '127.0.0.1', () => {
          const { port } = probe.address();
          probe.close(() => {
            new HTTPServer(incomingHandler).listen(port, '127.0.0.1');
            console.log(`port ${port}`);
          });
        });";
    if let Some(command) = jco(component, script) {
        look(&Server::start(command));
    }
}

#[test]
fn a_workbook_is_served_with_its_page_and_its_results() {
    let place = Place::new();
    served(&compose(&place, &example("hello.org"), "http"), |server| {
        let page = server.ask("GET", "/", "", "");
        assert_eq!(page.status, 200);
        assert!(
            page.body.starts_with("<!DOCTYPE html>") && page.body.contains("<title>Hello</title>"),
            "{}",
            page.body
        );
        assert!(page.head.contains("content-security-policy: default-src 'none'"), "{}", page.head);
        assert!(server.ask("HEAD", "/", "", "").body.is_empty());
        // One after the other: an instance that lives on must not remember.
        for (query, greeting) in
            [("", "world"), ("?name=Ada", "Ada"), ("?name=Grace+Hopper", "Grace Hopper"), ("", "world")]
        {
            assert_eq!(server.get(&format!("/greeting{query}")), (200, format!("\"hello, {greeting}!\"")));
        }
        let text = server.ask("GET", "/greeting", "accept: text/plain\r\n", "");
        assert_eq!((text.status, text.body.as_str()), (200, "hello, world!"));
        assert_eq!(server.post(r#"{"name": "Bo"}"#), (200, r#"{"exports":{"greeting":"hello, Bo!"}}"#.to_owned()));
    });
}

#[test]
fn mistakes_of_callers_have_their_own_answers() {
    let place = Place::new();
    served(&compose(&place, &example("hello.org"), "http"), |server| {
        let (status, said) = server.get("/greetings");
        assert_eq!(status, 404);
        assert!(said.contains("there are `/` (the page), `/run` (for POST), `/greeting`"), "{said}");
        assert_eq!(server.get("/greeting?nam=x").0, 400);
        assert_eq!(server.post("{\"name\":").0, 400);
        assert_eq!(server.post("[]").0, 400);
        let form = server.ask("POST", "/run", "content-type: text/csv\r\n", "a,b");
        assert_eq!(form.status, 415);
        let put = server.ask("PUT", "/greeting", "", "");
        assert_eq!(put.status, 405);
        assert!(put.head.contains("allow: get, head"), "{}", put.head);
    });
}

#[test]
fn a_failing_component_takes_nothing_else_with_it() {
    let place = Place::new();
    let book = place.folder.path().join("half.org");
    fs::write(&book, HALF).unwrap();
    served(&compose(&place, &book, "http"), |server| {
        let (status, said) = server.post(r#"{"n": 3}"#);
        assert_eq!(status, 422);
        assert!(
            said.starts_with(
                r#"{"exports":{"twice":6},"failures":[{"export":"never","component":"half/never","error":"#
            ),
            "{said}"
        );
        assert!(said.contains("cannot be done with 3"), "{said}");
        assert_eq!(server.get("/twice?n=4"), (200, "8".to_owned()));
        assert_eq!(server.get("/never?n=4").0, 422);
        let (status, said) = server.get("/twice?n=four");
        assert_eq!(status, 400, "{said}");
        assert!(said.contains("input `n`"), "{said}");
        let (status, said) = server.get("/twice");
        assert_eq!(status, 400);
        assert!(said.contains("input `n` (f64) has no value; give `n=…` in the query"), "{said}");
    });
}

const HALF: &str = "* Half
:PROPERTIES:
:WORKBOOK_VERSION: 1
:END:
** Twice
:PROPERTIES:
:in: n:f64
:out: twice:f64
:END:
#+begin_src js
export const twice = (n) => n * 2;
#+end_src
** Never
:PROPERTIES:
:in: n:f64
:out: never:f64
:END:
#+begin_src js
export function never(n) { throw new Error(`cannot be done with ${n}`); }
#+end_src
";

#[test]
fn the_same_results_as_a_run_here() {
    let place = Place::new();
    for name in ["sales.org", "polyglot.org"] {
        let mut command = Command::new(common::WB);
        command.args(["run", "--json", "-q"]).arg(example(name)).env("WB_CACHE_DIR", place.folder.path().join("cache"));
        let ours: serde_json::Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
        served(&compose(&place, &example(name), "http"), |server| {
            let (status, theirs) = server.post("");
            assert_eq!(status, 200);
            let theirs: serde_json::Value = serde_json::from_str(&theirs).unwrap();
            assert_eq!(ours["exports"], theirs["exports"], "{name}");
        });
    }
}

#[test]
fn programs_and_libraries_run_under_jco() {
    let place = Place::new();
    let script = "import { run } from './component.js'; run.run();";
    if let Some(mut command) = jco(&compose(&place, &example("hello.org"), "run"), script) {
        let output = command.arg("name=Ada").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), r#"{"greeting":"hello, Ada!"}"#);
    }
    let script = "import { greeting } from './component.js'; console.log(greeting());";
    if let Some(mut command) = jco(&compose(&place, &example("hello.org"), "library"), script) {
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), "\"hello, world!\"");
    }
}

#[test]
fn a_component_that_answers_requests_has_its_own_path() {
    let place = Place::new();
    // A workbook composed into a handler is such a component as well.
    let inner = compose(&place, &example("hello.org"), "http");
    place.folder.write("inner.wasm", fs::read(inner).unwrap());
    let mut book =
        "#+TITLE: Outer\n\n* Outer\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n\n** Greeting\n:PROPERTIES:\n\
                    :component: inner.wasm\n:END:\n\n** Seven\n:PROPERTIES:\n:out: seven\n:END:\n\n\
                    #+begin_src javascript\nexport const seven = () => 7;\n#+end_src\n"
            .to_owned();
    let probe = common::probe("handler");
    if let Some(probe) = &probe {
        place.folder.write("probe.wasm", fs::read(probe).unwrap());
        book.push_str("\n** Probe\n:PROPERTIES:\n:component: probe.wasm\n:caps: clock env:ONE\n:END:\n");
    }
    place.folder.write("outer.org", book);
    // Without the option `wasmtime serve` has no environment to give, not even the attenuated one.
    served_with(&["-S", "cli"], &compose(&place, &place.folder.path().join("outer.org"), "http"), |server| {
        assert_eq!(server.get("/seven"), (200, "7".to_owned()));
        assert_eq!(server.get("/greeting?name=Ada"), (200, "\"hello, Ada!\"".to_owned()));
        assert_eq!(server.get("/greetings").0, 404);
        assert!(server.get("/").1.contains("<title>Outer</title>"));
        if probe.is_some() {
            let (status, said) = server.get("/probe/it?read+data/x;environment;print+x;sleep;list+.");
            assert_eq!(status, 200);
            assert!(said.starts_with("/probe/it\n-NotFound\n+\n+done\n+true\n-"), "{said}");
        }
        assert_eq!(server.get("/seven"), (200, "7".to_owned()));
    });
    // Elsewhere it has no place: a run leaves it alone, and a program cannot have it.
    let ran = place.wb(&["run", "outer.org", "-q", "--allow-all"]).exits(0);
    assert_eq!(ran.stdout.trim(), "7");
    let refused = place.wb(&["compose", "outer.org", "--target", "run", "-o", "no.wasm"]).exits(8);
    refused.complains(&["`outer/greeting` answers HTTP requests; only an artifact for HTTP has a place for it"]);
}

#[test]
fn a_path_that_is_taken_is_refused() {
    let place = Place::new();
    let inner = compose(&place, &example("hello.org"), "http");
    place.folder.write("inner.wasm", fs::read(inner).unwrap());
    let book =
        "* Outer\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n\n** Run\n:PROPERTIES:\n:component: inner.wasm\n:END:\n";
    place.folder.write("outer.org", book);
    let refused = place.wb(&["compose", "outer.org", "--target", "http", "-o", "no.wasm"]).exits(8);
    refused.complains(&["`outer/run` would answer requests below `/run`, which the workbook does already"]);
}
