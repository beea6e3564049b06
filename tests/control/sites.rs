//! Publishing: from a workbook to what everybody sees under a host.

use serde_json::{Value, json};

use crate::client::{Client, json};
use crate::double;

#[test]
fn what_is_published_is_seen_under_its_host_and_nothing_else() {
    let server = Client::start();
    server.org("PUT", "/api/workbooks/sums", "", &format!("#+title: Sums\n{}", double()));
    let seen = |host: &str| server.public("GET", "/", host);
    let made = server.json("POST", "/api/publish", &json!({ "id": "sums", "note": "first" }));
    let snapshot = json(&made);
    assert_eq!((made.status, &snapshot["number"], &snapshot["active"]), (201, &json!(1), &json!(true)), "{made:?}");
    // Published, and without a host nobody finds it.
    assert_eq!(seen("sums.example.org").status, 404);
    let domain = json!({ "host": "sums.example.org", "site": "sums" });
    assert_eq!(server.json("POST", "/api/domains", &domain).status, 201);
    assert_eq!(seen("sums.example.org").status, 404, "a host that is not verified shows nothing");
    let verified = server.ask("POST", "/api/domains/sums.example.org/verify", "", "");
    assert!(verified.status == 200 && json(&verified)["verified"].is_number(), "{verified:?}");
    let page = seen("sums.example.org");
    assert!(page.status == 200 && page.body.contains("<title>Sums</title>"), "{page:?}");
    assert_eq!(seen("other.example.org").status, 404);

    // What is written is not what is seen, until it is published.
    server.org("PUT", "/api/workbooks/sums", "", "#+title: Second\n* x");
    assert!(seen("sums.example.org").body.contains("<title>Sums</title>"));
    server.json("POST", "/api/publish", &json!({ "id": "sums" }));
    assert!(seen("sums.example.org").body.contains("<title>Second</title>"));
    let back = json(&server.ask("POST", "/api/sites/sums/rollback", "", ""));
    assert_eq!(back, json!({ "id": "sums", "active": 1, "latest": 2 }));
    assert!(seen("sums.example.org").body.contains("<title>Sums</title>"));
    let ahead = json(&server.json("POST", "/api/sites/sums/rollback", &json!({ "to": 2 })));
    assert_eq!(ahead["active"], 2);
    let snapshots = server.value("/api/sites/sums/snapshots");
    assert_eq!((&snapshots["items"][0]["active"], &snapshots["items"][1]["note"]), (&json!(true), &json!("first")));

    assert_eq!(server.ask("DELETE", "/api/sites/sums", "", "").status, 204);
    assert_eq!(seen("sums.example.org").status, 404);
    assert_eq!(server.value("/api/sites")["items"][0]["active"], Value::Null);
}

#[test]
fn a_page_of_ones_own_is_published_as_it_is() {
    let server = Client::start();
    let html = "<!DOCTYPE html><title>mine</title><p>as it is</p>";
    assert_eq!(server.json("POST", "/api/publish", &json!({ "id": "mine", "html": html })).status, 201);
    server.json("POST", "/api/domains", &json!({ "host": "*.example.org", "site": "mine" }));
    server.ask("POST", "/api/domains/*.example.org/verify", "", "");
    assert_eq!(server.public("GET", "/", "a.example.org").body, html);
    let both = server.json("POST", "/api/publish", &json!({ "id": "mine", "html": html, "org": "* x" }));
    assert_eq!(both.status, 400);
    assert_eq!(server.json("POST", "/api/publish", &json!({ "id": "nothing" })).status, 404);
    assert_eq!(server.get("/api/sites/nothing/snapshots").status, 404);
}

/// A signature of the page as it is sent, of a key for which the host vouches.
#[test]
fn a_page_that_is_signed_is_verified_by_who_gets_it() {
    let server = Client::start();
    server.org("PUT", "/api/workbooks/sums", "", &format!("#+title: Sums\n{}", double()));
    server.json("POST", "/api/domains", &json!({ "host": "sums.example.org", "site": "sums" }));
    server.ask("POST", "/api/domains/sums.example.org/verify", "", "");
    assert_eq!(server.json("POST", "/api/publish", &json!({ "id": "sums", "sign": true })).status, 201);
    let page = server.public("GET", "/", "sums.example.org").body;
    let verdict = wb::sign::verify(&page).unwrap();
    assert!(verdict.is_valid(), "{page}");
    let document = server.public("GET", "/.well-known/did.json", "sums.example.org");
    assert_eq!(document.header("content-type"), Some("application/did+json"));
    let keys = wb::sign::keys_of(document.body.as_bytes(), "did:web:sums.example.org").unwrap();
    assert_eq!(keys, [verdict.issuer.unwrap()]);
    assert!(wb::sign::keys_of(document.body.as_bytes(), "did:web:other.example.org").is_err());
    // The control plane vouches for the same key, under whatever host it is asked by.
    let own = server.get("/.well-known/did.json");
    let id = json(&own)["id"].as_str().unwrap().to_owned();
    assert_eq!(wb::sign::keys_of(own.body.as_bytes(), &id).unwrap(), keys);

    // Published anew without: no signature, and no document that would vouch for one.
    server.json("POST", "/api/publish", &json!({ "id": "sums" }));
    assert!(wb::sign::verify(&server.public("GET", "/", "sums.example.org").body).is_err());
    assert_eq!(server.public("GET", "/.well-known/did.json", "sums.example.org").status, 404);
    let twice = "<body><p id='wb-c2pa-manifest'></body>";
    let refused = server.json("POST", "/api/publish", &json!({ "id": "x", "html": twice, "sign": true }));
    assert_eq!(refused.status, 422, "{refused:?}");
}

/// The public plane cannot write, whatever it is asked.
#[test]
fn the_public_plane_has_no_way_in() {
    let server = Client::start();
    for (method, target) in
        [("PUT", "/api/workbooks/x"), ("POST", "/api/publish"), ("GET", "/api/workbooks"), ("GET", "/metrics")]
    {
        let answer = server.public(method, target, "localhost");
        assert!(matches!(answer.status, 404 | 405), "{method} {target}: {answer:?}");
    }
}
