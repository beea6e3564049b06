//! `wb publish site`: pages that belong together, with their links checked.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::common::{Place, copy, repository};
use crate::{changes, json};

/// A place with these files.
fn with(files: &[(&str, &str)]) -> Place {
    let place = Place::with("");
    fs::remove_file(place.folder.path().join("book.org")).unwrap();
    for (name, text) in files {
        place.folder.write(name, text);
    }
    place
}

/// What is wrong, as `file:line:column message`.
fn wrong(place: &Place) -> Vec<String> {
    let ran = place.wb(&["publish", "site", "--json"]).exits(8);
    let told: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.brief()));
    let shown = |it: &Value| {
        let span = &it["span"];
        format!(
            "{}:{}:{} {}",
            it["file"].as_str().unwrap(),
            span["line"],
            span["column"],
            it["message"].as_str().unwrap()
        )
    };
    assert!(!place.folder.path().join("dist").exists(), "a site with mistakes is not written");
    told["diagnostics"].as_array().unwrap().iter().filter(|it| it["severity"] == "error").map(shown).collect()
}

/// The values of an attribute in a page.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    html.split(&format!(" {attribute}=\"")).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[test]
fn the_example_is_a_site() {
    let place = with(&[]);
    copy(&repository().join("examples/site"), &place.folder.path().join("site"));
    let told = json(&place, &["site", "site/site.org"]);
    let added: BTreeSet<String> = changes(&told).into_iter().collect();
    let expected = [
        "404.html",
        "cup.svg",
        "feed.xml",
        "guide/brewing.html",
        "guide/prices.html",
        "index.html",
        "news.html",
        "robots.txt",
        "search.html",
        "search.js",
        "search.json",
        "sitemap.xml",
    ];
    assert_eq!(added, expected.iter().map(|name| format!("added {name}")).collect());
    let brewing = place.folder.read("site/dist/guide/brewing.html");
    for part in [
        "<a href=\"brewing.html\" aria-current=\"page\">Brewing</a>",
        "<a rel=\"prev\" href=\"../index.html\"><small>Previous</small>Welcome</a>",
        "<a rel=\"next\" href=\"prices.html\"><small>Next</small>Prices</a>",
        "<li>Guide</li><li aria-current=\"page\">Brewing</li>",
        "<a href=\"./prices.html\">another page</a>",
        "<a href=\"../news.html#two-pots-for-one\">the offer</a>",
        "<link rel=\"canonical\" href=\"https://tea.example.org/guide/brewing\">",
    ] {
        assert!(brewing.contains(part), "no `{part}` in {brewing}");
    }
    let index = place.folder.read("site/dist/index.html");
    assert!(index.contains("<a href=\"./news.html#opening\">the news</a>"), "{index}");
    assert!(index.contains("<a href=\"./guide/prices.html#what-a-pot-costs\">a workbook</a>"));
    assert!(
        index.contains("<a href=\"./guide/brewing.html\">Brewing</a>"),
        "a link without words has the page's title"
    );
    assert!(place.folder.read("site/dist/sitemap.xml").contains("<loc>https://tea.example.org/guide/prices</loc>"));
    assert!(place.folder.read("site/dist/feed.xml").contains("<title>News</title>"));
    assert!(place.folder.read("site/dist/guide/prices.html").contains("oolong"));
    let index: Value = serde_json::from_str(&place.folder.read("site/dist/search.json")).unwrap();
    assert_eq!(index.as_array().unwrap().len(), 4);
    assert_eq!((&index[1]["url"], &index[1]["headings"][0][0]), (&"guide/brewing.html".into(), &"Water".into()));
    // The same pages give the same bytes, so there is nothing to do.
    assert!(changes(&json(&place, &["site", "site/site.org"])).is_empty());
    follow(&place.folder.path().join("site/dist"));
}

/// Every link of every page, followed by hand: what the check says is so.
fn follow(dist: &Path) {
    let mut followed = 0;
    for page in ["index.html", "news.html", "guide/brewing.html", "guide/prices.html", "search.html"] {
        let html = fs::read_to_string(dist.join(page)).unwrap();
        for address in values(&html, "href").into_iter().chain(values(&html, "src")) {
            if address.starts_with("https:") || address.starts_with("/feed") {
                continue;
            }
            let (file, anchor) = address.split_once('#').unwrap_or((address, ""));
            let target = if file.is_empty() { dist.join(page) } else { dist.join(page).parent().unwrap().join(file) };
            let text = fs::read_to_string(&target).unwrap_or_else(|_| panic!("{page}: {address} leads nowhere"));
            assert!(anchor.is_empty() || values(&text, "id").contains(&anchor), "{page}: {address} has no such place");
            followed += 1;
        }
    }
    assert!(followed > 60, "{followed}");
}

#[test]
fn a_link_that_leads_nowhere_is_told_where_it_stands() {
    let place = with(&[
        ("site.org", "#+title: S\n* A\n- [[file:a.org][A]]\n- [[file:d/b.org][B]]\n"),
        (
            "a.org",
            "* One\n[[file:gone.org][x]] [[file:d/b.org::*No][x]]\n  [[file:d/b.org::*Two  words][x]] [[id:none][x]]\n[[#none]] [[*None]] [[none]]\n[[file:../out.org][x]] [[./gone.png]] [[file:.env][x]]\n[[file:d/b.org::#own][x]] [[file:d/b.org::there][x]] [[https://example.org/none][x]]\n[[b.org][x]] [[file:a.org::*One][me]] [[*One]] =[[none]]=\n# [[file:gone.org]]\n",
        ),
        (
            "d/b.org",
            "* Two words\n:PROPERTIES:\n:CUSTOM_ID: own\n:END:\n<<there>>\n[[file:a.org][wrong folder]] [[file:../a.org][right]]\n",
        ),
        (".env", "hunter2"),
    ]);
    assert_eq!(
        wrong(&place),
        [
            "a.org:2:3 `gone.org` is no page of the site",
            "a.org:2:24 `d/b.org` has no `*No`",
            "a.org:3:38 no page of the site has the id `none`",
            "a.org:4:3 there is no `#none` on this page",
            "a.org:4:13 there is no `*None` on this page",
            "a.org:4:23 there is no `none` on this page",
            "a.org:5:3 `../out.org` is outside of the site's folder",
            "a.org:5:26 `./gone.png` is not there",
            "a.org:5:46 `.env` is hidden, and hidden files are not published",
            "a.org:7:3 `b.org` is the name of a heading here, and there is none",
            "d/b.org:6:3 `d/a.org` is no page of the site",
        ]
    );
}

#[test]
fn a_list_with_mistakes_is_told_where_they_are() {
    let place = with(&[
        (
            "site.org",
            "* A\n- [[file:a.org][A]]\n- [[file:./x/../a.org][again]]\n- [[file:gone.org][G]]\n- [[file:../up.org][U]]\n- [[a.org][no file]]\n- [[file:a.org::*One][place]]\n- [[file:latin.org][L]]\n- [[file:link.org][K]]\n- [[file:folder.org][F]]\n- [[search/index.org][S]]\n- [[https://example.org][elsewhere]]\n",
        ),
        ("a.org", "* One\n"),
        ("search/index.org", "* x\n"),
        ("forgotten.org", "* x\n"),
    ]);
    place.folder.write("latin.org", b"\xfc");
    fs::create_dir(place.folder.path().join("folder.org")).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", place.folder.path().join("link.org")).unwrap();
    assert_eq!(
        wrong(&place),
        [
            "site.org:3:5 `a.org` is listed twice",
            "site.org:4:5 `gone.org` is not there",
            "site.org:5:5 `../up.org` is outside of the folder of the list",
            "site.org:6:5 `a.org` is listed twice",
            "site.org:7:5 `a.org::*One` is a place in a page",
            "site.org:8:5 `latin.org` is not UTF-8",
            "site.org:9:5 `link.org` leads out of the folder of the list, or is not ours to read",
            "site.org:10:5 `folder.org` cannot be read: not a regular file",
        ]
    );
    let ran = place.wb(&["publish", "site"]).exits(8);
    ran.complains(&[
        "`forgotten.org`",
        "are not listed, and are no pages of the site",
        "`https://example.org` is no page of this site",
        "nothing was written: 8 errors",
    ]);
    with(&[("site.org", "* Nothing\n")]).wb(&["publish", "site"]).exits(8).complains(&["lists no pages"]);
    with(&[]).wb(&["publish", "site"]).exits(4);
}

#[test]
fn two_pages_have_two_addresses() {
    let place = with(&[
        ("site.org", "- [[file:a.html.org][one]]\n- [[file:b.org][two]]\n"),
        ("a.html.org", "* x\n"),
        ("b.org", "* x\n"),
    ]);
    let told = wrong(&place);
    assert!(told.len() == 1 && told[0].starts_with("site.org:1:5 ") && told[0].contains("no ending"), "{told:?}");
}

#[test]
fn without_a_first_page_the_list_is_one() {
    let place = with(&[
        ("site.org", "#+title: Mine\n* Section /one/\n- [[file:a.org][Page =A=]]\n"),
        ("a.org", "#+title: A\n[[file:site.org][up]]\n"),
    ]);
    json(&place, &["site"]);
    let index = place.folder.read("dist/index.html");
    assert!(
        index.contains("<title>Mine</title>") && index.contains("<a href=\"./a.html\">Page <code>A</code></a>"),
        "{index}"
    );
    assert!(place.folder.read("dist/a.html").contains("<a href=\"./index.html\">up</a>"));
    // The sidebar has words and no marks.
    assert!(index.contains("<h2>Section one</h2>") && index.contains("<a href=\"a.html\">Page A</a>"), "{index}");
    // Without an address there is nothing that needs one.
    assert!(!place.folder.path().join("dist/sitemap.xml").exists());
}

#[test]
fn a_site_below_a_host_knows_its_root() {
    let place = with(&[
        ("site.org", "#+PUBLISH_URL: https://me.example.org/project\n- [[file:a.org][A]]\n"),
        ("a.org", "#+date: 2026-01-01\n* x\n"),
    ]);
    json(&place, &["site"]);
    assert!(place.folder.read("dist/404.html").contains("<a href=\"/project/\">"));
    assert!(place.folder.read("dist/a.html").contains("href=\"/project/feed.xml\""));
    assert!(place.folder.read("dist/sitemap.xml").contains("<loc>https://me.example.org/project/a</loc>"));
}

#[test]
fn odd_names_hold() {
    let place = with(&[
        ("site.org", "- [[file:a b & ü.org][A]]\n- [[file:x/y/z.org]]\n"),
        ("a b & ü.org", "* Ä \"q\" <b>\n[[file:x/y/z.org]]\n[[file:pics/p q.png]]\n"),
        ("x/y/z.org", "#+title: Brackets [1] | here\n* x\n[[file:../../a b & ü.org::*Ä \"q\" <b>]]\n"),
        ("pics/p q.png", "x"),
    ]);
    fs::write(place.folder.path().join(std::ffi::OsStr::new(std::str::from_utf8(b"odd.txt").unwrap())), "x").unwrap();
    let name: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(b"\xff\xfe.org");
    fs::write(place.folder.path().join(name), "* x\n").unwrap();
    let told = json(&place, &["site"]);
    assert!(changes(&told).contains(&"added a b & ü.html".to_owned()), "{told}");
    let page = place.folder.read("dist/a b & ü.html");
    assert!(page.contains("<a href=\"./x/y/z.html\">Brackets (1)"), "{page}");
    assert!(place.folder.read("dist/x/y/z.html").contains("<a href=\"../../a%20b%20%26%20ü.html#q-b\">"));
}

#[test]
fn a_large_site_is_made() {
    let mut list = String::from("#+title: Large\n* Pages\n");
    let place = with(&[]);
    for number in 0..500 {
        list.push_str(&format!("- [[file:p/{number}.org][Page {number}]]\n"));
        let next = (number + 1) % 500;
        let words = "Some words that a page has, and that are found again. ".repeat(30);
        place.folder.write(
            &format!("p/{number}.org"),
            format!("#+title: {number}\n* First\n{words}\n* Second\n[[file:{next}.org::*Second][next]]\n"),
        );
    }
    place.folder.write("site.org", list);
    let ran = place.wb(&["publish", "site", "-q"]).exits(0);
    println!("500 pages took {:?} and {} MiB", ran.took, ran.peak >> 20);
    assert!(place.folder.read("dist/p/499.html").contains("<a href=\"./0.html#second\">next</a>"));
    ran.within_mib(1024);
}

#[test]
fn a_site_goes_to_a_branch_and_back() {
    let place = with(&[
        ("site.org", "#+PUBLISH_TARGET: gh-pages\n#+PUBLISH_REMOTE: ./far.git\n- [[file:a.org][A]]\n"),
        ("a.org", "* One\n"),
    ]);
    let run = |arguments: &[&str]| {
        let output =
            std::process::Command::new("git").current_dir(place.folder.path()).args(arguments).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    run(&["init", "-q", "--bare", "far.git"]);
    json(&place, &["site"]);
    assert!(run(&["-C", "far.git", "branch", "--list"]).is_empty(), "without `--apply` nothing leaves");
    assert!(place.folder.path().join("dist/a.html").exists());
    json(&place, &["site", "--apply"]);
    place.folder.write("a.org", "* Two\n");
    let told = json(&place, &["site", "--apply"]);
    assert!(
        changes(&told).contains(&"changed a.html".to_owned()) && !changes(&told).iter().any(|it| it.contains("404")),
        "{told}"
    );
    json(&place, &["rollback"]);
    assert!(run(&["-C", "far.git", "show", "gh-pages:a.html"]).contains("One"));
}

#[test]
fn what_is_included_is_checked_as_well() {
    let place = with(&[
        ("site.org", "- [[file:d/a.org][A]]\n- [[file:d/b.org][B]]\n"),
        ("d/a.org", "* A\n#+include: sub/part.org\n"),
        ("d/b.org", "* B\n"),
        ("d/sub/part.org", "[[file:in.png]] [[file:../b.org][b]] [[file:gone.org][gone]] [[file:no.txt][no]]\n"),
        ("d/sub/in.png", "x"),
    ]);
    assert_eq!(wrong(&place), ["d/a.org:2:12 `no.txt` is not there"]);
    place.folder.write("d/sub/no.txt", "x");
    let told = wrong(&place);
    assert!(told.len() == 1 && told[0].contains("`sub/gone.html` leads to nothing"), "{told:?}");
    place.folder.write("d/sub/part.org", "[[file:in.png]] [[file:../b.org][b]]\n");
    assert!(changes(&json(&place, &["site"])).contains(&"added d/sub/in.png".to_owned()));
    assert!(place.folder.read("dist/d/a.html").contains("<a href=\"b.html\">b</a>"));
}
