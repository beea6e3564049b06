//! A file of twenty blocks in five languages: `wb run` of it, and the same file executed by Babel in batch Emacs.
//!
//! Babel starts the machine's node, Python, gcc, sh and sqlite3, one block after the other; wb runs its own engines. The
//! blocks are independent of each other, because Babel would run again what others refer to. Both answers are looked at.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use super::support::{Folder, times};
use super::{ask, compare, turns};

const SCRIPT: &str = include_str!("babel.el");
const EACH: usize = 4;
const ROUNDS: usize = 5;

pub(crate) fn polyglot(folder: &Folder) {
    let Some(emacs) = Emacs::find(folder) else { return };
    let Some(cache) = toolchains(folder) else { return };
    // The cache stays, and must not know this run's blocks from the last one.
    let run = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    let mut bench = Bench { folder, cache, run, salt: 0 };
    if !bench.agree(&emacs) {
        return;
    }
    let wb = |bench: &Bench<'_>, arguments: &[&str]| times(1, || folder.wb(&bench.cache, arguments))[0];
    let (mut cold, mut cold_one, mut fresh, mut babel) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bench.write(None);
        cold.push(wb(&bench, &["run", "book.org"]));
        fresh.push(wb(&bench, &["run", "--fresh", "book.org"]));
        bench.write(None);
        babel.push(emacs.run(folder));
        cold_one.push(wb(&bench, &["run", "--jobs", "1", "book.org"]));
    }
    compare(
        &format!("{} blocks in five languages, all run ({})", EACH * 5, emacs.version),
        &[
            ("Babel in batch Emacs", &babel),
            ("wb, nothing of the file known", &cold),
            ("wb, nothing of the file known, --jobs 1", &cold_one),
            ("wb, all code known", &fresh),
        ],
    );
    bench.write(None);
    wb(&bench, &["run", "book.org"]);
    emacs.run(folder);
    let [babel, warm] = turns(ROUNDS, [&mut || emacs.run(folder), &mut || wb(&bench, &["run", "book.org"])]);
    let name = "Babel with `:cache yes`, its results in the file";
    compare("the same file, nothing changed", &[(name, &babel), ("wb", &warm)]);
    for (what, language) in [("JavaScript", 0), ("C", 2)] {
        let (mut babel, mut edited) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            bench.write(None);
            wb(&bench, &["run", "book.org"]);
            emacs.run(folder);
            bench.write(Some(language));
            edited.push(wb(&bench, &["run", "book.org"]));
            babel.push(emacs.run(folder));
        }
        compare(&format!("the same file, one block of {what} changed"), &[(name, &babel), ("wb", &edited)]);
    }
}

/// The file, which is new in every round.
struct Bench<'a> {
    folder: &'a Folder,
    cache: String,
    run: u128,
    salt: usize,
}

impl Bench<'_> {
    /// Writes the file: all blocks other than before, or the first one of one language only.
    fn write(&mut self, only: Option<usize>) {
        if only.is_none() {
            self.salt += 1;
        }
        let Some(language) = only else {
            return self.folder.file("book.org", &self.book());
        };
        // Babel's results are in the file, and stay.
        let text = std::fs::read_to_string(self.folder.path().join("book.org")).unwrap();
        let (before, after) = (self.block(language, 0, 0), self.block(language, 0, 5000));
        assert!(text.contains(&before));
        self.folder.file("book.org", &text.replacen(&before, &after, 1));
    }

    fn book(&self) -> String {
        let mut book = String::from("#+PROPERTY: header-args :results output :cache yes\n");
        book.push_str("* Poly\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n");
        for number in 0..EACH {
            for (language, name) in ["js", "python", "C", "sh", "sqlite"].iter().enumerate() {
                let ty = if *name == "sqlite" { "json" } else { "string" };
                write!(
                    book,
                    "** {name} {number}\n:PROPERTIES:\n:out: {name}-{number}:{ty}\n:END:\n#+begin_src {name}\n{}\n#+end_src\n\n",
                    self.block(language, number, 0)
                )
                .unwrap();
            }
        }
        book
    }

    /// Adds numbers up, as people of that language would.
    fn block(&self, language: usize, number: usize, more: usize) -> String {
        let most = self.most(language, number) + more;
        let comment = format!("{} run {}\n", ["//", "#", "//", "#", "--"][language], self.run);
        let code = match language {
            0 => format!("let sum = 0;\nfor (let i = 1; i <= {most}; i++) sum += i;\nconsole.log(sum);"),
            1 => format!(
                "import statistics\nnumbers = range(1, {most} + 1)\nprint(round(statistics.mean(numbers) * len(numbers)))"
            ),
            2 => format!(
                "#include <stdio.h>\nint main(void) {{\n  long sum = 0;\n  for (long i = 1; i <= {most}; i++)\n    sum += i;\n  \
                 printf(\"%ld\\n\", sum);\n  return 0;\n}}"
            ),
            3 => format!("seq 1 {most} | awk '{{ sum += $1 }} END {{ printf \"%.0f\\n\", sum }}'"),
            _ => format!(
                "with recursive n(i) as (select 1 union all select i + 1 from n where i < {most})\nselect sum(i) as total from n;"
            ),
        };
        comment + &code
    }

    /// Other numbers for each block and round.
    fn most(&self, language: usize, number: usize) -> usize {
        1000 + self.salt * 20 + number * 5 + language
    }

    /// Whether both give the sums; also compiles what is compiled once for a machine.
    fn agree(&mut self, emacs: &Emacs) -> bool {
        self.write(None);
        let output = self.folder.command(&self.cache, &["run", "--json", "-q", "book.org"]).output().unwrap();
        let wb = String::from_utf8_lossy(&output.stdout).into_owned();
        emacs.run(self.folder);
        let babel = std::fs::read_to_string(self.folder.path().join("book.org")).unwrap();
        for (who, said) in [("wb", &wb), ("Babel", &babel)] {
            let sums = (0..EACH).flat_map(|number| (0..5).map(move |language| (number, language)));
            let missing = sums.filter(|(number, language)| {
                let most = self.most(*language, *number);
                !said.contains(&(most * (most + 1) / 2).to_string())
            });
            let missing = missing.count();
            if missing > 0 {
                println!("\nnot measured: {missing} of {} blocks have no result under {who}:\n{said}", EACH * 5);
                println!("{}", String::from_utf8_lossy(&output.stderr));
                return false;
            }
        }
        true
    }
}

/// The cache with clang and CPython in it, kept beside the build; they are downloaded once.
fn toolchains(folder: &Folder) -> Option<String> {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("bench-cache");
    let cache = cache.to_str().unwrap().to_owned();
    for language in ["c", "python"] {
        ask("twenty blocks", &mut folder.command(&cache, &["doctor", "--get", language]))?;
    }
    Some(cache)
}

/// Emacs with Org, and the Python that Babel is to use.
struct Emacs {
    lisp: Option<PathBuf>,
    python: String,
    version: String,
}

impl Emacs {
    /// `None` if it, or a program that Babel needs, is not there.
    fn find(folder: &Folder) -> Option<Self> {
        let what = "twenty blocks against Babel";
        for program in ["node", "gcc", "sqlite3"] {
            ask(what, Command::new(program).arg("--version"))?;
        }
        // Not a wrapper that takes longer to start than Python does.
        let python = ask(what, Command::new("python3").args(["-c", "import sys; print(sys.executable)"]))?;
        let lisp = std::env::var_os("WB_BENCH_ORG_LISP").map(PathBuf::from);
        let mut emacs = Self { lisp, python, version: String::new() };
        let say = "(progn (require 'org) (princ (format \"Emacs %s, Org %s\" emacs-version org-version)))";
        emacs.version = ask(what, emacs.command().args(["--eval", say]))?;
        folder.file("babel.el", SCRIPT);
        Some(emacs)
    }

    fn command(&self) -> Command {
        let mut command = Command::new("emacs");
        command.args(["-Q", "--batch"]);
        if let Some(lisp) = &self.lisp {
            command.arg("-L").arg(lisp);
        }
        command
    }

    fn run(&self, folder: &Folder) -> Duration {
        let mut command = self.command();
        command.args(["-l", "babel.el", &self.python, "book.org"]).current_dir(folder.path());
        let started = Instant::now();
        let ended = command.stdin(Stdio::null()).stdout(Stdio::null()).output().unwrap();
        let took = started.elapsed();
        let said = String::from_utf8_lossy(&ended.stderr);
        let last = said.trim_end().lines().next_back().unwrap_or_default();
        assert!(
            ended.status.success(),
            "{} failed: {last}; WB_BENCH_ORG_LISP names the folder of a newer Org",
            self.version
        );
        took
    }
}
