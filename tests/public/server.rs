//! The public plane over a store in a folder of its own, and requests as bytes.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::watch;
use wb::plane::{self, Bounds, Said, Teller};
use wb::publish::{Asset, Page};
use wb::store::{Options, Store, Tenant};

use crate::site::{build, tools};

/// Longest wait for anything.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The host that shows the site `s`.
pub const HOST: &str = "www.example.org";

/// A server that ends with the value, and its folder with it.
pub struct Server {
    pub store: Store,
    pub options: Options,
    pub runtime: Runtime,
    pub faults: Arc<Mutex<Vec<String>>>,
    pub port: u16,
    folder: PathBuf,
    ending: watch::Sender<bool>,
}

/// An answer: its head as it came, and its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Server {
    /// A server with nothing published.
    pub fn start() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("wb-public-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let options = Options::folder(&folder.join("data"));
        let store = runtime.block_on(Store::open(&options)).unwrap();
        let faults: Arc<Mutex<Vec<String>>> = Arc::default();
        let told = Arc::clone(&faults);
        let teller: Teller = Arc::new(move |said: &Said<'_>| {
            if let Some(fault) = said.fault {
                told.lock().unwrap().push(fault.to_owned());
            }
        });
        let bounds = Bounds::default();
        let handler = plane::public::handler(&tools().engine, None, &store, bounds.clone(), teller).unwrap();
        let bound = runtime.block_on(plane::bind(SocketAddr::from(([127, 0, 0, 1], 0)))).unwrap();
        let port = bound.address().port();
        let (ending, end) = watch::channel(false);
        runtime.spawn(bound.serve(handler, bounds, end));
        Self { store, options, runtime, faults, port, folder, ending }
    }

    /// A server with these at [`HOST`].
    pub fn with(pages: Vec<Page>, assets: Vec<Asset>) -> Self {
        let server = Self::start();
        server.publish("s", pages, assets);
        server.shows(HOST, "s");
        server
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn publish(&self, site: &str, pages: Vec<Page>, assets: Vec<Asset>) {
        let files = build(pages, assets).unwrap();
        let sites = self.store.of(&tenant()).published();
        self.runtime.block_on(sites.publish(site, &files, "")).unwrap();
    }

    /// Makes a host of the tenant's show a site.
    pub fn shows(&self, host: &str, site: &str) {
        let domains = self.store.of(&tenant()).domains();
        self.runtime.block_on(async {
            domains.add(host, site).await.unwrap();
            domains.verify(host).await.unwrap();
        });
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends bytes on a connection of their own; `None` when it ends without an answer.
    pub fn raw(&self, bytes: &[u8]) -> Option<Answer> {
        let mut stream = self.connect();
        // A server that refuses the head does not read the rest.
        drop(stream.write_all(bytes));
        let mut all = Vec::new();
        drop(stream.read_to_end(&mut all));
        Answer::parse(&all)
    }

    pub fn ask(&self, method: &str, target: &str, headers: &str) -> Answer {
        self.ask_at(HOST, method, target, headers)
    }

    pub fn ask_at(&self, host: &str, method: &str, target: &str, headers: &str) -> Answer {
        let text = format!("{method} {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{headers}\r\n");
        self.raw(text.as_bytes()).expect("an answer")
    }

    pub fn get(&self, target: &str) -> Answer {
        self.ask("GET", target, "")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ending.send_replace(true);
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

/// Whose the sites are.
pub fn tenant() -> Tenant {
    Tenant::new("t").unwrap()
}

impl Answer {
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|part| part == b"\r\n\r\n")?;
        let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some(Self { status, head, body: bytes[end + 4..].to_vec() })
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The head without what is another with each request. The order of its lines means nothing.
    pub fn lasting(&self) -> Vec<&str> {
        let passing = |line: &&str| !["date: ", "x-request-id: "].iter().any(|name| line.starts_with(name));
        let mut lines: Vec<&str> = self.head.lines().filter(passing).collect();
        lines.sort_unstable();
        lines
    }
}
