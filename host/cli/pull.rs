//! `wb pull`: the component of an OCI artifact as a file. Every byte is checked against a digest.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::json;

use super::{Context, Failure, components};
use crate::disk;
use crate::exit::Exit;
use crate::oci::Reference;

/// What to pull, and where to.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// `oci:./folder:tag` or `oci://registry.example.com/name:tag`; with `@sha256:…` exactly that
    #[arg(value_name = "REFERENCE")]
    pub from: String,
    /// Write the component to this file
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

/// Writes the component.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    let reference = Reference::parse(&arguments.from).map_err(Failure::from)?;
    let got = components::get(&reference, Path::new(""), context).map_err(Failure::from)?;
    let target = &arguments.output;
    disk::write_atomic(target, &got.component).with_context(|| format!("cannot write `{}`", target.display()))?;
    if context.report.is_json() {
        context.report.value(&json!({
            "ok": true,
            "reference": reference.at(got.digest.clone()).to_string(),
            "digest": got.digest.to_string(),
            "output": target.to_string_lossy(),
            "bytes": got.component.len(),
        }))?;
    }
    let size = crate::report::bytes(got.component.len() as u64);
    context.report.say(&format!("wrote `{}`: {}, {size}", target.display(), got.digest));
    Ok(Exit::Ok)
}
