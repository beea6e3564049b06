//! Builds every guest with nested cargo calls and leaves the bytes in `OUT_DIR` for `lib.rs` to embed.
//!
//! Also fetches the one file that is not ours, the QuickJS runtime, through cargo, and checks its digest.
//! Whatever goes wrong is one line that says what to do; the nested cargo's own output stands above it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use sha2::{Digest, Sha256};
use wasmparser::{Parser, Payload};
use wit_component::ComponentEncoder;

const TARGET: &str = "wasm32-unknown-unknown";
const PROFILE: &str = "guest";

/// The package of the kernel, which becomes a component below.
const KERNEL: &str = "oql";

/// Only our own host runs the kernel, so it may use vectors: what searches whole files is several times as fast with them.
const KERNEL_FLAGS: &str = "-Ctarget-feature=+simd128";

/// The other packages, whose code goes into artifacts. The codec stays the core module it is.
const GUESTS: &[&str] = &["codec", "artifact-args", "artifact-main", "artifact-inputs", "artifact-front"];

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

/// The package of crates.io that carries the QuickJS runtime. It is unpacked, never compiled: it depends on a second
/// wasmtime.
const QUICKJS_PACKAGE: (&str, &str) = ("componentize-qjs", "0.4.5");
const QUICKJS_FILE: &str = "prebuilt/runtime-opt-size-sync.wasm";
const QUICKJS_SHA256: &str = "51bced91769e0a3cb8bc288d230675b03fca8f97b42723b9f9f1702e6903b6f7";
/// Names a copy of the runtime on machines that reach no registry. The digest is checked all the same.
const QUICKJS_OVERRIDE: &str = "WB_QUICKJS_RUNTIME";

/// The cure for a changed file in cargo's registry.
const UNPACK_AGAIN: &str = "delete that package's directory, and cargo unpacks it again";

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
    let guests = guest_directory(&out);
    let built = build_guests(workspace, &guests, GUESTS, None)?;
    let guest = |name: &str| read(&built.join(format!("{name}.wasm")));
    // Other flags in the same directory would build what both depend on anew each time.
    let kernels = build_guests(workspace, &guests.join("kernel"), &[KERNEL], Some(KERNEL_FLAGS))?;
    write(&out.join("oql.wasm"), &kernel(&read(&kernels.join("oql.wasm"))?)?)?;
    for part in ["artifact-args", "artifact-main", "artifact-inputs", "artifact-front"] {
        write(&out.join(part).with_extension("wasm"), &component(part, &guest(&part.replace('-', "_"))?)?)?;
    }
    write(&out.join("codec.wasm"), &guest("codec")?)?;
    write(&out.join("quickjs-runtime.wasm"), &quickjs(&out)?)
}

/// What the bytes depend on. Directories are watched with everything below them, so tests of a guest stay outside `src`.
fn watch(workspace: &Path) {
    let guests = GUESTS.iter().chain([&KERNEL]);
    let guests = guests.flat_map(|guest| ["src", "Cargo.toml"].map(|part| format!("components/{guest}/{part}")));
    let shared = ["components/build.rs", "wit", "Cargo.lock", "Cargo.toml"].map(str::to_owned);
    for path in guests.chain(shared) {
        println!("cargo::rerun-if-changed={}", workspace.join(path).display());
    }
    println!("cargo::rerun-if-env-changed={QUICKJS_OVERRIDE}");
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

/// One cargo call for some guests; returns the directory of their core modules.
fn build_guests(workspace: &Path, target: &Path, guests: &[&str], flags: Option<&str>) -> Result<PathBuf, String> {
    let mut cargo = Command::new(variable("CARGO")?);
    cargo.args(["build", "--profile", PROFILE, "--target", TARGET, "--target-dir"]).arg(target);
    cargo.args(guests.iter().flat_map(|guest| ["-p", guest])).current_dir(workspace);
    for name in NOT_INHERITED {
        cargo.env_remove(name);
    }
    if let Some(flags) = flags {
        cargo.env("RUSTFLAGS", flags);
    }
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

/// The kernel's core module as a component, which imports nothing, not even a type.
fn kernel(module: &[u8]) -> Result<Vec<u8>, String> {
    if let Some(import) = first_import(module)? {
        return Err(format!("oql imports `{import}`; the kernel is a pure function of its input"));
    }
    component("oql", module)
}

/// A guest's core module as a component of the world it was built for.
fn component(name: &str, module: &[u8]) -> Result<Vec<u8>, String> {
    let mut encoder = ComponentEncoder::default();
    let encoded = encoder.validate(true).module(module).and_then(|encoder| encoder.encode());
    encoded.map_err(|error| format!("{name} is no component: {error:#}"))
}

fn first_import(module: &[u8]) -> Result<Option<String>, String> {
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::ImportSection(imports) = payload.map_err(|error| format!("oql is no module: {error}"))? {
            let first = imports.into_imports().next();
            let first = first.transpose().map_err(|error| format!("oql is no module: {error}"))?;
            return Ok(first.map(|import| format!("{}.{}", import.module, import.name)));
        }
    }
    Ok(None)
}

/// The QuickJS runtime: from the named file, from cargo's registry, or from there after asking cargo for it.
fn quickjs(out: &Path) -> Result<Vec<u8>, String> {
    if let Some(path) = env::var_os(QUICKJS_OVERRIDE) {
        println!("cargo::rerun-if-changed={}", Path::new(&path).display());
        return checked(Path::new(&path), "point WB_QUICKJS_RUNTIME at the right file");
    }
    if let Some(path) = unpacked() {
        return checked(&path, UNPACK_AGAIN);
    }
    download(out)?;
    let (name, version) = QUICKJS_PACKAGE;
    let path = unpacked().ok_or_else(|| {
        format!("`cargo info {name}@{version}` left no {QUICKJS_FILE}; set {QUICKJS_OVERRIDE} to a copy of it")
    })?;
    checked(&path, UNPACK_AGAIN)
}

/// The runtime in cargo's registry, if the package was unpacked there before.
fn unpacked() -> Option<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")))?;
    let (name, version) = QUICKJS_PACKAGE;
    // One folder per registry and protocol, with a hash in its name; the digest says whether the file is the right one.
    let registries = fs::read_dir(home.join("registry/src")).ok()?;
    let mut paths = registries.flatten().map(|each| each.path().join(format!("{name}-{version}")).join(QUICKJS_FILE));
    paths.find(|path| path.is_file())
}

/// `cargo info` downloads and unpacks exactly one package and resolves none of its dependencies.
fn download(out: &Path) -> Result<(), String> {
    let (name, version) = QUICKJS_PACKAGE;
    let package = format!("{name}@{version}");
    // Away from every manifest: inside a workspace the command looks at that workspace's lock first.
    let hash = Sha256::digest(out.as_os_str().as_encoded_bytes());
    let empty =
        env::temp_dir().join(format!("wb-components-{:02x}{:02x}{:02x}{:02x}", hash[0], hash[1], hash[2], hash[3]));
    fs::create_dir_all(&empty).map_err(|error| format!("cannot create {}: {error}", empty.display()))?;
    let mut cargo = Command::new(variable("CARGO")?);
    let output = cargo.args(["info", &package, "--registry", "crates-io"]).current_dir(&empty).output();
    drop(fs::remove_dir(&empty));
    let output = output.map_err(|error| format!("cannot start cargo: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let reason = String::from_utf8_lossy(&output.stderr);
    let reason = reason.trim().lines().last().unwrap_or("no reason given").trim().to_owned();
    Err(format!(
        "cannot get the QuickJS runtime: `cargo info {package}` says: {reason}; \
         go online, or set {QUICKJS_OVERRIDE} to a copy of {QUICKJS_FILE} of that package"
    ))
}

fn checked(path: &Path, cure: &str) -> Result<Vec<u8>, String> {
    let bytes = read(path)?;
    let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    if digest == QUICKJS_SHA256 {
        return Ok(bytes);
    }
    Err(format!(
        "{} is not the QuickJS runtime of this version: its SHA-256 is {digest}, not {QUICKJS_SHA256}; {cure}",
        path.display()
    ))
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
