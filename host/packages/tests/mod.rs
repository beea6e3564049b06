//! Packages from a real server on the loopback interface, which serves what it should and what it should not.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::report::Colour;

/// How the server answers.
#[derive(Clone, Copy)]
enum Answer {
    Well,
    /// Half of the archive, under the length of the whole.
    Cut,
    /// Half of the archive, as if that were all.
    Half,
    /// One byte changed.
    Changed,
    /// A byte too many.
    Longer,
    Missing,
}

/// Serves one archive to everybody, in a thread that ends with the process. Counts requests.
fn serve(archive: Vec<u8>, answer: Answer) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut path = String::new();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            reader.read_line(&mut path).unwrap();
            let mut line = String::new();
            while reader.read_line(&mut line).unwrap() > 2 {
                line.clear();
            }
            counted.fetch_add(1, Ordering::SeqCst);
            let mut body = archive.clone();
            if path.contains("/thing/ ") {
                body = b"<a href='../../files/thing-0.tar.gz'>x</a> <a href=\"../../files/thing-1.tar.gz#sha256=00\">y</a>".to_vec();
            }
            let mut length = body.len();
            let mut status = "200 OK";
            match answer {
                Answer::Well => {}
                Answer::Cut => body.truncate(length / 2),
                Answer::Half => {
                    body.truncate(length / 2);
                    length = body.len();
                }
                Answer::Changed => body[length / 2] ^= 1,
                Answer::Longer => {
                    body.push(0);
                    length += 1;
                }
                Answer::Missing => status = "404 Not Found",
            }
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
            drop(stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body)));
        }
    });
    (address, count)
}

/// A gzipped tar with these files.
fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        // `append_data` refuses what a hostile archive has.
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        header.set_cksum();
        builder.append(&header, *content).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

fn package(archive: &[u8], registry: Registry, take: &'static [Take]) -> Package {
    let hex = Digest::Sha256("").of(archive);
    let base64 = Digest::Sha512("").of(archive);
    let digest = match registry {
        Registry::Npm => Digest::Sha512(base64.leak()),
        Registry::PyPi { .. } => Digest::Sha256(hex.leak()),
    };
    let (title, language, name, version) = ("thing 1", "thing", "@who/thing", "1.0.0");
    Package { title, language, registry, name, version, digest, bytes: archive.len() as u64, take }
}

/// A folder that goes away, with packages in it.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("wb-packages-{name}-{}", std::process::id()));
        drop(std::fs::remove_dir_all(&folder));
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    fn packages(&self, server: &str, offline: bool) -> Packages {
        let mirrors = Mirrors { npm: Some(format!("{server}/")), pypi: Some(format!("{server}/root/simple")) };
        Packages::new(Ok(&self.0), offline, mirrors, Reporter::new(Colour::Never, false, true))
    }

    /// Folders of packages, finished or not.
    fn folders(&self) -> usize {
        let Ok(entries) = std::fs::read_dir(self.0.join("packages")) else { return 0 };
        entries.filter(|entry| entry.as_ref().unwrap().path().is_dir()).count()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

const FILES: &[(&str, &[u8])] = &[
    ("package/a.wasm", b"wasm"),
    ("package/lib/x/one.h", b"one"),
    ("package/lib/two.h", b"two"),
    ("package/README.md", b"not taken"),
];
const TAKE: &[Take] =
    &[Take::File { from: "package/a.wasm", to: "a.wasm" }, Take::Folder { from: "package/lib", to: "include" }];
const PYPI: Registry = Registry::PyPi { folder: "aa/bb/cc", file: "thing-1.tar.gz" };

#[test]
fn a_package_is_fetched_once_and_only_what_is_named_is_unpacked() {
    let place = Place::new("once");
    let archive = archive(FILES);
    for registry in [Registry::Npm, PYPI] {
        let package = package(&archive, registry, TAKE);
        let (server, count) = serve(archive.clone(), Answer::Well);
        let requests = if registry == Registry::Npm { 1 } else { 2 };
        let folder = std::thread::scope(|scope| {
            // As many processes would: each with its own `Packages`.
            let ask = || place.packages(&server, false).get(&package).unwrap();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).next().unwrap()
        });
        assert_eq!(count.load(Ordering::SeqCst), requests, "downloaded once");
        assert_eq!(std::fs::read(folder.join("include/x/one.h")).unwrap(), b"one");
        assert_eq!(std::fs::read(folder.join("a.wasm")).unwrap(), b"wasm");
        assert!(!folder.join("README.md").exists());
        assert_eq!(place.packages("http://127.0.0.1:1", true).get(&package).unwrap(), folder);

        std::fs::write(folder.join("a.wasm"), "was").unwrap();
        assert!(place.packages(&server, true).find(&package).is_none(), "a file lost a byte");
        assert_eq!(place.packages(&server, false).get(&package).unwrap(), folder);
        assert_eq!(std::fs::read(folder.join("a.wasm")).unwrap(), b"wasm");
        assert_eq!(count.load(Ordering::SeqCst), 2 * requests);
    }
}

#[test]
fn what_is_not_the_package_is_refused_and_leaves_nothing() {
    let place = Place::new("bad");
    let archive = archive(FILES);
    let package = package(&archive, Registry::Npm, TAKE);
    let whole = archive.len();
    let said = [
        (Answer::Cut, "the connection ended after".to_owned()),
        (Answer::Half, format!("it has {} of its {whole} bytes", whole / 2)),
        (Answer::Changed, "its digest is".to_owned()),
        (Answer::Longer, format!("it is longer than its {whole} bytes")),
        (Answer::Missing, "404".to_owned()),
    ];
    for (answer, expected) in said {
        let (server, _) = serve(archive.clone(), answer);
        let error = place.packages(&server, false).get(&package).unwrap_err();
        assert!(error.to_string().contains(&expected), "{error}");
        assert!(error.to_string().contains(&format!("{server}/@who/thing/-/thing-1.0.0.tgz")), "{error}");
        assert_eq!(place.folders(), 0);
    }
}

#[test]
fn without_the_right_to_download_the_command_that_would_is_named() {
    let place = Place::new("offline");
    let archive = archive(FILES);
    let error = place.packages("http://127.0.0.1:1", true).get(&package(&archive, Registry::Npm, TAKE)).unwrap_err();
    assert!(matches!(error, PackageError::Offline { .. }), "{error}");
    assert!(error.cure().contains("`wb doctor --get thing`"), "{}", error.cure());
}

#[test]
fn paths_that_lead_elsewhere_are_not_unpacked() {
    const ALL: &[Take] = &[Take::Folder { from: "", to: "" }];
    let place = Place::new("paths");
    for path in ["../up", "/tmp/wb-absolute", "a/../../up", "a\\..\\up"] {
        let archive = archive(&[("fine", b"x"), (path, b"x")]);
        let (server, _) = serve(archive.clone(), Answer::Well);
        let error = place.packages(&server, false).get(&package(&archive, Registry::Npm, ALL)).unwrap_err();
        assert!(error.to_string().contains("leads elsewhere"), "{path}: {error}");
        assert_eq!(place.folders(), 0);
    }
}

#[test]
fn a_wheel_and_an_archive_in_an_archive_are_unpacked() {
    const WHEEL: Registry = Registry::PyPi { folder: "aa/bb/cc", file: "thing-1.tar.gz.whl" };
    const INNER: &[Take] = &[Take::Folder { from: "include", to: "sysroot/include" }];
    const PARTS: &[Take] =
        &[Take::File { from: "thing/a.so", to: "a.so" }, Take::Tar { from: "thing/all.tar", take: INNER }];
    let place = Place::new("wheel");
    let mut inner = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(3);
    inner.append_data(&mut header, "./include/deep/one.h", &b"one"[..]).unwrap();
    let inner = inner.into_inner().unwrap();
    let mut bytes = Vec::new();
    let mut zip = rawzip::ZipArchiveWriter::new(&mut bytes);
    for (name, content) in [("thing/a.so", b"so".as_slice()), ("thing/all.tar", &inner)] {
        let file = zip.new_file(name).compression_method(rawzip::CompressionMethod::DEFLATE);
        let (mut entry, config) = file.start().unwrap();
        let mut writer = config.wrap(flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::fast()));
        writer.write_all(content).unwrap();
        let (encoder, descriptor) = writer.finish().unwrap();
        encoder.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    zip.finish().unwrap();
    let staging = disk::Staging::new(&place.0).unwrap();
    unpack::unpack(&package(&bytes, WHEEL, PARTS), &bytes, &staging).unwrap();
    staging.keep(&place.0.join("kept")).unwrap();
    assert_eq!(std::fs::read(place.0.join("kept/sysroot/include/deep/one.h")).unwrap(), b"one");
    assert_eq!(std::fs::read(place.0.join("kept/a.so")).unwrap(), b"so");
}
