//! Paths as text, and the link from a tangled block back to where it stands.

use super::TangleCtx;
use crate::plan::blocks::SourceBlock;

/// The file's name without its folder and last extension.
pub(super) fn stem(path: &str) -> &str {
    let name = file_name(path);
    match name.rfind('.') {
        Some(dot) if dot > 0 => &name[..dot],
        _ => name,
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// A path without `.` and with `..` taken back where it can be.
pub(super) fn normal(path: &str) -> String {
    let root = if path.starts_with('/') { "/" } else { "" };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match (part, parts.last().copied()) {
            ("" | ".", _) => {}
            ("..", Some(last)) if last != ".." => drop(parts.pop()),
            ("..", None) if !root.is_empty() => {}
            _ => parts.push(part),
        }
    }
    format!("{root}{}", parts.join("/"))
}

/// What a comment says about a block: the link to it and its name.
pub(super) struct Origin {
    pub(super) link: String,
    pub(super) name: String,
}

/// Where a block stands; `number` counts the blocks under its heading.
pub(super) fn origin(ctx: &TangleCtx, block: &SourceBlock, number: Option<usize>) -> Origin {
    let document = ctx.document;
    let name = block.name.as_ref().map(|name| document.slice(name).to_owned());
    let search = match (&name, block.heading) {
        (Some(name), _) => name.clone(),
        (None, Some(heading)) => match document.property(heading, "CUSTOM_ID") {
            Some(id) => format!("#{id}"),
            None => format!("*{}", packed(document.title(heading))),
        },
        (None, None) => {
            let line = document.source.line_at(block.span.start);
            let line = document.source.lines.get(line).map_or(0..0, |l| l.start..l.end);
            without_search_syntax(&packed(document.slice(&line)))
        }
    };
    let link = format!("file:{}", relative(ctx, block, &search));
    let title = block.heading.map(|heading| document.title(heading)).filter(|title| !title.is_empty());
    let counted = number.map(|number| format!("{}:{number}", title.unwrap_or("No heading")));
    Origin { link: escaped(&link), name: name.or(counted).unwrap_or_default() }
}

/// White space packed and statistics cookies removed.
fn packed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('[') {
        out.push_str(&rest[..open]);
        let inner = &rest[open + 1..];
        let digits = |s: &str| s.len() - s.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let first = digits(inner);
        let behind = &inner[first..];
        let length = match behind.as_bytes().first() {
            Some(b'%') => Some(first + 1),
            Some(b'/') => Some(first + 1 + digits(&behind[1..])),
            _ => None,
        };
        match length.filter(|length| inner[*length..].starts_with(']')) {
            Some(length) => {
                out.push(' ');
                rest = &inner[length + 1..];
            }
            None => {
                out.push('[');
                rest = inner;
            }
        }
    }
    out.push_str(rest);
    out.split([' ', '\t']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A line that is to be searched for, without what would make a search special.
fn without_search_syntax(text: &str) -> String {
    let mut text = text.trim();
    loop {
        if let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            text = inner.trim();
        } else if text.starts_with(['#', '*']) {
            text = text.trim_start_matches(['#', '*']).trim_start_matches([' ', '\t']);
        } else {
            return text.to_owned();
        }
    }
}

/// The place in the text as seen from the folder of the file that a block goes to. Org takes path and search string
/// together for a path, so that two slashes in a title become one.
fn relative(ctx: &TangleCtx, block: &SourceBlock, search: &str) -> String {
    let target = ctx.value(block, "tangle").unwrap_or_default();
    let own = ctx.path.strip_suffix(file_name(ctx.path)).unwrap_or("");
    let folder = target.rsplit_once('/').map_or("", |(folder, _)| folder);
    let there = if target.starts_with('/') { format!("{folder}/") } else { format!("{own}/{folder}") };
    let separator = if search.is_empty() { "" } else { "::" };
    let place = format!("{}{separator}{search}", ctx.path);
    let (place, there) = (normal(&place), normal(&there));
    let parts = |path: &str| path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let (from, there) = (parts(&place), parts(&there));
    let common = from.iter().zip(&there).take_while(|(a, b)| a == b).count();
    let slash = if search.ends_with('/') { "/" } else { "" };
    format!("{}{}{slash}", "../".repeat(there.len() - common), from[common..].join("/"))
}

/// Brackets and the backslashes before them escaped, as inside `[[…]]`.
fn escaped(link: &str) -> String {
    let mut out = String::with_capacity(link.len());
    let mut slashes = 0;
    for c in link.chars() {
        if matches!(c, '[' | ']') {
            out.push_str(&"\\".repeat(slashes + 1));
        }
        slashes = if c == '\\' { slashes + 1 } else { 0 };
        out.push(c);
    }
    out.push_str(&"\\".repeat(slashes));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        assert_eq!(normal("./a/../b//c"), "b/c");
        assert_eq!(normal("../../x/."), "../../x");
        assert_eq!(normal("/../x"), "/x");
        assert_eq!((stem("d/a.b.org"), stem(".org"), stem("x")), ("a.b", ".org", "x"));
    }

    #[test]
    fn search_strings() {
        assert_eq!(packed("a [1/2]  b [50%] [x] [/]"), "a b [x]");
        assert_eq!(without_search_syntax("#+begin_src (x)"), "+begin_src (x)");
        assert_eq!(without_search_syntax("(* (a))"), "a");
        assert_eq!(escaped("*a [b\\]"), "*a \\[b\\\\\\]");
    }
}
