//! Pages that are signed, and bundles: by the commands that people use.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::fs;

use common::Place;
use serde_json::Value;

const BOOK: &str = "#+title: Numbers\r\n#+include: \"parts/more.org\"\r\n* Book\r\n:PROPERTIES:\r\n:WORKBOOK_VERSION: 1\r\n:END:\r\n\
    [[./data/a.csv]] [[file:missing.txt]]\r\n** Half\r\n:PROPERTIES:\r\n:OUT: half\r\n:END:\r\n#+begin_src javascript\r\nexport const half = () => 21;\r\n#+end_src\r\n";

/// A place with a workbook that includes one file, links to another, and has a third beside it.
fn place() -> Place {
    let place = Place::new();
    let data = place.folder.path().join("home");
    place.folder.write("book.org", BOOK).write("parts/more.org", "Included. [[../data/b.csv]]\n");
    place.folder.write("data/a.csv", "a\n").write("data/b.csv", "b\n").write("data/c.csv", "c\n");
    place.with_variable("WB_DATA", data.to_str().unwrap())
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_page_is_signed_and_every_change_of_it_is_told() {
    let place = place();
    place.wb(&["render", "book.org", "-o", "page.html"]).exits(0);
    let plain = place.folder.read("page.html");
    let ran = place.wb(&["verify", "page.html"]).exits(5);
    ran.complains(&["page.html", "there is no signature", "`wb sign FILE`"]);
    // The key is made at the first use, for us alone, and is the same from then on.
    let first = place.wb(&["sign", "page.html", "-o", "signed.html", "--source", "book.org"]).exits(0);
    let first = first.complains(&["made a new key in", "did:key:z6Mk"]);
    assert!(!place.wb(&["sign", "page.html", "-o", "second.html"]).exits(0).stderr.contains("made a new key"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let key = place.folder.path().join("home/signing.key");
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!first.stderr.contains(fs::read_to_string(key).unwrap().trim()));
    }
    assert_eq!(place.folder.read("page.html"), plain, "`-o` leaves the file alone");
    let signed = place.folder.read("signed.html");
    let ran = place.wb(&["verify", "signed.html"]).exits(0);
    ran.prints(&["valid=true signature=true asset_integrity=true issuer=did:key:z6Mk"]).complains(&["`--issuer`"]);
    let told = json(&place.wb(&["verify", "signed.html", "--json"]).exits(0).stdout);
    assert_eq!((&told["valid"], &told["assertions"][0]["label"]), (&true.into(), &"wb.source".into()));
    assert_eq!(told["assertions"][0]["data"]["name"], "book.org");
    let issuer = told["issuer_did"].as_str().unwrap();
    place.wb(&["verify", "signed.html", "--issuer", issuer]).exits(0);
    let other = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";
    let ran = place.wb(&["verify", "signed.html", "--issuer", other]).exits(5);
    ran.prints(&["valid=false signature=true asset_integrity=true"]).complains(&["it was not signed by"]);
    place.wb(&["verify", "signed.html", "--issuer", "me"]).exits(2).complains(&["`did:web:example.org`"]);
    place.wb(&["--offline", "verify", "signed.html", "--issuer", "did:web:example.org"]).exits(3);

    place.folder.write("changed.html", signed.replace("Included", "Excluded"));
    place.wb(&["verify", "changed.html"]).exits(5).prints(&["valid=false signature=true asset_integrity=false"]);
    place.folder.write("claimed.html", signed.replace(issuer, other));
    place.wb(&["verify", "claimed.html"]).exits(5).prints(&["valid=false signature=false"]);
    // Signed again in place: still one signature. Through a pipe as well.
    place.wb(&["sign", "signed.html"]).exits(0);
    let piped = place.wb_with(&["sign", "-", "-o", "-"], place.folder.read("signed.html").as_bytes()).exits(0);
    assert_eq!(piped.stdout.matches("wb-c2pa-manifest").count(), 1);
    place.wb_with(&["verify", "-"], piped.stdout.as_bytes()).exits(0);
    place.wb(&["sign", "book.org"]).exits(2).complains(&["is no HTML page", "`wb render"]);
    assert_eq!(place.folder.read("book.org"), BOOK);
}

#[test]
fn a_key_is_taken_from_where_it_is_said_to_be() {
    let place = place();
    place.wb(&["render", "book.org", "-o", "page.html"]).exits(0);
    let secret = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    let named = place.with_variable("WB_SIGNING_KEY", secret);
    let told = json(&named.wb(&["sign", "page.html", "--json"]).exits(0).stdout);
    assert_eq!(told["issuer_did"], "did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw");
    assert!(!named.folder.path().join("home/signing.key").exists());
    let ran = named.wb(&["sign", "page.html", "--key", "own.key"]).exits(0);
    ran.complains(&["made a new key in `own.key`"]);
    named.folder.write("bad.key", "short");
    let wrong = named.with_variable("WB_SIGNING_KEY", "hush-hush");
    let ran = wrong.wb(&["sign", "page.html"]).exits(2).complains(&["`WB_SIGNING_KEY`", "32 bytes"]);
    assert!(!ran.stderr.contains("hush"));
    wrong.wb(&["sign", "page.html", "--key", "bad.key"]).exits(1).complains(&["bad.key"]);
}

#[test]
fn a_bundle_has_what_the_workbook_needs_and_comes_back_byte_for_byte() {
    let place = place();
    let ran = place.wb(&["bundle", "book.org", "--with", "data/c.csv", "--json"]).exits(0);
    let told = json(&ran.stdout);
    let list = ["book.org", "data/a.csv", "data/b.csv", "data/c.csv", "parts/more.org"];
    assert_eq!(told["files"], list.into_iter().collect::<Value>());
    let bytes = fs::read(place.folder.path().join("book.wbundle")).unwrap();
    place.wb(&["bundle", "book.org", "--with", "data", "-o", "again.wbundle"]).exits(0);
    assert_eq!(fs::read(place.folder.path().join("again.wbundle")).unwrap(), bytes, "the same files, the same bytes");

    place.wb(&["unbundle", "book.wbundle", "out/there"]).exits(0).complains(&["5 files, not signed"]);
    for file in list {
        let read = |path: String| fs::read(place.folder.path().join(path)).unwrap();
        assert_eq!(read(format!("out/there/{file}")), read(file.to_owned()), "{file}");
    }
    place.wb(&["run", "out/there/book.org"]).exits(0).prints(&["21"]);
    place.wb(&["unbundle", "book.wbundle", "out/there"]).exits(6).complains(&["is there already"]);
    place.wb(&["unbundle", "book.org", "new"]).exits(5).complains(&["it is no bundle"]);
    place.wb(&["unbundle", "none.wbundle", "new"]).exits(4);
    place.wb(&["verify", "book.wbundle"]).exits(5).complains(&["nobody signed that"]);
    place.wb(&["bundle", "book.org", "--with", "../x"]).exits(4);
    place.wb(&["bundle", "book.org", "--with", "/etc/hostname"]).exits(2).complains(&["below the workbook's folder"]);
    place.folder.write("bad.org", "* B\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n** A\n:PROPERTIES:\n:DEPS: nothing\n:END:\n#+begin_src js\n1\n#+end_src\n");
    place.wb(&["bundle", "bad.org"]).exits(8).complains(&["WB202"]);
    assert!(!place.folder.path().join("bad.wbundle").exists());
}

#[test]
fn a_signed_bundle_that_was_changed_is_not_taken_apart() {
    let place = place();
    place.wb(&["bundle", "book.org", "--sign"]).exits(0);
    let ran = place.wb(&["verify", "book.wbundle"]).exits(0);
    ran.prints(&["valid=true signature=true asset_integrity=true issuer=did:key:z6Mk"]);
    place.wb(&["unbundle", "book.wbundle", "good"]).exits(0).complains(&["signed by did:key:z6Mk"]);
    let path = place.folder.path().join("book.wbundle");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 3;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    for arguments in [&["verify", "book.wbundle"][..], &["unbundle", "book.wbundle", "bad"]] {
        place.wb(arguments).exits(5).complains(&["book.wbundle"]);
    }
    assert!(!place.folder.path().join("bad").exists(), "nothing of it was written");
}
