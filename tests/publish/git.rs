//! `gh-pages` with a real git and a bare repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::Place;
use crate::{changes, json, place};

/// A git of its own: whoever runs the tests has settings that are no part of them.
fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(folder).args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]).args(arguments);
    let output = command.env("GIT_CONFIG_GLOBAL", "/dev/null").output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A work tree with a remote `origin`, which is the folder `remote.git`.
fn repository(settings: &str) -> (Place, PathBuf) {
    let place = place(&format!("#+PUBLISH_TARGET: gh-pages\n{settings}"));
    let folder = place.folder.path().to_owned();
    git(&folder, &["init", "-q", "--bare", "remote.git"]);
    git(&folder, &["init", "-q", "-b", "main", "."]);
    git(&folder, &["add", "book.org"]);
    git(&folder, &["commit", "-q", "-m", "mine"]);
    git(&folder, &["remote", "add", "origin", "remote.git"]);
    let remote = folder.join("remote.git");
    (place, remote)
}

fn shown(remote: &Path, path: &str) -> String {
    git(remote, &["show", &format!("gh-pages:{path}")])
}

fn commits(remote: &Path) -> usize {
    git(remote, &["rev-list", "gh-pages"]).lines().count()
}

#[test]
fn a_branch_gets_what_differs_and_nothing_else_is_touched() {
    let (place, remote) = repository("#+PUBLISH_DOMAIN: www.example.org\n");
    place.folder.write("staged.txt", "x");
    git(place.folder.path(), &["add", "staged.txt"]);
    let before = (
        git(place.folder.path(), &["status", "--short", "--untracked-files=no"]),
        git(place.folder.path(), &["log", "--all"]),
    );
    let dry = json(&place, &["apply", "--dry-run"]);
    let all = ["added .nojekyll", "added .wb-published", "added CNAME", "added index.html"];
    assert_eq!((changes(&dry), dry["commit"].is_null()), (all.map(str::to_owned).to_vec(), true));
    assert!(git(&remote, &["branch", "--list"]).is_empty());
    let told = json(&place, &["apply"]);
    assert_eq!(
        (changes(&told), told["address"].as_str()),
        (all.map(str::to_owned).to_vec(), Some("https://www.example.org"))
    );
    assert_eq!(git(&remote, &["rev-parse", "gh-pages"]).trim(), told["commit"].as_str().unwrap());
    assert_eq!((shown(&remote, "CNAME"), shown(&remote, ".nojekyll")), ("www.example.org\n".to_owned(), String::new()));
    assert!(shown(&remote, "index.html").contains("<title>First</title>"));
    let after = (
        git(place.folder.path(), &["status", "--short", "--untracked-files=no"]),
        git(place.folder.path(), &["log", "--all"]),
    );
    assert_eq!(before, after);

    place.wb(&["publish", "apply"]).exits(0).complains(&["nothing to do"]);
    assert_eq!(commits(&remote), 1);
    place.folder.write("book.org", "#+title: Second\n* x\n");
    assert_eq!(changes(&json(&place, &["apply"])), ["changed index.html"]);
    assert_eq!(commits(&remote), 2);
    assert_eq!(git(&remote, &["diff", "--name-only", "gh-pages~", "gh-pages"]), "index.html\n");
}

#[test]
fn what_others_put_on_the_branch_stays() {
    let (place, remote) = repository("");
    let other = place.folder.path().join("other");
    git(place.folder.path(), &["clone", "-q", "remote.git", "other"]);
    fs::write(other.join("theirs.txt"), "x").unwrap();
    git(&other, &["checkout", "-q", "-b", "gh-pages"]);
    git(&other, &["add", "."]);
    git(&other, &["commit", "-q", "-m", "theirs"]);
    git(&other, &["push", "-q", "origin", "gh-pages"]);
    json(&place, &["apply"]);
    assert_eq!(shown(&remote, "theirs.txt"), "x");
    // What we put there goes with the settings that wanted it.
    place.folder.write(
        "publish.org",
        "#+PUBLISH_TARGET: gh-pages\n#+PUBLISH_SOURCE: book.org\n#+PUBLISH_OUTPUT: .publish_out/first.html\n",
    );
    assert_eq!(changes(&json(&place, &["apply"])), ["changed .wb-published", "added first.html", "removed index.html"]);
    assert_eq!(shown(&remote, "theirs.txt"), "x");
}

#[test]
fn a_rollback_is_a_commit_and_goes_further_back_each_time() {
    let (place, remote) = repository("");
    for title in ["One", "Two", "Three"] {
        place.folder.write("book.org", format!("#+title: {title}\n* x\n"));
        json(&place, &["apply"]);
    }
    let title = || shown(&remote, "index.html").split("<title>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let first = git(&remote, &["rev-list", "--max-parents=0", "gh-pages"]).trim().to_owned();
    assert_eq!(changes(&json(&place, &["rollback", "--dry-run"])), ["changed index.html"]);
    assert_eq!((title().as_str(), commits(&remote)), ("Three", 3));
    json(&place, &["rollback"]);
    assert_eq!((title().as_str(), commits(&remote)), ("Two", 4));
    json(&place, &["rollback"]);
    assert_eq!((title().as_str(), commits(&remote)), ("One", 5));
    place.wb(&["publish", "rollback"]).exits(4).complains(&["nothing before"]);
    place.wb(&["publish", "rollback", "--to", "0000000"]).exits(4).complains(&["no commit `0000000`"]);
    json(&place, &["apply"]);
    assert_eq!(title(), "Three");
    json(&place, &["rollback", "--to", &first]);
    assert_eq!(title(), "One");
    place.wb(&["publish", "rollback", "--to", "--help"]).exits(2);
}

/// A hook on the other side that pushes something else first, so that ours comes too late.
fn in_the_way(place: &Place, remote: &Path, times: u32) {
    let other = place.folder.path().join("other");
    git(place.folder.path(), &["clone", "-q", "remote.git", "other"]);
    git(&other, &["checkout", "-q", "gh-pages"]);
    for number in 0..times {
        fs::write(other.join(format!("theirs-{number}.txt")), "x").unwrap();
        git(&other, &["add", "."]);
        git(&other, &["commit", "-q", "-m", "theirs"]);
        git(&other, &["push", "-q", "origin", &format!("HEAD:refs/heads/waiting-{number}")]);
    }
    // Before our objects are taken, the branch moves: the push is then against what is not there any more.
    let hook = remote.join("hooks/pre-receive");
    let script = format!(
        "#!/bin/sh\nunset GIT_QUARANTINE_PATH\nfor n in 0 1; do\n  if [ $n -lt {times} ] && [ ! -e moved-$n ]; then\n    touch moved-$n\n    git update-ref refs/heads/gh-pages refs/heads/waiting-$n\n    exit 0\n  fi\ndone\nexit 0\n"
    );
    fs::write(&hook, script).unwrap();
    std::os::unix::fs::PermissionsExt::set_mode(&mut fs::metadata(&hook).unwrap().permissions(), 0o755);
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
}

#[test]
fn who_is_faster_once_is_built_upon() {
    let (place, remote) = repository("");
    json(&place, &["apply"]);
    in_the_way(&place, &remote, 1);
    place.folder.write("book.org", "#+title: Second\n* x\n");
    assert_eq!(changes(&json(&place, &["apply"])), ["changed index.html"]);
    assert_eq!(shown(&remote, "theirs-0.txt"), "x");
    assert!(shown(&remote, "index.html").contains("Second"));
}

#[test]
fn who_is_faster_twice_is_told_about() {
    let (place, remote) = repository("");
    json(&place, &["apply"]);
    in_the_way(&place, &remote, 2);
    place.folder.write("book.org", "#+title: Second\n* x\n");
    place.wb(&["publish", "apply"]).exits(6).complains(&["changed twice", "run it again"]);
    assert!(shown(&remote, "index.html").contains("First"), "nothing is forced");
    json(&place, &["apply"]);
    assert!(shown(&remote, "index.html").contains("Second"));
}

#[test]
fn what_is_in_the_way_is_told() {
    let (place, remote) = repository("");
    let hook = remote.join("hooks/pre-receive");
    fs::write(&hook, "#!/bin/sh\necho no pages here >&2\nexit 1\n").unwrap();
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    place.wb(&["publish", "apply"]).exits(7).complains(&["does not take the commit"]);
    fs::remove_file(hook).unwrap();
    fs::rename(&remote, remote.with_extension("gone")).unwrap();
    place.wb(&["publish", "apply"]).exits(3).complains(&["cannot reach"]);
    git(place.folder.path(), &["remote", "remove", "origin"]);
    place.wb(&["publish", "apply"]).exits(4).complains(&["no remote `origin`", "PUBLISH_REMOTE"]);
    // An address with a password is shown without.
    git(place.folder.path(), &["remote", "add", "origin", "http://me:hunter2@127.0.0.1:1/x.git"]);
    let ran = place.wb(&["publish", "apply"]).exits(3);
    assert!(ran.stderr.contains("127.0.0.1:1") && !ran.stderr.contains("hunter2"), "{}", ran.brief());
    place.wb(&["publish", "apply", "--offline"]).exits(3).complains(&["--offline"]);
    // Neither a repository nor a git.
    let place = crate::place("#+PUBLISH_TARGET: gh-pages\n").with_variable("PATH", "/nowhere");
    place.wb(&["publish", "apply"]).exits(3).complains(&["needs `git`"]);
}

#[test]
fn an_address_of_its_own_needs_no_repository_here() {
    let place = place("#+PUBLISH_TARGET: gh-pages\n#+PUBLISH_REMOTE: ./far/pages.git\n#+PUBLISH_BRANCH: live/site\n");
    let far = place.folder.path().join("far");
    fs::create_dir(&far).unwrap();
    git(&far, &["init", "-q", "--bare", "pages.git"]);
    json(&place, &["apply"]);
    assert!(git(&far.join("pages.git"), &["show", "live/site:index.html"]).contains("First"));
}
