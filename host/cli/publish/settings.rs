//! What `publish.org` says, as values that cannot be wrong any more: read once, with every mistake at its place.
//!
//! The kernel says what stands in the file; nothing here reads Org. Nothing is opened, sent or run here either.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::super::book::finding;
use super::keys::{self, Key};
use crate::disk::Source;
use crate::kernel::types::{Diagnostic, Label, Span};
use crate::kernel::{Kernel, KernelError};
use crate::store::check_id;

/// The page of one workbook, where the settings do not say.
pub(super) const OUTPUT: &str = ".publish_out/index.html";

/// What findings of this file are called.
pub(super) const CODE: &str = "publish";

/// Where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// It stays in the folder of the output.
    Directory,
    /// A branch of a git repository.
    GhPages {
        /// The name of a remote, or an address.
        remote: String,
        /// The branch.
        branch: String,
    },
    /// A server of wb.
    SelfHosted {
        /// `http://host:port`, without a slash at the end.
        server: String,
        /// The site; none: the name of the workbook or the folder.
        site: Option<String>,
    },
    /// Cloudflare Pages.
    CloudflarePages {
        /// The project.
        project: String,
        /// The account, where the token is good for several.
        account: Option<String>,
    },
}

impl Target {
    /// As it is written.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::GhPages { .. } => "gh-pages",
            Self::SelfHosted { .. } => "self-hosted",
            Self::CloudflarePages { .. } => "cloudflare-pages",
        }
    }
}

/// The targets by name.
const TARGETS: [&str; 4] = ["directory", "gh-pages", "self-hosted", "cloudflare-pages"];

/// Settings without a mistake.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    /// Where it goes.
    pub(super) target: Target,
    /// The workbook, from the folder of the settings.
    pub(super) workbook: Option<PathBuf>,
    /// In place of the workbook's.
    pub(super) title: Option<String>,
    /// What it is about.
    pub(super) description: Option<String>,
    /// The host.
    pub(super) domain: Option<String>,
    /// Where it will be, without a slash at the end: for sitemaps and feeds.
    pub(super) base: Option<String>,
    /// The page that is written, from the folder of the settings; none: the default.
    pub(super) output: Option<PathBuf>,
    /// The folder that paths in the settings are relative to.
    pub(super) folder: PathBuf,
}

/// Where settings may stand in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A heading with the tag `:publish:`, or keywords.
    Drawer,
    /// Keywords; without a target it is a directory.
    Keywords,
}

/// Why settings cannot be used.
#[derive(Debug)]
pub(super) struct Wrong {
    /// The text with what looks like a secret covered, so that drawing a place of it shows none.
    pub(super) source: Source,
    /// All reasons, by place.
    pub(super) findings: Vec<Diagnostic>,
}

/// Reads settings, or says all that is wrong with them.
///
/// # Errors
///
/// When the kernel breaks.
pub(super) fn read(source: &Source, form: Form, kernel: &Kernel) -> Result<Result<Settings, Wrong>, KernelError> {
    let survey = kernel.survey(&source.text)?;
    let headlines = kernel.headlines(&source.text)?;
    let tagged: Vec<u32> = (0u32..)
        .zip(&headlines)
        .filter(|(_, headline)| headline.tags.iter().any(|tag| tag.eq_ignore_ascii_case("publish")))
        .map(|(index, _)| index)
        .collect();
    let mut reading = Reading { findings: Vec::new(), values: BTreeMap::new(), text: source.text.clone() };
    let line = |index: &u32| headlines.get(*index as usize).map(|headline| headline.span).unwrap_or(TOP);
    if let [first, second, ..] = tagged.as_slice() {
        let mut found = reading.wrong(
            line(second),
            "there is a second heading with the tag `:publish:`".to_owned(),
            "take the tag off one of them",
        );
        found.labels.push(Label { span: line(first), message: "the first is here".to_owned() });
        reading.findings.push(found);
    }
    for setting in &survey.settings {
        let kind = match setting.headline {
            None => keys::of_keyword(&setting.key),
            Some(headline) if form == Form::Drawer && tagged.first() == Some(&headline) => {
                keys::of_drawer(&setting.key)
            }
            Some(_) => continue,
        };
        reading.take(&setting.key, setting.value.trim(), kind, setting.key_span, setting.value_span);
    }
    let place = tagged.first().map_or(TOP, line);
    if form == Form::Drawer && tagged.is_empty() && reading.values.is_empty() && reading.findings.is_empty() {
        let message = format!("`{}` does not say where to publish", source.name);
        let help = "give a heading the tag `:publish:` and a drawer with `:PUBLISH_TARGET:`, or write `#+PUBLISH_TARGET:`; `wb publish init` makes one";
        reading.report(TOP, message, help);
        return Ok(Err(Wrong { source: source.clone(), findings: reading.findings }));
    }
    let folder = source.path.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
    let text = std::mem::take(&mut reading.text);
    let covered = |findings| Wrong { source: Source { text, ..source.clone() }, findings };
    Ok(reading.settings(place, form, folder).map_err(covered))
}

/// What to do about a secret.
const SECRET: &str = "take it out, and end it where it was made if anybody could see the file; tokens come from the environment (docs/publish.md)";

/// The beginning of a file.
const TOP: Span = Span { start: 0, end: 0, line: 1, column: 1 };

/// A value and where it stands.
struct Value {
    text: String,
    key: Span,
    at: Span,
}

struct Reading {
    findings: Vec<Diagnostic>,
    values: BTreeMap<&'static str, Value>,
    /// The file, with secrets covered.
    text: String,
}

impl Reading {
    fn wrong(&self, at: Span, message: String, help: &str) -> Diagnostic {
        finding(CODE, message, at, Some(help.to_owned()))
    }

    fn report(&mut self, at: Span, message: String, help: &str) {
        let found = self.wrong(at, message, help);
        self.findings.push(found);
    }

    /// Puts stars over a value. Places stay what they are.
    fn cover(&mut self, at: Span) {
        let range = at.start as usize..at.end as usize;
        if let Some(length) = self.text.get(range.clone()).map(str::len) {
            self.text.replace_range(range, &"*".repeat(length));
        }
    }

    /// One line of the settings.
    fn take(&mut self, key: &str, value: &str, kind: Key, key_span: Span, at: Span) {
        let name = match kind {
            Key::Known(name) => name,
            Key::Unknown(_) if keys::is_secret_key(key) => {
                self.cover(at);
                let message = format!("`{key}` is for a secret, which does not belong into a file");
                return self.report(key_span, message, SECRET);
            }
            Key::Unknown(Some(meant)) => {
                return self.report(
                    key_span,
                    format!("there is no setting `{key}`"),
                    &format!("did you mean `{meant}`?"),
                );
            }
            Key::Unknown(None) => {
                let known: Vec<&str> = keys::KEYS.iter().map(|(name, _)| *name).collect();
                return self.report(
                    key_span,
                    format!("there is no setting `{key}`"),
                    &format!("there is `{}`", known.join("`, `")),
                );
            }
            Key::Other => return,
        };
        if keys::is_secret_value(name, value) {
            self.cover(at);
            return self.report(at, format!("the value of `{name}` looks like a secret"), SECRET);
        }
        if value.is_empty() {
            return self.report(key_span, format!("`{name}` has no value"), "give it one, or take the line out");
        }
        if let Some(first) = self.values.get(name) {
            let mut found = self.wrong(key_span, format!("`{name}` is given twice"), "take one of them out");
            found.labels.push(Label { span: first.key, message: "the first is here".to_owned() });
            return self.findings.push(found);
        }
        self.values.insert(name, Value { text: value.to_owned(), key: key_span, at });
    }

    /// A value that fits, or nothing and a finding.
    fn parsed<T>(&mut self, name: &'static str, parse: impl Fn(&str) -> Result<T, (String, String)>) -> Option<T> {
        let value = self.values.get(name)?;
        match parse(&value.text) {
            Ok(parsed) => Some(parsed),
            Err((message, help)) => {
                let at = value.at;
                self.report(at, format!("`{name}`: {message}"), &help);
                None
            }
        }
    }

    fn text(&self, name: &'static str) -> Option<String> {
        self.values.get(name).map(|value| value.text.clone())
    }

    /// A value that a target needs.
    fn needed<T>(
        &mut self,
        name: &'static str,
        target: &str,
        place: Span,
        example: &str,
        parse: impl Fn(&str) -> Result<T, (String, String)>,
    ) -> Option<T> {
        if !self.values.contains_key(name) {
            self.report(place, format!("`{target}` needs `{name}`"), &format!("write `:{name}: {example}`"));
        }
        self.parsed(name, parse)
    }

    fn settings(mut self, place: Span, form: Form, folder: PathBuf) -> Result<Settings, Vec<Diagnostic>> {
        let target = self.target(place, form);
        let domain = self.parsed("PUBLISH_DOMAIN", domain);
        let hosted = matches!(target, Some(Target::SelfHosted { .. }));
        let url = if hosted { None } else { self.parsed("PUBLISH_URL", address) };
        let base = domain.as_ref().map(|domain| format!("https://{domain}")).or(url);
        let output = self.parsed("PUBLISH_OUTPUT", |text| output(text, form));
        let workbook = self.text("PUBLISH_SOURCE").map(PathBuf::from);
        let (title, description) = (self.text("PUBLISH_TITLE"), self.text("PUBLISH_DESCRIPTION"));
        match target {
            Some(target) if self.findings.is_empty() => {
                Ok(Settings { target, workbook, title, description, domain, base, output, folder })
            }
            _ => {
                self.findings.sort_by_key(|found| found.span.start);
                Err(self.findings)
            }
        }
    }

    fn target(&mut self, place: Span, form: Form) -> Option<Target> {
        let Some(given) = self.values.get("PUBLISH_TARGET") else {
            if form == Form::Drawer && self.findings.is_empty() {
                let help = format!("write `:PUBLISH_TARGET: directory`; there is also {}", list(&TARGETS[1..]));
                self.report(place, "there is no `PUBLISH_TARGET`".to_owned(), &help);
            }
            return (form == Form::Keywords).then_some(Target::Directory);
        };
        let (text, at) = (given.text.to_ascii_lowercase(), given.at);
        match text.as_str() {
            "directory" => Some(Target::Directory),
            "gh-pages" => {
                let remote = self.text("PUBLISH_REMOTE").unwrap_or_else(|| "origin".to_owned());
                let branch = self.parsed("PUBLISH_BRANCH", branch);
                Some(Target::GhPages { remote, branch: branch.unwrap_or_else(|| "gh-pages".to_owned()) })
            }
            "self-hosted" => {
                let server = self.needed("PUBLISH_URL", "self-hosted", place, "http://127.0.0.1:4000", address)?;
                Some(Target::SelfHosted { server, site: self.parsed("PUBLISH_PROJECT", site) })
            }
            "cloudflare-pages" => {
                let project = self.needed("PUBLISH_PROJECT", "cloudflare-pages", place, "my-project", project)?;
                Some(Target::CloudflarePages { project, account: self.parsed("PUBLISH_CF_ACCOUNT", account) })
            }
            other => {
                let near = TARGETS.iter().min_by_key(|name| strsim::osa_distance(name, other));
                let near = near.filter(|name| strsim::osa_distance(name, other) <= 4);
                let meant = near.map(|name| format!("did you mean `{name}`? ")).unwrap_or_default();
                self.report(
                    at,
                    format!("there is no target `{other}`"),
                    &format!("{meant}there is {}", list(&TARGETS)),
                );
                None
            }
        }
    }
}

fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

type Parsed<T> = Result<T, (String, String)>;

fn no<T>(message: impl Into<String>, help: &str) -> Parsed<T> {
    Err((message.into(), help.to_owned()))
}

/// A host name (RFC 1123).
fn domain(text: &str) -> Parsed<String> {
    let host = text.to_ascii_lowercase();
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    match host.len() <= 253 && host.contains('.') && host.split('.').all(label) {
        true => Ok(host),
        false => no(format!("`{text}` is no host name"), "write it like `www.example.org`: no scheme, no path"),
    }
}

/// `http://host` or `https://host`, with a port and a path if need be.
pub(super) fn address(text: &str) -> Parsed<String> {
    let text = text.trim_end_matches('/');
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':' | '/' | '_' | '~' | '%' | '[' | ']');
    match rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', ':']) && rest.chars().all(fits)) {
        true => Ok(text.to_owned()),
        false => no(format!("`{text}` is no address"), "write it like `https://example.org`"),
    }
}

/// As git takes branches, and a little less (git-check-ref-format).
fn branch(text: &str) -> Parsed<String> {
    let part = |part: &str| !part.is_empty() && !part.starts_with(['.', '-']) && !part.ends_with(".lock");
    let bad = |c: char| c.is_whitespace() || c.is_control() || "~^:?*[\\@{".contains(c);
    match !text.contains(bad) && !text.contains("..") && !text.ends_with('.') && text.split('/').all(part) {
        true => Ok(text.to_owned()),
        false => no(format!("`{text}` is no name of a branch"), "write it like `gh-pages`"),
    }
}

/// The id of a site on a server: as workbooks have them.
fn site(text: &str) -> Parsed<String> {
    match check_id("site", text) {
        Ok(()) => Ok(text.to_owned()),
        Err(error) => no(error.to_string(), "write it like `my-site`"),
    }
}

fn project(text: &str) -> Parsed<String> {
    let fits = text.len() <= 58 && !text.starts_with('-') && !text.ends_with('-');
    match fits && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        true => Ok(text.to_owned()),
        false => no(
            format!("`{text}` is no name of a project"),
            "use lower-case letters, digits and `-`, at most 58 of them",
        ),
    }
}

fn account(text: &str) -> Parsed<String> {
    match text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        true => Ok(text.to_owned()),
        false => no(
            "this is no id of an account",
            "it has 32 digits from `0` to `f`; it is in the address of Cloudflare's dashboard",
        ),
    }
}

/// A page in a folder, or for a site the folder. The folder is replaced whole, so it must be one of its own.
fn output(text: &str, form: Form) -> Parsed<PathBuf> {
    let path = PathBuf::from(text);
    let own = match form {
        Form::Drawer if path.extension().is_none_or(|end| end != "html") => {
            return no(format!("`{text}` is no page"), "name the page, such as `.publish_out/index.html`");
        }
        Form::Drawer => path.parent().unwrap_or(Path::new("")),
        Form::Keywords => &path,
    };
    let named = |part: &Component<'_>| matches!(part, Component::Normal(_));
    match own.components().next_back().is_some_and(|last| named(&last)) {
        true => Ok(path),
        false => no(
            format!("`{text}` is in a folder that has other things in it"),
            "the folder is replaced whole: give it one of its own, such as `public/index.html`",
        ),
    }
}
