//! `wb publish apply`: one workbook as one page that asks nothing of anybody, brought to where the settings say.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use bytes::Bytes;

use super::super::book;
use super::super::run::{how, inputs, job, output, page as run_page};
use super::super::{Context, Failure, references, rights};
use super::deliver::Delivery;
use super::folder::Files;
use super::mentions::mentions;
use super::settings::{CODE, Target};
use crate::disk::{Source, Within};
use crate::exit::Exit;
use crate::kernel::types::{Diagnostic, Page, RawHtml, RenderOptions, Severity};
use crate::page;
use crate::publish::{asked, data_address, inlined, media_of};
use crate::report::printable;

/// The largest image that goes into a page, and what all of a page may have together. They are a third longer there.
const IMAGE: usize = 8 << 20;
const IMAGES: usize = 32 << 20;

/// What to publish.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The workbook; without it what `PUBLISH_SOURCE` says
    #[arg(value_name = "FILE")]
    pub(super) file: Option<String>,
    /// The settings; `publish.org` beside the workbook where it is not given
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<String>,
    /// Only say what would change
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Run the workbook first; otherwise the results in the file are shown
    #[arg(long)]
    pub(super) run: bool,
    #[command(flatten)]
    inputs: inputs::Inputs,
    #[command(flatten)]
    rights: rights::Rules,
    #[command(flatten)]
    how: how::How,
}

/// Publishes it.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    arguments.how.check()?;
    let chosen = match super::choose(arguments.file.as_deref(), arguments.config.as_deref(), context)? {
        Ok(chosen) => chosen,
        Err(exit) => return Ok(exit),
    };
    let Some(workbook) = chosen.workbook.clone() else {
        if crate::disk::exists(Path::new(super::site::SITE)) {
            let message = "nothing says which workbook to publish, and there is a list of pages";
            return Err(Failure::new(Exit::Usage, message)
                .hint("`wb publish site --apply` publishes all of them")
                .into());
        }
        let message = "nothing says which workbook to publish";
        return Err(Failure::new(Exit::Usage, message)
            .hint("name it, or write `:PUBLISH_SOURCE:` into the settings")
            .into());
    };
    let source = context.read(&workbook)?;
    let images = match images(&source, !arguments.run, context)? {
        Ok(images) => images,
        Err(findings) => {
            book::complain(context, &source, &findings)?;
            return Ok(Exit::Invalid);
        }
    };
    let rendered = if arguments.run { fresh(arguments, source.clone(), context)? } else { as_it_is(&source, context)? };
    let mut rendered = match rendered {
        Ok(rendered) => rendered,
        Err(exit) => return Ok(exit),
    };
    if let Some(title) = &chosen.settings.title {
        rendered.title.clone_from(title);
    }
    if let Some(description) = &chosen.settings.description {
        rendered.description = Some(description.clone());
    }
    let html = inlined(&page::page(&rendered, &run_page::name(&source)), |path| {
        references::inside("", path).and_then(|path| images.get(&path).cloned())
    });
    for path in asked(&html) {
        context.report.warn(&format!("{}: the image `{}` is not in the page", source.name, printable(&path)));
    }
    let mut files = Files::new();
    files.insert(chosen.page(), Bytes::from(html));
    let outcome = Delivery {
        settings: &chosen.settings,
        folder: chosen.output(),
        files,
        site: chosen.site.clone(),
        dry: arguments.dry_run,
        keep: chosen.settings.target == Target::Directory,
    };
    outcome.go(context)?.tell(context.report)?;
    Ok(Exit::Ok)
}

/// The page with the results that stand in the file. Nothing is run.
fn as_it_is(source: &Source, context: &Context) -> anyhow::Result<Result<Page, Exit>> {
    let files = references::files(source, context)?;
    let options =
        RenderOptions { raw_html: RawHtml::Drop, plain: false, results: Vec::new(), failures: Vec::new(), files };
    Ok(Ok(context.kernel()?.render(&source.text, &options)?))
}

/// The page with what comes out now. A component that fails stops the publishing.
fn fresh(arguments: &Arguments, source: Source, context: &Context) -> anyhow::Result<Result<Page, Exit>> {
    let mut book = match book::of(source, context)? {
        Ok(book) => book,
        Err(exit) => return Ok(Err(exit)),
    };
    if book.graph.nodes.is_empty() {
        return Err(super::super::run::nothing_to_run(&book).into());
    }
    let selection = arguments.how.selection(&book, context)?;
    if let Some(exit) = rights::settle(&arguments.rights, &mut book, &|node| selection.needed(node), context)? {
        return Ok(Err(exit));
    }
    let (imports, given) = match arguments.inputs.resolve_for(&book, &selection, HashMap::new(), context)? {
        Ok(values) => values,
        Err(missing) => {
            book::complain(context, &book.source, &missing)?;
            return Ok(Err(Exit::Invalid));
        }
    };
    let nodes = book.prepare_some(context, &|node| selection.needed(node));
    let mismatches = book.mismatches(&nodes);
    if !mismatches.is_empty() {
        book::complain(context, &book.source, &mismatches)?;
        return Ok(Err(Exit::Invalid));
    }
    let mut job = job::Job::new(&book, &arguments.how, selection, imports);
    job.given = given;
    let lines = output::Lines::new(&book, &job.selection, context.report);
    let (state, _) = job.run(&book, &nodes, context, &lines)?;
    output::draw(&book, &output::findings(&book, &state), context);
    context.report.say(&output::summary(&state));
    match super::super::run::exit(&state) {
        Exit::Ok => Ok(Ok(run_page::rendered(&book, &state, context)?)),
        exit => {
            context.report.warn("nothing was published, because not everything ran");
            Ok(Err(exit))
        }
    }
}

/// The images of the page as addresses that hold them, by their paths from its folder. `kept`: results that stand in the file are shown.
fn images(
    source: &Source,
    kept: bool,
    context: &Context,
) -> anyhow::Result<Result<BTreeMap<String, String>, Vec<Diagnostic>>> {
    let (mut images, mut findings, mut left) = (BTreeMap::new(), Vec::new(), IMAGES);
    let folder = source.path.as_deref().and_then(Path::parent).filter(|path| !path.as_os_str().is_empty());
    let folder = Within::open(folder.unwrap_or(Path::new(".")), false)?;
    for mention in mentions(source, "", context)? {
        let written = &mention.written;
        if !mention.shown {
            let message = format!("`{written}` is not published with the page, so the link to it leads nowhere");
            let help = "publish the pages together with `wb publish site`, or link to where it is";
            let found = book::finding(CODE, message, mention.span, Some(help.to_owned()));
            findings.push(Diagnostic { severity: Severity::Warning, ..found });
            continue;
        }
        let path = mention.path.unwrap_or_else(|| written.clone());
        if images.contains_key(&path) {
            continue;
        }
        let problem = match folder.read_at_most(Path::new(&path), IMAGE.min(left)) {
            Ok(Some(bytes)) => {
                left -= bytes.len();
                let address = data_address(media_of(&path), &bytes);
                images.insert(path, address);
                continue;
            }
            Ok(None) => ("is not there".to_owned(), "put the image there, or take the link out"),
            Err(error) if error.kind() == std::io::ErrorKind::FileTooLarge => (
                format!(
                    "is too large for a page: an image has at most {} MiB, all of a page {} MiB",
                    IMAGE >> 20,
                    IMAGES >> 20
                ),
                "make it smaller, or link to where it is: `[[https://…][words]]`",
            ),
            Err(error) => (
                format!("cannot be read: {error}"),
                "images are read from the workbook's folder and below, and nowhere else",
            ),
        };
        findings.push(book::finding(
            CODE,
            format!("the image `{written}` {}", problem.0),
            mention.span,
            Some(problem.1.to_owned()),
        ));
    }
    if kept {
        findings.extend(context.kernel()?.survey(&source.text)?.stale.into_iter().map(super::stale));
    }
    let wrong = findings.iter().any(|found| found.severity == Severity::Error);
    if !wrong {
        if !findings.is_empty() {
            context.report.complaints(source, &findings);
        }
        return Ok(Ok(images));
    }
    Ok(Err(findings))
}
