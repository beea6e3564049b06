//! C and C++ blocks through clang, which is downloaded once (27 MB) and compiled once for this machine.
//!
//! Both are kept beside the build, in `target/lane-c`, and everything made with them is made anew in each run. Without a
//! network the tests say that they are skipped, except under `CI`; what needs no clang is tested either way.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use common::{Place, Ran, Running, copy, repository};

/// The cache with clang in it, or why there is none.
static CACHE: LazyLock<Result<PathBuf, String>> = LazyLock::new(|| {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("lane-c");
    // Machine code and packages stay; what an older wb made of blocks must not answer for this one.
    for kind in ["component", "module", "result"] {
        drop(fs::remove_dir_all(cache.join("v1").join(kind)));
    }
    let mut command = Place::cold().command(&["doctor", "--get", "c"]);
    command.current_dir(repository()).env("WB_CACHE_DIR", &cache);
    // Compiling clang takes two minutes of one processor, and machines that test are busy.
    let ran = Running::start(command, b"").wait_at_most(Duration::from_secs(1800));
    match ran.exit {
        0 => Ok(cache),
        _ if ran.stderr.contains("cannot be downloaded") && std::env::var_os("CI").is_none() => Err(ran.stderr),
        _ => panic!("no clang: {ran:?}"),
    }
});

/// `wb` in a folder of its own with the cache that has clang in it, and not a single program on its path.
fn wb(place: &Place, arguments: &[&str]) -> Option<Ran> {
    let cache = match &*CACHE {
        Ok(cache) => cache,
        Err(why) => {
            println!("skipped, because clang is not there: {why}");
            return None;
        }
    };
    let mut command = place.command(arguments);
    command.env("WB_CACHE_DIR", cache).env("PATH", "");
    Some(Running::start(command, b"").wait_at_most(Duration::from_secs(900)))
}

fn case(name: &str) -> Place {
    let place = Place::cold();
    place.folder.write("book.org", fs::read(repository().join("tests/lanes_c").join(name)).unwrap());
    place
}

fn block(signature: &str, language: &str, source: &str) -> Place {
    let place = Place::cold();
    place.folder.write(
        "book.org",
        format!(
            "* B\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n** F\n:PROPERTIES:\n:sig: {signature}\n:END:\n\
             #+begin_src {language}\n{source}\n#+end_src\n"
        ),
    );
    place
}

#[test]
fn every_type_goes_in_and_out() {
    let inputs = [
        r#"p={"x":1,"y":2,"name":"pp"}"#,
        r#"ps=[{"x":1,"y":2,"name":"qq"}]"#,
        "o=7",
        r#"c="green-ish""#,
        r#"s={"circle":2.5}"#,
        r#"f=["write"]"#,
        "t=[3,1.5]",
        "ch=é",
        "big=18446744073709551615",
        r#"names=["ann","bob"]"#,
        "n=5",
        r#"text="#,
        r#"doc={"a":[1]}"#,
    ];
    let place = case("types.org");
    let run = |ok: &str| {
        let mut arguments = vec!["run", "-q", "book.org"];
        inputs.iter().chain(&[ok]).for_each(|input| arguments.extend(["--in", input]));
        wb(&place, &arguments)
    };
    let Some(ran) = run("ok=true") else { return };
    ran.exits(0).prints(&[
        r#"c-all: {"x":2,"y":2,"name":"pp 1 qq 7 1 0:2.5 2 3 1.5 233 18446744073709551615 2 ann 1"}"#,
        r#"cpp-all: {"x":2,"y":2,"name":"pp 1 qq 7 1 0:2.500000 2 3 1.500000 233 18446744073709551615 2 ann 1"}"#,
        "half: 2.5",
        "word: w5",
        "list: [true,null,false]",
        "text: empty",
        r#"same: {"a":[1]}"#,
    ]);
    run("ok=false").unwrap().exits(1).complains(&[
        "`b/c`: not ok: pp 1 qq 7 1 0:2.5 2 3 1.5 233 18446744073709551615 2 ann 0",
        "`b/cpp`: not ok: pp 1 qq 7",
    ]);
}

#[test]
fn errors_and_warnings_are_where_they_are_in_the_file() {
    let place = case("errors.org");
    let Some(ran) = wb(&place, &["run", "book.org", "--in", "x=3", "--in", "xs=[1,2]"]) else { return };
    ran.exits(1).prints(&["warn: 3"]).complains(&[
        "`b/mean`: use of undeclared identifier 'é'\n   ╭▸ book.org:13:5\n",
        "`b/mean`: use of undeclared identifier 'totl'\n   ╭▸ book.org:13:19\n",
        "`b/mean`: call to undeclared function 'missing'",
        "book.org:22:8",
        "the function is `double kind(const double *xs, size_t xs_len)`",
        "`b/link`: undefined symbol `other`",
        "`b/throw`: cannot use 'throw' with exceptions disabled",
        "call `wb::fail(\"…\")`",
        "`b/cpp`: no matching function for call to 'cpp' (candidate function not viable: ",
        "the function is `double cpp(const std::vector<double> &xs)`",
        "`b/brace`: expected '}'",
        "`b/two`: cannot tell which function to call: the block has `a`, `b`",
        "warning[compile]: `b/warn`: unused variable 'unused'",
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
        "error[memory]: `b/grow`",
        "error[trap]: `b/abort`",
        "b/abort │ Assertion failed: x < 0 (block.c: abort1: 2)",
        "b/print │ 2",
        "b/main │ done",
    ]);
}

#[test]
fn a_block_sees_no_file_and_does_not_bring_the_compiler_down() {
    let long = format!("double f(double x) {{ return {}x{}; }}", "(".repeat(20_000), ")".repeat(20_000));
    let endless =
        "template <int N> struct A { static constexpr int v = A<N + 1>::v; };\ndouble f(double x) { return A<0>::v; }";
    let cases: &[(&str, &str, &str)] = &[
        ("c", "#include \"/etc/passwd\"\ndouble f(double x) { return x; }", "'/etc/passwd' file not found"),
        ("c", "#include \"../../../../etc/passwd\"\ndouble f(double x) { return x; }", "../etc/passwd'"),
        ("c", "const char a[] = {\n#embed \"/etc/passwd\"\n};\ndouble f(double x) { return a[0]; }", "file not found"),
        ("c", "__asm__(\".incbin \\\"/etc/passwd\\\"\");\ndouble f(double x) { return x; }", "'/etc/passwd'"),
        ("c", "#include \"block.c\"\ndouble f(double x) { return x; }", "#include nested too deeply"),
        (
            "c",
            "char all[1 << 30] = {1};\ndouble f(double x) { return all[(int)x]; }",
            "needs more than 1024 MiB of memory",
        ),
        ("c", &long, "nest"),
        ("c++", endless, "recursive template instantiation"),
        // What stands on the block's line is no flag of the compiler.
        (
            "c -I/etc -include /etc/passwd :flags -I/etc :includes </etc/passwd>",
            "#include \"passwd\"\ndouble f(double x) { return x; }",
            "'passwd' file not found",
        ),
    ];
    for (language, source, expected) in cases {
        let place = block("f(x: f64) -> f64", language, source);
        let Some(ran) = wb(&place, &["run", "book.org", "--in", "x=1"]) else { return };
        ran.exits(1).complains(&["error[link]: `b/f`", expected]);
    }
}

#[test]
fn the_example_runs_and_an_unchanged_block_needs_no_compiler() {
    let place = Place::cold();
    place.folder.write("book.org", fs::read(repository().join("examples/signal.org")).unwrap());
    let Some(ran) = wb(&place, &["run", "book.org"]) else { return };
    ran.exits(0).prints(&["period: 25", "| at  | height"]).complains(&["signal/period │ lag 25, correlation 0."]);
    // Somewhere else, with what became of the blocks and nothing that could compile them.
    let elsewhere = Place::new();
    elsewhere.folder.write("book.org", fs::read(repository().join("examples/signal.org")).unwrap());
    copy(&CACHE.as_ref().unwrap().join("v1/component"), &elsewhere.cache().join("v1/component"));
    elsewhere.wb(&["run", "book.org", "--offline"]).exits(0).prints(&["period: 25"]);
    elsewhere.folder.write("book.org", elsewhere.folder.read("book.org").replace("size_t best = 0", "size_t best = 1"));
    elsewhere.wb(&["run", "book.org", "--offline"]).exits(1).complains(&[
        "clang 22 (27 MB) is needed for `c` blocks and is not on this machine",
        "`wb doctor --get c` brings it",
    ]);
}

#[test]
fn a_composed_artifact_has_them_too() {
    let place = block(
        "f(x: f64) -> f64",
        "c",
        "#include <stdio.h>\ndouble f(double x) { printf(\"%g\\n\", x); return x * 2; }",
    );
    let Some(ran) = wb(&place, &["compose", "book.org", "-o", "lib.wasm"]) else { return };
    ran.exits(0);
    assert!(fs::metadata(place.folder.path().join("lib.wasm")).unwrap().len() > 1000);
}

#[test]
fn a_download_that_is_something_else_is_refused_with_its_own_exit_code() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        while !lines.next().unwrap().unwrap().is_empty() {}
        let size = 27_112_311;
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {size}\r\nconnection: close\r\n\r\n").unwrap();
        stream.write_all(&vec![0; size]).unwrap();
    });
    let place = Place::cold();
    let mut command = place.command(&["doctor", "--get", "c++"]);
    command.env("npm_config_registry", &address).env("PATH", "");
    Running::start(command, b"").wait().exits(5).complains(&[
        "clang 22 (27 MB) is needed for `c` blocks: downloading from 127.0.0.1",
        "its digest is",
        "nothing was unpacked",
    ]);
    server.join().unwrap();
    let left = fs::read_dir(place.cache().join("packages")).unwrap();
    assert!(left.map(Result::unwrap).all(|entry| entry.path().is_file()), "only the lock is left");
    place.wb(&["doctor", "--get", "c", "--offline"]).exits(1).complains(&["downloads are off", "hint: "]);
    place.wb(&["doctor", "--get", "cobol"]).exits(2).complains(&["nothing is downloaded for `cobol`"]);
}
