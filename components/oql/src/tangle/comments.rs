//! Text as comment lines of a language.

use super::languages::Syntax;

/// Every line that is not blank becomes a comment; ends with a line break more than the text has.
pub(super) fn lines(text: &str, syntax: Syntax) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4 + 16);
    for line in text.split_inclusive('\n') {
        let content = line.strip_suffix('\n').unwrap_or(line);
        if content.trim_matches([' ', '\t']).is_empty() {
            out.push_str(line);
            continue;
        }
        out.push_str(syntax.before);
        out.push_str(&quoted(content, syntax));
        out.push_str(syntax.after);
        out.push_str(&line[content.len()..]);
    }
    out.push('\n');
    out
}

/// The line with what begins and ends a comment made harmless, where comments have an end.
fn quoted(line: &str, syntax: Syntax) -> String {
    let (start, end) = (syntax.before.trim(), syntax.after.trim());
    if end.is_empty() || start.len() < 2 {
        return line.to_owned();
    }
    let broken = |mark: &str| format!("{}\\{}", &mark[..1], &mark[1..]);
    line.replace(start, &broken(start)).replace(end, &broken(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commented() {
        let c = Syntax { before: "/* ", after: " */" };
        assert_eq!(lines("a\n \n  b */ /*\n", c), "/* a */\n \n/*   b *\\/ /\\* */\n\n");
        assert_eq!(lines("x", Syntax { before: "# ", after: "" }), "# x\n");
    }
}
