//! A registry for tests: the OCI distribution specification 1.1 as far as pushing and pulling go, over real HTTP, with the
//! token authentication of the Docker registry. It is strict: what the specification does not allow is refused.

#![allow(unreachable_pub)]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// A running registry.
pub struct Server {
    port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    port: u16,
    ended: AtomicBool,
    blobs: Mutex<HashMap<String, Vec<u8>>>,
    /// By tag and by digest.
    manifests: Mutex<HashMap<String, Vec<u8>>>,
    uploads: Mutex<Vec<String>>,
}

struct Request {
    method: String,
    path: String,
    query: HashMap<String, String>,
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

type Answer = (u16, Vec<(&'static str, String)>, Vec<u8>);

/// The repository that may be used, and the token for it.
const REPOSITORY: &str = "team/tool";
const TOKEN: &str = "token-for-team-tool";

pub fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Server {
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State { port, ..State::default() });
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if shared.ended.load(Ordering::Relaxed) {
                    return;
                }
                let state = Arc::clone(&shared);
                std::thread::spawn(move || state.serve(stream));
            }
        });
        Self { port, state }
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Changes a byte of every blob, as a bad disk or a bad person would.
    pub fn corrupt(&self) {
        for blob in self.state.blobs.lock().unwrap().values_mut() {
            *blob.last_mut().unwrap() ^= 1;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

impl State {
    fn serve(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut stream = stream;
        while let Some(request) = read(&mut reader) {
            let head = request.method == "HEAD";
            let (status, headers, body) = self.answer(&request);
            let mut text = format!("HTTP/1.1 {status} Status\r\ncontent-length: {}\r\n", body.len());
            for (name, value) in headers {
                text.push_str(&format!("{name}: {value}\r\n"));
            }
            text.push_str("\r\n");
            let mut bytes = text.into_bytes();
            if !head {
                bytes.extend(body);
            }
            if stream.write_all(&bytes).is_err() {
                return;
            }
        }
    }

    fn answer(&self, request: &Request) -> Answer {
        let authorization = request.headers.get("authorization").map(String::as_str);
        if request.path == "/token" {
            let known = authorization == Some("Basic dXNlcjpwYXNz");
            let scope = request.query.get("scope").map(String::as_str).unwrap_or_default();
            let asked = scope.starts_with(&format!("repository:{REPOSITORY}:")) && request.query["service"] == "test";
            return match known && asked {
                true => (200, Vec::new(), format!(r#"{{"token":"{TOKEN}"}}"#).into_bytes()),
                false => problem(401, "UNAUTHORIZED"),
            };
        }
        if authorization != Some(&format!("Bearer {TOKEN}")) {
            let actions = if matches!(request.method.as_str(), "GET" | "HEAD") { "pull" } else { "pull,push" };
            let realm = format!("http://127.0.0.1:{}/token", self.port);
            let challenge =
                format!(r#"Bearer realm="{realm}",service="test",scope="repository:{REPOSITORY}:{actions}""#);
            let (status, mut headers, body) = problem(401, "UNAUTHORIZED");
            headers.push(("www-authenticate", challenge));
            return (status, headers, body);
        }
        let Some(rest) = request.path.strip_prefix(&format!("/v2/{REPOSITORY}/")) else {
            return problem(404, "NAME_UNKNOWN");
        };
        match (request.method.as_str(), rest.split('/').collect::<Vec<_>>().as_slice()) {
            ("GET" | "HEAD", ["blobs", digest]) => match self.blobs.lock().unwrap().get(*digest) {
                Some(blob) => (200, vec![("docker-content-digest", (*digest).to_owned())], blob.clone()),
                None => problem(404, "BLOB_UNKNOWN"),
            },
            ("POST", ["blobs", "uploads", ""]) => {
                let mut uploads = self.uploads.lock().unwrap();
                let session = format!("session-{}", uploads.len());
                let location = format!("/v2/{REPOSITORY}/blobs/uploads/{session}?state=a%2Fb");
                uploads.push(session);
                (202, vec![("location", location)], Vec::new())
            }
            ("PUT", ["blobs", "uploads", session]) => self.upload(request, session),
            ("GET" | "HEAD", ["manifests", name]) => {
                let accepts = request.headers.get("accept").is_some_and(|accept| accept.contains(MANIFEST));
                match self.manifests.lock().unwrap().get(*name) {
                    Some(bytes) if accepts => (200, vec![("content-type", MANIFEST.to_owned())], bytes.clone()),
                    _ => problem(404, "MANIFEST_UNKNOWN"),
                }
            }
            ("PUT", ["manifests", name]) => self.manifest(request, name),
            _ => problem(405, "UNSUPPORTED"),
        }
    }

    fn upload(&self, request: &Request, session: &str) -> Answer {
        let digest = request.query.get("digest").cloned().unwrap_or_default();
        let begun = self.uploads.lock().unwrap().iter().any(|known| known == session);
        let kind = request.headers.get("content-type").map(String::as_str);
        if !begun || request.query.get("state").map(String::as_str) != Some("a%2Fb") {
            return problem(404, "BLOB_UPLOAD_UNKNOWN");
        }
        if kind != Some("application/octet-stream") || digest != format!("sha256:{}", sha256(&request.body)) {
            return problem(400, "DIGEST_INVALID");
        }
        let location = format!("/v2/{REPOSITORY}/blobs/{digest}");
        self.blobs.lock().unwrap().insert(digest, request.body.clone());
        (201, vec![("location", location)], Vec::new())
    }

    fn manifest(&self, request: &Request, name: &str) -> Answer {
        let manifest: serde_json::Value = serde_json::from_slice(&request.body).unwrap_or_default();
        if request.headers.get("content-type").map(String::as_str) != Some(MANIFEST)
            || manifest["mediaType"] != MANIFEST
            || manifest["schemaVersion"] != 2
        {
            return problem(400, "MANIFEST_INVALID");
        }
        let blobs = self.blobs.lock().unwrap();
        let layers = manifest["layers"].as_array().cloned().unwrap_or_default();
        let whole = layers.iter().chain([&manifest["config"]]).all(|each| {
            let blob = each["digest"].as_str().and_then(|digest| blobs.get(digest));
            blob.is_some_and(|blob| each["size"] == blob.len())
        });
        if !whole {
            return problem(404, "MANIFEST_BLOB_UNKNOWN");
        }
        let digest = format!("sha256:{}", sha256(&request.body));
        let mut manifests = self.manifests.lock().unwrap();
        manifests.insert(digest.clone(), request.body.clone());
        manifests.insert(name.to_owned(), request.body.clone());
        (201, vec![("location", format!("/v2/{REPOSITORY}/manifests/{digest}"))], Vec::new())
    }
}

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

fn problem(status: u16, code: &str) -> Answer {
    (status, Vec::new(), format!(r#"{{"errors":[{{"code":"{code}"}}]}}"#).into_bytes())
}

fn read(reader: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length: &String| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let plain = |value: &str| value.replace("%3A", ":").replace("%2C", ",");
    let decoded = |(name, value): (&str, &str)| match name {
        // Opaque to clients.
        "state" => (name.to_owned(), value.to_owned()),
        _ => (name.to_owned(), plain(value).replace("%2F", "/")),
    };
    Some(Request { method, path: path.to_owned(), query: pairs.map(decoded).collect(), headers, body })
}
