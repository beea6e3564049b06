//! One function that runs everything on a text and checks what must hold for every text.
//!
//! Called by the golden tests, by the corpus test and by the fuzz targets; a broken promise is a panic, which is what
//! those look for. Nothing else calls it.

pub mod html;
pub mod inert;
mod objects;
mod promises;

use crate::model::{Plan, QueryOptions, RawHtml, RenderOptions, ResultValue};
use crate::syntax::Document;
use promises::{apply, check_diagnostics, check_plan, span};

/// Runs every export on `text`.
///
/// # Panics
///
/// If a span leaves the text or cuts a character, if the parts of the document do not add up to the text, if the order
/// of the plan breaks an edge, if an edit does not settle, or if a page is not well-formed or not inert.
pub fn exercise(text: &str) {
    let rebuilt = Document::parse(text).to_text();
    assert!(rebuilt.as_deref() == Some(text), "the tree is not the text");
    objects::check(text);
    for headline in crate::parse_headlines(text) {
        span(text, headline.span);
    }
    crate::references(text).iter().for_each(|r| span(text, r.span));
    let plan = crate::tangle_plan(text);
    check_plan(text, &plan);
    findings(text);
    for expression in ["+a-b+TODO=\"x\"|LEVEL<3", "(and (heading \"a\") (not (tags \"b\")))", text] {
        let _ = crate::query(text, expression, &QueryOptions::default());
        let options = QueryOptions { now: Some("2026-01-02T10:00".to_owned()), file: Some("a.org".to_owned()) };
        let _ = crate::query(text, expression, &options);
        let _ = crate::agenda(text, "2025-12-01", "2026-02-01", expression, &options);
    }
    tangled(text);
    formatted(text);
    let results = results(&plan);
    written(text, &results);
    pages(text, &results);
}

/// Findings, and what their fixes do.
fn findings(text: &str) {
    let list = crate::lint(text, &[]);
    check_diagnostics(text, &list);
    assert!(crate::validate(text).iter().all(|d| list.contains(d)), "validate says more than lint");
    assert!(crate::check_upgrade(text, text).is_empty(), "no change breaks something");
    let missing: Vec<String> = crate::references(text).into_iter().map(|r| r.path).collect();
    check_diagnostics(text, &crate::lint(text, &missing));
    // A few are enough for one text: each costs a whole lint.
    for found in list.iter().filter(|d| !d.fix.is_empty()).take(4) {
        let fixed = apply(text, &found.fix);
        assert!(fixed != text, "the fix of {} changes nothing", found.code);
        let count = |list: &[crate::model::Diagnostic]| list.iter().filter(|d| d.code == found.code).count();
        assert!(count(&crate::lint(&fixed, &[])) <= count(&list), "the fix of {} makes another one", found.code);
    }
}

fn tangled(text: &str) {
    let files = crate::tangle_files(text, "a/b.org");
    for (n, file) in files.iter().enumerate() {
        span(text, file.span);
        assert!(!file.path.is_empty(), "a tangled file without a path");
        assert!(files.iter().take(n.min(20)).all(|f| f.path != file.path), "{} is tangled twice", file.path);
    }
}

fn formatted(text: &str) {
    let once = apply(text, &crate::format(text));
    let again = crate::format(&once);
    assert!(again.is_empty(), "formatting does not settle: {again:?}");
    assert!(outline(text) == outline(&once), "formatting changes the outline");
}

fn outline(text: &str) -> Vec<(u32, String, Vec<String>)> {
    crate::parse_headlines(text).into_iter().map(|h| (h.level, h.title, h.tags)).collect()
}

/// A value of every kind, in turn, for every output.
fn results(plan: &Plan) -> Vec<ResultValue> {
    const VALUES: &[&str] = &[
        "[{\"a\":[null,{\"<b>\":true}]}]",
        "\"* no heading\\n#+end_src\\n| x\\n:END:\"",
        "[[1,\"a|b\"],[\"<script>\",null]]",
        "3.5",
        "[\"one\",\"two\\n- three\"]",
        "null",
    ];
    let ports = plan.components.iter().flat_map(|c| c.out_ports.iter().map(|p| (c.id.clone(), p.name.clone())));
    ports
        .zip(VALUES.iter().cycle())
        .map(|((component, port), value)| ResultValue { component, port, value: (*value).to_owned() })
        .collect()
}

fn written(text: &str, results: &[ResultValue]) {
    let once = apply(text, &crate::write_results(text, results));
    // Two blocks of one name, or under one heading, have one place for their results.
    if crate::lint(text, &[]).iter().any(|d| matches!(d.code.as_str(), "WB104" | "WB105")) {
        return;
    }
    let again = crate::write_results(&once, results);
    assert!(again.is_empty(), "writing results does not settle: {again:?} in {once}");
    // As Babel does, these take a result for Org, headings and all.
    let as_org = ["raw", "drawer", "wrap"].iter().any(|word| text.contains(word));
    assert!(as_org || outline(text) == outline(&once), "results change the outline");
}

fn pages(text: &str, results: &[ResultValue]) {
    for plain in [false, true] {
        let options = RenderOptions { plain, results: results.to_vec(), ..RenderOptions::default() };
        let page = crate::render(text, &options).fragment;
        assert!(inert::inert(&page) == Ok(()), "plain {plain}: {:?}", inert::inert(&page));
        // What a file that opts in keeps is its author's; it only has to come back.
        for raw_html in [RawHtml::ByConsent, RawHtml::Keep] {
            crate::render(text, &RenderOptions { raw_html, plain, ..RenderOptions::default() });
        }
    }
}
