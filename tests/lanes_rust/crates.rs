//! Packages of Rust blocks (`:deps`) from a vendored folder: what is linked, what is refused, and what is never run.
//!
//! Small packages are written here; real ones come from where Cargo keeps what it downloaded for this workspace. Every
//! test says so and passes where there is no Rust compiler for WebAssembly.

use std::fs;
use std::path::Path;
use std::process::Command;

use sha2::{Digest, Sha256};
use wb::lanes::rust::Toolchain;

use crate::common::{Place, Ran, repository};

/// A folder with one workbook, whose one block has these packages. None, with a word of why, where nothing compiles.
fn place(deps: &str, code: &str) -> Option<Place> {
    match Toolchain::detect(None) {
        Ok(toolchain) if toolchain.has_unknown && toolchain.has_wasip2 => {}
        Ok(_) => {
            println!("skipped: the Rust compiler has no target for WebAssembly");
            return None;
        }
        Err(missing) => {
            println!("skipped: {missing}");
            return None;
        }
    }
    let place = Place::cold();
    write_book(&place, deps, code);
    Some(place)
}

fn write_book(place: &Place, deps: &str, code: &str) {
    let head =
        "* Test\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n** Say\n:PROPERTIES:\n:sig: say(n: u32) -> string\n:END:\n";
    place.folder.write("book.org", format!("{head}#+begin_src rust :deps {deps}\n{code}\n#+end_src\n"));
}

/// The line of the block's head, and of its first line.
const HEAD: u32 = 9;

fn run(place: &Place) -> Ran {
    place.wb(&["run", "-q", "book.org", "--in", "n=7"])
}

#[track_caller]
fn gives(place: &Place, expect: &str) {
    let ran = run(place);
    assert_eq!((ran.exit, ran.stdout.trim_end()), (0, expect), "{ran:?}");
}

/// Runs what must fail, at this line and column and with these words.
#[track_caller]
fn fails(place: &Place, line: u32, column: u32, words: &[&str]) {
    let ran = run(place);
    assert_ne!(ran.exit, 0, "{ran:?}");
    let at = format!("book.org:{line}:{column}\n");
    for word in words.iter().chain(&[at.as_str()]) {
        assert!(ran.stderr.contains(word), "no `{word}` in:\n{}", ran.stderr);
    }
}

/// A package of the vendored folder, as `cargo vendor` would leave it.
fn vendor(place: &Place, folder: &str, manifest: &str, files: &[(&str, &str)]) {
    drop(fs::remove_dir_all(place.folder.path().join("vendor").join(folder)));
    let mut sums = serde_json::Map::new();
    for (name, text) in [("Cargo.toml", manifest)].iter().chain(files) {
        place.folder.write(&format!("vendor/{folder}/{name}"), text);
        let digest: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
        sums.insert((*name).to_owned(), digest.into());
    }
    let sums = serde_json::json!({ "files": sums, "package": "0".repeat(64) });
    place.folder.write(&format!("vendor/{folder}/.cargo-checksum.json"), sums.to_string());
}

fn manifest(name: &str, version: &str, rest: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2021\"\n{rest}")
}

const HELLO: &str = "pub fn hello() -> &'static str { \"hello\" }";
const SAY: &str = "pub fn say(_: u32) -> String { hello::hello().to_owned() }";

/// A place whose block calls the one function of one package.
fn hello(rest: &str, files: &[(&str, &str)]) -> Option<Place> {
    let place = place("hello@1", SAY)?;
    vendor(&place, "hello", &manifest("hello", "1.0.0", rest), files);
    Some(place)
}

#[test]
fn features_renames_versions_and_what_cargo_tells_a_package() {
    let code = "pub fn say(n: u32) -> String { format!(\"{n} {} {}\", loud::say(), old_quiet::say()) }";
    let Some(place) = place("loud@1+shout+no-default-features old-quiet@^0.1.2", code) else { return };
    let rest = "authors = [\"A\", \"B\"]\ndescription = \"says\"\n\
        [features]\ndefault = [\"whisper\"]\nwhisper = []\nshout = [\"dep:quiet\", \"quiet?/extra\"]\n\
        [dependencies]\nquiet = { package = \"old-quiet\", version = \"2\", optional = true }\n\
        missing = { version = \"1\", optional = true }\n[target.'cfg(unix)'.dependencies]\nunixy = \"1\"\n";
    let loud = "pub fn say() -> String {\n    #[cfg(feature = \"whisper\")] compile_error!(\"no defaults\");\n    \
        format!(\"{}{}|{}|{}|{}\", quiet::say(), include_str!(\"../mark\").trim(), env!(\"CARGO_PKG_VERSION_PRE\"), \
        env!(\"CARGO_PKG_AUTHORS\"), env!(\"CARGO_CRATE_NAME\"))\n}";
    vendor(&place, "loud", &manifest("loud", "1.2.3-x.1", rest), &[("src/lib.rs", loud), ("mark", "!\n")]);
    vendor(&place, "missing", &manifest("missing", "1.0.0", ""), &[("src/lib.rs", "compile_error!(\"not wanted\");")]);
    vendor(&place, "unixy", &manifest("unixy", "1.0.0", ""), &[("src/lib.rs", "compile_error!(\"not for unix\");")]);
    let extra = "pub fn say() -> &'static str { if cfg!(feature = \"extra\") { \"two+\" } else { \"two\" } }";
    vendor(&place, "quiet-2", &manifest("old-quiet", "2.0.1", "[features]\nextra = []\n"), &[("src/lib.rs", extra)]);
    let one = "pub fn say() -> &'static str { \"one\" }";
    vendor(&place, "quiet-1", &manifest("old-quiet", "0.1.9", "[lib]\npath = \"lib.rs\"\n"), &[("lib.rs", one)]);
    // A pre-release is only chosen where it is named.
    fails(&place, HEAD, 24, &["`loud@1+shout+no-default-features` is not to be had from `vendor`"]);
    write_book(&place, "loud@1.2.3-x.1+shout+no-default-features old-quiet@^0.1.2", code);
    gives(&place, "7 two+!|x.1|A:B|loud one");
}

#[test]
fn a_package_is_compiled_once_and_a_changed_one_again() {
    let Some(place) = hello("", &[("src/lib.rs", HELLO)]) else { return };
    gives(&place, "hello");
    let libraries = || -> Vec<_> {
        let found = fs::read_dir(place.cache().join("v1/module")).unwrap().map(|entry| entry.unwrap().path());
        let mut found: Vec<_> = found.map(|path| (path.clone(), path.metadata().unwrap().len())).collect();
        found.sort();
        found
    };
    let before = libraries();
    assert!(!before.is_empty());
    write_book(&place, "hello@1", "pub fn say(n: u32) -> String { format!(\"{} {n}\", hello::hello()) }");
    gives(&place, "hello 7");
    // The module of the block itself is kept with them.
    assert!(before.iter().all(|library| libraries().contains(library)), "{before:?} {:?}", libraries());
    vendor(&place, "hello", &manifest("hello", "1.0.0", ""), &[("src/lib.rs", &HELLO.replace("\"hello\"", "\"bye\""))]);
    let why = place.wb(&["why", "book.org", "say", "--in", "n=7"]);
    assert!(why.stdout.contains("crates"), "{why:?}");
    gives(&place, "bye 7");
}

#[test]
fn a_program_has_packages_too() {
    let code = "fn main() { print!(\"{}\", hello::hello()) }";
    let Some(place) = place("hello@1", code) else { return };
    let book = format!(
        "* Test\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n** Say\n:PROPERTIES:\n:out: said:string\n:END:\n#+begin_src rust :deps hello\n{code}\n#+end_src\n"
    );
    place.folder.write("book.org", book);
    vendor(&place, "hello", &manifest("hello", "1.0.0", ""), &[("src/lib.rs", HELLO)]);
    let ran = place.wb(&["run", "-q", "book.org"]);
    assert_eq!((ran.exit, ran.stdout.trim_end()), (0, "hello"), "{ran:?}");
}

#[test]
fn errors_are_in_the_block_or_name_the_package() {
    let Some(place) = hello("", &[("src/lib.rs", HELLO)]) else { return };
    write_book(&place, "hello@1", "pub fn say(_: u32) -> String {\n    hello::bye().to_owned()\n}");
    fails(&place, HEAD + 2, 12, &["`bye`"]);
    write_book(&place, "hello@1", "pub fn say(_: u32) -> String {\n    other::bye().to_owned()\n}");
    fails(&place, HEAD + 2, 5, &["`other`", "the packages that its `:deps` name"]);
    let rest = "[dependencies]\ndeeper = \"3\"\n";
    vendor(&place, "hello", &manifest("hello", "1.0.0", rest), &[("src/lib.rs", HELLO)]);
    vendor(&place, "deeper", &manifest("deeper", "3.1.0", ""), &[("src/lib.rs", "pub fn x() -> u8 { \"\" }")]);
    fails(
        &place,
        HEAD,
        24,
        &["the package `deeper 3.1.0` does not compile: deeper-3.1.0/src/lib.rs: mismatched types"],
    );
}

#[test]
fn what_is_not_vendored_is_not_there() {
    let Some(place) = place("hello@1 itoa@1", SAY) else { return };
    fails(&place, HEAD, 24, &["there is no folder `vendor` beside the workbook", "`wb vendor FILE` fetches it"]);
    vendor(&place, "hello", &manifest("hello", "1.0.0", ""), &[("src/lib.rs", HELLO)]);
    fails(&place, HEAD, 32, &["`itoa@1` is not to be had from `vendor`: no matching package named `itoa` found"]);
    write_book(&place, "hello@2", SAY);
    fails(&place, HEAD, 24, &["`hello@2` is not to be had", "candidate versions found which didn't match: 1.0.0"]);
    write_book(&place, "hello@1+nope", SAY);
    fails(&place, HEAD, 24, &["does not have that feature"]);
    write_book(&place, "hello@1 hello@1", SAY);
    fails(&place, HEAD, 32, &["`hello` is asked for twice"]);
    write_book(&place, "hello@\"1\"", SAY);
    fails(&place, HEAD, 24, &["is no version of `hello`", "write `name@1.2`"]);
    write_book(&place, "hello", SAY);
    gives(&place, "hello");
}

#[test]
fn files_that_are_not_as_published_are_refused() {
    let Some(place) = hello("", &[("src/lib.rs", "pub mod more; pub use more::hello;"), ("src/more.rs", HELLO)]) else {
        return;
    };
    gives(&place, "hello");
    place.folder.write("vendor/hello/src/more.rs", HELLO.replace("\"hello\"", "\"evil\""));
    fails(&place, HEAD, 24, &["`vendor/hello/src/more.rs` is not as it was published"]);
    fs::remove_file(place.folder.path().join("vendor/hello/src/more.rs")).unwrap();
    fails(&place, HEAD, 24, &["`vendor/hello/src/more.rs` is missing"]);
    // A file nobody vouches for is not there for the compiler.
    vendor(&place, "hello", &manifest("hello", "1.0.0", ""), &[("src/lib.rs", "pub mod more; pub use more::hello;")]);
    place.folder.write("vendor/hello/src/more.rs", HELLO);
    fails(&place, HEAD, 24, &["the package `hello 1.0.0` does not compile", "file not found for module `more`"]);
    fs::remove_file(place.folder.path().join("vendor/hello/.cargo-checksum.json")).unwrap();
    fails(&place, HEAD, 24, &["`vendor/hello/.cargo-checksum.json` is missing"]);
}

#[cfg(unix)]
#[test]
fn no_package_reaches_out_of_its_folder() {
    let Some(place) = hello("", &[("src/lib.rs", HELLO)]) else { return };
    let secret = place.folder.path().join("secret");
    fs::write(&secret, HELLO).unwrap();
    let source = format!("pub fn hello() -> &'static str {{ include_str!({:?}) }}", secret.display().to_string());
    vendor(&place, "hello", &manifest("hello", "1.0.0", ""), &[("src/lib.rs", &source)]);
    fails(&place, HEAD, 24, &["the package `hello 1.0.0` does not compile", "secret`"]);
    let above = "pub fn hello() -> &'static str { include_str!(\"../../../other/src/lib.rs\") }";
    vendor(&place, "hello", &manifest("hello", "1.0.0", ""), &[("src/lib.rs", above)]);
    vendor(&place, "other", &manifest("other", "1.0.0", ""), &[("src/lib.rs", HELLO)]);
    fails(&place, HEAD, 24, &["the package `hello 1.0.0` does not compile", "other/src/lib.rs`"]);
    // What version control leaves lying about is no package, for Cargo as for wb.
    place.folder.write("vendor/.git/config", "").write("vendor/left/README", "").write("vendor/README", "");
    vendor(&place, "hello", &manifest("hello", "1.0.0", ""), &[("src/lib.rs", HELLO)]);
    gives(&place, "hello");
    // A pipe that nobody writes to would hold the run for ever.
    let source = place.folder.path().join("vendor/hello/src/lib.rs");
    fs::remove_file(&source).unwrap();
    assert!(Command::new("mkfifo").arg(&source).status().unwrap().success());
    fails(&place, HEAD, 24, &["`vendor/hello/src/lib.rs` cannot be read: not a regular file"]);
    // The digest is right, and still it is not read: the link leads out.
    vendor(&place, "hello", &manifest("hello", "1.0.0", ""), &[("src/lib.rs", HELLO)]);
    let source = place.folder.path().join("vendor/hello/src/lib.rs");
    fs::remove_file(&source).unwrap();
    std::os::unix::fs::symlink(&secret, &source).unwrap();
    fails(&place, HEAD, 24, &["`vendor/hello/src/lib.rs` cannot be read"]);
    let listed = place.folder.read("vendor/hello/.cargo-checksum.json").replace("src/lib.rs", "../../secret");
    place.folder.write("vendor/hello/.cargo-checksum.json", listed);
    fails(&place, HEAD, 24, &["lists `../../secret`, which is outside of the package"]);
}

/// Source that leaves a mark on this machine if it ever runs natively.
fn marking(mark: &Path) -> String {
    format!("std::fs::write({:?}, \"ran\").unwrap();", mark.display().to_string())
}

#[test]
fn native_code_of_packages_never_runs() {
    let Some(place) = place("hello@1", SAY) else { return };
    let mark = place.folder.path().join("mark");
    let script = format!("fn main() {{ {} }}", marking(&mark));
    let files = [("src/lib.rs", HELLO), ("build.rs", script.as_str())];
    // Cargo also takes a `build.rs` that no manifest names.
    for rest in ["build = \"build.rs\"\n", ""] {
        vendor(&place, "hello", &manifest("hello", "1.0.0", rest), &files);
        fails(&place, HEAD, 24, &["`hello 1.0.0` has a build script, which runs in a sandbox and panicked: "]);
    }
    let rest = "[dependencies]\nmacros = \"1\"\n";
    let source = "macros::run!(); pub use macros as hello;";
    vendor(&place, "hello", &manifest("hello", "1.0.0", rest), &[("src/lib.rs", source)]);
    let run = format!(
        "#[proc_macro] pub fn run(_: proc_macro::TokenStream) -> proc_macro::TokenStream {{ {} Default::default() }}",
        marking(&mark)
    );
    let macros = manifest("macros", "1.0.0", "[lib]\nproc-macro = true\n");
    vendor(&place, "macros", &macros, &[("src/lib.rs", &run)]);
    fails(&place, HEAD, 24, &["`macros 1.0.0`, which `hello 1.0.0` needs, is a procedural macro"]);
    // Nor for a build script, although that itself runs in a sandbox.
    let rest = "[build-dependencies]\nmacros = \"1\"\n";
    vendor(&place, "hello", &manifest("hello", "1.0.0", rest), &[("src/lib.rs", HELLO), ("build.rs", "fn main() {}")]);
    fails(&place, HEAD, 24, &["`macros 1.0.0`, which `hello 1.0.0` needs, is a procedural macro"]);
    assert!(!mark.exists(), "code of a package ran");
}

/// Says what a build script can reach, in a file for its package.
const SCRIPT: &str = r#"use std::{env, fs, process::Command};
fn main() {
    let var = |name: &str| env::var(name).unwrap_or("none".to_owned());
    assert!(fs::write("left", "x").is_err() && fs::write("/wb-package/left", "x").is_err());
    assert!(fs::read("/etc/passwd").is_err() && fs::read("../../etc/passwd").is_err());
    assert!(Command::new("rustc").arg("--version").output().is_err());
    assert!(std::net::TcpStream::connect("127.0.0.1:80").is_err());
    let told = [var("HOME"), var("PATH"), var("TARGET"), var("CARGO_CFG_TARGET_ARCH"), var("CARGO_FEATURE_BIG_ONE"), var("DEP_BELOW_ROOT")];
    let notes = fs::read_to_string("notes").unwrap() + &fs::read_to_string(var("CARGO_MANIFEST_DIR") + "/notes").unwrap();
    let text = format!("pub const TOLD: &str = {:?};", told.join(" ") + &tool::shout(&notes));
    fs::create_dir(var("OUT_DIR") + "/deep").unwrap();
    fs::write(var("OUT_DIR") + "/deep/told.rs", text).unwrap();
    println!("cargo:rustc-cfg=told");
    println!("cargo::rustc-cfg=mode=\"it is\"");
    println!("cargo:rustc-env=FILE={}/deep/told.rs", var("OUT_DIR"));
    println!("cargo:rustc-env=RUSTC_BOOTSTRAP=1");
    println!("cargo:rerun-if-changed=build.rs");
}
"#;

#[test]
fn build_scripts_run_in_a_sandbox_and_decide_as_for_cargo() {
    let Some(place) = place("hello@1+big-one", SAY) else { return };
    let rest = "[features]\nbig-one = []\n[dependencies]\nbelow = \"1\"\n[build-dependencies]\ntool = \"1\"\n";
    let source = "#[cfg(told)] include!(concat!(env!(\"OUT_DIR\"), \"/deep/told.rs\"));\n\
        pub fn hello() -> String { format!(\"{TOLD}|{}\", include_str!(env!(\"FILE\")).len() - TOLD.len()) }\n\
        #[cfg(not(mode = \"it is\"))] compile_error!(\"no cfg\");";
    let files = [("src/lib.rs", source), ("build.rs", SCRIPT), ("notes", "n")];
    vendor(&place, "hello", &manifest("hello", "1.0.0", rest), &files);
    vendor(
        &place,
        "tool",
        &manifest("tool", "1.0.0", ""),
        &[("src/lib.rs", "pub fn shout(t: &str) -> String { t.to_uppercase() }")],
    );
    let links = manifest("below", "1.0.0", "links = \"below\"\n");
    let script = "fn main() { println!(\"cargo:root=here\"); }";
    vendor(&place, "below", &links, &[("src/lib.rs", ""), ("build.rs", script)]);
    gives(&place, "none none wasm32-unknown-unknown wasm32 1 hereNN|26");
    let native = "fn main() { println!(\"cargo:rustc-link-lib=z\"); }";
    vendor(&place, "below", &links, &[("src/lib.rs", ""), ("build.rs", native)]);
    fails(&place, HEAD, 24, &["`below 1.0.0` has a build script", "asks for native code (`cargo:rustc-link-lib=z`)"]);
    let calls = "fn main() { std::process::Command::new(\"cc\").status().unwrap(); }";
    vendor(&place, "below", &links, &[("src/lib.rs", ""), ("build.rs", calls)]);
    fails(&place, HEAD, 24, &["it wants to run a program, and there is none in its sandbox"]);
    vendor(&place, "below", &links, &[("src/lib.rs", ""), ("build.rs", "fn main() { oops }")]);
    fails(&place, HEAD, 24, &["`below 1.0.0` has a build script that does not compile: below-1.0.0/build.rs: "]);
}

/// Vendors packages in the versions of this workspace's lock file, from what Cargo has downloaded for it.
fn vendor_real(place: &Place, dependencies: &str) {
    let project = place.folder.path().join("fetch");
    place
        .folder
        .write("fetch/Cargo.toml", manifest("fetch", "0.0.0", &format!("[workspace]\n[dependencies]\n{dependencies}")));
    place.folder.write("fetch/src/lib.rs", "");
    fs::copy(repository().join("Cargo.lock"), project.join("Cargo.lock")).unwrap();
    let cargo = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        command.args(["vendor", "--quiet", "../vendor"]).args(more).current_dir(&project);
        command.output().unwrap()
    };
    if cargo(&["--offline"]).status.success() {
        return;
    }
    let online = cargo(&[]);
    assert!(online.status.success(), "{}", String::from_utf8_lossy(&online.stderr));
}

#[test]
fn real_packages_are_linked() {
    let code = "use smallvec::SmallVec;\npub fn say(n: u32) -> String {\n    let found: SmallVec<[usize; 2]> = \
        memchr::memchr_iter(b'l', b\"hello\").collect();\n    format!(\"{} {found:?}\", itoa::Buffer::new().format(n))\n}";
    let Some(place) = place("itoa@1 memchr@2 smallvec@1", code) else { return };
    vendor_real(&place, "itoa = \"1\"\nmemchr = \"2\"\nsmallvec = \"1\"\n");
    gives(&place, "7 [2, 3]");
}

#[test]
fn serde_is_linked_and_json_with_it() {
    let code = "use serde::de::{Deserialize, Deserializer};\nstruct Twice(u32);\n\
        impl<'de> Deserialize<'de> for Twice {\n    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {\n        \
        u32::deserialize(from).map(|n| Twice(2 * n))\n    }\n}\npub fn say(n: u32) -> Result<String, serde_json::Error> {\n    \
        let all: Vec<Twice> = serde_json::from_str(&format!(\"[1, {n}]\"))?;\n    \
        Ok(serde_json::json!({ \"sum\": all.iter().map(|twice| twice.0).sum::<u32>() }).to_string())\n}";
    let Some(place) = place("serde@1 serde_json@1", code) else { return };
    vendor_real(&place, "serde = \"1\"\nserde_json = \"1\"\n");
    gives(&place, "{\"sum\":16}");
    // What derives is vendored, for Cargo asks for it, and still is not run.
    write_book(&place, "serde@1+derive", "pub fn say(_: u32) -> String { String::new() }");
    fails(&place, HEAD, 24, &["`serde_derive ", ", which `serde ", "is a procedural macro"]);
}

/// The version of a package in this workspace's lock file: one that Cargo has downloaded.
fn locked(name: &str) -> String {
    let lock = fs::read_to_string(repository().join("Cargo.lock")).unwrap();
    let entry = lock.split("[[package]]").find(|entry| entry.contains(&format!("\nname = \"{name}\"\n"))).unwrap();
    entry.lines().find_map(|line| line.strip_prefix("version = ")).unwrap().trim_matches('"').to_owned()
}

#[test]
fn one_verb_fills_the_folder() {
    let word = format!("itoa@={}", locked("itoa"));
    let code = "pub fn say(n: u32) -> String { itoa::Buffer::new().format(n).to_owned() }";
    let Some(place) = place(&word, code) else { return };
    let second = format!(
        "** More\n:PROPERTIES:\n:sig: more() -> string\n:END:\n#+begin_src rust :deps itoa@1\n{}\n#+end_src\n",
        "pub fn more() -> String { itoa::Buffer::new().format(8).to_owned() }"
    );
    place.folder.write("book.org", place.folder.read("book.org") + &second);
    // What is there stays, whoever brought it.
    vendor(&place, "hello", &manifest("hello", "1.0.0", ""), &[("src/lib.rs", HELLO)]);
    let mut ran = place.wb(&["vendor", "book.org", "--json", "--offline"]);
    if ran.exit != 0 {
        ran = place.wb(&["vendor", "book.org", "--json"]);
    }
    let folder = format!("itoa-{}", locked("itoa"));
    let packages = serde_json::from_str::<serde_json::Value>(&ran.stdout).unwrap();
    assert_eq!((ran.exit, &packages["packages"]), (0, &serde_json::json!(["hello", folder])), "{ran:?}");
    let ran = place.wb(&["run", "-q", "--json", "book.org", "--in", "n=7"]);
    assert!(ran.exit == 0 && ran.stdout.contains("\"7\"") && ran.stdout.contains("\"8\""), "{ran:?}");
    write_book(&place, "it/oa@1", code);
    let ran = place.wb(&["vendor", "book.org"]);
    assert!(
        ran.exit == 1 && ran.stderr.contains("book.org:9:24\n") && ran.stderr.contains("names no package"),
        "{ran:?}"
    );
    write_book(&place, "no-such-package-is-there@1", code);
    let ran = place.wb(&["vendor", "book.org", "--offline"]);
    assert!(
        ran.exit == 1 && ran.stderr.contains("no matching package named `no-such-package-is-there` found"),
        "{ran:?}"
    );
    place.folder.write("book.org", "* Test\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n");
    let ran = place.wb(&["vendor", "book.org"]);
    assert!(ran.exit == 0 && ran.stderr.contains("no Rust block"), "{ran:?}");
}
