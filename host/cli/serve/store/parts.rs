//! Parts of the server that run beside its listeners, each on its own: one that breaks is begun again, and takes no other with it.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::report::Reporter;
use crate::store::objects::Objects;
use crate::store::ship::Shipper;
use crate::store::{Store, database};

/// Waits before a part that broke is begun again: the first, and the longest.
const WAITS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));

/// How often the database is shipped, and how many copies are kept.
const SHIPPING: (Duration, usize) = (Duration::from_secs(10), 100);

/// Variables that are sealed anew in one transaction.
const BATCH: usize = 100;

/// Runs a part until the server ends or the part does. Only a bug breaks one; what it can expect, it waits out by itself.
pub(super) fn supervise<F: Future<Output = ()> + Send + 'static>(
    name: &'static str,
    report: Reporter,
    mut ending: watch::Receiver<bool>,
    part: impl Fn() -> F + Send + 'static,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut wait = WAITS.0;
        loop {
            let begun = tokio::time::Instant::now();
            let mut task = tokio::spawn(part());
            let ended = tokio::select! {
                ended = &mut task => ended,
                () = over(&mut ending) => return task.abort(),
            };
            if ended.is_ok() {
                return;
            }
            if begun.elapsed() > WAITS.1 {
                wait = WAITS.0;
            }
            report.warn(&format!("{name} broke, which is a bug in wb; it is begun again in {} ms", wait.as_millis()));
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = over(&mut ending) => return,
            }
            wait = (wait * 2).min(WAITS.1);
        }
    })
}

async fn over(ending: &mut watch::Receiver<bool>) {
    drop(ending.wait_for(|ending| *ending).await);
}

/// Whether the database is shipped to the blob store: a file is, where the blob store is somewhere else.
pub(super) fn is_shipped(store: &Store) -> bool {
    matches!(store.database(), database::Database::Sqlite(_)) && matches!(store.objects(), Objects::S3(_))
}

/// Ships the database every so often. What fails is told once, until it works again.
pub(super) async fn ship(store: Store, report: Reporter) {
    let Ok(shipper) = Shipper::new(&store) else { return };
    let mut failing = false;
    let tell = |done: &crate::store::Result<_>| match done {
        Ok(_) if std::mem::replace(&mut failing, false) => report.say("the database is shipped again"),
        Err(error) if !std::mem::replace(&mut failing, true) => {
            report.warn(&format!("the database cannot be shipped: {error}"));
        }
        _ => {}
    };
    shipper.run(SHIPPING.0, SHIPPING.1, tell).await;
}

/// Ships what happened last.
pub(super) async fn ship_last(store: &Store, report: Reporter) {
    let Ok(mut shipper) = Shipper::new(store) else { return };
    if let Err(error) = shipper.ship().await {
        report.warn(&format!("the last state of the database was not shipped: {error}"));
    }
}

/// Seals variables anew that are sealed with an older key.
pub(super) async fn reseal(store: Store, report: Reporter) {
    loop {
        match store.global().reseal(BATCH).await {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => return report.warn(&format!("variables are not sealed with the newest key yet: {error}")),
        }
    }
}
