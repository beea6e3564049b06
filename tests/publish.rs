//! `wb publish` as people use it: a folder, a real git repository, the real server, and the page in a real browser where there
//! is one.

// Printing is how a test says that it was skipped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

#[allow(dead_code)]
#[path = "control/client.rs"]
mod client;
#[path = "publish/cloudflare.rs"]
mod cloudflare;
mod common;
#[path = "publish/git.rs"]
mod git;
#[path = "publish/page.rs"]
mod page;
#[path = "publish/self_hosted.rs"]
mod self_hosted;
#[path = "serve/server.rs"]
mod server;
#[path = "publish/site.rs"]
mod site;

use common::Place;
use serde_json::Value;

/// A workbook to publish, and settings for it.
pub(crate) fn place(settings: &str) -> Place {
    let place = Place::with("#+title: First\n* A heading\nWords.\n");
    place.folder.write("publish.org", format!("#+PUBLISH_SOURCE: book.org\n{settings}"));
    place
}

/// What a verb prints with `--json`.
#[track_caller]
pub(crate) fn json(place: &Place, arguments: &[&str]) -> Value {
    let ran = place.wb(&[&["publish"], arguments, &["--json"]].concat()).exits(0);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {}", ran.brief()))
}

/// Paths that changed, with how.
pub(crate) fn changes(told: &Value) -> Vec<String> {
    let text = |of: &Value| of.as_str().unwrap().to_owned();
    told["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| format!("{} {}", text(&it["change"]), text(&it["path"])))
        .collect()
}

#[test]
fn settings_are_begun_with_init_and_nothing_is_overwritten() {
    for target in ["directory", "gh-pages", "self-hosted", "cloudflare-pages"] {
        let place = Place::with("* A heading\n");
        place.wb(&["publish", "init", "book.org", "--target", target]).exits(0).prints(&["publish.org\n"]);
        place.wb(&["publish", "validate"]).exits(0).prints(&["valid: ", target]);
        place.folder.write("publish.org", "mine");
        place.wb(&["publish", "init"]).exits(6).complains(&["`publish.org` is there already", "--force"]);
        assert_eq!(place.folder.read("publish.org"), "mine");
        place.wb(&["publish", "init", "--force"]).exits(0);
        assert_ne!(place.folder.read("publish.org"), "mine");
    }
    let place = Place::with("* A heading\n");
    place.wb(&["publish", "init", "--domain", "a b"]).exits(2).complains(&["no host name"]);
    assert!(!place.folder.path().join("publish.org").exists());
}

#[test]
fn a_folder_is_replaced_whole_and_can_be_taken_back() {
    let place = place("#+PUBLISH_TARGET: directory\n#+PUBLISH_OUTPUT: out/site/index.html\n#+PUBLISH_TITLE: Mine\n");
    let dry = json(&place, &["apply", "--dry-run"]);
    assert_eq!((changes(&dry), &dry["dry_run"]), (vec!["added index.html".to_owned()], &Value::Bool(true)));
    assert!(!place.folder.path().join("out").exists(), "a dry run writes nothing");
    assert_eq!(changes(&json(&place, &["apply"])), ["added index.html"]);
    assert!(place.folder.read("out/site/index.html").contains("<title>Mine</title>"));
    assert!(changes(&json(&place, &["apply"])).is_empty());
    place.wb(&["publish", "rollback"]).exits(4).complains(&["nothing before"]);

    place.folder.write("book.org", "* Second\n");
    assert_eq!(changes(&json(&place, &["apply"])), ["changed index.html"]);
    assert!(place.folder.read("out/site/index.html").contains("Second"));
    assert_eq!(changes(&json(&place, &["rollback", "--dry-run"])), ["changed index.html"]);
    assert!(place.folder.read("out/site/index.html").contains("Second"));
    json(&place, &["rollback"]);
    assert!(place.folder.read("out/site/index.html").contains("A heading"));
    json(&place, &["rollback"]);
    assert!(place.folder.read("out/site/index.html").contains("Second"), "what was taken back is kept as well");
    let left: Vec<String> = std::fs::read_dir(place.folder.path().join("out"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(left.len(), 2, "temporary files are left: {left:?}");
}

#[test]
fn what_somebody_else_made_is_left_alone() {
    let place = place("#+PUBLISH_TARGET: directory\n#+PUBLISH_OUTPUT: out/index.html\n");
    place.folder.write("out/precious.txt", "mine");
    place.wb(&["publish", "apply"]).exits(6).complains(&["`out`", "precious.txt", "one of its own"]);
    assert_eq!(place.folder.read("out/precious.txt"), "mine");
    std::fs::remove_dir_all(place.folder.path().join("out")).unwrap();
    place.folder.write("out", "a file");
    place.wb(&["publish", "apply"]).exits(6).complains(&["is no folder"]);
    std::fs::remove_file(place.folder.path().join("out")).unwrap();
    place.wb(&["publish", "apply"]).exits(0);
    place.folder.write("out/note.txt", "mine");
    place.folder.write("book.org", "* Second\n");
    place.wb(&["publish", "apply"]).exits(6).complains(&["note.txt"]);
    assert!(place.folder.read("out/index.html").contains("A heading"), "nothing of it was done");
    // A folder that cannot be made.
    place.folder.write("publish.org", "#+PUBLISH_TARGET: directory\n#+PUBLISH_OUTPUT: book.org/x/index.html\n");
    place.wb(&["publish", "apply", "book.org"]).exits(1).complains(&["cannot write `book.org"]);
}

#[test]
fn a_link_in_place_of_the_folder_is_followed() {
    let place = place("#+PUBLISH_TARGET: directory\n#+PUBLISH_OUTPUT: out/index.html\n");
    std::fs::create_dir(place.folder.path().join("real")).unwrap();
    std::os::unix::fs::symlink("real", place.folder.path().join("out")).unwrap();
    place.wb(&["publish", "apply"]).exits(0);
    assert!(place.folder.path().join("real/index.html").exists());
    assert!(place.folder.path().join("out").is_symlink());
    // A link round in circles is none.
    std::fs::remove_file(place.folder.path().join("out")).unwrap();
    std::os::unix::fs::symlink("out", place.folder.path().join("out")).unwrap();
    place.wb(&["publish", "apply"]).exits(6).complains(&["`out` is a link that leads nowhere"]);
}

#[test]
fn a_workbook_can_say_itself_where_it_goes() {
    let place = Place::with("#+PUBLISH_TARGET: directory\n#+PUBLISH_OUTPUT: own/page.html\n* A heading\n");
    place.wb(&["publish", "apply", "book.org"]).exits(0).prints(&["own\n"]);
    assert!(place.folder.path().join("own/page.html").exists());
    let elsewhere = Place::with("* A heading\n");
    elsewhere.folder.write("deep/my.org", "#+PUBLISH_TARGET: directory\n#+PUBLISH_SOURCE: ../book.org\n");
    elsewhere.wb(&["publish", "apply", "--config", "deep/my.org"]).exits(0);
    assert!(elsewhere.folder.path().join("deep/.publish_out/index.html").exists());
}

#[test]
fn nothing_runs_unless_it_is_asked_for() {
    let double = common::node("Double", &["in: n:s32=21", "out: double:s32"], "export const double = (n) => 2 * n;");
    let place = place("#+PUBLISH_TARGET: directory\n");
    place.folder.write("book.org", common::book(std::slice::from_ref(&double)));
    place.wb(&["publish", "apply"]).exits(0);
    assert!(!place.folder.read(".publish_out/index.html").contains(">42<") && place.steps().is_empty());
    place.wb(&["publish", "apply", "--run"]).exits(0);
    assert!(place.folder.read(".publish_out/index.html").contains("42"));
    assert_eq!(place.steps().len(), 1);
    // What fails is not published.
    place.folder.write("book.org", common::book(&[double.replace("2 * n", "nothing.there")]));
    place.wb(&["publish", "apply", "--run"]).exits(1).complains(&["nothing was published"]);
    assert!(place.folder.read(".publish_out/index.html").contains("42"));
}

#[test]
fn a_secret_in_the_settings_is_not_repeated() {
    let place = place(
        "#+PUBLISH_TARGET: directory\n#+PUBLISH_TOKEN: hunter2hunter2\n#+PUBLISH_URL: https://x:hunter2hunter2@e.org\n",
    );
    for arguments in [&["publish", "validate"][..], &["publish", "validate", "--json"], &["publish", "apply"]] {
        let ran = place.wb(arguments).exits(8);
        assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("hunter2"), "{}", ran.brief());
    }
}

#[test]
fn nothing_leaves_this_machine_offline() {
    let place = place("#+PUBLISH_TARGET: cloudflare-pages\n#+PUBLISH_PROJECT: mine\n");
    place.wb(&["publish", "apply", "--offline"]).exits(3).complains(&["--offline"]);
    assert!(!place.folder.path().join(".publish_out").exists(), "nothing was begun");
    assert_eq!(changes(&json(&place, &["apply", "--offline", "--dry-run"])), ["added index.html"]);
    place.wb(&["publish", "rollback"]).exits(2).complains(&["dashboard"]);
}

#[test]
fn results_that_are_older_than_their_blocks_are_told() {
    let one = common::node("One", &["out: one:s32"], "export const one = () => 1;")
        .replace("javascript", "javascript :cache yes");
    let place = place("#+PUBLISH_TARGET: directory\n");
    place.folder.write("book.org", common::book(&[one]));
    place.wb(&["run", "book.org", "--write"]).exits(0);
    let ran = place.wb(&["publish", "apply"]).exits(0);
    assert!(!ran.stderr.contains("older"), "{}", ran.brief());
    let text = place.folder.read("book.org");
    assert!(text.contains("#+RESULTS["), "{text}");
    place.folder.write("book.org", text.replace("() => 1", "() => 2"));
    place.wb(&["publish", "apply"]).exits(0).complains(&["book.org:9:1", "older than the block", "wb run --write"]);
    let ran = place.wb(&["publish", "apply", "--run"]).exits(0);
    assert!(!ran.stderr.contains("older"), "{}", ran.brief());
}

#[test]
fn a_list_of_pages_is_no_workbook() {
    let place = Place::with("* x\n");
    place.folder.write("site.org", "- [[book.org][Book]]\n").write("publish.org", "#+PUBLISH_TARGET: directory\n");
    for arguments in [&["publish", "apply"][..], &["publish", "apply", "site.org"]] {
        place.wb(arguments).exits(2).complains(&["wb publish site --apply"]);
    }
}

#[test]
fn what_is_included_brings_its_images() {
    let place = place("#+PUBLISH_TARGET: directory\n");
    place
        .folder
        .write("book.org", "* x\n#+include: sub/part.org\n")
        .write("sub/part.org", "[[file:./in.png]] [[file:../up.png]]\n");
    place.folder.write("sub/in.png", "x").write("up.png", "y");
    let ran = place.wb(&["publish", "apply"]).exits(0);
    assert!(!ran.stderr.contains("warning"), "{}", ran.brief());
    let page = place.folder.read(".publish_out/index.html");
    assert!(
        page.contains("src=\"data:image/png;base64,eA==\"") && page.contains("src=\"data:image/png;base64,eQ==\""),
        "{page}"
    );
    std::fs::remove_file(place.folder.path().join("up.png")).unwrap();
    place.wb(&["publish", "apply"]).exits(8).complains(&["book.org:2:12", "`../up.png` is not there"]);
}
