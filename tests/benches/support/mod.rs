//! What the benches share: times, a folder of their own, runs of the real binary, and compositions made through the
//! library. Which figures are made of these is said in the benches.

#![allow(dead_code, unreachable_pub)]

pub mod parts;

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

pub fn times<T>(rounds: usize, mut work: impl FnMut() -> T) -> Vec<Duration> {
    (0..rounds)
        .map(|_| {
            let started = Instant::now();
            black_box(work());
            started.elapsed()
        })
        .collect()
}

/// A time as people read it.
pub fn show(time: Duration) -> String {
    match time.as_secs_f64() {
        s if s < 1e-6 => format!("{:.1} ns", s * 1e9),
        s if s < 1e-3 => format!("{:.1} µs", s * 1e6),
        s if s < 1.0 => format!("{:.1} ms", s * 1e3),
        s => format!("{s:.2} s"),
    }
}

/// The smallest and the middle one.
pub fn best_and_median(times: &[Duration]) -> (Duration, Duration) {
    let mut sorted = times.to_vec();
    sorted.sort();
    (sorted[0], sorted[sorted.len() / 2])
}

/// A folder that goes away with the value.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        let path = std::env::temp_dir().join(format!("wb-bench-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn file(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).unwrap();
    }

    /// Forgets what a cache knows.
    pub fn forget(&self, cache: &str) {
        drop(fs::remove_dir_all(self.0.join(cache)));
    }

    /// `wb` in this folder, with the cache of that name (or at that path).
    pub fn command(&self, cache: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wb"));
        command.args(arguments).env("WB_CACHE_DIR", self.0.join(cache)).current_dir(&self.0);
        command
    }

    pub fn wb(&self, cache: &str, arguments: &[&str]) {
        let status = self.command(cache, arguments).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        assert!(status.success(), "{arguments:?}: {status}");
    }

    /// What a step of a run took, by its record.
    pub fn step(&self, cache: &str, id: &str, arguments: &[&str]) -> Duration {
        let output = self.command(cache, arguments).output().unwrap();
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let steps = said["components"].as_array();
        let step = steps.and_then(|steps| steps.iter().find(|step| step["id"] == id));
        let time = step.and_then(|step| step["ms"].as_f64());
        let time = time.unwrap_or_else(|| panic!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr)));
        Duration::from_secs_f64(time / 1e3)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// A chain of `count` components in one language; `edited` gets `salt` into its source.
pub fn chain(count: usize, language: &str, edited: usize, salt: usize) -> String {
    let mut book = format!("* Chain\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:export: v{}\n:END:\n\n", count - 1);
    for node in 0..count {
        let (port, given) = if node == 0 { ("x".to_owned(), "=1") } else { (format!("v{}", node - 1), "") };
        let number = if node == edited { salt } else { node % 7 };
        let source = match language {
            "javascript" => format!("export function n{node}({port}) {{\n  return {port} + {number};\n}}"),
            _ => format!(
                "(module (func (export \"n{node}\") (param i32) (result i32)\n  (i32.add (local.get 0) (i32.const {number}))))"
            ),
        };
        write!(
            book,
            "** N{node}\n:PROPERTIES:\n:in: {port}:u32{given}\n:out: v{node}:u32\n:END:\n\n\
             #+begin_src {language}\n{source}\n#+end_src\n\n"
        )
        .unwrap();
    }
    book
}
