//! `wb cache`: where the cache is, how large it is, and making it smaller.

use std::time::Duration;

use serde_json::{Value, json};

use super::Context;
use crate::cache::{Keep, Usage};
use crate::exit::Exit;
use crate::report::{bytes, count, table};

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
    /// Remove what was not used for longest
    Prune {
        /// Keep at most this much, such as `500MiB`
        #[arg(long, value_name = "SIZE", value_parser = parse_size, default_value = "2GiB")]
        max_size: u64,
        /// Keep only what was used within this time, such as `12h` or `30d`
        #[arg(long, value_name = "TIME", value_parser = parse_time)]
        max_age: Option<Duration>,
    },
    /// Remove everything
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
                report.value(&json!({ "entries": sum.entries, "bytes": sum.bytes, "kinds": kinds }))?;
            } else {
                let row =
                    |name: &str, usage: Usage| vec![name.to_owned(), usage.entries.to_string(), bytes(usage.bytes)];
                let mut rows: Vec<_> = usage.iter().map(|(kind, usage)| row(kind.name(), *usage)).collect();
                rows.push(row("all", sum));
                report.out(&table(&rows))?;
            }
        }
        Verb::Prune { max_size, max_age } => {
            let gone = cache.prune(Keep { bytes: Some(*max_size), age: *max_age })?;
            removed(gone, context)?;
        }
        Verb::Clear => removed(cache.clear()?, context)?,
    }
    Ok(Exit::Ok)
}

fn removed(gone: Usage, context: &Context) -> anyhow::Result<()> {
    if context.report.is_json() {
        context.report.value(&json!({ "removed": value(gone) }))?;
    } else {
        let entries = count(usize::try_from(gone.entries).unwrap_or(usize::MAX), "entry");
        context.report.out(&format!("removed {entries}, {}\n", bytes(gone.bytes)))?;
    }
    Ok(())
}

fn value(usage: Usage) -> Value {
    json!({ "entries": usage.entries, "bytes": usage.bytes })
}

fn parse_size(text: &str) -> Result<u64, String> {
    let units = [("", 0), ("b", 0), ("k", 10), ("kib", 10), ("m", 20), ("mib", 20), ("g", 30), ("gib", 30)];
    let (number, unit) = split(text)?;
    let shift = units.iter().find(|(name, _)| *name == unit).map(|(_, shift)| *shift);
    let shift = shift.ok_or_else(|| format!("`{unit}` is no unit of size; write `KiB`, `MiB` or `GiB`"))?;
    number.checked_mul(1 << shift).ok_or_else(|| "too large".to_owned())
}

fn parse_time(text: &str) -> Result<Duration, String> {
    let units = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("w", 604_800)];
    let (number, unit) = split(text)?;
    let seconds = units.iter().find(|(name, _)| *name == unit).map(|(_, seconds)| *seconds);
    let seconds = seconds.ok_or_else(|| format!("`{unit}` is no unit of time; write `s`, `m`, `h`, `d` or `w`"))?;
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(|| "too large".to_owned())
}

/// `500 MiB` as a number and a unit in lower case.
fn split(text: &str) -> Result<(u64, String), String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number = text[..digits].parse().map_err(|_| "begin with a whole number".to_owned())?;
    Ok((number, text[digits..].trim().to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_have_units() {
        assert_eq!(parse_size("500MiB"), Ok(500 << 20));
        assert_eq!(parse_size("12"), Ok(12));
        assert!(parse_size("12 apples").is_err() && parse_size("").is_err() && parse_size("99999999999GiB").is_err());
        assert_eq!(parse_time("2d"), Ok(Duration::from_secs(172_800)));
        assert!(parse_time("2").is_err());
    }
}
