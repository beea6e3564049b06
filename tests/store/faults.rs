//! Disks that are full or read-only, databases that go away and come back, S3 that is busy, hangs or is not who it says.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use wb::store::database::Config as DatabaseConfig;
use wb::store::objects::{Config as ObjectsConfig, Objects};
use wb::store::s3::{Addressing, Credentials};
use wb::store::variables::Kind as VariableKind;
use wb::store::workbooks::Condition;
use wb::store::{Error, Options, Scope, Store, Tenant, postgres};

use crate::harness::{Case, Folder, Kind, bucket, bucket_at};
use crate::servers::{self, BUSY, BUSY_ONCE, Between, Cluster, HANG, PASS, Pipe};

fn unavailable<T: std::fmt::Debug>(outcome: Result<T, Error>) {
    assert!(matches!(outcome, Err(Error::Unavailable(_))), "{outcome:?}");
}

/// Runs a test of this file in a namespace of its own, with a small file system at a folder.
fn on_a_small_disk(test: &str) {
    let folder = Folder::new();
    let place = folder.path().display();
    let binary = std::env::current_exe().unwrap();
    let script = format!(
        "mount -t tmpfs -o size=3m wb-test '{place}' || exit 99; exec '{}' faults::{test} --exact --nocapture",
        binary.display()
    );
    let done =
        Command::new("unshare").args(["-m", "sh", "-c", &script]).env("WB_STORE_TEST_DISK", folder.path()).output();
    match done {
        Ok(done)
            if done.status.code() != Some(99) && !String::from_utf8_lossy(&done.stderr).contains("unshare failed") =>
        {
            let said = String::from_utf8_lossy(&done.stdout);
            assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
            assert!(said.contains("was tried"), "{said}");
        }
        _ => println!("skipped: {test}; it needs the right to mount, as root has"),
    }
}

#[test]
fn a_full_disk() {
    on_a_small_disk("full_disk");
}

#[test]
fn a_read_only_disk() {
    on_a_small_disk("read_only_disk");
}

async fn fill_blobs(scope: &Scope) -> Error {
    for number in 0_u32.. {
        let mut bytes = vec![0; 100_000];
        bytes[..4].copy_from_slice(&number.to_le_bytes());
        if let Err(error) = scope.blobs().put(bytes).await {
            return error;
        }
    }
    unreachable!()
}

async fn fill_rows(scope: &Scope) -> Error {
    for number in 0.. {
        if let Err(error) = scope.variables().set(&format!("v{number}"), &[7; 60_000], VariableKind::Plain, &[]).await {
            return error;
        }
    }
    unreachable!()
}

#[tokio::test(flavor = "multi_thread")]
async fn full_disk() {
    let Ok(disk) = std::env::var("WB_STORE_TEST_DISK") else { return };
    let store = Store::open(&Options::folder(Path::new(&disk))).await.unwrap();
    let scope = store.of(&Tenant::local());
    let filler = Path::new(&disk).join("filler");
    std::fs::write(&filler, vec![0; 500_000]).unwrap();
    scope.workbooks().put("w", "* One", &Condition::Always, "me").await.unwrap();
    let error = fill_rows(&scope).await;
    assert!(matches!(error, Error::Full(_)), "{error:?}");
    assert!(error.is_retryable());
    let error = fill_blobs(&scope).await;
    assert!(matches!(error, Error::Full(_)), "{error:?}");
    // What was there is read, and what was refused is not.
    assert_eq!(scope.workbooks().get("w").await.unwrap().1, "* One");
    assert!(store.ready().await.is_err());
    // With room again it goes on, without a restart.
    std::fs::remove_file(&filler).unwrap();
    store.ready().await.unwrap();
    scope.workbooks().put("w", "* Two", &Condition::Always, "me").await.unwrap();
    for variable in scope.variables().list("", 1000).await.unwrap() {
        assert_eq!(scope.variables().value(&variable.name).await.unwrap(), [7; 60_000]);
    }
    drop((scope, store));
    let store = Store::open(&Options::folder(Path::new(&disk))).await.unwrap();
    assert_eq!(store.of(&Tenant::local()).workbooks().get("w").await.unwrap().1, "* Two");
    println!("a full disk was tried");
}

#[tokio::test(flavor = "multi_thread")]
async fn read_only_disk() {
    let Ok(disk) = std::env::var("WB_STORE_TEST_DISK") else { return };
    let options = Options::folder(Path::new(&disk));
    let store = Store::open(&options).await.unwrap();
    store.of(&Tenant::local()).workbooks().put("w", "* One", &Condition::Always, "me").await.unwrap();
    drop(store);
    let remount = |how: &str| assert!(Command::new("mount").args(["-o", how, &disk]).status().unwrap().success());
    remount("remount,ro");
    let error = Store::open(&options).await.unwrap_err();
    assert!(matches!(error, Error::ReadOnly(_)), "{error:?}");
    remount("remount,rw");
    let store = Store::open(&options).await.unwrap();
    assert_eq!(store.of(&Tenant::local()).workbooks().get("w").await.unwrap().1, "* One");
    println!("a read-only disk was tried");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_hangs_or_dies_and_comes_back() {
    let Some(mut cluster) = Cluster::new() else { return };
    let folder = Folder::new();
    let mut options = Options::folder(folder.path());
    let pipe = Pipe::new(cluster.port);
    let url = cluster.database().await.replace(&cluster.port.to_string(), &pipe.port.to_string());
    let url = format!("{url}?connect_timeout=1");
    options.database = DatabaseConfig::Postgres(postgres::Config::parse(&url).unwrap());
    let store = Store::open(&options).await.unwrap();
    let scope = store.of(&Tenant::local());
    scope.workbooks().put("w", "* One", &Condition::Always, "me").await.unwrap();
    // The way to it hangs, in the middle of a connection; then its first process does, and takes no new one.
    pipe.hang(true);
    unavailable(scope.workbooks().put("w", "* Lost", &Condition::Always, "me").await);
    unavailable(store.ready().await);
    pipe.hang(false);
    store.ready().await.unwrap();
    cluster.server.as_ref().unwrap().signal(libc::SIGSTOP);
    unavailable(Store::open(&options).await);
    cluster.server.as_ref().unwrap().signal(libc::SIGCONT);
    scope.workbooks().put("w", "* Two", &Condition::Always, "me").await.unwrap();
    // It dies, with a transaction's connection in the pool.
    drop(cluster.server.take());
    for _ in 0..3 {
        unavailable(scope.workbooks().put("w", "* Three", &Condition::Always, "me").await);
        unavailable(scope.workbooks().get("w").await);
    }
    unavailable(store.ready().await);
    cluster.start();
    let until = Instant::now() + Duration::from_secs(60);
    while let Err(error) = store.ready().await {
        assert!(matches!(error, Error::Unavailable(_)) && Instant::now() < until, "{error}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(scope.workbooks().get("w").await.unwrap().1, "* Two");
    scope.workbooks().put("w", "* Three", &Condition::Always, "me").await.unwrap();
    assert_eq!(scope.workbooks().history("w", None, 10).await.unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_and_passwords_of_a_database() {
    let Some(cluster) = servers::postgres() else { return };
    let url = cluster.database().await;
    let open = async |url: String| {
        let config = DatabaseConfig::Postgres(postgres::Config::parse(&url).unwrap());
        wb::store::database::Database::open(&config).await.unwrap().ping().await
    };
    let root = cluster.folder.path().join("root.pem");
    open(format!("{url}?sslmode=require&sslrootcert={}", root.display())).await.unwrap();
    open(format!("{url}?sslmode=disable")).await.unwrap();
    // Not signed by anyone the system trusts; not for this name.
    unavailable(open(format!("{url}?sslmode=require")).await);
    unavailable(open(format!("{url}?sslmode=prefer")).await);
    let elsewhere = url.replace("127.0.0.1", "127.0.0.2");
    unavailable(open(format!("{elsewhere}?sslmode=require&sslrootcert={}", root.display())).await);
    let error = open(url.replace("pass%3A", "wrong")).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)) && !error.to_string().contains("wrong"), "{error}");
    unavailable(open(url.replace("test", "none")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_read_only_for_a_while() {
    let Some(cluster) = servers::postgres() else { return };
    let url = cluster.database().await;
    let name = url.rsplit('/').next().unwrap();
    let config = DatabaseConfig::Postgres(postgres::Config::parse(&url).unwrap());
    let database = wb::store::database::Database::open(&config).await.unwrap();
    assert!(
        cluster
            .psql("postgres", &format!("ALTER DATABASE {name} SET default_transaction_read_only = on"))
            .status
            .success()
    );
    for _ in 0..3 {
        let error = wb::store::migrations::apply(&database, 0).await.unwrap_err();
        assert!(matches!(error, Error::ReadOnly(_)), "{error:?}");
    }
    assert!(
        cluster
            .psql("postgres", &format!("ALTER DATABASE {name} RESET default_transaction_read_only"))
            .status
            .success()
    );
    // Connections from before are not used for it.
    wb::store::migrations::apply(&database, 0).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_gives_up_does_not_hold_the_database() {
    for kind in [Kind::SqliteLocal, Kind::PostgresLocal] {
        let Some(case) = Case::new(kind).await else { continue };
        let books = case.of("a").workbooks();
        for microseconds in 0..200 {
            let write = books.put("w", format!("{microseconds}"), &Condition::Always, "me");
            drop(tokio::time::timeout(Duration::from_micros(microseconds * 50), write).await);
        }
        let last = books.put("w", "last", &Condition::Always, "me").await.unwrap();
        assert_eq!(books.get("w").await.unwrap().1, "last");
        assert_eq!(books.history("w", None, 1000).await.unwrap().len() as i64, last.revision);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_blob_is_an_error() {
    let case = Case::new(Kind::SqliteLocal).await.unwrap();
    let blobs = case.of("a").blobs();
    let digest = blobs.put("bytes").await.unwrap();
    let hex = digest.to_string();
    let path = case.folder.path().join("data/blobs/blobs/a").join(&hex[..2]).join(&hex);
    std::fs::write(&path, "bytez").unwrap();
    assert!(matches!(blobs.get(&digest).await, Err(Error::Corrupt(_))));
    std::fs::write(&path, "byt").unwrap();
    assert!(matches!(blobs.get(&digest).await, Err(Error::Corrupt(_))));
    // Of another size: writing it again mends it.
    blobs.put("bytes").await.unwrap();
    assert_eq!(blobs.get(&digest).await.unwrap(), "bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_database() {
    let folder = Folder::new();
    std::fs::write(folder.path().join("registry.db"), vec![b'x'; 8192]).unwrap();
    let error = Store::open(&Options::folder(folder.path())).await.unwrap_err();
    assert!(matches!(error, Error::Corrupt(_)), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_that_is_busy_or_hangs() {
    let Some(direct) = bucket() else { return };
    let port: u16 = direct.endpoint.rsplit(':').next().unwrap().parse().unwrap();
    let between = Between::new(port);
    let mut config = direct.clone();
    config.endpoint = format!("http://127.0.0.1:{}", between.port);
    config.timeout = Duration::from_millis(700);
    config.tries = 3;
    let objects = Objects::open(&ObjectsConfig::S3(Box::new(config))).await.unwrap();
    objects.put("a/b", "one".into()).await.unwrap();
    // Busy once: it is tried again, and nobody notices.
    between.set(BUSY_ONCE);
    assert_eq!(objects.get("a/b").await.unwrap(), "one");
    between.set(BUSY);
    let before = between.requests.load(Ordering::SeqCst);
    unavailable(objects.put("a/b", "two".into()).await);
    assert_eq!(between.requests.load(Ordering::SeqCst) - before, 3);
    unavailable(objects.ping().await);
    between.set(HANG);
    unavailable(objects.get("a/b").await);
    between.set(PASS);
    assert_eq!(objects.get("a/b").await.unwrap(), "one");
    objects.ping().await.unwrap();
    assert!(matches!(objects.get("a/none").await, Err(Error::NotFound(_))));
    let lost = bucket_at(port, "no-such-bucket");
    let objects = Objects::open(&ObjectsConfig::S3(Box::new(lost))).await.unwrap();
    unavailable(objects.get("a/b").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_in_parts_in_pages_and_by_name() {
    let Some(mut config) = bucket() else { return };
    config.part = 5 << 20;
    config.page = 2;
    config.prefix = "here/".into();
    let objects = Objects::open(&ObjectsConfig::S3(Box::new(config.clone()))).await.unwrap();
    // Three parts, the last a small one.
    let large: Vec<u8> = (0..(11_u32 << 20)).map(|number| (number % 251) as u8).collect();
    objects.put("large", large.clone().into()).await.unwrap();
    assert_eq!(objects.get("large").await.unwrap(), large);
    assert_eq!(objects.size("large").await.unwrap(), Some(large.len() as u64));
    for name in ["p/a", "p/b-c", "p/b/d", "p/b.e", "p/z"] {
        objects.put(name, "x".into()).await.unwrap();
    }
    // More than one page; names in the order of bytes; not what is outside the prefix.
    assert_eq!(objects.list("p/", "", 10).await.unwrap(), ["p/a", "p/b-c", "p/b.e", "p/b/d", "p/z"]);
    assert_eq!(objects.list("p/", "p/b-c", 2).await.unwrap(), ["p/b.e", "p/b/d"]);
    assert!(objects.list("q/", "", 10).await.unwrap().is_empty());
    let mut outside = config.clone();
    outside.prefix = "elsewhere/".into();
    let outside = Objects::open(&ObjectsConfig::S3(Box::new(outside))).await.unwrap();
    assert!(matches!(outside.get("large").await, Err(Error::NotFound(_))));
    // The bucket in the host's name: the bucket `127` of the host `0.0.1` is a host we can reach. moto takes the name for
    // an address and the first part of the path for the bucket.
    config.endpoint = config.endpoint.replace("127.0.0.1", "0.0.1");
    config.addressing = Addressing::Virtual;
    config.prefix = format!("{}/{}", std::mem::replace(&mut config.bucket, "127".into()), config.prefix);
    let virtually = Objects::open(&ObjectsConfig::S3(Box::new(config))).await.unwrap();
    assert_eq!(virtually.get("p/a").await.unwrap(), "x");
}

/// A server that checks signatures, over TLS.
#[tokio::test(flavor = "multi_thread")]
async fn s3_signatures_and_certificates() {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.path().join("bucket")).unwrap();
    let certified = rcgen::generate_simple_self_signed(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let (pem, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&pem, certified.cert.pem()).unwrap();
    std::fs::write(&key, certified.signing_key.serialize_pem()).unwrap();
    for tls in [false, true] {
        let Some(server) = servers::rclone(folder.path(), tls.then_some((pem.as_path(), key.as_path()))) else {
            return;
        };
        let mut config = bucket_at(server.port, "bucket");
        config.tries = 1;
        if tls {
            config.endpoint = format!("https://127.0.0.1:{}", server.port);
            // Whom nobody vouches for is not spoken to.
            let stranger = Objects::open(&ObjectsConfig::S3(Box::new(config.clone()))).await.unwrap();
            unavailable(stranger.put("a/x", "one".into()).await);
            config.roots = Some(pem.clone());
        }
        let objects = Objects::open(&ObjectsConfig::S3(Box::new(config.clone()))).await.unwrap();
        objects.put("a/x~", "one".into()).await.unwrap_err();
        objects.put("a/x-y_z.1", "one".into()).await.unwrap();
        assert_eq!(objects.get("a/x-y_z.1").await.unwrap(), "one");
        assert_eq!(objects.list("a/", "", 10).await.unwrap(), ["a/x-y_z.1"]);
        assert!(matches!(objects.get("a/none").await, Err(Error::NotFound(_))));
        objects.delete("a/x-y_z.1").await.unwrap();
        config.credentials = Credentials { secret: "wrong".into(), ..config.credentials };
        let wrong = Objects::open(&ObjectsConfig::S3(Box::new(config))).await.unwrap();
        unavailable(wrong.put("a/x", "one".into()).await);
    }
}
