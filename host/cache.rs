//! The content-addressed store for everything that can be made again: modules, components, machine code, results.
//!
//! An entry is its content, the content's digest and a mark, written under its key by renaming a temporary file. So
//! parallel processes never see half an entry, and one that was truncated or changed is a miss that removes itself.
//! What belongs into a key is the caller's business; [`Key::of`] only makes sure that parts cannot run together.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use crate::disk;

/// What an entry is. Each kind has a directory of its own, so that one can be looked at or removed without the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A core module made from a block, or a library such a block is linked with.
    Module,
    /// A component: a node, an engine or a composed artifact.
    Component,
    /// Machine code for this version of the engine, its configuration and this processor.
    Code,
    /// The values of a node's output ports, by what they depend on.
    Result,
    /// Anything by its own digest: what a run's record refers to.
    Value,
}

impl Kind {
    /// Every kind, in the order they are listed.
    pub const ALL: [Self; 5] = [Self::Module, Self::Component, Self::Code, Self::Result, Self::Value];

    /// The kind's directory.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::Component => "component",
            Self::Code => "code",
            Self::Result => "result",
            Self::Value => "value",
        }
    }
}

/// The name of an entry with its kind: what a record says about where something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// Its kind.
    pub kind: Kind,
    /// Its key.
    pub key: Key,
}

impl Entry {
    /// Reads what [`fmt::Display`] wrote: `result/0123…`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, key) = text.split_once('/')?;
        let kind = Kind::ALL.into_iter().find(|known| known.name() == kind)?;
        Some(Self { kind, key: Key::parse(key)? })
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.name(), self.key)
    }
}

/// The name of an entry: a BLAKE3 digest of everything the entry depends on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key([u8; 32]);

impl Key {
    /// The key of parts, in order. `domain` says what kind of thing they describe, and is part of the key.
    #[must_use]
    pub fn of(domain: &str, parts: &[&[u8]]) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in std::iter::once(domain.as_bytes()).chain(parts.iter().copied()) {
            // With its length in front, `ab` + `c` is not `a` + `bc`.
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        Self(hasher.finalize().into())
    }

    /// The digest of some bytes alone.
    #[must_use]
    pub fn content(bytes: &[u8]) -> Self {
        Self(blake3::hash(bytes).into())
    }

    /// Reads 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        (digits.len() == 64).then_some(Self(bytes))
    }

    /// The 32 bytes, as a part of another key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({self})")
    }
}

/// Why there is no cache. Everything works without one, more slowly.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// Neither a variable nor a home directory says where it should be.
    #[error("no cache: neither `WB_CACHE_DIR` nor a home directory is set")]
    NoPlace,
    /// The directory cannot be used. Machine code is loaded from it, so it must be ours alone to write.
    #[error("no cache: cannot use `{}`: {reason}", path.display())]
    Unusable {
        /// The directory.
        path: PathBuf,
        /// What is wrong with it.
        reason: io::Error,
    },
    /// An entry cannot be written or removed.
    #[error("cannot write to the cache: `{}`: {reason}", path.display())]
    Write {
        /// The entry.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
}

/// How many entries a kind has, and their size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Entries.
    pub entries: u64,
    /// Bytes on disk.
    pub bytes: u64,
}

/// What to keep when pruning.
#[derive(Clone, Copy, Debug, Default)]
pub struct Keep {
    /// At most this many bytes in all; what was not used for longest goes first.
    pub bytes: Option<u64>,
    /// Only what was used within this time.
    pub age: Option<Duration>,
}

/// Ends every entry; the number changes with the format.
const MARK: &[u8; 8] = b"wbcache1";
const DIGEST: usize = 32;

/// Under the root, so that a later format can live beside this one.
const VERSION: &str = "v1";

/// An entry's time of use is renewed when it is older than this. Once an hour is exact enough for pruning.
const TOUCH_AFTER: Duration = Duration::from_secs(3600);

/// A temporary file older than this belongs to a process that is gone.
const ABANDONED_AFTER: Duration = Duration::from_secs(3600);

/// How much is kept, unless somebody says otherwise.
pub const LIMIT: u64 = 2 << 30;

/// How long the size that processes keep account of is believed before it is measured again.
const MEASURE_AFTER: Duration = Duration::from_secs(24 * 3600);

/// The file with that account, beside the entries.
const ACCOUNT: &str = "size";

/// An open cache. Cheap to clone, safe to share between threads and processes.
#[derive(Clone, Debug)]
pub struct Cache {
    root: PathBuf,
    limit: u64,
    /// Bytes written since [`Cache::settle`].
    written: Arc<AtomicU64>,
}

impl Cache {
    /// Opens the cache in `directory`, which is created if need be.
    ///
    /// # Errors
    ///
    /// When the directory cannot be created, or others could write to it.
    pub fn open(directory: &Path) -> Result<Self, CacheError> {
        let root = directory.join(VERSION);
        for path in [directory, &root] {
            let unusable = |reason| CacheError::Unusable { path: path.to_owned(), reason };
            disk::private_directory(path).map_err(unusable)?;
        }
        Ok(Self { root, limit: LIMIT, written: Arc::default() })
    }

    /// The same with another bound on its size in bytes.
    #[must_use]
    pub fn bounded(self, limit: u64) -> Self {
        Self { limit, ..self }
    }

    /// How many bytes are kept.
    #[must_use]
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// To be called when work is done: what was written is added to the account, and when there is more than the bound,
    /// a tenth of it is made room for. Several processes may do this at once; the account is approximate between them and
    /// measured anew once a day.
    pub fn settle(&self) {
        let written = self.written.swap(0, Ordering::Relaxed);
        if written == 0 {
            return;
        }
        let account = self.directory().join(ACCOUNT);
        let fresh =
            disk::modified(&account).and_then(|time| time.elapsed().ok()).is_some_and(|age| age < MEASURE_AFTER);
        let known = || String::from_utf8(disk::read(&account).ok()?).ok()?.trim().parse::<u64>().ok();
        let measured = || disk::walk(&self.root).iter().map(|file| file.bytes).sum::<u64>();
        let mut total = known().filter(|_| fresh).map_or_else(measured, |before| before.saturating_add(written));
        if total > self.limit {
            // Whatever cannot be removed now is in the way of the next one, and of nobody else.
            drop(self.prune(Keep { bytes: Some(self.limit - self.limit / 10), age: None }));
            total = measured();
        }
        drop(disk::write_cached(&account, &[total.to_string().as_bytes()]));
    }

    /// The directory that holds it.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.root.parent().unwrap_or(&self.root)
    }

    /// The folder of the records of runs, beside what can be made again.
    #[must_use]
    pub fn runs(&self) -> PathBuf {
        self.directory().join("runs")
    }

    /// An entry's content, or nothing when it is missing or damaged. A damaged entry is removed.
    #[must_use]
    pub fn get(&self, kind: Kind, key: &Key) -> Option<Vec<u8>> {
        let (_, mut bytes) = self.verified(kind, key)?;
        bytes.truncate(bytes.len() - DIGEST - MARK.len());
        Some(bytes)
    }

    /// The file of an entry whose content was just verified. Behind the content stand the digest and the mark.
    #[must_use]
    pub fn file(&self, kind: Kind, key: &Key) -> Option<PathBuf> {
        Some(self.verified(kind, key)?.0)
    }

    /// The file of an entry of hundreds of megabytes, whose end was seen and whose content was not: reading it would take
    /// longer than what it is for.
    #[must_use]
    pub fn large_file(&self, kind: Kind, key: &Key) -> Option<PathBuf> {
        let path = self.path(kind, key);
        let end = disk::read_end(&path, MARK.len()).ok()?;
        if end != MARK {
            drop(disk::remove(&path));
            return None;
        }
        disk::touch(&path);
        Some(path)
    }

    /// Whether there is an entry, damaged or not.
    #[must_use]
    pub fn contains(&self, kind: Kind, key: &Key) -> bool {
        disk::modified(&self.path(kind, key)).is_some()
    }

    /// Writes an entry.
    ///
    /// # Errors
    ///
    /// When it cannot be written, for instance because the disk is full. The cache stays as it was.
    pub fn put(&self, kind: Kind, key: &Key, content: &[u8]) -> Result<(), CacheError> {
        let path = self.path(kind, key);
        let folder = path.parent().unwrap_or(&self.root);
        let digest: [u8; DIGEST] = blake3::hash(content).into();
        let written =
            disk::private_directory(folder).and_then(|()| disk::write_cached(&path, &[content, &digest, MARK]));
        self.written.fetch_add((content.len() + DIGEST + MARK.len()) as u64, Ordering::Relaxed);
        written.map_err(|reason| CacheError::Write { path, reason })
    }

    /// Keeps something under its own digest, and says where. Writes nothing if it is there.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn keep(&self, content: &[u8]) -> Result<Entry, CacheError> {
        let entry = Entry { kind: Kind::Value, key: Key::content(content) };
        if self.contains(entry.kind, &entry.key) {
            disk::touch(&self.path(entry.kind, &entry.key));
        } else {
            self.put(entry.kind, &entry.key, content)?;
        }
        Ok(entry)
    }

    /// Removes an entry.
    ///
    /// # Errors
    ///
    /// When it is there and cannot be removed.
    pub fn remove(&self, kind: Kind, key: &Key) -> Result<(), CacheError> {
        let path = self.path(kind, key);
        disk::remove(&path).map_err(|reason| CacheError::Write { path, reason })
    }

    /// What each kind takes up.
    #[must_use]
    pub fn usage(&self) -> Vec<(Kind, Usage)> {
        let usage = |kind: Kind| {
            let files = disk::walk(&self.root.join(kind.name()));
            let entries = files.iter().filter(|file| !file.is_temporary());
            (kind, entries.fold(Usage::default(), Usage::with))
        };
        Kind::ALL.map(usage).to_vec()
    }

    /// Removes what was not used for longest, until the rest is what to keep. Returns what is gone.
    ///
    /// # Errors
    ///
    /// When an entry cannot be removed.
    pub fn prune(&self, keep: Keep) -> Result<Usage, CacheError> {
        let now = SystemTime::now();
        let age = |file: &disk::Found| now.duration_since(file.modified).unwrap_or_default();
        let mut files = disk::walk(&self.root);
        files.sort_by_key(|file| file.modified);
        let mut total: u64 = files.iter().map(|file| file.bytes).sum();
        let mut gone = Usage::default();
        for file in &files {
            let doomed = if file.is_temporary() {
                age(file) > ABANDONED_AFTER
            } else {
                keep.age.is_some_and(|limit| age(file) > limit) || keep.bytes.is_some_and(|limit| total > limit)
            };
            if doomed {
                let failed = |reason| CacheError::Write { path: file.path.clone(), reason };
                disk::remove(&file.path).map_err(failed)?;
                total -= file.bytes;
                gone = gone.with(file);
            }
        }
        Ok(gone)
    }

    /// Removes everything and returns what is gone.
    ///
    /// # Errors
    ///
    /// When something cannot be removed.
    pub fn clear(&self) -> Result<Usage, CacheError> {
        let gone = disk::walk(&self.root).iter().fold(Usage::default(), Usage::with);
        let failed = |reason| CacheError::Write { path: self.root.clone(), reason };
        disk::remove_directory(&self.root).map_err(failed)?;
        // Others may hold this cache open.
        disk::private_directory(&self.root).map_err(failed)?;
        Ok(gone)
    }

    fn path(&self, kind: Kind, key: &Key) -> PathBuf {
        let name = key.to_string();
        // 256 folders, as git does, keep each one short.
        let (shard, rest) = name.split_at(2);
        self.root.join(kind.name()).join(shard).join(rest)
    }

    fn verified(&self, kind: Kind, key: &Key) -> Option<(PathBuf, Vec<u8>)> {
        let path = self.path(kind, key);
        let bytes = disk::read(&path).ok()?;
        if !is_whole(&bytes) {
            // Another process may be faster; it is a miss either way.
            drop(disk::remove(&path));
            return None;
        }
        let used = disk::modified(&path).and_then(|time| time.elapsed().ok());
        if used.is_some_and(|age| age > TOUCH_AFTER) {
            disk::touch(&path);
        }
        Some((path, bytes))
    }
}

impl Usage {
    fn with(self, file: &disk::Found) -> Self {
        Self { entries: self.entries + 1, bytes: self.bytes + file.bytes }
    }
}

fn is_whole(entry: &[u8]) -> bool {
    let Some((rest, mark)) = entry.split_last_chunk::<8>() else { return false };
    let Some((content, digest)) = rest.split_last_chunk::<DIGEST>() else { return false };
    mark == MARK && blake3::hash(content) == *digest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cache in a directory of its own, removed at the end.
    struct Temporary(Cache, PathBuf);

    impl Temporary {
        fn new(name: &str) -> Self {
            let directory = std::env::temp_dir().join(format!("wb-cache-{name}-{}", std::process::id()));
            drop(std::fs::remove_dir_all(&directory));
            Self(Cache::open(&directory).unwrap(), directory)
        }
    }

    impl Drop for Temporary {
        fn drop(&mut self) {
            drop(std::fs::remove_dir_all(&self.1));
        }
    }

    #[test]
    fn parts_of_a_key_do_not_run_together() {
        assert_ne!(Key::of("x", &[b"ab", b"c"]), Key::of("x", &[b"a", b"bc"]));
        assert_ne!(Key::of("x", &[b"a"]), Key::of("y", &[b"a"]));
    }

    #[test]
    fn what_was_put_is_got() {
        let Temporary(cache, _) = &Temporary::new("put");
        let key = Key::content(b"key");
        assert_eq!(cache.get(Kind::Result, &key), None);
        cache.put(Kind::Result, &key, b"value").unwrap();
        cache.put(Kind::Result, &key, b"value").unwrap();
        assert_eq!(cache.get(Kind::Result, &key).as_deref(), Some(&b"value"[..]));
        assert_eq!(cache.get(Kind::Code, &key), None);
    }

    #[test]
    fn a_damaged_entry_is_a_miss_and_goes_away() {
        let Temporary(cache, _) = &Temporary::new("damaged");
        let key = Key::content(b"key");
        for damage in [|file: &mut Vec<u8>| file[0] ^= 1, |file: &mut Vec<u8>| file.truncate(20), Vec::clear] {
            cache.put(Kind::Code, &key, b"0123456789").unwrap();
            let path = cache.path(Kind::Code, &key);
            let mut file = std::fs::read(&path).unwrap();
            damage(&mut file);
            std::fs::write(&path, file).unwrap();
            assert_eq!(cache.get(Kind::Code, &key), None);
            assert!(!path.exists());
        }
    }

    #[test]
    fn pruning_by_size_removes_what_was_used_longest_ago() {
        let Temporary(cache, _) = &Temporary::new("prune");
        let keys = [b"old", b"new"].map(|name| Key::content(name));
        for (key, age) in keys.iter().zip([7200, 10]) {
            cache.put(Kind::Module, key, &[0; 1000]).unwrap();
            let file = std::fs::File::options().append(true).open(cache.path(Kind::Module, key)).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
        }
        let gone = cache.prune(Keep { bytes: Some(1500), age: None }).unwrap();
        assert_eq!(gone.entries, 1);
        assert_eq!(cache.get(Kind::Module, &keys[0]), None);
        assert!(cache.get(Kind::Module, &keys[1]).is_some());
        let gone = cache.prune(Keep { bytes: None, age: Some(Duration::from_secs(5)) }).unwrap();
        assert_eq!(gone.entries, 1);
    }

    #[test]
    fn a_full_cache_makes_room_for_what_is_new() {
        let Temporary(cache, _) = &Temporary::new("settle");
        let cache = cache.clone().bounded(10_000);
        for i in 0..30u32 {
            cache.put(Kind::Value, &Key::content(&i.to_le_bytes()), &[0; 1000]).unwrap();
            cache.settle();
            let total: u64 = cache.usage().iter().map(|(_, usage)| usage.bytes).sum();
            assert!(total <= 10_000, "{total} bytes after {i}");
        }
        assert!(cache.get(Kind::Value, &Key::content(&29u32.to_le_bytes())).is_some());
        // An account that nobody can read is measured again.
        disk::write_cached(&cache.directory().join(ACCOUNT), &[b"nonsense"]).unwrap();
        cache.put(Kind::Value, &Key::content(b"more"), &[0; 1000]).unwrap();
        cache.settle();
        assert!(disk::read(&cache.directory().join(ACCOUNT)).unwrap().is_ascii());
    }

    #[cfg(unix)]
    #[test]
    fn a_directory_that_others_can_write_to_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let Temporary(_, directory) = &Temporary::new("shared");
        std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o777)).unwrap();
        let error = Cache::open(directory).unwrap_err();
        assert!(error.to_string().contains("others can write to it"), "{error}");
    }
}
