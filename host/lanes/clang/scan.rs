//! Finds the functions of a C or C++ block: enough to choose the one to call, never to judge it. clang does that.

/// A function with a body, outside of everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Function {
    /// Its name.
    pub(super) name: String,
    /// Its line in the block, from 1.
    pub(super) line: u32,
    /// Its column in characters, from 1.
    pub(super) column: u32,
    /// What stands before the name.
    pub(super) result: String,
    /// Its parameters as written.
    pub(super) params: Vec<String>,
}

impl Function {
    /// Whether it can be called from elsewhere.
    pub(super) fn is_static(&self) -> bool {
        self.result.split_whitespace().any(|word| word == "static")
    }
}

/// The functions of a block, in order.
pub(super) fn functions(source: &str) -> Vec<Function> {
    let code: Vec<char> = blanked(source);
    let mut found = Vec::new();
    let (mut at, mut start) = (0, 0);
    let mut candidate: Option<Function> = None;
    while at < code.len() {
        match code[at] {
            '(' => {
                let end = closing(&code, at, '(', ')');
                if candidate.is_none() {
                    candidate = function(&code, start, at, end);
                }
                at = end;
            }
            '{' if candidate.is_none() && text(&code, start, at).trim() == "extern" => start = at + 1,
            '{' => {
                at = closing(&code, at, '{', '}');
                found.extend(candidate.take());
                start = at + 1;
            }
            ';' | '}' => {
                candidate = None;
                start = at + 1;
            }
            // A value is given, so that what was seen is no function.
            '=' => candidate = None,
            _ => {}
        }
        at += 1;
    }
    found
}

fn text(code: &[char], from: usize, to: usize) -> String {
    code.get(from..to).unwrap_or_default().iter().collect()
}

/// The function whose parameters are between `open` and `close`, in a declaration that begins at `start`.
fn function(code: &[char], start: usize, open: usize, close: usize) -> Option<Function> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let end = (start..open).rev().find(|at| !code[*at].is_whitespace())? + 1;
    let begin = (start..end).rev().take_while(|at| is_word(code[*at])).last()?;
    let name = text(code, begin, end);
    if name.starts_with(|c: char| c.is_ascii_digit()) || matches!(name.as_str(), "__attribute__" | "alignas") {
        return None;
    }
    let result = text(code, start, begin).split_whitespace().collect::<Vec<_>>().join(" ");
    // A call of a macro has nothing in front.
    if result.is_empty() {
        return None;
    }
    let before = &code[..begin];
    let line = before.iter().filter(|c| **c == '\n').count();
    let column = before.iter().rev().take_while(|c| **c != '\n').count();
    let params = params(&text(code, open + 1, close));
    Some(Function { name, line: line as u32 + 1, column: column as u32 + 1, result, params })
}

fn params(text: &str) -> Vec<String> {
    let mut params = vec![String::new()];
    let mut depth = 0;
    for c in text.chars() {
        match c {
            '(' | '<' | '[' | '{' => depth += 1,
            ')' | '>' | ']' | '}' => depth -= 1,
            _ => {}
        }
        match params.last_mut() {
            Some(last) if c != ',' || depth > 0 => last.push(c),
            _ => params.push(String::new()),
        }
    }
    let params: Vec<String> = params.iter().map(|param| param.trim().to_owned()).collect();
    if matches!(params.as_slice(), [only] if only.is_empty() || only == "void") { Vec::new() } else { params }
}

/// Where what is opened at `at` is closed; the end where it never is.
fn closing(code: &[char], at: usize, open: char, close: char) -> usize {
    let mut depth = 0;
    for (index, c) in code.iter().enumerate().skip(at) {
        depth += i32::from(*c == open) - i32::from(*c == close);
        if depth == 0 {
            return index;
        }
    }
    code.len().saturating_sub(1)
}

/// The source with comments, literals and directives as blanks, so that each character keeps its place.
fn blanked(source: &str) -> Vec<char> {
    let mut code: Vec<char> = source.chars().collect();
    let mut at = 0;
    let mut fresh = true;
    while at < code.len() {
        let rest = |text: &str| code[at..].iter().copied().take(text.len()).eq(text.chars());
        let end = if rest("//") || (fresh && code[at] == '#') {
            line_end(&code, at)
        } else if rest("/*") {
            find(&code, at + 2, "*/")
        } else if rest("R\"") && (at == 0 || !(code[at - 1].is_alphanumeric() || code[at - 1] == '_')) {
            let delimiter: String = code[at + 2..].iter().take_while(|c| **c != '(' && **c != '\n').collect();
            find(&code, at + 2, &format!("){delimiter}\""))
        } else if code[at] == '"' || (code[at] == '\'' && (at == 0 || !code[at - 1].is_alphanumeric())) {
            literal_end(&code, at)
        } else {
            fresh = code[at] == '\n' || (fresh && code[at].is_whitespace());
            at += 1;
            continue;
        };
        code[at..end].iter_mut().filter(|c| **c != '\n').for_each(|c| *c = ' ');
        at = end;
    }
    code
}

/// The end of a line that backslashes may continue.
fn line_end(code: &[char], at: usize) -> usize {
    (at..code.len()).find(|index| code[*index] == '\n' && code[index - 1] != '\\').unwrap_or(code.len())
}

fn find(code: &[char], from: usize, text: &str) -> usize {
    let length = text.chars().count();
    let found = (from..code.len()).find(|at| code[*at..].iter().copied().take(length).eq(text.chars()));
    found.map_or(code.len(), |at| at + length)
}

fn literal_end(code: &[char], at: usize) -> usize {
    let mut index = at + 1;
    while index < code.len() && code[index] != code[at] && code[index] != '\n' {
        index += if code[index] == '\\' { 2 } else { 1 };
    }
    (index + 1).min(code.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(source: &str) -> Vec<String> {
        functions(source).into_iter().map(|f| f.name).collect()
    }

    #[test]
    fn functions_are_found_among_everything_else() {
        let source = r#"
#include <stdio.h>
#define TWO(x) { x }
/* int no(void) {} */ // int nor(void) {}
struct point { double x, y; };
static const char *text = "int neither(void) {";
int table[] = { 1, 2 };
double later(int);
static double square(double x) { return x * x; }
const char *name(const char *who, double (*f)(int, int)) __attribute__((noinline));
double
mean(const double *xs, size_t n)
{ for (;;) { if (n) { return square('{'); } } }
int main(void) { return 0; }
"#;
        assert_eq!(names(source), ["square", "mean", "main"]);
        let found = functions(source);
        assert!(found[0].is_static() && !found[1].is_static());
        assert_eq!((found[1].line, found[1].column), (12, 1));
        assert_eq!(found[1].params, ["const double *xs", "size_t n"]);
        assert!(found[2].params.is_empty());
    }

    #[test]
    fn cpp_is_found_too() {
        let source = r#"
namespace inner { int hidden() { return 1; } }
extern "C" { int plain(int a) { return a; } }
template <class T, class U> T both(T a, std::map<T, U> b) { return a; }
auto raw = R"x(int no() {)x";
std::vector<double> sorted(std::vector<double> xs) noexcept { return xs; }
auto tail(int x) -> std::optional<int> { return x; }
constexpr int big = 1'000'000;
class A { public: A() {} int m() { return 1; } };
"#;
        assert_eq!(names(source), ["plain", "both", "sorted", "tail"]);
        assert_eq!(functions(source)[1].params, ["T a", "std::map<T, U> b"]);
    }

    #[test]
    fn broken_source_does_not_break_the_scan() {
        for source in ["int f(", "int f() {", "\"", "R\"(", "'", "/*", "#define \\", "}}}}", ")(", "int f(void) { \"\\"]
        {
            functions(source);
        }
    }
}
