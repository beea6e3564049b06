//! Whole parses, printed as trees, against what Emacs says about the same texts.

use std::fmt::Write as _;
use std::ops::Range;

use super::{Kind, Object, Place, Settings, parse};

fn name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Bold => "bold",
        Kind::Italic => "italic",
        Kind::Underline => "underline",
        Kind::Strike => "strike",
        Kind::Verbatim { .. } => "verbatim",
        Kind::Code { .. } => "code",
        Kind::Subscript { .. } => "sub",
        Kind::Superscript { .. } => "super",
        Kind::Entity { .. } => "entity",
        Kind::Latex => "latex",
        Kind::LineBreak => "break",
        Kind::Link(_) => "link",
        Kind::Target { .. } => "target",
        Kind::RadioTarget => "radio-target",
        Kind::Timestamp(_) => "timestamp",
        Kind::FootnoteReference { .. } => "footnote",
        Kind::Citation { .. } => "citation",
        Kind::CitationReference { .. } => "reference",
        Kind::InlineSource { .. } => "source",
        Kind::InlineCall { .. } => "call",
        Kind::Macro { .. } => "macro",
        Kind::ExportSnippet { .. } => "snippet",
        Kind::StatisticsCookie => "cookie",
    }
}

/// `name(children)`, text in quotes; leaves show their text.
fn print(out: &mut String, text: &str, objects: &[Object], range: Range<usize>) {
    let mut i = range.start;
    while i < range.end {
        let object = &objects[i];
        if i > range.start {
            out.push(' ');
        }
        let slice = &text[object.span.clone()];
        match &object.kind {
            Kind::Text => write!(out, "{slice:?}").unwrap(),
            kind if object.next > i + 1 => {
                write!(out, "{}(", name(kind)).unwrap();
                print(out, text, objects, i + 1..object.next);
                out.push(')');
            }
            kind => write!(out, "{}:{slice}", name(kind)).unwrap(),
        }
        i = object.next;
    }
}

fn tree(text: &str, place: Place) -> String {
    let objects = parse(text, 0..text.len(), place, &Settings::default());
    let mut out = String::new();
    print(&mut out, text, &objects, 0..objects.len());
    out
}

#[track_caller]
fn check(text: &str, expect: &str) {
    assert_eq!(tree(text, Place::Paragraph), expect, "{text}");
}

#[test]
fn emphasis() {
    check("a *b* c", r#""a " bold("b") " c""#);
    check("a*b* c", r#""a*b* c""#);
    check("*b*c*", r#"bold("b*c")"#);
    check("*a /b/ _c_*", r#"bold("a " italic("b") " " underline("c"))"#);
    check("*a\nb\nc\nd*", "bold(\"a\\nb\\nc\\nd\")");
    check("=a *b* c= ~d~", "verbatim:=a *b* c= \" \" code:~d~");
    check("** *", r#""** *""#);
    check("***", r#"bold("*")"#);
    check("(*a*)", r#""(" bold("a") ")""#);
    check("*a *", r#""*a *""#);
}

#[test]
fn scripts() {
    check("a_b", r#""a" sub("b")"#);
    check("a_{b c}d", r#""a" sub("b c") "d""#);
    check("a^(b)", r#""a" super("(b)")"#);
    check("a_*b", r#""a" sub("*") "b""#);
    check("a_-1.5.", r#""a" sub("-1.5") ".""#);
    check("_b", r#""_b""#);
    check("a_{b{c}{d}}", r#""a" sub("b{c}{d}")"#);
    check("a_{b{c}{d{e}}}", r#""a_{b{c}{d{e}}}""#);
}

#[test]
fn latex_and_entities() {
    check(r"\alpha \alpha{}b \alphab", "entity:\\alpha \" \" entity:\\alpha{} \"b \" latex:\\alphab");
    check(r"\frac12 \there4x", "entity:\\frac12 \" \" latex:\\there \"4x\"");
    check("$a$ $$b$$ $ c$ $1.$", r#"latex:$a$ " " latex:$$b$$ " $ c$ $1.$""#);
    check(r"\(a\) \[b\] \x{a}[b]c", r#"latex:\(a\) " " latex:\[b\] " " latex:\x{a}[b] "c""#);
    check("a\\\\ \nb", "\"a\" break:\\\\ \n \"b\"");
    check(r"a\_  b", "\"a\" entity:\\_   \"b\"");
}

#[test]
fn links() {
    check("[[a]] [[b][c *d*]]", r#"link:[[a]] " " link("c " bold("d"))"#);
    check("see https://a.b/c(d). x", r#""see " link:https://a.b/c(d) ". x""#);
    check("<https://a b> xhttps://c", r#"link:<https://a b> " xhttps://c""#);
    check(r"[[a\]b][c]]", r#"link("c")"#);
    check("[[a][b [[c]] d]]", r#"link("b [[c") " d]]""#);
}

#[test]
fn brackets() {
    check("[fn:1] [fn::a [b] c] [fn:x:d]", r#"footnote:[fn:1] " " footnote("a [b] c") " " footnote("d")"#);
    check("[50%] [1/2] [/]", r#"cookie:[50%] " " cookie:[1/2] " " cookie:[/]"#);
    check("[2026-01-02 Fri]--[2026-01-03]", "timestamp:[2026-01-02 Fri]--[2026-01-03]");
    check("[cite/t:see;a @b c;@d]", "citation(reference:a @b c; reference:@d)");
}

#[test]
fn angles() {
    check("<<a b>> <<<c>>>", r#"target:<<a b>> " " radio-target("c")"#);
    check("<2026-01-02> <%%(a b)>", r#"timestamp:<2026-01-02> " " timestamp:<%%(a b)>"#);
}

#[test]
fn babel() {
    check("src_sh[:x y]{a {b}} call_f[a](b)[c]", "source:src_sh[:x y]{a {b}} \" \" call:call_f[a](b)[c]");
    check("{{{m}}} {{{n(a,b)}}} @@html:<b>@@", r#"macro:{{{m}}} " " macro:{{{n(a,b)}}} " " snippet:@@html:<b>@@"#);
}

#[test]
fn places() {
    assert_eq!(tree("a\\\\", Place::Title), r#""a\\\\""#);
    assert_eq!(tree("[fn:1] [[a]]", Place::Keyword), r#""[fn:1] " link:[[a]]"#);
    assert_eq!(tree("src_sh{a} [1/2]", Place::Cell), r#""src" sub("sh") "{a} [1/2]""#);
    assert_eq!(tree("https://a.b [[c]]", Place::LinkDescription), r#""https://a.b [[c]]""#);
}

#[test]
fn hostile_input_is_linear() {
    let fragments = [
        "[",
        "*a",
        "$",
        "{{{",
        "{{{a(",
        "_{",
        "a_{",
        "a_(",
        "[[",
        "[[a][",
        "<",
        "<<a",
        "<http:",
        "<http:\n",
        "@@",
        "@@a:",
        "src_a{",
        "src_",
        "call_a(",
        "call_a[",
        "[fn:",
        "[fn:a:",
        "[cite:",
        "[cite:@a;",
        "<2020-01-01 ",
        "<%%(a",
        "\\(",
        "\\[",
        "\\a{",
        "*/_+~=",
        " *a /b",
        "http:(",
        "a^{b^{",
        "~a",
        "$$a",
        "[[\\",
    ];
    for fragment in fragments {
        let text = fragment.repeat(400_000 / fragment.len());
        let begin = std::time::Instant::now();
        let objects = parse(&text, 0..text.len(), Place::Paragraph, &Settings::default());
        assert!(!objects.is_empty());
        assert!(begin.elapsed().as_secs() < 5, "{fragment}: {:?}", begin.elapsed());
    }
}
