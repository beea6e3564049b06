//! The guard of the network, end to end: a real component sends real requests to servers on this machine.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use common::{Folder, Place, Ran, Running, repository};

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

/// Runs a workbook whose one component asks for `caps` and sends one request.
fn ask(caps: &str, url: &str, header: &str, arguments: &[&str], secret: Option<&str>) -> Ran {
    let place = Place::with(&format!(
        "* Net\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n\n** Get\n:PROPERTIES:\n:component: http.wasm\n:caps: {caps}\n\
         :sig: get(plain: bool, authority: string, path: string, header: string) -> string\n:timeout: 20s\n:END:\n"
    ));
    place.folder.write("http.wasm", guest());
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
    let mut command = place.command(&all);
    if let Some(secret) = secret {
        command.env("WB_SECRET_TOKEN", secret);
    }
    Running::start(command, b"").wait()
}

#[test]
fn a_granted_host_is_reached_and_others_are_not() {
    let port = serve(|request| ok(request.lines().next().unwrap()));
    let url = format!("http://localhost:{port}/path?x=1");
    let (caps, open) = (format!("net:http://localhost:{port}"), format!("address:127.0.0.1:{port}"));
    let opened: &[&str] = &["--allow", &open];
    ask(&caps, &url, "", opened, None).exits(0).prints(&["200 GET /path?x=1 HTTP/1.1"]);
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

#[test]
fn answers_are_bounded() {
    let port = serve(|_| format!("HTTP/1.1 200 OK\r\nx: {}\r\ncontent-length: 2\r\n\r\nno", "y".repeat(100_000)));
    let open = format!("address:127.0.0.1:{port}");
    let ran = ask(
        &format!("net:http://localhost:{port}"),
        &format!("http://localhost:{port}/"),
        "",
        &["--allow", &open],
        None,
    );
    ran.exits(0).prints(&["error "]).complains(&["net: http://localhost:"]);
    // Nobody there.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let open = format!("address:127.0.0.1:{free}");
    let ran = ask(
        &format!("net:http://localhost:{free}"),
        &format!("http://localhost:{free}/"),
        "",
        &["--allow", &open],
        None,
    );
    ran.exits(0).prints(&["error 6"]).complains(&["connection refused"]);
}

#[test]
fn a_component_without_the_right_does_not_link() {
    let ran = ask("clock", "http://localhost/", "", &[], None).exits(1);
    ran.complains(&[
        "imports `wasi:http/outgoing-handler@0.2.0`, which was not granted",
        "make it `:caps: clock net:HOST`",
    ]);
}
