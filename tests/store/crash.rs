//! `kill -9` in the middle of writes: what was acknowledged is there, and nothing is there by half.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wb::store::database::Config as DatabaseConfig;
use wb::store::variables::Kind as VariableKind;
use wb::store::workbooks::Condition;
use wb::store::{Options, Scope, Store, Tenant};

use crate::harness::Folder;
use crate::servers;
use crate::sites::page;

/// Set in the child: the folder, and the URL of a database or nothing.
const FOLDER: &str = "WB_STORE_TEST_FOLDER";
const URL: &str = "WB_STORE_TEST_URL";
/// Acknowledged writes in all.
const WRITES: usize = 1000;

fn options(folder: &Path, url: &str) -> Options {
    let mut options = Options::folder(folder);
    if !url.is_empty() {
        options.database = DatabaseConfig::Postgres(wb::store::postgres::Config::parse(url).unwrap());
    }
    options
}

fn text(number: usize) -> String {
    format!("* Workbook {number}\n{}", "x".repeat(number % 997))
}

/// The child: writes until it is killed, and says what was acknowledged.
#[tokio::test(flavor = "multi_thread")]
async fn child() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let url = std::env::var(URL).unwrap();
    let store = Store::open(&options(Path::new(&folder), &url)).await.unwrap();
    let start: usize = std::env::var("WB_STORE_TEST_START").unwrap().parse().unwrap();
    let tasks = (0..4).map(|lane| {
        let scope = store.of(&Tenant::local());
        tokio::spawn(async move {
            for number in (start + lane..).step_by(4) {
                write(&scope, number).await;
                // One line, one write: never half of one.
                println!("\nack {number}");
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
}

async fn write(scope: &Scope, number: usize) {
    let name = format!("n{number}");
    match number % 3 {
        0 => {
            scope.workbooks().put(&name, text(number), &Condition::Absent, "child").await.unwrap();
        }
        1 => {
            let files: Vec<_> = (0..3).map(|file| page(&format!("/{file}"), &text(number))).collect();
            scope.published().publish(&name, &files, "child").await.unwrap();
        }
        _ => {
            scope.variables().set(&name, text(number).as_bytes(), VariableKind::Plain, &[]).await.unwrap();
        }
    }
}

/// Whether a write is there; a panic where half of it is.
async fn is_there(scope: &Scope, number: usize) -> bool {
    use wb::store::Error::NotFound;
    let name = format!("n{number}");
    match number % 3 {
        0 => match scope.workbooks().get(&name).await {
            Ok((book, source)) => {
                assert_eq!((source, book.revision), (text(number).into(), 1));
                assert_eq!(scope.workbooks().history(&name, None, 10).await.unwrap().len(), 1);
                true
            }
            Err(NotFound(_)) => false,
            Err(error) => panic!("{name}: {error}"),
        },
        1 => match scope.published().view(&name).await {
            Ok(view) => {
                let entries = view.list("", 10).await.unwrap();
                assert_eq!(entries.len(), 3);
                for entry in &entries {
                    assert_eq!(view.read(entry).await.unwrap(), text(number));
                }
                true
            }
            Err(NotFound(_)) => false,
            Err(error) => panic!("{name}: {error}"),
        },
        _ => match scope.variables().value(&name).await {
            Ok(value) => {
                assert_eq!(value, text(number).as_bytes());
                true
            }
            Err(NotFound(_)) => false,
            Err(error) => panic!("{name}: {error}"),
        },
    }
}

async fn kill_again_and_again(url: &str) {
    let folder = Folder::new();
    let (mut acknowledged, mut kills, mut slowest) = (BTreeSet::new(), 0, Duration::ZERO);
    while acknowledged.len() < WRITES {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["crash::child", "--exact", "--nocapture"])
            .env(FOLDER, folder.path())
            .env(URL, url)
            .env("WB_STORE_TEST_START", (kills * 100_000).to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        // After another number of writes each time, and so at another place.
        let (mut left, lines) = (40_usize + kills * 17 % 60, BufReader::new(child.stdout.take().unwrap()).lines());
        for line in lines.map_while(Result::ok) {
            if let Some(number) = line.strip_prefix("ack ") {
                acknowledged.insert(number.parse::<usize>().unwrap());
                left = left.saturating_sub(1);
                if left == 0 {
                    child.kill().unwrap();
                }
            }
        }
        child.wait().unwrap();
        kills += 1;
        assert!(kills < 200, "the child does not write");
        let begun = Instant::now();
        let store = Store::open(&options(folder.path(), url)).await.unwrap();
        slowest = slowest.max(begun.elapsed());
        let scope = store.of(&Tenant::local());
        for number in &acknowledged {
            if *number >= (kills - 1) * 100_000 {
                assert!(is_there(&scope, *number).await, "{number} was acknowledged and is lost");
            }
        }
    }
    // And once more all of them, and all that were under way.
    let store = Store::open(&options(folder.path(), url)).await.unwrap();
    let scope = store.of(&Tenant::local());
    let mut unacknowledged = 0;
    for start in (0..kills).map(|kill| kill * 100_000) {
        let last = acknowledged.range(start..start + 100_000).next_back().map_or(start, |last| last + 40);
        for number in start..last {
            let there = is_there(&scope, number).await;
            assert!(there || !acknowledged.contains(&number), "{number} is lost");
            unacknowledged += usize::from(there && !acknowledged.contains(&number));
        }
    }
    let count = acknowledged.len();
    println!(
        "{count} acknowledged writes, {kills} kills, none lost; {unacknowledged} more were done; slowest start {slowest:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_write_is_lost_with_sqlite() {
    kill_again_and_again("").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_write_is_lost_with_postgres() {
    if let Some(cluster) = servers::postgres() {
        kill_again_and_again(&cluster.database().await).await;
    }
}
