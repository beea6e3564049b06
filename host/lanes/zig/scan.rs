//! Finds the functions of a Zig block: enough to choose the one to call, never to judge it. The compiler does that.

/// A function at the top level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Function {
    /// Its name.
    pub(super) name: String,
    /// The line of its name, from 1.
    pub(super) line: u32,
    /// The column of its name in characters, from 1.
    pub(super) column: u32,
    /// Whether it is `pub`.
    pub(super) public: bool,
    /// Its parameters as written.
    pub(super) params: Vec<String>,
    /// Whether it returns an error union.
    pub(super) fallible: bool,
}

/// The functions of a block, in order.
pub(super) fn functions(source: &str) -> Vec<Function> {
    let code = blanked(source);
    let (mut found, mut depth, mut at, mut start) = (Vec::new(), 0usize, 0, 0);
    while at < code.len() {
        match code[at] {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth = depth.saturating_sub(1);
                start = at + 1;
            }
            ';' if depth == 0 => start = at + 1,
            'f' if depth == 0 && is_word_at(&code, at, "fn") => {
                if let Some(function) = function(&code, start, at) {
                    found.push(function);
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_word_at(code: &[char], at: usize, word: &str) -> bool {
    let end = at + word.len();
    let before = at.checked_sub(1).and_then(|at| code.get(at));
    code[at..].iter().copied().take(word.len()).eq(word.chars())
        && !before.is_some_and(|c| is_word(*c))
        && !code.get(end).is_some_and(|c| is_word(*c))
}

/// The function whose `fn` is at `at`, in a declaration that begins at `start`.
fn function(code: &[char], start: usize, at: usize) -> Option<Function> {
    let begin = at + 2 + code[at + 2..].iter().position(|c| !c.is_whitespace())?;
    let end = begin + code[begin..].iter().position(|c| !is_word(*c))?;
    let open = end + code[end..].iter().position(|c| !c.is_whitespace())?;
    if begin == end || code[open] != '(' {
        return None;
    }
    let close = closing(code, open)?;
    let before: String = code[start..at].iter().collect();
    let rest = &code[close + 1..];
    let result: String = rest.iter().take_while(|c| !matches!(c, '{' | ';')).collect();
    // `error{Empty}!f64` has a brace of its own.
    let result = if result.trim_end().ends_with("error") { "!".to_owned() } else { result };
    let line = code[..begin].iter().filter(|c| **c == '\n').count();
    let column = code[..begin].iter().rev().take_while(|c| **c != '\n').count();
    Some(Function {
        name: code[begin..end].iter().collect(),
        line: u32::try_from(line + 1).ok()?,
        column: u32::try_from(column + 1).ok()?,
        public: before.split_whitespace().any(|word| word == "pub"),
        params: params(&code[open + 1..close]),
        fallible: result.contains('!'),
    })
}

fn closing(code: &[char], open: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (index, c) in code.iter().enumerate().skip(open) {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(index);
        }
    }
    None
}

fn params(code: &[char]) -> Vec<String> {
    let (mut params, mut depth) = (vec![String::new()], 0usize);
    for c in code {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        match params.last_mut() {
            Some(last) if *c != ',' || depth > 0 => last.push(*c),
            _ => params.push(String::new()),
        }
    }
    params.iter().map(|param| param.trim().to_owned()).filter(|param| !param.is_empty()).collect()
}

/// The source with comments and literals as blanks, so that each character keeps its place.
fn blanked(source: &str) -> Vec<char> {
    let mut code: Vec<char> = source.chars().collect();
    let mut at = 0;
    while at < code.len() {
        let end = match (code[at], code.get(at + 1)) {
            // A comment, or a line of a text of several lines.
            ('/', Some('/')) | ('\\', Some('\\')) => {
                code[at..].iter().position(|c| *c == '\n').map_or(code.len(), |length| at + length)
            }
            (quote @ ('"' | '\''), _) => quoted(&code, at, quote),
            _ => {
                at += 1;
                continue;
            }
        };
        code[at..end].iter_mut().filter(|c| **c != '\n').for_each(|c| *c = ' ');
        at = end;
    }
    code
}

/// Where a literal ends: behind its quote, or at the end of its line.
fn quoted(code: &[char], at: usize, quote: char) -> usize {
    let mut escaped = false;
    for (index, c) in code.iter().enumerate().skip(at + 1) {
        match c {
            '\n' => return index,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if *c == quote => return index + 1,
            _ => {}
        }
    }
    code.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_at_the_top_level_are_found() {
        let source = "// fn no() {}\nconst s = \"fn no() {\";\nconst t =\n    \\\\ pub fn no() {\n;\n\
            const P = struct { pub fn no() void {} };\n\
            pub fn median(xs: []const f64, g: fn (u8, u8) u8) !f64 { return 1; }\n\
            fn é(c: u8) u8 { return '{'; } pub inline fn b() error{Empty}!void {}\nconst f: fn () void = b;\n";
        let found = functions(source);
        let seen: Vec<_> =
            found.iter().map(|f| (f.name.as_str(), f.line, f.column, f.public, f.params.len(), f.fallible)).collect();
        assert_eq!(seen, [("median", 7, 8, true, 2, true), ("é", 8, 4, false, 1, false), ("b", 8, 46, true, 0, true)]);
    }

    #[test]
    fn no_text_makes_it_panic() {
        let text = "pub fn é(a: []const u8, b: ?struct { u8 }) error{A}!void { \"\\\"\" '\\'' \\\\x\n } ] ) fn (";
        for (at, _) in text.char_indices() {
            functions(&text[..at]);
            functions(&text[at..]);
        }
    }
}
