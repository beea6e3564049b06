//! Pages and files that a run leaves behind: what failed is seen where a reader looks for its result, and files that
//! blocks write are inside of the workbook's folder.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::Place;

/// A workbook with something of every kind that has no result.
const BROKEN: &str = r#"#+TITLE: Broken

* Book
:PROPERTIES:
:WORKBOOK_VERSION: 1
:END:
** Bad
:PROPERTIES:
:out: a
:END:
#+begin_src javascript :exports code
export const a = () => { throw new Error("no `thing` <b>"); };
#+end_src

#+RESULTS:
: of another day
** Takes it
:PROPERTIES:
:in: a
:out: b
:END:
#+begin_src javascript
export const b = (a) => a;
#+end_src
** Hidden :noexport:
:PROPERTIES:
:out: c
:END:
#+begin_src javascript
export const c = () => { throw new Error("hidden words"); };
#+end_src
** Takes the hidden
:PROPERTIES:
:in: c
:out: d
:END:
#+begin_src javascript
export const d = (c) => c;
#+end_src
** Not there
:PROPERTIES:
:out: e
:component: ./nothing.wasm
:END:
Its text.
** Good
:PROPERTIES:
:out: f
:END:
#+begin_src javascript
export const f = () => 'fine';
#+end_src
"#;

/// The part of a page between a heading's id and the end of its section.
fn section<'p>(page: &'p str, id: &str) -> &'p str {
    let at = page.find(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("no `{id}` in {page}"));
    page[at..].split("</section>").next().unwrap()
}

#[test]
fn what_failed_is_on_the_page() {
    let place = Place::with(BROKEN);
    place.wb(&["run", "book.org", "--html", "page.html"]).exits(1);
    let page = place.folder.read("page.html");
    let bad = section(&page, "bad");
    assert!(bad.contains("<div class=\"result failed\">"), "{bad}");
    assert!(bad.contains("no <code>thing</code> &lt;b&gt;"), "{bad}");
    assert!(bad.contains("(line 12)"), "{bad}");
    assert!(!bad.contains("another day"), "an older result stands where none belongs: {bad}");
    assert!(section(&page, "takes-it").contains("<strong>Skipped:</strong> <a href=\"#bad\">Bad</a> failed"), "{page}");
    assert!(section(&page, "takes-the-hidden").contains("a component that is not on this page"), "{page}");
    let missing = section(&page, "not-there");
    let (failed, text) = (missing.find("class=\"result failed\"").unwrap(), missing.find("Its text.").unwrap());
    assert!(failed < text && missing.contains("<code>./nothing.wasm</code>"), "{missing}");
    assert!(section(&page, "good").contains("<output>fine</output>") && !section(&page, "good").contains("failed"));
    assert!(!page.contains("hidden words") && !page.contains("book/hidden"), "what is not exported is on the page");
    let all = section(&page, "book").split("</aside>").next().unwrap();
    assert!(all.contains("<aside class=\"failed\""), "{all}");
    for id in ["#bad", "#takes-it", "#takes-the-hidden", "#not-there"] {
        assert!(all.contains(&format!("<a href=\"{id}\">")), "{id} is not in {all}");
    }
}

#[test]
fn what_failed_keeps_its_older_result_in_the_file() {
    let place = Place::with(BROKEN);
    place.wb(&["run", "book.org", "--write"]).exits(1);
    let after = place.folder.read("book.org");
    assert!(after.contains("#+RESULTS:\n: of another day\n"), "{after}");
    let expected = BROKEN.replace("'fine';\n#+end_src\n", "'fine';\n#+end_src\n\n#+RESULTS:\n: fine\n");
    assert_eq!(after, expected);
}

#[test]
fn a_page_of_a_run_without_failures_does_not_mention_any() {
    let place = Place::with(
        &BROKEN.split("** Hidden").next().unwrap().replace("throw new Error(\"no `thing` <b>\")", "return 1"),
    );
    place.wb(&["run", "book.org", "--html", "page.html"]).exits(0);
    let page = place.folder.read("page.html");
    let body = page.split("</style>").nth(1).unwrap();
    assert!(!body.contains("failed") && body.contains("<output>1</output>"), "{body}");
}
