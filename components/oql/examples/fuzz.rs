//! A long run of random texts through `oql::exercise`, with what breaks it made small.
//!
//! `cargo run -p oql --release --example fuzz -- SECONDS [SEED]`; the text in work stands in `fuzz-current.org` of the
//! temporary folder, for a run that ends in a stack overflow. `cargo test` has a short run (`tests/corpus.rs`), and
//! `tests/fuzz` the same for cargo-fuzz, which needs a nightly compiler.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "../tests/mutate/mod.rs"]
mod mutate;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use mutate::{Xorshift, mutate};

/// Where the last panic was and what it said.
static LAST: Mutex<(String, String)> = Mutex::new((String::new(), String::new()));

fn main() {
    let mut arguments = std::env::args().skip(1).map(|a| a.parse::<u64>().expect("SECONDS [SEED]"));
    let (seconds, seed) = (arguments.next().unwrap_or(60), arguments.next().unwrap_or(1));
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        *LAST.lock().unwrap() = (place, info.to_string());
    }));
    // A guest has a megabyte of stack.
    let work = move || run(Duration::from_secs(seconds), seed);
    std::thread::Builder::new().stack_size(1 << 20).spawn(work).unwrap().join().unwrap();
}

fn run(time: Duration, seed: u64) {
    let mut corpus = Vec::new();
    for folder in ["fuzz/corpus", "conformance/cases", "conformance/cases/files", "tangle"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests").join(folder);
        for file in std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
            let text = String::from_utf8_lossy(&std::fs::read(file.path()).unwrap_or_default()).into_owned();
            if file.path().extension().is_some_and(|e| e == "org") && !text.is_empty() {
                corpus.push((String::new(), text));
            }
        }
    }
    corpus.sort();
    let mut random = Xorshift(0x9e37_79b9_7f4a_7c15 ^ seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
    let current = std::env::temp_dir().join("fuzz-current.org");
    let (begun, mut rounds, mut found) = (Instant::now(), 0u64, BTreeMap::new());
    while begun.elapsed() < time {
        let text = mutate(&corpus, &mut random);
        rounds += 1;
        std::fs::write(&current, &text).unwrap();
        let started = Instant::now();
        if let Some(place) = breaks(&text) {
            if !found.contains_key(&place) {
                let small = smaller(&text, &place);
                breaks(&small);
                println!("{}\n{small:?}\n{small}\n--------", LAST.lock().unwrap().1);
            }
            *found.entry(place).or_insert(0) += 1;
        } else if started.elapsed() > Duration::from_secs(2) {
            println!("{:?} for {text:?}\n--------", started.elapsed());
        }
    }
    println!("{rounds} texts; {found:?}");
}

/// Where the text breaks a promise.
fn breaks(text: &str) -> Option<String> {
    catch_unwind(AssertUnwindSafe(|| oql::exercise(text))).err().map(|_| LAST.lock().unwrap().0.clone())
}

/// Leaves out lines, then characters, as long as the same promise is broken.
fn smaller(text: &str, place: &str) -> String {
    let mut best = text.to_owned();
    for by_line in [true, false] {
        let mut size = 64;
        while size > 0 {
            let parts: Vec<String> = match by_line {
                true => best.split_inclusive('\n').map(str::to_owned).collect(),
                false => best.chars().map(String::from).collect(),
            };
            let mut at = parts.len();
            let mut kept = parts;
            while at > 0 {
                let from = at.saturating_sub(size);
                let without: String = kept.iter().take(from).chain(kept.iter().skip(at)).map(String::as_str).collect();
                if breaks(&without).as_deref() == Some(place) {
                    kept.drain(from..at);
                }
                at = from;
            }
            best = kept.concat();
            size /= 4;
        }
    }
    best
}
