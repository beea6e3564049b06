//! A component that tries what it is told to, and answers what came of it: for tests of what a component can reach.
//!
//! It is built for WASI with the real standard library, as a stranger's component would be. Nothing of it is in `wb`.

// `print` is for the log of whoever runs it.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::fs;
use std::io::Read as _;

/// Tries one command a line, and answers a line for each: `+` and what came of it, or `-` and what the system says.
pub fn attempts(commands: &str) -> String {
    let each = |command| match attempt(command) {
        Ok(text) => format!("+{text}"),
        Err(text) => format!("-{text}"),
    };
    commands.lines().map(each).collect::<Vec<_>>().join("\n")
}

/// Tries one command: a word and what it is about.
fn attempt(command: &str) -> Result<String, String> {
    let (word, rest) = command.split_once(' ').unwrap_or((command, ""));
    let (first, second) = rest.split_once(' ').unwrap_or((rest, ""));
    let done = |result: std::io::Result<()>| result.map(|()| "done".to_owned());
    let result = match word {
        "read" => fs::read_to_string(rest),
        "write" => done(fs::write(first, second)),
        "append" => done(
            fs::OpenOptions::new()
                .append(true)
                .open(first)
                .and_then(|mut file| std::io::Write::write_all(&mut file, second.as_bytes())),
        ),
        "copy" => done(fs::copy(first, second).map(drop)),
        "rename" => done(fs::rename(first, second)),
        "remove" => done(fs::remove_file(rest)),
        "mkdir" => done(fs::create_dir(rest)),
        "list" => fs::read_dir(rest).map(|entries| {
            let mut names: Vec<String> =
                entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
            names.sort();
            names.join(" ")
        }),
        "size" => fs::metadata(rest).map(|metadata| metadata.len().to_string()),
        "stdin" => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map(|_| text)
        }
        "env" => return std::env::var(rest).map_err(|error| error.to_string()),
        "environment" => Ok(std::env::vars().map(|(name, _)| name).collect::<Vec<_>>().join(" ")),
        "arguments" => Ok(std::env::args().collect::<Vec<_>>().join(" ")),
        "print" => {
            println!("{rest}");
            eprintln!("{rest}");
            Ok("done".to_owned())
        }
        "sleep" => {
            let before = std::time::Instant::now();
            std::thread::sleep(std::time::Duration::from_millis(5));
            Ok((before.elapsed().as_millis() >= 5).to_string())
        }
        _ => return Err(format!("`{word}` is no command")),
    };
    result.map_err(|error| format!("{:?}", error.kind()))
}

#[cfg(all(target_family = "wasm", feature = "handler"))]
mod handler {
    //! The component: the commands are the query, with `+` for a space and `;` between them.

    wit_bindgen::generate!({
        path: ["../../wit/attenuator/deps/io", "shapes/http.wit"],
        inline: "package wb:probe@0.1.0; world handler { export wasi:http/incoming-handler@0.2.0; }",
        world: "wb:probe/handler",
        generate_all,
    });

    use exports::wasi::http::incoming_handler::{Guest, IncomingRequest, ResponseOutparam};
    use wasi::http::types::{Fields, OutgoingBody, OutgoingResponse};

    struct Probe;

    impl Guest for Probe {
        fn handle(request: IncomingRequest, out: ResponseOutparam) {
            let target = request.path_with_query().unwrap_or_default();
            let (path, query) = target.split_once('?').unwrap_or((&target, ""));
            let answers = crate::attempts(&query.replace('+', " ").replace(';', "\n"));
            let response = OutgoingResponse::new(Fields::new());
            let body = response.body();
            ResponseOutparam::set(out, Ok(response));
            let Ok(body) = body else { return };
            if let Ok(stream) = body.write() {
                // Whoever is gone does not read it.
                let _ = stream.blocking_write_and_flush(format!("{path}\n{answers}\n").as_bytes());
            }
            let _ = OutgoingBody::finish(body, None);
        }
    }

    export!(Probe);
}

#[cfg(all(target_family = "wasm", not(feature = "handler")))]
mod component {
    //! The component: one function.

    wit_bindgen::generate!({
        inline: "package wb:probe@0.1.0; world probe { export attempt: func(commands: string) -> string; }",
    });

    struct Probe;

    impl Guest for Probe {
        fn attempt(commands: String) -> String {
            crate::attempts(&commands)
        }
    }

    export!(Probe);
}
