//! Tokens of an issuer: those that are good, each way in which they are not, and an issuer that changes, fails or is asked by many.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{Client, json};
use crate::issuer::{Mood, Signer, TestIssuer, now, text};
use crate::server::Answer;

fn server(issuer: &TestIssuer, more: &[(&'static str, &str)]) -> Client {
    let url = issuer.url();
    let base = [
        ("WB_AUTH", "oidc"),
        ("WB_AUTH_ISSUER", url.as_str()),
        ("WB_AUTH_AUDIENCE", "wb, other"),
        ("WB_AUTH_SCOPES", "*"),
    ];
    Client::set(&[&base, more].concat())
}

fn ask(server: &Client, token: &str) -> Answer {
    server.bearing(token, "GET", "/api/workbooks", "")
}

fn with(mut value: Value, name: &str, member: Value) -> Value {
    value[name] = member;
    value
}

fn without(mut value: Value, name: &str) -> Value {
    value.as_object_mut().unwrap().remove(name);
    value
}

/// The rule that refused last.
fn rule(server: &Client) -> String {
    server.value("/api/refusals?limit=1")["items"][0]["rule"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn every_kind_of_signature_is_understood() {
    for algorithm in ["EdDSA", "ES256", "ES384", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] {
        let signer = Signer::new("a", algorithm);
        let issuer = TestIssuer::start(&[&signer]);
        let server = server(&issuer, &[]);
        let token = signer.token(&issuer.claims());
        assert_eq!(ask(&server, &token).status, 200, "{algorithm}");
        // One bit of the signature.
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let mut bytes = signer.sign(signed.as_bytes());
        bytes[7] ^= 1;
        assert_eq!(ask(&server, &format!("{signed}.{}", text(&bytes))).status, 401, "{algorithm}: {signature}");
        assert_eq!(rule(&server), "jwt-signature", "{algorithm}");
    }
}

#[test]
fn what_is_usual_is_let_in() {
    let signer = Signer::new("a", "EdDSA");
    let issuer = TestIssuer::start(&[&signer]);
    let server = server(&issuer, &[]);
    let good = issuer.claims();
    for claims in [
        with(good.clone(), "aud", json!(["x", "other"])),
        with(good.clone(), "exp", json!(now() - 30)),
        with(good.clone(), "nbf", json!(now() + 30)),
        with(good.clone(), "exp", json!(1e10 + 0.5)),
        with(good.clone(), "azp", json!("anybody")),
        without(good.clone(), "iat"),
    ] {
        assert_eq!(ask(&server, &signer.token(&claims)).status, 200, "{claims}");
    }
    for header in [
        without(signer.header(), "kid"),
        without(signer.header(), "typ"),
        with(signer.header(), "typ", json!("at+JWT")),
        // Named keys and addresses of keys mean nothing, and do no harm.
        with(signer.header(), "jku", json!("https://evil.example/jwks")),
    ] {
        assert_eq!(ask(&server, &signer.token_of(&header.to_string(), &good.to_string())).status, 200, "{header}");
    }
    let about = server.value("/.well-known/workbooks-runtime");
    assert_eq!((&about["auth"]["rung"], &about["auth"]["issuer"]), (&json!("oidc"), &json!(issuer.url())));
}

#[test]
fn claims_that_do_not_fit_are_refused_by_name() {
    let signer = Signer::new("a", "EdDSA");
    let issuer = TestIssuer::start(&[&signer]);
    let server = server(&issuer, &[("WB_AUTH_AZP", "https://app.example")]);
    let good = with(issuer.claims(), "azp", json!("https://app.example"));
    assert_eq!(ask(&server, &signer.token(&good)).status, 200);
    for (name, value, expected) in [
        ("iss", json!("https://evil.example"), "jwt-iss"),
        ("iss", json!(format!("{}/", issuer.url())), "jwt-iss"),
        ("iss", json!([issuer.url()]), "jwt-iss"),
        ("iss", Value::Null, "jwt-iss"),
        ("aud", json!("elsewhere"), "jwt-aud"),
        ("aud", json!("wb "), "jwt-aud"),
        ("aud", json!([]), "jwt-aud"),
        ("aud", json!({ "wb": 1 }), "jwt-aud"),
        ("exp", json!(now() - 61), "jwt-exp"),
        ("exp", json!("9999999999"), "jwt-time"),
        ("exp", json!(-1), "jwt-time"),
        ("exp", Value::Null, "jwt-time"),
        ("nbf", json!(now() + 120), "jwt-nbf"),
        ("nbf", json!("0"), "jwt-time"),
        ("iat", json!(now() + 120), "jwt-iat"),
        ("azp", json!("https://evil.example"), "jwt-azp"),
        ("azp", json!(["https://app.example"]), "jwt-azp"),
        ("sub", json!(""), "jwt-sub"),
        ("sub", json!(7), "jwt-sub"),
        ("sub", json!("a\nb"), "jwt-sub"),
        ("sub", json!("a".repeat(256)), "jwt-sub"),
        ("cnf", json!({ "jkt": "x" }), "jwt-cnf"),
        ("sts", json!("pending"), "jwt-pending"),
        ("org_id", json!({ "$ne": "" }), "jwt-organisation"),
        ("org_id", json!(""), "jwt-organisation"),
    ] {
        let answer = ask(&server, &signer.token(&with(good.clone(), name, value.clone())));
        assert_eq!((answer.status, rule(&server).as_str()), (401, expected), "{name}: {value}");
    }
    for (name, expected) in
        [("iss", "jwt-iss"), ("aud", "jwt-aud"), ("exp", "jwt-exp"), ("azp", "jwt-azp"), ("sub", "jwt-sub")]
    {
        assert_eq!(ask(&server, &signer.token(&without(good.clone(), name))).status, 401, "{name}");
        assert_eq!(rule(&server), expected);
    }
}

/// The published attacks on JWS and JWT (RFC 8725; RFC 7515, section 10), each with a token that would be good without it.
#[test]
fn attacks_on_tokens_are_refused_by_name() {
    let (ed, es, rsa) = (Signer::new("ed", "EdDSA"), Signer::new("es", "ES256"), Signer::new("rsa", "RS256"));
    let evil = Signer::new("ed", "EdDSA");
    let weak: Value = serde_json::from_str(include_str!("keys/rsa-1024.json")).unwrap();
    let issuer = TestIssuer::start(&[&ed, &es, &rsa]);
    let small = json!({ "kty": "RSA", "kid": "weak", "n": weak["n"], "e": "AQAB" });
    let shared = json!({ "kty": "oct", "kid": "shared", "k": text("secret") });
    issuer.publish(vec![ed.public(), es.public(), rsa.public(), small, shared]);
    let elsewhere = TestIssuer::start(&[&evil]);
    let server = server(&issuer, &[]);
    let claims = issuer.claims().to_string();
    let good = ed.token(&issuer.claims());
    assert_eq!(ask(&server, &good).status, 200);
    let parts: Vec<&str> = good.split('.').collect();
    let head = |header: Value| header.to_string();
    let as_ed = |name: &str, value: Value| ed.token_of(&head(with(ed.header(), name, value)), &claims);
    let as_evil = |name: &str, value: Value| evil.token_of(&head(with(evil.header(), name, value)), &claims);
    let signed =
        |header: Value, signature: &[u8]| format!("{}.{}.{}", text(head(header)), text(&claims), text(signature));
    let hmac = |secret: &str| {
        let header = json!({ "alg": "HS256", "kid": "rsa" });
        let message = format!("{}.{}", text(head(header)), text(&claims));
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
        format!("{message}.{}", text(ring::hmac::sign(&key, message.as_bytes())))
    };
    let n = rsa.public()["n"].as_str().unwrap().to_owned();
    let cases: Vec<(&str, String, &str)> = vec![
        ("no signature", signed(json!({ "alg": "none" }), b""), "jwt-alg"),
        ("no signature, some bytes", signed(json!({ "alg": "none" }), b"x"), "jwt-alg"),
        ("no signature, in another case", signed(json!({ "alg": "nOnE" }), b""), "jwt-alg"),
        ("no algorithm", signed(json!({ "kid": "ed" }), b"x"), "jwt-alg"),
        ("an algorithm that is no text", as_ed("alg", json!(["EdDSA"])), "jwt-alg"),
        ("the public key as a shared secret", hmac(&n), "jwt-alg"),
        ("the public key's text as a shared secret", hmac(&rsa.public().to_string()), "jwt-alg"),
        ("a shared key of the issuer", hmac("secret"), "jwt-alg"),
        ("signature cut off", format!("{}.{}.", parts[0], parts[1]), "jwt-form"),
        ("signature of another key", evil.token(&issuer.claims()), "jwt-signature"),
        (
            "claims changed",
            format!("{}.{}.{}", parts[0], text(claims.replace("ann", "bob")), parts[2]),
            "jwt-signature",
        ),
        (
            "header changed",
            format!("{}.{}.{}", text(head(json!({ "alg": "EdDSA", "kid": "ed" }))), parts[1], parts[2]),
            "jwt-signature",
        ),
        ("zeros for an elliptic curve", signed(json!({ "alg": "ES256", "kid": "es" }), &[0; 64]), "jwt-signature"),
        ("an elliptic signature as DER", signed(json!({ "alg": "ES256", "kid": "es" }), &[0x30; 70]), "jwt-signature"),
        ("a key of another kind", as_ed("kid", json!("rsa")), "jwt-key"),
        (
            "another algorithm of the key's kind",
            rsa.token_of(&head(json!({ "alg": "PS256", "kid": "rsa" })), &claims),
            "jwt-key",
        ),
        ("a key inside", as_evil("jwk", evil.public()), "jwt-signature"),
        (
            "a key inside, without a name",
            evil.token_of(&head(json!({ "alg": "EdDSA", "jwk": evil.public() })), &claims),
            "jwt-signature",
        ),
        ("an address of keys", as_evil("jku", json!(format!("{}/jwks", elsewhere.url()))), "jwt-signature"),
        ("an address of certificates", as_evil("x5u", json!(format!("{}/x5u", elsewhere.url()))), "jwt-signature"),
        ("certificates inside", as_evil("x5c", json!(["MIIB"])), "jwt-signature"),
        ("a file for a key", as_ed("kid", json!("../../../../dev/null")), "jwt-kid"),
        ("a query for a key", as_ed("kid", json!("x' UNION SELECT 'secret")), "jwt-kid"),
        ("a command for a key", as_ed("kid", json!("|/usr/bin/id")), "jwt-kid"),
        ("an object for a key", as_ed("kid", json!({ "ed": 1 })), "jwt-kid"),
        ("an empty name", as_ed("kid", json!("")), "jwt-kid"),
        ("a long name", as_ed("kid", json!("k".repeat(300))), "jwt-kid"),
        ("a weak key of the issuer", weak["token"].as_str().unwrap().to_owned(), "jwt-kid"),
        ("something critical", as_ed("crit", json!(["exp"])), "jwt-crit"),
        ("nothing critical", as_ed("crit", json!([])), "jwt-crit"),
        ("claims that are not encoded", as_ed("b64", json!(false)), "jwt-crit"),
        ("compressed claims", as_ed("zip", json!("DEF")), "jwt-crit"),
        ("encrypted claims", as_ed("enc", json!("A256GCM")), "jwt-crit"),
        ("a logout token", as_ed("typ", json!("logout+jwt")), "jwt-typ"),
        ("a proof of possession", as_ed("typ", json!("dpop+jwt")), "jwt-typ"),
        ("a type that is no text", as_ed("typ", json!(1)), "jwt-typ"),
        (
            "a member twice in the header",
            ed.token_of("{\"alg\":\"none\",\"alg\":\"EdDSA\",\"kid\":\"ed\"}", &claims),
            "jwt-form",
        ),
        (
            "a member twice in the claims",
            ed.token_of(&head(ed.header()), &claims.replace("\"sub\"", "\"sub\":\"root\",\"sub\"")),
            "jwt-form",
        ),
        ("something after the header", ed.token_of(&format!("{} {{}}", ed.header()), &claims), "jwt-form"),
        ("claims that are a list", ed.token_of(&head(ed.header()), "[]"), "jwt-form"),
        ("claims that are no JSON", ed.token_of(&head(ed.header()), "\u{feff}{}"), "jwt-form"),
        ("a header that is a list", ed.token_of("[\"EdDSA\"]", &claims), "jwt-form"),
        ("five parts", format!("{good}.x.y"), "jwt-form"),
        ("four parts", format!("{good}."), "jwt-form"),
        ("two parts", format!("{}.{}", parts[0], parts[1]), "jwt-form"),
        ("padding", format!("{good}=="), "jwt-form"),
        ("an empty header", format!(".{}.{}", parts[1], parts[2]), "jwt-form"),
        ("dots", "..".to_owned(), "jwt-form"),
        ("too long", ed.token(&with(issuer.claims(), "x", json!("x".repeat(8 << 10)))), "jwt-form"),
        ("too deep", ed.token_of(&head(ed.header()), &"{\"a\":".repeat(1000)), "jwt-form"),
    ];
    for (what, token, expected) in cases {
        let answer = ask(&server, &token);
        assert_eq!((answer.status, rule(&server).as_str()), (401, expected), "{what}: {answer:?}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_token\""), "{what}");
        assert_eq!(json(&answer)["error"]["code"], "unauthorized", "{what}");
    }
    assert_eq!(elsewhere.asked(), 0, "an address in a token was asked");
    assert_eq!(ask(&server, &good).status, 200);
}

#[test]
fn scopes_of_a_token_are_its_bounds() {
    let signer = Signer::new("a", "ES256");
    let issuer = TestIssuer::start(&[&signer]);
    let server = server(&issuer, &[("WB_AUTH_SCOPES", "read")]);
    let put = |claims: &Value| server.bearing(&signer.token(claims), "PUT", "/api/vars/a", "{\"value\":\"x\"}").status;
    let claims = issuer.claims();
    assert_eq!((ask(&server, &signer.token(&claims)).status, put(&claims)), (200, 403));
    assert_eq!(put(&with(claims.clone(), "scope", json!("openid secrets *"))), 403, "scopes of others are none here");
    assert_eq!(put(&with(claims.clone(), "scope", json!("openid wb:secrets"))), 200);
    assert_eq!(put(&with(claims.clone(), "scp", json!(["wb:read"]))), 403);
}

#[test]
fn organisations_and_users_are_tenants() {
    let signer = Signer::new("a", "ES256");
    let issuer = TestIssuer::start(&[&signer]);
    let server = server(&issuer, &[("WB_TENANCY", "multi")]);
    let of = |sub: &str, org: Option<&str>| {
        let claims = with(issuer.claims(), "sub", json!(sub));
        signer.token(&org.map_or(claims.clone(), |org| with(claims, "org_id", json!(org))))
    };
    let put = server.bearing(&of("ann", Some("acme")), "PUT", "/api/workbooks/plan", "* x");
    assert_eq!(put.status, 201, "{put:?}");
    let sees = |token: &str| server.bearing(token, "GET", "/api/workbooks/plan", "").status;
    assert_eq!(sees(&of("bob", Some("acme"))), 200);
    for (sub, org) in [("ann", None), ("ann", Some("other")), ("acme", None), ("bob", None)] {
        assert_eq!(sees(&of(sub, org)), 404, "{sub} {org:?}");
    }
    assert_eq!(server.get("/api/workbooks/plan").status, 404, "nor does the operator by accident");
}

#[test]
fn keys_are_changed_without_a_restart() {
    let (old, new) = (Signer::new("old", "ES256"), Signer::new("new", "EdDSA"));
    let issuer = TestIssuer::start(&[&old]);
    let server = server(&issuer, &[]);
    assert_eq!(ask(&server, &old.token(&issuer.claims())).status, 200);
    assert_eq!(ask(&server, &new.token(&issuer.claims())).status, 401);
    issuer.publish(vec![new.public()]);
    assert_eq!(ask(&server, &new.token(&issuer.claims())).status, 200);
    assert_eq!(ask(&server, &old.token(&issuer.claims())).status, 401, "what the issuer took back is gone");
    // Names that nobody has do not make the issuer work.
    let before = issuer.asked();
    for n in 0..40 {
        let made_up = Signer::new(&format!("made-up-{n}"), "EdDSA");
        assert_eq!(ask(&server, &made_up.token(&issuer.claims())).status, 401);
    }
    assert!(issuer.asked() - before <= 5, "{} fetches", issuer.asked() - before);
    assert_eq!(ask(&server, &new.token(&issuer.claims())).status, 200);
}

#[test]
fn an_outage_of_the_issuer_is_survived() {
    let signer = Signer::new("a", "ES256");
    let issuer = TestIssuer::start(&[&signer]);
    let token = signer.token(&issuer.claims());
    issuer.feel(Mood::Down);
    let server = server(&issuer, &[]);
    for mood in [Mood::Down, Mood::Elsewhere, Mood::Endless, Mood::Impostor] {
        issuer.feel(mood);
        std::thread::sleep(Duration::from_millis(2100));
        let answer = ask(&server, &token);
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("2")), "{answer:?}");
        assert_eq!(json(&answer)["error"]["retryable"], true);
    }
    // Others are known as before.
    assert_eq!(server.get("/api/workbooks").status, 200);
    issuer.feel(Mood::Well);
    std::thread::sleep(Duration::from_millis(2100));
    assert_eq!(ask(&server, &token).status, 200, "without a restart");
    issuer.feel(Mood::Down);
    assert_eq!(ask(&server, &token).status, 200, "its keys are still here");
}

#[test]
fn many_at_once_ask_the_issuer_once() {
    let signer = Signer::new("a", "RS256");
    let issuer = TestIssuer::start(&[&signer]);
    issuer.feel(Mood::Slow);
    let server = server(&issuer, &[]);
    let token = signer.token(&issuer.claims());
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..100).map(|_| scope.spawn(|| ask(&server, &token).status)).collect();
        asking.into_iter().map(|asking| asking.join().unwrap()).collect()
    });
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    assert_eq!(issuer.asked(), 1);
}

#[test]
fn presets_know_the_claims_of_their_issuers() {
    let signer = Signer::new("a", "EdDSA");
    let issuer = TestIssuer::start(&[&signer]);
    let url = issuer.url();
    let of = |preset: &'static str, more: &[(&'static str, &str)]| {
        let base = [("WB_AUTH", preset), ("WB_AUTH_ISSUER", url.as_str()), ("WB_TENANCY", "multi")];
        Client::set(&[&base, more].concat())
    };
    let same = |server: &Client, one: &Value, other: &Value, same: bool| {
        let put = server.bearing(&signer.token(one), "PUT", "/api/workbooks/x", "* x");
        assert_eq!(put.status, 201, "{put:?}");
        let seen = server.bearing(&signer.token(other), "GET", "/api/workbooks/x", "").status;
        assert_eq!(seen, if same { 200 } else { 404 }, "{one} {other}");
    };
    // Clerk: no `aud`, `azp` is the page's origin; organisations in the second and the first version of its claims.
    let clerk = of("clerk", &[("WB_AUTH_AZP", "https://app.example")]);
    let claims = without(with(issuer.claims(), "azp", json!("https://app.example")), "aud");
    let second =
        with(with(claims.clone(), "v", json!(2)), "o", json!({ "id": "org_1", "rol": "admin", "slg": "acme" }));
    let first = with(with(claims.clone(), "org_id", json!("org_1")), "sub", json!("bob"));
    same(&clerk, &second, &first, true);
    assert_eq!(clerk.bearing(&signer.token(&claims), "GET", "/api/workbooks/x", "").status, 404);
    // Better Auth: its own address is issuer and audience.
    let better = of("betterauth", &[]);
    let claims = with(issuer.claims(), "aud", json!(issuer.url()));
    let member = with(claims.clone(), "activeOrganizationId", json!("o1"));
    same(&better, &member, &with(member.clone(), "sub", json!("bob")), true);
    assert_eq!(better.bearing(&signer.token(&issuer.claims()), "GET", "/api/workbooks/x", "").status, 401);
    let null = with(with(claims.clone(), "activeOrganizationId", Value::Null), "sub", json!("eve"));
    assert_eq!(better.bearing(&signer.token(&null), "GET", "/api/workbooks/x", "").status, 404);
    // A claim of the operator's choice.
    let own = of("oidc", &[("WB_AUTH_AUDIENCE", "wb"), ("WB_AUTH_TENANT_CLAIM", "team")]);
    let team = with(issuer.claims(), "team", json!("t"));
    same(&own, &team, &with(team.clone(), "sub", json!("bob")), true);
    assert_eq!(own.bearing(&signer.token(&issuer.claims()), "GET", "/api/workbooks/x", "").status, 401, "no team");
}
