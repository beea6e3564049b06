//! The verbs of who operates a store: variables, keys, backups, the schema.

use serde_json::{Value, json};

use crate::client::Client;
use crate::common::Place;
use crate::double;

fn place() -> Place {
    Place::with("")
}

const DATA: [&str; 2] = ["--data", "data"];

/// What a verb prints as JSON.
#[track_caller]
fn value(place: &Place, arguments: &[&str]) -> Value {
    let ran = place.wb(arguments).exits(0);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {}", ran.brief()))
}

fn var<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&["var"], &DATA[..], arguments].concat()
}

#[test]
fn variables_are_kept_and_secrets_are_not_shown() {
    let place = place();
    place.wb(&var(&["set", "city", "Köln"])).exits(0);
    let set =
        place.wb_with(&var(&["set", "token", "--secret", "--host", "api.example.org"]), b"s3cret-value\n").exits(0);
    assert!(!set.stdout.contains("s3cret") && !set.stderr.contains("s3cret"), "{}", set.brief());
    place.wb(&var(&["get", "city"])).exits(0).prints(&["Köln\n"]);
    let shown = place.wb(&var(&["get", "token"])).exits(0).prints(&["secret, 12 B", "{{secret:token}}"]);
    assert!(!shown.stdout.contains("s3cret"), "{}", shown.brief());
    let list = value(&place, &var(&["list", "--json"]));
    assert_eq!((&list[0]["name"], &list[1]["hosts"]), (&json!("city"), &json!(["api.example.org"])));
    assert!(list.to_string().find("s3cret").is_none() && list[0].get("value").is_none());
    place
        .wb(&var(&["ref", "{{city}}, {{var:city}}: {{secret:token}}"]))
        .exits(0)
        .prints(&["Köln, Köln: {{secret:token}}"]);
    place
        .wb(&var(&["ref", "a\n {{nope}}"]))
        .exits(4)
        .complains(&["line 2, column 2", "`{{nope}}` refers to no variable"]);
    place.wb(&var(&["ref", "--keep-unknown", "{{nope}}"])).exits(0).prints(&["{{nope}}"]);
    place.wb(&var(&["ref", "{{var:token}}"])).exits(4).complains(&["is a secret"]);
    place.wb(&var(&["unset", "city"])).exits(0);
    place.wb(&var(&["get", "city"])).exits(4).complains(&["city"]);
    place.wb(&var(&["set", "9", "x"])).exits(2);
    assert_eq!(value(&place, &var(&["list", "--json", "--tenant", "other"])), json!([]));
    place.wb(&var(&["get", "token", "--tenant", "other"])).exits(4);
}

#[test]
fn a_new_master_key_takes_over_and_the_old_one_goes() {
    let place = place();
    place.wb(&var(&["set", "city", "Köln"])).exits(0);
    let keys = || place.folder.read("data/master.key");
    let first = keys();
    assert_eq!(value(&place, &var(&["rotate", "--json"]))["sealed"], 1);
    assert!(keys().ends_with(&first) && keys().lines().count() == 2);
    place.wb(&var(&["rotate", "--finish"])).exits(0);
    assert!(keys().lines().count() == 1 && keys() != first);
    place.wb(&var(&["get", "city"])).exits(0).prints(&["Köln"]);
    // With the old key alone it does not open.
    place.folder.write("data/master.key", first);
    place.wb(&var(&["get", "city"])).exits(3).complains(&["which is not given"]);
}

#[test]
fn keys_are_shown_once() {
    let place = place();
    let key = |arguments: &[&'static str]| [&["key"], &DATA[..], arguments].concat();
    let made = value(&place, &key(&["create", "ci", "--scope", "run", "--expires", "30d", "--json"]));
    assert!(made["key"].as_str().unwrap().starts_with("wbk_") && made["expires"].is_number(), "{made}");
    let list = place.wb(&key(&["list", "--json"])).exits(0);
    assert!(list.stdout.contains("\"ci\"") && !list.stdout.contains(made["key"].as_str().unwrap()), "{}", list.brief());
    place.wb(&[&key(&["revoke"])[..], &[made["id"].as_str().unwrap()]].concat()).exits(0);
    place.wb(&key(&["list"])).exits(0).prints(&["revoked"]);
    place.wb(&key(&["create", "x", "--scope", "fly"])).exits(2).complains(&["no scope `fly`"]);
}

#[test]
fn a_backup_becomes_the_same_store_again() {
    let mut server = Client::start();
    server.org("PUT", "/api/workbooks/sums", "", &double());
    server.json("PUT", "/api/vars/city", &json!({ "value": "Köln" }));
    // While it is served.
    server.place().wb(&["backup", "copy", "--data", "data"]).exits(0);
    server.org("PUT", "/api/workbooks/sums", "", "* later");
    server.kill();
    server.place().wb(&["restore", "copy", "--data", "again"]).exits(0);
    // The master key is kept apart from the backup.
    std::fs::copy(
        server.place().folder.path().join("data/master.key"),
        server.place().folder.path().join("again/master.key"),
    )
    .unwrap();
    server.place().wb(&["var", "--data", "again", "get", "city"]).exits(0).prints(&["Köln"]);
    server.place().wb(&["restore", "copy", "--data", "again"]).exits(6);
    server.place().wb(&["restore", "nothing", "--data", "third"]).exits(2).complains(&["no whole backup"]);
}

#[test]
fn a_store_says_what_a_new_version_would_do() {
    let place = place();
    let migrate = |more: &[&'static str]| value(&place, &[&["migrate", "--json"], &DATA[..], more].concat());
    let dry = migrate(&["--dry-run"]);
    assert!(dry["done"] == false && dry["steps"][0]["version"] == 1, "{dry}");
    assert_eq!(migrate(&[])["done"], true);
    assert_eq!(migrate(&["--dry-run"])["steps"], json!([]));
}
