//! Builds every guest with nested cargo calls and leaves the bytes in `OUT_DIR` for `lib.rs` to embed.
//!
//! `packages.rs` fetches the files that are not ours, the QuickJS runtime and SQLite, and checks their digests.
//! Whatever goes wrong is one line that says what to do; the nested cargo's own output stands above it.

mod packages;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use wasmparser::{Parser, Payload};
use wit_component::ComponentEncoder;

const TARGET: &str = "wasm32-unknown-unknown";
const PROFILE: &str = "guest";

/// The package of the kernel, which becomes a component below.
const KERNEL: &str = "oql";

/// Only our own host runs the kernel, so it may use vectors: what searches whole files is several times as fast with them.
const KERNEL_FLAGS: &str = "-Ctarget-feature=+simd128";

/// The other packages, whose code goes into artifacts. The codec stays the core module it is.
const GUESTS: &[&str] = &[
    "codec",
    "artifact-args",
    "artifact-main",
    "artifact-inputs",
    "artifact-front",
    "artifact-route",
    "sql",
    "typescript",
    "shell",
    "plane-workbook",
    "plane-control",
    "plane-public",
    "site",
];

/// The package that is several guests by its features: `attenuator-<feature>.wasm` for each.
const ATTENUATOR: (&str, [&str; 6]) = ("attenuator", ["system", "time", "files", "passive", "variables", "requests"]);

/// Where `sql`'s build script finds SQLite.
const SQLITE_LIBRARIES: &str = "WB_SQLITE_LIBRARIES";

/// What the nested cargo must not inherit: flags meant for the host's code, and clippy's wrapper, with which every
/// guest would be built twice. The output directory is ours to choose.
const NOT_INHERITED: &[&str] = &[
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_TARGET_DIR",
    "CLIPPY_ARGS",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTDOCFLAGS",
    "RUSTFLAGS",
];

fn main() {
    if let Err(message) = build() {
        println!("cargo::error={}", message.replace('\n', " "));
        // A script that ends well has its output thrown away, and the nested cargo's messages with it.
        std::process::exit(1);
    }
}

fn build() -> Result<(), String> {
    let here = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(variable("OUT_DIR")?);
    let workspace = here.parent().ok_or("the package lies in no workspace")?;
    watch(workspace);

    ensure_target()?;
    let sqlite = out.join("sqlite");
    packages::SQLITE.fetch(&out, &sqlite)?;
    let guests = guest_directory(&out);
    let built = build_guests(workspace, &guests, GUESTS, "", (SQLITE_LIBRARIES, sqlite.as_os_str()))?;
    let guest = |name: &str| read(&built.join(format!("{name}.wasm")));
    // Other flags in the same directory would build what both depend on anew each time.
    let flags = ("RUSTFLAGS", OsStr::new(KERNEL_FLAGS));
    let kernels = build_guests(workspace, &guests.join("kernel"), &[KERNEL], "", flags)?;
    write(&out.join("oql.wasm"), &pure(KERNEL, &read(&kernels.join("oql.wasm"))?)?)?;
    for engine in ["sql", "typescript", "site"] {
        write(&out.join(engine).with_extension("wasm"), &pure(engine, &guest(engine)?)?)?;
    }
    for part in [
        "artifact-args",
        "artifact-main",
        "artifact-inputs",
        "artifact-front",
        "artifact-route",
        "shell",
        "plane-workbook",
        "plane-control",
        "plane-public",
    ] {
        write(&out.join(part).with_extension("wasm"), &component(part, &guest(&part.replace('-', "_"))?)?)?;
    }
    write(&out.join("codec.wasm"), &guest("codec")?)?;
    let (package, features) = ATTENUATOR;
    for feature in features {
        // The same file each time: it is read before the next call writes it.
        build_guests(workspace, &guests, &[package], feature, (SQLITE_LIBRARIES, sqlite.as_os_str()))?;
        let bytes = component(package, &guest(package)?)?;
        write(&out.join(format!("{package}-{feature}.wasm")), &bytes)?;
    }
    packages::QUICKJS.fetch(&out, &out)
}

/// What the bytes depend on. Directories are watched with everything below them, so tests of a guest stay outside `src`.
fn watch(workspace: &Path) {
    let guests = GUESTS.iter().chain([&KERNEL, &ATTENUATOR.0, &"plane-http"]);
    let guests = guests.flat_map(|guest| ["src", "Cargo.toml"].map(|part| format!("components/{guest}/{part}")));
    let shared = ["components/build.rs", "wit", "Cargo.lock", "Cargo.toml"].map(str::to_owned);
    for path in guests.chain(shared) {
        println!("cargo::rerun-if-changed={}", workspace.join(path).display());
    }
    for guest in ["sql", "shell"] {
        println!("cargo::rerun-if-changed={}", workspace.join(format!("components/{guest}/build.rs")).display());
    }
}

/// Makes sure that the toolchain can build for wasm, with one try to install what is missing.
fn ensure_target() -> Result<(), String> {
    if has_target() {
        return Ok(());
    }
    // A failure, rustup missing included, shows in the second look.
    drop(Command::new("rustup").args(["target", "add", TARGET]).status());
    if has_target() { Ok(()) } else { Err(format!("the guests need a target; run `rustup target add {TARGET}`")) }
}

fn has_target() -> bool {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(["--print", "target-libdir", "--target", TARGET]).output();
    output.is_ok_and(|output| {
        output.status.success() && Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir()
    })
}

/// One cargo call for some guests, with a variable of its own; returns the directory of their core modules.
fn build_guests(
    workspace: &Path,
    target: &Path,
    guests: &[&str],
    features: &str,
    set: (&str, &OsStr),
) -> Result<PathBuf, String> {
    let mut cargo = Command::new(variable("CARGO")?);
    cargo.args(["build", "--profile", PROFILE, "--target", TARGET, "--target-dir"]).arg(target);
    cargo.args(guests.iter().flat_map(|guest| ["-p", guest])).args(["--features", features]).current_dir(workspace);
    for name in NOT_INHERITED {
        cargo.env_remove(name);
    }
    cargo.env(set.0, set.1);
    // A wrapper such as sccache may stay; older clippy uses this variable for itself.
    if env::var_os("RUSTC_WRAPPER")
        .is_some_and(|path| Path::new(&path).file_stem() == Some(OsStr::new("clippy-driver")))
    {
        cargo.env_remove("RUSTC_WRAPPER");
    }
    match cargo.status() {
        Ok(status) if status.success() => Ok(target.join(TARGET).join(PROFILE)),
        Ok(_) => Err("a guest does not build; cargo's messages are above".to_owned()),
        Err(error) => Err(format!("cannot start cargo for the guests: {error}")),
    }
}

/// `guests` in the target directory, a directory of its own: the outer cargo holds the lock of the usual one until this
/// script ends. The target directory is where cargo left its mark:
/// `CARGO_TARGET_DIR`, `--target-dir`, `--target` and a configuration file can all move `OUT_DIR`, and only some tell us.
fn guest_directory(out: &Path) -> PathBuf {
    let marked = out.ancestors().filter(|folder| folder.join("CACHEDIR.TAG").is_file()).last();
    marked.unwrap_or(out).join("guests")
}

/// A core module as a component that imports nothing, not even a type.
fn pure(name: &str, module: &[u8]) -> Result<Vec<u8>, String> {
    if let Some(import) = first_import(module)? {
        return Err(format!("{name} imports `{import}`; it is to be a pure function of its input"));
    }
    component(name, module)
}

/// A guest's core module as a component of the world it was built for.
fn component(name: &str, module: &[u8]) -> Result<Vec<u8>, String> {
    let mut encoder = ComponentEncoder::default();
    let encoded = encoder.validate(true).module(module).and_then(|encoder| encoder.encode());
    encoded.map_err(|error| format!("{name} is no component: {error:#}"))
}

fn first_import(module: &[u8]) -> Result<Option<String>, String> {
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::ImportSection(imports) = payload.map_err(|error| format!("a guest is no module: {error}"))? {
            let first = imports.into_imports().next();
            let first = first.transpose().map_err(|error| format!("a guest is no module: {error}"))?;
            return Ok(first.map(|import| format!("{}.{}", import.module, import.name)));
        }
    }
    Ok(None)
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|error| format!("{name}: {error}; run this through cargo"))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// Leaves an equal file alone.
fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    fs::write(path, bytes).map_err(|error| format!("cannot write {}: {error}", path.display()))
}
