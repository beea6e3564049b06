//! The few forms of Emacs Lisp that `#+OPTIONS:` may hold: symbols, numbers, strings and lists, read and never evaluated.

/// How deep lists may be nested.
const MAX_DEPTH: usize = 8;

/// A form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// A symbol or a number, as written.
    Word(String),
    Text(String),
    List(Vec<Value>),
}

impl Value {
    /// Everything but `nil` and the empty list.
    pub(crate) fn is_on(&self) -> bool {
        match self {
            Value::Word(word) => word != "nil",
            Value::Text(_) => true,
            Value::List(list) => !list.is_empty(),
        }
    }

    /// Whether it is this symbol.
    pub(crate) fn is(&self, symbol: &str) -> bool {
        matches!(self, Value::Word(word) if word == symbol)
    }

    /// A number that is not negative.
    pub(crate) fn count(&self) -> Option<usize> {
        match self {
            Value::Word(word) => word.strip_suffix('.').unwrap_or(word).parse().ok(),
            _ => None,
        }
    }
}

/// The words and strings of a list.
pub(crate) fn texts(list: &[Value]) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::Word(text) | Value::Text(text) => Some(text.clone()),
        Value::List(_) => None,
    };
    list.iter().filter_map(text).collect()
}

/// The items `name:form` of an options line, in order. A colon with a blank behind it gives no item: as in Org its name
/// becomes part of the next one.
pub(crate) fn options(line: &str) -> Vec<(String, Value)> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(name) = line.get(at..).map(str::trim_start).filter(|n| !n.is_empty()) {
        let start = line.len() - name.len();
        // A name has one character at least, which may be a colon itself.
        let first = name.chars().next().map_or(0, char::len_utf8);
        let Some(colon) = name.get(first..).and_then(|rest| rest.find(':')) else { break };
        at = start + first + colon + 1;
        if line.get(at..).is_none_or(|rest| rest.starts_with(char::is_whitespace) || rest.is_empty()) {
            continue;
        }
        let Some((value, next)) = read(line, at, 0) else { break };
        out.push((name[..first + colon].to_owned(), value));
        at = next.max(at + 1);
    }
    out
}

/// Reads one form at `at`; the form and where it ends.
fn read(line: &str, at: usize, depth: usize) -> Option<(Value, usize)> {
    let rest = line.get(at..)?;
    let at = at + (rest.len() - rest.trim_start().len());
    let rest = line.get(at..)?;
    match rest.chars().next()? {
        '(' | '[' => list(line, at + 1, depth),
        '"' => text(line, at + 1),
        '\'' | '`' | ',' => read(line, at + 1, depth + 1).filter(|_| depth < MAX_DEPTH),
        ')' | ']' | ';' => None,
        _ => {
            let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';' | '(' | ')' | '[' | ']' | '`' | ',');
            let len = rest.find(ends).unwrap_or(rest.len());
            Some((Value::Word(rest[..len].to_owned()), at + len))
        }
    }
}

fn list(line: &str, mut at: usize, depth: usize) -> Option<(Value, usize)> {
    let mut out = Vec::new();
    loop {
        let rest = line.get(at..)?;
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        if trimmed.starts_with([')', ']']) {
            return Some((Value::List(out), at + 1));
        }
        if depth >= MAX_DEPTH {
            return None;
        }
        let (value, next) = read(line, at, depth + 1)?;
        out.push(value);
        at = next;
    }
}

fn text(line: &str, start: usize) -> Option<(Value, usize)> {
    let mut out = String::new();
    let mut chars = line.get(start..)?.char_indices();
    while let Some((i, c)) = chars.next() {
        match c {
            '"' => return Some((Value::Text(out), start + i + 1)),
            '\\' => out.push(chars.next()?.1),
            c => out.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expect: &str) {
        let show = |(name, value): &(String, Value)| format!("{name}={value:?}");
        let got: Vec<String> = options(line).iter().map(show).collect();
        assert_eq!(got.join(" ").replace("Word", "").replace("List", ""), expect);
    }

    #[test]
    fn items() {
        check("toc:nil num:2", r#"toc=("nil") num=("2")"#);
        check("::t \\n:t ^:{}", r#":=("t") \n=("t") ^=("{}")"#);
        check("d:(\"A\" b) x:t", r#"d=([Text("A"), ("b")]) x=("t")"#);
        check("toc: nil num:t", r#"nil num=("t")"#);
        check("d:(a", "");
        check("toc", "");
        check("", "");
    }
}
