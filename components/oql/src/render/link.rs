//! Links and images.

use super::PageCtx;
use super::html::{attribute, escape_into};
use crate::links::{Target, target};

/// Files that are shown rather than linked to.
fn is_image(path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or("").to_ascii_lowercase();
    [".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".avif", ".bmp"].iter().any(|e| path.ends_with(e))
}

/// Where a link goes, as an attribute's value; `None` where it may not go anywhere.
fn address(ctx: &PageCtx, path: &str) -> Option<String> {
    let inside = |id: Option<&str>| id.map(|id| format!("#{id}"));
    match target(path) {
        Target::CustomId(id) => inside(ctx.ids.custom(id)),
        Target::Heading(title) => inside(ctx.ids.heading(title)),
        Target::Id(id) => inside(ctx.ids.id(id)),
        Target::Fuzzy(word) => inside(ctx.ids.fuzzy(word)),
        Target::File(path) => file(path),
        Target::Url(url) => Some(url.to_owned()),
        Target::CodeRef(_) | Target::Refused(_) => None,
    }
}

/// `./a.org::*Part` is the page `./a.html`; other files stay what they are.
fn file(path: &str) -> Option<String> {
    let (path, part) = path.split_once("::").unwrap_or((path, ""));
    let path = match path.strip_prefix('/') {
        Some(_) if !path.starts_with("//") => format!("file://{path}"),
        _ => path.to_owned(),
    };
    // `file:javascript:…` must not become a script.
    if crate::links::scheme(&path).is_some_and(|s| s != "file") {
        return None;
    }
    let page = match path.strip_suffix(".org") {
        Some(stem) => format!("{stem}.html"),
        None => path,
    };
    let anchor = match part.strip_prefix('#') {
        Some(id) => format!("#{id}"),
        None => part.strip_prefix('*').map_or(String::new(), |title| format!("#{}", crate::text::slug(title))),
    };
    Some(format!("{page}{anchor}"))
}

/// Writes a link; the description is given as written and as HTML.
pub(crate) fn write(ctx: &mut PageCtx, path: &str, description: Option<(&str, &str)>) {
    let Some(address) = address(ctx, path) else {
        // Nowhere to go: the text stays, the link does not.
        match description {
            Some((_, html)) => ctx.out.push_str(html),
            None => escape_into(&mut ctx.out, shown(path)),
        }
        return;
    };
    let local = matches!(target(path), Target::File(_) | Target::Url(_));
    match description {
        None if local && is_image(&address) => image(ctx, &address),
        None => {
            open(ctx, &address);
            let text = shown(path);
            match target(path) {
                Target::File(_) => escape_into(&mut ctx.out, &address),
                _ => escape_into(&mut ctx.out, text),
            }
            ctx.out.push_str("</a>");
        }
        Some((raw, html)) => {
            open(ctx, &address);
            let raw = raw.trim();
            let picture = (is_image(raw) && !raw.contains(char::is_whitespace)).then(|| match target(raw) {
                Target::File(path) => file(path),
                Target::Url(url) => Some(url.to_owned()),
                Target::Fuzzy(name) => file(name),
                _ => None,
            });
            match picture.flatten() {
                Some(source) => image(ctx, &source),
                None => ctx.out.push_str(html),
            }
            ctx.out.push_str("</a>");
        }
    }
}

/// What a link without description shows.
fn shown(path: &str) -> &str {
    match target(path) {
        Target::Heading(title) => title,
        Target::File(file) => file,
        _ => path.trim(),
    }
}

fn open(ctx: &mut PageCtx, address: &str) {
    ctx.out.push_str("<a");
    attribute(&mut ctx.out, "href", address);
    ctx.out.push('>');
}

/// An image with the file's name as its alternative text, unless a caption says more.
fn image(ctx: &mut PageCtx, address: &str) {
    let name = address.rsplit('/').next().unwrap_or(address);
    let alt = ctx.alt.clone().unwrap_or_else(|| name.to_owned());
    ctx.out.push_str("<img");
    attribute(&mut ctx.out, "src", address);
    attribute(&mut ctx.out, "alt", &alt);
    for (key, value) in std::mem::take(&mut ctx.image) {
        attribute(&mut ctx.out, &key, &value);
    }
    ctx.out.push('>');
}

/// Whether a paragraph is one image link and nothing else.
pub(crate) fn is_lone_image(text: &str) -> bool {
    let text = text.trim();
    let Some(path) = text.strip_prefix("[[").and_then(|t| t.strip_suffix("]]")) else { return false };
    !path.contains(['[', ']', '\n']) && is_image(path) && matches!(target(path), Target::File(_) | Target::Url(_))
}
