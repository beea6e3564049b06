//! What an `#+INCLUDE:` line asks for.

/// The parts of its value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Request {
    pub(crate) file: String,
    /// What stands behind `::`.
    pub(crate) location: Option<String>,
    pub(crate) only_contents: bool,
    /// `:lines "5-10"`: from this line, up to before that one; zero is open.
    pub(crate) lines: Option<(usize, usize)>,
    pub(crate) minlevel: Option<usize>,
    /// The block to put around it.
    pub(crate) block: Option<String>,
    /// `src`, `example` and `export`: the file is text, not Org.
    pub(crate) literal: bool,
    /// What stands behind the block's name.
    pub(crate) arguments: Option<String>,
}

/// Reads a value; `None` where it names no file.
pub(crate) fn parse(value: &str) -> Option<Request> {
    let value = value.trim();
    let (file, mut rest) = match value.strip_prefix('"').and_then(|v| v.split_once('"')) {
        Some((file, rest)) if rest.is_empty() || rest.starts_with([' ', '\t']) => (file, rest.to_owned()),
        _ => {
            let len = value.find([' ', '\t']).unwrap_or(value.len());
            (value.get(..len)?, value.get(len..)?.to_owned())
        }
    };
    let (file, location) = match file.split_once("::") {
        Some((file, location)) => (file, Some(location.to_owned()).filter(|l| !l.is_empty())),
        None => (file, None),
    };
    let mut request = Request { file: file.to_owned(), location, ..Request::default() };
    if file.is_empty() {
        return None;
    }
    request.only_contents = take(&mut rest, ":only-contents").is_some_and(|v| v != "nil");
    request.lines = take(&mut rest, ":lines").and_then(|v| lines(&v));
    let block = words(&rest).find(|w| ["example", "export", "src"].contains(&w.1));
    if let Some((at, name)) = block {
        request.literal = true;
        request.block = Some(name.to_owned());
        let arguments = rest.get(at + name.len()..).unwrap_or("").trim();
        request.arguments = Some(arguments).filter(|a| !a.is_empty() && name != "example").map(str::to_owned);
        return Some(request);
    }
    request.minlevel = take(&mut rest, ":minlevel").and_then(|v| v.parse().ok());
    let name = words(&rest).map(|(_, w)| w).next();
    request.block = name.filter(|n| !n.starts_with(':')).map(|n| n.trim_matches('"').to_owned());
    Some(request)
}

/// Takes `:key value` out of a text; the value may be empty.
fn take(rest: &mut String, key: &str) -> Option<String> {
    let at = words(rest).find(|(_, w)| *w == key)?.0;
    let behind = rest.get(at + key.len()..)?;
    let value = behind.split_whitespace().next().filter(|v| !v.starts_with(':')).unwrap_or("").to_owned();
    let end = at + key.len() + behind.find(value.as_str()).unwrap_or(0) + value.len();
    rest.replace_range(at..end, "");
    (!value.is_empty()).then_some(value)
}

fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split([' ', '\t']).filter(|w| !w.is_empty()).map(|w| (w.as_ptr() as usize - text.as_ptr() as usize, w))
}

/// `"5-10"`
fn lines(value: &str) -> Option<(usize, usize)> {
    let (from, to) = value.trim_matches('"').split_once('-')?;
    let number = |n: &str| if n.is_empty() { Some(0) } else { n.parse().ok() };
    Some((number(from)?, number(to)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        let request = |v: &str| parse(v).unwrap_or_default();
        let r = request("\"a b.org::*My head\" :only-contents t :lines \"5-\" :minlevel 2");
        assert_eq!((r.file.as_str(), r.location.as_deref()), ("a b.org", Some("*My head")));
        assert_eq!((r.only_contents, r.lines, r.minlevel, r.block), (true, Some((5, 0)), Some(2), None));
        let r = request("x.rs src rust -n :x y");
        assert!(r.literal);
        assert_eq!((r.block.as_deref(), r.arguments.as_deref()), (Some("src"), Some("rust -n :x y")));
        let r = request("x.org quote :only-contents nil");
        assert_eq!((r.literal, r.block.as_deref(), r.only_contents), (false, Some("quote"), false));
        assert_eq!(parse("  "), None);
    }
}
