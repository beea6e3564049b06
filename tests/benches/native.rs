//! A `c` block against the same C, compiled by this machine's `cc -O2`: `cargo bench --bench native`.
//!
//! Both are timed in turns in one run, best of several; nothing is asserted. The native program times itself with the processor's clock, a
//! block is timed as its step, which makes an instance first: about a millisecond of several hundred.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

const SOURCE: &str = include_str!("kernels.c");
/// Kernels and how much of each is done.
const KERNELS: [(&str, u32); 3] = [("nbody", 2_000_000), ("product", 300), ("sieve", 2_000)];
const ROUNDS: usize = 7;

fn main() {
    let folder = std::env::temp_dir().join(format!("wb-bench-native-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    native_program(&folder);
    fs::write(folder.join("book.org"), workbook()).unwrap();
    println!("{:<10} {:>12} {:>12} {:>24}", "", "native", "block", "speed of the native one");
    // The first run compiles.
    for (name, _) in KERNELS {
        block(&folder, name, 1);
    }
    for (name, amount) in KERNELS {
        let (mut best_native, mut best_block) = (f64::MAX, f64::MAX);
        for _ in 0..ROUNDS {
            best_native = best_native.min(native(&folder, name, amount));
            best_block = best_block.min(block(&folder, name, amount));
        }
        let share = best_native / best_block * 100.0;
        println!("{name:<10} {best_native:>9.0} ms {best_block:>9.0} ms {share:>22.0} %");
    }
    drop(fs::remove_dir_all(folder));
}

fn native_program(folder: &Path) {
    let main = r#"
#include <stdio.h>
#include <string.h>
#include <time.h>
int main(int count, char **words) {
  uint32_t n = atoi(words[2]);
  clock_t begun = clock();
  double value = strcmp(words[1], "nbody") == 0 ? nbody(n) : strcmp(words[1], "product") == 0 ? product(n) : sieve(n);
  printf("%f %g\n", (double)(clock() - begun) / CLOCKS_PER_SEC * 1000.0, value);
}
"#;
    fs::write(folder.join("main.c"), format!("{SOURCE}{main}")).unwrap();
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    // Blocks are exact, so the native one has to be.
    let arguments = ["-O2", "-ffp-contract=off", "main.c", "-lm", "-o", "native"];
    assert!(Command::new(compiler).args(arguments).current_dir(folder).status().unwrap().success());
}

fn native(folder: &Path, name: &str, amount: u32) -> f64 {
    let output = Command::new(folder.join("native")).args([name, &amount.to_string()]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().split(' ').next().unwrap().parse().unwrap()
}

fn workbook() -> String {
    let mut book = String::from("* Native\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n");
    for (name, _) in KERNELS {
        write!(
            book,
            "** {name}\n:PROPERTIES:\n:in: {name}-n:u32\n:out: {name}-r:f64\n:sig: {name}-run: func(n: u32) -> f64\n:END:\n\
             #+begin_src c\n{SOURCE}\ndouble {name}_run(uint32_t n) {{ return {name}(n); }}\n#+end_src\n"
        )
        .unwrap();
    }
    book
}

/// The milliseconds of a step.
fn block(folder: &Path, name: &str, amount: u32) -> f64 {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wb"));
    command.current_dir(folder).args([
        "run",
        "book.org",
        "--fresh",
        "--json",
        "-q",
        "--only",
        &format!("native/{name}"),
    ]);
    command.args(["--in", &format!("{name}-n={amount}")]);
    let output = command.output().unwrap();
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let step = said["components"]
        .as_array()
        .and_then(|steps| steps.iter().find(|step| step["id"] == format!("native/{name}")));
    let time = step.and_then(|step| step["ms"].as_f64());
    time.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}
