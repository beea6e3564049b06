//! The control plane under load: `cargo bench --bench control`, with `wrk` installed.
//!
//! The real binary over a store of its own, several kinds of requests in turns, best of several; with `--soak=SECONDS` a mix of them
//! for that long, with the server's memory and open files every few seconds. Nothing is asserted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

#[allow(unreachable_pub)]
#[path = "support/load.rs"]
mod load;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use load::{Load, wrk};
use serde_json::Value;

const ROUNDS: usize = 3;
const CONNECTIONS: u32 = 16;
const BOOK: &str = include_str!("../../examples/sales.org");

/// `wb serve` with a store of its own.
struct Server {
    child: Child,
    folder: PathBuf,
    port: u16,
    token: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

impl Server {
    fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("wb-bench-control-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_wb"));
        command.args(["serve", "-q", "--port", "0", "--public-port", "0", "--data"]).arg(&folder);
        // A limit of rates would be what is measured.
        command.env("WB_RATE", "0").env("WB_CACHE_DIR", folder.join("cache"));
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let notice = notice(&folder);
        let port = notice["port"].as_u64().unwrap().try_into().unwrap();
        Self { child, folder, port, token: notice["token"].as_str().unwrap().to_owned() }
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    fn authorization(&self) -> String {
        format!("Authorization: Bearer {}", self.token)
    }

    /// Asks once, and expects success.
    fn ask(&self, method: &str, path: &str, media: &str, body: &str) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{}\r\ncontent-type: {media}\r\ncontent-length: {}\r\n\r\n",
            self.authorization(),
            body.len()
        );
        stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 2"), "{method} {path}: {answer}");
    }

    /// Resident memory in MiB and open files.
    fn figures(&self) -> (u64, usize) {
        let folder = Path::new("/proc").join(self.child.id().to_string());
        let status = std::fs::read_to_string(folder.join("status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        let kib: u64 = line.trim().trim_end_matches(" kB").parse().unwrap_or(0);
        (kib >> 10, std::fs::read_dir(folder.join("fd")).map_or(0, Iterator::count))
    }
}

/// What the server says of itself, once it is there.
fn notice(folder: &Path) -> Value {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        if let Ok(text) = std::fs::read(folder.join("runtime.json")) {
            return serde_json::from_slice(&text).unwrap();
        }
        assert!(Instant::now() < until, "the server does not start");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn main() {
    let option = |name: &str| std::env::args().find_map(|word| word.strip_prefix(name)?.parse().ok());
    let seconds = option("--seconds=").unwrap_or(5);
    let server = Server::start();
    server.ask("PUT", "/api/workbooks/sales", "text/org", BOOK);
    server.ask("POST", "/api/workbooks/sales/run", "application/json", "{}");
    if let Some(seconds) = option("--soak=") {
        return soak(&server, seconds);
    }
    let kinds = [
        ("health, open to all", "GET", "/health"),
        ("a workbook's record", "GET", "/api/workbooks/sales"),
        ("its page, rendered", "GET", "/api/workbooks/sales/html"),
        ("a run of it, from the cache", "POST", "/api/workbooks/sales/run"),
    ];
    let mut best = vec![Load::default(); kinds.len()];
    for round in 0..=ROUNDS {
        for ((_, method, path), best) in kinds.iter().zip(&mut best) {
            // The first warms up.
            let seconds = if round == 0 { 1 } else { seconds };
            let load = wrk(&server.url(path), method, &[server.authorization()], CONNECTIONS, seconds);
            if round > 0 && load.rate > best.rate {
                *best = load;
            }
        }
    }
    println!("{:<40} {:>10} {:>10} {:>10} {:>9}", "", "requests/s", "p50", "p99", "p99/p50");
    for ((name, _, _), Load { rate, p50, p99, errors }) in kinds.iter().zip(best) {
        println!("{name:<40} {rate:>10.0} {p50:>7.2} ms {p99:>7.2} ms {:>9.1} {errors}", p99 / p50);
    }
}

/// Everything in turns for a time.
fn soak(server: &Server, seconds: u32) {
    let until = Instant::now() + Duration::from_secs(u64::from(seconds));
    let mut requests = 0.0;
    let mut number = 0_u32;
    while Instant::now() < until {
        for (method, path) in [
            ("POST", "/api/workbooks/sales/run"),
            ("GET", "/api/workbooks/sales/html"),
            ("GET", "/api/runs?limit=10"),
            ("GET", "/health"),
        ] {
            requests += wrk(&server.url(path), method, &[server.authorization()], CONNECTIONS, 2).rate * 2.0;
        }
        for _ in 0..50 {
            number += 1;
            server.ask("PUT", &format!("/api/workbooks/w{}", number % 20), "text/org", &format!("* Number {number}\n"));
        }
        let (memory, files) = server.figures();
        let left = until.saturating_duration_since(Instant::now()).as_secs();
        println!("{requests:>10.0} requests, {memory} MiB, {files} files open, {left} s left");
    }
}
