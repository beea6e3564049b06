//! A server under test, and requests as bytes.

#![allow(dead_code, unreachable_pub)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use http_body_util::{BodyExt as _, Empty};
use wasmtime_wasi_http::io::TokioIo;

use crate::common::Place;

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// `wb serve` on a port of its own; killed with the value.
pub struct Server {
    child: Child,
    port: u16,
    /// What the server says when it has started.
    pub greeting: serde_json::Value,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    head: String,
    pub body: String,
}

/// A connection whose answer is read bit by bit.
pub struct Open {
    stream: TcpStream,
    read: String,
}

impl Server {
    pub fn start(place: &Place, arguments: &[&str]) -> Self {
        Self::start_as(place.command(arguments))
    }

    /// From a command that is put together already.
    pub fn start_as(mut command: Command) -> Self {
        command.arg("--json").stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        let mut talk = child.stderr.take().unwrap();
        let Ok(greeting) = serde_json::from_str::<serde_json::Value>(&said) else {
            let mut text = String::new();
            drop(child.kill());
            drop(talk.read_to_string(&mut text));
            panic!("the server did not say where it listens: {said}{text}");
        };
        // What is not read would stop whoever writes it.
        std::thread::spawn(move || std::io::copy(&mut talk, &mut std::io::sink()));
        let address = greeting["address"].as_str().unwrap();
        let port = address.rsplit(':').next().unwrap().parse().unwrap();
        Self { child, port, greeting }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    pub fn ask(&self, method: &str, target: &str, headers: &str, body: &str) -> Answer {
        let length = body.len();
        let text = format!(
            "{method} {target} HTTP/1.1\r\nhost: localhost:{}\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}",
            self.port
        );
        self.raw(text.as_bytes()).expect("an answer")
    }

    pub fn get(&self, target: &str) -> Answer {
        self.ask("GET", target, "", "")
    }

    pub fn post(&self, target: &str, headers: &str, body: &str) -> Answer {
        self.ask("POST", target, headers, body)
    }

    /// Sends bytes; `None` when the connection ends without an answer.
    pub fn raw(&self, bytes: &[u8]) -> Option<Answer> {
        let mut stream = self.connect();
        // A server that refuses the head does not read the rest.
        drop(stream.write_all(bytes));
        Answer::read(&mut stream)
    }

    /// Begins a request whose answer may take its time.
    pub fn open(&self, target: &str) -> Open {
        self.open_with(target, "")
    }

    /// The same with more headers.
    pub fn open_with(&self, target: &str, headers: &str) -> Open {
        let mut stream = self.connect();
        let text =
            format!("GET {target} HTTP/1.1\r\nhost: localhost:{}\r\nconnection: close\r\n{headers}\r\n", self.port);
        stream.write_all(text.as_bytes()).unwrap();
        Open { stream, read: String::new() }
    }

    /// A request over HTTP/2 without an upgrade.
    pub fn over_http2(&self, target: &str) -> (u16, String) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let stream = tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
            let io = TokioIo::new(stream);
            let (mut sender, connection) =
                hyper::client::conn::http2::handshake::<_, _, Empty<bytes::Bytes>>(Spawn, io).await.unwrap();
            tokio::spawn(connection);
            let uri = format!("http://localhost:{}{target}", self.port);
            let request = http::Request::get(uri).body(Empty::new()).unwrap();
            let answer = sender.send_request(request).await.unwrap();
            let status = answer.status().as_u16();
            let body = answer.into_body().collect().await.unwrap().to_bytes();
            (status, String::from_utf8(body.to_vec()).unwrap())
        })
    }

    pub fn signal(&self, signal: i32) {
        let pid = i32::try_from(self.child.id()).unwrap();
        // SAFETY: a plain system call; the child is ours and not waited for yet, so the id is still its own.
        assert_eq!(unsafe { libc::kill(pid, signal) }, 0);
    }

    /// Waits for its end; the exit code.
    pub fn wait(&mut self) -> Option<i32> {
        let begun = std::time::Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the server does not end");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[derive(Clone)]
struct Spawn;

impl<F: Future<Output: Send> + Send + 'static> hyper::rt::Executor<F> for Spawn {
    fn execute(&self, future: F) {
        tokio::spawn(future);
    }
}

impl Answer {
    /// Reads an answer: to the end of its length, or of the connection.
    pub fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut bytes = Vec::new();
        let mut part = [0; 8192];
        while let Ok(count @ 1..) = stream.read(&mut part) {
            bytes.extend_from_slice(&part[..count]);
            let text = String::from_utf8_lossy(&bytes);
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = field(head, "content-length").and_then(|length| length.parse::<usize>().ok());
            if length.is_some_and(|length| body.len() >= length) {
                break;
            }
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some(Self { status, head: head.to_owned(), body: body.to_owned() })
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        field(&self.head, name)
    }
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let fields = head.lines().filter_map(|line| line.split_once(": "));
    fields.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
}

impl Open {
    /// Reads until this was said, and forgets what was read up to there.
    #[track_caller]
    pub fn until(&mut self, text: &str) {
        let mut part = [0; 4096];
        let begun = std::time::Instant::now();
        loop {
            assert!(begun.elapsed() < PATIENCE, "never said `{text}`: {}", self.read);
            if let Some(at) = self.read.find(text) {
                self.read.drain(..at + text.len());
                return;
            }
            match self.stream.read(&mut part) {
                Ok(count @ 1..) => self.read.push_str(&String::from_utf8_lossy(&part[..count])),
                ended => panic!("never said `{text}` ({ended:?}): {}", self.read),
            }
        }
    }

    /// Reads to the end.
    pub fn finish(&mut self) -> String {
        let mut rest = Vec::new();
        drop(self.stream.read_to_end(&mut rest));
        self.read.push_str(&String::from_utf8_lossy(&rest));
        std::mem::take(&mut self.read)
    }
}
