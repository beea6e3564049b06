//! `wb cache`: where the cache is, how large it is, and making it smaller.

use std::time::Duration;

use serde_json::{Value, json};

use super::Context;
use crate::cache::{Keep, Usage};
use crate::exit::Exit;
use crate::packages;
use crate::report::{bytes, count, table};
use crate::units;

/// What to do with the cache.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The verb.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What to do with the cache.
#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// Print the cache's directory
    Path,
    /// Print how many entries there are and how large they are
    Size,
    /// Remove what was not used for longest; downloaded compilers only with `--packages`
    Prune {
        /// Keep at most this much, such as `500MiB`; without it `WB_CACHE_SIZE`, or 2 GiB
        #[arg(long, value_name = "SIZE", value_parser = units::size)]
        max_size: Option<u64>,
        /// Keep only what was used within this time, such as `12h` or `30d`
        #[arg(long, value_name = "TIME", value_parser = units::time)]
        max_age: Option<Duration>,
        /// Remove downloaded compilers instead, all of them or what `--max-age` says; a block that needs one downloads it again
        #[arg(long, conflicts_with = "max_size")]
        packages: bool,
    },
    /// Remove everything but downloaded compilers
    Clear,
}

/// Does it.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    let report = context.report;
    // The error is kept in the context, so it can only be lent.
    let cache = context.open_cache().map_err(|error| super::Failure::new(Exit::Failed, error.to_string()))?;
    match &arguments.verb {
        Verb::Path if report.is_json() => report.value(&json!({ "path": cache.directory().to_string_lossy() }))?,
        Verb::Path => report.out(&format!("{}\n", cache.directory().display()))?,
        Verb::Size => {
            let usage = cache.usage();
            let sum = usage.iter().fold(Usage::default(), |sum, (_, each)| Usage {
                entries: sum.entries + each.entries,
                bytes: sum.bytes + each.bytes,
            });
            if report.is_json() {
                let kinds = usage.iter().map(|(kind, usage)| (kind.name().to_owned(), value(*usage)));
                let kinds = Value::Object(kinds.collect());
                let packages = value(packages::usage(cache.directory()));
                let all = json!({ "entries": sum.entries, "bytes": sum.bytes, "kinds": kinds, "packages": packages });
                report.value(&all)?;
            } else {
                let row =
                    |name: &str, usage: Usage| vec![name.to_owned(), usage.entries.to_string(), bytes(usage.bytes)];
                let mut rows: Vec<_> = usage.iter().map(|(kind, usage)| row(kind.name(), *usage)).collect();
                rows.push(row("all", sum));
                // A line of its own, below the sum: the bound of the cache is not about them.
                rows.push(row("packages", packages::usage(cache.directory())));
                report.out(&table(&rows))?;
            }
        }
        Verb::Prune { max_age, packages: true, .. } => {
            let gone = packages::remove(cache.directory(), *max_age).map_err(|error| {
                super::Failure::new(Exit::Failed, format!("cannot remove downloaded packages: {error}"))
            })?;
            removed(gone, "package", context)?;
        }
        Verb::Prune { max_size, max_age, packages: false } => {
            let gone = cache.prune(Keep { bytes: Some(max_size.unwrap_or_else(|| cache.limit())), age: *max_age })?;
            removed(gone, "entry", context)?;
        }
        Verb::Clear => removed(cache.clear()?, "entry", context)?,
    }
    Ok(Exit::Ok)
}

fn removed(gone: Usage, what: &str, context: &Context) -> anyhow::Result<()> {
    if context.report.is_json() {
        context.report.value(&json!({ "removed": value(gone) }))?;
    } else {
        let entries = count(usize::try_from(gone.entries).unwrap_or(usize::MAX), what);
        context.report.out(&format!("removed {entries}, {}\n", bytes(gone.bytes)))?;
    }
    Ok(())
}

fn value(usage: Usage) -> Value {
    json!({ "entries": usage.entries, "bytes": usage.bytes })
}
