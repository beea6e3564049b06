//! The real binary over self-describing cases, `tests/cli/*.org`.
//!
//! A case says at its top how to run it, and the golden file beside it (`.out`) what comes out:
//!
//! - `# RUN: lint %` one command; `%` is the case itself, `- < %` feeds it to standard input
//! - `# FILE: name text` another file in the directory the case runs in, with `\n`, `\t`, `\\` and `\xff`
//! - `# DIRECTORY: name` a directory there
//!
//! Each case runs in a directory of its own; all share one cache, which is cold at first. `BLESS=1` rewrites the golden files.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// A directory that is removed at the end.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("wb-test-{}-{number}-{name}", std::process::id()));
        private(&path);
        // The path as the system resolves it, so that it can be found in messages.
        Self(path.canonicalize().unwrap())
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.0.join(name), content).unwrap();
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// A directory as the cache wants it: nobody else may write to it.
fn private(path: &Path) {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path).unwrap();
}

/// A cache for all tests that do not care what is in it, since filling one takes seconds. It is new in each run.
fn shared() -> &'static Path {
    &SHARED.0
}

/// The shared cache and, in it, the entry with the kernel's machine code.
static SHARED: LazyLock<(PathBuf, PathBuf)> = LazyLock::new(|| {
    // Statics are not dropped, so a later run cleans up. Not the run beside this one, though.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    for old in fs::read_dir(folder).into_iter().flatten().flatten() {
        let age = old.metadata().and_then(|data| data.modified()).ok().and_then(|time| time.elapsed().ok());
        if age.is_some_and(|age| age > Duration::from_secs(3600)) {
            drop(fs::remove_dir_all(old.path()));
        }
    }
    let cache = folder.join(format!("wb-cache-{}", std::process::id()));
    // Filled now, or the first few tests would each compile the kernel.
    assert!(wb(folder, &cache).args(["query", "-"]).stdin(Stdio::null()).status().unwrap().success());
    let kernel = files(&cache.join("v1/code")).remove(0);
    (cache, kernel)
});

/// The binary, in a directory, with nothing in its environment that a case did not ask for.
fn wb(directory: &Path, cache: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wb"));
    command.env_clear().current_dir(directory).env("WB_CACHE_DIR", cache).env("HOME", directory);
    // For `rustc`, which `doctor` asks for.
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}

#[test]
fn cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    let mut cases: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.extension() == Some(OsStr::new("org")));
    cases.sort();
    assert!(!cases.is_empty());
    let next = AtomicUsize::new(0);
    let run = || {
        let mut failures = Vec::new();
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            failures.extend(check(case, shared()));
        }
        failures
    };
    let failures: Vec<String> = thread::scope(|scope| {
        let workers = [scope.spawn(run), scope.spawn(run)];
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(failures.is_empty(), "{}\n{} of {} cases differ", failures.join("\n"), failures.len(), cases.len());
}

/// Runs a case and says how its output differs from the golden file.
fn check(case: &Path, cache: &Path) -> Option<String> {
    let actual = transcript(case, cache);
    let golden = case.with_extension("out");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&golden, actual).unwrap();
        return None;
    }
    let expected = fs::read_to_string(&golden).unwrap_or_default();
    let name = case.file_name().unwrap().to_string_lossy();
    (actual != expected).then(|| format!("{name}: {}", difference(&expected, &actual)))
}

/// The first line that differs, with a few lines before it.
fn difference(expected: &str, actual: &str) -> String {
    let same = expected.lines().zip(actual.lines()).take_while(|(one, other)| one == other).count();
    let before: String =
        actual.lines().take(same).skip(same.saturating_sub(3)).map(|line| format!("  {line}\n")).collect();
    let show = |text: &str| text.lines().nth(same).unwrap_or("(end)").to_owned();
    format!("line {}\n{before}- {}\n+ {}\n", same + 1, show(expected), show(actual))
}

/// Everything a case's commands print, as it stands in the golden file.
fn transcript(case: &Path, cache: &Path) -> String {
    let name = case.file_name().unwrap().to_str().unwrap();
    let text = fs::read_to_string(case).unwrap();
    let directory = Temporary::new(name);
    directory.write(name, &text);
    for folder in directives(&text, "DIRECTORY") {
        fs::create_dir(directory.0.join(folder)).unwrap();
    }
    for line in directives(&text, "FILE") {
        let (file, content) = line.split_once(' ').unwrap_or((line, ""));
        directory.write(file, unescaped(content));
    }
    let mut transcript = String::new();
    for line in directives(&text, "RUN") {
        let line = line.replace('%', name);
        let (arguments, input) = line.split_once(" < ").map_or((line.as_str(), None), |(all, file)| (all, Some(file)));
        let mut command = wb(&directory.0, cache);
        command.args(words(arguments)).stdin(match input {
            Some(file) => Stdio::from(fs::File::open(directory.0.join(file.trim())).unwrap()),
            None => Stdio::null(),
        });
        let output = command.output().unwrap();
        let places = [(directory.0.as_path(), "[DIR]"), (cache, "[CACHE]")];
        transcript.push_str(&format!("$ wb {line}\n{}\n", shown(&output, &places)));
    }
    assert!(!transcript.is_empty(), "{name} says not how to run it");
    transcript
}

fn directives<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let prefix = format!("# {name}: ");
    let comments = text.lines().take_while(|line| line.starts_with("# "));
    comments.filter_map(|line| line.strip_prefix(&prefix)).map(str::trim_end).collect()
}

/// Words as a shell would split them, with single and double quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![];
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((plain, escape)) = rest.split_once('\\') {
        bytes.extend(plain.bytes());
        let (byte, length) = match escape.as_bytes().first() {
            Some(b'n') => (b'\n', 1),
            Some(b't') => (b'\t', 1),
            Some(b'x') => (u8::from_str_radix(&escape[1..3], 16).unwrap(), 3),
            _ => (b'\\', 1),
        };
        bytes.push(byte);
        rest = &escape[length..];
    }
    bytes.extend(rest.bytes());
    bytes
}

/// Output, talk and exit code, with everything that changes from run to run replaced.
fn shown(output: &Output, places: &[(&Path, &str)]) -> String {
    let text = |bytes: &[u8]| {
        let mut text = String::from_utf8(bytes.to_vec()).expect("output is text");
        for (path, name) in places {
            text = text.replace(&*path.to_string_lossy(), name);
        }
        untimed(&text.replace(&format!("\"{}\"", env!("CARGO_PKG_VERSION")), "\"[VERSION]\""))
    };
    let mut shown = text(&output.stdout);
    if !shown.is_empty() && !shown.ends_with('\n') {
        shown.push_str("[no newline]\n");
    }
    if !output.stderr.is_empty() {
        shown.push_str(&format!("[stderr]\n{}", text(&output.stderr)));
    }
    let code = output.status.code().map_or("killed".to_owned(), |code| code.to_string());
    shown.push_str(&format!("[exit {code}]\n"));
    shown
}

/// Durations such as `12 ms`, `1.5s` and `340µs` become `[TIME]`.
fn untimed(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        // A number that is the end of a word, such as `x86`, is no duration. One in quotes is somebody's value.
        let in_word = rest[..start].chars().next_back().is_some_and(|c| c.is_alphanumeric() || "_-.:\"".contains(c));
        let digits =
            rest[start..].find(|c: char| !c.is_ascii_digit() && c != '.').map_or(rest.len(), |end| start + end);
        let unit = rest[digits..].trim_start_matches(' ');
        let length = ["ms", "µs", "ns", "s"].iter().find_map(|name| {
            let after = unit.strip_prefix(name)?;
            (!after.starts_with(|c: char| c.is_alphanumeric())).then(|| rest.len() - after.len())
        });
        match length.filter(|_| !in_word) {
            Some(end) => {
                out.push_str(&rest[..start]);
                out.push_str("[TIME]");
                rest = &rest[end..];
            }
            None => {
                out.push_str(&rest[..digits]);
                rest = &rest[digits..];
            }
        }
    }
    out + rest
}

#[test]
fn durations_are_replaced_and_nothing_else() {
    assert_eq!(
        untimed("a 12 ms, 1.5s (340µs) x86 s, list<s32>, 5 steps"),
        "a [TIME], [TIME] ([TIME]) x86 s, list<s32>, 5 steps"
    );
}

#[test]
fn the_version_needs_no_engine_and_no_cache() {
    let directory = Temporary::new("version");
    let cache = directory.0.join("cache");
    // No more addresses than the binary itself needs: an engine, or a thread that compiles, cannot be had with them.
    let run = |arguments: &[&str]| {
        let mut shell = Command::new("sh");
        shell.args(["-c", "ulimit -v 120000 && exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_wb")]).args(arguments);
        shell.env_clear().current_dir(&directory.0).env("WB_CACHE_DIR", &cache).output().unwrap()
    };
    let output = run(&["--version"]);
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("wb {}\n", env!("CARGO_PKG_VERSION")));
    assert!(!cache.exists());
    directory.write("x.org", "* Heading\n");
    assert!(!run(&["query", "x.org"]).status.success(), "there was room for an engine");
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let directory = Temporary::new("pipe");
    directory.write("long.org", "* A heading of some length, to fill the pipe\n".repeat(20_000));
    let mut command = wb(&directory.0, shared());
    let mut child = command.args(["query", "long.org"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 10]).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_damaged_cache_heals_itself() {
    let directory = Temporary::new("damage");
    let cache = directory.0.join("cache");
    directory.write("x.org", "* Heading\n");
    let entry = &SHARED.1;
    let good = fs::read(entry).unwrap();
    let copy = cache.join(entry.strip_prefix(shared()).unwrap());
    private(copy.parent().unwrap());
    fs::write(&copy, &good[..good.len() / 2]).unwrap();
    let output = wb(&directory.0, &cache).args(["query", "x.org"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "1  * Heading\n", "{output:?}");
    assert!(fs::read(&copy).unwrap() == good, "the entry was not written again");
}

#[test]
fn downloaded_compilers_are_counted_and_go_only_when_asked() {
    let directory = Temporary::new("packages");
    let cache = directory.0.join("cache");
    let run = |arguments: &[&str]| {
        let output = wb(&directory.0, &cache).arg("cache").args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(run(&["size"]).contains("packages"));
    let package = cache.join("packages/clang-1");
    private(&package);
    fs::write(package.join("clang.wasm"), vec![0; 3 << 20]).unwrap();
    fs::write(package.join(".wb-package"), "3145728 clang.wasm\n").unwrap();
    fs::write(cache.join("packages/clang-1.lock"), "").unwrap();
    // What somebody unpacks at this moment.
    private(&cache.join("packages/half"));
    fs::write(cache.join("packages/half/clang.wasm"), "half").unwrap();
    let size = run(&["size"]);
    let line = size.lines().find(|line| line.contains("packages")).unwrap_or_else(|| panic!("{size}"));
    assert!(line.contains(" 1 ") && line.contains("3.0 MiB"), "{line}");
    assert!(run(&["size", "--json"]).contains("\"packages\": {\n    \"entries\": 1,\n    \"bytes\": 31457"), "JSON");
    for arguments in [&["prune", "--max-size", "0B"][..], &["clear"], &["prune", "--packages", "--max-age", "1d"]] {
        run(arguments);
        assert!(package.join("clang.wasm").exists(), "{arguments:?} removed a download");
    }
    assert_eq!(run(&["prune", "--packages"]), "removed 1 package, 3.0 MiB\n");
    assert!(!package.exists() && cache.join("packages/half/clang.wasm").exists());
}

#[test]
fn processes_share_a_cold_cache() {
    let directory = Temporary::new("shared");
    directory.write("x.org", "* Heading\n");
    let mut commands: Vec<Command> = (0..2).map(|_| wb(&directory.0, &directory.0.join("cache"))).collect();
    let children: Vec<_> =
        commands.iter_mut().map(|each| each.args(["query", "x.org"]).stdout(Stdio::piped()).spawn().unwrap()).collect();
    for child in children {
        assert_eq!(child.wait_with_output().unwrap().stdout, b"1  * Heading\n");
    }
    // No temporary file is left.
    assert_eq!(files(&directory.0.join("cache/v1")).len(), 1);
}

#[cfg(unix)]
#[test]
fn without_a_cache_everything_works() {
    let directory = Temporary::new("without");
    let others = directory.0.join("others");
    fs::create_dir(&others).unwrap();
    fs::set_permissions(&others, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    directory.write("x.org", "* Heading\n");
    let said = |cache: &Path, arguments: &[&str]| {
        let output = wb(&directory.0, cache).args(arguments).env("WB_LOG", "info").output().unwrap();
        assert!(String::from_utf8_lossy(&output.stderr).contains("no cache: "), "{output:?}");
        output.stdout
    };
    assert_eq!(said(&others, &["query", "x.org"]), b"1  * Heading\n");
    assert_eq!(said(Path::new("/dev/null"), &["cache", "path"]), b"");
    assert!(files(&others).is_empty());
}

#[test]
fn the_doctor_says_what_is_there() {
    let directory = Temporary::new("doctor");
    let output = wb(&directory.0, shared()).args(["doctor", "--json"]).output().unwrap();
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["ok"], true, "{said:#}");
    let names: Vec<&str> =
        said["checks"].as_array().unwrap().iter().map(|check| check["name"].as_str().unwrap()).collect();
    assert_eq!(&names[..5], ["engine", "instance pool", "kernel", "cache", "javascript"]);
}

#[test]
fn written_pages_are_whole_and_follow_links() {
    let directory = Temporary::new("render");
    directory.write("x.org", "#+title: Old & new\n* Heading\n");
    directory.write("page.html", "before");
    #[cfg(unix)]
    std::os::unix::fs::symlink("page.html", directory.0.join("link.html")).unwrap();
    let target = if cfg!(unix) { "link.html" } else { "page.html" };
    let output = wb(&directory.0, shared()).args(["render", "x.org", "-o", target]).output().unwrap();
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    let page = fs::read_to_string(directory.0.join("page.html")).unwrap();
    assert!(
        page.starts_with("<!DOCTYPE html>\n")
            && page.ends_with("</html>\n")
            && page.contains("<title>Old &amp; new</title>")
    );
    let left: Vec<PathBuf> =
        files(&directory.0).into_iter().filter(|path| path.to_string_lossy().contains(".wb-tmp-")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn standard_input_may_be_a_pipe() {
    let directory = Temporary::new("stdin");
    let mut command = wb(&directory.0, shared());
    let mut child = command.args(["query", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"* From a pipe\n").unwrap();
    assert_eq!(child.wait_with_output().unwrap().stdout, b"1  * From a pipe\n");
}

/// All files below a directory.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// Links, pipes and paths that lead out of the workbook's folder include nothing, and nobody waits for them.
#[cfg(unix)]
#[test]
fn includes_stay_inside() {
    let directory = Temporary::new("include");
    directory.write("secret.org", "the secret");
    let inner = directory.0.join("inner");
    fs::create_dir(&inner).unwrap();
    directory.write("inner/beside.org", "from beside");
    std::os::unix::fs::symlink("../secret.org", inner.join("out.org")).unwrap();
    std::os::unix::fs::symlink("..", inner.join("up")).unwrap();
    std::os::unix::fs::symlink("beside.org", inner.join("within.org")).unwrap();
    assert!(Command::new("mkfifo").arg(inner.join("pipe")).status().unwrap().success());
    let absolute = directory.0.join("secret.org");
    let names =
        ["out.org", "up/secret.org", "../secret.org", "pipe", "inner/../../secret.org", absolute.to_str().unwrap()];
    for name in names {
        directory.write("inner/book.org", format!("#+INCLUDE: {name}\n#+SETUPFILE: {name}\n#+INCLUDE: within.org\n"));
        let output = wb(&directory.0, shared()).args(["render", "inner/book.org", "--fragment"]).output().unwrap();
        let (html, talk) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && html.contains("from beside") && !html.contains("secret"), "{name}: {html}");
        assert!(talk.contains("is not included"), "{name}: {talk}");
    }
}
