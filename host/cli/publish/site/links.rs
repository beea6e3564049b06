//! Links between Org files as links between pages, and the files that pages show or lead to.
//!
//! The kernel says where links and what they may lead to are. A link that leads nowhere is an error where it stands.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::io::ErrorKind;
use std::path::Path;

use bytes::Bytes;

use super::super::super::references::inside;
use super::super::mentions::mentions;
use super::pages::{One, Site};
use super::{Findings, wrong};
use crate::cli::Context;
use crate::disk::Within;
use crate::kernel::types::{AnchorKind, Link, LinkPlace, Severity, Span};

/// The largest file that is published with pages.
const LARGEST: usize = 64 << 20;

/// Schemes whose links lead to other programs, or elsewhere: nothing of the site.
fn has_scheme(target: &str) -> bool {
    let word = target.split_once(':').map_or("", |(word, _)| word);
    word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
        && !target.starts_with("id:")
        && !target.starts_with("file:")
}

/// What a link is to become.
enum Outcome {
    /// It is right as it is.
    Stays,
    /// It leads to a page: its index, and an anchor there.
    Page(usize, Option<String>, String),
    /// It leads nowhere: why, and the cure.
    Nowhere(String, &'static str),
}

/// Where pages and ids are.
struct Index {
    paths: HashMap<String, usize>,
    /// The page, the anchor there, and what it is called.
    ids: HashMap<String, (usize, String, String)>,
    /// Of each page.
    names: Vec<Names>,
}

/// What links on or to a page may look for: folded names, with the id and the name as written. The first of a name counts.
#[derive(Default)]
struct Names {
    headings: HashMap<String, (String, String)>,
    custom: HashMap<String, (String, String)>,
    targets: HashMap<String, (String, String)>,
    named: HashMap<String, (String, String)>,
}

impl Names {
    fn of(page: &One) -> Self {
        let mut names = Self::default();
        for anchor in &page.survey.anchors {
            let kind = match anchor.kind {
                AnchorKind::Heading => &mut names.headings,
                AnchorKind::CustomId => &mut names.custom,
                AnchorKind::Target => &mut names.targets,
                AnchorKind::Name => &mut names.named,
                AnchorKind::Id => continue,
            };
            kind.entry(folded(&anchor.name)).or_insert_with(|| (anchor.id.clone(), anchor.name.clone()));
        }
        names
    }

    /// The id of what a link is looking for, and what it is called.
    fn find(&self, search: &str) -> Option<(String, String)> {
        let found = match (search.strip_prefix('*'), search.strip_prefix('#')) {
            (Some(title), _) => self.headings.get(&folded(title)),
            (_, Some(id)) => self.custom.get(&folded(id)),
            _ => {
                let name = folded(search);
                self.targets.get(&name).or_else(|| self.named.get(&name)).or_else(|| self.headings.get(&name))
            }
        };
        found.cloned()
    }
}

impl Index {
    fn of(site: &Site) -> Self {
        let paths = site.pages.iter().enumerate().map(|(index, page)| (page.path.clone(), index)).collect();
        let mut ids = HashMap::new();
        for (index, page) in site.pages.iter().enumerate() {
            // A heading comes before its ids.
            let mut title = page.title.as_str();
            for anchor in &page.survey.anchors {
                match anchor.kind {
                    AnchorKind::Heading => title = &anchor.name,
                    AnchorKind::Id => {
                        ids.entry(anchor.name.clone()).or_insert_with(|| (index, anchor.id.clone(), title.to_owned()));
                    }
                    _ => {}
                }
            }
        }
        Self { paths, ids, names: site.pages.iter().map(Names::of).collect() }
    }
}

/// Makes links to files links to pages, in all of them, and reads the files that are published with them.
///
/// # Errors
///
/// When the kernel breaks.
pub(super) fn resolve(
    site: &mut Site,
    context: &Context,
    findings: &mut Findings,
) -> anyhow::Result<BTreeMap<String, Bytes>> {
    let index = Index::of(site);
    let mut texts = Vec::with_capacity(site.pages.len());
    let mut assets = BTreeMap::new();
    for (number, page) in site.pages.iter().enumerate() {
        let mut edits: Vec<(Span, String)> = Vec::new();
        for link in &page.survey.links {
            match look_up(link, number, page, site, &index) {
                Outcome::Stays => {}
                Outcome::Page(target, anchor, title) => {
                    edits.push((link.span, written(link, page, &site.pages[target], anchor.as_deref(), &title)))
                }
                // What is wrong with the list itself is told already.
                Outcome::Nowhere(..) if page.is_list() && link.place != LinkPlace::Text => {}
                Outcome::Nowhere(message, help) => {
                    findings.push((number + 1, wrong(Severity::Error, link.target_span, message, help)));
                }
            }
        }
        texts.push(edited(&page.source.text, edits));
        findings.extend(page.survey.stale.iter().map(|at| (number + 1, super::super::stale(*at))));
        files(page, number, context, &mut assets, findings)?;
    }
    for (page, text) in site.pages.iter_mut().zip(texts) {
        page.text = text;
    }
    Ok(assets)
}

/// The folder that a page is in, as paths in it begin.
fn folder(page: &One) -> &str {
    page.path.rfind('/').map_or("", |at| &page.path[..=at])
}

fn look_up(link: &Link, number: usize, page: &One, site: &Site, index: &Index) -> Outcome {
    let target = link.target.as_str();
    // What is listed is a file, whether it says so or not.
    let listed = page.is_list() && link.place != LinkPlace::Text && target.to_ascii_lowercase().ends_with(".org");
    let is_file = listed || target.starts_with(['.', '/', '~']);
    let file = target.strip_prefix("file:").or_else(|| is_file.then_some(target));
    if let Some(file) = file {
        return to_file(file, page, site, index);
    }
    if let Some(id) = target.strip_prefix("id:") {
        let id = id.split("::").next().unwrap_or(id);
        return match index.ids.get(id) {
            Some((own, ..)) if *own == number => Outcome::Stays,
            Some((other, anchor, title)) => Outcome::Page(*other, Some(anchor.clone()), title.clone()),
            None => Outcome::Nowhere(
                format!("no page of the site has the id `{id}`"),
                "list the page that has it, or link to the file",
            ),
        };
    }
    if has_scheme(target) || target.starts_with('(') {
        return Outcome::Stays;
    }
    match index.names[number].find(target) {
        Some(_) => Outcome::Stays,
        None if target.to_ascii_lowercase().ends_with(".org") => Outcome::Nowhere(
            format!("`{target}` is the name of a heading here, and there is none"),
            "a link to a file begins with `file:` or `./`",
        ),
        None => Outcome::Nowhere(
            format!("there is no `{target}` on this page"),
            "a heading is `*Heading`, a `:CUSTOM_ID:` is `#id`",
        ),
    }
}

fn to_file(file: &str, page: &One, site: &Site, index: &Index) -> Outcome {
    let (path, search) = file.split_once("::").map_or((file, None), |(path, search)| (path, Some(search)));
    if !path.to_ascii_lowercase().ends_with(".org") {
        return Outcome::Stays;
    }
    let Some(path) = inside(folder(page), path) else {
        return Outcome::Nowhere(
            format!("`{path}` is outside of the site's folder"),
            "link to pages of the site, or to an address",
        );
    };
    let Some(target) = index.paths.get(&path).copied() else {
        return Outcome::Nowhere(
            format!("`{path}` is no page of the site"),
            "list it in `site.org`, or take the link out",
        );
    };
    let of = &site.pages[target];
    let Some(search) = search else { return Outcome::Page(target, None, of.title.clone()) };
    match index.names[target].find(search) {
        Some((id, name)) => Outcome::Page(target, Some(id), name),
        None => Outcome::Nowhere(
            format!("`{path}` has no `{search}`"),
            "a heading is `file.org::*Heading`, a `:CUSTOM_ID:` is `file.org::#id`",
        ),
    }
}

/// Names compare as in Org: whatever the case, with single blanks, without `[1/2]`.
fn folded(name: &str) -> String {
    let is_cookie = |word: &&str| {
        let inner = word.strip_prefix('[').and_then(|word| word.strip_suffix(']'));
        inner.is_some_and(|inner| {
            inner.contains(['/', '%']) && inner.chars().all(|c| c.is_ascii_digit() || "/%".contains(c))
        })
    };
    let words: Vec<&str> = name.split_whitespace().filter(|word| !is_cookie(word)).collect();
    words.join(" ").to_lowercase()
}

/// The link as Org would have it to a page.
fn written(link: &Link, from: &One, to: &One, anchor: Option<&str>, title: &str) -> String {
    let file =
        if to.address.ends_with('/') { format!("{}index.html", to.address) } else { format!("{}.html", to.address) };
    let address = format!(
        "{}{}",
        relative(&from.address, &file),
        anchor.map(|id| format!("#{}", encoded(id))).unwrap_or_default()
    );
    let words = match link.description.trim() {
        // What a title may hold, a description may not.
        "" => title.replace('[', "(").replace(']', ")").replace(['|', '\n'], " "),
        words => words.to_owned(),
    };
    format!("[[{address}][{words}]]")
}

/// A file as seen from a page, beginning with `./` or `../` so that Org reads it as a file.
fn relative(page: &str, file: &str) -> String {
    let (from, to): (Vec<&str>, Vec<&str>) = (page.split('/').collect(), file.split('/').collect());
    let most = from.len().min(to.len()) - 1;
    let same = from.iter().zip(&to).take(most).take_while(|(one, other)| one == other).count();
    let up = "../".repeat(from.len() - 1 - same);
    format!("{}{}", if up.is_empty() { "./" } else { &up }, encoded(&to[same..].join("/")))
}

/// What an address cannot hold as `%20` and the like; letters of every script stay.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_alphanumeric()
            || matches!(c, '-' | '.' | '_' | '~' | '/' | '!' | '(' | ')' | '+' | ',' | ';' | '=' | '@')
        {
            out.push(c);
        } else {
            let mut buffer = [0; 4];
            c.encode_utf8(&mut buffer).bytes().for_each(|byte| out.push_str(&format!("%{byte:02X}")));
        }
    }
    out
}

fn edited(text: &str, mut edits: Vec<(Span, String)>) -> String {
    edits.sort_by_key(|(span, _)| span.start);
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for (span, by) in edits {
        let (start, end) = (span.start as usize, span.end as usize);
        let Some(before) = text.get(at..start) else { continue };
        out.push_str(before);
        out.push_str(&by);
        at = end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// Reads the files that a page shows or leads to.
fn files(
    page: &One,
    number: usize,
    context: &Context,
    assets: &mut BTreeMap<String, Bytes>,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    let root = page.source.path.as_deref().map(|path| {
        let up = page.path.matches('/').count() + 1;
        path.ancestors().nth(up).unwrap_or(Path::new("")).to_owned()
    });
    let root = root.filter(|root| !root.as_os_str().is_empty()).unwrap_or_else(|| Path::new(".").to_owned());
    let within = Within::open(&root, false)?;
    for mention in mentions(&page.source, folder(page), context)? {
        if mention.written.to_ascii_lowercase().ends_with(".org") {
            continue;
        }
        let mut refuse = |why: String, help: &str| {
            let message = format!("`{}` {why}", mention.written);
            findings.push((number + 1, wrong(Severity::Error, mention.span, message, help)));
        };
        let Some(path) = mention.path else {
            let help = "files of a site lie in the folder of the list and below";
            refuse("is outside of the site's folder".to_owned(), help);
            continue;
        };
        let address = format!("/{path}");
        if path.split('/').any(|part| part.starts_with('.')) {
            refuse("is hidden, and hidden files are not published".to_owned(), "give it another name");
        } else if let Entry::Vacant(place) = assets.entry(address) {
            match within.read_at_most(Path::new(&path), LARGEST) {
                Ok(Some(bytes)) => drop(place.insert(Bytes::from(bytes))),
                Ok(None) => refuse("is not there".to_owned(), "put the file there, or take the link out"),
                Err(error) if error.kind() == ErrorKind::FileTooLarge => {
                    refuse(format!("is larger than {} MiB", LARGEST >> 20), "put it elsewhere and link to its address");
                }
                Err(error) => refuse(
                    format!("cannot be read: {error}"),
                    "files of a site lie in the folder of the list and below; links that lead out are not followed",
                ),
            }
        }
    }
    Ok(())
}

/// Where some bytes of a text are.
pub(super) fn span(text: &str, at: usize, length: usize) -> Span {
    let before = text.get(..at).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Span { start: number(at), end: number(at + length), line: number(line), column: number(column) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_see_each_other() {
        assert_eq!(relative("/", "/a b.html"), "./a%20b.html");
        assert_eq!(relative("/d/x", "/index.html"), "../index.html");
        assert_eq!(relative("/d/", "/d/ä.html"), "./ä.html");
        assert_eq!(folded("Two  words [1/2]"), "two words");
    }
}
