//! The house rules a program can check (see CONTRIBUTING.md). Each failure is one line: `file:line: rule; cure`.
//!
//! This is a scan of text, not of syntax: it is meant to be read in one sitting and to be wrong only on purpose-made
//! code. What rustc, clippy, rustfmt and cargo-deny can check is left to them.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Lines a source file may have.
const LINES: usize = 600;

/// Files that may be longer, because they are catalogues: one entry after the other, nothing to lose one's way in.
const CATALOGUES: &[&str] = &["components/oql/src/highlight/catalogue.rs"];

/// One section per diagnostic code; `wb explain` prints them.
const EXPLANATIONS: &str = "docs/diagnostics.md";

/// Where a file shows each code in use.
const CASES: &str = "components/oql/tests/cases";

/// Packages that may not be named as dependencies, by the folder of the package that must not name them.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("", &["orgize", "rowan", "wac-graph"]),
    ("composer", &["wasmtime", "tokio", "orgize", "wb"]),
    ("deploy-kit", &["wasmtime", "tokio", "orgize", "wac-graph", "wb"]),
    ("components", &["wasmtime", "tokio", "orgize", "wac-graph", "wb", "wb-composer", "wb-deploy"]),
];

/// What a guest may not depend on: a guest knows the contracts in `wit/` and no native package.
const FORBIDDEN_IN_GUESTS: &[&str] = &["wasmtime", "tokio", "wb", "wb-composer", "wb-deploy", "wb-components"];

const NATIVE: &[&str] = &["host/", "composer/src/", "deploy-kit/src/"];
const PURE: &[&str] = &["composer/src/", "deploy-kit/src/"];
const NO_ENGINE: &[&str] = &["composer/", "deploy-kit/", "components/"];
const DISK: &str = "let `host/disk.rs` do it, or list the file in tests/tidy.rs with a reason";
const ENVIRONMENT: &str = "read it in `host/env.rs`, where every variable is a documented constant";
const NO_ORG: &str = "the host knows no Org; ask the kernel or `wb-composer`";

/// What may be said in some files only: the text, where the rule holds, the files of it that may, the cure.
type Reserved = (&'static str, &'static [&'static str], &'static [&'static str], &'static str);
const RESERVED: &[Reserved] = &[
    (
        "std::fs",
        NATIVE,
        &[
            "host/disk.rs",
            "host/disk/durable.rs",
            "host/disk/exchange.rs",
            "host/disk/granted.rs",
            "host/disk/journal.rs",
            "host/disk/staging.rs",
            "host/disk/walk.rs",
            "host/disk/within.rs",
        ],
        DISK,
    ),
    ("tokio::fs", NATIVE, &["host/disk.rs"], DISK),
    ("env::var", NATIVE, &["host/env.rs"], ENVIRONMENT),
    ("inherit_", &["host/"], &["host/linker.rs"], "grant it in `host/linker.rs`, from `Grants`"),
    ("orgize", &["host/"], &[], NO_ORG),
    ("wac_graph", &["host/"], &[], NO_ORG),
    ("wasmtime::", NO_ENGINE, &[], "only the host knows the engine"),
    ("std::process", PURE, &[], "return what should be done as data"),
];

#[test]
fn every_source_file_says_what_it_is_for_and_is_no_giant_room() {
    let mut broken = Broken::default();
    for (path, text) in files(&["rs"]) {
        if !text.starts_with("//!") {
            broken.at(&path, 1, "no module docs; open it with `//!` and what it is responsible for");
        }
        if text.lines().count() > LINES && !CATALOGUES.contains(&path.as_str()) {
            broken.at(&path, LINES, "too long; split it by responsibility, or list it in CATALOGUES");
        }
    }
    broken.report();
}

#[test]
fn no_trailing_whitespace_and_no_unfinished_notes() {
    let mut broken = Broken::default();
    for (path, text) in files(&["rs", "toml", "md", "wit"]) {
        for (number, line) in numbered(&text) {
            if line.ends_with([' ', '\t', '\r']) {
                broken.at(&path, number, "trailing whitespace; remove it");
            }
            if is_unfinished(line) {
                broken.at(&path, number, "an unfinished note; do it, or open an issue");
            }
        }
    }
    broken.report();
}

/// A comment that begins with one of the two words. `TODO` elsewhere is Org's, and this repository reads Org.
fn is_unfinished(line: &str) -> bool {
    let comment = line.split_once("//").map_or("", |(_, comment)| comment);
    let is_doc = comment.starts_with(['/', '!']);
    let note = comment.trim_start_matches(['/', '!', ' ']);
    match note.strip_prefix("TODO") {
        Some(rest) => !is_doc || rest.starts_with([':', '(', '!']),
        None => note.starts_with("FIXME"),
    }
}

#[test]
fn packages_depend_on_what_they_may() {
    let mut broken = Broken::default();
    for (path, text) in files(&["toml"]) {
        let folder = path.trim_end_matches("Cargo.toml").trim_end_matches('/');
        let forbidden = match FORBIDDEN.iter().find(|(of, _)| *of == folder) {
            Some((_, names)) if path.ends_with("Cargo.toml") => *names,
            None if path.starts_with("components/") => FORBIDDEN_IN_GUESTS,
            _ => continue,
        };
        for (number, name) in dependencies(&text) {
            let family = if name.starts_with("wasmtime-") { "wasmtime" } else { &name };
            if forbidden.contains(&family) {
                let what = format!("depends on `{name}`; see the table of packages in CONTRIBUTING.md");
                broken.at(&path, number, &what);
            }
        }
    }
    broken.report();
}

/// The names in every dependency table of a manifest (normal, dev, build, per target), with their lines.
fn dependencies(manifest: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut inside = false;
    for (number, line) in numbered(manifest) {
        let line = line.trim();
        if let Some(table) = line.strip_prefix('[') {
            // `[workspace.dependencies]` only fixes versions.
            let tail = table.rsplit_once("dependencies").filter(|_| !table.starts_with("workspace"));
            inside = tail.is_some_and(|(_, tail)| tail.starts_with(']'));
            if let Some((_, name)) = tail.filter(|(_, tail)| tail.starts_with('.')) {
                found.push((number, unquoted(name)));
            }
        } else if inside && !line.starts_with('#') {
            found.extend(line.split(['=', '.']).next().map(|name| (number, unquoted(name))));
            // `engine = { package = "wasmtime" }` is wasmtime too.
            let renamed = line.split_once("package").and_then(|(_, name)| name.split('"').nth(1));
            found.extend(renamed.map(|name| (number, unquoted(name))));
        }
    }
    found
}

fn unquoted(name: &str) -> String {
    name.trim_matches(|c: char| c.is_whitespace() || "\"'.]".contains(c)).to_owned()
}

#[test]
fn dependency_tables_are_read() {
    let manifest = "[package]\nname = \"x\"\n[dependencies]\n# a note\na.workspace = true\n\"b\" = \"1\"\n\
        [target.'cfg(unix)'.dev-dependencies]\nc = { package = \"d\" }\n[build-dependencies.e]\nversion = \"1\"\n\
        [workspace.dependencies]\nf = \"1\"\n";
    let mut names: Vec<String> = dependencies(manifest).into_iter().map(|(_, name)| name).collect();
    names.retain(|name| !name.is_empty());
    assert_eq!(names, ["a", "b", "c", "d", "e"]);
}

#[test]
fn reserved_words_stay_in_their_files() {
    let mut broken = Broken::default();
    for (path, text) in files(&["rs"]) {
        if path.contains("/tests/") || path.contains("/examples/") || path.ends_with("build.rs") {
            continue;
        }
        // Inline tests may do what the code beside them may not.
        let code = text.split("#[cfg(test)]\nmod ").next().unwrap();
        for (number, line) in numbered(code).filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for (word, within, except, cure) in RESERVED {
                let concerned = within.iter().any(|place| path.starts_with(place));
                if concerned && !except.contains(&path.as_str()) && line.contains(word) {
                    broken.at(&path, number, &format!("`{word}` does not belong here; {cure}"));
                }
            }
        }
    }
    broken.report();
}

#[test]
fn every_diagnostic_code_is_tested_and_explained() {
    let explained = fs::read_to_string(root().join(EXPLANATIONS)).unwrap();
    let tested: BTreeSet<String> = walk(CASES).iter().flat_map(|(_, text)| codes(text)).collect();
    let mut broken = Broken::default();
    let mut seen = BTreeSet::new();
    for (path, text) in walk("components/oql/src") {
        for (number, line) in numbered(&text) {
            for code in codes(line).into_iter().filter(|code| seen.insert(code.clone())) {
                if !explained.contains(&format!("\n## {code} ")) {
                    broken.at(&path, number, &format!("{code} is not explained; add a section to {EXPLANATIONS}"));
                }
                if !tested.contains(&code) {
                    broken.at(&path, number, &format!("{code} has no case; add one under {CASES}"));
                }
            }
        }
    }
    broken.report();
}

#[test]
fn explanations_have_an_example_and_a_cure() {
    let text = fs::read_to_string(root().join(EXPLANATIONS)).unwrap();
    let mut broken = Broken::default();
    let mut line = 1;
    let mut before = String::new();
    for (index, section) in text.split("\n## ").enumerate() {
        let code = codes(section.lines().next().unwrap_or_default()).pop_first().unwrap_or_default();
        let rules = [
            (section.starts_with(&format!("{code} ")), "the heading is not `## WBnnn …`; `wb explain` splits there"),
            (code > before, "out of order, or twice; sort the sections by code"),
            (section.trim_end().lines().count() <= 25, "over 25 lines, and read in a terminal; shorten it"),
            (section.contains("\n```org\n"), "no example; add a fenced `org` block"),
            (section.contains("\nCure: "), "no cure; add a line that begins with `Cure: `"),
        ];
        for (_, what) in rules.iter().filter(|(holds, _)| index > 0 && !holds) {
            broken.at(EXPLANATIONS, line, what);
        }
        line += section.split('\n').count();
        before = code;
    }
    broken.report();
}

/// Every `WB` with exactly three digits after it.
fn codes(text: &str) -> BTreeSet<String> {
    let digits = |rest: &str| rest.chars().take_while(char::is_ascii_digit).collect::<String>();
    let numbers = text.split("WB").skip(1).map(digits);
    numbers.filter(|number| number.len() == 3).map(|number| format!("WB{number}")).collect()
}

/// What is wrong, one line each.
#[derive(Default)]
struct Broken(Vec<String>);

impl Broken {
    fn at(&mut self, path: &str, line: usize, what: &str) {
        self.0.push(format!("{path}:{line}: {what}"));
    }

    fn report(self) {
        assert!(self.0.is_empty(), "house rules broken: {}\n\n{}\n", self.0.len(), self.0.join("\n"));
    }
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split('\n').enumerate().map(|(index, line)| (index + 1, line))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The repository's files with one of these endings, by path from the root with `/`.
fn files(endings: &[&str]) -> Vec<(String, String)> {
    let mut files = walk("");
    files.retain(|(path, _)| path.rsplit_once('.').is_some_and(|(_, end)| endings.contains(&end)));
    assert!(!files.is_empty(), "no file ends with {endings:?}: is this the repository?");
    files
}

/// The text files below a folder; build output, hidden folders and binary files are left out.
fn walk(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (name, path) = (entry.file_name(), entry.path());
            let name = name.to_string_lossy();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if !name.starts_with('.') && name != "target" {
                    open.push(path);
                }
            } else if let Ok(text) = fs::read_to_string(&path) {
                let path = path.strip_prefix(root()).unwrap_or(&path);
                found.push((path.to_string_lossy().replace('\\', "/"), text));
            }
        }
    }
    found.sort();
    found
}
