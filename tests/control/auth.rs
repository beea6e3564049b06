//! Who is let in, by which rung, and to what; and who is not.

use serde_json::{Value, json};
use wb::store::{Options, Store, Tenant, published};

use crate::client::{Client, json};
use crate::common::Place;
use crate::double;

const BEARER: &str = "a-token-of-the-operator";

fn code(answer: &crate::server::Answer) -> String {
    json(answer)["error"]["code"].as_str().unwrap_or_default().to_owned()
}

/// Rules of the latest refusals.
fn rules(server: &Client) -> Vec<String> {
    let list = server.value("/api/refusals?limit=1000");
    list["items"].as_array().unwrap().iter().map(|item| item["rule"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn each_rung_lets_in_its_own() {
    let server = Client::set(&[("WB_PUBLIC_BEARER", BEARER)]);
    for open in ["/health", "/ready", "/openapi.json", "/.well-known/workbooks-runtime"] {
        assert_eq!(server.bare("GET", open, "", "").status, 200, "{open}");
    }
    assert_eq!(server.get("/api/workbooks").status, 200);
    assert_eq!(server.bearing(BEARER, "GET", "/api/keys", "").status, 200);
    let made = server.json("POST", "/api/keys", &json!({ "name": "reader", "scopes": ["read"] }));
    let key = json(&made)["key"].as_str().unwrap().to_owned();
    assert_eq!(server.bearing(&key, "GET", "/api/workbooks", "").status, 200);
    // The scheme has no case (RFC 9110, section 11.1).
    assert_eq!(server.bare("GET", "/api/workbooks", &format!("authorization: bearer {BEARER}\r\n"), "").status, 200);
    let about = server.value("/.well-known/workbooks-runtime");
    assert_eq!((&about["auth"]["rung"], &about["tenancy"]), (&json!("keys"), &json!("single")), "{about}");
}

#[test]
fn nothing_else_does() {
    let server = Client::set(&[("WB_PUBLIC_BEARER", BEARER)]);
    let made = server.json("POST", "/api/keys", &json!({ "name": "k", "scopes": ["read"] }));
    let key = json(&made)["key"].as_str().unwrap().to_owned();
    let bearer = |token: &str| format!("authorization: Bearer {token}\r\n");
    for (headers, rule) in [
        (String::new(), "no-credential"),
        (format!("cookie: token={BEARER}\r\nx-api-key: {BEARER}\r\n"), "no-credential"),
        (bearer(&BEARER[1..]), "credential"),
        (bearer(&format!("{BEARER}x")), "credential"),
        (bearer(&BEARER.to_uppercase()), "credential"),
        (bearer(&key[..key.len() - 1]), "key"),
        (bearer(&format!("{key}A")), "key"),
        (bearer("wbk_"), "key"),
        (bearer("wbk_' OR 1=1 --_x"), "key"),
        (bearer("eyJhbGciOiJub25lIn0.e30."), "credential"),
        ("authorization: Bearer\r\n".to_owned(), "scheme"),
        (format!("authorization: {BEARER}\r\n"), "scheme"),
        (format!("authorization: Basic {BEARER}\r\n"), "scheme"),
        (format!("{}{}", bearer(BEARER), bearer(BEARER)), "two-credentials"),
        (format!("{}{}", bearer("x"), bearer(BEARER)), "two-credentials"),
        (bearer(&"x".repeat(17 << 10)), "size"),
    ] {
        let answer = server.bare("GET", "/api/workbooks", &headers, "");
        assert!(answer.status == 401 && code(&answer) == "unauthorized", "{headers}: {answer:?}");
        assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"), "{answer:?}");
        assert!(!answer.body.contains(BEARER), "{answer:?}");
        assert_eq!(rules(&server)[0], rule, "{headers}");
    }
    let query = format!("/api/workbooks?access_token={BEARER}");
    assert_eq!(server.bare("GET", &query, "", "").status, 401);
    for path in ["/health/../api/workbooks", "/api/workbooks/", "//api/workbooks", "/api/workbooks;/health", "/nothing"]
    {
        assert_eq!(server.bare("GET", path, "", "").status, 401, "{path}");
    }
    let log = server.get("/api/refusals?limit=1000").body;
    assert!(!log.contains(BEARER) && !log.contains(&key[30..]), "{log}");
}

#[test]
fn a_key_is_good_for_its_scopes_until_it_ends() {
    let server = Client::start();
    let make = |scopes: &[&str], expires: Value| {
        let mut asked = json!({ "name": "k", "scopes": scopes });
        if !expires.is_null() {
            asked["expires"] = expires;
        }
        let made = json(&server.json("POST", "/api/keys", &asked));
        (made["id"].as_str().unwrap().to_owned(), made["key"].as_str().unwrap().to_owned())
    };
    let (id, reader) = make(&["read"], Value::Null);
    server.org("PUT", "/api/workbooks/mine", "", "* x");
    assert_eq!(server.bearing(&reader, "GET", "/api/workbooks/mine", "").status, 200);
    for (method, target) in [
        ("DELETE", "/api/workbooks/mine"),
        ("GET", "/api/vars"),
        ("GET", "/api/keys"),
        ("POST", "/api/workbooks/mine/run"),
    ] {
        let refused = server.bearing(&reader, method, target, "");
        assert_eq!((refused.status, code(&refused).as_str()), (403, "forbidden"), "{method} {target}");
        let entry = server.value("/api/refusals?limit=1")["items"][0].clone();
        assert_eq!(
            (&entry["rule"], &entry["path"], &entry["method"]),
            (&json!("scope"), &json!(target), &json!(method))
        );
    }
    assert_eq!(server.ask("DELETE", &format!("/api/keys/{id}"), "", "").status, 204);
    assert_eq!(server.bearing(&reader, "GET", "/api/workbooks/mine", "").status, 401);
    let entry = server.value("/api/refusals?limit=1")["items"][0].clone();
    assert_eq!((&entry["rule"], &entry["detail"]), (&json!("key"), &json!(id)), "which key it was");
    let (_, over) = make(&["*"], json!(1));
    assert_eq!(server.bearing(&over, "GET", "/api/workbooks/mine", "").status, 401);
}

#[test]
fn trust_is_for_this_machine_alone() {
    let server = Client::set(&[("WB_AUTH", "trusted")]);
    let ask = |headers: &str| server.bare("GET", "/api/workbooks", headers, "");
    assert_eq!(ask("").status, 200);
    for headers in [
        "x-forwarded-for: 192.0.2.1\r\n",
        "forwarded: for=192.0.2.1\r\n",
        "via: 1.1 proxy\r\n",
        "x-real-ip: 192.0.2.1\r\n",
        "authorization: Bearer wrong\r\n",
    ] {
        assert_eq!(ask(headers).status, 401, "{headers}");
    }
    // Pages of other sites, and names of others that point here.
    let post =
        |headers: &str| server.bare("PUT", "/api/workbooks/x", &format!("content-type: text/org\r\n{headers}"), "* x");
    for headers in ["origin: https://evil.example\r\n", "sec-fetch-site: cross-site\r\n", "origin: null\r\n"] {
        assert_eq!(post(headers).status, 403, "{headers}");
    }
    let other =
        format!("GET /api/workbooks HTTP/1.1\r\nhost: evil.example:{}\r\nconnection: close\r\n\r\n", server.port());
    assert_eq!(server.raw(other.as_bytes()).status, 403);
    assert_eq!(post("").status, 201);
    assert_eq!(server.value("/.well-known/workbooks-runtime")["auth"]["rung"], "trusted");
}

#[test]
fn a_server_that_would_be_open_to_all_does_not_start() {
    let serve = ["serve", "--data", "data", "--port", "0"];
    for (variables, arguments, says) in [
        (&[("WB_AUTH", "trusted")][..], &["--listen", "0.0.0.0"][..], "whoever can connect"),
        (&[("WB_AUTH", "open")], &[], "`WB_AUTH` is `open`"),
        (&[("WB_AUTH", "oidc"), ("WB_AUTH_ISSUER", "https://id.example")], &[], "`WB_AUTH_AUDIENCE`"),
        (&[("WB_AUTH", "betterauth"), ("WB_AUTH_ISSUER", "https://id.example")], &[], "`WB_AUTH_SCOPES`"),
        (&[("WB_PUBLIC_BEARER", "hunter2")], &[], "`WB_PUBLIC_BEARER`"),
    ] {
        let set = |place: Place, (name, value): &(&'static str, &str)| place.with_variable(name, value);
        let place = variables.iter().fold(Place::with(""), set);
        let ran = place.wb(&[&serve, arguments].concat());
        assert!(ran.exit == 2 && ran.stderr.contains(says) && !ran.stderr.contains("hunter2"), "{}", ran.stderr);
        assert!(!place.folder.path().join("data/runtime.json").exists());
    }
}

#[test]
fn who_asks_too_often_waits() {
    let server = Client::set(&[("WB_RATE", "5")]);
    let made = server.json("POST", "/api/keys", &json!({ "name": "k", "scopes": ["*"] }));
    let key = json(&made)["key"].as_str().unwrap().to_owned();
    let many: Vec<_> = (0..40).map(|_| server.bearing(&key, "GET", "/api/keys", "")).collect();
    let refused = many.iter().find(|answer| answer.status == 429).expect("one of forty is refused");
    assert_eq!((code(refused).as_str(), refused.header("retry-after")), ("rate_limited", Some("1")));
    assert_eq!(json(refused)["error"]["retryable"], true);
    assert_eq!(many[0].status, 200);
    assert!(rules(&server).contains(&"rate-caller".to_owned()));
}

#[test]
fn who_guesses_is_stopped_and_nobody_else() {
    let server = Client::start();
    let make = || {
        let made = server.json("POST", "/api/keys", &json!({ "name": "k", "scopes": ["read"] }));
        json(&made)["key"].as_str().unwrap().to_owned()
    };
    let (known, fresh) = (make(), make());
    assert_eq!(server.bearing(&known, "GET", "/api/workbooks", "").status, 200);
    // More than come back while they are asked.
    let stopped = (0..3000).map(|n| server.bearing(&format!("wbk_{n:024}_x"), "GET", "/api/workbooks", "").status);
    let mut stopped = stopped.skip_while(|status| *status == 401);
    assert_eq!(stopped.next(), Some(429));
    // Its neighbours were here before; a new one has to wait, or may be let in if a moment has gone by.
    assert_eq!(server.bearing(&known, "GET", "/api/workbooks", "").status, 200);
    assert_eq!(server.get("/api/workbooks").status, 200);
    let new = server.bearing(&fresh, "GET", "/api/workbooks", "").status;
    assert!(matches!(new, 200 | 429), "{new}");
    let count = rules(&server).iter().filter(|rule| *rule == "rate-failures").count();
    assert_eq!(count, 1, "a flood is one line of the log");
}

/// A store with keys of two tenants and things of the second.
fn two_tenants(place: &Place) -> (String, String) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(&Options::folder(&place.folder.path().join("data"))).await.unwrap();
        let key =
            async |name: &str| store.of(&Tenant::new(name).unwrap()).keys().create(name, &["*"], None).await.unwrap().1;
        let page = published::File {
            path: "/".to_owned(),
            media: "text/html".to_owned(),
            coding: String::new(),
            styles: String::new(),
            bytes: "<p>hidden-page</p>".into(),
        };
        store.of(&Tenant::new("beta").unwrap()).published().publish("hidden", &[page], "hidden-note").await.unwrap();
        (key("alpha").await, key("beta").await)
    })
}

#[test]
fn a_tenant_cannot_see_that_another_has_anything() {
    let place = Place::with("").with_variable("WB_TENANCY", "multi");
    let (alpha, beta) = two_tenants(&place);
    let server = Client::at(place, &[]);
    let (a, b) = (
        |method: &str, target: &str, headers: &str, body: &str| {
            server.bare(method, target, &format!("authorization: Bearer {alpha}\r\n{headers}"), body)
        },
        |method: &str, target: &str, headers: &str, body: &str| {
            server.bare(method, target, &format!("authorization: Bearer {beta}\r\n{headers}"), body)
        },
    );
    let (org, js) = ("content-type: text/org\r\n", "content-type: application/json\r\n");
    // What is the second's, of every kind.
    assert_eq!(b("PUT", "/api/workbooks/hidden", org, &double()).status, 201);
    assert_eq!(b("PUT", "/api/vars/hidden", js, "{\"value\":\"hidden-value\"}").status, 200);
    let domain = b("POST", "/api/domains", js, "{\"host\":\"hidden.example\",\"site\":\"hidden\"}");
    assert_eq!(domain.status, 201, "{domain:?}");
    let ran = b("POST", "/api/workbooks/hidden/run", js, "{\"inputs\":{\"n\":4}}");
    assert_eq!(ran.status, 200, "{ran:?}");
    let run = json(&ran)["id"].as_str().unwrap().to_owned();
    let made = json(&b("POST", "/api/keys", js, "{\"name\":\"hidden-key\",\"scopes\":[\"read\"]}"));
    let (key, secret) = (made["id"].as_str().unwrap().to_owned(), made["key"].as_str().unwrap().to_owned());
    let before = everything(&b);
    // Every route, with every name of the second's and with one that nobody has: the answers do not differ.
    let document = server.value("/openapi.json");
    let mut routes = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            if operation["security"].as_array().unwrap().is_empty() {
                continue;
            }
            for mine in ["hidden", run.as_str(), key.as_str()] {
                // Writing is done under a name that the first may use as well.
                if !path.contains('{') || method == "put" || (method == "post" && path == "/api/workbooks/{id}") {
                    continue;
                }
                // Of the same shape.
                let other = if mine == "hidden" { "nobodys".to_owned() } else { shuffled(mine) };
                let target =
                    |id: &str, host: &str| path.replace("{id}", id).replace("{name}", id).replace("{host}", host);
                let body = if method == "get" { "" } else { "{\"revision\":1}" };
                let theirs = a(&method.to_uppercase(), &target(mine, "hidden.example"), js, body);
                let nobodys = a(&method.to_uppercase(), &target(&other, "nobodys.example"), js, body);
                assert_eq!(theirs.status, nobodys.status, "{method} {path}: {theirs:?}");
                let plain =
                    |text: &str, id: &str| text.replace("hidden.example", "nobodys.example").replace(id, &other);
                assert_eq!(plain(&theirs.body, mine), nobodys.body, "{method} {path}");
                routes += 1;
            }
            if method == "get" && !path.contains('{') {
                let list = a("GET", path, "", "");
                assert!(list.status == 200 && !list.body.contains("hidden"), "{path}: {list:?}");
                routes += 1;
            }
        }
    }
    assert!(routes > 50, "{routes}");
    // The same names are the first's to use; a host is whose it is found to be.
    assert_eq!(a("PUT", "/api/workbooks/hidden", org, "* mine").status, 201);
    assert_eq!(a("PUT", "/api/vars/hidden", js, "{\"value\":\"mine\"}").status, 200);
    assert_eq!(a("DELETE", "/api/workbooks/hidden", "", "").status, 204);
    let asked = a("POST", "/api/domains", js, "{\"host\":\"hidden.example\",\"site\":\"hidden\"}");
    assert!(asked.status == 201 && json(&asked)["verified"].is_null(), "{asked:?}");
    assert!(a("POST", "/api/domains/hidden.example/verify", "", "").status >= 400);
    assert_eq!(everything(&b), before);
    assert_eq!(server.bearing(&secret, "GET", "/api/workbooks/hidden", "").status, 200, "its key still works");
    // What the server does for all is the operator's to see.
    assert_eq!(a("GET", "/metrics", "", "").body, "");
    assert!(server.get("/metrics").body.contains("wb_http"));
    assert_eq!(server.value("/.well-known/workbooks-runtime")["tenancy"], "multi");
}

/// Another id that begins with the same character.
fn shuffled(id: &str) -> String {
    id.chars().take(1).chain(id.chars().skip(1).collect::<Vec<_>>().into_iter().rev()).collect()
}

/// What a tenant sees of its own.
fn everything(ask: &dyn Fn(&str, &str, &str, &str) -> crate::server::Answer) -> Vec<String> {
    let seen = ["/api/workbooks/hidden/org", "/api/vars", "/api/sites", "/api/domains", "/api/runs", "/api/keys"];
    seen.iter().map(|path| ask("GET", path, "", "").body).collect()
}

#[test]
fn keys_of_other_tenants_are_none_where_there_is_one() {
    let place = Place::with("");
    let (alpha, _) = two_tenants(&place);
    let server = Client::at(place, &[]);
    assert_eq!(server.bearing(&alpha, "GET", "/api/workbooks", "").status, 401);
    assert_eq!(rules(&server)[0], "key-tenancy");
}
