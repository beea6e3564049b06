//! Secrets: what they are for, and that nothing of them is left where it could be read.

use wb::store::seal::Keyring;
use wb::store::variables::Kind;
use wb::store::workbooks::Condition;
use wb::store::{Error, Master, Store};

use crate::harness::{Case, Folder, on_every_store};

on_every_store! { variables canaries rotation }

fn refused<T: std::fmt::Debug>(outcome: Result<T, Error>) {
    assert!(matches!(outcome, Err(Error::Invalid(_))), "{outcome:?}");
}

async fn variables(case: Case) {
    let vars = case.of("a").variables();
    vars.set("city", "Zürich\0".as_bytes(), Kind::Plain, &[]).await.unwrap();
    assert_eq!(vars.value("city").await.unwrap(), "Zürich\0".as_bytes());
    let told = vars
        .set("token", b"hush", Kind::Secret, &["API.example.org", "b.example.org:8443", "b.example.org:8443"])
        .await
        .unwrap();
    assert_eq!((told.size, told.hosts.len()), (4, 2));
    assert_eq!(vars.get("token").await.unwrap(), told);
    refused(vars.value("token").await);
    assert_eq!(vars.for_egress("token", "api.Example.org").await.unwrap().reveal(), b"hush");
    assert_eq!(vars.for_egress("token", "b.example.org:8443").await.unwrap().reveal(), b"hush");
    for host in [
        "example.org",
        "b.example.org",
        "api.example.org:8443",
        "xapi.example.org",
        "",
        "api.example.org\nb.example.org:8443",
    ] {
        refused(vars.for_egress("token", host).await);
    }
    refused(vars.for_egress("city", "api.example.org").await);
    assert!(!format!("{:?}", vars.for_egress("token", "api.example.org").await).contains("hush"));
    // A new value loses the hosts of the old one.
    vars.set("token", b"hush2", Kind::Secret, &[]).await.unwrap();
    refused(vars.for_egress("token", "api.example.org").await);
    for name in ["", "1a", "a b", "a/b", "{{a}}", "ä"] {
        refused(vars.set(name, b"", Kind::Plain, &[]).await);
    }
    for host in ["", "a b", "https://a", "a:0", "a:b", "*", "a\nb"] {
        refused(vars.set("x", b"", Kind::Secret, &[host]).await);
    }
    refused(vars.set("x", &vec![0; (64 << 10) + 1], Kind::Secret, &[]).await);
    refused(vars.set("x", b"", Kind::Plain, &["a.org"]).await);
    vars.unset("city").await.unwrap();
    assert!(matches!(vars.unset("city").await, Err(Error::NotFound(_))));
    assert_eq!(vars.list("", 10).await.unwrap().len(), 1);
}

/// All bytes of all files below a folder.
fn bytes_below(folder: &std::path::Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().unwrap().is_dir() {
            bytes.extend(bytes_below(&entry.path()));
        } else {
            bytes.extend(std::fs::read(entry.path()).unwrap_or_default());
        }
    }
    bytes
}

async fn canaries(case: Case) {
    let canary = "CANARY-4f1d0c2b9a8e7766554433221100";
    let scope = case.of("a");
    scope.variables().set("token", canary.as_bytes(), Kind::Secret, &["api.example.org"]).await.unwrap();
    scope.variables().set("plain", canary.as_bytes(), Kind::Plain, &[]).await.unwrap();
    let (_, key) = scope.keys().create("k", &[], None).await.unwrap();
    let witness = "WITNESS-00112233445566778899";
    scope.workbooks().put(witness, "", &Condition::Always, "me").await.unwrap();
    scope.variables().unset("token").await.unwrap();
    let mut bytes = bytes_below(case.folder.path());
    let is_postgres = matches!(case.options.database, wb::store::database::Config::Postgres(_));
    if is_postgres {
        let cluster = crate::servers::postgres().unwrap();
        bytes.extend(bytes_below(cluster.folder.path()));
    }
    let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    // What is no secret is found in the same way.
    assert!(has(witness), "the search finds nothing at all");
    let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, canary);
    // The secret part of a key, which may have `_` in it, is its last 43 characters.
    for text in [canary, &base64[..40], &key[key.len() - 43..]] {
        assert!(!has(text), "{text} is in a file");
    }
}

async fn rotation(case: Case) {
    let vars = case.of("a").variables();
    for number in 0..7 {
        vars.set(&format!("v{number}"), format!("value {number}").as_bytes(), Kind::Plain, &[]).await.unwrap();
    }
    let Master::File(path) = &case.options.master else { panic!() };
    let old = Keyring::open(path).unwrap();
    // Both keys are in the file before anything is sealed with the new one.
    let both = old.with_new().unwrap();
    both.save(path).unwrap();
    // Stopped after the first batch, as by a crash.
    let store = case.again().await;
    assert_eq!(store.global().reseal(3).await.unwrap(), 3);
    drop(store);
    let store = case.again().await;
    let vars = store.of(case.of("a").tenant()).variables();
    for number in 0..7 {
        assert_eq!(vars.value(&format!("v{number}")).await.unwrap(), format!("value {number}").as_bytes());
    }
    let mut left = 0;
    loop {
        match store.global().reseal(3).await.unwrap() {
            0 => break,
            count => left += count,
        }
    }
    assert_eq!(left, 4);
    Keyring::open(path).unwrap().current_only().save(path).unwrap();
    let store = case.again().await;
    let vars = store.of(case.of("a").tenant()).variables();
    assert_eq!(vars.value("v6").await.unwrap(), b"value 6");
    // Who has the old key only has nothing.
    let mut options = case.options.clone();
    options.master = Master::Text(old_text(&old, case.folder.path()));
    let store = Store::open(&options).await.unwrap();
    let outcome = store.of(case.of("a").tenant()).variables().value("v6").await;
    assert!(matches!(outcome, Err(Error::Unavailable(_))), "{outcome:?}");
}

fn old_text(ring: &Keyring, folder: &std::path::Path) -> String {
    let path = folder.join("old.key");
    ring.save(&path).unwrap();
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn a_key_file_is_made_once_and_is_ours_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    let path = folder.path().join("master.key");
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let path = path.clone();
            std::thread::spawn(move || Keyring::open(&path))
        })
        .collect();
    let rings: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    let last = Keyring::open(&path).unwrap();
    // One that came while the file was being written may have found it empty, and says so.
    assert!(rings.iter().flatten().all(|ring| *ring == last));
    assert!(rings.iter().any(Result::is_ok));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let error = Keyring::open(&path).unwrap_err();
    assert!(error.to_string().contains("chmod 600"), "{error}");
}
