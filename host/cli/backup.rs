//! `wb backup`, `wb restore` and `wb migrate`: a store as a folder, a folder as a store, and a store as this version has it.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::store::{Place, block};
use super::{Context, Failure};
use crate::disk;
use crate::exit::Exit;
use crate::store::backup::{self, Manifest};
use crate::store::database::{Config, Database};
use crate::store::migrations::{self, Migration};
use crate::store::{self, Options};

/// Where from, and where to.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The folder of the backup
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    #[command(flatten)]
    place: Place,
}

/// Which store.
#[derive(Debug, clap::Args)]
pub struct MigrateArguments {
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    place: Place,
}

/// Writes a consistent copy, while a server runs or not.
pub(super) fn backup(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    block(async {
        let store = arguments.place.open().await?;
        let manifest = backup::backup(&store, &arguments.folder).await.map_err(Failure::from)?;
        told(&manifest, &format!("wrote `{}`", arguments.folder.display()), context)
    })
}

/// Reads a copy into a store in which there is nothing.
pub(super) fn restore(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    block(async {
        let store = arguments.place.open().await?;
        let manifest = backup::restore(&store, &arguments.folder).await.map_err(Failure::from)?;
        told(&manifest, &format!("restored `{}`", arguments.folder.display()), context)
    })
}

fn told(manifest: &Manifest, done: &str, context: &Context) -> anyhow::Result<Exit> {
    let rows: u64 = manifest.tables.values().map(|table| table.rows).sum();
    context.report.say(&format!("{done}: {rows} rows, {} blobs", manifest.blobs));
    if context.report.is_json() {
        context
            .report
            .value(&json!({ "ok": true, "schema": manifest.schema, "rows": rows, "blobs": manifest.blobs }))?;
    }
    Ok(Exit::Ok)
}

/// Brings a store up to date, as a server does when it starts.
pub(super) fn migrate(arguments: &MigrateArguments, context: &Context) -> anyhow::Result<Exit> {
    block(async {
        let options = arguments.place.options()?;
        let pending = match &options.database {
            // Looking is not making.
            Config::Sqlite(path) if arguments.dry_run && !disk::exists(path) => migrations::ALL.to_vec(),
            _ => steps(&options, arguments.dry_run).await.map_err(Failure::from)?,
        };
        let verb = if arguments.dry_run { "to be done" } else { "done" };
        for step in &pending {
            context.report.say(&format!("{verb}: {} {}", step.version, step.name));
        }
        if pending.is_empty() {
            context.report.say("the store is up to date");
        }
        if context.report.is_json() {
            let steps: Value = pending.iter().map(|of| json!({ "version": of.version, "name": of.name })).collect();
            context.report.value(&json!({ "done": !arguments.dry_run, "steps": steps }))?;
        }
        Ok(Exit::Ok)
    })
}

/// The steps that the database lacks, which are then done unless it is `dry`.
async fn steps(options: &Options, dry: bool) -> store::Result<Vec<Migration>> {
    if let Config::Sqlite(path) = &options.database
        && let Some(folder) = path.parent()
    {
        disk::make_durable(folder).map_err(|error| store::Error::Unavailable(error.to_string()))?;
    }
    let database = Database::open(&options.database).await?;
    let pending = migrations::pending(&database).await?;
    if !dry {
        migrations::apply(&database, options.clock.now()).await?;
    }
    Ok(pending)
}
