//! `wb compose`: a workbook as one component, or components linked by hand.

mod wired;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::json;

use super::book::{self, Book};
use super::graph::Form;
use super::run::exports;
use super::{Context, Failure as CliFailure};
use crate::artifact::{self, Given, Plan, Target};
use crate::cache::Key;
use crate::disk;
use crate::execute::engines::Engines;
use crate::execute::prepare::Ready;
use crate::exit::Exit;
use crate::kernel::types::{RawHtml, RenderOptions};

/// What to compose, and into what.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Org file, `-` for standard input; or components, as `FILE.wasm` or `NAME=FILE.wasm`, to be linked by `--wire`
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<String>,
    /// Write the component to this file
    #[arg(short, long, value_name = "FILE", required_unless_present_any = ["dot", "mermaid", "svg"])]
    pub output: Option<PathBuf>,
    /// What the component is for
    #[arg(long, value_enum, default_value = "library", conflicts_with_all = ["wire", "export"])]
    pub target: Target,
    /// Link components: an export of one part to an import of another
    #[arg(long, value_name = "PART.EXPORT=PART.IMPORT")]
    pub wire: Vec<String>,
    /// Export only this of the linked components, perhaps under another name
    #[arg(long, value_name = "PART.EXPORT[=NAME]")]
    pub export: Vec<String>,
    /// Print the plan for Graphviz instead
    #[arg(long, group = "picture", conflicts_with_all = ["output", "wire"])]
    pub dot: bool,
    /// Print the plan for Mermaid instead
    #[arg(long, group = "picture", conflicts_with_all = ["output", "wire"])]
    pub mermaid: bool,
    /// Print the plan as an SVG picture instead
    #[arg(long, group = "picture", conflicts_with_all = ["output", "wire"])]
    pub svg: bool,
}

/// Writes the component, or prints the picture.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    if wired::is_meant(arguments) {
        return wired::run(arguments, context);
    }
    let [file] = arguments.files.as_slice() else {
        let message = "one workbook is composed at a time; several files are components, and `--wire` links them";
        return Err(CliFailure::new(Exit::Usage, message).into());
    };
    let forms = [(arguments.dot, Form::Dot), (arguments.mermaid, Form::Mermaid), (arguments.svg, Form::Svg)];
    if let Some((_, form)) = forms.into_iter().find(|(wanted, _)| *wanted) {
        return super::graph::print(file, form, context);
    }
    let composed = match workbook(file, arguments.target, context)? {
        Ok(composed) => composed,
        Err(exit) => return Ok(exit),
    };
    for (id, rights) in &composed.rights {
        context.report.say(&format!("of what its host gives, `{id}` has {}", rights.join(", ")));
    }
    let rights = composed.rights.iter().map(|(id, rights)| json!({ "component": id, "rights": rights })).collect();
    written(arguments, context, &composed.bytes, composed.parts, rights)
}

/// A workbook composed into a component.
pub(super) struct Composed {
    /// The component.
    pub(super) bytes: Vec<u8>,
    /// How many nodes there are in it.
    parts: usize,
    /// What each of them may have of what the host gives.
    rights: Vec<(String, Vec<String>)>,
}

/// Composes a workbook. `Err(exit)` when it cannot be, which has then been said.
pub(super) fn workbook(file: &str, target: Target, context: &Context) -> anyhow::Result<Result<Composed, Exit>> {
    let book = match book::open(file, context)? {
        Ok(book) => book,
        Err(exit) => return Ok(Err(exit)),
    };
    if book.graph.nodes.is_empty() {
        return Err(super::run::nothing_to_run(&book).into());
    }
    let made = book.prepare(context);
    let mut findings = book.mismatches(&made);
    for (node, result) in made.iter().enumerate() {
        if let Err(failure) = result {
            findings.extend(book.failure(node, "link", failure));
        }
    }
    if !findings.is_empty() {
        book::complain(context, &book.source, &findings)?;
        return Ok(Err(Exit::Invalid));
    }
    let nodes: Vec<&Ready> = made.iter().filter_map(|node| node.as_ref().ok()).collect();
    let engines = Engines::of(nodes.iter().map(|ready| &*ready.made), context.cache(), context.packages());
    if let Some(problem) = nodes.iter().find_map(|ready| engines.missing(&ready.made)) {
        return Err(CliFailure::new(Exit::Failed, problem.message.clone())
            .hint(problem.help.clone().unwrap_or_default())
            .into());
    }
    let plan = Plan {
        graph: &book.graph,
        nodes,
        given: given(&book),
        types: book.graph.imports.iter().map(|import| (import.name.clone(), import.ty.clone())).collect(),
        exports: exports(&book),
        engines: &engines,
        source: (name(&book), Key::content(book.source.text.as_bytes()).to_string()),
        page: (target == Target::Http).then(|| page(&book, context)).transpose()?,
    };
    let bytes = artifact::build(&plan, target).map_err(|error| {
        CliFailure::new(Exit::Invalid, format!("`{}` cannot be composed: {error}", book.source.name))
    })?;
    let parts = plan.nodes.len();
    Ok(Ok(Composed { bytes, parts, rights: rights(&book) }))
}

/// What each component of an artifact may have of what its host gives.
fn rights(book: &Book) -> Vec<(String, Vec<String>)> {
    let of = |caps: &[String]| {
        let rights = crate::grants::rights(caps).unwrap_or_default();
        rights.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let nodes = book.graph.nodes.iter().map(|node| (node.id.clone(), of(&node.caps)));
    nodes.filter(|(_, rights)| !rights.is_empty()).collect()
}

/// Writes the bytes and says so.
fn written(
    arguments: &Arguments,
    context: &Context,
    bytes: &[u8],
    parts: usize,
    rights: Vec<serde_json::Value>,
) -> anyhow::Result<Exit> {
    let Some(target) = &arguments.output else {
        return Err(CliFailure::new(Exit::Usage, "there is no `--output` to write the component to").into());
    };
    disk::write_atomic(target, bytes).with_context(|| format!("cannot write `{}`", target.display()))?;
    if context.report.is_json() {
        context.report.value(&json!({
            "ok": true,
            "output": target.to_string_lossy(),
            "bytes": bytes.len(),
            "blake3": Key::content(bytes).to_string(),
            "rights": rights,
        }))?;
    }
    context.report.say(&format!(
        "wrote `{}`: {}, {}",
        target.display(),
        crate::report::count(parts, "component"),
        crate::report::bytes(bytes.len() as u64)
    ));
    Ok(Exit::Ok)
}

fn name(book: &Book) -> String {
    book.source
        .path
        .as_deref()
        .and_then(|path| path.file_name())
        .map_or("-".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// The page of the workbook and its content security policy.
fn page(book: &Book, context: &Context) -> anyhow::Result<(String, String)> {
    let options = RenderOptions {
        raw_html: RawHtml::Drop,
        plain: false,
        results: Vec::new(),
        failures: Vec::new(),
        files: super::references::files(&book.source, context)?,
    };
    let page = context.kernel()?.render(&book.source.text, &options)?;
    let stem = Path::new(&name(book)).file_stem().map_or("workbook".into(), |stem| stem.to_string_lossy().into_owned());
    Ok((crate::page::page(&page, &stem), crate::page::policy()))
}

/// What the file itself says about its imports.
fn given(book: &Book) -> HashMap<String, Given> {
    let mut given = HashMap::new();
    for import in &book.graph.imports {
        if let Some((json, replaceable)) = super::run::from_file(book, import) {
            given.insert(import.name.clone(), Given { json, replaceable });
        }
    }
    given
}
