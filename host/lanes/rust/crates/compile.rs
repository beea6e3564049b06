//! One package to one library: a call of rustc in a folder of its own, with copies of the package's files and of the
//! libraries it uses.
//!
//! Kept in the cache by everything that goes into it, so an edit of a block compiles no package again.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::{Arc, Mutex, PoisonError};

use super::Unit;
use super::vendor::Files;
use crate::cache::{Cache, Key, Kind};
use crate::confine::{End, Finished, Limits, Room, Tool};
use crate::disk;
use crate::lanes::rust::diagnose;
use crate::lanes::rust::toolchain::Toolchain;

/// A compiled package.
#[derive(Debug, Clone)]
pub(in crate::lanes::rust) struct Library {
    /// The name of its file, by which rustc finds it.
    pub(in crate::lanes::rust) file: String,
    /// The file.
    pub(in crate::lanes::rust) bytes: Arc<Vec<u8>>,
}

/// How packages are compiled: as blocks are.
const FLAGS: &[&str] = &[
    "--crate-type=rlib",
    "--error-format=json",
    "--cap-lints=allow",
    "-Copt-level=2",
    "-Cpanic=abort",
    "-Ccodegen-units=1",
    "-Cdebuginfo=0",
];

/// Where compiled packages are in the folder rustc works in.
pub(in crate::lanes::rust) const LIBRARIES: &str = "libraries";

/// Two blocks that use the same package should not compile it at the same time.
static COMPILING: Mutex<()> = Mutex::new(());

/// What compiling one package takes.
pub(super) struct Work<'a> {
    pub(super) unit: &'a Unit,
    /// Its files.
    pub(super) files: &'a Files,
    /// All it uses, directly or not.
    pub(super) libraries: &'a BTreeMap<usize, Library>,
    pub(super) target: &'static str,
    pub(super) toolchain: &'a Toolchain,
    pub(super) limits: Limits,
}

impl Work<'_> {
    /// Compiles the package, or takes what came of it before.
    ///
    /// # Errors
    ///
    /// What the compiler says.
    pub(super) fn library(&self, cache: Option<&Cache>) -> Result<Library, String> {
        let key = self.key();
        let file = format!("lib{}-{}.rlib", self.unit.crate_name, &key.to_string()[..16]);
        let kept = || cache.and_then(|cache| cache.get(Kind::Module, &key));
        let library = |bytes: Vec<u8>| Library { file: file.clone(), bytes: Arc::new(bytes) };
        if let Some(bytes) = kept() {
            return Ok(library(bytes));
        }
        let _one = COMPILING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = kept() {
            return Ok(library(bytes));
        }
        let bytes = self.compile(&key, &file)?;
        if let Some(cache) = cache {
            drop(cache.put(Kind::Module, &key, &bytes));
        }
        Ok(library(bytes))
    }

    /// Libraries it uses go in by their bytes: rustc refuses one that is not the very one it was compiled against.
    fn key(&self) -> Key {
        let unit = self.unit;
        let mut parts = vec![
            self.toolchain.version.clone(),
            FLAGS.join(" "),
            self.target.to_owned(),
            unit.digest.to_string(),
            unit.crate_name.clone(),
            unit.edition.clone(),
            unit.source.clone(),
            unit.features.join(" "),
            format!("{:?}", unit.variables),
        ];
        parts.extend(unit.uses.iter().map(|(name, used)| format!("{name} {}", self.libraries[used].file)));
        parts.extend(self.libraries.values().map(|used| format!("{} {}", used.file, Key::content(&used.bytes))));
        let parts: Vec<&[u8]> = parts.iter().map(String::as_bytes).collect();
        Key::of("wb crate 1", &parts)
    }

    fn compile(&self, key: &Key, file: &str) -> Result<Vec<u8>, String> {
        let scratch = disk::scratch().map_err(|error| format!("no folder to compile in: {error}"))?;
        let room = Room::new(scratch.path()).map_err(|error| error.to_string())?;
        self.furnish(&room).map_err(|error| error.to_string())?;
        let metadata = &key.to_string()[..16];
        let args = self.arguments(&room, metadata, file);
        let environment = self.environment(&room);
        let (readable, limits) = (self.toolchain.readable(), self.limits);
        let tool =
            Tool { program: &self.toolchain.rustc, args, readable: &readable, environment: &environment, limits };
        let finished = room.run(&tool).map_err(|error| error.to_string())?;
        self.succeeded(&finished)?;
        let list = room.take(READ, limits.file_bytes).map_err(|error| error.to_string())?;
        let own = |name: &str| self.files.contains_key(name);
        let allowed = |file: &String| below(file, &self.unit.folder()).is_some_and(|name| own(&name));
        match diagnose::read_files(&String::from_utf8_lossy(&list)).iter().find(|file| !allowed(file)) {
            Some(other) => Err(format!("it reads the file `{other}`, which is none of its own")),
            None => room.take(file, limits.file_bytes).map_err(|error| error.to_string()),
        }
    }

    /// Puts what the compiler may read into its folder.
    fn furnish(&self, room: &Room) -> Result<(), crate::confine::ConfineError> {
        for (name, bytes) in self.files {
            room.put(&format!("{}/{name}", self.unit.folder()), bytes)?;
        }
        for library in self.libraries.values() {
            room.put(&format!("{LIBRARIES}/{}", library.file), &library.bytes)?;
        }
        Ok(())
    }

    fn arguments(&self, room: &Room, metadata: &str, file: &str) -> Vec<OsString> {
        let unit = self.unit;
        let mut args: Vec<OsString> = FLAGS.iter().map(OsString::from).collect();
        args.push(format!("--edition={}", unit.edition).into());
        args.push(format!("--crate-name={}", unit.crate_name).into());
        args.extend(["--target", self.target].map(OsString::from));
        args.push(format!("-Cmetadata={metadata}").into());
        args.push(format!("-Cextra-filename=-{metadata}").into());
        for feature in &unit.features {
            args.extend(["--cfg".to_owned(), format!("feature=\"{feature}\"")].map(OsString::from));
        }
        let uses = unit.uses.iter().map(|(name, used)| (name.as_str(), &self.libraries[used]));
        args.extend(linked(uses));
        args.extend(super::super::places(room, self.toolchain));
        args.push(format!("--emit=link={file},dep-info={READ}").into());
        args.push(format!("{}/{}", unit.folder(), unit.source).into());
        args
    }

    fn environment(&self, room: &Room) -> Vec<(String, OsString)> {
        let home = room.path().join(self.unit.folder());
        let fixed = self.unit.variables.iter().map(|(name, value)| ((*name).to_owned(), value.into()));
        let mut environment: Vec<(String, OsString)> = fixed.collect();
        environment.push(("CARGO_CRATE_NAME".to_owned(), self.unit.crate_name.clone().into()));
        environment.push(("CARGO_MANIFEST_PATH".to_owned(), home.join("Cargo.toml").into()));
        environment.push(("CARGO_MANIFEST_DIR".to_owned(), home.into()));
        environment
    }

    fn succeeded(&self, finished: &Finished) -> Result<(), String> {
        const MIB: u64 = 1 << 20;
        match finished.end {
            End::Exited(0) => return Ok(()),
            End::Deadline => return Err(format!("it takes longer than {} s", self.limits.deadline.as_secs())),
            End::Memory => return Err(format!("it takes more than {} MiB of memory", self.limits.memory_bytes / MIB)),
            End::FileSize => return Err(format!("the result is larger than {} MiB", self.limits.file_bytes / MIB)),
            End::Exited(_) | End::Signal(_) => {}
        }
        let errors = diagnose::errors(&finished.stderr, "", 0);
        let placed = errors.elsewhere.iter().map(|(file, said)| format!("{file}: {said}"));
        if let Some(said) = placed.chain(errors.block.iter().map(|problem| problem.message.clone())).next() {
            return Err(said);
        }
        let stderr = String::from_utf8_lossy(&finished.stderr);
        let end: Vec<&str> = stderr.lines().filter(|line| !line.starts_with('{')).take(5).collect();
        Err(format!("the Rust compiler failed: {:?}: {}", finished.end, end.join(" ")))
    }
}

const READ: &str = "package.d";

/// The name of a file in a folder, however the compiler came to it. There are no links in these folders.
fn below(file: &str, folder: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in file.split('/').filter(|part| *part != ".") {
        match part {
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    parts.join("/").strip_prefix(folder)?.strip_prefix('/').map(str::to_owned)
}

/// The arguments by which rustc finds compiled packages under these names.
pub(in crate::lanes::rust) fn linked<'a>(
    libraries: impl Iterator<Item = (&'a str, &'a Library)>,
) -> impl Iterator<Item = OsString> {
    let named =
        libraries.flat_map(|(name, library)| ["--extern".to_owned(), format!("{name}={LIBRARIES}/{}", library.file)]);
    let named: Vec<String> = named.collect();
    let search = ["-L".to_owned(), format!("dependency={LIBRARIES}")];
    search.into_iter().chain(named).map(OsString::from)
}

#[cfg(test)]
mod tests {
    use super::below;

    #[test]
    fn a_file_is_below_its_folder_or_is_not() {
        assert_eq!(below("a-1/src/../mark", "a-1").as_deref(), Some("mark"));
        assert_eq!(below("./a-1/./src/x", "a-1").as_deref(), Some("src/x"));
        for outside in ["/etc/passwd", "a-1/../b/x", "../a-1/x", "a-12/x", "a-1", "a-1/../../x"] {
            assert_eq!(below(outside, "a-1"), None, "{outside}");
        }
    }
}
