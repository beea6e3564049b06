//! `wb bundle` and `wb unbundle`: a workbook with the files it needs as one file, and back.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use anyhow::Context as _;
use serde_json::{Value, json};

use super::sign::{Who, base_name};
use super::{Context, Failure, book, references};
use crate::bundle::{Bundle, BundleError, LARGEST, is_plain, looks_like};
use crate::disk::{self, Staging, Within};
use crate::env;
use crate::exit::Exit;
use crate::json;
use crate::kernel::types::ReferenceKind;
use crate::report;
use crate::sign::Verdict;

/// What to bundle.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Org file
    #[arg(value_name = "FILE")]
    pub file: String,
    /// Write to this file; without it, beside the workbook with the ending `.wbundle`
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Another file or folder below the workbook's that it needs; repeatable
    #[arg(long, value_name = "PATH")]
    pub with: Vec<PathBuf>,
    /// Sign it
    #[arg(long)]
    pub sign: bool,
    #[command(flatten)]
    who: Who,
}

/// What to take apart.
#[derive(Debug, clap::Args)]
pub struct UnbundleArguments {
    /// Bundle
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// A folder that is not there yet, or is empty
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

impl From<BundleError> for Failure {
    fn from(error: BundleError) -> Self {
        let exit = match error {
            BundleError::TooLarge => Exit::Failed,
            _ => Exit::Unverified,
        };
        Self::new(exit, error.to_string())
    }
}

/// Makes a bundle.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    let report = context.report;
    let source = context.read(&arguments.file)?;
    let Some(path) = source.path.clone() else {
        return Err(Failure::new(Exit::Usage, "a bundle is made of a file, and standard input is none").into());
    };
    let book = match book::of(source, context)? {
        Ok(book) => book,
        Err(exit) => return Ok(exit),
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let within = Within::open(folder, false).with_context(|| format!("cannot open `{}`", folder.display()))?;
    let mut files = BTreeMap::new();
    for path in named(&book, context)? {
        take(&within, &path, &mut files, context)?;
    }
    for path in &arguments.with {
        for path in below(folder, path)? {
            take(&within, &path, &mut files, context)?;
        }
    }
    let name = base_name(&book.source.name).to_owned();
    files.remove(&name);
    let plan = json::plan(&book.plan, json::Names::Typed);
    let text = book.source.text.into_bytes();
    let signer = arguments.sign.then(|| arguments.who.signer(context)).transpose()?;
    let time = env::utc_time();
    let signed = signer.as_ref().map(|signer| (signer, time.as_str()));
    let bundle = Bundle::new(&name, plan, text, files, signed).map_err(Failure::from)?;
    let bytes = bundle.pack()?;
    let target = arguments.output.clone().unwrap_or_else(|| path.with_extension("wbundle"));
    disk::write_atomic(&target, &bytes).with_context(|| format!("cannot write `{}`", target.display()))?;
    let count = bundle.files.len() + 1;
    let s = if count == 1 { "" } else { "s" };
    report.say(&format!("{}: {count} file{s}, {}", target.display(), report::bytes(bytes.len() as u64)));
    if report.is_json() {
        let mut value =
            json!({ "ok": true, "bundle": target.to_string_lossy(), "bytes": bytes.len(), "files": list(&bundle) });
        if let Some(signer) = signer {
            value["issuer_did"] = json!(signer.did().to_string());
        }
        report.value(&value)?;
    }
    Ok(Exit::Ok)
}

fn list(bundle: &Bundle) -> Value {
    std::iter::once(&bundle.name).chain(bundle.files.keys()).map(String::as_str).collect()
}

/// What the workbook names: what it includes and shows, what it links to, components, and its lock.
fn named(book: &book::Book, context: &Context) -> anyhow::Result<BTreeSet<String>> {
    let mut out: BTreeSet<String> = BTreeSet::from(["wb.lock".to_owned()]);
    let included = references::files(&book.source, context)?;
    let texts = included.iter().map(|file| (file.path.rsplit_once('/').map_or("", |(folder, _)| folder), &file.text));
    for (folder, text) in texts.chain([("", &book.source.text)]) {
        for reference in context.kernel()?.references(text)? {
            // The kernel's own walk has these, wherever they are named.
            if !matches!(reference.kind, ReferenceKind::Include | ReferenceKind::Setup) {
                out.extend(references::inside(&format!("{folder}/"), &reference.path));
            }
        }
    }
    out.extend(included.into_iter().map(|file| file.path));
    let binaries = book.plan.components.iter().filter_map(|component| component.binary.as_deref());
    out.extend(binaries.filter_map(|path| references::inside("", path)));
    Ok(out)
}

/// Reads one file into the bundle. What is not there, `wb lint` tells; what may not be in one is told here.
fn take(within: &Within, path: &str, files: &mut BTreeMap<String, Vec<u8>>, context: &Context) -> anyhow::Result<()> {
    if !is_plain(path) || within.has_directory(Path::new(path)) {
        if !within.has_directory(Path::new(path)) {
            context.report.warn(&format!("`{path}` is left out: hidden files and unusual names are not in bundles"));
        }
        return Ok(());
    }
    match within.size(Path::new(path)) {
        Ok(Some(size)) if size > LARGEST => return Err(Failure::from(BundleError::TooLarge).into()),
        Ok(Some(_)) => {}
        Ok(None) => return Ok(()),
        Err(error) => {
            context.report.warn(&format!("`{path}` is left out: {error}"));
            return Ok(());
        }
    }
    if let Some(bytes) = within.read(Path::new(path)).with_context(|| format!("cannot read `{path}`"))? {
        files.insert(path.to_owned(), bytes);
    }
    Ok(())
}

/// The files of `--with`, by their paths from the workbook's folder.
fn below(folder: &Path, path: &Path) -> anyhow::Result<Vec<String>> {
    let outside = || {
        Failure::new(Exit::Usage, format!("`{}` is not below the workbook's folder", path.display()))
            .hint("what a bundle has is unpacked beside the workbook, so it has to be below its folder")
    };
    let whole = folder.join(path);
    if !disk::exists(&whole) {
        return Err(Failure::new(Exit::NotFound, format!("there is no `{}`", path.display())).into());
    }
    let whole = disk::absolute(&whole).ok_or_else(outside)?;
    let root = disk::absolute(folder).ok_or_else(outside)?;
    let found = if disk::size(&whole).is_some() && !disk::is_directory(&whole.to_string_lossy()) {
        vec![whole]
    } else {
        disk::walk(&whole).into_iter().map(|found| found.path).collect()
    };
    let relative = |path: &PathBuf| {
        let parts = path.strip_prefix(&root).ok()?.components();
        let parts: Option<Vec<String>> = parts
            .map(|part| match part {
                Component::Normal(name) => name.to_str().map(str::to_owned),
                _ => None,
            })
            .collect();
        Some(parts?.join("/"))
    };
    found.iter().map(|path| relative(path).ok_or_else(|| outside().into())).collect()
}

/// Takes a bundle apart.
pub(super) fn unbundle(arguments: &UnbundleArguments, context: &Context) -> anyhow::Result<Exit> {
    let report = context.report;
    let bundle = open(&arguments.file)?;
    let folder = &arguments.folder;
    if disk::exists(folder) && !disk::is_empty_directory(folder) {
        let failure = Failure::new(Exit::Conflict, format!("`{}` is there already", folder.display()));
        return Err(failure.hint("name a folder that is not there yet").into());
    }
    let above = folder.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = || format!("cannot write `{}`", folder.display());
    disk::make_durable(above).with_context(failed)?;
    let staging = Staging::new(above).with_context(failed)?;
    let workbook = std::iter::once((&bundle.name, &bundle.source));
    for (path, content) in workbook.chain(&bundle.files) {
        staging.write(Path::new(path), &mut content.as_slice()).with_context(|| format!("cannot write `{path}`"))?;
    }
    staging.keep(folder).with_context(failed)?;
    let by = bundle.manifest.issuer().filter(|_| bundle.manifest.is_signed());
    let signed = by.map_or_else(|| "not signed".to_owned(), |issuer| format!("signed by {issuer}"));
    let count = bundle.files.len() + 1;
    let s = if count == 1 { "" } else { "s" };
    report.say(&format!("{}: {count} file{s}, {signed}", folder.join(&bundle.name).display()));
    if report.is_json() {
        let issuer = by.map(|issuer| issuer.to_string());
        let folder = folder.to_string_lossy();
        report.value(&json!({ "ok": true, "folder": folder, "files": list(&bundle), "issuer_did": issuer }))?;
    }
    Ok(Exit::Ok)
}

fn open(file: &Path) -> anyhow::Result<Bundle> {
    let missing =
        |error: std::io::Error| Failure::new(Exit::NotFound, format!("cannot read `{}`: {error}", file.display()));
    if disk::size(file).is_some_and(|size| size > LARGEST) {
        return Err(Failure::from(BundleError::TooLarge).into());
    }
    let bytes = disk::read(file).map_err(missing)?;
    Ok(Bundle::open(&bytes)
        .map_err(|error| Failure { message: format!("{}: {error}", file.display()), ..error.into() })?)
}

/// Whether a file is a bundle, by how it begins.
pub(super) fn is_bundle(file: &str) -> anyhow::Result<bool> {
    Ok(file != "-" && disk::read_begin(Path::new(file), 4).is_ok_and(|bytes| looks_like(&bytes)))
}

/// What verifying a bundle finds; one that was changed is an error.
pub(super) fn verdict(file: &str) -> anyhow::Result<Verdict> {
    let bundle = open(Path::new(file))?;
    let manifest = &bundle.manifest;
    if !manifest.is_signed() {
        let failure = Failure::new(
            Exit::Unverified,
            format!("{file}: every file in it is as its manifest says, and nobody signed that"),
        );
        return Err(failure.hint("`wb bundle --sign` signs one").into());
    }
    Ok(Verdict {
        signature: manifest.is_right(),
        integrity: true,
        issuer: manifest.issuer(),
        issued_at: manifest.text("issued_at").to_owned(),
        assertions: json!([]),
    })
}
