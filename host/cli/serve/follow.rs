//! Another edition whenever the file, or one it depends on, is saved.

use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::edition::Served;
use crate::report::Reporter;
use crate::watch::{Watch, WatchError};

/// A burst of events is over when none came for this long.
const QUIET: Duration = Duration::from_millis(10);
/// However long a burst lasts, this is as long as it is waited for.
const BURST: Duration = Duration::from_millis(150);
/// A file that is being replaced is not there for a moment.
const ABSENT: Duration = Duration::from_millis(300);

/// Follows the files of `served` for as long as it lives.
pub(super) fn start(served: &Arc<Served>, report: Reporter) -> Result<(), WatchError> {
    let (wake, woken) = mpsc::channel();
    let mut files = Watch::new(move || {
        // Nobody listens any more when the server ends.
        let _ = wake.send(());
    })?;
    let (paths, trees) = served.dependencies();
    files.only(&paths, &trees)?;
    let served = Arc::downgrade(served);
    let follow = move || follow(&served, &woken, &mut files, report);
    // Without the thread there is a server that shows what the file was; that has to be known.
    if std::thread::Builder::new().name("wb-follow".to_owned()).spawn(follow).is_err() {
        report.warn("the file is not watched: no thread can be started");
    }
    Ok(())
}

fn follow(served: &Weak<Served>, woken: &Receiver<()>, files: &mut Watch, report: Reporter) {
    while woken.recv().is_ok() {
        let begun = Instant::now();
        while begun.elapsed() < BURST && woken.recv_timeout(QUIET).is_ok() {}
        let Some(served) = served.upgrade() else { return };
        loop {
            match read(&served) {
                Ok(()) => report.say(&format!("read `{}` again", served.name())),
                Err(error) => report.warn(&format!("{error:#}; the page stays as it was")),
            }
            let (paths, trees) = served.dependencies();
            if let Err(error) = files.only(&paths, &trees) {
                report.warn(&error.to_string());
            }
            // A change while the watch was being set up told nobody.
            if served.is_current() {
                break;
            }
        }
    }
}

/// Reads the file, with patience for one that is being replaced.
fn read(served: &Served) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        match served.reload() {
            Err(_) if begun.elapsed() < ABSENT => std::thread::sleep(Duration::from_millis(5)),
            done => return done,
        }
    }
}
