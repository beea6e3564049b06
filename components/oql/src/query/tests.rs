//! Expressions over one text.

use super::*;

const TEXT: &str = "#+TODO: TODO NEXT | DONE\n#+FILETAGS: :all:\n#+TAGS: [ Group : toolkit ]\n\
    * NEXT [#A] One :toolkit:\n:PROPERTIES:\n:EXEC: x\n:Effort: 30\n:KEY-PART: v\n:Empty:\n:END:\nsome text <2026-02-03 Tue>\n\
    ** TODO Two\nSCHEDULED: <2026-03-01 Sun +1w>\n*** Three :archive:\n#+begin_src js\nf(1)\n#+end_src\n* DONE [#C] Four\n\
    CLOSED: [2026-01-09 Fri 10:00] DEADLINE: <2026-01-20 Tue>\n:LOGBOOK:\nCLOCK: [2026-01-08 Thu 10:00]--[2026-01-08 Thu 11:00] =>  1:00\n:END:\n";

fn check(expression: &str, expect: &str) {
    let options = QueryOptions { now: Some("2026-01-10T12:00".to_owned()), file: Some("dir/notes.org".to_owned()) };
    let got = match query(&Document::parse(TEXT), expression, &options) {
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
    check(":toolkit:archive:", "Three");
    check("group", "");
    check("Group", "One Two Three");
    check("archive|LEVEL=1", "One Three Four");
    check("{^arch}", "Three");
    check("all&EXEC=\"x\"", "One");
    check("EXEC={^X}", "One");
    check("EXEC<>{^X}", "Two Three Four");
    check("EXEC<>\"y\"", "One Two Three Four");
    check("EXEC<>*\"y\"", "One");
    check("Empty=\"\"&LEVEL=1", "One Four");
    check("Empty=*\"\"", "One");
    check("Effort>=30", "One");
    check("Effort<30", "Two Three Four");
    check("KEY\\-PART=\"v\"", "One");
    check("-toolkit-EXEC=\"x\"", "Four");
    check("ITEM={^T}", "Two Three");
    check("PRIORITY=\"A\"", "One");
    check("PRIORITY=\"B\"", "Two Three");
    check("CATEGORY=\"notes\"+LEVEL=3", "Three");
    check("FILE={notes}+LEVEL=3", "Three");
    check("BLOCKED=\"\"+LEVEL=3", "Three");
    check("ALLTAGS={:all:toolkit:}", "One Two Three");
    check("toolkit/TODO|NEXT", "One Two");
    check("/!", "One Two");
    check("/!-NEXT", "Two");
    check("/{^T}", "Two");
    check("toolkit//NEXT", "One");
    check("/-DONE", "One Two Three");
    check("EXEC=\"a/b\"|LEVEL=3", "Three");
}

#[test]
fn times() {
    check("SCHEDULED<=\"<2026-03-02>\"", "Two");
    check("DEADLINE>=\"<today>\"", "Four");
    check("DEADLINE<\"<+1w>\"", "");
    check("DEADLINE<\"<+2w>\"", "Four");
    check("CLOSED>=\"<-2d>\"+CLOSED<\"<now>\"", "Four");
    check("TIMESTAMP=\"<2026-02-03>\"", "One");
    check("DEADLINE<>\"<tomorrow>\"", "Four");
    check("(scheduled :on 2026-03-08)", "Two");
    check("(scheduled :on 2026-03-09)", "");
    check("(scheduled :to 2026-03-01)", "Two");
    check("(scheduled :from +52 :to +60)", "Two");
    check("(scheduled :on 2026-03-08 :repeat nil)", "");
    check("(deadline :from today :to +10)", "Four");
    check("(deadline 9)", "");
    check("(deadline auto)", "Four");
    check("(closed :from -3 :to today)", "Four");
    check("(closed 1)", "Four");
    check("(closed :on \"yesterday\" :with-time t)", "Four");
    check("(closed :with-time nil)", "");
    check("(clocked :on -2)", "Four");
    check("(planning)", "Two Four");
    check("(ts :from 2026-02-01 :to 2026-02-28)", "One");
    check("(ts-inactive)", "Four");
    check(
        "(scheduled :on toady)",
        "15: `toady` is no date: a date is `2026-01-31`, `today`, a number of days or `+1w`; did you mean `today`?",
    );
    check("(scheduled :form 1)", "11: unknown keyword `:form`; did you mean `:from`?");
}

#[test]
fn s_expressions() {
    check("(tags \"toolkit\")", "One Two Three");
    check("(tags-local \"toolkit\")", "One");
    check("(tags-inherited \"toolkit\")", "Two Three");
    check("(tags-all \"toolkit\" \"archive\")", "Three");
    check("(tags-regexp \"^arch\")", "Three");
    check("(and (tags \"toolkit\") (not (tags \"archive\")) (todo))", "One Two");
    check("(or (done) (level > 2))", "Three Four");
    check("(level 2 3)", "Two Three");
    check("(level '> 1)", "Two Three");
    check("(property \"exec\" \"x\")", "One");
    check("(property \"EXEC\")", "One");
    check("(property EXEC x :inherit t)", "One Two Three");
    check("(heading \"^T\")", "Two Three");
    check("(regexp \"some \\\\(text\\\\|word\\\\)\")", "One");
    check("(scheduled)", "Two");
    check("(todo \"NEXT\")", "One");
    check("(priority)", "One Four");
    check("(priority >= B)", "One");
    check("(priority A C)", "One Four");
    check("(parent (todo \"NEXT\"))", "Two");
    check("(ancestors (todo \"NEXT\"))", "Two Three");
    check("(ancestors)", "Two Three");
    check("(children (scheduled))", "One");
    check("(descendants (tags-local \"archive\"))", "One Two");
    check("(not (children))", "Three Four");
    check("(path \"notes\\\\.org$\")", "One Two Three Four");
    check("(outline-path \"One\" \"Three\")", "Three");
    check("(outline-path-segment \"Two\" \"Three\")", "Three");
    check("(src :lang js)", "Three");
    check("(src :regexps (\"f(\"))", "Three");
    check("(effort <= \"0:30\")", "One");
    check("(category notes)", "One Two Three Four");
    check("(habit)", "");
    check("(unless (done) (level 1))", "One");
}

#[test]
fn errors_point() {
    check("+x=", "3: expected a value: a number, \"text\" or {regex}");
    check("a b", "2: expected `+`, `-`, `&`, `|` or `/`");
    check("a+", "2: expected a tag or a property");
    check("{a\\(}", "1: `a\\(` is no regular expression: found open group without closing ')'");
    check("a/b/c", "3: expected `+`, `-`, `&`, `|` or `/`");
    check("SCHEDULED<\"<2026>\"", "11: `<2026>` is no date");
    check("(tag \"a\")", "1: unknown form `tag`; did you mean `tags`?");
    check("(and (tags \"a\")", "15: expected `)`");
    check("(and (tags \"a\") todo)", "16: expected a form in parentheses");
    check(&"(not ".repeat(500), "320: nested too deeply");
}

#[test]
fn a_question_about_today_needs_a_clock() {
    let got = query(&Document::parse(TEXT), "SCHEDULED<\"<today>\"", &QueryOptions::default());
    assert_eq!(got.map_err(|e| e.offset), Err(11));
}
