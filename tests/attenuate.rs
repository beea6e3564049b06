//! Artifacts under stock `wasmtime` that carry their own least privilege: a component does what it was granted and
//! nothing else, although the host gives more.
//!
//! The component is `components/probe`, built here for WASI with the real standard library.

// Printing is how a test says that it was skipped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod common;

use std::process::{Command, Stdio};

use common::{Place, probe};

/// A workbook of one probe, composed into a program, in a folder with more than it may see.
struct Bench {
    place: Place,
}

const BOOK: &str = "* Probe\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n\n** Attempt\n:PROPERTIES:\n:in: commands:string\n\
                    :out: answers:string\n:component: probe.wasm\n:caps: CAPS\n:END:\n";

impl Bench {
    fn new(caps: &str) -> Option<Self> {
        let place = Place::new();
        place.folder.write("probe.wasm", std::fs::read(probe("")?).unwrap());
        // The standard library imports the time of day, used or not.
        let book = BOOK.replace("CAPS", format!("clock {caps}").trim());
        place.folder.write("book.org", book);
        for (name, text) in [
            ("data/x", "inside"),
            ("data/deep/y", "deep"),
            ("database/x", "other"),
            ("secret", "secret"),
            ("out/old", "old"),
        ] {
            place.folder.write(name, text);
        }
        place.wb(&["compose", "book.org", "--target", "run", "-o", "book.wasm"]).exits(0);
        Some(Self { place })
    }

    /// What comes of commands under a host that gives everything it has; `None` where there is no such host.
    fn tries(&self, commands: &[&str]) -> Option<Vec<Result<String, String>>> {
        self.tries_with(&["--dir", ".", "--env", "ONE=1", "--env", "TWO=2"], commands)
    }

    fn tries_with(&self, host: &[&str], commands: &[&str]) -> Option<Vec<Result<String, String>>> {
        let mut wasmtime = Command::new("wasmtime");
        wasmtime.arg("run").args(host).arg("book.wasm").arg(format!("commands={}", commands.join("\n")));
        wasmtime.current_dir(self.place.folder.path()).stdin(Stdio::piped());
        wasmtime.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = match wasmtime.spawn() {
            Ok(child) => child,
            Err(error) => {
                println!("skipped: no stock `wasmtime` on PATH ({error}); `.ci/run` installs it");
                return None;
            }
        };
        // Whoever does not read may be gone before this.
        drop(std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"from outside"));
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let answers = value["answers"].as_str().unwrap().split('\n').map(|line| match line.split_at(1) {
            ("+", text) => Ok(text.to_owned()),
            (_, text) => Err(text.to_owned()),
        });
        let answers: Vec<_> = answers.collect();
        assert_eq!(answers.len(), commands.len(), "{answers:?}");
        Some(answers)
    }

    /// Each command and what it gives, in this order: text, or the error's name after `!`. `!` alone is any error.
    #[track_caller]
    fn gives(&self, expected: &[(&str, &str)]) {
        let commands: Vec<&str> = expected.iter().map(|(command, _)| *command).collect();
        let Some(answers) = self.tries(&commands) else { return };
        for ((command, expected), answer) in expected.iter().zip(answers) {
            match (expected.strip_prefix('!'), &answer) {
                (Some(""), Err(_)) => {}
                (Some(error), Err(said)) if error == said => {}
                (None, Ok(said)) if expected == said => {}
                _ => panic!("`{command}` should give `{expected}` and gives {answer:?}"),
            }
        }
    }

    fn imports(&self) -> Vec<String> {
        let bytes = std::fs::read(self.place.folder.path().join("book.wasm")).unwrap();
        let wit_parser::decoding::DecodedWasm::Component(resolve, world) =
            wit_parser::decoding::decode(&bytes).unwrap()
        else {
            panic!("not a component");
        };
        let world = &resolve.worlds[world];
        world.imports.keys().map(|key| resolve.name_world_key(key)).collect()
    }

    fn imports_any(&self, part: &str) -> bool {
        self.imports().iter().any(|import| import.contains(part))
    }

    fn is(&self, name: &str, text: &str) -> bool {
        std::fs::read_to_string(self.place.folder.path().join(name)).is_ok_and(|is| is == text)
    }
}

#[test]
fn without_rights_there_is_nothing_to_reach() {
    let Some(bench) = Bench::new("") else { return };
    bench.gives(&[
        ("read data/x", "!NotFound"),
        ("read secret", "!NotFound"),
        ("list .", "!"),
        ("write new x", "!"),
        ("env ONE", "!environment variable not found"),
        ("environment", ""),
        ("arguments", ""),
        // Closed, although the program's own standard input has something.
        ("stdin", ""),
        // Does not get into the program's output.
        ("print hello", "done"),
        ("sleep", "true"),
    ]);
    assert!(!bench.is("new", "x"));
    assert!(!bench.imports_any("filesystem"), "{:?}", bench.imports());
}

#[test]
fn a_folder_to_read_is_that_folder_and_only_for_reading() {
    let Some(bench) = Bench::new("fs:read:./data") else { return };
    bench.gives(&[
        ("read data/x", "inside"),
        ("read ./data/deep/../x", "inside"),
        ("list data", "deep x"),
        ("list data/deep", "y"),
        ("size data/x", "6"),
        ("read secret", "!NotFound"),
        ("read database/x", "!NotFound"),
        ("read out/old", "!NotFound"),
        ("list .", "!"),
        ("read data/../secret", "!PermissionDenied"),
        ("read data/deep/../../secret", "!PermissionDenied"),
        ("read ../secret", "!"),
        ("read /etc/passwd", "!"),
        ("write data/x changed", "!PermissionDenied"),
        ("write data/new x", "!PermissionDenied"),
        ("append data/x more", "!PermissionDenied"),
        ("mkdir data/folder", "!PermissionDenied"),
        ("remove data/x", "!PermissionDenied"),
        ("rename data/x data/z", "!PermissionDenied"),
        ("copy data/x data/z", "!PermissionDenied"),
    ]);
    assert!(bench.is("data/x", "inside") && !bench.is("data/new", "x"));
    assert!(bench.imports_any("filesystem"), "{:?}", bench.imports());
}

#[test]
fn a_folder_is_found_in_whatever_the_host_gives() {
    let Some(bench) = Bench::new("fs:read:./data") else { return };
    for (host, found) in [("./data::data", true), (".::/", true), ("./out::out", false), ("./data::elsewhere", false)] {
        let Some(result) = bench.tries_with(&["--dir", host], &["read data/x"]) else { return };
        assert_eq!(result[0].is_ok(), found, "{host}: {result:?}");
    }
}

#[test]
fn a_folder_to_write_is_made_and_reaches_no_other() {
    let Some(bench) = Bench::new("fs:write:./new/out fs:read:./data") else { return };
    bench.gives(&[
        ("write new/out/a text", "done"),
        ("append new/out/a +more", "done"),
        ("rename new/out/a new/out/b", "done"),
        ("read new/out/b", "text+more"),
        ("copy data/x new/out/x", "done"),
        ("remove new/out/x", "done"),
        ("write data/x changed", "!PermissionDenied"),
        ("rename new/out/b data/b", "!PermissionDenied"),
        ("rename data/x new/out/x", "!PermissionDenied"),
        ("write new/other x", "!"),
        ("write new/out/../../escaped x", "!PermissionDenied"),
    ]);
    assert!(bench.is("data/x", "inside") && !bench.is("escaped", "x"));
}

#[cfg(unix)]
#[test]
fn a_link_leads_nowhere_else() {
    let Some(bench) = Bench::new("fs:read:./data") else { return };
    let folder = bench.place.folder.path();
    std::os::unix::fs::symlink("../secret", folder.join("data/up")).unwrap();
    std::os::unix::fs::symlink(folder.join("secret"), folder.join("data/absolute")).unwrap();
    std::os::unix::fs::symlink("deep/y", folder.join("data/within")).unwrap();
    bench.gives(&[("read data/within", "deep"), ("read data/up", "!"), ("read data/absolute", "!")]);
}

#[test]
fn variables_that_were_not_granted_are_not_there() {
    let Some(bench) = Bench::new("env:ONE env:THREE") else { return };
    bench.gives(&[
        ("env ONE", "1"),
        ("environment", "ONE"),
        ("env TWO", "!environment variable not found"),
        ("env THREE", "!environment variable not found"),
        ("read data/x", "!NotFound"),
    ]);
    assert!(!bench.imports_any("filesystem"), "{:?}", bench.imports());
}

#[test]
fn equal_input_gives_equal_bytes() {
    let bytes = || {
        let bench = Bench::new("fs:read:./data env:ONE")?;
        Some(std::fs::read(bench.place.folder.path().join("book.wasm")).unwrap())
    };
    assert!(bytes() == bytes());
}

#[test]
fn a_secret_stays_at_home() {
    let Some(probe) = probe("") else { return };
    let place = Place::new();
    place.folder.write("probe.wasm", std::fs::read(probe).unwrap());
    place.folder.write("book.org", BOOK.replace("CAPS", "clock net:api.example.com secret:TOKEN"));
    let composed = place.wb(&["compose", "book.org", "--target", "run", "-o", "book.wasm"]).exits(8);
    composed.complains(&["`probe/attempt` was granted `secret:TOKEN`, which only wb itself can keep"]);
}
