//! Told when files change: the system's own notifications, or looking again and again where there are none.
//!
//! Folders are watched and not files, because editors save by writing another file and renaming it. What a change means is
//! the caller's business.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use notify::event::{EventKind, ModifyKind};
use notify::{Config, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};

use crate::disk;

/// How often to look where the system does not tell.
const POLL: Duration = Duration::from_millis(200);

/// Why nothing can be watched.
#[derive(Debug, thiserror::Error)]
#[error("cannot watch for changes: {0}")]
pub struct WatchError(#[from] notify::Error);

/// Files and folders being watched.
pub struct Watch {
    watcher: Box<dyn Watcher + Send>,
    wanted: Arc<Mutex<Wanted>>,
    folders: BTreeSet<PathBuf>,
}

/// What a change is reported of.
#[derive(Debug, Default)]
struct Wanted {
    files: BTreeSet<PathBuf>,
    trees: Vec<PathBuf>,
}

impl Wanted {
    fn has(&self, path: &Path) -> bool {
        self.files.contains(path) || self.trees.iter().any(|tree| path.starts_with(tree))
    }
}

impl Watch {
    /// Begins to watch nothing. `changed` is called, from another thread, whenever something watched may have changed.
    ///
    /// # Errors
    ///
    /// When there is no way at all to be told.
    pub fn new(changed: impl Fn() + Send + Clone + 'static) -> Result<Self, WatchError> {
        let wanted = Arc::<Mutex<Wanted>>::default();
        let handler = |changed: Box<dyn Fn() + Send>| {
            let wanted = Arc::clone(&wanted);
            move |event: notify::Result<notify::Event>| {
                let matters = match &event {
                    Ok(event) => {
                        let wanted = wanted.lock().unwrap_or_else(PoisonError::into_inner);
                        is_change(&event.kind) && event.paths.iter().any(|path| wanted.has(path))
                    }
                    // Too many events at once, for instance: looking is never wrong.
                    Err(_) => true,
                };
                if matters {
                    changed();
                }
            }
        };
        let watcher: Box<dyn Watcher + Send> =
            match RecommendedWatcher::new(handler(Box::new(changed.clone())), Config::default()) {
                Ok(watcher) => Box::new(watcher),
                Err(_) => {
                    let config = Config::default().with_poll_interval(POLL).with_compare_contents(true);
                    Box::new(PollWatcher::new(handler(Box::new(changed)), config)?)
                }
            };
        Ok(Self { watcher, wanted, folders: BTreeSet::new() })
    }

    /// Watches these files, whether they exist or not, and everything below these folders. What was watched before and is
    /// not named again is not reported any more.
    ///
    /// # Errors
    ///
    /// When a folder cannot be watched.
    pub fn only(&mut self, files: &[PathBuf], trees: &[PathBuf]) -> Result<(), WatchError> {
        let mut wanted = Wanted::default();
        for file in files {
            let Some(name) = file.file_name() else { continue };
            let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let Some(parent) = disk::absolute(parent) else { continue };
            self.folder(&parent, RecursiveMode::NonRecursive)?;
            wanted.files.insert(parent.join(name));
        }
        for tree in trees.iter().filter_map(|tree| disk::absolute(tree)) {
            self.folder(&tree, RecursiveMode::Recursive)?;
            wanted.trees.push(tree);
        }
        *self.wanted.lock().unwrap_or_else(PoisonError::into_inner) = wanted;
        Ok(())
    }

    fn folder(&mut self, path: &Path, mode: RecursiveMode) -> Result<(), WatchError> {
        if self.folders.insert(path.to_owned()) {
            self.watcher.watch(path, mode)?;
        }
        Ok(())
    }
}

/// Whether an event may mean another content.
fn is_change(kind: &EventKind) -> bool {
    !matches!(kind, EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)))
}
