//! The corpus of hostile texts, as it is and cut up: what `oql::exercise` promises must hold for all of them.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod mutate;

use std::path::Path;
use std::time::{Duration, Instant};

use mutate::{Xorshift, mutate};

fn corpus() -> Vec<(String, String)> {
    texts("../../tests/fuzz/corpus")
}

fn texts(folder: &str) -> Vec<(String, String)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<_> = std::fs::read_dir(directory).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "org"));
    files.sort();
    let name = |p: &Path| p.file_name().unwrap().to_string_lossy().into_owned();
    files.iter().map(|f| (name(f), String::from_utf8_lossy(&std::fs::read(f).unwrap()).into_owned())).collect()
}

/// A guest has a megabyte of stack; frames of a debug build are larger than its own, so this is the harder test.
fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(1 << 20).spawn(work).unwrap().join().unwrap();
}

#[test]
fn the_corpus_holds() {
    for (name, text) in corpus() {
        println!("{name}");
        on_a_small_stack(move || oql::exercise(&text));
    }
}

#[test]
fn mutations_hold() {
    let mut corpus = corpus();
    corpus.extend(texts("../../tests/conformance/cases").into_iter().filter(|(_, text)| !text.is_empty()));
    on_a_small_stack(move || {
        let rounds = std::env::var("OQL_ROUNDS").ok().and_then(|v| v.parse().ok()).unwrap_or(3000usize);
        let mut random = Xorshift(0x9e37_79b9_7f4a_7c15);
        if let Some(seed) = std::env::var("OQL_SEED").ok().and_then(|v| v.parse::<u64>().ok()) {
            random.0 ^= seed;
        }
        let begun = Instant::now();
        for round in 0..rounds {
            let text = mutate(&corpus, &mut random);
            let result = std::panic::catch_unwind(|| oql::exercise(&text));
            assert!(result.is_ok(), "round {round} breaks on {text:?}");
            // A slow machine checks less rather than failing.
            if begun.elapsed() > Duration::from_secs(if rounds > 3000 { 3600 } else { 8 }) {
                break;
            }
        }
    });
}

/// Large and hostile texts in bounded time, also in a debug build.
#[test]
fn large_texts_take_no_longer_than_their_size() {
    let component =
        |i: usize| format!("** C{i}\n:PROPERTIES:\n:in: v{i}\n:out: v{}\n:END:\n#+begin_src js\n#+end_src\n", i + 1);
    let book = "* B\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n";
    // Ten seconds in a debug build is a hundred times what the same text costs in a release build.
    let texts = [
        ("components", format!("{book}{}", (0..2000).map(component).collect::<String>())),
        ("headings", "* h :t:\ntext\n".repeat(20_000)),
        ("levels", (1..1000).map(|n| format!("{} h :t{n}:\n", "*".repeat(n))).collect()),
        ("one line", "a *b /c [[d {e ".repeat(40_000)),
        ("bars", "|".repeat(300_000)),
        ("ports", format!("{book}** C\n:PROPERTIES:\n:in: {}\n:END:\n", "p<( ".repeat(20_000))),
        ("opened", "#+begin_x\n".repeat(30_000)),
        ("same names", "#+name: x\n#+begin_src js :noweb yes\n<<x>>\n#+end_src\n".repeat(3000)),
        ("markup", "*a /b =c= d/ e* [[https://x.y][z]]\n\n".repeat(5000)),
    ];
    for (name, text) in texts {
        on_a_small_stack(move || {
            let begun = Instant::now();
            let plan = oql::tangle_plan(&text);
            oql::lint(&text, &[]);
            oql::render(&text, &oql::model::RenderOptions::default());
            println!("{name}: {} bytes, {} components, {:?}", text.len(), plan.components.len(), begun.elapsed());
            assert!(begun.elapsed() < Duration::from_secs(20), "{name} takes too long");
        });
    }
}
