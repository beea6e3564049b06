//! Zig blocks through the real compiler, which is downloaded once (100 MB).
//!
//! It is kept beside the build, in `target/lane-zig`, and everything made with it is made anew in each run. Without a
//! network the tests say that they are skipped, except under `CI`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use common::{Folder, Place, Ran, Running, copy, repository};
use wb::confine::Limits;
use wb::lanes::zig::{self, Zig};
use wb::lanes::{Job, Library, Made};
use wb::packages::{Mirrors, Packages};
use wb::report::{Colour, Reporter};
use wb_composer::types::resolve_signature;

/// The cache with Zig in it, or why there is none.
static CACHE: LazyLock<Result<PathBuf, String>> = LazyLock::new(|| {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("lane-zig");
    // The package stays; what an older wb made of blocks must not answer for this one.
    for kind in ["component", "module", "result"] {
        drop(fs::remove_dir_all(cache.join("v1").join(kind)));
    }
    let mut command = Place::cold().command(&["doctor", "--get", "zig"]);
    command.current_dir(repository()).env("WB_CACHE_DIR", &cache);
    let ran = Running::start(command, b"").wait_at_most(Duration::from_secs(1800));
    match ran.exit {
        0 => Ok(cache),
        _ if !zig::SUPPORTED => Err("there is no Zig for this kind of machine".to_owned()),
        _ if ran.stderr.contains("cannot be downloaded") && std::env::var_os("CI").is_none() => Err(ran.stderr),
        _ => panic!("no Zig: {ran:?}"),
    }
});

fn cache() -> Option<&'static Path> {
    CACHE.as_deref().map_err(|why| println!("skipped, because Zig is not there: {why}")).ok()
}

/// `wb` in a folder of its own with the cache that has Zig in it, and not a single program on its path.
fn wb(place: &Place, arguments: &[&str]) -> Option<Ran> {
    let mut command = place.command(arguments);
    command.env("WB_CACHE_DIR", cache()?).env("PATH", "");
    Some(Running::start(command, b"").wait_at_most(Duration::from_secs(900)))
}

fn case(name: &str) -> Place {
    let place = Place::cold();
    place.folder.write("book.org", fs::read(repository().join("tests/lanes_zig").join(name)).unwrap());
    place
}

#[test]
fn every_type_goes_in_and_out() {
    let inputs = [
        r#"p={"x":1,"y":2,"name":"pp","error":null}"#,
        r#"ps=[{"x":1,"y":2,"name":"qq","error":9}]"#,
        "o=7",
        "maybe=7",
        r#"c="green-ish""#,
        r#"s={"circle":2.5}"#,
        r#"f=["write"]"#,
        "t=[3,1.5]",
        "ch=é",
        "big=18446744073709551615",
        r#"names=["ann","bob"]"#,
        "n=-5",
        r#"e="red""#,
        r#"doc={"a":[1]}"#,
        "xs=[3,1,2]",
    ];
    let place = case("types.org");
    let run = |ok: &str| {
        let mut arguments = vec!["run", "-q", "book.org"];
        inputs.iter().chain(&[ok]).for_each(|input| arguments.extend(["--in", input]));
        wb(&place, &arguments)
    };
    let Some(ran) = run("ok=true") else { return };
    ran.exits(0).prints(&[
        r#"all: {"x":2,"y":2,"name":"pp 1 qq 7 true 2.5 true 3 1.5 233 18446744073709551615 2 ann 9","error":null}"#,
        r#"few: ["red",[-5,7],{"err":{"circle":2.5}},["é","x"]]"#,
        "small: 5",
        "turn: green-ish",
        "half: -2.5",
        "word: w-5",
        "list: [true,null,false]",
        r#"same: {"a":[1]}"#,
        "sorted: [1,2,3]",
    ]);
    run("ok=false").unwrap().exits(1).complains(&["`b/all`: not ok: pp 1 qq 7 true 2.5"]);
    let mut empty = vec!["run", "-q", "book.org", "--only", "b/sorted", "--in", "xs=[]"];
    wb(&place, &empty).unwrap().exits(1).complains(&["`b/sorted`: Empty"]);
    // Everything through a composed library's ports as well.
    empty = vec!["compose", "book.org", "-o", "lib.wasm"];
    wb(&place, &empty).unwrap().exits(0);
}

#[test]
fn errors_are_where_they_are_in_the_file() {
    let place = case("errors.org");
    let Some(ran) = wb(&place, &["run", "book.org", "--in", "x=3", "--in", "xs=[1,2]"]) else { return };
    ran.exits(1).complains(&[
        "`b/name`: use of undeclared identifier 'totl'\n   ╭▸ book.org:12:29\n",
        "`b/kind`: function `kind` must be `pub fn kind(xs: []const f64) f64`: parameter 1 is `[]const f32`, and must be `[]const f64`",
        "book.org:20:8",
        "`b/count`: function `count` must be `pub fn count(xs: []const f64) !f64`: it has 0 parameters, and the component has 1 input",
        "`b/result`: function `result` must be `pub fn result(x: f64) f64`: what it returns is `[]const u8`",
        "`b/brace`: expected",
        "`b/two`: cannot tell which function to call: the block has `a`, `b`",
        "`b/private`: function `private` is private",
        "`b/outside`: import of file outside module path",
        "`b/import`: the module imports `steal` from `env`",
        "`b/deep`: ",
        "book.org:81:43",
    ]);
}

#[test]
fn each_limit_is_its_own_kind_of_failure_and_the_rest_goes_on() {
    let place = case("limits.org");
    let Some(ran) = wb(&place, &["run", "book.org", "--in", "x=3", "--in", "line=hello"]) else { return };
    ran.exits(1).prints(&["print: 3", "shout: HELLO"]).complains(&[
        "error[deadline]: `b/spin`",
        "error[stack]: `b/recurse`",
        "error[memory]: `b/flood`",
        "error[trap]: `b/bounds`",
        "b/bounds │ looking at 3",
        "b/bounds │ no end",
        "b/bounds │ panic: index out of bounds: index 3, len 3",
        "error[trap]: `b/overflow`",
        "b/overflow │ panic: integer",
        "b/panic │ panic: by hand",
        "b/print │ and more of it",
        "b/print │ warning: w3",
        "b/main │ done",
    ]);
}

/// Compiles one block with limits of its own, in a folder of its own.
fn compile(source: &str, limits: Limits, prepare: impl FnOnce(&Path)) -> Option<Result<Vec<u8>, String>> {
    let cache = cache()?;
    let report = Reporter::new(Colour::Never, false, true);
    let packages = Packages::new(Ok(cache), true, Mirrors::default(), report);
    let compiler = Zig::load(&packages).unwrap();
    let signature = resolve_signature("", "f(x: f64) -> f64").unwrap();
    let library = Library::default();
    let job = Job { source, heading: "f", inputs: &[], outputs: &[], signature: &signature, library };
    let room = Folder::new();
    // The library that blocks are linked to is made with the usual limits; it is no block.
    let made = Folder::new();
    let kept = wb::cache::Cache::open(cache).ok();
    compiler.runtime(made.path(), kept.as_ref()).unwrap();
    prepare(room.path());
    let result = zig::make(&job, room.path(), &compiler, kept.as_ref(), limits);
    Some(match result {
        Ok((Made::Function { component, .. }, _)) => Ok(component),
        Ok(other) => panic!("{other:?}"),
        Err(failure) => Err(failure.problems[0].message.clone()),
    })
}

#[test]
fn the_same_block_gives_the_same_bytes_in_every_folder() {
    let source = "pub fn f(x: f64) f64 { wb.print(\"{d}\", .{x}); return @sin(x); }";
    let Some(first) = compile(source, Limits::default(), |_| ()) else { return };
    let (first, second) = (first.unwrap(), compile(source, Limits::default(), |_| ()).unwrap().unwrap());
    assert!(first == second, "{} and {} bytes", first.len(), second.len());
    // Without what debuggers read, and what is never called.
    println!("{} bytes", first.len());
    assert!(first.len() < 200_000, "{} bytes", first.len());
}

#[test]
fn the_compiler_reads_no_file_but_the_block_even_through_a_link() {
    let source = "pub fn f(x: f64) f64 { return x + @as(f64, @floatFromInt(@embedFile(\"link\").len)); }";
    let link = |room: &Path| std::os::unix::fs::symlink("/etc/passwd", room.join("link")).unwrap();
    let Some(result) = compile(source, Limits::default(), link) else { return };
    if cfg!(target_os = "linux") {
        assert_eq!(result, Err("failed opening \"link\": AccessDenied".to_owned()));
    }
}

#[test]
fn code_that_runs_in_the_compiler_has_no_end_of_time_and_memory() {
    let endless = "pub fn f(x: f64) f64 { comptime { @setEvalBranchQuota(4000000000); var i: u64 = 0; while (true) i +%= 1; } return x; }";
    let limits = Limits { deadline: Duration::from_secs(3), ..Limits::default() };
    let Some(result) = compile(endless, limits, |_| ()) else { return };
    assert_eq!(result, Err("compiling took longer than 3 s and was stopped".to_owned()));
    let flood = "pub fn f(x: f64) f64 { comptime { @setEvalBranchQuota(4000000000); var s: []const u8 = \"0123456789\"; while (true) s = s ++ s; } return x; }";
    let limits = Limits { memory_bytes: 1 << 30, ..Limits::default() };
    let result = compile(flood, limits, |_| ()).unwrap();
    assert_eq!(result, Err("compiling needs more than 1024 MiB of memory and was stopped".to_owned()));
    let quota = "pub fn f(x: f64) f64 { comptime { var i: u64 = 0; while (true) i +%= 1; } return x; }";
    let result = compile(quota, Limits::default(), |_| ()).unwrap();
    assert!(result.unwrap_err().contains("evaluation exceeded 1000 backwards branches"));
}

#[test]
fn the_example_runs_and_an_unchanged_block_needs_no_compiler() {
    let place = Place::cold();
    let example = fs::read(repository().join("examples/primes.org")).unwrap();
    place.folder.write("book.org", &example);
    let Some(ran) = wb(&place, &["run", "book.org"]) else { return };
    ran.exits(0).prints(&["168"]).complains(&["primes/sieve │ "]);
    // Somewhere else, with what became of the blocks and nothing that could compile them.
    let elsewhere = Place::new();
    elsewhere.folder.write("book.org", &example);
    copy(&cache().unwrap().join("v1/component"), &elsewhere.cache().join("v1/component"));
    elsewhere.wb(&["run", "book.org", "--offline"]).exits(0).prints(&["168"]);
    elsewhere.folder.write("book.org", elsewhere.folder.read("book.org").replace("limit < 2", "limit < 3"));
    elsewhere
        .wb(&["run", "book.org", "--offline"])
        .exits(1)
        .complains(&["MB) is needed for `zig` blocks and is not on this machine", "`wb doctor --get zig` brings it"]);
    elsewhere.wb(&["doctor"]).prints(&["zig", "is downloaded at the first block"]);
    wb(&place, &["doctor"]).unwrap().prints(&["Zig 0.17 is ready"]);
}
