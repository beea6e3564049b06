//! WB101–WB111: the shape of the file.

use std::collections::HashMap;

use crate::findings::Findings;
use crate::plan::blocks::{COMPILABLE, SUPPORTED, SourceBlock};
use crate::plan::nodes::{Code, MARKS, Node};
use crate::plan::{Analysis, settings, values};
use crate::syntax::{Kind, line};
use crate::text::listing;

pub(super) fn check(analysis: &Analysis, findings: &mut Findings) {
    roots(analysis, findings);
    duplicates(analysis, findings);
    for node in &analysis.nodes.list {
        code(analysis, node, findings);
    }
    drawers(analysis, findings);
    unclosed(analysis, findings);
    bad_values(analysis, findings);
}

/// Whether the file means to be a workbook; a plain Org file is not told off for what it never claimed.
fn is_workbook(analysis: &Analysis) -> bool {
    !analysis.nodes.list.is_empty() || analysis.flows.declared(analysis.document)
}

fn roots(analysis: &Analysis, findings: &mut Findings) {
    let document = analysis.document;
    let version = |h: usize| settings::of_drawer(document, h, "workbook_version");
    let roots = &analysis.flows.roots;
    if !analysis.flows.declared(document) {
        no_root(analysis, findings);
    }
    if let [first, others @ ..] = roots.as_slice() {
        for root in others {
            let at = version(*root).map_or(document.headings[*root].line.clone(), |s| s.at);
            findings
                .error("WB102", at, format!("`{}` is a second workbook root", document.title(*root)))
                .help(
                    "keep one level-1 heading with `:WORKBOOK_VERSION:`; put the other workbook into a file of its own",
                )
                .label(document.headings[*first].line.clone(), "the first root is here");
        }
    }
    for setting in roots.iter().filter_map(|r| version(*r)) {
        let value = setting.value(document);
        if value != "1" {
            let message = if value.is_empty() {
                "`:WORKBOOK_VERSION:` has no value".to_owned()
            } else {
                format!("workbook version `{}` is not known", crate::text::clip(&value, 40))
            };
            findings.error("WB103", setting.at, message).help("write `:WORKBOOK_VERSION: 1`");
        }
    }
}

fn no_root(analysis: &Analysis, findings: &mut Findings) {
    let document = analysis.document;
    let help = "give the level-1 heading the property `:WORKBOOK_VERSION: 1`";
    let misplaced = (0..document.headings.len())
        .filter(|h| !document.headings[*h].hidden)
        .find_map(|h| settings::of_drawer(document, h, "workbook_version"));
    let in_file = document
        .drawer
        .as_ref()
        .and_then(|d| d.find(document.text(), "workbook_version").first().map(|e| e.key.clone()));
    if let Some(at) = misplaced.map(|s| s.at).or(in_file) {
        let message = "no workbook root: `:WORKBOOK_VERSION:` stands on no level-1 heading";
        findings.error("WB101", at, message).help(help);
    } else if let Some(node) = analysis.nodes.list.first() {
        let message = format!("no workbook root above the component `{}`", document.title(node.heading));
        findings.error("WB101", document.headings[node.heading].title.clone(), message).help(help);
    } else {
        let at = document.headings.first().map_or(0..0, |h| h.line.clone());
        findings.info("WB101", at, "no workbook root: this is an ordinary Org file").help(help);
    }
}

fn duplicates(analysis: &Analysis, findings: &mut Findings) {
    let document = analysis.document;
    for (later, earlier) in &analysis.nodes.duplicates {
        let line = |h: usize| document.source.line_at(document.headings[h].line.start) + 1;
        let message = format!(
            "`{}` (line {}) and `{}` (line {}) have the same id",
            document.title(*earlier),
            line(*earlier),
            document.title(*later),
            line(*later)
        );
        findings
            .error("WB104", document.headings[*later].title.clone(), message)
            .help("rename one heading, or give it a `:CUSTOM_ID:`")
            .label(document.headings[*earlier].title.clone(), "first defined here");
    }
    let mut names: HashMap<&str, std::ops::Range<usize>> = HashMap::new();
    for element in &document.elements {
        let hidden = element.heading.is_some_and(|h| document.headings[h].hidden);
        let Some(at) = document.name_of(element).filter(|_| !hidden) else { continue };
        match names.get(document.slice(&at)) {
            Some(first) => {
                findings
                    .warning(
                        "WB104",
                        at.clone(),
                        format!("the name `{}` is taken; the first one counts", document.slice(&at)),
                    )
                    .label(first.clone(), "first defined here");
            }
            None => {
                names.insert(document.slice(&at), at);
            }
        }
    }
}

fn code(analysis: &Analysis, node: &Node, findings: &mut Findings) {
    let document = analysis.document;
    for extra in &node.extra {
        let block = &analysis.blocks[*extra];
        let (first, message) = match &node.code {
            Code::Block(b) => (analysis.blocks[*b].lang_at.clone(), "a component has one code block, this is another"),
            Code::Binary(at) => (at.clone(), "the component is precompiled, so this block would never run"),
            _ => continue,
        };
        findings
            .error("WB105", block.lang_at.clone(), message)
            .help("move it under a heading of its own, or name it and pull it in with `<<name>>` and `:noweb yes`")
            .component(&node.id)
            .label(first, "the code is here");
    }
    match &node.code {
        Code::Missing => {
            let at = document.headings[node.heading].title.clone();
            let at = if at.is_empty() { document.headings[node.heading].line.clone() } else { at };
            findings
                .error("WB106", at, "component has no source block / language")
                .help("add a `#+begin_src javascript` block below the heading, or `:component: ./tool.wasm` to the drawer")
                .component(&node.id);
        }
        Code::Block(b) | Code::Foreign(b) => language(node, &analysis.blocks[*b], findings),
        Code::Binary(_) => {}
    }
}

fn language(node: &Node, block: &SourceBlock, findings: &mut Findings) {
    let lang = block.lang.as_str();
    if SUPPORTED.contains(&lang) {
        return;
    }
    if lang.is_empty() {
        let begin = block.span.start..block.span.start + "#+begin_src".len();
        findings
            .error("WB107", begin, "component has no source block / language: this block names no language")
            .help(format!("write one of {}", listing(SUPPORTED)))
            .component(&node.id);
        return;
    }
    let help = match lang {
        "rs" => "write `rust`".to_owned(),
        _ => match findings.suggest(lang, COMPILABLE.iter().copied()).filter(|s| *s != lang) {
            Some(meant) => format!("did you mean `{meant}`? supported are {}", listing(SUPPORTED)),
            None => format!("supported are {}", listing(SUPPORTED)),
        },
    };
    let message = format!("unsupported language `{}`", crate::text::clip(lang, 40));
    let at = block.lang_at.clone();
    let draft = if node.eval { findings.error("WB107", at, message) } else { findings.warning("WB107", at, message) };
    draft.help(help).component(&node.id);
}

/// Property drawers in places where Org takes them for something else.
fn drawers(analysis: &Analysis, findings: &mut Findings) {
    let document = analysis.document;
    for element in &document.elements {
        let Kind::Drawer { name } = &element.kind else { continue };
        if !document.slice(name).eq_ignore_ascii_case("properties") {
            continue;
        }
        let body = document.slice(&element.span);
        let mut lines = body.split('\n').skip(1).map(str::trim).filter(|l| !l.is_empty());
        let wired =
            body.split('\n').filter_map(line_key).any(|k| MARKS.contains(&k.as_str()) || k == "workbook_version");
        let bad = lines.find(|l| line::property(l).is_none() && !l.eq_ignore_ascii_case(":end:"));
        let heading = element.heading.and_then(|h| document.headings.get(h));
        let first = heading.is_some_and(|h| {
            let above = h.planning.as_ref().map_or(h.line.end, |p| p.span.end);
            h.drawer.is_none()
                && document.text()[above..element.span.start].bytes().filter(|b| *b == b'\n').count() == 1
        });
        let (message, help) = match bad {
            Some(bad) if first => (
                format!("`{}` is no property, so Org does not read this drawer", crate::text::clip(bad, 40)),
                "write every line as `:key: value`",
            ),
            _ => (
                "Org does not read a property drawer here".to_owned(),
                "move it directly below the heading, or below its `SCHEDULED:` line",
            ),
        };
        let at = element.span.start..name.end + 1;
        if wired {
            findings.error("WB108", at, message).help(help);
        } else {
            findings.warning("WB108", at, message).help(help);
        }
    }
}

fn line_key(text: &str) -> Option<String> {
    line::property(text).map(|(key, _)| text[key].trim_end_matches('+').to_ascii_lowercase())
}

fn unclosed(analysis: &Analysis, findings: &mut Findings) {
    let document = analysis.document;
    for open in &document.unclosed {
        let hidden = heading_of(analysis, open.line.start).is_some_and(|h| document.headings[h].hidden);
        if hidden {
            continue;
        }
        let message = format!("`{}` is never closed", crate::text::clip(document.slice(&open.line), 40));
        let draft = if is_workbook(analysis) {
            findings.error("WB109", open.line.clone(), message)
        } else {
            findings.warning("WB109", open.line.clone(), message)
        };
        let next = heading_of(analysis, open.line.start).map_or(0, |h| h + 1);
        let cut = open.too_late.and_then(|n| document.source.lines.get(n)).map(|l| l.start);
        match document.headings.get(next).filter(|h| cut.is_some_and(|end| h.line.start < end)) {
            // The heading line is inside what was meant to be the block.
            Some(heading) => {
                draft
                    .help("a line that starts with stars and a space is a heading even inside a block; put a comma before it")
                    .label(heading.line.clone(), "this heading ends the block");
            }
            None => {
                draft.help(format!("add `{}`", open.wants));
            }
        }
    }
}

fn heading_of(analysis: &Analysis, at: usize) -> Option<usize> {
    analysis.document.headings.partition_point(|h| h.line.start <= at).checked_sub(1)
}

/// WB111: values of settings that do not parse.
fn bad_values(analysis: &Analysis, findings: &mut Findings) {
    let document = analysis.document;
    for heading in analysis.flows.list.iter().filter_map(|f| f.heading) {
        let Some(cron) = settings::of_drawer(document, heading, "schedule") else { continue };
        let value = cron.value(document);
        if !value.is_empty() && !values::is_cron(&value) {
            findings
                .error("WB111", cron.at, format!("`{}` is no cron line", crate::text::clip(&value, 40)))
                .help("write five fields, minute hour day month weekday, such as `0 6 * * 1-5`");
        }
    }
    for bad in &analysis.bad_json {
        findings
            .warning(
                "WB111",
                bad.at.clone(),
                format!("the JSON named `{}` does not parse: {}", document.slice(&bad.at), bad.message),
            )
            .help("until it does, no input can take its value");
    }
}
