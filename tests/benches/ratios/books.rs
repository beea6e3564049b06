//! Whole workbooks against themselves: what is known against what is not, two processors against one.

use std::fmt::Write as _;

use super::support::{Folder, chain, times};
use super::{compare, turns};

const NODES: usize = 500;

/// A chain of 500 nodes: nothing of it known, one edit, nothing changed.
pub(crate) fn nodes(folder: &Folder) {
    for language in ["javascript", "wat"] {
        folder.file("first.org", &chain(1, language, 0, 9));
        folder.file("book.org", &chain(NODES, language, NODES, 0));
        let cold: Vec<_> = (0..2)
            .flat_map(|_| {
                folder.forget("new");
                folder.wb("new", &["run", "first.org"]);
                times(1, || folder.wb("new", &["run", "book.org"]))
            })
            .collect();
        let mut salt = 1000;
        let mut edit = |edited: usize| {
            salt += 1;
            folder.file("edit.org", &chain(NODES, language, edited, salt));
            times(1, || folder.wb("new", &["run", "edit.org"]))[0]
        };
        edit(NODES - 1);
        let known = times(3, || folder.wb("new", &["run", "--fresh", "book.org"]));
        let last: Vec<_> = (0..7).map(|_| edit(NODES - 1)).collect();
        let half: Vec<_> = (0..2).map(|_| edit(NODES / 2)).collect();
        let warm = times(7, || folder.wb("new", &["run", "book.org"]));
        compare(
            &format!("{NODES} nodes in a chain, {language}"),
            &[
                ("cold: kernel and engines known, nothing of the file", &cold),
                ("all run, all code known (`--fresh`)", &known),
                ("an edit of the node in the middle: 250 run", &half),
                ("an edit of the last node: 1 runs", &last),
                ("warm: nothing changed", &warm),
            ],
        );
    }
}

/// Eight nodes that have nothing to do with each other, about a tenth of a second each.
pub(crate) fn islands(folder: &Folder) {
    let mut book = String::from("* Islands\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n");
    for island in 0..8 {
        write!(
            book,
            "** I{island}\n:PROPERTIES:\n:out: v{island}:f64\n:END:\n#+begin_src javascript\n\
             export function run() {{\n  let sum = {island};\n  for (let i = 0; i < 1000000; i++) sum += i % 7;\n  return sum;\n}}\n\
             #+end_src\n"
        )
        .unwrap();
    }
    folder.file("islands.org", &book);
    folder.wb("cache", &["run", "islands.org"]);
    let run = |jobs: &str| times(1, || folder.wb("cache", &["run", "--fresh", "--jobs", jobs, "islands.org"]))[0];
    let [one, two] = turns(7, [&mut || run("1"), &mut || run("2")]);
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    compare(
        &format!("8 islands of JavaScript, all run, all code known ({processors} processors)"),
        &[("--jobs 1", &one), ("--jobs 2", &two)],
    );
}
