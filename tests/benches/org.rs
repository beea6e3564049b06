//! How fast Org is read and rendered: the kernel inside WebAssembly, natively, and others on the same files.
//!
//! `cargo bench --bench org -- FILE.org …`; without files it makes a manual and a table of about a megabyte each.
//! Nothing is asserted. Figures of one run may be compared with each other and with no others. The native kernel and orgize
//! are an example program of `components/oql`, since this package may not know either; pandoc and Emacs run as they are
//! installed, or are left out. `WB_BENCH_ORG_LISP` is the folder of Org's `.el` files, if not Emacs' own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wb::engine::Engine;
use wb::kernel::Kernel;
use wb::kernel::types::{RawHtml, RenderOptions};

const ROUNDS: usize = 9;

fn main() {
    let mut files: Vec<PathBuf> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).map(PathBuf::from).collect();
    let made = std::env::temp_dir().join(format!("wb-bench-org-{}", std::process::id()));
    if files.is_empty() {
        fs::create_dir_all(&made).unwrap();
        for (name, text) in [("manual.org", manual()), ("table.org", table())] {
            fs::write(made.join(name), text).unwrap();
            files.push(made.join(name));
        }
    }
    let kernel = Kernel::new(&Engine::new().unwrap(), None).unwrap();
    for file in &files {
        inside(&kernel, file);
    }
    native(&files);
    for file in &files {
        other("pandoc, to HTML", file, Command::new("pandoc").args(["-f", "org", "-t", "html"]).arg(file));
        emacs(file);
    }
    let _ = fs::remove_dir_all(made);
}

/// The kernel as `wb` calls it: a warm instance, text copied in, records copied out.
fn inside(kernel: &Kernel, file: &Path) {
    let org = fs::read_to_string(file).unwrap();
    let options = |plain| RenderOptions {
        raw_html: RawHtml::Drop,
        plain,
        results: Vec::new(),
        failures: Vec::new(),
        files: Vec::new(),
    };
    show(file, &org, "kernel in wasm, headlines", || drop(black_box(kernel.headlines(&org).unwrap())));
    show(file, &org, "kernel in wasm, plan", || drop(black_box(kernel.plan(&org).unwrap())));
    show(file, &org, "kernel in wasm, lint", || drop(black_box(kernel.lint(&org, &[]).unwrap())));
    show(file, &org, "kernel in wasm, render", || drop(black_box(kernel.render(&org, &options(false)).unwrap())));
    show(file, &org, "kernel in wasm, render --plain", || {
        drop(black_box(kernel.render(&org, &options(true)).unwrap()))
    });
}

fn show(file: &Path, org: &str, what: &str, mut work: impl FnMut()) {
    work();
    let time = |_| {
        let begun = Instant::now();
        work();
        begun.elapsed()
    };
    line(file, org.len(), what, (0..ROUNDS).map(time).min().unwrap());
}

fn line(file: &Path, bytes: usize, what: &str, time: Duration) {
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let seconds = time.as_secs_f64();
    println!("{name:<14} {what:<34} {:>9.1} ms {:>8.1} MB/s", seconds * 1e3, bytes as f64 / 1e6 / seconds);
}

/// The same code without WebAssembly, and orgize.
fn native(files: &[PathBuf]) {
    for example in ["speed", "orgize"] {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(["run", "-q", "--release", "-p", "oql", "--example", example, "--"]).args(files);
        let status = command.current_dir(env!("CARGO_MANIFEST_DIR")).status();
        assert!(status.is_ok_and(|status| status.success()), "example {example}");
    }
}

/// A program, best of three; a line that says so if it is not there.
fn other(what: &str, file: &Path, command: &mut Command) {
    command.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
    let mut best: Option<Duration> = None;
    for _ in 0..3 {
        let begun = Instant::now();
        if !command.status().is_ok_and(|status| status.success()) {
            println!("{what}: not here, or it failed");
            return;
        }
        best = Some(best.map_or(begun.elapsed(), |time| time.min(begun.elapsed())));
    }
    line(file, fs::read(file).unwrap().len(), what, best.unwrap());
}

fn emacs(file: &Path) {
    let mut command = Command::new("emacs");
    command.args(["-Q", "--batch"]);
    if let Some(lisp) = std::env::var_os("WB_BENCH_ORG_LISP") {
        command.arg("-L").arg(lisp);
    }
    let lisp = format!(
        "(progn (require 'ox-html) (setq org-export-use-babel nil org-export-with-broken-links t) \
         (with-temp-buffer (insert-file-contents {:?}) (org-mode) (org-export-as 'html nil nil t)))",
        file.canonicalize().unwrap()
    );
    other("Emacs, to HTML", file, command.arg("--eval").arg(lisp));
}

/// Prose with lists, examples and code, as manuals have them.
fn manual() -> String {
    let mut text = String::from("#+TITLE: Manual\n");
    for chapter in 0..1200 {
        let _ = write!(
            text,
            "* Chapter {chapter} :tag:\n:PROPERTIES:\n:CUSTOM_ID: c{chapter}\n:END:\nSome /prose/ with =verbatim= words, a \
             [[#c{}][link]] and a footnote[fn:{chapter}]. It goes on for a\nsecond line, as prose does, with *bold* words and \
             https://example.org/{chapter} in it.\n\n- one item ::\n  which explains ~code~\n- another\n  1. with\n  2. steps\n\n\
             #+begin_src emacs-lisp\n(defun f (x) \"Doc.\" (+ x {chapter}))\n#+end_src\n\n#+begin_example\nexample <{chapter}>\n\
             #+end_example\n\n[fn:{chapter}] A note on a_{{1}} and \\alpha.\n\n",
            chapter / 2
        );
    }
    text
}

fn table() -> String {
    let mut text = String::from("* Table\n");
    for block in 0..12 {
        text.push_str("| region | product | units | price | note |\n|--------+---------+-------+-------+------|\n");
        for row in 0..2000 {
            let _ = writeln!(text, "| north | lamp {row} | {} | {row}.50 | =n{block}= and /so on/ |", row * 7 % 13);
        }
        text.push('\n');
    }
    text
}
