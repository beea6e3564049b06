//! wb against what one would use instead, both in turns within one run: `cargo bench --bench ratios`. Nothing is asserted.
//!
//! `… -- calls babel` picks tables. A C block against native C is `--bench native`, Org against other readers `--bench org`.
//! Other programs (node, Python with QuickJS, Emacs, gcc) are found on the `PATH`; what is not there is said and left out.
//! `docs/performance.md` says what the figures were.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

#[path = "ratios/babel.rs"]
mod babel;
#[path = "ratios/books.rs"]
mod books;
#[path = "ratios/calls.rs"]
mod calls;
#[path = "ratios/scripts.rs"]
mod scripts;
mod support;

use std::process::{Command, Stdio};
use std::time::Duration;

use support::{Folder, best_and_median, show};

fn main() {
    let picked: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let folder = Folder::new();
    let profile = if cfg!(debug_assertions) { "without optimisation (the JIT optimised)" } else { "optimised" };
    println!("wb's host is built {profile}; what blocks do is the same code in both");
    let tables: [(&str, &dyn Fn()); 7] = [
        ("calls", &calls::edges),
        ("million", &calls::million),
        ("start", &|| scripts::start(&folder)),
        ("throughput", &|| scripts::throughput(&folder)),
        ("nodes", &|| books::nodes(&folder)),
        ("islands", &|| books::islands(&folder)),
        ("babel", &|| babel::polyglot(&folder)),
    ];
    for (name, table) in tables {
        if picked.is_empty() || picked.iter().any(|picked| picked == name) {
            table();
        }
    }
}

/// Several ways to the same end, each with its times, compared with the first.
fn compare(what: &str, ways: &[(&str, &[Duration])]) {
    println!("\n{what}\n{:<58} {:>10} {:>10} {:>22}", "", "best", "median", "times the first");
    let Some(((name, first), others)) = ways.split_first() else { return };
    let (best, median) = best_and_median(first);
    println!("  {name:<56} {:>10} {:>10}", show(best), show(median));
    for (name, times) in others {
        let (other, other_median) = best_and_median(times);
        let times = |one: Duration, other: Duration| ratio(one.as_secs_f64() / other.as_secs_f64());
        let ratios = format!("{} {:>10}", times(other, best), times(other_median, median));
        println!("  {name:<56} {:>10} {:>10} {ratios:>22}", show(other), show(other_median));
    }
}

/// Three digits, whatever their place.
fn ratio(ratio: f64) -> String {
    match ratio {
        r if r < 0.1 => format!("{r:.4}"),
        r if r < 10.0 => format!("{r:.2}"),
        r => format!("{r:.0}"),
    }
}

/// Runs each of `ways` once a round, every other round from the back, so that none of them has the quiet minute.
fn turns<const N: usize>(rounds: usize, ways: [&mut dyn FnMut() -> Duration; N]) -> [Vec<Duration>; N] {
    let mut times = [const { Vec::new() }; N];
    for round in 0..rounds {
        for turn in 0..N {
            let way = if round % 2 == 0 { turn } else { N - 1 - turn };
            times[way].push(ways[way]());
        }
    }
    times
}

/// What a program prints, without line ends; `None`, with a word about it, if it is not there or fails.
fn ask(what: &str, command: &mut Command) -> Option<String> {
    match command.stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => Some(String::from_utf8_lossy(&output.stdout).trim_end().to_owned()),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            println!(
                "\nnot measured: {what}: {}",
                said.trim_end().lines().last().unwrap_or("it failed and said nothing")
            );
            None
        }
        Err(error) => {
            println!("\nnot measured: {what}: {}: {error}", command.get_program().display());
            None
        }
    }
}
