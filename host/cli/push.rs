//! `wb push`: a component, or a workbook composed into one, as an OCI artifact in a folder or a registry.

use std::path::Path;

use serde_json::json;

use super::{Context, Failure, components, compose};
use crate::artifact::Target;
use crate::disk;
use crate::exit::Exit;
use crate::oci::registry::Registry;
use crate::oci::{Artifact, OciError, Place, Reference, layout};

/// What to push, and where to.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A component (`.wasm`), or an Org file, which is composed first
    #[arg(value_name = "FILE")]
    pub file: String,
    /// Where to: `oci:./folder:tag` (an OCI image layout) or `oci://registry.example.com/name:tag`
    #[arg(value_name = "REFERENCE")]
    pub to: String,
    /// What the component of a workbook is for
    #[arg(long, value_enum, default_value = "library")]
    pub target: Target,
}

/// Pushes, and prints the reference with its digest.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    let reference = Reference::parse(&arguments.to).map_err(Failure::from)?;
    if reference.digest.is_some() {
        let message = format!("`{}` has a digest, which only what is pushed can have", arguments.to);
        return Err(Failure::new(Exit::Usage, message).hint("write a tag: `oci:./folder:tag`").into());
    }
    let bytes = match Path::new(&arguments.file).extension().is_some_and(|extension| extension == "wasm") {
        true => disk::read(Path::new(&arguments.file)).map_err(|error| {
            let missing = error.kind() == std::io::ErrorKind::NotFound;
            let exit = if missing { Exit::NotFound } else { Exit::Failed };
            Failure::new(exit, format!("cannot read `{}`: {error}", arguments.file))
        })?,
        false => match compose::workbook(&arguments.file, arguments.target, context)? {
            Ok(composed) => composed.bytes,
            Err(exit) => return Ok(exit),
        },
    };
    let artifact = Artifact::of(&bytes).map_err(Failure::from)?;
    put(&reference, &artifact, context).map_err(Failure::from)?;
    let pushed = Reference { tag: Some(reference.tag().to_owned()), ..reference.at(artifact.digest()) };
    if context.report.is_json() {
        let digest = artifact.digest().to_string();
        context.report.value(&json!({
            "ok": true, "reference": pushed.to_string(), "digest": digest, "bytes": bytes.len(),
        }))?;
    } else {
        context.report.out(&format!("{pushed}\n"))?;
    }
    context.report.say(&format!("pushed {}", crate::report::bytes(bytes.len() as u64)));
    Ok(Exit::Ok)
}

fn put(reference: &Reference, artifact: &Artifact<'_>, context: &Context) -> Result<(), OciError> {
    match &reference.place {
        Place::Layout(folder) => layout::put(Path::new(folder), reference.tag(), artifact),
        Place::Registry { .. } if context.offline() => Err(OciError::Offline { reference: reference.to_string() }),
        Place::Registry { host, repository } => {
            Registry::new(host, repository, components::credentials().as_deref())?.put(reference.tag(), artifact)
        }
    }
}
