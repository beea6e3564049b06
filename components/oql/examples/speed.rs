//! How fast the kernel reads: MB/s of parsing, headings, source blocks and planning per file given. For measuring only.
#![allow(clippy::print_stdout, missing_docs)]

use std::hint::black_box;
use std::time::Instant;

fn best(runs: u32, mut work: impl FnMut()) -> f64 {
    (0..runs)
        .map(|_| {
            let begun = Instant::now();
            work();
            begun.elapsed().as_secs_f64()
        })
        .fold(f64::MAX, f64::min)
}

fn main() -> std::io::Result<()> {
    for path in std::env::args().skip(1) {
        let org = std::fs::read_to_string(&path)?;
        let size = f64::from(u32::try_from(org.len()).unwrap_or(u32::MAX)) / 1e6;
        let parse = best(9, || drop(black_box(oql::element_tree(&org))));
        let headlines = best(9, || drop(black_box(oql::parse_headlines(&org))));
        let source = best(9, || drop(black_box(oql::source_blocks(&org))));
        let plan = best(9, || drop(black_box(oql::tangle_plan(&org))));
        println!(
            "{path}: {size:.2} MB; tree {:.0}, headlines {:.0}, blocks {:.0}, plan {:.0} MB/s ({:.2} ms)",
            size / parse,
            size / headlines,
            size / source,
            size / plan,
            plan * 1e3
        );
    }
    Ok(())
}
