//! The guard of the network, end to end: a real component sends real requests to servers on this machine.

// Printing is how a test says that it was skipped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod common;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock, mpsc};

use common::{Folder, Place, Ran, Running, repository};
use rustls::pki_types::PrivateKeyDer;

/// The guest, built once.
fn guest() -> &'static [u8] {
    static GUEST: OnceLock<Vec<u8>> = OnceLock::new();
    GUEST.get_or_init(|| {
        let folder = Folder::new();
        let module: PathBuf = folder.path().join("http.wasm");
        let status = Command::new("rustc")
            .args([
                "--edition",
                "2024",
                "--crate-type",
                "cdylib",
                "--target",
                "wasm32-unknown-unknown",
                "-Copt-level=s",
            ])
            .args(["-Cpanic=abort", "-o"])
            .arg(&module)
            .arg(repository().join("tests/guests/http.rs"))
            .status()
            .unwrap();
        assert!(status.success(), "the guest does not build");
        let mut module = std::fs::read(module).unwrap();
        let mut resolve = wit_parser::Resolve::default();
        let wit = std::fs::read_to_string(repository().join("tests/guests/http.wit")).unwrap();
        let package = resolve.push_str("http.wit", &wit).unwrap();
        let world = resolve.select_world(&[package], None).unwrap();
        let encoding = wit_component::StringEncoding::UTF8;
        wit_component::embed_component_metadata(&mut module, &resolve, world, encoding).unwrap();
        wit_component::ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
    })
}

/// A server on this machine that answers each request with `answer` of its request line and headers.
fn serve(answer: impl Fn(&str) -> String + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = String::new();
            for line in BufReader::new(stream.try_clone().unwrap()).lines() {
                match line {
                    Ok(line) if !line.is_empty() => request.push_str(&format!("{line}\n")),
                    _ => break,
                }
            }
            drop(stream.write_all(answer(&request).as_bytes()));
        }
    });
    port
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// The same with TLS: a server that answers `ok`, with a certificate for `name`; and that certificate.
fn serve_tls(name: &str) -> (u16, String) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, stream.unwrap());
            let mut line = String::new();
            // A client that does not like the certificate goes away.
            while BufReader::with_capacity(1, &mut stream).read_line(&mut line).is_ok_and(|read| read > 2) {}
            drop(stream.write_all(ok(line.lines().next().unwrap_or_default()).as_bytes()));
            stream.conn.send_close_notify();
            drop(stream.flush());
        }
    });
    (port, made.cert.pem())
}

/// A folder with a workbook whose one component asks for `caps` and sends one request.
fn place(caps: &str, timeout: &str) -> Place {
    let place = Place::with(&format!(
        "* Net\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n\n** Get\n:PROPERTIES:\n:component: http.wasm\n:caps: {caps}\n\
         :sig: get(plain: bool, authority: string, path: string, header: string) -> string\n:timeout: {timeout}\n:END:\n"
    ));
    place.folder.write("http.wasm", guest());
    place
}

/// Runs it for one request.
fn send(place: &Place, url: &str, header: &str, arguments: &[&str]) -> Command {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    let values = [
        format!("plain={}", scheme == "http"),
        format!("authority={authority}"),
        format!("path={path}"),
        format!("header={header}"),
    ];
    let mut all = vec!["run", "book.org", "--allow-all"];
    values.iter().for_each(|value| all.extend(["--in", value]));
    all.extend(arguments);
    place.command(&all)
}

fn ask(caps: &str, url: &str, header: &str, arguments: &[&str], secret: Option<&str>) -> Ran {
    let place = place(caps, "20s");
    let mut command = send(&place, url, header, arguments);
    if let Some(secret) = secret {
        command.env("WB_SECRET_TOKEN", secret);
    }
    Running::start(command, b"").wait()
}

#[test]
fn a_granted_host_is_reached_and_others_are_not() {
    let port = serve(|request| ok(&request.replace('\n', "|")));
    let url = format!("http://localhost:{port}/path?x=1");
    let (caps, open) = (format!("net:http://localhost:{port}"), format!("address:127.0.0.1:{port}"));
    let opened: &[&str] = &["--allow", &open];
    let whole = format!("200 GET /path?x=1 HTTP/1.1|host: localhost:{port}|");
    ask(&caps, &url, "", opened, None).exits(0).prints(&[&whole]);
    // The name was granted; where it leads to was not.
    let ran = ask(&caps, &url, "", &[], None).exits(0).prints(&["error 4"]);
    ran.complains(&[
        "net/get │ net: http://localhost:",
        "is loopback, no public address",
        "--allow address:127.0.0.1:",
    ]);
    // Every other way to say this machine, and other ports and schemes.
    for other in [
        format!("http://127.0.0.1:{port}/"),
        format!("http://[::1]:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("https://localhost:{port}/"),
        format!("http://localhost:{}/", port - 1),
        format!("http://localhost.example:{port}/"),
        "http://localhost/".to_owned(),
    ] {
        ask(&caps, &other, "", opened, None).exits(0).prints(&["error 15"]).complains(&["not granted"]);
    }
    for other in ["http://user@localhost/", "http://127.1/", "http://0x7f.1/", "http://2130706433/", "http://*/"] {
        let ran = ask(&caps, other, "", opened, None).exits(0);
        assert!(
            ran.stdout.contains("error 19") || ran.stdout.contains("refused by the types"),
            "{other}: {}",
            ran.brief()
        );
    }
}

#[test]
fn an_address_of_its_own_network_is_refused_under_every_name() {
    for host in
        ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "10.0.0.1", "[fd00:ec2::254]", "0.0.0.0"]
    {
        let ran = ask("net:http://*:*", &format!("http://{host}/"), "", &[], None);
        ran.exits(0).prints(&["error 4"]).complains(&["no public address"]);
    }
}

#[test]
fn a_redirect_is_an_answer_and_no_way_round() {
    let port =
        serve(|_| "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 2\r\n\r\nno".to_owned());
    let open = format!("address:127.0.0.1:{port}");
    let ran = ask(
        &format!("net:http://localhost:{port}"),
        &format!("http://localhost:{port}/"),
        "",
        &["--allow", &open],
        None,
    );
    ran.exits(0).prints(&["302 no"]);
}

#[test]
fn a_secret_goes_where_it_may_and_does_not_come_back() {
    let value = "hush-3f7a9c+/=";
    let port = serve(|request| ok(&format!("{request}\nYWhoOmh1c2gtM2Y3YTljKy89")));
    let (host, open) = (format!("http://localhost:{port}"), format!("address:127.0.0.1:{port}"));
    let (url, header) = (format!("{host}/"), "Bearer {{secret:TOKEN}}");
    let arguments: &[&str] = &["--allow", &open, "--json"];
    let granted = format!("net:{host} secret:TOKEN@{host}");
    let ran = ask(&granted, &url, header, arguments, Some(value)).exits(0);
    assert!(
        !ran.stdout.contains("hush") && !ran.stderr.contains("hush") && !ran.stdout.contains("{{secret"),
        "{}",
        ran.brief()
    );
    assert!(ran.stdout.contains("Bearer **************"), "the server did not see the value: {}", ran.brief());
    // Not for this host, not granted at all, and not there.
    let elsewhere = format!("net:{host} net:api.example.com secret:TOKEN@api.example.com");
    ask(&elsewhere, &url, header, arguments, Some(value)).exits(0).prints(&["error 15", "not granted for this host"]);
    ask(&format!("net:{host}"), &url, header, arguments, Some(value)).exits(0).prints(&["error 15", "was not granted"]);
    ask(&granted, &url, header, arguments, None).exits(1).prints(&["has no value", "WB_SECRET_TOKEN"]);
    // The variable is no way to the value either.
    ask("env:WB_SECRET_TOKEN", &url, header, &[], Some(value)).exits(8).complains(&["WB301"]);
}

/// Every file below a folder that has one of `texts` in it.
fn containing(folder: &Path, texts: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            found.extend(containing(&path, texts));
            continue;
        }
        let content = std::fs::read(&path).unwrap();
        let has = |text: &&&str| content.windows(text.len()).any(|part| part.eq_ignore_ascii_case(text.as_bytes()));
        found.extend(texts.iter().find(has).map(|text| format!("{text} in {}", path.display())));
    }
    found
}

#[test]
fn a_secret_is_in_nothing_that_a_run_leaves_behind() {
    let value = "hush 9q7z/<5x>";
    // The server saw it, and gives it back in every way it knows.
    let forms = [
        "hush 9q7z/<5x>",
        "hush%209q7z%2F%3C5x%3E",
        "hush+9q7z%2f%3c5x%3e",
        "hush 9q7z\\/<5x>",
        "hush 9q7z/&lt;5x&gt;",
        // Encoders that escape some of its characters, each others.
        "hush 9q7z/\\u003c5x\\u003e",
        "hush 9q7z&#x2F;&lt;5x&#62;",
        "hush%209q7z/%3C5x%3e",
        "hush 9q7z/\\\\u003C5x>",
    ];
    let encoded =
        ["68757368203971377a2f3c35783e", "aHVzaCA5cTd6Lzw1eD4=", "aHVzaCA5\r\ncTd6Lzw1\r\neD4=", "HUSH 9Q7Z/<5X>"];
    let port = serve(move |request| {
        let seen = request.contains(value);
        let body = format!("seen {seen}: {} {}", forms.join(" "), encoded.join(" "));
        format!("HTTP/1.1 200 OK\r\nx: {value}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
    });
    let (host, open) = (format!("http://localhost:{port}"), format!("address:127.0.0.1:{port}"));
    let place = place(&format!("net:{host} secret:TOKEN@{host}"), "20s");
    // Another block takes the answer, says it aloud and returns it.
    let show = "\n** Show\n:PROPERTIES:\n:in: get:string\n:out: shown:string\n:END:\n#+begin_src js\n\
                export function show(get) { console.log(get); return get; }\n#+end_src\n";
    place.folder.write("book.org", place.folder.read("book.org") + show);
    // From a file this time; one that others can read is refused.
    let file = place.config().join("wb/secrets/TOKEN");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, format!("{value}\n")).unwrap();
    let mode = |mode| std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    let arguments = ["--allow", &open, "--html", "page.html", "--write"];
    let run = || Running::start(send(&place, &format!("{host}/"), "{{secret:TOKEN}}", &arguments), b"").wait();
    mode(0o644);
    run().exits(1).complains(&["others can read it", "chmod 600"]);
    mode(0o600);
    let ran = run().exits(0).prints(&["200 seen true: ************** "]);
    std::fs::remove_file(&file).unwrap();
    let texts = ["hush", "9q7z", "aCA5cTd6", "aHVzaCA5", "cTd6Lzw1", "736820397137"];
    let shown = format!("{}{}", ran.stdout, ran.stderr);
    assert!(!texts.iter().any(|text| shown.to_lowercase().contains(&text.to_lowercase())), "{shown}");
    for file in ["page.html", "book.org"] {
        assert!(place.folder.read(file).contains("seen true: ****"), "{}", place.folder.read(file));
    }
    assert!(place.steps().concat().iter().any(|step| step.to_string().contains("seen true: ****")), "the log has it");
    let found = [containing(place.folder.path(), &texts), containing(place.cache(), &texts)].concat();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn with_tls_the_certificate_counts() {
    let url = |port: u16| format!("https://localhost:{port}/path");
    let run = |port: u16, roots: &str| {
        let place = place(&format!("net:localhost:{port}"), "20s");
        let roots = place.folder.write("roots.pem", roots).path().join("roots.pem");
        let mut command = send(&place, &url(port), "", &["--allow", "address:127.0.0.1"]);
        command.env("SSL_CERT_FILE", roots).env_remove("SSL_CERT_DIR");
        Running::start(command, b"").wait().exits(0)
    };
    let ((port, certificate), (other, others)) = (serve_tls("localhost"), serve_tls("elsewhere.example"));
    run(port, &certificate).prints(&["200 GET /path HTTP/1.1"]);
    // Nobody vouches for it, it is for another host, and no TLS at all.
    run(port, &others).prints(&["error 13"]).complains(&["net: https://localhost:"]);
    run(other, &others).prints(&["error 13"]);
    run(serve(|_| ok("plain")), &certificate).prints(&["error 12"]);
}

#[test]
fn answers_are_bounded() {
    let ask = |port: u16| {
        let (caps, open) = (format!("net:http://localhost:{port}"), format!("address:127.0.0.1:{port}"));
        ask(&caps, &format!("http://localhost:{port}/"), "", &["--allow", &open], None).exits(0)
    };
    let head = serve(|_| format!("HTTP/1.1 200 OK\r\nx: {}\r\ncontent-length: 2\r\n\r\nno", "y".repeat(100_000)));
    ask(head).prints(&["error 26"]).complains(&["net: http://localhost:"]);
    let endless = serve(|_| "HTTP/1.1 200 OK\r\ncontent-length: 67108865\r\n\r\n".to_owned());
    ask(endless).prints(&["error 28"]);
    let chunked = serve(|_| {
        let body = "y".repeat((64 << 20) + 1);
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len())
    });
    ask(chunked).prints(&["200 yyy", "(broken)"]);
    let short = serve(|_| "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nno".to_owned());
    ask(short).prints(&["200 no(broken)"]);
    ask(serve(|_| "SSH-2.0-OpenSSH\r\n".to_owned())).prints(&["error "]);
    // Nobody there.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    ask(free).prints(&["error 6"]).complains(&["connection refused"]);
}

#[test]
fn a_step_whose_request_hangs_ends_all_the_same() {
    let hang = || {
        let (arrived, arrival) = mpsc::channel();
        let (hold, held) = mpsc::channel::<()>();
        let port = serve(move |_| {
            arrived.send(()).unwrap();
            let _ = held.recv();
            String::new()
        });
        (port, arrival, hold)
    };
    let start = |port: u16, timeout: &str| {
        let place = place(&format!("net:http://localhost:{port}"), timeout);
        let command = send(&place, &format!("http://localhost:{port}/"), "", &["--allow", "address:127.0.0.1"]);
        (Running::start(command, b""), place)
    };
    let (port, _arrival, _hold) = hang();
    let (running, place) = start(port, "1s");
    running.wait().exits(1).complains(&["✗ net/get", "deadline"]);
    let status = |place: &Place| place.steps().pop().unwrap().pop().unwrap()["exit_code"].clone();
    assert_eq!(status(&place), 124);
    // And with the time of the whole run.
    let (port, _arrival, _hold) = hang();
    let place = self::place(&format!("net:http://localhost:{port}"), "20s");
    let address = format!("http://localhost:{port}/");
    let command = send(&place, &address, "", &["--allow", "address:127.0.0.1", "--max-time", "2s"]);
    Running::start(command, b"").wait().exits(1).complains(&["✗ net/get", "total-time"]);
    assert_eq!(status(&place), 142);
    // And with Ctrl-C, once the server has the request.
    let (port, arrival, _hold) = hang();
    let (running, _place) = start(port, "20s");
    arrival.recv().unwrap();
    running.signal(libc::SIGINT);
    running.wait().exits(130);
}

#[test]
fn a_component_without_the_right_does_not_link() {
    let ran = ask("clock", "http://localhost/", "", &[], None).exits(1);
    ran.complains(&[
        "imports `wasi:http/outgoing-handler@0.2.0`, which was not granted",
        "make it `:caps: clock net:HOST`",
    ]);
}

#[test]
fn an_artifact_sends_requests_where_it_may_and_nowhere_else() {
    let (mine, other) = (serve(|_| ok("mine")), serve(|_| ok("other")));
    let place = place(&format!("net:http://127.0.0.1:{mine}"), "30s");
    place.wb(&["compose", "book.org", "--target", "run", "-o", "book.wasm"]).exits(0);
    let values = ["plain=true".to_owned(), "path=/".to_owned(), "header=".to_owned()];
    // The hosts give every host there is.
    let wasmtime = |authority: &str| {
        let mut command = Command::new("wasmtime");
        command.args(["run", "-S", "http", "book.wasm"]).args(&values).arg(format!("authority={authority}"));
        command.current_dir(place.folder.path());
        let output = command.output();
        let lacks = |output: &std::process::Output| {
            String::from_utf8_lossy(&output.stderr).contains("not compiled with this feature")
        };
        output.ok().filter(|output| !lacks(output))
    };
    let script = "import { _setArgs } from '@bytecodealliance/preview2-shim/cli';
        _setArgs(['book', 'plain=true', 'path=/', 'header=', ...process.argv.slice(2)]);
        const { run } = await import('./component.js');
        run.run();
        process.exit(0);";
    let translated = common::jco(&place.folder.path().join("book.wasm"), script);
    if wasmtime("x").is_none() && translated.is_none() {
        return println!("skipped: no stock `wasmtime` with HTTP on PATH, and no jco; `.ci/run` installs both");
    }
    let denied = r#"{"get":"error 15"}"#;
    for (authority, expected) in [
        (format!("127.0.0.1:{mine}"), r#"{"get":"200 mine"}"#),
        (format!("127.0.0.1:{other}"), denied),
        (format!("localhost:{mine}"), denied),
    ] {
        let theirs = translated.as_ref().map(|command| {
            let mut again = Command::new(command.get_program());
            again.args(command.get_args()).current_dir(command.get_current_dir().unwrap());
            again.arg(format!("authority={authority}")).output().unwrap()
        });
        for output in wasmtime(&authority).into_iter().chain(theirs) {
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), expected, "{authority}: {said}");
        }
    }
}
