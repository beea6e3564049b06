//! Links, and the images some of them are.

use super::address::{self, Target};
use super::attributes;
use super::html::{attribute, escape_into};
use super::index::Place as Found;
use super::inline::{self, Inline, Step};
use super::{Export, code, heading};
use crate::object::{Link, LinkForm, Object, Place};
use crate::syntax::Kind;

/// Writes a link; its description, if it has one, is left to the walk.
pub(crate) fn write(x: &mut Export, inline: &Inline, i: usize, object: &Object, link: &Link) -> Step {
    let raw = inline.slice(&link.raw);
    let description = inline.slice(&object.contents);
    let described = !description.trim().is_empty();
    if link.form == LinkForm::Radio {
        return radio(x, raw);
    }
    let target = address::read(raw, link.form, link.scheme.is_some(), &x.settings.abbreviations);
    let attributes = std::mem::take(&mut x.link_attributes);
    if described {
        if let Some(source) = image_in(description) {
            return picture_link(x, &target, &source, &attributes);
        }
        let Some(step) = open(x, &target, &attributes, true) else { return broken(x, object.next > i + 1) };
        return match step {
            Opened::Link => Step::Into("</a>"),
            Opened::Styled(close) => Step::Into(close),
            Opened::Reference(label, n) => {
                code_reference(x, description, &label, &n);
                Step::Skip
            }
            Opened::Done => Step::Skip,
        };
    }
    if let Some(source) = source_of(&target) {
        image(x, &source, &attributes);
        return Step::Skip;
    }
    match open(x, &target, &attributes, false) {
        Some(Opened::Link) => {
            shown(x, &target);
            x.out.push_str("</a>");
        }
        Some(Opened::Styled(close)) => {
            shown(x, &target);
            x.out.push_str(close);
        }
        Some(Opened::Reference(_, n)) => {
            escape_into(&mut x.out, &n);
            x.out.push_str("</a>");
        }
        Some(Opened::Done) => {}
        None if x.plain => {}
        // Nowhere to go: the text stays, the link does not.
        None => escape_into(&mut x.out, raw),
    }
    Step::Skip
}

/// What has been written of a link.
enum Opened {
    /// `<a …>`
    Link,
    /// Something else, with what ends it.
    Styled(&'static str),
    /// `<a …>` of a reference to a line of code: its label and what stands for it.
    Reference(String, String),
    /// Everything.
    Done,
}

/// A link nobody can follow: Org leaves it out, a reader of a page gets its text.
fn broken(x: &Export, has_children: bool) -> Step {
    if x.plain || !has_children { Step::Skip } else { Step::Into("") }
}

fn radio(x: &mut Export, raw: &str) -> Step {
    let id = x.ids.target_id(raw);
    start(x, &format!("#{id}"), &[]);
    Step::Into("</a>")
}

fn start(x: &mut Export, address: &str, attributes: &[(String, Option<String>)]) {
    x.out.push_str("<a");
    if address::is_safe(address, x.plain) {
        attribute(&mut x.out, "href", address);
    }
    attributes::write(&mut x.out, attributes, &["href"]);
    x.out.push('>');
}

/// Opens a link; nothing if it is broken.
fn open(x: &mut Export, target: &Target, attributes: &[(String, Option<String>)], described: bool) -> Option<Opened> {
    match target {
        Target::CustomId(id) | Target::Id(id) => {
            let heading = x.index.id(id)?;
            return Some(to_heading(x, heading, attributes, described));
        }
        Target::CodeRef(label) => {
            if x.code_labels.is_none() {
                x.code_labels = Some(code::references(x.document));
            }
            let line = match x.code_labels.as_ref().and_then(|l| l.get(label)).cloned() {
                Some(line) => line,
                None if x.plain => return None,
                None => label.clone(),
            };
            start(x, &format!("#{}", code::anchor(label)), attributes);
            return Some(Opened::Reference(label.clone(), line));
        }
        Target::Fuzzy(path) => return fuzzy(x, path, attributes, described),
        Target::File { path, search } => start(x, &file(x, path, search.as_deref())?, attributes),
        Target::Url(kind, path) => return url(x, kind, path, attributes, described),
    }
    Some(Opened::Link)
}

fn to_heading(x: &mut Export, target: usize, attributes: &[(String, Option<String>)], described: bool) -> Opened {
    let address = format!("#{}", x.ids.heading(target));
    start(x, &address, attributes);
    if described {
        return Opened::Link;
    }
    match x.levels.number(target) {
        Some(number) => x.out.push_str(number),
        None => heading::title_text(x, target),
    }
    x.out.push_str("</a>");
    Opened::Done
}

fn fuzzy(x: &mut Export, path: &str, attributes: &[(String, Option<String>)], described: bool) -> Option<Opened> {
    let found = x.index.fuzzy(x.document, &x.pruned, path)?;
    let (id, number) = match found {
        Found::Heading(h) => return Some(to_heading(x, h, attributes, described)),
        Found::Element(e) => {
            let id = x.ids.elements.get(&e).cloned().unwrap_or_default();
            (id, x.index.numbers.get(&e).map(usize::to_string))
        }
        Found::Target(e) => (x.ids.target_id(path), e.and_then(|e| container_number(x, e))),
    };
    start(x, &format!("#{id}"), attributes);
    if described {
        return Some(Opened::Link);
    }
    match number {
        Some(number) => x.out.push_str(&number),
        None if x.plain => x.out.push_str("No description for this link"),
        None => escape_into(&mut x.out, path),
    }
    x.out.push_str("</a>");
    Some(Opened::Done)
}

/// The number of what a target stands in: an item, a table with a caption, a numbered heading.
fn container_number(x: &Export, element: usize) -> Option<String> {
    let document = x.document;
    let inside = document.elements.get(element)?;
    if inside.kind == Kind::Table {
        return x.index.numbers.get(&element).map(usize::to_string);
    }
    match x.index.containers.get(&element) {
        Some(number) => Some(number.clone()),
        None => inside.heading.and_then(|h| x.levels.number(h)).map(str::to_owned),
    }
}

/// The address of a file, with the part of it a search option names.
fn file(x: &Export, path: &str, search: Option<&str>) -> Option<String> {
    let mut address = match path.starts_with(['/', '~']) {
        true if !path.starts_with("//") => format!("file://{path}"),
        true => format!("file:{path}"),
        // `file:javascript:…` must not become a script.
        false if crate::links::scheme(path).is_some() => format!("./{path}"),
        false => path.to_owned(),
    };
    address = address::as_html(&address);
    match search {
        None => Some(address),
        Some(part) => match part.strip_prefix('#') {
            Some(id) => Some(format!("{address}#{id}")),
            None if x.plain => None,
            None => Some(format!("{address}#{}", crate::text::slug(part.trim_start_matches('*')))),
        },
    }
}

fn url(
    x: &mut Export,
    kind: &str,
    path: &str,
    attributes: &[(String, Option<String>)],
    described: bool,
) -> Option<Opened> {
    let address = match kind {
        "doi" => format!("https://doi.org/{path}"),
        "info" => info(path),
        "bbdb" => {
            x.out.push_str("<i>");
            return Some(Opened::Styled("</i>"));
        }
        "irc" => format!("irc:{path}"),
        _ => address::encode(kind, path),
    };
    if !address::is_safe(&address, x.plain) {
        // The text stays; nobody can be sent there.
        if !described {
            escape_into(&mut x.out, &address);
        }
        return Some(if described { Opened::Styled("") } else { Opened::Done });
    }
    start(x, &address, attributes);
    if !described {
        let text = match kind {
            "info" | "irc" => path,
            _ => address.as_str(),
        };
        escape_into(&mut x.out, text);
        x.out.push_str("</a>");
        return Some(Opened::Done);
    }
    Some(Opened::Link)
}

/// A node of a GNU manual.
fn info(path: &str) -> String {
    let (manual, node) = path.split_once('#').or_else(|| path.split_once("::")).unwrap_or((path, "Top"));
    let manual = manual.trim_end_matches(':');
    const EMACS: &[&str] =
        &["emacs", "elisp", "org", "calc", "gnus", "eintr", "cl", "tramp", "message", "eshell", "auth"];
    let page = match manual {
        "dir" => "https://www.gnu.org/manual/manual.html".to_owned(),
        "libc" => "https://www.gnu.org/software/libc/manual/html_mono/libc.html".to_owned(),
        "make" => "https://www.gnu.org/software/make/manual/make.html".to_owned(),
        m if EMACS.contains(&m) => format!("https://www.gnu.org/software/emacs/manual/html_mono/{m}.html"),
        m => format!("{m}.html"),
    };
    let mut anchor = String::new();
    for c in node.trim().chars() {
        match c {
            c if c.is_ascii_alphanumeric() => anchor.push(c),
            c if c.is_whitespace() => anchor.push('-'),
            c => anchor.push_str(&format!("_00{:02x}", u32::from(c))),
        }
    }
    format!("{page}#{anchor}")
}

/// What a link without description shows.
fn shown(x: &mut Export, target: &Target) {
    match target {
        Target::File { path, search } => {
            let text = file(x, path, search.as_deref()).unwrap_or_default();
            escape_into(&mut x.out, &text);
        }
        Target::Url(_, path) => escape_into(&mut x.out, path),
        _ => {}
    }
}

/// A description of a reference to code: the label in it becomes the line.
fn code_reference(x: &mut Export, description: &str, label: &str, line: &str) {
    let text = description.replacen(&format!("({label})"), line, 1);
    inline::text(x, &text, Place::LinkDescription);
    x.out.push_str("</a>");
}

/// The address of an image, if a link is one.
fn source_of(target: &Target) -> Option<String> {
    match target {
        Target::File { path, .. } if address::is_image(path) => Some(match path.starts_with(['/', '~']) {
            true => format!("file://{path}"),
            false => path.clone(),
        }),
        Target::Url(kind, path) if matches!(kind.as_str(), "http" | "https") && address::is_image(path) => {
            Some(address::encode(kind, path))
        }
        _ => None,
    }
}

/// The address of an image, if a description is nothing but a link to one.
fn image_in(description: &str) -> Option<String> {
    let inner = description.strip_prefix('<').and_then(|d| d.strip_suffix('>')).unwrap_or(description);
    if inner.contains(char::is_whitespace) && inner.len() == description.len() {
        return None;
    }
    let (kind, path) = inner.split_once(':')?;
    if !matches!(kind, "file" | "http" | "https") || !address::is_image(path) {
        return None;
    }
    source_of(&address::read(inner, LinkForm::Plain, true, &[]))
}

/// Whether the object is an image to look at.
pub(crate) fn is_image(inline: &Inline, object: &Object, link: &Link, x: &[(String, String)]) -> bool {
    let description = inline.slice(&object.contents);
    if !description.trim().is_empty() {
        return image_in(description).is_some();
    }
    link.form != LinkForm::Radio
        && source_of(&address::read(inline.slice(&link.raw), link.form, link.scheme.is_some(), x)).is_some()
}

fn picture_link(x: &mut Export, target: &Target, source: &str, attributes: &[(String, Option<String>)]) -> Step {
    match open(x, target, &[], true) {
        Some(Opened::Styled(close)) => {
            image(x, source, attributes);
            x.out.push_str(close);
        }
        Some(_) => {
            image(x, source, attributes);
            x.out.push_str("</a>");
        }
        None if x.plain => {}
        None => image(x, source, attributes),
    }
    Step::Skip
}

/// An image with the file's name as its alternative text, unless the author says more.
fn image(x: &mut Export, source: &str, attributes: &[(String, Option<String>)]) {
    x.out.push_str("<img");
    if address::is_safe(source, x.plain) {
        attribute(&mut x.out, "src", source);
    }
    let caption = std::mem::take(&mut x.alt);
    let alt = attributes::value(attributes, "alt").map(str::to_owned).or(caption);
    let alt = alt.unwrap_or_else(|| source.rsplit('/').next().unwrap_or(source).to_owned());
    attribute(&mut x.out, "alt", &alt);
    attributes::write(&mut x.out, attributes, &["alt", "src", "href"]);
    x.out.push_str(" />");
}
