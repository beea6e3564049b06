//! Queries over headings: Org's match syntax, and s-expressions.

mod eval;
mod expr;
mod matcher;
mod sexp;

use crate::model::{Headline, QueryError, QueryOptions};
use crate::syntax::Document;

/// Longer expressions are refused; nobody types them.
const MAX_LENGTH: usize = 4096;

/// The headlines an expression selects, document order; an empty expression selects all.
pub(crate) fn query(document: &Document, text: &str, _options: &QueryOptions) -> Result<Vec<Headline>, QueryError> {
    if text.len() > MAX_LENGTH {
        return Err(error(0, format!("the expression is longer than {MAX_LENGTH} bytes")));
    }
    let expression = if text.trim_start().starts_with('(') { sexp::parse(text)? } else { matcher::parse(text)? };
    let all = crate::headlines::headlines(document);
    Ok(all.into_iter().filter(|h| eval::holds(&expression, h, document)).collect())
}

fn error(offset: usize, message: impl Into<String>) -> QueryError {
    QueryError { message: message.into(), offset: u32::try_from(offset).unwrap_or(u32::MAX) }
}

/// A regular expression of bounded size.
fn regex(text: &str, offset: usize) -> Result<regex_lite::Regex, QueryError> {
    let built = regex_lite::RegexBuilder::new(text).size_limit(1 << 18).build();
    built.map_err(|e| error(offset, format!("`{}` is no regular expression: {e}", crate::text::clip(text, 60))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "#+TODO: TODO NEXT | DONE\n#+FILETAGS: :all:\n* NEXT [#A] One :toolkit:\n:PROPERTIES:\n:EXEC: x\n:Effort: 30\n:END:\n\
                        ** TODO Two\nSCHEDULED: <2026-03-01 Sun>\n*** Three :archive:\n* DONE Four\n";

    fn check(expression: &str, expect: &str) {
        let got = match query(&Document::parse(TEXT), expression, &QueryOptions::default()) {
            Ok(list) => list.iter().map(|h| h.title.as_str()).collect::<Vec<_>>().join(" "),
            Err(e) => format!("{}: {}", e.offset, e.message),
        };
        assert_eq!(got, expect, "{expression}");
    }

    #[test]
    fn matches() {
        check("", "One Two Three Four");
        check("+toolkit-archive+TODO=\"NEXT\"+LEVEL<3", "One");
        check("toolkit", "One Two Three");
        check("-toolkit", "Four");
        check("archive|LEVEL=1", "One Three Four");
        check("{^arch}", "Three");
        check("all&EXEC=\"x\"", "One");
        check("EXEC={^X}", "");
        check("Effort>=30", "One");
        check("ITEM={^T}", "Two Three");
        check("PRIORITY=\"A\"", "One");
        check("SCHEDULED<=\"<2026-03-02>\"", "Two");
        check("toolkit/TODO|NEXT", "One Two");
        check("+x=", "3: expected a value: a number, \"text\" or {regex}");
        check("a b", "2: expected `+`, `-`, `&` or `|`");
    }

    #[test]
    fn s_expressions() {
        check("(tags \"toolkit\")", "One Two Three");
        check("(and (tags \"toolkit\") (not (tags \"archive\")) (todo))", "One Two");
        check("(or (done) (level > 2))", "Three Four");
        check("(property \"exec\" \"x\")", "One");
        check("(property \"EXEC\")", "One");
        check("(heading \"^T\")", "Two Three");
        check("(level 2)", "Two");
        check("(scheduled)", "Two");
        check("(todo \"NEXT\")", "One");
        check("(tag \"a\")", "1: unknown form `tag`; did you mean `tags`?");
        check("(and (tags \"a\")", "15: expected `)`");
        check(&"(not ".repeat(500), "320: nested too deeply");
    }
}
