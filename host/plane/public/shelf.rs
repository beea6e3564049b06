//! What is remembered of sites, in bounds of memory: which host shows which snapshot, the list of its files, and bytes.
//!
//! Snapshots and bytes never change, and can be remembered for as long as there is room. Which snapshot a host shows is
//! asked anew when this process has published something, and after [`FRESH`] for what others published. What this process
//! publishes is seen at once, what another does within that time.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::Semaphore;

use super::bindings::wb::plane::published::{File, Form};
use super::content::Held;
use super::recent::{Recent, lock};
use crate::store::published::{Entry, View};
use crate::store::{Digest, Error, Result, Store};

/// How long an answer of the database is believed.
const FRESH: Duration = Duration::from_secs(1);

/// How long after a failure nobody asks again.
const PAUSE: Duration = Duration::from_millis(200);

/// Hosts that are remembered, also those that show nothing.
const HOSTS: usize = 10_000;

/// Files that the lists of all remembered snapshots have together: some 50 MB.
const ENTRIES: usize = 200_000;

/// Bytes of files that are remembered.
const BYTES: usize = 64 << 20;

/// Larger ones are read each time.
const KEPT: usize = 4 << 20;

/// KiB of such larger files that may be on their way at a time. The largest has 256 MiB.
const ON_THEIR_WAY: usize = 512 << 10;

/// What a host shows, as it was found.
type Found = std::result::Result<Arc<Snapshot>, Error>;

/// One snapshot and the list of its files.
pub(super) struct Snapshot {
    /// Another one for each that was ever opened.
    pub(super) id: u64,
    view: View,
    files: BTreeMap<String, Vec<Entry>>,
    count: usize,
}

impl Snapshot {
    /// The first of these paths at which there is a file.
    pub(super) fn find(&self, paths: &[String]) -> Option<File> {
        let (which, forms) = paths.iter().enumerate().find_map(|(at, path)| Some((at, self.files.get(path)?)))?;
        let first = forms.first()?;
        let form = |entry: &Entry| Form {
            coding: entry.coding.clone(),
            tag: entry.digest.to_string(),
            size: u64::try_from(entry.size).unwrap_or(0),
        };
        Some(File {
            which: u32::try_from(which).ok()?,
            media: first.media.clone(),
            styles: first.styles.clone(),
            forms: forms.iter().map(form).collect(),
        })
    }

    /// One form of a file.
    pub(super) fn entry(&self, path: &str, coding: &str) -> Option<Entry> {
        self.files.get(path)?.iter().find(|entry| entry.coding == coding).cloned()
    }
}

/// A host, and what it was found to show.
#[derive(Default)]
struct Slot {
    known: Mutex<Option<Known>>,
    /// Held by whoever asks the database; others wait for the answer.
    asking: tokio::sync::Mutex<()>,
}

struct Known {
    found: Found,
    /// What [`Store::showing`] was before the question.
    showing: u64,
    asked: Instant,
}

/// All that is remembered.
pub(super) struct Shelf {
    store: Store,
    hosts: Mutex<Recent<String, Arc<Slot>>>,
    snapshots: Mutex<Recent<(String, String, i64), Arc<Snapshot>>>,
    bytes: Mutex<Recent<Digest, Bytes>>,
    room: Arc<Semaphore>,
    clock: AtomicU64,
}

impl Shelf {
    pub(super) fn new(store: &Store) -> Self {
        Self {
            store: store.clone(),
            hosts: Mutex::new(Recent::new(HOSTS)),
            snapshots: Mutex::new(Recent::new(ENTRIES)),
            bytes: Mutex::new(Recent::new(BYTES)),
            room: Arc::new(Semaphore::new(ON_THEIR_WAY)),
            clock: AtomicU64::new(0),
        }
    }

    /// What a host shows.
    pub(super) async fn shown(&self, host: &str) -> Found {
        // A name of a host is not longer, and a port has five digits.
        if host.len() > 260 {
            return Err(Error::NotFound(String::new()));
        }
        let slot = {
            let mut hosts = lock(&self.hosts);
            let now = self.tick();
            match hosts.get(host, now) {
                Some(slot) => Arc::clone(slot),
                None => Arc::clone(hosts.put(host.to_owned(), Arc::default(), 1, now)),
            }
        };
        if let Some(found) = self.known(&slot) {
            return found;
        }
        let _asking = slot.asking.lock().await;
        if let Some(found) = self.known(&slot) {
            return found;
        }
        let (showing, asked) = (self.store.showing(), Instant::now());
        let found = self.ask(host).await;
        *lock(&slot.known) = Some(Known { found: found.clone(), showing, asked });
        found
    }

    /// What is known of a host, while it may be believed.
    fn known(&self, slot: &Slot) -> Option<Found> {
        let known = lock(&slot.known);
        let known = known.as_ref()?;
        let long = match &known.found {
            Err(error) if !matches!(error, Error::NotFound(_)) => PAUSE,
            _ => FRESH,
        };
        (known.showing == self.store.showing() && known.asked.elapsed() < long).then(|| known.found.clone())
    }

    async fn ask(&self, host: &str) -> Found {
        let view = self.store.global().view(host).await?;
        let key = (view.tenant().to_string(), view.site().to_owned(), view.number());
        if let Some(snapshot) = lock(&self.snapshots).get(&key, self.tick()) {
            return Ok(Arc::clone(snapshot));
        }
        let mut files: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
        let all = view.all().await?;
        let count = all.len();
        for entry in all {
            files.entry(entry.path.clone()).or_default().push(entry);
        }
        let snapshot = Arc::new(Snapshot { id: self.tick(), view, files, count });
        let size = snapshot.count.max(1);
        lock(&self.snapshots).put(key, Arc::clone(&snapshot), size, self.tick());
        Ok(snapshot)
    }

    /// The bytes of an entry.
    pub(super) async fn read(&self, snapshot: &Snapshot, entry: &Entry) -> Result<Held> {
        if let Some(bytes) = lock(&self.bytes).get(&entry.digest, self.tick()) {
            return Ok(Held { bytes: bytes.clone(), _room: None });
        }
        let size = usize::try_from(entry.size).unwrap_or(usize::MAX);
        if size <= KEPT {
            let bytes = snapshot.view.read(entry).await?;
            lock(&self.bytes).put(entry.digest, bytes.clone(), size.max(1), self.tick());
            return Ok(Held { bytes, _room: None });
        }
        let need = u32::try_from((size >> 10).min(ON_THEIR_WAY)).unwrap_or(u32::MAX);
        let closed = |_| Error::Unavailable("the server ends".to_owned());
        let room = Arc::clone(&self.room).acquire_many_owned(need).await.map_err(closed)?;
        Ok(Held { bytes: snapshot.view.read(entry).await?, _room: Some(room) })
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::Relaxed)
    }
}
