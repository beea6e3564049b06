//! What a component can do with a granted folder, and how a person is asked: a real component attacks real folders, and
//! a real terminal is in between where a question is asked.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::fd::FromRawFd as _;
use std::os::unix::fs::symlink;

use common::Place;
use serde_json::Value;

/// A program that tries everything and says what it got through with.
const ATTACK: &str = r#"use std::fs::{self, OpenOptions};
fn main() {
    let mut through = Vec::new();
    let mut tried = 0;
    let mut note = |what: &str, got: bool| { tried += 1; if got { through.push(what.to_string()); } };
    let long = "a/".repeat(50_000) + "../secret.txt";
    let deep = "./".repeat(2_000) + "../secret.txt";
    for path in [
        "secret.txt", "../secret.txt", "./../secret.txt", "data/../secret.txt", "data/../../secret.txt", "data/sub/../../secret.txt",
        "/secret.txt", "/etc/passwd", "data//../secret.txt", "data/up/secret.txt", "data/up/book.org", "data/abs/passwd",
        "data/file", "data/sub/loop/secret.txt", "out/../secret.txt", "/proc/self/environ", "data/proc/self/environ",
        "..", "../", "/", "/data/../secret.txt", "DATA/../secret.txt", "data/..\\secret.txt", "data\0/../secret.txt",
        "wb.lock", "data/../wb.lock", "out/../book.org", "\u{ff0e}\u{ff0e}/secret.txt", long.as_str(), deep.as_str(),
    ] {
        note(&format!("read {}", &path[..path.len().min(40)]), fs::read(path).is_ok() || fs::read_dir(path).is_ok());
        let made = OpenOptions::new().create(true).append(true).open(path).is_ok();
        note(&format!("write {}", &path[..path.len().min(40)]), made);
        note(&format!("look at {}", &path[..path.len().min(40)]), fs::metadata(path).is_ok_and(|of| of.is_file()));
    }
    // What was granted for reading is not written to, in any way.
    note("create", fs::write("data/new", "x").is_ok());
    note("overwrite", fs::write("data/a.txt", "x").is_ok());
    note("truncate", OpenOptions::new().write(true).truncate(true).open("data/a.txt").is_ok());
    note("append", OpenOptions::new().append(true).open("data/a.txt").is_ok());
    note("set length", OpenOptions::new().read(true).open("data/a.txt").is_ok_and(|f| f.set_len(0).is_ok()));
    note("remove", fs::remove_file("data/a.txt").is_ok());
    note("rename", fs::rename("data/a.txt", "data/b.txt").is_ok());
    note("move out", fs::rename("data/a.txt", "out/a.txt").is_ok());
    note("move in", fs::write("out/x", "x").is_ok() && fs::rename("out/x", "data/x").is_ok());
    note("link", fs::hard_link("data/a.txt", "out/linked.txt").is_ok());
    note("link in", fs::hard_link("out/x", "data/linked.txt").is_ok());
    note("make a folder", fs::create_dir("data/folder").is_ok());
    note("remove a folder", fs::remove_dir("data/sub").is_ok());
    // And what was granted works.
    let read = fs::read_to_string("data/a.txt").unwrap_or_default();
    let write = fs::write("out/b.txt", "written").is_ok();
    let list = |all: &[String]| all.iter().map(|one| format!("{one:?}")).collect::<Vec<_>>().join(",");
    println!("{{\"tried\":{tried},\"through\":[{}],\"read\":{read:?},\"write\":{write}}}", list(&through));
}
"#;

fn book(caps: &str, code: &str) -> String {
    format!(
        "* Test\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n** Attack\n:PROPERTIES:\n:out: report\n:caps: {caps}\n:END:\n\
         #+begin_src rust\n{code}#+end_src\n"
    )
}

#[test]
fn a_component_stays_in_its_folders() {
    let place = Place::with(&book("clock fs:read:./data fs:write:./out", ATTACK));
    place.folder.write("data/a.txt", "granted").write("data/sub/b.txt", "b").write("secret.txt", "outside");
    let data = place.folder.path().join("data");
    for (to, name) in [("..", "up"), ("/etc", "abs"), ("../secret.txt", "file"), ("..", "sub/loop"), ("/proc", "proc")]
    {
        symlink(to, data.join(name)).unwrap();
    }
    let run = place.json(&["--allow-all"]);
    let report = &run["exports"]["report"];
    let report: Value = report.as_str().map_or_else(|| report.clone(), |text| serde_json::from_str(text).unwrap());
    assert_eq!(report["through"], serde_json::json!([]), "{run}");
    assert!(report["tried"].as_u64().unwrap() > 100);
    assert_eq!((report["read"].as_str(), report["write"].as_bool()), (Some("granted"), Some(true)), "{run}");
    assert_eq!(place.folder.read("out/b.txt"), "written");
    assert_eq!(
        (place.folder.read("data/a.txt"), place.folder.read("secret.txt")),
        ("granted".into(), "outside".into())
    );
}

#[test]
fn a_granted_folder_that_is_a_link_out_is_not_opened() {
    let code = "fn main() { println!(\"{}\", std::fs::read_dir(\"data\").unwrap().count()) }\n";
    let outside = common::Folder::new();
    for (caps, target) in [("clock fs:read:./data", "/etc"), ("clock fs:write:./data", "..")] {
        let place = Place::with(&book(caps, code));
        let target = if target == ".." { outside.path().to_owned() } else { target.into() };
        symlink(target, place.folder.path().join("data")).unwrap();
        let ran = place.wb(&["run", "book.org", "--allow-all"]).exits(1);
        ran.complains(&["cannot open the granted folder"]);
    }
    let place = Place::with(&book("clock fs:read:./data", code));
    place.wb(&["run", "book.org", "--allow-all"]).exits(1).complains(&["cannot open the granted folder"]);
}

#[test]
fn each_component_sees_its_own() {
    let look = "fn main() { let names = |p| std::fs::read_dir(p).map_or(9, |d| d.count());\n\
                println!(\"{} {} {:?} {:?} {}\", names(\"a\"), names(\"b\"), std::env::var(\"A\").ok(), std::env::var(\"B\").ok(),\n\
                std::env::var(\"WB_PUBLIC_BEARER\").is_ok()) }\n";
    let node = |name: &str, caps: &str| {
        format!(
            "** {name}\n:PROPERTIES:\n:out: {name}:string\n:caps: {caps}\n:END:\n#+begin_src rust\n{look}#+end_src\n"
        )
    };
    let text = format!(
        "* Test\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n{}{}",
        // What opens a server is nobody's, whatever was allowed.
        node("one", "clock fs:read:./a env:A env:WB_PUBLIC_BEARER"),
        node("two", "clock fs:read:./b env:B")
    );
    for more in [&[][..], &["--isolate"]] {
        let place = Place::with(&text);
        place.folder.write("a/x", "").write("b/x", "").write("b/y", "");
        let mut command = place.command(&[&["run", "book.org", "--allow-all"], more].concat());
        command.env("A", "first").env("B", "second").env("WB_PUBLIC_BEARER", "0123456789abcdef");
        let ran = common::Running::start(command, b"").wait().exits(0);
        ran.prints(&["one: 1 9 Some(\"first\") None false", "two: 9 2 None Some(\"second\") false"]);
    }
}

/// Runs `wb` on a terminal, types `answer` when the question is there, and gives what was shown and the exit code.
fn on_a_terminal(place: &Place, arguments: &[&str], answer: &str) -> (String, i32) {
    let (mut ours, mut theirs) = (0, 0);
    // SAFETY: both numbers are written by the call, and the other arguments may be null.
    let opened = unsafe {
        libc::openpty(&mut ours, &mut theirs, std::ptr::null_mut(), std::ptr::null_mut(), std::ptr::null_mut())
    };
    assert_eq!(opened, 0);
    // SAFETY: the descriptors were opened above and belong to nobody else.
    let (mut ours, theirs) = unsafe { (File::from_raw_fd(ours), File::from_raw_fd(theirs)) };
    let mut command = place.command(arguments);
    command.stdin(theirs.try_clone().unwrap()).stdout(theirs.try_clone().unwrap()).stderr(theirs);
    let mut child = command.spawn().unwrap();
    drop(command);
    let (mut shown, mut part) = (Vec::new(), [0; 4096]);
    let mut answered = 0;
    // Reading fails when the other end is closed.
    while let Ok(count @ 1..) = ours.read(&mut part) {
        shown.extend_from_slice(&part[..count]);
        let asked = String::from_utf8_lossy(&shown).matches("[y/N]").count();
        if asked > answered {
            answered = asked;
            writeln!(ours, "{answer}").unwrap();
        }
    }
    (String::from_utf8_lossy(&shown).into_owned(), child.wait().unwrap().code().unwrap())
}

#[test]
fn a_new_right_is_asked_for_on_a_terminal_and_remembered() {
    let node = |name: &str, caps: &str| {
        format!(
            "** {name}\n:PROPERTIES:\n:out: {name}\n:caps: {caps}\n:END:\n#+begin_src js\nexport const f = () => 1;\n#+end_src\n"
        )
    };
    let head = "* Test\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n";
    let text = format!("{head}{}{}", node("one", "clock env:LANG"), node("two", "net:api.example.com"));
    let place = Place::with(&text);
    let lock = || fs::read_to_string(place.folder.path().join("wb.lock")).ok();
    let (shown, exit) = on_a_terminal(&place, &["run", "book.org"], "n");
    assert_eq!((exit, lock()), (1, None), "{shown}");
    assert_eq!(shown.matches("was not accepted").count(), 2, "{shown}");
    let (shown, exit) = on_a_terminal(&place, &["run", "book.org"], "y");
    assert_eq!(exit, 0, "{shown}");
    assert!(shown.contains("`test/one` asks for rights") && shown.contains("+ net:api.example.com"), "{shown}");
    let written = lock().unwrap();
    assert!(written.contains("node test/one\n    right env:LANG\n"), "{written}");
    let (shown, exit) = on_a_terminal(&place, &["run", "book.org"], "n");
    assert!(exit == 0 && !shown.contains("[y/N]"), "{shown}");
    place.wb(&["run", "book.org"]).exits(0);
    // One more right: asked for here, refused in a pipe.
    place.folder.write("book.org", text.replace("env:LANG", "env:LANG env:HOME"));
    place.wb(&["run", "book.org"]).exits(7).complains(&["`env:HOME`, which `wb.lock` does not have"]);
    let (shown, exit) = on_a_terminal(&place, &["run", "book.org"], "yes");
    assert!(exit == 0 && shown.contains("+ env:HOME") && !shown.contains("+ env:LANG"), "{shown}");
    place.wb(&["run", "book.org"]).exits(0);
}
