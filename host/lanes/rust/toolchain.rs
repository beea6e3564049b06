//! Finds the Rust compiler and what it can compile for.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The target of typed functions: nothing to import, so nothing to grant.
pub(super) const FUNCTION_TARGET: &str = "wasm32-unknown-unknown";
/// The target of programs.
pub(super) const PROGRAM_TARGET: &str = "wasm32-wasip2";

/// A Rust compiler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toolchain {
    /// The compiler itself, not the `rustup` wrapper of that name.
    pub rustc: PathBuf,
    /// All `rustc -vV` says.
    pub version: String,
    /// Where its libraries and linkers are.
    pub sysroot: PathBuf,
    /// Whether it can compile functions (`wasm32-unknown-unknown`).
    pub has_unknown: bool,
    /// Whether it can compile programs (`wasm32-wasip2`).
    pub has_wasip2: bool,
}

/// What is missing to compile Rust, with the command that brings it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// No compiler.
    #[error(
        "no Rust compiler: `{}` is not there; install Rust with rustup, then `rustup target add {FUNCTION_TARGET}`",
        tried.display()
    )]
    Rustc {
        /// What was called.
        tried: PathBuf,
    },
    /// Something of that name which does not answer as a Rust compiler does.
    #[error("`{}` does not work as a Rust compiler: {reason}", tried.display())]
    Unusable {
        /// What was called.
        tried: PathBuf,
        /// What it said.
        reason: String,
    },
    /// A compiler without the libraries for WebAssembly.
    #[error("the Rust compiler has no target `{target}`; add it with `rustup target add {target}`")]
    Target {
        /// The target.
        target: &'static str,
    },
}

impl Toolchain {
    /// Asks `rustc`, or the one on the `PATH`, where its installation is, and the compiler in there what it is.
    ///
    /// # Errors
    ///
    /// When there is none, or it does not answer.
    pub fn detect(rustc: Option<&Path>) -> Result<Self, Missing> {
        let tried = rustc.unwrap_or(Path::new("rustc"));
        let sysroot = PathBuf::from(ask(tried, &["--print", "sysroot"])?);
        let own = sysroot.join("bin").join(format!("rustc{}", std::env::consts::EXE_SUFFIX));
        let rustc = if own.is_file() { own } else { tried.to_owned() };
        let version = ask(&rustc, &["-vV"])?;
        if !version.starts_with("rustc ") || !sysroot.is_dir() {
            let reason = format!("it says `{version}`, and that it is installed in `{}`", sysroot.display());
            return Err(Missing::Unusable { tried: tried.to_owned(), reason });
        }
        Ok(Self::of(rustc, version, sysroot))
    }

    /// What [`Toolchain::recall`] reads.
    #[must_use]
    pub fn keep(&self) -> Vec<u8> {
        let (stamp, rustc) = (stamp(&self.rustc), &self.rustc);
        let kept =
            serde_json::json!({ "rustc": rustc, "version": self.version, "sysroot": self.sysroot, "stamp": stamp });
        kept.to_string().into()
    }

    /// A toolchain that was found before, if its compiler is still the same: `rustup update` replaces it in its place.
    /// Targets come and go, so they are looked for.
    #[must_use]
    pub fn recall(kept: &[u8]) -> Option<Self> {
        let kept: serde_json::Value = serde_json::from_slice(kept).ok()?;
        let text = |key: &str| kept[key].as_str().map(str::to_owned);
        let (rustc, sysroot) = (PathBuf::from(text("rustc")?), PathBuf::from(text("sysroot")?));
        let version = text("version")?;
        let same = stamp(&rustc).is_some_and(|stamp| kept["stamp"] == *stamp);
        same.then(|| Self::of(rustc, version, sysroot))
    }

    fn of(rustc: PathBuf, version: String, sysroot: PathBuf) -> Self {
        let has = |target: &str| sysroot.join("lib/rustlib").join(target).join("lib").is_dir();
        let (has_unknown, has_wasip2) = (has(FUNCTION_TARGET), has(PROGRAM_TARGET));
        Self { rustc, version, sysroot, has_unknown, has_wasip2 }
    }

    /// Everything about the compiler and how it is called that can change what it makes: a part of a cache key.
    #[must_use]
    pub fn id(&self) -> String {
        let flags = [super::FLAGS, super::FUNCTION_FLAGS, super::PROGRAM_FLAGS].concat().join(" ");
        format!("{}\nflags: {flags}\nglue: {}", self.version, super::glue::VERSION)
    }

    /// The Cargo that belongs to the compiler, not the `rustup` wrapper of that name.
    pub(super) fn cargo(&self) -> Option<PathBuf> {
        let cargo = self.sysroot.join("bin").join(format!("cargo{}", std::env::consts::EXE_SUFFIX));
        cargo.is_file().then_some(cargo)
    }

    /// What the compiler may read. Not all of the sysroot: on a distribution's Rust that is `/usr`.
    pub(super) fn readable(&self) -> Vec<PathBuf> {
        let mut places = ["lib", "lib64", "libexec"].map(|name| self.sysroot.join(name)).to_vec();
        places.push(self.rustc.clone());
        places
    }

    /// Refuses when a target is not there.
    pub(super) fn require(&self, target: &'static str) -> Result<(), Missing> {
        let has = if target == FUNCTION_TARGET { self.has_unknown } else { self.has_wasip2 };
        if has { Ok(()) } else { Err(Missing::Target { target }) }
    }
}

/// What changes when a file is replaced.
fn stamp(path: &Path) -> Option<String> {
    let metadata = path.metadata().ok().filter(|metadata| metadata.is_file())?;
    Some(format!("{} {:?}", metadata.len(), metadata.modified().ok()?))
}

/// What a compiler answers, without the last line break.
fn ask(rustc: &Path, args: &[&str]) -> Result<String, Missing> {
    let unusable = |reason: String| Missing::Unusable { tried: rustc.to_owned(), reason };
    let mut command = Command::new(rustc);
    // A wrapper would choose by the files around it, or fetch what they ask for.
    command.args(args).current_dir(std::env::temp_dir()).env("RUSTUP_AUTO_INSTALL", "0").stdin(Stdio::null());
    let output = command.output().map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => Missing::Rustc { tried: rustc.to_owned() },
        _ => unusable(e.to_string()),
    })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
    }
    Err(unusable(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_that_is_not_there_is_named_with_the_cure() {
        let error = Toolchain::detect(Some(Path::new("/nowhere/rustc"))).unwrap_err().to_string();
        assert!(error.contains("`/nowhere/rustc` is not there; install Rust with rustup"), "{error}");
    }

    #[test]
    fn a_compiler_that_was_replaced_is_not_recalled() {
        let rustc = std::env::temp_dir().join(format!("wb-toolchain-{}", std::process::id()));
        std::fs::write(&rustc, "one").unwrap();
        let toolchain = Toolchain::of(rustc.clone(), "rustc 1".to_owned(), std::env::temp_dir());
        let kept = toolchain.keep();
        assert_eq!(Toolchain::recall(&kept), Some(toolchain));
        std::fs::write(&rustc, "another").unwrap();
        assert_eq!(Toolchain::recall(&kept), None);
        std::fs::remove_file(&rustc).unwrap();
        assert_eq!(Toolchain::recall(&kept), None);
    }

    #[test]
    fn something_else_of_that_name_is_refused() {
        let error = Toolchain::detect(Some(Path::new("/bin/true"))).unwrap_err().to_string();
        assert!(error.contains("does not work as a Rust compiler"), "{error}");
    }
}
