//! The public plane under load: `cargo bench --bench public`, with `wrk` installed.
//!
//! In one run on loopback, in turns, best of several: a page from the public plane; the same bytes from a native hyper server;
//! and the plane's component with its page inside, on the plane's host and under stock `wasmtime serve` (`WB_WASMTIME`, or `wasmtime`
//! on `PATH`). Nothing is asserted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

#[allow(unreachable_pub)]
#[path = "support/load.rs"]
mod load;

use std::convert::Infallible;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use wasmtime_wasi_http::io::TokioIo;
use wb::engine::Engine;
use wb::kernel::Kernel;
use wb::plane::{self, Bounds, Said, Teller};
use wb::publish::{Builder, Settings, page_of};
use wb::store::{Options, Store, Tenant};

use load::{Load, wrk};

const HOST: &str = "www.example.org";
const ROUNDS: usize = 3;
const CONNECTIONS: u32 = 64;

struct Subject {
    name: &'static str,
    port: u16,
    headers: Vec<String>,
    best: Load,
}

fn main() {
    let seconds = std::env::args().find_map(|word| word.strip_prefix("--seconds=")?.parse().ok()).unwrap_or(5);
    let only: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let folder = std::env::temp_dir().join(format!("wb-bench-public-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (_ending, end) = watch::channel(false);
    let engine = Engine::pooling().unwrap();
    let store = runtime.block_on(Store::open(&Options::folder(&folder.join("data")))).unwrap();
    publish(&runtime, &store, &engine);
    let alone = alone(&folder);
    let public = |binary: &[u8]| {
        let teller: Teller = Arc::new(|_: &Said<'_>| {});
        let handler = plane::public::with_component(binary, &engine, None, &store, Bounds::default(), teller).unwrap();
        let bound = runtime.block_on(plane::bind(SocketAddr::from(([127, 0, 0, 1], 0)))).unwrap();
        let port = bound.address().port();
        runtime.spawn(bound.serve(handler, Bounds::default(), end.clone()));
        port
    };
    let mut subjects = Vec::new();
    let mut subject = |name: &'static str, port: u16, headers: &[&str]| {
        let headers = headers.iter().map(|header| (*header).to_owned()).collect();
        if only.is_empty() || only.iter().any(|word| name.contains(word.as_str())) {
            subjects.push(Subject { name, port, headers, best: Load::default() });
        }
    };
    let plane = public(wb_components::PLANE_PUBLIC);
    let br = "accept-encoding: br";
    subject("native hyper", native(&runtime, &answer(plane, "")), &[]);
    subject("public plane", plane, &[]);
    subject("native hyper, br", native(&runtime, &answer(plane, "accept-encoding: br\r\n")), &[br]);
    subject("public plane, br", plane, &[br]);
    subject("public plane, 304", plane, &["if-none-match: *"]);
    // With this header a request goes to the component, whatever is remembered.
    let anew = "cache-control: no-cache";
    subject("public plane, an instance for each", plane, &[anew]);
    subject("public plane, an instance for each, br", plane, &[anew, br]);
    subject("component alone, here", public(&std::fs::read(&alone).unwrap()), &[anew]);
    let stock = Stock::start(&alone);
    if let Some(stock) = &stock {
        subject("component alone, stock wasmtime serve", stock.port, &[]);
    }
    measure(&mut subjects, seconds);
    drop(std::fs::remove_dir_all(folder));
}

fn measure(subjects: &mut [Subject], seconds: u32) {
    for round in 0..=ROUNDS {
        for subject in &mut *subjects {
            // The first warms up.
            let seconds = if round == 0 { 1 } else { seconds };
            let headers = subject.headers.iter().cloned().chain([format!("Host: {HOST}")]).collect::<Vec<_>>();
            let load = wrk(&format!("http://127.0.0.1:{}/", subject.port), "GET", &headers, CONNECTIONS, seconds);
            if round > 0 && load.rate > subject.best.rate {
                subject.best = load;
            }
        }
    }
    println!("{:<40} {:>10} {:>10} {:>10} {:>9}", "", "requests/s", "p50", "p99", "p99/p50");
    for Subject { name, best, .. } in subjects {
        let Load { rate, p50, p99, errors } = best;
        println!("{name:<40} {rate:>10.0} {p50:>7.2} ms {p99:>7.2} ms {:>9.1} {errors}", *p99 / *p50);
    }
}

/// A page of an example, at [`HOST`].
fn publish(runtime: &Runtime, store: &Store, engine: &Engine) {
    let kernel = Kernel::new(engine, None).unwrap();
    let builder = Builder::new(engine, None).unwrap();
    let settings = Settings {
        title: "Bench".into(),
        base: Some(format!("https://{HOST}")),
        description: None,
        author: None,
        language: "en".into(),
        listed: true,
    };
    let org = include_str!("../../examples/sales.org");
    let page = page_of(&kernel, org, "/", "sales", Vec::new()).unwrap();
    let files = builder.build(&settings, vec![page], Vec::new()).unwrap();
    let scope = store.of(&Tenant::new("bench").unwrap());
    runtime.block_on(async {
        scope.published().publish("s", &files, "").await.unwrap();
        scope.domains().add(HOST, "s").await.unwrap();
        scope.domains().verify(HOST).await.unwrap();
    });
}

/// The plane's answer as it comes over the wire: its headers and its body.
fn answer(port: u16, headers: &str) -> (Vec<(String, String)>, Bytes) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "GET / HTTP/1.1\r\nhost: {HOST}\r\nconnection: close\r\n{headers}\r\n").unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let end = bytes.windows(4).position(|part| part == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let fields = head.lines().filter_map(|line| line.split_once(": "));
    let fields = fields.filter(|(name, _)| !["date", "content-length", "connection"].contains(name));
    let fields: Vec<_> = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    println!("{} bytes, head of {end}", bytes.len() - end - 4);
    (fields, Bytes::from(bytes[end + 4..].to_vec()))
}

/// A native server that sends the same bytes.
fn native(runtime: &Runtime, answer: &(Vec<(String, String)>, Bytes)) -> u16 {
    let mut sample = Response::new(());
    for (name, value) in &answer.0 {
        let name: http::HeaderName = name.parse().unwrap();
        sample.headers_mut().insert(name, value.parse().unwrap());
    }
    let (headers, body) = (Arc::new(sample.headers().clone()), answer.1.clone());
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let port = listener.local_addr().unwrap().port();
    runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (headers, body) = (Arc::clone(&headers), body.clone());
            let service = hyper::service::service_fn(move |_: Request<Incoming>| {
                let mut response = Response::new(Full::new(body.clone()));
                *response.headers_mut() = (*headers).clone();
                std::future::ready(Ok::<_, Infallible>(response))
            });
            drop(stream.set_nodelay(true));
            let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection);
        }
    });
    port
}

/// The plane's component with a page inside.
fn alone(folder: &Path) -> PathBuf {
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("public-alone");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "-q", "--profile", "guest", "--target", "wasm32-unknown-unknown", "-p", "plane-public"]);
    cargo.args(["--features", "alone", "--target-dir"]).arg(&target).current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    assert!(cargo.status().unwrap().success());
    let module = std::fs::read(target.join("wasm32-unknown-unknown/guest/plane_public.wasm")).unwrap();
    let mut encoder = wit_component::ComponentEncoder::default();
    let component = encoder.validate(true).module(&module).and_then(|encoder| encoder.encode()).unwrap();
    let path = folder.join("alone.wasm");
    std::fs::write(&path, component).unwrap();
    path
}

/// Stock `wasmtime serve`.
struct Stock {
    child: Child,
    port: u16,
}

impl Stock {
    /// With the pooling allocator where this build of it has one.
    fn start(component: &Path) -> Option<Self> {
        let program = std::env::var("WB_WASMTIME").unwrap_or_else(|_| "wasmtime".to_owned());
        for options in [&[][..], &["-O", "pooling-allocator=n"]] {
            let mut command = Command::new(&program);
            command.arg("serve").args(options).args(["--addr", "127.0.0.1:0"]).arg(component);
            let Ok(mut child) = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn() else { break };
            let mut lines = BufReader::new(child.stderr.take().unwrap());
            let mut said = String::new();
            while lines.read_line(&mut said).unwrap_or(0) > 0 {
                let port = said.trim().rsplit([':', ' ']).find_map(|part| part.trim_end_matches('/').parse().ok());
                if let Some(port) = port.filter(|_| said.contains("http://")) {
                    std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
                    println!("stock: `{program} serve {}`", options.join(" "));
                    return Some(Self { child, port });
                }
                said.clear();
            }
            drop(child.kill());
            drop(child.wait());
        }
        println!("not measured: `{program}` does not serve");
        None
    }
}

impl Drop for Stock {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
