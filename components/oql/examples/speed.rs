//! How fast the kernel reads: MB/s of every path per file given, and the slowest at the end. For measuring only.
//!
//! `--only PATH` does one path once and nothing else, for a profiler that counts instructions.
#![allow(clippy::print_stdout, missing_docs)]

use std::hint::black_box;
use std::time::Instant;

use oql::model::{RawHtml, RenderOptions};

const RUNS: u32 = 7;

type Path = (&'static str, fn(&str));

const PATHS: [Path; 8] = [
    ("tree", |org| drop(black_box(oql::element_tree(org)))),
    ("headlines", |org| drop(black_box(oql::parse_headlines(org)))),
    ("blocks", |org| drop(black_box(oql::source_blocks(org)))),
    ("plan", |org| drop(black_box(oql::tangle_plan(org)))),
    ("lint", |org| drop(black_box(oql::lint(org, &[])))),
    ("format", |org| drop(black_box(oql::format(org)))),
    ("render", |org| render(org, false)),
    ("plain", |org| render(org, true)),
];

fn render(org: &str, plain: bool) {
    let options = RenderOptions { plain, raw_html: RawHtml::Drop, ..RenderOptions::default() };
    drop(black_box(oql::render(org, &options)));
}

fn best(mut work: impl FnMut()) -> f64 {
    (0..RUNS)
        .map(|_| {
            let begun = Instant::now();
            work();
            begun.elapsed().as_secs_f64()
        })
        .fold(f64::MAX, f64::min)
}

fn main() -> std::io::Result<()> {
    let mut files: Vec<String> = std::env::args().skip(1).collect();
    let only = (files.first().map(String::as_str) == Some("--only")).then(|| files.drain(..2).nth(1)).flatten();
    let mut slowest = (f64::MAX, String::new());
    for file in files {
        let org = std::fs::read_to_string(&file)?;
        let size = f64::from(u32::try_from(org.len()).unwrap_or(u32::MAX)) / 1e6;
        let mut line = format!("{file}: {size:.2} MB;");
        for (name, path) in PATHS {
            match &only {
                Some(only) if only == name => path(&org),
                Some(_) => {}
                None => {
                    let speed = size / best(|| path(&org));
                    line.push_str(&format!(" {name} {speed:.0}"));
                    if speed < slowest.0 {
                        slowest = (speed, format!("{name} of {file}"));
                    }
                }
            }
        }
        println!("{line} MB/s");
    }
    println!("slowest: {:.0} MB/s, {}", slowest.0, slowest.1);
    Ok(())
}
