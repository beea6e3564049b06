//! What a file says about its own export: `#+OPTIONS:` and the keywords, with Org's defaults.
//!
//! A table of contents and section numbers are not among the defaults: a page has them where the file asks. Values are
//! the file's own words, still Org text; how they look is the exporter's business.

use super::lisp::{self, Value};
use super::tag_groups::TagGroups;
use crate::object;
use crate::syntax::{Document, Kind};

/// How deep a table of contents or the numbers of headings go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    No,
    All,
    Levels(usize),
}

/// `tags:`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tags {
    No,
    Yes,
    /// In headings, but not in the table of contents.
    NotInToc,
}

/// `tasks:`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tasks {
    All,
    No,
    Open,
    Done,
    /// Those with one of these keywords.
    Only(Vec<String>),
}

/// `^:`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scripts {
    No,
    Yes,
    /// Only with braces.
    Braces,
}

/// `<:`, for paragraphs that hold nothing but timestamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Timestamps {
    No,
    All,
    Active,
    Inactive,
}

/// `d:`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Drawers {
    All,
    No,
    Only(Vec<String>),
    Except(Vec<String>),
}

/// `prop:`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Properties {
    No,
    All,
    Only(Vec<String>),
}

/// `arch:`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Archived {
    /// The heading alone.
    Headline,
    Yes,
    No,
}

/// `tex:`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Latex {
    No,
    Yes,
    /// As text, the way it was written.
    Verbatim,
}

/// `broken-links:`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BrokenLinks {
    /// Org gives up; a page shows the text.
    Fail,
    /// The text alone.
    Yes,
    /// `[BROKEN LINK: …]`
    Mark,
}

/// All settings of a file.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) toc: Depth,
    pub(crate) numbers: Depth,
    /// `H:`; `None` where it is not said (Org's default is 3), `usize::MAX` for no limit.
    pub(crate) headline_levels: Option<usize>,
    pub(crate) tags: Tags,
    pub(crate) todo: bool,
    pub(crate) priority: bool,
    pub(crate) tasks: Tasks,
    pub(crate) scripts: Scripts,
    pub(crate) emphasis: bool,
    pub(crate) entities: bool,
    pub(crate) fixed_width: bool,
    pub(crate) footnotes: bool,
    pub(crate) special_strings: bool,
    pub(crate) smart_quotes: bool,
    pub(crate) tables: bool,
    pub(crate) timestamps: Timestamps,
    pub(crate) preserve_breaks: bool,
    pub(crate) latex: Latex,
    pub(crate) drawers: Drawers,
    pub(crate) clocks: bool,
    pub(crate) planning: bool,
    pub(crate) properties: Properties,
    pub(crate) statistics: bool,
    pub(crate) archived: Archived,
    pub(crate) inline_tasks: bool,
    pub(crate) with_author: bool,
    pub(crate) with_date: bool,
    pub(crate) with_email: bool,
    pub(crate) with_creator: bool,
    pub(crate) with_title: bool,
    pub(crate) broken_links: BrokenLinks,
    /// Ours: the author wants raw HTML.
    pub(crate) raw_html: bool,
    pub(crate) self_links: bool,
    /// `html5-fancy:`; Org heeds it only under an HTML5 doctype.
    pub(crate) html5_fancy: bool,
    pub(crate) doctype: Option<String>,
    pub(crate) container: Option<String>,
    /// Several `#+TITLE:` are one, line by line; a line break counts as a blank. So for author, date and subtitle.
    pub(crate) title: Option<String>,
    pub(crate) subtitle: Option<String>,
    pub(crate) author: Option<String>,
    pub(crate) date: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) keywords: Option<String>,
    /// Also the language of smart quotes and of words like "Footnotes".
    pub(crate) language: String,
    pub(crate) select_tags: Vec<String>,
    pub(crate) exclude_tags: Vec<String>,
    /// `#+LINK:`: name and replacement.
    pub(crate) abbreviations: Vec<(String, String)>,
    pub(crate) objects: object::Settings,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            toc: Depth::No,
            numbers: Depth::No,
            headline_levels: None,
            tags: Tags::Yes,
            todo: true,
            priority: false,
            tasks: Tasks::All,
            scripts: Scripts::Yes,
            emphasis: true,
            entities: true,
            fixed_width: true,
            footnotes: true,
            special_strings: true,
            smart_quotes: false,
            tables: true,
            timestamps: Timestamps::All,
            preserve_breaks: false,
            latex: Latex::Yes,
            drawers: Drawers::Except(vec!["LOGBOOK".to_owned()]),
            clocks: false,
            planning: false,
            properties: Properties::No,
            statistics: true,
            archived: Archived::Headline,
            inline_tasks: true,
            with_author: true,
            with_date: true,
            with_email: false,
            with_creator: false,
            with_title: true,
            broken_links: BrokenLinks::Fail,
            raw_html: false,
            self_links: false,
            html5_fancy: false,
            doctype: None,
            container: None,
            title: None,
            subtitle: None,
            author: None,
            date: None,
            email: None,
            description: None,
            keywords: None,
            language: "en".to_owned(),
            select_tags: vec!["export".to_owned()],
            exclude_tags: vec!["noexport".to_owned()],
            abbreviations: Vec::new(),
            objects: object::Settings::default(),
        }
    }
}

impl Settings {
    /// Reads the settings of a (prepared) file.
    pub(crate) fn of(document: &Document) -> Self {
        let mut settings = Settings::default();
        let mut tags: (Option<Vec<String>>, Option<Vec<String>>) = (None, None);
        let mut groups = TagGroups::default();
        for element in &document.elements {
            let Kind::Keyword { key, value } = &element.kind else { continue };
            if element.attached || element.heading.is_some_and(|h| document.headings.get(h).is_some_and(|h| h.hidden)) {
                continue;
            }
            let (key, value) = (document.slice(key), document.slice(value));
            let words = || value.split_whitespace().map(str::to_owned);
            match key.to_ascii_uppercase().as_str() {
                "SELECT_TAGS" => tags.0.get_or_insert_default().extend(words()),
                "EXCLUDE_TAGS" => tags.1.get_or_insert_default().extend(words()),
                "TAGS" => groups.read(value),
                name => settings.keyword(name, value),
            }
        }
        if let Some(select) = tags.0 {
            settings.select_tags = select;
        }
        if let Some(exclude) = tags.1 {
            settings.exclude_tags = exclude;
        }
        settings.select_tags = groups.expand(settings.select_tags);
        settings.exclude_tags = groups.expand(settings.exclude_tags);
        settings.objects.radio_targets = super::radio::targets(document);
        settings
    }

    fn keyword(&mut self, name: &str, value: &str) {
        let lines = |slot: &mut Option<String>, between: char| match slot {
            Some(all) => {
                all.push(between);
                all.push_str(value);
            }
            None => *slot = Some(value.to_owned()),
        };
        match name {
            "OPTIONS" => lisp::options(value).into_iter().for_each(|(key, value)| self.option(&key, &value)),
            "TITLE" => lines(&mut self.title, '\n'),
            "SUBTITLE" => lines(&mut self.subtitle, '\n'),
            "AUTHOR" => lines(&mut self.author, '\n'),
            "DATE" => lines(&mut self.date, '\n'),
            "DESCRIPTION" => lines(&mut self.description, '\n'),
            "KEYWORDS" => lines(&mut self.keywords, ' '),
            "EMAIL" => self.email = Some(value.to_owned()),
            "LANGUAGE" => self.language = value.to_owned(),
            "HTML_DOCTYPE" => drop(self.doctype.get_or_insert_with(|| value.to_owned())),
            "HTML_CONTAINER" => drop(self.container.get_or_insert_with(|| value.to_owned())),
            "LINK" => self.abbreviations.extend(abbreviation(value)),
            _ => {}
        }
    }

    /// One item of `#+OPTIONS:`; names do not mind their case.
    fn option(&mut self, name: &str, value: &Value) {
        let on = value.is_on();
        match name.to_ascii_lowercase().as_str() {
            "toc" => self.toc = depth(value),
            "num" => self.numbers = depth(value),
            "h" => self.headline_levels = Some(value.count().unwrap_or(usize::MAX)),
            "tags" => self.tags = tags(value),
            "todo" => self.todo = on,
            "pri" => self.priority = on,
            "tasks" => self.tasks = tasks(value),
            "^" => self.scripts = scripts(value),
            "*" => self.emphasis = on,
            "e" => self.entities = on,
            ":" => self.fixed_width = on,
            "f" => self.footnotes = on,
            "-" => self.special_strings = on,
            "'" => self.smart_quotes = on,
            "|" => self.tables = on,
            "<" => self.timestamps = timestamps(value),
            "\\n" => self.preserve_breaks = on,
            "tex" => self.latex = latex(value),
            "d" => self.drawers = drawers(value),
            "c" => self.clocks = on,
            "p" => self.planning = on,
            "prop" => self.properties = properties(value),
            "stat" => self.statistics = on,
            "arch" => self.archived = archived(value),
            "inline" => self.inline_tasks = on,
            "author" => self.with_author = on,
            "date" => self.with_date = on,
            "email" => self.with_email = on,
            "creator" => self.with_creator = on,
            "title" => self.with_title = on,
            "broken-links" => self.broken_links = broken_links(value),
            "raw-html" => self.raw_html = on && !value.is("no"),
            "html-self-link-headlines" => self.self_links = on,
            "html5-fancy" => self.html5_fancy = on,
            _ => {}
        }
    }
}

fn depth(value: &Value) -> Depth {
    match value.count() {
        Some(n) => Depth::Levels(n),
        None if value.is_on() => Depth::All,
        None => Depth::No,
    }
}

fn tags(value: &Value) -> Tags {
    match value {
        value if value.is("not-in-toc") => Tags::NotInToc,
        value if value.is_on() => Tags::Yes,
        _ => Tags::No,
    }
}

fn tasks(value: &Value) -> Tasks {
    match value {
        Value::List(words) if !words.is_empty() => Tasks::Only(lisp::texts(words)),
        value if value.is("todo") => Tasks::Open,
        value if value.is("done") => Tasks::Done,
        value if value.is_on() => Tasks::All,
        _ => Tasks::No,
    }
}

fn scripts(value: &Value) -> Scripts {
    match value {
        value if value.is("{}") => Scripts::Braces,
        value if value.is_on() => Scripts::Yes,
        _ => Scripts::No,
    }
}

fn timestamps(value: &Value) -> Timestamps {
    match value {
        value if value.is("active") => Timestamps::Active,
        value if value.is("inactive") => Timestamps::Inactive,
        value if value.is_on() => Timestamps::All,
        _ => Timestamps::No,
    }
}

fn latex(value: &Value) -> Latex {
    match value {
        value if value.is("verbatim") => Latex::Verbatim,
        value if value.is_on() => Latex::Yes,
        _ => Latex::No,
    }
}

fn drawers(value: &Value) -> Drawers {
    match value {
        Value::List(words) if words.first().is_some_and(|w| w.is("not")) => {
            Drawers::Except(lisp::texts(words.get(1..).unwrap_or_default()))
        }
        Value::List(words) if !words.is_empty() => Drawers::Only(lisp::texts(words)),
        value if value.is_on() => Drawers::All,
        _ => Drawers::No,
    }
}

fn properties(value: &Value) -> Properties {
    match value {
        Value::List(words) if !words.is_empty() => Properties::Only(lisp::texts(words)),
        value if value.is_on() => Properties::All,
        _ => Properties::No,
    }
}

fn archived(value: &Value) -> Archived {
    match value {
        value if value.is("headline") => Archived::Headline,
        value if value.is_on() => Archived::Yes,
        _ => Archived::No,
    }
}

fn broken_links(value: &Value) -> BrokenLinks {
    match value {
        value if value.is("mark") => BrokenLinks::Mark,
        value if value.is_on() => BrokenLinks::Yes,
        _ => BrokenLinks::Fail,
    }
}

/// `name replacement`, or `"a name" replacement`.
fn abbreviation(value: &str) -> Option<(String, String)> {
    let (name, rest) = match value.strip_prefix('"').and_then(|v| v.split_once("\" ")) {
        Some((name, rest)) => (name, rest),
        None => value.split_once([' ', '\t'])?,
    };
    let rest = rest.trim_start();
    (!name.is_empty() && !rest.is_empty()).then(|| (name.to_owned(), rest.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> Settings {
        Settings::of(&Document::parse(text))
    }

    #[test]
    fn options() {
        let s = settings("#+OPTIONS: toc:2 num:nil ^:{} H:1 \\n:t ::nil d:(not \"A\" b) tasks:done tags:not-in-toc\n");
        assert_eq!((s.toc, s.numbers, s.headline_levels), (Depth::Levels(2), Depth::No, Some(1)));
        assert_eq!((s.scripts, s.preserve_breaks, s.fixed_width), (Scripts::Braces, true, false));
        assert_eq!(s.drawers, Drawers::Except(vec!["A".to_owned(), "b".to_owned()]));
        assert_eq!((s.tasks, s.tags), (Tasks::Done, Tags::NotInToc));
        let s = settings("#+options: TOC:t <:nil *:nil -:nil ':t |:nil\n#+options: toc:nil\n");
        assert_eq!((s.toc, s.timestamps, s.emphasis, s.smart_quotes), (Depth::No, Timestamps::No, false, true));
    }

    #[test]
    fn keywords() {
        let s = settings(
            "#+title: a\n#+TITLE: b\n#+author: x\n#+language: de\n#+EXCLUDE_TAGS: no never\n#+link: gh https://g/%s\n* COMMENT x\n#+title: c\n",
        );
        assert_eq!(s.title.as_deref(), Some("a\nb"));
        assert_eq!((s.author.as_deref(), s.language.as_str()), (Some("x"), "de"));
        assert_eq!(s.exclude_tags, ["no", "never"]);
        assert_eq!(s.abbreviations, [("gh".to_owned(), "https://g/%s".to_owned())]);
    }
}
