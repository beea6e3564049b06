//! What macros stand for: the file's own definitions and the built-in ones.
//!
//! This is a pure function without clock and without the name of a file: `time`, `modification-time` and `input-file`
//! give nothing, and Emacs Lisp (`#+MACRO: x (eval …)`) is not evaluated, its macros stay as written.

use std::collections::HashMap;
use std::ops::Range;

use super::dates;
use crate::search;
use crate::syntax::{Document, Kind};

/// The macros of a file.
pub(super) struct Templates {
    /// By name in lower case.
    own: HashMap<String, String>,
    /// Every keyword line, wherever it stands: `title` has its value from here.
    keywords: HashMap<String, String>,
    first_date: Option<String>,
    counters: HashMap<String, u64>,
    /// Of the document at hand, once a macro asks for a property.
    entries: Option<Vec<Entry>>,
    /// The titles that changed since, by their place.
    titles: Vec<(Range<usize>, String)>,
    /// Where the macro at hand stands.
    here: usize,
}

/// A heading with its properties, or the text before the first heading.
struct Entry {
    start: usize,
    /// Special ones (`ITEM`, `TODO` …) and those of the drawer, keys in upper case.
    properties: HashMap<String, String>,
    title: String,
    title_at: Range<usize>,
}

impl Templates {
    /// Reads the definitions of a document.
    pub(super) fn of(document: &Document) -> Self {
        let mut own = HashMap::new();
        for element in &document.elements {
            let Kind::Keyword { key, value } = &element.kind else { continue };
            if element.attached || !document.slice(key).eq_ignore_ascii_case("macro") {
                continue;
            }
            let value = document.slice(value);
            let len = value.find([' ', '\t']).unwrap_or(value.len());
            let template = value[len..].trim_start_matches([' ', '\t']);
            if len > 0 {
                // The first definition counts.
                own.entry(value[..len].to_ascii_lowercase()).or_insert_with(|| template.to_owned());
            }
        }
        let (keywords, firsts) = keywords(document.text());
        for name in ["author", "title"] {
            if let Some(value) = keywords.get(name) {
                own.insert(name.to_owned(), value.clone());
            }
        }
        own.extend(firsts.get("email").map(|email| ("email".to_owned(), email.clone())));
        for name in ["author", "title", "email"] {
            own.entry(name.to_owned()).or_default();
        }
        let first_date = firsts.get("date").cloned();
        if first_date.is_some() {
            own.remove("date");
        }
        Templates { own, keywords, first_date, counters: HashMap::new(), entries: None, titles: Vec::new(), here: 0 }
    }

    /// Another document is at hand, with other places.
    pub(super) fn turn(&mut self) {
        self.entries = None;
        self.titles.clear();
    }

    /// The title in this place has had its macros expanded.
    pub(super) fn retitle(&mut self, title: &str, at: &Range<usize>) {
        match &mut self.entries {
            Some(entries) => retitle(entries, title, at),
            None => self.titles.push((at.clone(), title.to_owned())),
        }
    }

    /// Says where the next macro stands.
    pub(super) fn at(&mut self, offset: usize) {
        self.here = offset;
    }

    /// What a macro stands for; `None` where Org would stop with an error, or evaluate.
    pub(super) fn value(&mut self, document: &Document, name: &str, arguments: Option<&[String]>) -> Option<String> {
        let argument = |i: usize| arguments.and_then(|a| a.get(i)).map(String::as_str);
        if let Some(template) = self.own.get(name) {
            return if evaluates(template) { None } else { Some(fill(template, arguments.unwrap_or_default())) };
        }
        match name {
            "date" => Some(self.date(argument(0))),
            "keyword" => Some(self.keywords.get(&argument(0)?.to_ascii_lowercase()).cloned().unwrap_or_default()),
            "n" => Some(self.count(argument(0), argument(1)).to_string()),
            "property" => self.property(document, argument(0)?, argument(1)),
            "time" | "modification-time" => argument(0).map(|_| String::new()),
            "input-file" => Some(String::new()),
            _ => None,
        }
    }

    fn date(&self, format: Option<&str>) -> String {
        let value = self.first_date.as_deref().unwrap_or("");
        let formatted = format.filter(|f| !f.trim().is_empty()).and_then(|f| dates::format(value, f));
        formatted.unwrap_or_else(|| value.to_owned())
    }

    /// `{{{n(name,action)}}}`
    fn count(&mut self, name: Option<&str>, action: Option<&str>) -> u64 {
        let old = self.counters.get(name.unwrap_or("").trim()).copied();
        let new = match action.map(str::trim).filter(|a| !a.is_empty()) {
            None => old.unwrap_or(0).saturating_add(1),
            Some("-") => old.unwrap_or(1),
            Some(action) if action.bytes().all(|b| b.is_ascii_digit()) => action.parse().unwrap_or(1),
            Some(_) => 1,
        };
        self.counters.insert(name.unwrap_or("").trim().to_owned(), new);
        new
    }

    /// A property of the entry at hand, or of the one that a link would lead to.
    fn property(&mut self, document: &Document, name: &str, location: Option<&str>) -> Option<String> {
        let titles = &self.titles;
        let entries = self.entries.get_or_insert_with(|| {
            let mut entries = entries(document);
            titles.iter().for_each(|(at, title)| retitle(&mut entries, title, at));
            entries
        });
        let entry = match location.filter(|l| !l.trim().is_empty()) {
            None => entries.partition_point(|e| e.start <= self.here).checked_sub(1).and_then(|i| entries.get(i)),
            Some(location) => Some(entry(entries, location)?),
        };
        let value = entry.and_then(|e| e.properties.get(&name.to_ascii_uppercase()));
        Some(value.cloned().unwrap_or_default())
    }
}

/// Reads the properties of a document.
fn entries(document: &Document) -> Vec<Entry> {
    let drawer = |drawer: Option<&crate::syntax::drawer::Drawer>| -> HashMap<String, String> {
        let keys = drawer.iter().flat_map(|d| &d.entries).map(|e| document.slice(&e.key));
        let value = |key: &str| drawer.and_then(|d| d.value(document.text(), key));
        keys.filter_map(|k| Some((k.to_ascii_uppercase(), value(k)?))).collect()
    };
    let mut entries =
        vec![Entry { start: 0, properties: drawer(document.drawer.as_ref()), title: String::new(), title_at: 0..0 }];
    for (i, heading) in document.headings.iter().enumerate() {
        let mut properties = drawer(heading.drawer.as_ref());
        let title = document.title(i).to_owned();
        let state = heading.state.as_ref().map(|s| document.slice(s));
        // As Org's `ITEM`: without the keyword, priority and tags.
        properties.insert("ITEM".to_owned(), title.clone());
        properties.extend(state.map(|s| ("TODO".to_owned(), s.to_owned())));
        let priority = heading.priority.as_ref().map_or("B", |p| document.slice(p).trim_start_matches('#'));
        properties.insert("PRIORITY".to_owned(), priority.to_owned());
        if !heading.tags.is_empty() {
            let tags: Vec<&str> = heading.tags.iter().map(|t| document.slice(t)).collect();
            properties.insert("TAGS".to_owned(), format!(":{}:", tags.join(":")));
        }
        let title_at = heading.title.clone();
        entries.push(Entry { start: heading.line.start, properties, title, title_at });
    }
    entries
}

/// A title that changes.
fn retitle(entries: &mut [Entry], title: &str, at: &Range<usize>) {
    let index = entries.partition_point(|e| e.start <= at.start).checked_sub(1);
    if let Some(entry) = index.and_then(|i| entries.get_mut(i)).filter(|e| e.title_at == *at) {
        title.clone_into(&mut entry.title);
        entry.properties.insert("ITEM".to_owned(), title.to_owned());
    }
}

/// The entry that a link would lead to.
fn entry<'e>(entries: &'e [Entry], location: &str) -> Option<&'e Entry> {
    if let Some(id) = location.strip_prefix('#') {
        return entries.iter().find(|e| e.properties.get("CUSTOM_ID").is_some_and(|v| v == id));
    }
    let title = location.strip_prefix('*').unwrap_or(location).trim();
    entries.iter().skip(1).find(|e| e.title.eq_ignore_ascii_case(title))
}

/// Whether a template is Emacs Lisp.
fn evaluates(template: &str) -> bool {
    template.strip_prefix("(eval").is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
}

/// A template with `$1` … replaced; `$0` is the first argument too, as Org has it.
fn fill(template: &str, arguments: &[String]) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(i) = rest.find('$') {
        let behind = &rest[i + 1..];
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            out.push_str(&rest[..=i]);
            rest = behind;
            continue;
        }
        out.push_str(&rest[..i]);
        let number: usize = behind[..digits].parse().unwrap_or(usize::MAX);
        out.push_str(arguments.get(number.saturating_sub(1)).map_or("", String::as_str));
        rest = &behind[digits..];
    }
    out.push_str(rest);
    out
}

type Values = HashMap<String, String>;

/// Per keyword all its values joined by blanks, and the first one; names in lower case. Lines count wherever they
/// stand, even in a block: that is how Org looks for them here.
fn keywords(text: &str) -> (Values, Values) {
    let (mut all, mut firsts): (Values, Values) = (HashMap::new(), HashMap::new());
    for hash in search::every(text, b'#').filter(|i| text.as_bytes().get(i + 1) == Some(&b'+')) {
        let before = text.get(..hash).unwrap_or("").trim_end_matches([' ', '\t']);
        if !before.is_empty() && !before.ends_with('\n') {
            continue;
        }
        let line = text.get(hash..).and_then(|rest| rest.lines().next()).unwrap_or("");
        let Some((key, value)) = crate::syntax::line::keyword(line) else { continue };
        let (key, value) = (line[key].to_ascii_lowercase(), &line[value]);
        firsts.entry(key.clone()).or_insert_with(|| value.to_owned());
        let joined = all.entry(key).or_default();
        if !joined.is_empty() && !value.is_empty() {
            joined.push(' ');
        }
        joined.push_str(value);
    }
    (all, firsts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filled() {
        let fill = |t: &str| fill(t, &["x".to_owned(), "y".to_owned()]);
        assert_eq!(fill("a $1$2 $0 $3|$10 $ $$1"), "a xy x | $ $x");
    }

    #[test]
    fn counters() {
        let mut t = Templates::of(&Document::parse(""));
        let n = |t: &mut Templates, args: &[&str]| {
            let args: Vec<String> = args.iter().map(|a| (*a).to_owned()).collect();
            t.value(&Document::parse(""), "n", Some(&args)).unwrap_or_default()
        };
        let got = [n(&mut t, &[""]), n(&mut t, &[]), n(&mut t, &["a", "-"]), n(&mut t, &["a", "7"]), n(&mut t, &["a"])];
        assert_eq!(got, ["1", "2", "1", "7", "8"]);
        assert_eq!(n(&mut t, &["a", "reset"]), "1");
    }
}
