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

/// A workbook with one block, with these header arguments.
fn one(arguments: &str, code: &str) -> String {
    format!(
        "* Book\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n** Draw\n:PROPERTIES:\n:out: it\n:END:\n\
         #+begin_src javascript {arguments}\nexport const it = () => {code};\n#+end_src\n"
    )
}

#[test]
fn results_go_into_files() {
    let svg = "`<svg xmlns=\"http://www.w3.org/2000/svg\"/>`";
    let place = Place::with(&one(":results file :file plot.svg :output-dir out", svg));
    place.wb(&["run", "book.org"]).exits(0);
    assert!(!place.folder.path().join("out").exists(), "a run that was not asked to write has written");
    place.wb(&["run", "book.org", "--write", "--html", "page.html"]).exits(0).complains(&["wrote `out/plot.svg`"]);
    assert_eq!(place.folder.read("out/plot.svg"), "<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
    let book = place.folder.read("book.org");
    assert!(book.ends_with("#+end_src\n\n#+RESULTS:\n[[file:out/plot.svg]]\n"), "{book}");
    assert!(section(&place.folder.read("page.html"), "draw").contains("<img src=\"out/plot.svg\""));
    let again = place.wb(&["run", "book.org", "--write"]).exits(0).complains(&["has these results already"]);
    assert!(!again.stderr.contains("wrote"), "{}", again.stderr);
    assert_eq!(place.folder.read("book.org"), book);
    // What a table is in a file, and what is only linked to.
    let place = Place::with(&one(":results file :file a.tsv :file-desc The table", "[{ n: 1, s: 'x' }]"));
    place.wb(&["run", "book.org", "--html", "page.html"]).exits(0);
    assert_eq!(place.folder.read("a.tsv"), "n\ts\n1\tx");
    assert!(section(&place.folder.read("page.html"), "draw").contains("<a href=\"a.tsv\">The table</a>"));
    let place = Place::with(&one(":results file link :file a.txt", "1"));
    place.wb(&["run", "book.org", "--write"]).exits(0);
    assert!(!place.folder.path().join("a.txt").exists());
}

#[test]
fn results_stay_inside_of_the_folder() {
    let secret = "it was never written";
    for path in
        ["../out.txt", "/tmp/wb-pages-out.txt", "~/out.txt", "a/../../out.txt", ".git/config", "book.org", "./book.org"]
    {
        let text = one(&format!(":results file :file {path}"), &format!("'{secret}'"));
        let place = Place::with(&text);
        for flag in [&["--write"][..], &["--html", "page.html"]] {
            let ran = place.wb(&[&["run", "book.org"], flag].concat());
            ran.exits(7).complains(&["book.org:9: `:file "]);
        }
        assert_eq!(place.folder.read("book.org"), text, "{path}");
        assert_eq!(std::fs::read_dir(place.folder.path()).unwrap().count(), 1, "{path}");
    }
    assert!(!std::path::Path::new("/tmp/wb-pages-out.txt").exists());
    let place = Place::with(&one(":results file :file way/out.txt", "'x'"));
    let outside = Place::new();
    std::os::unix::fs::symlink(outside.folder.path(), place.folder.path().join("way")).unwrap();
    place.wb(&["run", "book.org", "--write"]).exits(7);
    assert_eq!(std::fs::read_dir(outside.folder.path()).unwrap().count(), 0);
}
