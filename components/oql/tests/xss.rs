//! A list of attacks, each in every place of a document: the page must be well-formed and nothing in it may act.
//!
//! The judge is `oql::exercise::inert`, which cuts the page up as a browser does. What is allowed is listed there; no
//! test here looks for a substring.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::path::Path;

use oql::exercise::inert::inert;
use oql::model::{Failure, File, Problem, RawHtml, RenderOptions, ResultValue, Setback};

/// Where a workbook takes text from its author. `§` is the attack.
const PLACES: &[&str] = &[
    "§\n",
    "Text § text.\n",
    "*bold § bold* /§/ _§_ +§+\n",
    "=§= ~§~\n",
    "* §\nText.\n",
    "* TODO [#A] Title § :tag:\n** §\n",
    "* Title :§:\n",
    "#+OPTIONS: toc:t num:t todo:t pri:t tags:t prop:t p:t c:t d:t e:t\n* A § title\n** B\n[[*A § title]]\n",
    "#+TITLE: §\n#+SUBTITLE: §\n#+AUTHOR: §\n#+DATE: §\n#+EMAIL: §\n#+DESCRIPTION: §\n#+KEYWORDS: §\n{{{title}}} {{{author}}} {{{date}}}\n",
    "#+LANGUAGE: §\n#+OPTIONS: ':t toc:t\n* \"Text\"\n[fn:1]\n\n[fn:1] x\n",
    "#+OPTIONS: §\nText\n",
    "- §\n- [ ] §\n- § :: §\n1. §\n",
    "| § | b |\n|---+---|\n| c | § |\n",
    "| <§> | § |\n| / | < |\n",
    "#+CAPTION: §\n#+NAME: §\n| a |\n\n[[§]]\n",
    "#+CAPTION[§]: §\n#+ATTR_HTML: §\n[[file:x.png]]\n",
    "#+ATTR_HTML: :alt § :title § :class § :id § :width § :href § :src §\n[[file:x.png]]\n",
    "#+ATTR_HTML: :§ x\n[[https://example.org][x]]\n",
    "#+ATTR_HTML: :onclick § :style § :srcdoc § :formaction §\n| a |\n\n#+ATTR_HTML: :onload §\n- item\n",
    "#+ATTR_HTML: :onclick § :style §\nText.\n\n#+ATTR_HTML: :onclick §\n#+begin_quote\nx\n#+end_quote\n",
    "[[§]]\n",
    "[[§][text]]\n",
    "[[https://example.org][§]]\n",
    "[[file:§]] [[./§]] [[file:§.png]] [[file:x.org::§]] [[file:x.org::*§][d]] [[id:§]] [[#§]] [[*§]] [[(§)]]\n",
    "[[§.png]] [[https://example.org/§.png]] [[https://example.org][file:§.png]]\n",
    "<§> https://example.org/§ mailto:§\n",
    "#+LINK: x §\n#+LINK: y §%s§\n[[x:a]] [[y:§][b]] x:§\n",
    "<<§>> [[§]] <<<§>>> §\n",
    "Text[fn:§] [fn::§] [fn:x:§]\n\n[fn:§] §\n",
    "#+begin_src § :x §\n§\n#+end_src\n",
    "#+NAME: §\n#+CAPTION: §\n#+begin_src js -n -r -l \"§%s\" :exports both\n§ (ref:x)\n#+end_src\n\n#+RESULTS: §\n: §\n",
    "#+begin_example -n\n§\n#+end_example\n\n: §\n",
    "#+begin_§\n§\n#+end_§\n",
    "#+begin_note §\n§\n#+end_note\n\n#+begin_details\n§\n#+end_details\n\n#+begin_verse\n§\n  §\n#+end_verse\n",
    "#+begin_export html\n§\n#+end_export\n\n#+begin_export latex\n§\n#+end_export\n",
    "#+HTML: §\n#+HTML_HEAD: §\n#+HTML_HEAD_EXTRA: §\n#+HTML_CONTAINER: §\n#+HTML_DOCTYPE: §\n#+HTML_LINK_HOME: §\n#+HTML_LINK_UP: §\n#+HTML_MATHJAX: §\n#+INFOJS_OPT: §\n",
    "@@html:§@@ and @@html:<b>@@§@@html:</b>@@ and @@§:x@@\n",
    "#+MACRO: m §\n#+MACRO: n @@html:$1@@\n#+MACRO: o [[$1][$1]]\n{{{m}}} {{{n(§)}}} {{{o(§)}}} {{{§}}}\n",
    "#+INCLUDE: \"evil.org\"\n#+INCLUDE: \"evil.html\" export html\n#+INCLUDE: \"evil.org\" src §\n#+INCLUDE: \"§\"\n#+SETUPFILE: evil.org\n",
    "* T\n:PROPERTIES:\n:CUSTOM_ID: §\n:ID: §\n:HTML_CONTAINER_CLASS: §\n:HTML_HEADLINE_CLASS: §\n:ALT_TITLE: §\n:X: §\n:END:\n[[#§]] {{{property(X)}}}\n",
    "#+OPTIONS: prop:t p:t c:t d:t\n* T\nSCHEDULED: <2026-01-01 §>\n:PROPERTIES:\n:§: §\n:END:\n:DRAWER:\n§\n:END:\nCLOCK: [2026-01-01 §]\n",
    "<2026-01-01 Thu §> [2026-01-01 §] <%%(§)>\n",
    "\\(§\\) \\[§\\] $§$ $$§$$ \\§ \\begin{§}\n",
    "\\begin{equation}\n§\n\\end{equation}\n",
    "a_{§} b^{§} \\alpha{}§ \\§\n",
    "[cite:@§] [cite/§:§ @k §;@§]\n\n#+BIBLIOGRAPHY: §\n#+PRINT_BIBLIOGRAPHY: §\n",
    "src_js[§]{§} call_x[§](§) {{{results(=§=)}}} {{{results(§)}}}\n\n#+CALL: §(§)\n",
    "#+TODO: § | DONE\n#+FILETAGS: :§:\n#+TAGS: §\n#+PRIORITIES: §\n* § x\n",
    "*************** TODO § :§:\n§\n*************** END\n",
    "#+BEGIN: § §\n§\n#+END:\n\n#+TOC: §\n#+§: §\n%%(§)\n+-§-+\n",
    "#+begin_src mermaid\ngraph TD\nA[§] --> B{§}\nclick A href \"§\"\n#+end_src\n\n#+begin_src dot\ndigraph { a [label=\"§\", URL=\"§\"] }\n#+end_src\n",
    "#+begin_src vega-lite\n{\"title\":\"§\",\"mark\":\"bar\",\"data\":{\"values\":[{\"a\":\"§\",\"b\":1}]},\"encoding\":{\"x\":{\"field\":\"a\",\"title\":\"§\"},\"y\":{\"field\":\"b\"}}}\n#+end_src\n",
    "#+begin_src js :exports results\nx\n#+end_src\n\n#+RESULTS:\n#+begin_export html\n§\n#+end_export\n",
    "#+begin_src js :exports results :results drawer\nx\n#+end_src\n\n#+RESULTS:\n:results:\n§\n[[§]]\n| § |\n:end:\n",
];

/// A workbook whose component has an output to show; `§` in names and results.
const WORKBOOK: &str = "#+TITLE: §\n* § :workflow:\n** Part :component:\n:PROPERTIES:\n:out: value chart\n:END:\n\
    #+NAME: §\n#+begin_src js :chart bar\n§\n#+end_src\n";

fn attacks() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/xss/payloads.txt");
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|l| !l.starts_with("# ") && !l.is_empty());
    lines.map(unescape).collect()
}

fn unescape(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let code = &rest[at + 1..];
        let (c, length) = match code.as_bytes()[0] {
            b'n' => ('\n', 1),
            b't' => ('\t', 1),
            b'r' => ('\r', 1),
            b'0' => ('\0', 1),
            b'\\' => ('\\', 1),
            b'x' => (char::from(u8::from_str_radix(&code[1..3], 16).unwrap()), 3),
            b'u' => {
                let end = code.find('}').unwrap();
                (char::from_u32(u32::from_str_radix(&code[2..end], 16).unwrap()).unwrap(), end + 1)
            }
            _ => panic!("no escape in {line:?}"),
        };
        out.push(c);
        rest = &code[length..];
    }
    out + rest
}

/// What is wrong with the pages of a document, in both modes, with and without a file that asks for raw HTML.
fn broken(org: &str, options: &RenderOptions) -> Option<String> {
    let pages = [(false, RawHtml::Drop), (true, RawHtml::Drop), (true, RawHtml::ByConsent)];
    pages.into_iter().find_map(|(plain, raw_html)| {
        let page = oql::render(org, &RenderOptions { plain, raw_html, ..options.clone() });
        let why = inert(&page.fragment).err()?;
        Some(format!("{why}\n  plain {plain}, {raw_html:?}, of {org:?}\n"))
    })
}

#[test]
fn nothing_acts_anywhere() {
    let mut all = Vec::new();
    for attack in attacks() {
        let files = [("evil.org", format!("#+MACRO: evil {attack}\n{attack}\n")), ("evil.html", attack.clone())];
        let files = files.map(|(path, text)| File { path: path.to_owned(), text }).to_vec();
        let options = RenderOptions { files, ..RenderOptions::default() };
        all.extend(PLACES.iter().filter_map(|place| broken(&place.replace('§', &attack), &options)));
    }
    assert!(all.is_empty(), "{} pages that act or break:\n{}", all.len(), all[..all.len().min(12)].join("\n"));
}

#[test]
fn no_failure_acts() {
    let mut all = Vec::new();
    for attack in attacks() {
        let org = WORKBOOK.replace('§', &attack);
        let said = |message: String| Problem { message, line: 1, help: Some(attack.clone()) };
        let setbacks = [
            Setback::Failed(vec![said(attack.clone()), said(format!("`{attack}`\n{attack}"))]),
            Setback::Skipped(attack.clone()),
        ];
        for why in setbacks {
            let components = oql::tangle_plan(&org).components.into_iter();
            let failures = components.map(|c| Failure { component: c.id, why: why.clone() }).collect();
            all.extend(broken(&org, &RenderOptions { failures, ..RenderOptions::default() }));
        }
    }
    assert!(all.is_empty(), "{} pages that act or break:\n{}", all.len(), all[..all.len().min(12)].join("\n"));
}

#[test]
fn no_result_acts() {
    let mut all = Vec::new();
    for attack in attacks() {
        let org = WORKBOOK.replace('§', &attack);
        let text = serde_json::Value::from(attack.as_str());
        let chart = format!(
            "{{\"chart\":\"bar\",\"title\":{text},\"xlabel\":{text},\"ylabel\":{text},\"x\":[{text},1],\
             \"series\":[{{\"name\":{text},\"y\":[1,2]}}]}}"
        );
        let values = [
            chart,
            text.to_string(),
            format!("[[{text},1]]"),
            format!("[{{{text}:{text}}}]"),
            format!("{{\"svg\":{text}}}"),
        ];
        for value in values {
            let plan = oql::tangle_plan(&org);
            let ports = plan.components.iter().flat_map(|c| c.out_ports.iter().map(|p| (c.id.clone(), p.name.clone())));
            let results =
                ports.map(|(component, port)| ResultValue { component, port, value: value.clone() }).collect();
            all.extend(broken(&org, &RenderOptions { results, ..RenderOptions::default() }));
        }
    }
    assert!(all.is_empty(), "{} pages that act or break:\n{}", all.len(), all[..all.len().min(12)].join("\n"));
}
