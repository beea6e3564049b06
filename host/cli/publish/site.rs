//! `wb publish site`: many workbooks as one site, checked before anything is written.
//!
//! `site.org` says which pages there are and in which order. Links between Org files become links between pages; one that leads
//! nowhere stops the publishing, at its place in the source. Nothing is run, and nothing outside is asked.

mod links;
mod outline;
mod pages;

use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde_json::json;

use super::super::book::finding;
use super::super::{Context, Failure};
use super::deliver::Delivery;
use super::folder::Files;
use super::settings::{self, CODE, Form, Settings, Target};
use super::{CONFIG, Chosen, site_id};
use crate::disk::{self, Source};
use crate::exit::Exit;
use crate::json;
use crate::kernel::types::{Diagnostic, Severity, Span};
use crate::publish::{Breach, Builder, Settings as About, missing};
use crate::report::count;

/// The list of pages.
pub(super) const SITE: &str = "site.org";

/// The folder of the site, where the settings do not say.
const OUTPUT: &str = "dist";

/// The beginning of a file.
const TOP: Span = Span { start: 0, end: 0, line: 1, column: 1 };

/// What to publish.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The list of pages
    #[arg(value_name = "FILE", default_value = SITE)]
    pub(super) file: String,
    /// The settings; without it the keywords of the list, else `publish.org` beside it
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<String>,
    /// Bring it to where the settings say; otherwise it is made and checked here
    #[arg(long)]
    pub(super) apply: bool,
    /// Only say what would change
    #[arg(long)]
    pub(super) dry_run: bool,
}

/// What is wrong, by the index of the file: 0 is the list, the pages follow.
pub(super) type Findings = Vec<(usize, Diagnostic)>;

/// A finding, with its cure.
fn wrong(severity: Severity, at: Span, message: String, help: &str) -> Diagnostic {
    Diagnostic { severity, ..finding(CODE, message, at, Some(help.to_owned())) }
}

/// Makes the site, and brings it to where it is to be.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    let chosen = match choose(&arguments.file, arguments.config.as_deref(), context)? {
        Ok(chosen) => chosen,
        Err(exit) => return Ok(exit),
    };
    let source = context.read(&arguments.file)?;
    let ships = arguments.apply || chosen.settings.target == Target::Directory;
    let script = !matches!(chosen.settings.target, Target::SelfHosted { .. });
    let made = make(source, &chosen.settings, script, context)?;
    let errors = made.findings.iter().any(|(_, found)| found.severity == Severity::Error);
    tell(&made, errors, context)?;
    if errors {
        return Ok(Exit::Invalid);
    }
    context.report.say(&format!("{}, every link of them checked", count(made.pages, "page")));
    let keep = chosen.settings.target == Target::Directory;
    let settings =
        if ships { chosen.settings.clone() } else { Settings { target: Target::Directory, ..chosen.settings.clone() } };
    let (folder, site) = (chosen.output(), chosen.site.clone());
    let delivery = Delivery { settings: &settings, folder, files: made.files, site, dry: arguments.dry_run, keep };
    delivery.go(context)?.tell(context.report)?;
    Ok(Exit::Ok)
}

/// The settings of a site: those named, else keywords of the list, else `publish.org` beside it, else a folder.
pub(super) fn choose(file: &str, config: Option<&str>, context: &Context) -> anyhow::Result<Result<Chosen, Exit>> {
    let source = context.read(file)?;
    let folder = Path::new(file).parent().unwrap_or(Path::new("")).to_owned();
    let beside = folder.join(CONFIG);
    let kernel = context.kernel()?;
    let own = kernel
        .survey(&source.text)?
        .settings
        .iter()
        .any(|it| it.headline.is_none() && it.key.to_ascii_uppercase().starts_with("PUBLISH_"));
    let (form, from) = match config {
        Some(config) => (Form::Drawer, context.read(config)?),
        None if !own && disk::exists(&beside) => (Form::Drawer, context.read(&beside.to_string_lossy())?),
        None => (Form::Keywords, source),
    };
    let mut settings = match settings::read(&from, form, kernel)? {
        Ok(settings) => settings,
        Err(wrong) => {
            super::book::complain(context, &wrong.source, &wrong.findings)?;
            return Ok(Err(Exit::Invalid));
        }
    };
    // A page that is written, of one workbook, is in the folder of a site.
    let given = settings.output.take().map(|output| match form {
        Form::Drawer => output.parent().map(Path::to_owned).unwrap_or_default(),
        Form::Keywords => output,
    });
    settings.output = Some(given.unwrap_or_else(|| PathBuf::from(OUTPUT)).join("index.html"));
    let name = disk::absolute(if folder.as_os_str().is_empty() { Path::new(".") } else { &folder });
    let name = name.and_then(|path| path.file_name().map(|name| name.to_string_lossy().into_owned()));
    Ok(Ok(Chosen { settings, workbook: None, site: site_id(name.as_deref().unwrap_or("site")) }))
}

/// A site, or what is wrong with it.
struct Made {
    /// The list, then the pages.
    sources: Vec<Source>,
    findings: Findings,
    pages: usize,
    files: Files,
}

fn make(source: Source, settings: &Settings, script: bool, context: &Context) -> anyhow::Result<Made> {
    let kernel = context.kernel()?;
    let mut findings = Findings::new();
    let list = outline::read(&source, kernel, &mut findings)?;
    let mut site = pages::load(&source, list, context, &mut findings)?;
    let about = About {
        title: settings.title.clone().unwrap_or_else(|| site.title.clone()),
        base: settings.base.clone(),
        description: settings.description.clone().or(site.description.clone()),
        author: site.author.clone(),
        language: site.language.clone(),
        listed: true,
    };
    let assets = links::resolve(&mut site, context, &mut findings)?;
    let (pages, mut files) = (site.pages.len(), Files::new());
    if !findings.iter().any(|(_, found)| found.severity == Severity::Error) {
        let builder = Builder::new(context.engine()?, context.cache())?;
        let rendered = pages::render(&site, &about, context)?;
        let (mut all, more) = builder.arrange(&about, &site.chapters(), &rendered, script)?;
        let mut taken: Vec<String> = assets.keys().cloned().chain(more.iter().map(|file| file.path.clone())).collect();
        taken.sort();
        for broken in builder.check(&about, &all, &taken)? {
            findings.push(site.broken(broken.page as usize, &broken.address, broken.why));
        }
        if !all.iter().any(|page| page.path == "/404") {
            all.push(missing(&about));
        }
        match builder.assemble(&about, &all, &taken)? {
            Ok(made) => {
                let named = |path: String| path.trim_start_matches('/').to_owned();
                files.extend(made.into_iter().chain(more).map(|file| (named(file.path), Bytes::from(file.bytes))));
                files.extend(assets.into_iter().map(|(path, bytes)| (named(path), bytes)));
            }
            Err(problems) => findings.extend(problems.into_iter().map(|problem| {
                let place = site.pages.iter().find(|page| page.address == problem.path).map_or(TOP, |page| page.listed);
                (
                    0,
                    wrong(
                        Severity::Error,
                        place,
                        format!("`{}`: {}", problem.path, problem.message),
                        problem.help.as_deref().unwrap_or(""),
                    ),
                )
            })),
        }
    }
    let sources = std::iter::once(source).chain(site.pages.into_iter().map(|page| page.source)).collect();
    Ok(Made { sources, findings, pages, files })
}

impl pages::Site {
    /// A link of the finished page that leads nowhere, at the place in the source that looks like it.
    fn broken(&self, page: usize, address: &str, why: Breach) -> (usize, Diagnostic) {
        let shown = address.escape_debug();
        let (message, help) = match why {
            Breach::Absent => {
                (format!("the link `{shown}` leads to nothing in the site"), "list the page, or put the file there")
            }
            Breach::NoAnchor => (
                format!("the link `{shown}` leads to a place that its page does not have"),
                "give the heading a `:CUSTOM_ID:`, and link to that",
            ),
            Breach::Outside => {
                (format!("the link `{shown}` leads out of the site"), "link to files below the folder of the list")
            }
        };
        let Some(of) = self.pages.get(page) else { return (0, wrong(Severity::Error, TOP, message, help)) };
        let (file, anchor) = address.split_once('#').unwrap_or((address, ""));
        let name = file.rsplit('/').next().unwrap_or(file);
        let words = [address, anchor, name, name.trim_end_matches(".html")];
        let text = &of.source.text;
        let found =
            words.iter().filter(|word| !word.is_empty()).find_map(|word| text.find(word).map(|at| (at, word.len())));
        let span = found.map_or(TOP, |(at, length)| links::span(text, at, length));
        (page + 1, wrong(Severity::Error, span, message, help))
    }
}

/// Findings as they are drawn; where there are errors they are all there is to tell.
fn tell(made: &Made, errors: bool, context: &Context) -> anyhow::Result<()> {
    let of = |index: usize| -> Vec<Diagnostic> {
        let mut found: Vec<Diagnostic> =
            made.findings.iter().filter(|(at, _)| *at == index).map(|(_, found)| found.clone()).collect();
        found.sort_by_key(|found| found.span.start);
        found
    };
    let report = context.report;
    if report.is_json() {
        if errors {
            let all = made.sources.iter().enumerate().flat_map(|(index, source)| {
                of(index).into_iter().map(|found| json::diagnostic(&found, Some(&source.name))).collect::<Vec<_>>()
            });
            report.value(&json!({ "ok": false, "diagnostics": all.collect::<Vec<_>>() }))?;
        }
        return Ok(());
    }
    for (index, source) in made.sources.iter().enumerate() {
        let found = of(index);
        if !found.is_empty() {
            report.complaints(source, &found);
        }
    }
    if errors {
        let count_of = made.findings.iter().filter(|(_, found)| found.severity == Severity::Error).count();
        let failure = Failure::new(Exit::Invalid, format!("nothing was written: {}", count(count_of, "error")));
        report.failure(failure.exit, &failure.message, None);
    }
    Ok(())
}
