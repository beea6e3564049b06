//! A server whose database, blob store or disk fails for a while: what its clients see, and that it goes on by itself. The
//! servers behind it are real ones; what is not on this machine is skipped with a line that says so.

// Printing is how a test says that it was skipped.
#![allow(missing_docs, unreachable_pub, dead_code, clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

#[path = "control/client.rs"]
mod client;
mod common;
#[path = "serve/server.rs"]
mod server;
#[path = "store/servers.rs"]
mod servers;

/// What `servers.rs` makes its folders with.
mod harness {
    pub use crate::common::Folder;
}

use std::process::Command;
use std::time::{Duration, Instant};

use client::{Client, json};
use common::{Place, book, node};
use serde_json::json;
use server::Answer;
use servers::{BUSY, Between, Cluster, HANG, PASS, Pipe};

/// A test that hangs fails: no answer takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Adds one to `n`, which is 1 where nobody says.
fn workbook() -> String {
    book(&[node("More", &["in: n:s32=1", "out: more:s32"], "export const more = (n) => n + 1;")])
}

/// An answer that says that it is to be tried again.
#[track_caller]
fn unavailable(answer: &Answer) {
    assert_eq!(answer.status, 503, "{answer:?}");
    let error = &json(answer)["error"];
    assert_eq!((&error["code"], &error["retryable"]), (&json!("unavailable"), &json!(true)), "{answer:?}");
    assert!(answer.header("retry-after").is_some(), "{answer:?}");
}

/// `/ready` says which part does not work, `/health` that the server lives.
#[track_caller]
fn red(server: &Client) {
    let ready = server.get("/ready");
    assert_eq!((ready.status, &json(&ready)["ready"]), (503, &json!(false)), "{ready:?}");
    assert!(json(&ready)["checks"].as_array().unwrap().iter().any(|check| check["problem"].is_string()), "{ready:?}");
    assert_eq!(server.get("/health").status, 200);
}

/// Waits until `/ready` is green again.
#[track_caller]
fn green(server: &Client) {
    let until = Instant::now() + PATIENCE;
    loop {
        let ready = server.get("/ready");
        if ready.status == 200 {
            return;
        }
        assert!(Instant::now() < until, "{ready:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// A server with a workbook `one`, a published site at `one.example.org`, and a key.
fn furnished(server: &Client) -> String {
    assert_eq!(server.org("PUT", "/api/workbooks/one", "", &workbook()).status, 201);
    assert_eq!(server.json("POST", "/api/publish", &json!({ "id": "one" })).status, 201);
    server.json("POST", "/api/domains", &json!({ "host": "one.example.org", "site": "one" }));
    assert_eq!(server.ask("POST", "/api/domains/one.example.org/verify", "", "").status, 200);
    let key = server.json("POST", "/api/keys", &json!({ "name": "k", "scopes": ["read", "run"] }));
    json(&key)["key"].as_str().unwrap().to_owned()
}

/// Everything that needs the store, asked while there is none.
fn all_unavailable(server: &Client, key: &str) {
    unavailable(&server.get("/api/workbooks/one"));
    unavailable(&server.get("/api/workbooks"));
    unavailable(&server.org("PUT", "/api/workbooks/two", "", "* Lost"));
    unavailable(&server.ask("POST", "/api/workbooks/one/run", "idempotency-key: a\r\n", ""));
    unavailable(&server.ask("POST", "/api/workbooks/one/run", "prefer: respond-async\r\n", ""));
    unavailable(&server.json("POST", "/api/publish", &json!({ "id": "one" })));
    unavailable(&server.json("PUT", "/api/vars/v", &json!({ "value": "x" })));
    // Whose key it is, nobody can say now; that is not "no".
    unavailable(&server.bearing(key, "GET", "/api/runs", ""));
    assert_eq!(server.bearing("wrong-token-of-sixteen", "GET", "/api/runs", "").status, 401);
    assert_eq!(server.public("GET", "/", "nobody-asked-before.example.org").status, 503);
    red(server);
}

/// The store is back, with what was acknowledged and nothing else.
fn all_there(server: &Client, key: &str) {
    green(server);
    assert_eq!(server.get("/api/workbooks/one/org").body, workbook());
    assert_eq!(server.get("/api/workbooks/two").status, 404);
    assert_eq!(server.bearing(key, "GET", "/api/runs", "").status, 200);
    // The key of a run that came to nothing is free for the next try.
    let ran = server.ask("POST", "/api/workbooks/one/run", "idempotency-key: a\r\n", "");
    assert_eq!((ran.status, &json(&ran)["outputs"]["more"]), (200, &json!(2)), "{ran:?}");
    assert_eq!(server.org("PUT", "/api/workbooks/two", "", "* Kept").status, 201);
    assert!(server.public("GET", "/", "one.example.org").body.contains("<h1"));
    let snapshots = server.value("/api/sites/one/snapshots");
    assert_eq!(snapshots["items"].as_array().unwrap().len(), 1, "{snapshots}");
}

#[test]
fn a_database_that_hangs_dies_and_comes_back() {
    let Some(mut cluster) = Cluster::new() else { return };
    let pipe = Pipe::new(cluster.port);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let url = runtime.block_on(cluster.database()).replace(&cluster.port.to_string(), &pipe.port.to_string());
    let server = Client::set(&[("WB_DATABASE_URL", &format!("{url}?connect_timeout=1"))]);
    let key = furnished(&server);
    pipe.hang(true);
    unavailable(&server.org("PUT", "/api/workbooks/two", "", "* Lost"));
    red(&server);
    pipe.hang(false);
    green(&server);
    assert_eq!(server.get("/api/workbooks/two").status, 404);
    drop(cluster.server.take());
    all_unavailable(&server, &key);
    cluster.start();
    all_there(&server, &key);
}

#[test]
fn a_blob_store_that_is_busy_hangs_and_comes_back() {
    let Some(moto) = servers::moto() else { return };
    let between = Between::new(moto);
    let (endpoint, bucket) = (format!("http://127.0.0.1:{}", between.port), servers::make_bucket(moto));
    let server = Client::set(&[
        ("WB_S3_ENDPOINT", &endpoint),
        ("WB_S3_BUCKET", &bucket),
        ("WB_S3_ACCESS_KEY_ID", "KEYID"),
        ("WB_S3_SECRET_ACCESS_KEY", "topsecret"),
    ]);
    let key = furnished(&server);
    for mode in [BUSY, HANG] {
        between.set(mode);
        let began = Instant::now();
        unavailable(&server.org("PUT", "/api/workbooks/two", "", "* Lost"));
        unavailable(&server.json("POST", "/api/publish", &json!({ "id": "one", "html": "<p>lost" })));
        red(&server);
        assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
        // What needs the database alone goes on.
        assert_eq!(server.get("/api/runs").status, 200);
        between.set(PASS);
        green(&server);
    }
    all_there(&server, &key);
}

/// Runs a test of this file in a namespace of its own, where it may mount.
fn in_a_namespace(test: &str) {
    let binary = std::env::current_exe().unwrap();
    let mut command = Command::new("unshare");
    command.arg("-m").arg(binary).args([test, "--exact", "--nocapture"]).env("WB_TEST_MAY_MOUNT", "1");
    let skipped = || println!("skipped: {test}; it needs the right to mount, as root has");
    let Ok(done) = command.output() else { return skipped() };
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    if said.contains("unshare failed") || said.contains("may not mount") {
        return skipped();
    }
    assert!(done.status.success() && said.contains("was tried"), "{said}");
}

/// A place with a small disk at a folder below it; none where that may not be.
fn with_a_small_disk_at(folder: &str) -> Option<Place> {
    std::env::var_os("WB_TEST_MAY_MOUNT")?;
    let place = Place::with("");
    let folder = place.folder.path().join(folder);
    std::fs::create_dir_all(&folder).unwrap();
    let mounted =
        Command::new("mount").args(["-t", "tmpfs", "-o", "size=6m", "wb-test"]).arg(&folder).status().unwrap();
    if !mounted.success() {
        println!("may not mount");
        return None;
    }
    Some(place)
}

#[test]
fn a_disk_that_is_full() {
    in_a_namespace("full_disk");
}

#[test]
fn a_disk_that_becomes_read_only() {
    in_a_namespace("read_only_disk");
}

#[test]
fn full_disk() {
    let Some(place) = with_a_small_disk_at("data") else { return };
    let filler = place.folder.path().join("data/filler");
    std::fs::write(&filler, vec![0; 1_500_000]).unwrap();
    let server = Client::at(place, &[]);
    let key = furnished(&server);
    // Sources, until there is room for none.
    let mut kept = Vec::new();
    let refused = loop {
        let source = format!("* {}\n{}", kept.len(), "x".repeat(150_000));
        let answer = server.org("PUT", &format!("/api/workbooks/w{}", kept.len()), "", &source);
        if answer.status != 201 {
            break answer;
        }
        kept.push(source);
        assert!(kept.len() < 100, "the disk has room for everything");
    };
    unavailable(&refused);
    assert!(json(&refused)["error"]["message"].as_str().unwrap().contains("full"), "{refused:?}");
    // Somebody else takes what is left of it.
    let mut other = std::fs::File::create(filler.with_file_name("other")).unwrap();
    while std::io::Write::write(&mut other, &[0; 512]).is_ok() {}
    red(&server);
    // What is there is read all the same.
    assert_eq!(server.get("/api/workbooks/one/org").body, workbook());
    assert_eq!(server.public("GET", "/", "one.example.org").status, 200);
    std::fs::remove_file(&filler).unwrap();
    std::fs::remove_file(filler.with_file_name("other")).unwrap();
    green(&server);
    for (number, source) in kept.iter().enumerate() {
        assert_eq!(server.get(&format!("/api/workbooks/w{number}/org")).body, *source);
    }
    all_there(&server, &key);
    unmount(server, "data");
    println!("a full disk was tried");
}

#[test]
fn read_only_disk() {
    // The blobs alone: no file of theirs is open, so that the disk can be made read-only under the server.
    let Some(place) = with_a_small_disk_at("data/blobs") else { return };
    let blobs = place.folder.path().join("data/blobs");
    let server = Client::at(place, &[]);
    let key = furnished(&server);
    let make = |how: &str| {
        let done = Command::new("mount").args(["-o", &format!("remount,{how}")]).arg(&blobs).status().unwrap();
        assert!(done.success(), "the disk cannot be made {how}");
    };
    make("ro");
    let refused = server.org("PUT", "/api/workbooks/two", "", "* Lost");
    unavailable(&refused);
    assert!(json(&refused)["error"]["message"].as_str().unwrap().contains("read-only"), "{refused:?}");
    unavailable(&server.json("POST", "/api/publish", &json!({ "id": "one", "html": "<p>lost" })));
    red(&server);
    assert_eq!(server.get("/api/workbooks/one/org").body, workbook());
    assert_eq!(server.public("GET", "/", "one.example.org").status, 200);
    make("rw");
    all_there(&server, &key);
    unmount(server, "data/blobs");
    println!("a read-only disk was tried");
}

/// Ends the server and takes its disk away, so that its folder can go.
fn unmount(mut server: Client, folder: &str) {
    let folder = server.place().folder.path().join(folder);
    server.kill();
    assert!(Command::new("umount").arg("-l").arg(folder).status().unwrap().success());
}
