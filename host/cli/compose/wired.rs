//! `wb compose a.wasm b.wasm --wire a.out=b.in`: components of anybody's, without a workbook.

use std::io::ErrorKind;
use std::path::Path;

use wb_composer::assemble::{self, AssembleError, Chosen, Part, Wire};
use wb_composer::{authority, signature};

use super::{Arguments, CliFailure, Context, Exit, written};
use crate::cli::components;
use crate::disk;
use crate::oci::{OciError, Reference};

/// Whether the arguments are about components.
pub(super) fn is_meant(arguments: &Arguments) -> bool {
    let component = |file: &String| {
        Reference::is_meant(split(file).1) || Path::new(file).extension().is_some_and(|extension| extension == "wasm")
    };
    !arguments.wire.is_empty() || !arguments.export.is_empty() || arguments.files.iter().any(component)
}

/// Links them and writes the result.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    let mut named = Vec::new();
    for file in &arguments.files {
        let (name, path) = split(file);
        let bytes = match Reference::is_meant(path) {
            true => referred(path, context).map_err(CliFailure::from)?,
            false => disk::read(Path::new(path)).map_err(|error| {
                let exit = if error.kind() == ErrorKind::NotFound { Exit::NotFound } else { Exit::Failed };
                CliFailure::new(exit, format!("cannot read `{path}`: {error}"))
            })?,
        };
        named.push((name, path, bytes));
    }
    for (index, (name, path, _)) in named.iter().enumerate() {
        if let Some((_, other, _)) = named.iter().take(index).find(|(other, ..)| other == name) {
            let message = format!("`{other}` and `{path}` are both called `{name}`");
            return Err(CliFailure::new(Exit::Usage, message).hint("name one of them: `NAME=FILE.wasm`").into());
        }
        if name.contains('.') || name.is_empty() {
            let message = format!("`{path}` cannot be called `{name}`: the name of a part has no dot in it");
            return Err(CliFailure::new(Exit::Usage, message).hint("name it: `NAME=FILE.wasm`").into());
        }
    }
    let parts: Vec<Part<'_>> = named.iter().map(|(name, _, bytes)| Part { name, bytes }).collect();
    let bytes = link(&parts, &arguments.wire, &arguments.export).map_err(|error| {
        let exit = if matches!(error, AssembleError::Syntax(_)) { Exit::Usage } else { Exit::Invalid };
        CliFailure::new(exit, error.to_string())
    })?;
    rights(context, &bytes);
    written(arguments, context, &bytes, parts.len(), Vec::new())
}

/// The component that a reference leads to.
fn referred(path: &str, context: &Context) -> Result<Vec<u8>, OciError> {
    Ok(components::get(&Reference::parse(path)?, Path::new(""), context)?.component)
}

fn link(parts: &[Part<'_>], wires: &[String], exports: &[String]) -> Result<Vec<u8>, AssembleError> {
    let wires = wires.iter().map(|text| Wire::read(text)).collect::<Result<Vec<_>, _>>()?;
    let exports = exports.iter().map(|text| Chosen::read(text)).collect::<Result<Vec<_>, _>>()?;
    assemble::assemble(parts, &wires, &exports)
}

/// `NAME=FILE`, or a file that is called by its stem.
fn split(file: &str) -> (&str, &str) {
    match file.split_once('=') {
        Some((name, path)) if !name.contains(['/', '\\', '.']) => (name, path),
        _ if Reference::is_meant(file) => {
            // The last word of the place, less its tag and digest.
            let path = file.split('@').next().unwrap_or(file);
            let last = path.rsplit('/').next().unwrap_or(path);
            (last.split(':').next().unwrap_or(last), file)
        }
        _ => (Path::new(file).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default(), file),
    }
}

/// Says what the result may ask of its host: its import list is its permission list.
fn rights(context: &Context, bytes: &[u8]) {
    let Ok(offer) = signature::offer(bytes) else { return };
    let mints = |import: &&String| !matches!(authority::kind(import), authority::Kind::Handles);
    let rights: Vec<String> = offer.imports.iter().filter(mints).map(|import| format!("`{import}`")).collect();
    if !rights.is_empty() {
        context.report.say(&format!("it imports {}", rights.join(", ")));
    }
}
