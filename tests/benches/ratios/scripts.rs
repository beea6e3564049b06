//! JavaScript: how soon it runs, against `node`, and how fast, against the same engine compiled for the machine.

use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::support::{Folder, best_and_median, chain, show, times};
use super::{ask, compare, turns};

const KERNELS: &str = include_str!("kernels.js");
/// Kernels and how much of each is done: some tenths of a second.
const AMOUNTS: [(&str, u32); 4] = [("fib", 27), ("sieve", 20), ("words", 20), ("rows", 12)];

/// From nothing to the result of a function: an instance of the engine and one call.
pub(crate) fn start(folder: &Folder) {
    folder.file("one.org", &chain(1, "javascript", 0, 5));
    folder.file("many.org", &chain(51, "javascript", 0, 5));
    for book in ["one.org", "many.org"] {
        folder.wb("cache", &["run", book]);
    }
    let run = |book: &str| times(1, || folder.wb("cache", &["run", "--fresh", book]))[0];
    let Some(version) = ask("the start of a JavaScript node", Command::new("node").arg("--version")) else { return };
    let text = "const n0 = (x) => x + 5; console.log(n0(1))";
    let node = || {
        let status = Command::new("node").args(["-e", text]).stdout(Stdio::null()).status().unwrap();
        assert!(status.success());
    };
    let step = |_| folder.step("cache", "chain/n0", &["run", "--fresh", "--json", "-q", "one.org"]);
    let [one, many, other] = turns(15, [&mut || run("one.org"), &mut || run("many.org"), &mut || times(1, node)[0]]);
    let further: Vec<Duration> = many.iter().zip(&one).map(|(many, one)| many.saturating_sub(*one) / 50).collect();
    let step: Vec<Duration> = (0..15).map(step).collect();
    compare(
        &format!("a JavaScript function from nothing to its result (node {version})"),
        &[
            ("node -e, a process", &other),
            ("wb run --fresh, a process with 1 node", &one),
            ("each of 50 further nodes, an instance each", &further),
            ("the step itself: instance made, prelude, block, call", &step),
        ],
    );
}

/// The same script in QuickJS as a component and in QuickJS as Python's package has it.
pub(crate) fn throughput(folder: &Folder) {
    let what = "JavaScript throughput (it takes `pip install quickjs-ng` or `quickjs`)";
    let mut python = Command::new("python3");
    let Some(version) = ask(what, python.args(["-c", VERSION])) else { return };
    folder.file("kernels.js", KERNELS);
    folder.file("kernels.org", &book());
    println!("\nJavaScript in wb and natively ({version}); speed of the native one = 100 %");
    println!("{:<58} {:>10} {:>10} {:>10} {:>10}", "", "best", "median", "best", "median");
    for (name, amount) in AMOUNTS {
        let (id, input) = (format!("js/{name}"), format!("{name}-n={amount}"));
        let arguments = ["run", "kernels.org", "--fresh", "--json", "-q", "--only", &id, "--in", &input];
        folder.wb("cache", &arguments);
        let mut native = || native(folder, name, amount);
        let [native, block] = turns(7, [&mut native, &mut || folder.step("cache", &id, &arguments)]);
        let ((best, median), (block, block_median)) = (best_and_median(&native), best_and_median(&block));
        println!("  {:<56} {:>10} {:>10}", format!("{name}, natively"), show(best), show(median));
        let share =
            |one: Duration, other: Duration| format!("{:.0} %", 100.0 * one.as_secs_f64() / other.as_secs_f64());
        let shares = [share(best, block), share(median, block_median)];
        let block = [show(block), show(block_median)];
        println!(
            "  {:<56} {:>10} {:>10} {:>10} {:>10}",
            format!("{name}, a step of wb"),
            block[0],
            block[1],
            shares[0],
            shares[1]
        );
    }
}

const VERSION: &str = r#"
import quickjs
from importlib.metadata import packages_distributions, version
name = packages_distributions()["quickjs"][0]
print(name, version(name))
"#;

/// Prints the milliseconds that the call of a kernel takes.
const NATIVE: &str = r#"
import sys, time, quickjs
context = quickjs.Context()
context.eval(open(sys.argv[1]).read())
begun = time.perf_counter()
context.eval(f"{sys.argv[2]}({sys.argv[3]})")
print((time.perf_counter() - begun) * 1000)
"#;

fn native(folder: &Folder, name: &str, amount: u32) -> Duration {
    let mut command = Command::new("python3");
    command.args(["-c", NATIVE, "kernels.js", name, &amount.to_string()]).current_dir(folder.path());
    let output = command.output().unwrap();
    let time = String::from_utf8_lossy(&output.stdout).trim().parse::<f64>();
    Duration::from_secs_f64(time.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr))) / 1e3)
}

fn book() -> String {
    let mut book = String::from("* Js\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n");
    for (name, _) in AMOUNTS {
        write!(
            book,
            "** {name}\n:PROPERTIES:\n:in: {name}-n:u32\n:out: {name}-r:f64\n:END:\n\
             #+begin_src javascript\n{KERNELS}export const run = (n) => {name}(n);\n#+end_src\n"
        )
        .unwrap();
    }
    book
}
