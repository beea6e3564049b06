//! Components as OCI artifacts: `wb push`, `wb pull`, and `:component: oci:…`, with a folder, with a registry that
//! follows the distribution specification to the letter (`oci/registry.rs`), and with `docker-registry` where it is installed.

// Printing is how a test says that it was skipped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod common;
#[path = "oci/registry.rs"]
mod registry;

use std::io::BufRead as _;
use std::process::{Command, Stdio};

use common::{Place, Ran};

/// Gives a number as `out`.
fn gives(number: u32) -> Vec<u8> {
    let text = format!(
        r#"(component
  (core module $m (func (export "out") (result i32) (i32.const {number})))
  (core instance $i (instantiate $m))
  (func (export "out") (result u32) (canon lift (core func $i "out"))))"#
    );
    wat::parse_str(text).unwrap()
}

/// A place with two components and a workbook that refers to one.
fn place(reference: &str) -> Place {
    let place = Place::new();
    place.folder.write("one.wasm", gives(1)).write("two.wasm", gives(2));
    book(&place, reference);
    place
}

fn book(place: &Place, reference: &str) {
    let book = format!(
        "* Book\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n\n** Out\n:PROPERTIES:\n:out: value:u32\n:component: {reference}\n:END:\n"
    );
    place.folder.write("book.org", book);
}

fn runs(place: &Place) -> Ran {
    place.wb(&["run", "book.org", "-q"])
}

#[track_caller]
fn gives_value(place: &Place, value: &str) {
    assert_eq!(runs(place).exits(0).stdout.trim(), value);
}

/// Pushes, and answers the digest.
#[track_caller]
fn push(place: &Place, file: &str, to: &str) -> String {
    let ran = place.wb(&["push", file, to]).exits(0);
    let (reference, digest) = ran.stdout.trim().split_once('@').unwrap();
    assert_eq!(reference, to);
    digest.to_owned()
}

#[test]
fn a_folder_is_pushed_to_pulled_from_and_run() {
    let place = place("oci:./layout:v1");
    let digest = push(&place, "one.wasm", "oci:./layout:v1");
    let index = place.folder.read("layout/index.json");
    gives_value(&place, "1");
    assert_eq!(push(&place, "one.wasm", "oci:./layout:v1"), digest, "the same component is the same artifact");
    assert_eq!(place.folder.read("layout/index.json"), index);
    assert_eq!(place.folder.read("layout/oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#);
    push(&place, "two.wasm", "oci:./layout:v2");

    place.wb(&["pull", "oci:./layout:v2", "-o", "got.wasm"]).exits(0);
    assert!(std::fs::read(place.folder.path().join("got.wasm")).unwrap() == gives(2));
    let missing = place.wb(&["pull", "oci:./layout:v3", "-o", "no.wasm"]).exits(4);
    missing.complains(&["no tag `v3` in `./layout`; there are `v1`, `v2`"]);

    book(&place, &format!("oci:./layout@{digest}"));
    gives_value(&place, "1");
    // A reference is a part as well.
    let linked = ["compose", "oci:./layout:v1", "b=oci:./layout:v2", "--export", "layout.out", "-o", "c.wasm"];
    place.wb(&linked).exits(0);
}

#[test]
fn the_documents_are_those_of_the_guidance() {
    let place = place("oci:./layout:v1");
    let digest = push(&place, "one.wasm", "oci:./layout:v1");
    let blob =
        |digest: &str| place.folder.read(&format!("layout/blobs/sha256/{}", digest.strip_prefix("sha256:").unwrap()));
    let manifest: serde_json::Value = serde_json::from_str(&blob(&digest)).unwrap();
    assert_eq!(manifest["mediaType"], "application/vnd.oci.image.manifest.v1+json");
    assert_eq!(manifest["config"]["mediaType"], "application/vnd.wasm.config.v0+json");
    assert_eq!(manifest["layers"][0]["mediaType"], "application/wasm");
    let config: serde_json::Value =
        serde_json::from_str(&blob(manifest["config"]["digest"].as_str().unwrap())).unwrap();
    assert_eq!(config["architecture"], "wasm");
    assert_eq!(config["os"], "wasip2");
    assert_eq!(config["layerDigests"][0], manifest["layers"][0]["digest"]);
    assert_eq!(config["component"]["exports"][0], "out");
}

#[test]
fn bytes_that_were_changed_end_the_command_with_5() {
    let place = place("oci:./layout:v1");
    let digest = push(&place, "one.wasm", "oci:./layout:v1");
    let manifest = format!("layout/blobs/sha256/{}", digest.strip_prefix("sha256:").unwrap());
    let text = place.folder.read(&manifest);
    let layer = text.rsplit("sha256:").next().unwrap().split('"').next().unwrap().to_owned();
    place.folder.write(&format!("layout/blobs/sha256/{layer}"), gives(2));
    let ran = runs(&place).exits(5);
    ran.complains(&[
        "the component of `oci:./layout:v1` is not what it must be: its digest is sha256:",
        "nothing was run",
    ]);
    place.folder.write(&manifest, text.replace("wasm.config", "wasm.confic"));
    runs(&place).exits(5);
    assert!(place.wb(&["pull", "oci:./layout:v1", "-o", "got.wasm"]).exits(5).stdout.is_empty());
}

#[test]
fn a_lock_pins_where_a_tag_leads() {
    let place = place("oci:./layout:v1");
    let first = push(&place, "one.wasm", "oci:./layout:v1");
    place.wb(&["caps", "book.org", "--accept"]).exits(0);
    assert!(place.folder.read("wb.lock").contains(&format!("component oci:./layout:v1 {first}")));
    gives_value(&place, "1");
    let second = push(&place, "two.wasm", "oci:./layout:v1");
    for verb in [&["run", "book.org"][..], &["compose", "book.org", "-o", "x.wasm"], &["caps", "book.org"]] {
        let ran = place.wb(verb).exits(5);
        ran.complains(&[&first, &second, "`wb caps book.org --accept` accepts what is there now"]);
    }
    place.wb(&["caps", "book.org", "--accept"]).exits(0);
    gives_value(&place, "2");
    assert!(!place.folder.read("wb.lock").contains(&first));
}

#[test]
fn a_file_may_say_its_digest() {
    let place = place("");
    let digest = registry::sha256(&gives(1));
    book(&place, &format!("./one.wasm@sha256:{digest}"));
    gives_value(&place, "1");
    place.folder.write("one.wasm", gives(2));
    runs(&place).exits(5).complains(&["`./one.wasm` is not what it must be"]);
}

#[test]
fn mistakes_are_said() {
    let place = place("oci:./nowhere:v1");
    place.wb(&["push", "one.wasm", "layout:v1"]).exits(2).complains(&["does not begin with `oci:`"]);
    place.wb(&["push", "book.org", "oci:./a b:v 1"]).exits(2);
    place.folder.write("text.wasm", "text");
    place.wb(&["push", "text.wasm", "oci:./layout:v1"]).exits(1).complains(&["not a WebAssembly component"]);
    place.wb(&["push", "none.wasm", "oci:./layout:v1"]).exits(4);
    place.folder.write("full/file", "x");
    place.wb(&["push", "one.wasm", "oci:./full:v1"]).exits(1).complains(&["a folder with other files"]);
    // What is not there costs its component, as a missing file does.
    runs(&place).exits(1).complains(&["no component: there is no OCI layout in `./nowhere`"]);
    assert!(!place.folder.path().join("nowhere").exists());
}

#[test]
fn a_workbook_is_composed_and_pushed() {
    let place = place("one.wasm");
    push(&place, "book.org", "oci:./layout:book");
    place.wb(&["compose", "book.org", "-o", "book.wasm"]).exits(0);
    place.wb(&["pull", "oci:./layout:book", "-o", "got.wasm"]).exits(0);
    let read = |name: &str| std::fs::read(place.folder.path().join(name)).unwrap();
    assert!(read("got.wasm") == read("book.wasm"));
}

/// Pushing, pulling, running and pinning with a registry at an address.
fn exercise(place: &Place, address: &str) {
    let reference = format!("oci://{address}/team/tool:1.0");
    let digest = push(place, "one.wasm", &reference);
    assert_eq!(push(place, "one.wasm", &reference), digest);
    place.wb(&["pull", &reference, "-o", "got.wasm"]).exits(0);
    assert!(std::fs::read(place.folder.path().join("got.wasm")).unwrap() == gives(1));
    book(place, &reference);
    gives_value(place, "1");
    place.wb(&["caps", "book.org", "--accept"]).exits(0);
    push(place, "two.wasm", &reference);
    // What is pinned was got before, and needs the registry no more.
    gives_value(place, "1");
    place.wb(&["run", "book.org", "--offline"]).exits(0);
    place.wb(&["cache", "clear"]).exits(0);
    runs(place).exits(5).complains(&[&digest]);
    place.wb(&["run", "book.org", "--offline"]).exits(1).complains(&["downloads are off"]);
    place.wb(&["pull", &format!("oci://{address}/team/tool:2.0"), "-o", "no.wasm"]).exits(4);
    let exact = format!("oci://{address}/team/tool@{digest}");
    place.wb(&["pull", &exact, "-o", "exact.wasm"]).exits(0);
    assert!(std::fs::read(place.folder.path().join("exact.wasm")).unwrap() == gives(1));
}

#[test]
fn a_registry_with_tokens() {
    let server = registry::Server::start();
    let place = place("one.wasm");
    place.wb(&["push", "one.wasm", &format!("oci://{}/team/tool:1.0", server.address())]).exits(7);
    let config = format!(r#"{{"auths":{{"{}":{{"auth":"dXNlcjpwYXNz"}}}}}}"#, server.address());
    place.folder.write("auth/config.json", config);
    let place = place.with_variable("DOCKER_CONFIG", "auth");
    exercise(&place, &server.address());
    server.corrupt();
    let reference = format!("oci://{}/team/tool:1.0", server.address());
    place.wb(&["pull", &reference, "-o", "bad.wasm"]).exits(5);
    assert!(!place.folder.path().join("bad.wasm").exists());
    drop(server);
    place.wb(&["pull", &reference, "-o", "bad.wasm"]).exits(3);
}

#[test]
fn the_registry_of_the_distribution_project() {
    let place = place("one.wasm");
    place.folder.write(
        "registry.yml",
        "version: 0.1\nlog: {level: info}\nstorage: {filesystem: {rootdirectory: ./registry}}\nhttp: {addr: 127.0.0.1:0}\n",
    );
    let mut command = Command::new("docker-registry");
    command.args(["serve", "registry.yml"]).current_dir(place.folder.path());
    let mut child = match command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn() {
        Ok(child) => child,
        Err(error) => {
            println!("skipped: no `docker-registry` ({error}); Debian's package of that name has it");
            return;
        }
    };
    let lines = std::io::BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let mut lines = lines.filter_map(|line| Some(line.split_once("listening on ")?.1.split('"').next()?.to_owned()));
    let address = lines.next().unwrap();
    // What it goes on to say must be read, or it waits.
    let reader = std::thread::spawn(move || lines.count());
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| exercise(&place, &address)));
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap();
    result.unwrap();
}
