//! Tokens of issuers that we did not write: a certified provider of OpenID Connect, and a Better Auth server.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::client::Client;
use crate::common::Place;

/// A server of node's; it ends with the value.
struct Issuer {
    child: Child,
    said: Value,
    _place: Place,
}

impl Drop for Issuer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Starts a script beside the packages; `None` where there are none.
fn start(script: &str) -> Option<Issuer> {
    let Some(modules) = std::env::var_os("WB_ISSUERS").map(|prefix| PathBuf::from(prefix).join("node_modules")) else {
        println!("not run with real issuers: WB_ISSUERS does not name a folder with them; `.ci/run` makes one");
        return None;
    };
    let place = Place::new();
    place.folder.write("issuer.mjs", script);
    #[cfg(unix)]
    std::os::unix::fs::symlink(modules, place.folder.path().join("node_modules")).unwrap();
    let mut command = Command::new("node");
    command.arg("issuer.mjs").current_dir(place.folder.path()).stdin(Stdio::null());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let said = lines.map_while(Result::ok).find_map(|line| serde_json::from_str(&line).ok());
    Some(Issuer { child, said: said.expect("the issuer says where it is"), _place: place })
}

impl Issuer {
    fn text(&self, pointer: &str) -> &str {
        self.said.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no `{pointer}`: {}", self.said))
    }
}

#[test]
fn tokens_of_a_certified_provider() {
    let Some(issuer) = start(include_str!("issuers/oidc.mjs")) else { return };
    let audience = format!("{0}, {0}/rsa", issuer.text("/audience"));
    let base = [("WB_AUTH", "oidc"), ("WB_AUTH_ISSUER", issuer.text("/issuer")), ("WB_AUTH_SCOPES", "*")];
    let server = Client::set(&[&base[..], &[("WB_AUTH_AUDIENCE", &audience)]].concat());
    let (read, write) = (issuer.text("/tokens/read"), issuer.text("/tokens/write"));
    for token in [read, write] {
        assert_eq!(server.bearing(token, "GET", "/api/workbooks", "").status, 200);
    }
    // One with an elliptic signature and the scope `wb:read`, one with RSA and `wb:write`.
    assert_eq!(server.bearing(read, "PUT", "/api/workbooks/x", "* x").status, 403);
    assert_eq!(server.bearing(write, "PUT", "/api/workbooks/x", "* x").status, 201);
    let mixed = format!("{}.{}", read.rsplit_once('.').unwrap().0, write.rsplit_once('.').unwrap().1);
    assert_eq!(server.bearing(&mixed, "GET", "/api/workbooks", "").status, 401);
    let other = Client::set(&[&base[..], &[("WB_AUTH_AUDIENCE", "https://other.example")]].concat());
    assert_eq!(other.bearing(read, "GET", "/api/workbooks", "").status, 401);
    assert_eq!(other.value("/api/refusals?limit=1")["items"][0]["rule"], "jwt-aud");
}

#[test]
fn tokens_of_a_better_auth_server() {
    let Some(issuer) = start(include_str!("issuers/better-auth.mjs")) else { return };
    let server =
        Client::set(&[("WB_AUTH", "betterauth"), ("WB_AUTH_ISSUER", issuer.text("/issuer")), ("WB_TENANCY", "multi")]);
    let (ann, bob) = (issuer.text("/tokens/ann"), issuer.text("/tokens/bob"));
    assert_eq!(server.bearing(ann, "PUT", "/api/workbooks/diary", "* x").status, 201);
    assert_eq!(server.bearing(ann, "GET", "/api/workbooks/diary/org", "").body, "* x");
    assert_eq!(server.bearing(bob, "GET", "/api/workbooks/diary/org", "").status, 404);
    assert_eq!(server.bearing(&ann[..ann.len() - 4], "GET", "/api/workbooks", "").status, 401);
    let about = server.value("/.well-known/workbooks-runtime")["auth"].clone();
    let jwks = format!("{}/api/auth/jwks", issuer.text("/issuer"));
    assert_eq!(about, json!({ "rung": "betterauth", "issuer": issuer.text("/issuer"), "jwks_url": jwks }));
}
