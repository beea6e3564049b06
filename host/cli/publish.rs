//! `wb publish`: workbooks as pages, brought to where people see them.
//!
//! The settings are in an Org file (docs/publish.md). Nothing is run unless asked for, and nothing is half published: a
//! target shows what it showed before, or all of the new.

mod apply;
mod cloudflare;
mod deliver;
mod folder;
mod git;
mod init;
mod keys;
mod mentions;
mod rollback;
mod server;
mod settings;
mod site;
mod validate;

use std::path::{Path, PathBuf};

use super::{Context, Failure, book};
use crate::disk;
use crate::exit::Exit;
use crate::kernel::types::{Diagnostic, Severity, Span};
use settings::{Form, Settings};

/// The settings beside a workbook.
const CONFIG: &str = "publish.org";

/// What to do.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Write a `publish.org` to begin with
    Init(init::Arguments),
    /// Say whether settings can be used, and why not
    Validate(validate::Arguments),
    /// Publish a workbook as one page
    Apply(Box<apply::Arguments>),
    /// Publish several workbooks as a site
    Site(site::Arguments),
    /// Show again what was published before
    Rollback(rollback::Arguments),
}

/// Does it.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    match &arguments.verb {
        Verb::Init(arguments) => init::run(arguments, context),
        Verb::Validate(arguments) => validate::run(arguments, context),
        Verb::Apply(arguments) => apply::run(arguments, context),
        Verb::Site(arguments) => site::run(arguments, context),
        Verb::Rollback(arguments) => rollback::run(arguments, context),
    }
}

/// Settings, and what they are for.
struct Chosen {
    settings: Settings,
    /// The workbook, as a path from here.
    workbook: Option<String>,
    /// What a server calls the site where the settings do not say.
    site: String,
}

impl Chosen {
    /// The page that is written, as a path from here.
    fn written(&self) -> PathBuf {
        let output = self.settings.output.clone().unwrap_or_else(|| PathBuf::from(settings::OUTPUT));
        self.settings.folder.join(output)
    }

    /// The folder that is published.
    fn output(&self) -> PathBuf {
        self.written().parent().map(Path::to_owned).unwrap_or_default()
    }

    /// The page's name in it.
    fn page(&self) -> String {
        self.written().file_name().map_or("index.html".to_owned(), |name| name.to_string_lossy().into_owned())
    }
}

/// The settings for a workbook: those named, else those in the workbook itself, else `publish.org` beside it. `Err(exit)` when
/// they have mistakes, which have then been drawn.
fn choose(file: Option<&str>, config: Option<&str>, context: &Context) -> anyhow::Result<Result<Chosen, Exit>> {
    let site = file.is_some_and(|file| Path::new(file).file_name().is_some_and(|name| name == site::SITE));
    if let Some(file) = file.filter(|_| site) {
        return site::choose(file, config, context);
    }
    // A folder with a list of pages and no other settings is a site.
    if config.is_none() && file.is_none() && !disk::exists(Path::new(CONFIG)) && disk::exists(Path::new(site::SITE)) {
        return site::choose(site::SITE, None, context);
    }
    let own = match (config, file) {
        (None, Some(file)) if has_settings(file, context)? => Some(file.to_owned()),
        _ => None,
    };
    let beside = || {
        let folder = file.map(Path::new).and_then(Path::parent).unwrap_or(Path::new(""));
        folder.join(CONFIG).to_string_lossy().into_owned()
    };
    let path = config.map(str::to_owned).or(own).unwrap_or_else(beside);
    if config.is_none() && !disk::exists(Path::new(&path)) {
        let failure = Failure::new(Exit::NotFound, format!("there is no `{path}`, which says where to publish"));
        return Err(failure.hint("`wb publish init` makes one").into());
    }
    let source = context.read(&path)?;
    let settings = match settings::read(&source, Form::Drawer, context.kernel()?)? {
        Ok(settings) => settings,
        Err(wrong) => {
            book::complain(context, &wrong.source, &wrong.findings)?;
            return Ok(Err(Exit::Invalid));
        }
    };
    let alone = file.is_none() && settings.workbook.is_none() && config.is_none();
    if alone && disk::exists(Path::new(site::SITE)) {
        return site::choose(site::SITE, None, context);
    }
    let named = settings.workbook.as_ref().map(|path| settings.folder.join(path).to_string_lossy().into_owned());
    let workbook = file.map(str::to_owned).or(named);
    let stem =
        workbook.as_deref().map(Path::new).and_then(Path::file_stem).map(|stem| stem.to_string_lossy().into_owned());
    Ok(Ok(Chosen { settings, workbook, site: site_id(stem.as_deref().unwrap_or("site")) }))
}

/// A result that stands in the file and was not made of its block as that stands.
fn stale(at: Span) -> Diagnostic {
    let message =
        "the result of this block is older than the block, or Emacs made it; it is published as it is".to_owned();
    let help = "`wb run --write` brings results up to date".to_owned();
    Diagnostic { severity: Severity::Warning, ..book::finding(settings::CODE, message, at, Some(help)) }
}

/// Whether a workbook says itself where it is published.
fn has_settings(file: &str, context: &Context) -> anyhow::Result<bool> {
    let source = context.read(file)?;
    let kernel = context.kernel()?;
    let tagged = kernel
        .headlines(&source.text)?
        .iter()
        .any(|headline| headline.tags.iter().any(|tag| tag.eq_ignore_ascii_case("publish")));
    let keyword = |setting: &crate::kernel::types::Setting| {
        setting.headline.is_none() && setting.key.eq_ignore_ascii_case("PUBLISH_TARGET")
    };
    Ok(tagged || kernel.survey(&source.text)?.settings.iter().any(keyword))
}

/// A name as the id of a site: what ids may not have becomes `-`.
fn site_id(name: &str) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
    let id: String = name.chars().map(fits).take(128).collect();
    let id = id.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    if id.is_empty() { "site".to_owned() } else { id.to_owned() }
}
