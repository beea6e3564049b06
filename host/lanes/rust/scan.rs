//! What of a block's Rust must be known before it is compiled: its functions at the top level, with types as written.
//!
//! This is a scanner, not a parser: it knows comments, literals and brackets, and leaves everything else, errors
//! included, to rustc. Functions that a macro makes are not seen.

/// A block as far as it is understood.
#[derive(Debug, Default)]
pub(super) struct Scan<'s> {
    /// The functions at the top level.
    pub(super) functions: Vec<Function<'s>>,
    /// The types declared at the top level, with their lines.
    pub(super) types: Vec<(&'s str, u32)>,
    /// Whether every bracket has its partner; if not, rustc says it best.
    pub(super) balanced: bool,
    /// Whether the block leaves out the standard library.
    pub(super) no_std: bool,
    /// Whether it says itself what a panic does.
    pub(super) panic_handler: bool,
    /// Whether it forbids some lint, so that generated code beside it cannot allow it.
    pub(super) forbids: bool,
}

/// A function at the top level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Function<'s> {
    /// Its name, without `r#`.
    pub(super) name: &'s str,
    /// The line of its name, from 1.
    pub(super) line: u32,
    /// The column of its name, from 1.
    pub(super) column: u32,
    /// Whether it is `pub`, to everyone.
    pub(super) public: bool,
    /// A word that keeps it from being called like a plain function.
    pub(super) obstacle: Option<&'static str>,
    /// Its parameters: the name (empty if it is a pattern) and the type.
    pub(super) params: Vec<(&'s str, &'s str)>,
    /// The type it returns.
    pub(super) result: Option<&'s str>,
}

impl Function<'_> {
    /// Whether it says that it returns a `Result`. An alias of another name is not seen through.
    pub(super) fn is_fallible(&self) -> bool {
        let path = self.result.unwrap_or_default().split(['<', ' ']).next().unwrap_or_default();
        path.rsplit("::").next() == Some("Result")
    }
}

/// A word, a literal or one character of punctuation, and where it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'s> {
    pub(super) text: &'s str,
    start: usize,
    line: u32,
}

/// Scans a block.
pub(super) fn scan(source: &str) -> Scan<'_> {
    let tokens = tokens(source);
    let mut scan = Scan { balanced: true, ..Scan::default() };
    let mut open: Vec<&str> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        match token.text {
            "(" | "[" | "{" => open.push(token.text),
            ")" | "]" | "}" => scan.balanced &= open.pop().is_some_and(|open| closes(open, token.text)),
            "fn" if open.is_empty() => scan.functions.extend(function(source, &tokens, index)),
            "struct" | "enum" | "type" | "union" if open.is_empty() => {
                scan.types.extend(tokens.get(index + 1).map(|name| (name.text, name.line)));
            }
            "no_std" => scan.no_std = true,
            "panic_handler" => scan.panic_handler = true,
            "forbid" => scan.forbids = true,
            _ => {}
        }
    }
    scan.balanced &= open.is_empty();
    scan
}

fn closes(open: &str, close: &str) -> bool {
    matches!((open, close), ("(", ")") | ("[", "]") | ("{", "}"))
}

/// The function whose `fn` is at `index`.
fn function<'s>(source: &'s str, tokens: &[Token<'s>], index: usize) -> Option<Function<'s>> {
    let name = tokens.get(index + 1).filter(|token| token.text.starts_with(|c: char| c.is_alphabetic() || c == '_'))?;
    // What stands before `fn`, back to the end of the item before.
    let before = tokens[..index].iter().rev().map(|token| token.text);
    let (mut public, mut obstacle) = (false, None);
    for word in before {
        match word {
            "pub" => public = true,
            "async" => obstacle = Some("async"),
            "unsafe" => obstacle = Some("unsafe"),
            "const" | "extern" => {}
            text if text.starts_with('"') => {}
            // `pub(crate)` ends here, and with it the search: not public.
            _ => break,
        }
    }
    let rest = &tokens[index + 2..];
    let mut at = 0;
    if rest.first()?.text == "<" {
        let generics = group(rest)?;
        // Lifetimes alone are no obstacle.
        if rest[1..generics].iter().any(|token| !token.text.starts_with('\'') && token.text != ",") {
            obstacle = Some("generic");
        }
        at = generics + 1;
    }
    let list = rest.get(at..).filter(|rest| rest.first().is_some_and(|token| token.text == "("))?;
    let end = group(list)?;
    let params = split(&list[1..end]).into_iter().map(|param| parameter(source, param)).collect();
    let tail = &list[end + 1..];
    let arrow = tail.len() > 2 && tail[0].text == "-" && tail[1].text == ">";
    let result = arrow.then(|| {
        let ty = &tail[2..];
        let mut end = 0;
        while let Some(token) = ty.get(end).filter(|token| !matches!(token.text, "{" | ";" | "where")) {
            // `[u8; 4]` holds a semicolon.
            end += if matches!(token.text, "[" | "(" | "<") { group(&ty[end..]).unwrap_or(0) } else { 0 } + 1;
        }
        text(source, &ty[..end.min(ty.len())])
    });
    let line_start = source[..name.start].rfind('\n').map_or(0, |at| at + 1);
    let column = source[line_start..name.start].chars().count() as u32 + 1;
    let name_text = name.text.strip_prefix("r#").unwrap_or(name.text);
    Some(Function { name: name_text, line: name.line, column, public, obstacle, params, result })
}

/// The index of the bracket that closes the one at 0. `->` closes nothing.
pub(super) fn group(tokens: &[Token]) -> Option<usize> {
    let mut depth = 0usize;
    for (index, token) in tokens.iter().enumerate() {
        match token.text {
            "(" | "[" | "{" | "<" => depth += 1,
            ">" if index > 0 && tokens[index - 1].text == "-" => {}
            ")" | "]" | "}" | ">" => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(index);
        }
    }
    None
}

/// Splits at the commas that are in no bracket.
pub(super) fn split<'t, 's>(tokens: &'t [Token<'s>]) -> Vec<&'t [Token<'s>]> {
    let (mut parts, mut start, mut at) = (Vec::new(), 0, 0);
    while at < tokens.len() {
        match tokens[at].text {
            "," => {
                parts.push(&tokens[start..at]);
                start = at + 1;
            }
            "(" | "[" | "{" | "<" => at += group(&tokens[at..]).unwrap_or(0),
            _ => {}
        }
        at += 1;
    }
    parts.push(&tokens[start..]);
    parts.retain(|part| !part.is_empty());
    parts
}

fn parameter<'s>(source: &'s str, tokens: &[Token<'s>]) -> (&'s str, &'s str) {
    let Some(colon) = tokens.iter().position(|token| token.text == ":") else { return ("", text(source, tokens)) };
    let name = match &tokens[..colon] {
        [name] => name.text,
        [word, name] if word.text == "mut" => name.text,
        _ => "",
    };
    (name.strip_prefix("r#").unwrap_or(name), text(source, &tokens[colon + 1..]))
}

fn text<'s>(source: &'s str, tokens: &[Token<'s>]) -> &'s str {
    match tokens {
        [] => "",
        [first, .., last] => &source[first.start..last.start + last.text.len()],
        [only] => only.text,
    }
}

/// The tokens of a text; comments and white space are left out.
pub(super) fn tokens(source: &str) -> Vec<Token<'_>> {
    let (mut tokens, mut at, mut line) = (Vec::new(), 0, 1);
    while let Some(c) = source[at..].chars().next() {
        let rest = &source[at..];
        let (length, is_token) = match c {
            _ if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), false),
            _ if rest.starts_with("/*") => (block_comment(rest), false),
            _ if c.is_whitespace() => (c.len_utf8(), false),
            _ => (literal(rest).unwrap_or_else(|| word(rest)).max(c.len_utf8()), true),
        };
        let text = &rest[..length];
        if is_token {
            tokens.push(Token { text, start: at, line });
        }
        line += text.matches('\n').count() as u32;
        at += length;
    }
    tokens
}

fn word(rest: &str) -> usize {
    let raw = if rest.starts_with("r#") { 2 } else { 0 };
    let end = rest[raw..].find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len() - raw);
    if end == 0 { 0 } else { raw + end }
}

/// The length of a comment, which may hold others.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0usize, 0);
    while at < rest.len() {
        let here = &rest[at..];
        if here.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if here.starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// The length of a string, a character or a lifetime, if the text begins with one.
fn literal(rest: &str) -> Option<usize> {
    let prefix = rest.find(|c: char| !matches!(c, 'b' | 'c' | 'r')).filter(|at| *at <= 2)?;
    let (letters, body) = rest.split_at(prefix);
    if letters.ends_with('r') {
        let hashes = body.len() - body.trim_start_matches('#').len();
        if body[hashes..].starts_with('"') {
            let close = format!("\"{}", "#".repeat(hashes));
            let inside = hashes + 1;
            let end = body[inside..].find(&close).map_or(body.len(), |at| inside + at + close.len());
            return Some(prefix + end);
        }
        return None;
    }
    match body.chars().next()? {
        '"' => Some(prefix + quoted(body, '"')),
        '\'' if letters.is_empty() || letters == "b" => {
            let mut chars = body[1..].chars();
            let (first, second) = (chars.next(), chars.next());
            // `'a'` and `'\n'` are characters, `'a` is a lifetime.
            if first == Some('\\') || second == Some('\'') {
                Some(prefix + quoted(body, '\''))
            } else {
                Some(prefix + 1 + word(&body[1..]))
            }
        }
        _ => None,
    }
}

fn quoted(body: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in body.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    body.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name, line, whether public, parameters, result.
    type Seen<'a> = (&'a str, u32, bool, &'a [(&'a str, &'a str)], Option<&'a str>);

    fn check(source: &str, expect: &[Seen]) {
        let scan = scan(source);
        let found: Vec<_> =
            scan.functions.iter().map(|f| (f.name, f.line, f.public, f.params.as_slice(), f.result)).collect();
        assert_eq!(found, expect, "{source}");
        assert!(scan.balanced, "{source}");
    }

    #[test]
    fn functions_at_the_top_level_are_found_with_their_types() {
        check(
            "#![allow(x)]\n/* fn a() /* } */ */\npub fn score(items: Vec<String>, mut n: &[u8]) -> Vec<f64> {\n  fn inner() {}\n}\nfn p() {}",
            &[
                ("score", 3, true, &[("items", "Vec<String>"), ("n", "&[u8]")], Some("Vec<f64>")),
                ("p", 6, false, &[], None),
            ],
        );
        check(
            "impl X { pub fn no() {} }\npub(crate) fn half() {}\npub const unsafe extern \"C\" fn r#type((a, b): (u8, [u8; 2])) -> [u8; 2] where u8: Copy {}",
            &[("half", 2, false, &[], None), ("type", 3, true, &[("", "(u8, [u8; 2])")], Some("[u8; 2]"))],
        );
        check(
            "pub fn f<'a>(a: &'a str, g: fn(u8) -> u8,) -> Result<Vec<(u8, char)>, Box<dyn std::error::Error>> { '}'; b'\\''; r#\"}\"#; \"\\\"}\"; loop {} }",
            &[(
                "f",
                1,
                true,
                &[("a", "&'a str"), ("g", "fn(u8) -> u8")],
                Some("Result<Vec<(u8, char)>, Box<dyn std::error::Error>>"),
            )],
        );
    }

    #[test]
    fn what_is_not_plain_is_noticed() {
        let all = scan("pub async fn a() {}\npub unsafe fn b() {}\npub fn c<T>() {}\npub fn d<'a>() {}");
        let obstacles: Vec<_> = all.functions.iter().map(|f| f.obstacle).collect();
        assert_eq!(obstacles, [Some("async"), Some("unsafe"), Some("generic"), None]);
        assert!(!scan("fn f() {").balanced && !scan("fn f() { ( }").balanced);
        assert!(scan("#![no_std]\n#![forbid(unsafe_code)]").no_std);
        assert_eq!(scan("/// struct No\npub struct Row { x: u8 }").types, [("Row", 2)]);
    }

    #[test]
    fn fallible_means_a_result_by_name() {
        let fallible = |source| scan(source).functions[0].is_fallible();
        assert!(fallible("fn f() -> Result<u8, String> {}"));
        assert!(fallible("fn f() -> std::io::Result<u8> {}"));
        assert!(!fallible("fn f() -> Option<Result<u8, u8>> {}"));
        assert!(!fallible("fn f() -> ResultSet {}"));
        assert!(!fallible("fn f() {}"));
    }

    #[test]
    fn no_text_makes_it_panic() {
        let text = "/* é /* */ */ pub fn f<'a, T>(a: &'a str, r#b: [u8; { 1 + 1 }]) -> Vec<Option<T>> where T: Fn(u8) -> u8 \
            { b'\\''; 'ß'; c\"\\\"\"; r##\"x\"# \"##; 1 >> 2 }\nstruct Ü; // end";
        for (at, _) in text.char_indices() {
            scan(&text[..at]);
            scan(&text[at..]);
            for (to, _) in text[at..].char_indices().take(12) {
                scan(&text[at..at + to]);
            }
        }
        assert_eq!(scan(text).functions.len(), 1);
    }
}
