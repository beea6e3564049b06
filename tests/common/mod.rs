//! What the tests of the real binary share: folders of their own, a warm compile cache, running `wb` with its peak
//! memory measured, and golden files.

// Printing is how a test says that something was skipped.
#![allow(dead_code, unreachable_pub, missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::fs;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

pub const WB: &str = env!("CARGO_BIN_EXE_wb");

/// The repository.
pub fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A component of a workbook under test: heading, drawer lines without colons, code.
pub fn node(title: &str, drawer: &[&str], code: &str) -> String {
    let drawer: String = drawer.iter().map(|line| format!(":{line}\n")).collect();
    format!("** {title}\n:PROPERTIES:\n{drawer}:END:\n#+begin_src javascript\n{code}\n#+end_src\n")
}

/// A workbook of such components.
pub fn book(nodes: &[String]) -> String {
    format!("* Test\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n{}", nodes.concat())
}

/// A folder that goes away with the value.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("wb-test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// A place to run in: a folder with the workbook, and a cache that knows compiled code but no results.
pub struct Place {
    pub folder: Folder,
    cache: Folder,
    variables: Vec<(&'static str, String)>,
}

impl Place {
    pub fn new() -> Self {
        let place = Self::cold();
        let warm = warm();
        for kind in ["code", "component"] {
            copy(&warm.join("v1").join(kind), &place.cache.path().join("v1").join(kind));
        }
        place
    }

    /// A place where nothing was ever compiled.
    pub fn cold() -> Self {
        Self { folder: Folder::new(), cache: Folder::new(), variables: Vec::new() }
    }

    /// A place with the packages of a language, which are downloaded once and kept beside the build, where `lanes_*.rs`
    /// have them; `None`, with the reason printed, where they cannot be had.
    pub fn lane(language: &str) -> Option<Self> {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join(format!("lane-{language}"));
        let place = Self::new();
        let mut command = place.command(&["doctor", "--get", language]);
        command.current_dir(repository()).env("WB_CACHE_DIR", &kept);
        let ran = Running::start(command, b"").wait_at_most(Duration::from_secs(1800));
        if ran.exit != 0 {
            let offline = ran.stderr.contains("cannot be downloaded") && std::env::var_os("CI").is_none();
            assert!(offline, "`{language}` cannot be had: {}", ran.brief());
            println!("skipped, because `{language}` is not there: {}", ran.stderr);
            return None;
        }
        for folder in ["packages", "v1/code", "v1/component", "v1/module"] {
            if kept.join(folder).exists() {
                copy(&kept.join(folder), &place.cache.path().join(folder));
            }
        }
        Some(place)
    }

    /// The same with a variable of the environment.
    pub fn with_variable(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    /// A place with one workbook, `book.org`.
    pub fn with(book: &str) -> Self {
        let place = Self::new();
        place.folder.write("book.org", book);
        place
    }

    pub fn cache(&self) -> &Path {
        self.cache.path()
    }

    /// What `XDG_CONFIG_HOME` is for commands run here.
    pub fn config(&self) -> PathBuf {
        self.cache.path().join("config")
    }

    /// `wb` with these arguments, to be run in the folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(WB);
        command.args(arguments).current_dir(self.folder.path());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("WB_") {
                command.env_remove(name);
            }
        }
        command.env("WB_CACHE_DIR", self.cache.path()).env("NO_COLOR", "1").env("RUST_BACKTRACE", "0");
        // The policy and the secrets of whoever runs the tests are no part of them.
        command.env("XDG_CONFIG_HOME", self.config());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    pub fn wb(&self, arguments: &[&str]) -> Ran {
        self.wb_with(arguments, b"")
    }

    pub fn wb_with(&self, arguments: &[&str], stdin: &[u8]) -> Ran {
        Running::start(self.command(arguments), stdin).wait()
    }

    /// Runs `book.org` and reads the JSON it prints.
    pub fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let ran = self.wb(&[&["run", "book.org", "--json"], arguments].concat());
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {ran:?}"))
    }

    /// The step records of all runs, oldest first.
    pub fn steps(&self) -> Vec<Vec<serde_json::Value>> {
        let Ok(runs) = fs::read_dir(self.cache.path().join("runs")) else { return Vec::new() };
        let mut runs: Vec<PathBuf> = runs.map(|run| run.unwrap().path()).collect();
        runs.sort();
        let records = |run: PathBuf| {
            // A run that was killed as it began has none yet.
            let text = fs::read_to_string(run.join("_steps.jsonl")).unwrap_or_default();
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        };
        runs.into_iter().map(records).collect()
    }
}

/// A cache in which the shared engines are compiled already. Made once per test binary: it takes seconds.
fn warm() -> &'static Path {
    static WARM: OnceLock<PathBuf> = OnceLock::new();
    WARM.get_or_init(|| {
        // Shared by every run of the tests with this very binary, so it is named after it and never removed half-way.
        let built = fs::metadata(WB).and_then(|file| file.modified()).unwrap();
        let stamp = built.duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("warm-{stamp}"));
        if path.join("ready").exists() {
            return path;
        }
        fs::create_dir_all(&path).unwrap();
        for book in ["examples/hello.org", "examples/orders.org", "examples/shell.org"] {
            let mut command = Command::new(WB);
            command.args(["run", "-q"]).arg(repository().join(book)).env("WB_CACHE_DIR", &path);
            assert!(
                command.stdout(Stdio::null()).status().unwrap().success(),
                "`{book}` warms the cache and does not run"
            );
        }
        fs::write(path.join("ready"), "").unwrap();
        path
    })
}

/// Copies a folder. Entries of the cache are replaced whole, never written to, so links will do.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else if !target.exists() && fs::hard_link(entry.path(), &target).is_err() {
            // Never over a file that is there: it may be a link to one that somebody has mapped.
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// `components/probe`, built for WASI with the real standard library; `None`, with the reason printed, where the target is
/// not installed. The feature `handler` makes it one that answers requests.
pub fn probe(feature: &str) -> Option<PathBuf> {
    static BUILDING: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _one_at_a_time = BUILDING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let target = "wasm32-wasip2";
    let installed = Command::new("rustc").args(["--print", "target-libdir", "--target", target]).output();
    let there = installed.is_ok_and(|out| Path::new(String::from_utf8_lossy(&out.stdout).trim()).is_dir());
    if !there {
        println!("skipped: the target `{target}` is not installed; run `rustup target add {target}`");
        return None;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("probe-{feature}"));
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "-q", "-p", "probe", "--profile", "guest", "--target", target]);
    cargo.args(["--features", feature, "--target-dir"]).arg(&folder);
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WORKSPACE_WRAPPER", "CARGO_BUILD_TARGET"] {
        cargo.env_remove(name);
    }
    assert!(cargo.current_dir(repository()).status().unwrap().success(), "the probe does not build");
    Some(folder.join(target).join("guest/probe.wasm"))
}

/// A component translated by jco, and the command that runs `script` beside it; `None` where there is no jco.
pub fn jco(component: &Path, script: &str) -> Option<Command> {
    let Some(modules) = std::env::var_os("WB_JCO").map(|prefix| PathBuf::from(prefix).join("node_modules")) else {
        println!("not run under jco: WB_JCO does not name a folder with it; `.ci/run` makes one");
        return None;
    };
    let folder = component.with_extension("jco");
    fs::create_dir_all(&folder).unwrap();
    let program = modules.join("@bytecodealliance/jco/dist/jco.js");
    let mut transpile = Command::new("node");
    transpile.arg(program).arg("transpile").arg(component).args(["--name", "component", "--no-typescript", "-o"]);
    let output = transpile.arg(&folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::write(folder.join("package.json"), "{\"type\": \"module\"}").unwrap();
    fs::write(folder.join("run.mjs"), script).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(modules, folder.join("node_modules")).unwrap();
    let mut command = Command::new("node");
    command.current_dir(folder);
    let version = Command::new("node").arg("--version").output().unwrap().stdout;
    // V8 11.3 has constant expressions of more than one instruction behind a flag that later ones do not know.
    if version.starts_with(b"v20.") {
        command.arg("--experimental-wasm-extended-const");
    }
    command.arg("run.mjs");
    Some(command)
}

/// How a command ended.
#[derive(Debug)]
pub struct Ran {
    pub stdout: String,
    pub stderr: String,
    /// The exit code, or 128 and the signal that ended it.
    pub exit: i32,
    /// The most memory it had at a time, in bytes.
    pub peak: u64,
    pub took: Duration,
}

impl Ran {
    /// Asserts the exit code, and that nothing panicked.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert!(!self.stderr.contains("panicked at"), "a panic: {}", self.brief());
        assert_eq!(self.exit, code, "{}", self.brief());
        self
    }

    /// Asserts that standard error has all of these.
    #[track_caller]
    pub fn complains(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(self.stderr.contains(part), "stderr lacks `{part}`: {}", self.brief());
        }
        self
    }

    /// Asserts that standard output has all of these.
    #[track_caller]
    pub fn prints(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(self.stdout.contains(part), "stdout lacks `{part}`: {}", self.brief());
        }
        self
    }

    /// Asserts a bound on memory.
    #[track_caller]
    pub fn within_mib(self, mib: u64) -> Self {
        assert!(self.peak < mib << 20, "needed {} MiB: {}", self.peak >> 20, self.brief());
        self
    }

    /// Asserts a bound on time: only where a deadline is the behaviour.
    #[track_caller]
    pub fn within(self, bound: Duration) -> Self {
        assert!(self.took < bound, "took {:?}: {}", self.took, self.brief());
        self
    }

    /// Both streams, cut to a size a person reads.
    pub fn brief(&self) -> String {
        let cut = |text: &str| text.chars().take(4_000).collect::<String>();
        format!(
            "exit {}, {:?}\n--- stdout\n{}\n--- stderr\n{}",
            self.exit,
            self.took,
            cut(&self.stdout),
            cut(&self.stderr)
        )
    }
}

/// A command under way.
pub struct Running {
    child: Child,
    started: Instant,
    stdout: std::thread::JoinHandle<Vec<u8>>,
    stderr: std::thread::JoinHandle<Vec<u8>>,
    /// What has come on standard error so far.
    pub talk: std::sync::Arc<std::sync::Mutex<Vec<u8>>>,
}

impl Running {
    pub fn start(mut command: Command, stdin: &[u8]) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let started = Instant::now();
        let mut child = command.spawn().unwrap();
        // A child that does not read its input is no reason to fail.
        drop(child.stdin.take().unwrap().write_all(stdin));
        let mut out = child.stdout.take().unwrap();
        let mut err = child.stderr.take().unwrap();
        let talk = std::sync::Arc::<std::sync::Mutex<Vec<u8>>>::default();
        let shared = talk.clone();
        let stdout = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            out.read_to_end(&mut bytes).unwrap();
            bytes
        });
        let stderr = std::thread::spawn(move || {
            let (mut all, mut part) = (Vec::new(), [0; 4096]);
            while let Ok(count @ 1..) = err.read(&mut part) {
                all.extend_from_slice(&part[..count]);
                shared.lock().unwrap().extend_from_slice(&part[..count]);
            }
            all
        });
        Self { child, started, stdout, stderr, talk }
    }

    /// Waits until standard error has this text.
    #[track_caller]
    pub fn until(&self, text: &str) {
        let begun = Instant::now();
        loop {
            let talk = String::from_utf8_lossy(&self.talk.lock().unwrap()).into_owned();
            if talk.contains(text) {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "never said `{text}`: {talk}");
            std::thread::yield_now();
        }
    }

    pub fn signal(&self, signal: i32) {
        let pid = i32::try_from(self.child.id()).unwrap();
        // SAFETY: a plain system call; the child is ours and not waited for yet, so the id is still its own.
        assert_eq!(unsafe { libc::kill(pid, signal) }, 0);
    }

    pub fn wait(self) -> Ran {
        self.wait_at_most(Duration::from_secs(300))
    }

    /// Waits, and kills the command when it takes longer: a test that hangs tells nobody anything.
    pub fn wait_at_most(self, bound: Duration) -> Ran {
        let pid = i32::try_from(self.child.id()).unwrap();
        let (ended, watched) = std::sync::mpsc::channel::<()>();
        let watchdog = std::thread::spawn(move || {
            if watched.recv_timeout(bound) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                // SAFETY: a plain system call; the child is waited for only after this thread is joined or told.
                unsafe { libc::kill(pid, libc::SIGKILL) };
            }
        });
        let stdout = self.stdout.join().unwrap();
        let stderr = self.stderr.join().unwrap();
        drop(ended);
        watchdog.join().unwrap();
        let (mut status, mut usage) = (0, std::mem::MaybeUninit::<libc::rusage>::zeroed());
        // SAFETY: both pointers are to values that live long enough, and an all-zero `rusage` is a valid one.
        let usage = unsafe {
            assert_eq!(libc::wait4(pid, &mut status, 0, usage.as_mut_ptr()), pid);
            usage.assume_init()
        };
        let took = self.started.elapsed();
        let status = ExitStatus::from_raw(status);
        let exit = status.code().unwrap_or_else(|| 128 + status.signal().unwrap());
        // Linux counts kibibytes, macOS bytes.
        let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ran {
            stdout: text(stdout),
            stderr: text(stderr),
            exit,
            peak: u64::try_from(usage.ru_maxrss).unwrap() * unit,
            took,
        }
    }
}

/// Text without what differs from run to run: times, run ids, and the folder it ran in.
pub fn normalise(text: &str, place: &Place) -> String {
    let folder = place.folder.path().to_string_lossy().into_owned();
    let cache = place.cache().to_string_lossy().into_owned();
    let text = text.replace(&folder, "FOLDER").replace(&cache, "CACHE");
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        out.push_str(&id(&member(&time(line))));
    }
    out
}

/// `(4 ms)` and `(1.5 s)` become `(… ms)`.
fn time(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(open) = rest.find('(') {
        let (head, tail) = rest.split_at(open + 1);
        out.push_str(head);
        rest = tail;
        let Some(close) = tail.find(')') else { continue };
        let inside = &tail[..close];
        let number = inside.strip_suffix(" ms").or_else(|| inside.strip_suffix(" s"));
        if number.is_some_and(|number| number.parse::<f64>().is_ok()) {
            out.push_str("… ms)");
            rest = &tail[close + 1..];
        }
    }
    out + rest
}

/// `"ms": 3.25` becomes `"ms": 0`.
fn member(line: &str) -> String {
    let Some(at) = line.find("\"ms\": ") else { return line.to_owned() };
    let (head, tail) = line.split_at(at + 6);
    let end = tail.find(|c: char| !c.is_ascii_digit() && !".e-+".contains(c)).unwrap_or(tail.len());
    format!("{head}0{}", &tail[end..])
}

/// `1795355942599-63d822ba` becomes `RUN`.
fn id(line: &str) -> String {
    let Some(at) = line.find("\"run\": \"") else { return line.to_owned() };
    let (head, tail) = line.split_at(at + 8);
    let end = tail.find('"').unwrap_or(tail.len());
    format!("{head}RUN{}", &tail[end..])
}

/// Compares with a golden file, or writes it under `BLESS=1`. An absent file is an empty one.
pub fn golden(file: &Path, actual: &str, differences: &mut Vec<String>) {
    if std::env::var_os("BLESS").is_some() {
        if actual.is_empty() {
            drop(fs::remove_file(file));
        } else {
            fs::write(file, actual).unwrap();
        }
        return;
    }
    let expected = fs::read_to_string(file).unwrap_or_default();
    if expected != actual {
        differences.push(format!("{}\n{}", file.display(), diff(&expected, actual)));
    }
}

/// Lines that differ, the expected ones with `-` and the actual ones with `+`.
fn diff(expected: &str, actual: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), actual.lines().collect());
    let same_start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let room = old.len().min(new.len()) - same_start;
    let same_end = old.iter().rev().zip(new.iter().rev()).take(room).take_while(|(a, b)| a == b).count();
    let mut out = format!("  at line {}\n", same_start + 1);
    old[same_start..old.len() - same_end].iter().for_each(|line| out.push_str(&format!("  - {line}\n")));
    new[same_start..new.len() - same_end].iter().for_each(|line| out.push_str(&format!("  + {line}\n")));
    out
}
