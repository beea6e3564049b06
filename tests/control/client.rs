//! A client of a server with a store of its own.

use std::io::Write as _;
use std::net::TcpStream;
use std::path::PathBuf;

use serde_json::Value;

use crate::common::Place;
use crate::server::{Answer, Open, Server};

/// A server, and the token of its owner.
pub(crate) struct Client {
    place: Place,
    server: Server,
    token: String,
}

/// An answer's body.
#[track_caller]
pub(crate) fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("no JSON ({error}): {answer:?}"))
}

const SERVE: [&str; 7] = ["serve", "--data", "data", "--port", "0", "--public-port", "0"];

impl Client {
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    pub(crate) fn with(options: &[&str]) -> Self {
        Self::at(Place::with(""), options)
    }

    /// One with variables of the environment.
    pub(crate) fn set(variables: &[(&'static str, &str)]) -> Self {
        let set = |place: Place, (name, value): &(&'static str, &str)| place.with_variable(name, value);
        Self::at(variables.iter().fold(Place::with(""), set), &[])
    }

    /// One over what is in a place.
    pub(crate) fn at(place: Place, options: &[&str]) -> Self {
        let server = Server::start(&place, &[&SERVE, options].concat());
        let token = token(&server, &place);
        Self { place, server, token }
    }

    /// Where it runs.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    pub(crate) fn port(&self) -> u16 {
        self.server.port()
    }

    /// Where the server says where it is.
    pub(crate) fn notice(&self) -> PathBuf {
        self.place.folder.path().join("data/runtime.json")
    }

    /// The header that says who asks.
    pub(crate) fn authorization(&self) -> String {
        format!("Authorization: Bearer {}", self.token)
    }

    pub(crate) fn ask(&self, method: &str, target: &str, headers: &str, body: &str) -> Answer {
        self.server.ask(method, target, &format!("authorization: Bearer {}\r\n{headers}", self.token), body)
    }

    /// With headers of one's own, and no others.
    pub(crate) fn bare(&self, method: &str, target: &str, headers: &str, body: &str) -> Answer {
        self.server.ask(method, target, headers, body)
    }

    /// These bytes.
    pub(crate) fn raw(&self, bytes: &[u8]) -> Answer {
        self.server.raw(bytes).expect("an answer")
    }

    /// As whoever has this token.
    pub(crate) fn bearing(&self, token: &str, method: &str, target: &str, body: &str) -> Answer {
        self.server.ask(method, target, &format!("authorization: Bearer {token}\r\n"), body)
    }

    /// As nobody in particular.
    pub(crate) fn stranger(&self, method: &str, target: &str) -> Answer {
        self.server.ask(method, target, "", "")
    }

    /// On the public plane.
    pub(crate) fn public(&self, method: &str, target: &str, host: &str) -> Answer {
        let address = self.server.greeting["public"].as_str().unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let text =
            format!("{method} {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
        stream.write_all(text.as_bytes()).unwrap();
        Answer::read(&mut stream).unwrap()
    }

    pub(crate) fn get(&self, target: &str) -> Answer {
        self.ask("GET", target, "", "")
    }

    /// What there is at an address.
    #[track_caller]
    pub(crate) fn value(&self, target: &str) -> Value {
        let answer = self.get(target);
        assert_eq!(answer.status, 200, "{answer:?}");
        json(&answer)
    }

    pub(crate) fn org(&self, method: &str, target: &str, headers: &str, source: &str) -> Answer {
        self.ask(method, target, &format!("content-type: text/org\r\n{headers}"), source)
    }

    /// The same; none when the server is gone.
    pub(crate) fn try_org(&self, method: &str, target: &str, source: &str) -> Option<Answer> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.server.port())).ok()?;
        let text = format!(
            "{method} {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer {}\r\ncontent-type: text/org\r\ncontent-length: {}\r\n\r\n{source}",
            self.token,
            source.len()
        );
        stream.write_all(text.as_bytes()).ok()?;
        Answer::read(&mut stream)
    }

    pub(crate) fn json(&self, method: &str, target: &str, body: &Value) -> Answer {
        self.ask(method, target, "content-type: application/json\r\n", &body.to_string())
    }

    /// Begins a request whose answer may take its time.
    pub(crate) fn open(&self, target: &str, headers: &str) -> Open {
        self.server.open_with(target, &format!("authorization: Bearer {}\r\n{headers}", self.token))
    }

    /// Whether some file of the data has these bytes in it.
    pub(crate) fn data_contains(&self, bytes: &[u8]) -> bool {
        let mut folders = vec![self.place.folder.path().join("data")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if std::fs::read(&path).unwrap().windows(bytes.len()).any(|part| part == bytes) {
                    return true;
                }
            }
        }
        false
    }

    /// Asks the server to end; its exit code.
    pub(crate) fn stop(&mut self) -> Option<i32> {
        self.server.signal(libc::SIGTERM);
        self.server.wait()
    }

    /// Ends the server as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.signal(libc::SIGKILL);
        self.reap();
    }

    pub(crate) fn signal(&self, signal: i32) {
        self.server.signal(signal);
    }

    /// Waits for the end of a server that was killed.
    pub(crate) fn reap(&mut self) {
        self.server.wait();
    }

    /// Starts it again over the same data.
    pub(crate) fn restart(&mut self) {
        self.server = Server::start(&self.place, &SERVE);
        self.token = token(&self.server, &self.place);
    }
}

fn token(server: &Server, place: &Place) -> String {
    let notice = place.folder.path().join(server.greeting["runtime"].as_str().unwrap());
    let text: Value = serde_json::from_slice(&std::fs::read(notice).unwrap()).unwrap();
    text["token"].as_str().unwrap().to_owned()
}
