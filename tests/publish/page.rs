//! One file that asks nothing of anybody.

use crate::common::Place;
use crate::place;

/// Every address in a page that a browser fetches by itself, found by reading the tags and style sheets.
fn fetched(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
        let mut quoted = None;
        let end = rest.char_indices().find(|(_, c)| match quoted {
            Some(quote) => {
                if *c == quote {
                    quoted = None;
                }
                false
            }
            None if *c == '"' || *c == '\'' => {
                quoted = Some(*c);
                false
            }
            None => *c == '>',
        });
        let tag = &rest[..end.map_or(rest.len(), |(at, _)| at)];
        let names = ["src", "srcset", "poster", "data", "href", "background", "action", "xlink:href"];
        for attribute in names {
            // A link is followed by people, not by the browser.
            if attribute == "href" && name != "link" {
                continue;
            }
            for part in tag.split(&format!(" {attribute}=")).skip(1) {
                found.push(part.trim_start_matches(['"', '\'']).split(['"', '\'', ' ']).next().unwrap().to_owned());
            }
        }
        if name == "style" {
            let style = rest.split("</style").next().unwrap();
            found.extend(style.split("url(").skip(1).map(|part| part.split(')').next().unwrap().to_owned()));
            assert!(!style.contains("@import"), "a style sheet of somebody else's");
        }
    }
    found
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\0\x05\0\x01\xff\x89\x99=\x1d\0\0\0\0IEND\xaeB`\x82";

fn rich() -> Place {
    let place = place("#+PUBLISH_TARGET: directory\n");
    let text = "#+title: Rich\n* Images\n[[./pics/a & b.png]]\n\n#+caption: words\n[[file:dot.svg]]\n\n[[https://example.org/far.png]]\n\nInline [[file:dot.svg]] and $x^2$.\n\n#+begin_export html\n<script src=\"https://example.org/x.js\"></script>\n#+end_export\n\n#+begin_src dot\ndigraph { a -> b }\n#+end_src\n| a | b |\n";
    place.folder.write("book.org", text);
    place.folder.write("pics/a & b.png", PNG);
    place.folder.write("dot.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1\" height=\"1\"/>");
    place
}

#[test]
fn a_page_is_one_file_that_asks_nothing_of_anybody() {
    let place = rich();
    place.wb(&["publish", "apply"]).exits(0);
    let html = place.folder.read(".publish_out/index.html");
    let fetched = fetched(&html);
    assert_eq!(fetched.len(), 3, "{fetched:?}");
    assert!(fetched.iter().all(|address| address.starts_with("data:image/")), "{fetched:?}");
    assert!(html.contains("<a href=\"https://example.org/far.png\">"), "somebody else's image is a link");
    assert!(!html.contains("<script") && html.contains("Content-Security-Policy"));
}

#[test]
fn what_reads_the_test_would_see_a_request() {
    let html = "<link rel=x href='https://a'><a href=\"https://b\"><img alt=\">\" src=\"https://c\"><style>a{b:url(https://d)}</style>";
    assert_eq!(fetched(html), ["https://a", "https://c", "https://d"]);
}

/// In a real browser, where there is one: every image is there, and nothing was asked for.
#[test]
fn a_browser_shows_the_page_without_asking_anybody() {
    let Some(chromium) = ["chromium", "chromium-browser", "google-chrome"].iter().find(|name| {
        std::process::Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success())
    }) else {
        println!("skipped: there is no chromium");
        return;
    };
    let place = rich();
    place.wb(&["publish", "apply"]).exits(0);
    let page = place.folder.path().join(".publish_out/index.html");
    let log = place.folder.path().join("net.json");
    let output = std::process::Command::new(chromium)
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--dump-dom"])
        .arg(format!("--user-data-dir={}", place.folder.path().join("profile").display()))
        .arg(format!("--log-net-log={}", log.display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(dom.contains("<title>Rich</title>"), "{dom}");
    let net = std::fs::read_to_string(log).unwrap();
    assert!(!net.contains("example.org"), "the browser asked somebody");
}

#[test]
fn images_that_cannot_be_there_are_told_at_their_place() {
    let place = place("#+PUBLISH_TARGET: directory\n");
    place
        .folder
        .write("book.org", "* A\n  text [[./gone.png]]\n[[file:../out.png]]\n[[file:huge.png]]\n[[file:fifo.png]]\n");
    place.folder.write("huge.png", vec![0; (8 << 20) + 1]);
    let fifo = std::ffi::CString::new(place.folder.path().join("fifo.png").to_str().unwrap()).unwrap();
    // SAFETY: a plain system call with a string that lives through it.
    assert_eq!(unsafe { libc::mkfifo(fifo.as_ptr(), 0o600) }, 0);
    place.wb(&["publish", "apply"]).exits(8).complains(&[
        "book.org:2:10",
        "`./gone.png` is not there",
        "book.org:3:8",
        "book.org:4:8",
        "at most 8 MiB",
        "book.org:5:8",
        "not a regular file",
    ]);
    assert!(!place.folder.path().join(".publish_out").exists());
}
