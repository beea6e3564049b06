//! `wb serve` without a file: the control plane as clients see it, over a store of its own.

// Printing is how a test says that it was skipped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

#[path = "control/auth.rs"]
mod auth;
#[path = "control/client.rs"]
mod client;
mod common;
#[path = "control/crash.rs"]
mod crash;
#[path = "control/described.rs"]
mod described;
#[path = "control/issuer.rs"]
mod issuer;
#[path = "control/issuers.rs"]
mod issuers;
#[path = "control/jwt.rs"]
mod jwt;
#[path = "control/operator.rs"]
mod operator;
#[path = "control/pages.rs"]
mod pages;
#[path = "control/runs.rs"]
mod runs;
#[path = "serve/server.rs"]
mod server;
#[path = "control/sites.rs"]
mod sites;

use client::{Client, json};
use common::{book, node};
use serde_json::{Value, json};

/// Doubles `n`, which is 2 where nobody says.
pub(crate) fn double() -> String {
    book(&[node("Double", &["in: n:s32=2", "out: double:s32"], "export const double = (n) => 2 * n;")])
}

#[test]
fn a_workbook_is_kept_with_its_history() {
    let server = Client::start();
    let first = server.org("PUT", "/api/workbooks/sums", "", &double());
    assert_eq!((first.status, first.header("location")), (201, Some("/api/workbooks/sums")), "{first:?}");
    let tag = first.header("etag").unwrap().to_owned();
    let changed = double().replace("n:s32=2", "n:s32=3");
    let lost = server.org("PUT", "/api/workbooks/sums", "if-match: \"0000\"\r\n", &changed);
    assert_eq!((lost.status, json(&lost)["error"]["code"].as_str()), (412, Some("precondition_failed")));
    let second = server.org("PUT", "/api/workbooks/sums", &format!("if-match: {tag}\r\n"), &changed);
    assert_eq!((second.status, &json(&second)["revision"]), (200, &json!(2)), "{second:?}");
    assert_eq!(server.org("POST", "/api/workbooks/sums", "", &changed).status, 409);
    assert_eq!(server.org("PUT", "/api/workbooks/sums", "if-none-match: *\r\n", &changed).status, 412);

    let org = server.get("/api/workbooks/sums/org");
    assert_eq!((org.body.as_str(), org.header("content-type")), (changed.as_str(), Some("text/org; charset=utf-8")));
    let known = format!("if-none-match: {}\r\n", org.header("etag").unwrap());
    let again = server.ask("GET", "/api/workbooks/sums/org", &known, "");
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    assert_eq!(server.get("/api/workbooks/sums/org?revision=1").body, double());

    let history = server.value("/api/workbooks/sums/history");
    assert_eq!(history["items"].as_array().unwrap().iter().map(|of| of["number"].clone()).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(server.ask("DELETE", "/api/workbooks/sums", "", "").status, 204);
    assert_eq!(server.get("/api/workbooks/sums").status, 404);
    let restored = server.json("POST", "/api/workbooks/sums/restore", &json!({ "revision": 1 }));
    assert_eq!((restored.status, restored.header("etag")), (200, Some(tag.as_str())));
    assert_eq!(server.get("/api/workbooks/sums/org").body, double());
}

#[test]
fn lists_come_in_pages() {
    let server = Client::start();
    for id in ["c", "a", "b"] {
        assert_eq!(server.org("PUT", &format!("/api/workbooks/{id}"), "", "* x").status, 201);
    }
    let page = server.value("/api/workbooks?limit=2");
    assert_eq!(
        (&page["items"][0]["id"], &page["items"][1]["id"], &page["next"]),
        (&json!("a"), &json!("b"), &json!("b"))
    );
    let rest = server.value("/api/workbooks?limit=2&after=b");
    assert_eq!(
        (&rest["items"][0]["id"], rest["items"].as_array().unwrap().len(), &rest["next"]),
        (&json!("c"), 1, &Value::Null)
    );
}

#[test]
fn the_kernel_answers_for_a_workbook() {
    let server = Client::start();
    server.org("PUT", "/api/workbooks/sums", "", &format!("{}** TODO later :work:\n", double()));
    assert_eq!(server.value("/api/workbooks/sums/plan")["worlds"][0]["lang"], "javascript");
    let rows = server.value("/api/workbooks/sums/headlines?query=TODO%3D%22TODO%22");
    assert_eq!((rows.as_array().unwrap().len(), &rows[0]["title"]), (1, &json!("later")));
    let wrong = server.get("/api/workbooks/sums/headlines?query=%28and");
    assert_eq!((wrong.status, json(&wrong)["error"]["code"].as_str()), (400, Some("bad_request")), "{wrong:?}");
    assert_eq!(server.value("/api/workbooks/sums/lint")[0]["code"], "WB206");
    let page = server.get("/api/workbooks/sums/html");
    assert!(
        page.body.starts_with("<!DOCTYPE html>")
            && page.header("content-security-policy").unwrap().starts_with("sandbox")
    );
    assert!(server.get("/api/workbooks/sums/graph.svg").body.starts_with("<svg"));
    // The oldest clients.
    assert_eq!(server.org("PUT", "/w/old", "", "* one\n* two\n").body, "stored");
    assert_eq!(server.get("/api/w/old/org").body, "* one\n* two\n");
    let parsed = server.org("POST", "/oql/parse", "", "* one\n* two\n");
    assert_eq!(json(&parsed)[1]["title"], "two");
}

#[test]
fn a_write_under_a_name_takes_effect_once() {
    let server = Client::start();
    let key = "idempotency-key: k1\r\n";
    let first = server.org("POST", "/api/workbooks/once", key, "* x");
    let second = server.org("POST", "/api/workbooks/once", key, "* x");
    assert_eq!((first.status, second.status, &first.body), (201, 201, &second.body));
    assert_eq!((second.header("idempotency-replayed"), second.header("etag")), (Some("true"), first.header("etag")));
    assert_eq!(server.org("POST", "/api/workbooks/once", "", "* x").status, 409);
    let other = server.org("POST", "/api/workbooks/once", key, "* y");
    assert_eq!((other.status, json(&other)["error"]["code"].as_str()), (422, Some("key_reused")));
    assert_eq!(server.org("POST", "/api/workbooks/two", "idempotency-key:\r\n", "* y").status, 400);
}

#[test]
fn a_secret_is_never_read_back() {
    let server = Client::start();
    let secret = "correct horse battery staple";
    let set = json!({ "value": secret, "secret": true, "hosts": ["api.example.org:8443"] });
    let told = server.json("PUT", "/api/vars/TOKEN", &set);
    assert_eq!((told.status, &json(&told)["size"]), (200, &json!(secret.len())), "{told:?}");
    server.json("PUT", "/api/vars/GREETING", &json!({ "value": "hello" }));
    assert_eq!(server.value("/api/vars/GREETING")["value"], "hello");
    for path in ["/api/vars/TOKEN", "/api/vars"] {
        let answer = server.get(path);
        assert!(answer.status == 200 && !answer.body.contains("horse"), "{answer:?}");
    }
    assert!(!server.data_contains(secret.as_bytes()), "a secret lies in the data folder as it is");
    assert_eq!(server.ask("DELETE", "/api/vars/TOKEN", "", "").status, 204);
    assert_eq!(server.get("/api/vars/TOKEN").status, 404);
}

#[test]
fn what_is_wrong_with_a_request_is_told_with_its_place() {
    let server = Client::start();
    for (method, target, headers, body, status, says) in [
        ("GET", "/api/nothing", "", "", 404, "there is no `/api/nothing`"),
        ("GET", "/api/workbooks/%ff", "", "", 400, "not UTF-8"),
        ("GET", "/api/workbooks/..%2fx", "", "", 404, "an id"),
        ("PUT", "/api/workbooks/-x", "content-type: text/org\r\n", "* x", 400, "an id"),
        ("PATCH", "/api/workbooks/x", "", "", 405, "DELETE, HEAD"),
        ("GET", "/api/workbooks?limit=0", "", "", 400, "from 1 to 1000"),
        ("GET", "/api/workbooks?limit=1&limit=2", "", "", 400, "twice"),
        ("PUT", "/api/vars/a", "content-type: application/json\r\n", "{\"value\":1}", 400, "`/value` in the body"),
        ("PUT", "/api/vars/a", "content-type: application/json\r\n", "{\n \"value\"", 400, "line 2 column 8"),
        ("PUT", "/api/vars/a", "content-type: application/json\r\n", "{\"valu\":\"\"}", 400, "no such member"),
        ("PUT", "/api/vars/a", "content-type: text/csv\r\n", "a", 415, "application/json"),
        ("PUT", "/api/workbooks/x", "content-type: text/org\r\nif-match: x\r\n", "* x", 400, "no entity tag"),
    ] {
        let answer = server.ask(method, target, headers, body);
        let error = &json(&answer)["error"];
        let message = error["message"].as_str().unwrap();
        assert!(answer.status == status && message.contains(says), "{method} {target}: {answer:?}");
        assert!(error["code"].is_string() && error["retryable"].is_boolean(), "{answer:?}");
    }
    let deep = "[".repeat(100_000);
    assert_eq!(server.ask("PUT", "/api/vars/a", "content-type: application/json\r\n", &deep).status, 400);
}

/// The description is made of the router's own table; this is that every line of it can be asked for, and by nobody unknown.
#[test]
fn every_route_of_the_description_is_there_and_closed() {
    let server = Client::start();
    let document = server.value("/openapi.json");
    let mut routes = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let target =
                path.replace("{id}", "nothing").replace("{host}", "nothing.example").replace("{name}", "nothing");
            let open = operation["security"].as_array().unwrap().is_empty();
            let unknown = server.stranger(&method.to_uppercase(), &target);
            assert_eq!(unknown.status == 401, !open, "{method} {path}: {unknown:?}");
            if !open {
                assert_eq!(unknown.header("www-authenticate"), Some("Bearer"));
            }
            let answer = server.ask(&method.to_uppercase(), &target, "", "");
            assert!(
                answer.status != 405 && !answer.body.contains("lists what there is"),
                "{method} {path}: {answer:?}"
            );
            let told = operation["responses"].as_object().unwrap();
            assert!(told.contains_key(&answer.status.to_string()), "{method} {path}: {answer:?} is not described");
            routes += 1;
        }
    }
    assert!(routes > 30, "{routes}");
}

#[test]
fn the_server_says_where_it_is_while_it_is_there() {
    let mut server = Client::start();
    let notice = server.notice();
    let text: Value = serde_json::from_slice(&std::fs::read(&notice).unwrap()).unwrap();
    assert_eq!(text["port"], json!(server.port()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&notice).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let first = text["token"].clone();
    assert_eq!(server.stop(), Some(0));
    assert!(!notice.exists());
    server.restart();
    let text: Value = serde_json::from_slice(&std::fs::read(&notice).unwrap()).unwrap();
    assert_ne!(first, text["token"], "a token is of one start");
    assert_eq!(server.get("/api/workbooks").status, 200);
}

#[test]
fn figures_are_for_who_may_see_them() {
    let server = Client::start();
    server.get("/health");
    let text = server.get("/metrics").body;
    assert!(text.contains("wb_http_requests_total{plane=\"control\",method=\"GET\",status=\"200\"}"), "{text}");
    assert!(text.contains("wb_http_answer_seconds_bucket{plane=\"control\",le=\"+Inf\"}"), "{text}");
}
