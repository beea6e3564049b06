//! Backups from any kind of store into any kind, and shipping.

use wb::store::objects::Config as ObjectsConfig;
use wb::store::ship::Shipper;
use wb::store::variables::Kind as VariableKind;
use wb::store::workbooks::Condition;
use wb::store::{Error, Scope, Store, backup};

use crate::harness::{Case, Kind, bucket};
use crate::sites::page;

async fn fill(scope: &Scope) {
    let book = scope.workbooks().put("w", "* One", &Condition::Always, "me").await.unwrap();
    scope.workbooks().put("w", "* Two \u{1f600} \"x\"\n", &Condition::Always, "me").await.unwrap();
    scope.workbooks().put("gone", "* x", &Condition::Always, "me").await.unwrap();
    scope.workbooks().delete("gone", &Condition::Always, "me").await.unwrap();
    scope.runs().enqueue("w", &book.digest, None).await.unwrap();
    scope.published().publish("s", &[page("/", "one"), page("/a", "two")], "note").await.unwrap();
    scope.domains().add("a.example.org", "s").await.unwrap();
    scope.variables().set("v", &[0, 255, 10], VariableKind::Plain, &[]).await.unwrap();
    scope.keys().create("k", &["a"], None).await.unwrap();
    scope.firings().take("nightly", 3, "me").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_any_store_goes_into_any_other() {
    let kinds = [Kind::SqliteLocal, Kind::PostgresLocal, Kind::SqliteS3];
    for from in kinds {
        let Some(source) = Case::new(from).await else { continue };
        for tenant in ["a", "b"] {
            fill(&source.of(tenant)).await;
        }
        let folder = source.folder.path().join("backup");
        let manifest = backup::backup(&source.store, &folder).await.unwrap();
        assert_eq!(manifest.tables["workbooks"].rows, 4);
        assert!(matches!(backup::backup(&source.store, &folder).await, Err(Error::Invalid(_))));
        for to in kinds {
            let Some(target) = Case::new(to).await else { continue };
            assert_eq!(backup::restore(&target.store, &folder).await.unwrap(), manifest);
            assert_eq!(
                backup::content(&target.store).await.unwrap(),
                backup::content(&source.store).await.unwrap(),
                "{from:?} to {to:?}"
            );
            let (_, text) = target.of("a").workbooks().get("w").await.unwrap();
            assert_eq!(text, "* Two \u{1f600} \"x\"\n");
            // Not over what is there.
            assert!(matches!(backup::restore(&target.store, &folder).await, Err(Error::Conflict(_))));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_backup_changes_nothing() {
    let source = Case::new(Kind::SqliteLocal).await.unwrap();
    fill(&source.of("a")).await;
    let folder = source.folder.path().join("backup");
    backup::backup(&source.store, &folder).await.unwrap();
    let target = Case::new(Kind::SqliteLocal).await.unwrap();
    let before = backup::content(&target.store).await.unwrap();
    for name in ["tables/workbooks.jsonl", "tables/firings.jsonl", "manifest.json"] {
        let path = folder.join(name);
        let text = std::fs::read(&path).unwrap();
        std::fs::write(&path, &text[..text.len() / 2]).unwrap();
        backup::restore(&target.store, &folder).await.unwrap_err();
        std::fs::write(&path, &text).unwrap();
        assert_eq!(backup::content(&target.store).await.unwrap(), before, "{name}");
    }
    let blob = walk(&folder.join("blobs")).pop().unwrap();
    let bytes = std::fs::read(&blob).unwrap();
    std::fs::write(&blob, b"other").unwrap();
    assert!(matches!(backup::restore(&target.store, &folder).await, Err(Error::Corrupt(_))));
    std::fs::remove_file(&blob).unwrap();
    assert!(matches!(backup::restore(&target.store, &folder).await, Err(Error::Corrupt(_))));
    assert_eq!(backup::content(&target.store).await.unwrap(), before);
    std::fs::write(&blob, bytes).unwrap();
    backup::restore(&target.store, &folder).await.unwrap();
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    entries.flat_map(|entry| if entry.path().is_dir() { walk(&entry.path()) } else { vec![entry.path()] }).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_database_comes_back_from_the_blob_store() {
    for objects in [None, bucket().map(|config| ObjectsConfig::S3(Box::new(config)))] {
        let mut case = Case::new(Kind::SqliteLocal).await.unwrap();
        if let Some(objects) = objects {
            case.options.objects = objects;
            case.store = case.again().await;
        }
        case.options.restore = true;
        ship_and_lose(case).await;
    }
}

async fn ship_and_lose(case: Case) {
    let mut shipper = Shipper::new(&case.store).unwrap();
    fill(&case.of("a")).await;
    for number in 0..40 {
        let value = vec![number; 60 << 10];
        case.of("a").variables().set(&format!("big{number}"), &value, VariableKind::Plain, &[]).await.unwrap();
    }
    let first = shipper.ship().await.unwrap();
    assert!(first.chunks > 5 && first.uploaded > 5, "{first:?}");
    // Nothing changed, nothing is sent; a little changed, a little is sent.
    assert_eq!(shipper.ship().await.unwrap().uploaded, 0);
    case.of("a").workbooks().put("late", "* Late", &Condition::Always, "me").await.unwrap();
    let second = shipper.ship().await.unwrap();
    assert!((1..=3).contains(&second.uploaded), "{second:?}");
    let shipped = backup::content(&case.store).await.unwrap();
    // What comes after the last shipping is lost with the machine.
    case.of("a").workbooks().put("too-late", "* x", &Condition::Always, "me").await.unwrap();
    let wb::store::database::Config::Sqlite(path) = case.options.database.clone() else { panic!() };
    // The log stays behind, as it may; it belongs to the lost file and must not be played back.
    std::fs::remove_file(&path).unwrap();
    let restored = case.again().await;
    assert_eq!(backup::content(&restored).await.unwrap(), shipped);
    assert_eq!(restored.of(case.of("a").tenant()).workbooks().get("late").await.unwrap().1, "* Late");
    // A file that is there is not touched.
    restored.of(case.of("a").tenant()).workbooks().put("later", "* x", &Condition::Always, "me").await.unwrap();
    case.again().await.of(case.of("a").tenant()).workbooks().head("later").await.unwrap();
    // Old copies go, the latest stays whole.
    let mut shipper = Shipper::new(&restored).unwrap();
    shipper.ship().await.unwrap();
    shipper.prune(1).await.unwrap();
    assert_eq!(restored.objects().list("ship/manifests/", "", 10).await.unwrap().len(), 1);
    let shipped = backup::content(&restored).await.unwrap();
    drop((restored, shipper));
    std::fs::remove_file(&path).unwrap();
    let restored = case.again().await;
    assert_eq!(backup::content(&restored).await.unwrap(), shipped);
    // Copies of which none is whole are no reason to begin anew.
    for chunk in restored.objects().list("ship/chunks/", "", 2).await.unwrap() {
        restored.objects().put(&chunk, "damage".into()).await.unwrap();
    }
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(Store::open(&case.options).await, Err(Error::Corrupt(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_not_shipped() {
    if let Some(case) = Case::new(Kind::PostgresLocal).await {
        assert!(matches!(Shipper::new(&case.store), Err(Error::Invalid(_))));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn shipping_goes_on_and_keeps_little() {
    let case = Case::new(Kind::SqliteLocal).await.unwrap();
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let shipper = Shipper::new(&case.store).unwrap();
    let shipping =
        tokio::spawn(shipper.run(std::time::Duration::from_millis(1), 2, move |done| drop(tell.send(done.clone()))));
    let books = case.of("a").workbooks();
    let mut uploads = 0;
    for number in 0.. {
        books.put("w", format!("{number}"), &Condition::Always, "me").await.unwrap();
        uploads += usize::from(told.recv().await.unwrap().unwrap().uploaded > 0);
        if uploads > 45 {
            break;
        }
    }
    shipping.abort();
    drop(shipping.await);
    // Looked for after every 20, two stay: never more than these and those since.
    let copies = case.store.objects().list("ship/manifests/", "", 1000).await.unwrap().len();
    assert!((1..=23).contains(&copies), "{copies}");
    let path = case.folder.path().join("restored.db");
    assert!(wb::store::ship::restore_missing(case.store.objects(), &path).await.unwrap());
}
