//! `wb lint --sarif` against SARIF 2.1.0 (OASIS, sections named below): every property wb writes, its type, what must be
//! there, and what numbers must fit together. Written by hand from the standard, because its schema is not ours to copy:
//! a property this does not know is an error as well.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::path::PathBuf;

use common::{Place, repository};
use serde_json::Value;

/// What stands in a property.
#[derive(Clone, Copy)]
enum Is {
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A number from this one on.
    From(u64),
    /// An object of this kind.
    A(&'static str),
    /// Objects of this kind, at least so many.
    Many(&'static str, usize),
    /// Texts under names of the producer's own.
    Texts,
}

use Is::{A, From, Many, Text, Texts, Word};

/// A kind of object: its name, and its properties with `!` at the end of those that must be there.
type Kind = (&'static str, &'static [(&'static str, Is)]);

/// Sections 3.13 to 3.57 of the standard, as far as wb writes them.
const KINDS: &[Kind] = &[
    ("sarifLog", &[("$schema", Text), ("version!", Word(&["2.1.0"])), ("runs!", Many("run", 0))]),
    (
        "run",
        &[
            ("tool!", A("tool")),
            ("columnKind", Word(&["utf16CodeUnits", "unicodeCodePoints"])),
            ("results", Many("result", 0)),
        ],
    ),
    ("tool", &[("driver!", A("toolComponent"))]),
    (
        "toolComponent",
        &[("name!", Text), ("version", Text), ("informationUri", Text), ("rules", Many("reportingDescriptor", 0))],
    ),
    (
        "reportingDescriptor",
        &[
            ("id!", Text),
            ("shortDescription", A("multiformatMessageString")),
            ("help", A("multiformatMessageString")),
            ("helpUri", Text),
        ],
    ),
    ("multiformatMessageString", &[("text!", Text), ("markdown", Text)]),
    (
        "result",
        &[
            ("ruleId", Text),
            ("ruleIndex", From(0)),
            ("level", Word(&["none", "note", "warning", "error"])),
            ("message!", A("message")),
            ("locations", Many("location", 0)),
            ("relatedLocations", Many("location", 0)),
            ("partialFingerprints", Texts),
            ("fixes", Many("fix", 1)),
        ],
    ),
    ("message", &[("text!", Text)]),
    ("location", &[("id", From(0)), ("physicalLocation", A("physicalLocation")), ("message", A("message"))]),
    ("physicalLocation", &[("artifactLocation!", A("artifactLocation")), ("region", A("region"))]),
    ("artifactLocation", &[("uri!", Text)]),
    (
        "region",
        &[
            ("startLine!", From(1)),
            ("startColumn", From(1)),
            ("endLine", From(1)),
            ("endColumn", From(1)),
            ("byteOffset", From(0)),
            ("byteLength", From(0)),
        ],
    ),
    ("fix", &[("description", A("message")), ("artifactChanges!", Many("artifactChange", 1))]),
    ("artifactChange", &[("artifactLocation!", A("artifactLocation")), ("replacements!", Many("replacement", 1))]),
    ("replacement", &[("deletedRegion!", A("region")), ("insertedContent", A("artifactContent"))]),
    ("artifactContent", &[("text", Text)]),
];

/// What is wrong with a value that should be of a kind.
fn wrong(value: &Value, kind: &str, at: &str, out: &mut Vec<String>) {
    let properties = KINDS.iter().find(|(name, _)| *name == kind).expect("a kind of the table").1;
    let Some(object) = value.as_object() else { return out.push(format!("{at}: no object")) };
    let known = |name: &str| properties.iter().find(|(known, _)| known.trim_end_matches('!') == name);
    let unknown = object.keys().filter(|name| known(name).is_none());
    out.extend(unknown.map(|name| format!("{at}.{name}: no property of {kind}")));
    for (name, is) in properties {
        let name_only = name.trim_end_matches('!');
        let at = format!("{at}.{name_only}");
        match object.get(name_only) {
            Some(value) => value_wrong(value, *is, &at, out),
            None if name.ends_with('!') => out.push(format!("{at}: is not there")),
            None => {}
        }
    }
}

fn value_wrong(value: &Value, is: Is, at: &str, out: &mut Vec<String>) {
    let fits = match is {
        Text => value.as_str().is_some_and(|text| !text.is_empty() || at.contains("insertedContent")),
        Word(words) => value.as_str().is_some_and(|word| words.contains(&word)),
        From(least) => value.as_u64().is_some_and(|number| number >= least),
        Texts => value.as_object().is_some_and(|texts| texts.values().all(Value::is_string)),
        A(kind) => {
            wrong(value, kind, at, out);
            true
        }
        Many(kind, least) => {
            let items = value.as_array().map_or(&[] as &[Value], Vec::as_slice);
            items.iter().enumerate().for_each(|(i, item)| wrong(item, kind, &format!("{at}[{i}]"), out));
            value.is_array() && items.len() >= least
        }
    };
    if !fits {
        out.push(format!("{at}: {value}"));
    }
}

/// What no table of types can say.
fn inconsistent(log: &Value) -> Vec<String> {
    let mut out = Vec::new();
    for run in log["runs"].as_array().unwrap() {
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        for result in run["results"].as_array().unwrap() {
            // 3.27.6: the index is that of the rule with the id.
            let rule = result["ruleIndex"].as_u64().and_then(|at| rules.get(usize::try_from(at).unwrap()));
            if rule.is_none_or(|rule| rule["id"] != result["ruleId"]) {
                out.push(format!("{}: its index names another rule", result["ruleId"]));
            }
            let nested = result["fixes"].as_array().into_iter().flatten();
            let changes = nested.flat_map(|fix| fix["artifactChanges"].as_array().unwrap());
            let deleted = changes.flat_map(|change| change["replacements"].as_array().unwrap());
            let deleted = deleted.map(|replacement| &replacement["deletedRegion"]);
            let related = result["relatedLocations"].as_array().into_iter().flatten();
            let all = result["locations"].as_array().unwrap().iter().chain(related);
            for region in all.map(|location| &location["physicalLocation"]["region"]).chain(deleted) {
                let place = |line: &str, column: &str| (region[line].as_u64(), region[column].as_u64());
                // 3.30.7: a region does not end before it begins.
                if place("endLine", "endColumn") < place("startLine", "startColumn") {
                    out.push(format!("{}: {region} ends before it begins", result["ruleId"]));
                }
            }
        }
        let mut ids: Vec<&str> = rules.iter().filter_map(|rule| rule["id"].as_str()).collect();
        let count = ids.len();
        ids.dedup();
        // 3.19.23: no two rules are the same.
        if ids.len() != count {
            out.push("a rule is there twice".to_owned());
        }
    }
    out
}

#[test]
fn what_lint_says_is_sarif() {
    let place = Place::cold();
    let cases = repository().join("components/oql/tests/cases");
    let mut names: Vec<PathBuf> = std::fs::read_dir(cases).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|extension| extension == "org"));
    names.sort();
    let mut arguments = vec!["lint", "--sarif"];
    // A name that an address has to escape.
    place.folder.write("ä b#%.org", "* a\n#+begin_src\n[[#gone]]\n");
    arguments.push("ä b#%.org");
    arguments.extend(names.iter().map(|path| path.to_str().unwrap()));
    let ran = place.wb(&arguments);
    let log: Value = serde_json::from_str(&ran.stdout).unwrap();
    let mut errors = Vec::new();
    wrong(&log, "sarifLog", "log", &mut errors);
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    assert_eq!(inconsistent(&log), Vec::<String>::new());
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert!(results.len() > 100 && results.iter().any(|result| result.get("fixes").is_some()));
    assert!(ran.stdout.contains("\"%C3%A4%20b%23%25.org\""), "an address is not escaped");
}

#[test]
fn the_check_finds_what_is_wrong() {
    let good = serde_json::json!({ "version": "2.1.0", "runs": [{ "tool": { "driver": { "name": "x" } } }] });
    let errors = |log: &Value| {
        let mut out = Vec::new();
        wrong(log, "sarifLog", "log", &mut out);
        out
    };
    assert_eq!(errors(&good), Vec::<String>::new());
    for (pointer, value) in [
        ("/version", serde_json::json!("2.0")),
        ("/runs", serde_json::json!({})),
        ("/runs/0/tool/driver/name", serde_json::json!(1)),
        ("/runs/0", serde_json::json!({})),
        ("/runs/0", serde_json::json!({ "tool": { "driver": { "name": "x" } }, "colour": "red" })),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value;
        assert_eq!(errors(&bad).len(), 1, "{bad}");
    }
}
