//! What orgize, the Org parser of crates.io, takes for the files given. For `cargo bench --bench org` only.
#![allow(clippy::print_stdout, missing_docs)]

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

fn main() -> std::io::Result<()> {
    for path in std::env::args().skip(1) {
        let org = std::fs::read_to_string(&path)?;
        let name = Path::new(&path).file_name().unwrap_or_default().to_string_lossy().into_owned();
        let show = |what: &str, work: &dyn Fn()| {
            let time = |_| {
                let begun = Instant::now();
                work();
                begun.elapsed().as_secs_f64()
            };
            let best = (0..3).map(time).fold(f64::MAX, f64::min);
            println!("{name:<14} {what:<34} {:>9.1} ms {:>8.1} MB/s", best * 1e3, org.len() as f64 / 1e6 / best);
        };
        show("orgize, parse", &|| drop(black_box(orgize::Org::parse(&org))));
        show("orgize, to HTML", &|| drop(black_box(orgize::Org::parse(&org).to_html())));
    }
    Ok(())
}
