//! Everything in one folder, and back, from any kind of store into any kind.
//!
//! The rows are read in one transaction and written as lines of JSON, one file for each table; then the blobs are copied.
//! A blob is written before the row that refers to it and never changed, so the copy has all that its rows need, whatever
//! is written meanwhile. `manifest.json` comes last: a folder without it is no backup. Master keys are not in it.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::Store;
use super::database::{Row, Transaction, Value};
use super::digest::Digest;
use super::error::{Error, Result};
use super::local::Local;
use super::migrations;
use super::objects::Objects;
use crate::disk;

/// The version of the form.
const FORM: u32 = 1;

/// The tables and their columns, in the order they are restored in. Sessions are not kept: whoever comes back logs in again.
const TABLES: &[(&str, &str)] = &[
    ("workbooks", "tenant, id, digest, size, revision, created, changed, deleted"),
    ("revisions", "tenant, id, revision, digest, size, made, author"),
    (
        "runs",
        "tenant, id, workbook, source, state, inputs, outputs, record, problem, executor, lease, attempt, cancel, events, \
         queued, started, ended",
    ),
    ("run_events", "tenant, run, number, kind, body, made"),
    ("turns", "tenant, served"),
    ("sites", "tenant, site, active, latest"),
    ("snapshots", "tenant, site, number, digest, files, size, note, made"),
    ("snapshot_files", "tenant, site, number, path, coding, digest, media, size, styles"),
    ("domains", "tenant, host, site, state, token, added, verified"),
    ("variables", "tenant, name, kind, hosts, sealed, master, size, changed"),
    ("api_keys", "id, tenant, name, hash, scopes, made, expires, revoked"),
    ("idempotency", "tenant, name, request, holder, held, status, headers, body, expires"),
    ("refusals", "tenant, made, id, client, method, path, rule, detail"),
    ("leases", "name, holder, until, fence"),
    ("firings", "tenant, schedule, slot, holder, made"),
];

/// What is in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the form.
    pub form: u32,
    /// The version of the schema that the rows are of.
    pub schema: i64,
    /// When it was made, in milliseconds since 1970.
    pub made: i64,
    /// Rows and the digest of the file, by table.
    pub tables: BTreeMap<String, Table>,
    /// How many blobs.
    pub blobs: u64,
}

/// A table of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// How many rows.
    pub rows: u64,
    /// The SHA-256 of its file.
    pub digest: String,
}

fn schema() -> i64 {
    migrations::ALL.last().map_or(0, |step| step.version)
}

/// Writes a backup into a folder, which is made and must be empty.
///
/// # Errors
///
/// When the folder is not empty, or one of the stores or the disk fails.
pub async fn backup(store: &Store, folder: &Path) -> Result<Manifest> {
    if !disk::walk(folder).is_empty() {
        return Err(Error::Invalid(format!("`{}` is not empty", folder.display())));
    }
    let target = Objects::Local(Local::open(folder).await?);
    let mut open = store.database().read().await?;
    let mut tables = BTreeMap::new();
    for (table, columns) in TABLES {
        let (text, rows) = dump(&mut open, table, columns).await?;
        let digest = Digest::of(&text).to_string();
        target.put(&format!("tables/{table}.jsonl"), Bytes::from(text)).await?;
        tables.insert((*table).to_owned(), Table { rows, digest });
    }
    open.rollback().await;
    let blobs = copy(store.objects(), &target).await?;
    let manifest = Manifest { form: FORM, schema: schema(), made: store.clock.now(), tables, blobs };
    let text = serde_json::to_vec_pretty(&manifest).map_err(|error| Error::Invalid(error.to_string()))?;
    target.put("manifest.json", Bytes::from(text)).await?;
    Ok(manifest)
}

async fn dump(open: &mut Transaction, table: &str, columns: &str) -> Result<(Vec<u8>, u64)> {
    let rows = open.query_text(&format!("SELECT {columns} FROM {table}"), &[]).await?;
    let mut text = Vec::new();
    for row in &rows {
        let line = serde_json::to_vec(&row.0.iter().map(write).collect::<Vec<_>>());
        text.extend(line.map_err(|error| Error::Invalid(error.to_string()))?);
        text.push(b'\n');
    }
    Ok((text, rows.len() as u64))
}

fn write(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Int(value) => Json::from(*value),
        Value::Text(value) => Json::from(value.as_str()),
        Value::Bytes(value) => Json::from(vec![STANDARD.encode(value)]),
    }
}

fn read(value: &Json) -> Option<Value> {
    Some(match value {
        Json::Null => Value::Null,
        Json::Number(value) => Value::Int(value.as_i64()?),
        Json::String(value) => Value::Text(value.clone()),
        Json::Array(value) => Value::Bytes(STANDARD.decode(value.first()?.as_str()?).ok()?),
        _ => return None,
    })
}

/// Copies all blobs, each verified, and says how many.
async fn copy(from: &Objects, to: &Objects) -> Result<u64> {
    let (mut after, mut count) = (String::new(), 0);
    loop {
        let names = from.list("blobs/", &after, 1000).await?;
        let Some(last) = names.last() else { return Ok(count) };
        after.clone_from(last);
        for name in &names {
            let bytes = from.get(name).await?;
            let digest = Digest::of(&bytes).to_string();
            if name.rsplit('/').next() != Some(digest.as_str()) {
                return Err(Error::Corrupt(format!("the blob `{name}` is not its bytes")));
            }
            to.put(name, bytes).await?;
            count += 1;
        }
    }
}

/// Brings a backup into a store, which must be empty.
///
/// # Errors
///
/// [`Error::Invalid`] when the folder is no backup or of another version, [`Error::Conflict`] when the store is not empty; [`Error::Corrupt`]
/// when it is damaged. The store's rows are as before then; blobs may have been added, which nothing refers to.
pub async fn restore(store: &Store, folder: &Path) -> Result<Manifest> {
    let source = Objects::Local(Local::open(folder).await?);
    let no_backup = || Error::Invalid(format!("`{}` is no whole backup", folder.display()));
    let text = source.get("manifest.json").await.map_err(|error| match error {
        Error::NotFound(_) => no_backup(),
        other => other,
    })?;
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|_| no_backup())?;
    if (manifest.form, manifest.schema) != (FORM, schema()) {
        let text = format!("the backup is of schema {}, this wb has {}", manifest.schema, schema());
        return Err(Error::Invalid(text));
    }
    if copy(&source, store.objects()).await? != manifest.blobs {
        return Err(Error::Corrupt("blobs of the backup are missing".to_owned()));
    }
    let mut open = store.database().write().await?;
    let filled = fill(&mut open, &source, &manifest).await;
    match filled {
        Ok(()) => open.commit().await.map_err(Error::settled)?,
        Err(error) => {
            open.rollback().await;
            return Err(error.settled());
        }
    }
    Ok(manifest)
}

async fn fill(open: &mut Transaction, source: &Objects, manifest: &Manifest) -> Result<()> {
    for (table, columns) in TABLES {
        let damaged = || Error::Corrupt(format!("the table `{table}` of the backup is damaged"));
        if !open.query_text(&format!("SELECT 1 FROM {table} LIMIT 1"), &[]).await?.is_empty() {
            return Err(Error::Conflict(format!("the store is not empty: there are {table}")));
        }
        let text = source.get(&format!("tables/{table}.jsonl")).await?;
        let told = manifest.tables.get(*table).ok_or_else(damaged)?;
        if told.digest != Digest::of(&text).to_string() {
            return Err(damaged());
        }
        let places: Vec<String> = (1..=columns.split(',').count()).map(|number| format!("${number}")).collect();
        let sql = format!("INSERT INTO {table} ({columns}) VALUES ({})", places.join(", "));
        for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let row: Vec<Json> = serde_json::from_slice(line).map_err(|_| damaged())?;
            let row: Vec<Value> = row.iter().map(read).collect::<Option<_>>().ok_or_else(damaged)?;
            if row.len() != places.len() {
                return Err(damaged());
            }
            open.execute_text(&sql, &row).await?;
        }
    }
    Ok(())
}

/// A text for each row of each table, long ones as a digest: two stores with the same content give the same.
///
/// # Errors
///
/// When the store fails.
pub async fn content(store: &Store) -> Result<BTreeMap<String, Vec<String>>> {
    let mut open = store.database().read().await?;
    let mut all = BTreeMap::new();
    for (table, columns) in TABLES {
        let rows: Vec<Row> = open.query_text(&format!("SELECT {columns} FROM {table}"), &[]).await?;
        let line = |row: &Row| match format!("{:?}", row.0) {
            short if short.len() <= 500 => short,
            long => Digest::of(long.as_bytes()).to_string(),
        };
        let mut lines: Vec<String> = rows.iter().map(line).collect();
        lines.sort();
        all.insert((*table).to_owned(), lines);
    }
    open.rollback().await;
    Ok(all)
}
