//! One package to one library: a call of rustc in a folder of its own, with copies of the package's files and of the
//! libraries it uses.
//!
//! Kept in the cache by everything that goes into it, so an edit of a block compiles no package again.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::{Arc, Mutex, PoisonError};

use super::script::{self, Outcome};
use super::vendor::Files;
use super::{Part, Unit, join};
use crate::cache::{Cache, Key, Kind};
use crate::confine::{ConfineError, End, Finished, Limits, Room, Tool};
use crate::disk;
use crate::lanes::rust::diagnose;
use crate::lanes::rust::toolchain::{PROGRAM_TARGET, Toolchain};

/// A compiled package.
#[derive(Debug, Clone)]
pub(in crate::lanes::rust) struct Library {
    /// The name of its file, by which rustc finds it.
    pub(in crate::lanes::rust) file: String,
    /// The file.
    pub(in crate::lanes::rust) bytes: Arc<Vec<u8>>,
}

/// How packages are compiled: as blocks are.
const FLAGS: &[&str] =
    &["--error-format=json", "--cap-lints=allow", "-Cpanic=abort", "-Ccodegen-units=1", "-Cdebuginfo=0"];
const LIBRARY_FLAGS: &[&str] = &["--crate-type=rlib", "-Copt-level=2"];
/// A script runs once, so it is not worth optimising.
const SCRIPT_FLAGS: &[&str] = &["--crate-type=bin", "-Copt-level=0", "-Cstrip=debuginfo"];

/// Where compiled packages are in the folder rustc works in.
pub(in crate::lanes::rust) const LIBRARIES: &str = "libraries";
/// Where the files are that a build script wrote.
const WRITTEN: &str = "written";

/// Two blocks that use the same package should not compile it at the same time.
static COMPILING: Mutex<()> = Mutex::new(());

/// What compiling one package, or its build script, takes.
pub(super) struct Work<'a> {
    pub(super) unit: &'a Unit,
    /// The library, or the script.
    pub(super) part: &'a Part,
    /// Whether it is a script.
    pub(super) script: bool,
    /// The package's files.
    pub(super) files: &'a Files,
    /// All it uses, directly or not.
    pub(super) libraries: &'a BTreeMap<usize, Library>,
    /// What the package's script decided.
    pub(super) outcome: &'a Outcome,
    pub(super) toolchain: &'a Toolchain,
    pub(super) limits: Limits,
}

impl Work<'_> {
    /// Compiles it, or takes what came of it before.
    ///
    /// # Errors
    ///
    /// What the compiler says.
    pub(super) fn made(&self, cache: Option<&Cache>) -> Result<Library, String> {
        let key = self.key();
        let (name, digits) = (&self.part.crate_name, &key.to_string()[..16]);
        let file = if self.script { format!("{name}.wasm") } else { format!("lib{name}-{digits}.rlib") };
        let kept = || cache.and_then(|cache| cache.get(Kind::Module, &key));
        let library = |bytes: Vec<u8>| Library { file: file.clone(), bytes: Arc::new(bytes) };
        if let Some(bytes) = kept() {
            return Ok(library(bytes));
        }
        let _one = COMPILING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = kept() {
            return Ok(library(bytes));
        }
        let bytes = self.compile(digits, &file)?;
        if let Some(cache) = cache {
            drop(cache.put(Kind::Module, &key, &bytes));
        }
        Ok(library(bytes))
    }

    fn target(&self) -> &'static str {
        if self.script { PROGRAM_TARGET } else { self.unit.target }
    }

    fn flags(&self) -> impl Iterator<Item = &&str> {
        FLAGS.iter().chain(if self.script { SCRIPT_FLAGS } else { LIBRARY_FLAGS })
    }

    /// Libraries it uses go in by their bytes: rustc refuses one that is not the very one it was compiled against.
    fn key(&self) -> Key {
        let (unit, part) = (self.unit, self.part);
        let mut parts = vec![
            self.toolchain.version.clone(),
            self.flags().copied().collect::<Vec<_>>().join(" "),
            self.target().to_owned(),
            unit.digest.to_string(),
            format!("{} {} {}", part.crate_name, part.edition, part.source),
            unit.features.join(" "),
            format!("{:?}", unit.variables),
            self.outcome.digest().to_string(),
        ];
        parts.extend(part.uses.iter().map(|(name, used)| format!("{name} {}", self.libraries[used].file)));
        parts.extend(self.libraries.values().map(|used| format!("{} {}", used.file, Key::content(&used.bytes))));
        let parts: Vec<&[u8]> = parts.iter().map(String::as_bytes).collect();
        Key::of("wb crate 1", &parts)
    }

    fn compile(&self, metadata: &str, file: &str) -> Result<Vec<u8>, String> {
        self.toolchain.require(self.target()).map_err(|missing| missing.to_string())?;
        let scratch = disk::scratch().map_err(|error| format!("no folder to compile in: {error}"))?;
        let room = Room::new(scratch.path()).map_err(|error| error.to_string())?;
        self.furnish(&room).map_err(|error| error.to_string())?;
        let args = self.arguments(&room, metadata, file);
        let environment = self.environment(&room);
        let (readable, limits) = (self.toolchain.readable(), self.limits);
        let tool =
            Tool { program: &self.toolchain.rustc, args, readable: &readable, environment: &environment, limits };
        let finished = room.run(&tool).map_err(|error| error.to_string())?;
        self.succeeded(&finished)?;
        let list = room.take(READ, limits.file_bytes).map_err(|error| error.to_string())?;
        let place = room.path().to_string_lossy();
        let allowed = |file: &String| {
            let file = file.strip_prefix(&*place).map_or(file.as_str(), |file| file.trim_start_matches('/'));
            below(file, &self.unit.folder()).is_some_and(|name| self.files.contains_key(&name))
                || below(file, WRITTEN).is_some_and(|name| self.outcome.wrote(&name))
        };
        match diagnose::read_files(&String::from_utf8_lossy(&list)).iter().find(|file| !allowed(file)) {
            Some(other) => Err(format!("it reads the file `{other}`, which is none of its own")),
            None => room.take(file, limits.file_bytes).map_err(|error| error.to_string()),
        }
    }

    /// Puts what the compiler may read into its folder.
    fn furnish(&self, room: &Room) -> Result<(), ConfineError> {
        for (name, bytes) in self.files {
            room.put(&format!("{}/{name}", self.unit.folder()), bytes)?;
        }
        for (name, bytes) in self.outcome.files() {
            room.put(&format!("{WRITTEN}/{name}"), &bytes)?;
        }
        for library in self.libraries.values() {
            room.put(&format!("{LIBRARIES}/{}", library.file), &library.bytes)?;
        }
        Ok(())
    }

    fn arguments(&self, room: &Room, metadata: &str, file: &str) -> Vec<OsString> {
        let (unit, part) = (self.unit, self.part);
        let mut args: Vec<OsString> = self.flags().map(OsString::from).collect();
        args.push(format!("--edition={}", part.edition).into());
        args.push(format!("--crate-name={}", part.crate_name).into());
        args.extend(["--target", self.target()].map(OsString::from));
        args.push(format!("-Cmetadata={metadata}").into());
        args.push(format!("-Cextra-filename=-{metadata}").into());
        let features = unit.features.iter().map(|feature| format!("feature=\"{feature}\""));
        for cfg in features.chain(self.outcome.cfgs.iter().cloned()) {
            args.extend(["--cfg".to_owned(), cfg].map(OsString::from));
        }
        let uses = part.uses.iter().map(|(name, used)| (name.as_str(), &self.libraries[used]));
        args.extend(linked(uses));
        args.extend(super::super::places(room, self.toolchain));
        args.push(format!("--emit=link={file},dep-info={READ}").into());
        args.push(format!("{}/{}", unit.folder(), part.source).into());
        args
    }

    fn environment(&self, room: &Room) -> Vec<(String, OsString)> {
        let home = room.path().join(self.unit.folder());
        let written = room.path().join(WRITTEN);
        let fixed = self.unit.variables.iter().map(|(name, value)| ((*name).to_owned(), value.into()));
        let mut environment: Vec<(String, OsString)> = fixed.collect();
        let place = |value: &str| {
            value.replace(script::OUT, &written.to_string_lossy()).replace(script::PACKAGE, &home.to_string_lossy())
        };
        let said = self.outcome.variables.iter().filter(|(name, _)| is_harmless(name));
        environment.extend(said.map(|(name, value)| (name.clone(), place(value).into())));
        environment.push(("CARGO_CRATE_NAME".to_owned(), self.part.crate_name.clone().into()));
        environment.push(("CARGO_MANIFEST_PATH".to_owned(), home.join("Cargo.toml").into()));
        environment.push(("CARGO_MANIFEST_DIR".to_owned(), home.into()));
        if self.unit.script.is_some() && !self.script {
            environment.push(("OUT_DIR".to_owned(), written.into()));
        }
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
        Err(format!("the Rust compiler failed: {:?}: {}", finished.end, join(&finished.stderr)))
    }
}

const READ: &str = "package.d";

/// Whether a variable that a build script sets is one for the package, and not for the compiler or its loader, which are
/// native: `LD_PRELOAD`, `RUSTC_BOOTSTRAP`.
fn is_harmless(name: &str) -> bool {
    const OTHERS: &[&str] =
        &["LD_", "DYLD_", "RUST", "CARGO", "MALLOC_", "GLIBC_", "LLVM", "TMPDIR", "PATH", "HOME", "LC_", "LANG"];
    !name.is_empty() && !name.contains('\0') && !OTHERS.iter().any(|start| name.starts_with(start))
}

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
    use super::{below, is_harmless};

    #[test]
    fn a_script_sets_no_variables_for_the_compiler() {
        for name in ["LD_PRELOAD", "RUSTC_BOOTSTRAP", "CARGO_PKG_NAME", "PATH", "TMPDIR", "", "A\0"] {
            assert!(!is_harmless(name), "{name}");
        }
        assert!(is_harmless("TYPENUM_BUILD_OP") && is_harmless("VERSION"));
    }

    #[test]
    fn a_file_is_below_its_folder_or_is_not() {
        assert_eq!(below("a-1/src/../mark", "a-1").as_deref(), Some("mark"));
        assert_eq!(below("./a-1/./src/x", "a-1").as_deref(), Some("src/x"));
        for outside in ["/etc/passwd", "a-1/../b/x", "../a-1/x", "a-12/x", "a-1", "a-1/../../x"] {
            assert_eq!(below(outside, "a-1"), None, "{outside}");
        }
    }
}
