//! Runs: waited for, queued, listened to, stopped, and gone on with.

use serde_json::json;

use crate::client::{Client, json};
use crate::common::{book, node};
use crate::double;

/// Turns until somebody stops it.
fn endless() -> String {
    let quick = node("Quick", &["out: one:s32"], "export const quick = () => 1;");
    let spin =
        node("Spin", &["in: one:s32", "out: never:s32", "timeout: 60s"], "export function spin(one) { for (;;) {} }");
    book(&[quick, spin])
}

#[test]
fn a_run_is_waited_for() {
    let server = Client::start();
    server.org("PUT", "/api/workbooks/sums", "", &double());
    let ran = server.json("POST", "/api/workbooks/sums/run", &json!({ "inputs": { "n": 21 } }));
    let run = json(&ran);
    assert_eq!(
        (ran.status, &run["state"], &run["outputs"]),
        (200, &json!("done"), &json!({ "double": 42 })),
        "{ran:?}"
    );
    // It is kept like one that was queued.
    let kept = server.value(&format!("/api/runs/{}", run["id"].as_str().unwrap()));
    assert_eq!(kept, run);
    assert_eq!(server.value("/api/runs?workbook=sums")["items"][0]["id"], run["id"]);
    assert_eq!(json(&server.ask("POST", "/api/workbooks/sums/run", "", ""))["outputs"]["double"], 4);
}

#[test]
fn what_cannot_be_run_is_told_why() {
    let server = Client::start();
    let greet = node("Greet", &["in: name", "out: greeting"], "export const greet = (name) => `hello, ${name}`;");
    server.org("PUT", "/api/workbooks/greet", "", &book(&[greet]));
    server.org("PUT", "/api/workbooks/broken", "", &double().replace("n:s32=2", "n:s33=2"));
    let fails = node("Fails", &["out: x:s32"], "export function fails() {\n  throw new Error('no');\n}");
    server.org("PUT", "/api/workbooks/fails", "", &book(&[fails]));
    let run = |id: &str, inputs| server.json("POST", &format!("/api/workbooks/{id}/run"), &json!({ "inputs": inputs }));
    let missing = run("greet", json!({}));
    assert_eq!((missing.status, &json(&missing)["error"]["details"]["inputs"]), (400, &json!(["name"])));
    let unknown = run("greet", json!({ "name": "x", "nam": 1 }));
    assert_eq!(unknown.status, 400, "{unknown:?}");
    let broken = run("broken", json!({}));
    assert_eq!((broken.status, &json(&broken)["error"]["code"]), (422, &json!("invalid_workbook")));
    assert!(json(&broken)["error"]["details"][0]["span"]["line"].is_number(), "{broken:?}");
    let failed = json(&run("fails", json!({})));
    assert_eq!((&failed["state"], &failed["outputs"]), (&json!("failed"), &json!({})), "{failed}");
    assert!(failed["problem"].as_str().unwrap().contains("no"), "{failed}");
    assert_eq!(run("nothing", json!({})).status, 404);
}

/// A tenant's workbook has no folder, and rights only where the operator gave them.
#[test]
fn a_workbook_of_a_tenant_reaches_nothing_of_the_host() {
    let server = Client::start();
    let reads = node("Reads", &["out: x", "caps: fs:read:."], "export const reads = () => std.loadFile('book.org');");
    let env = node("Env", &["out: y", "caps: env:HOME"], "export const env = () => std.getenv('HOME');");
    let fine = node("Fine", &["out: z:s32"], "export const fine = () => 1;");
    server.org("PUT", "/api/workbooks/reads", "", &book(&[reads, env, fine]));
    let run = json(&server.ask("POST", "/api/workbooks/reads/run", "", ""));
    assert_eq!((&run["state"], &run["outputs"]), (&json!("failed"), &json!({ "z": 1 })), "{run}");
    assert!(run["failures"][0]["message"].as_str().unwrap().contains("which this server does not grant"), "{run}");
    let page = "* Page\n#+INCLUDE: \"/etc/passwd\"\n[[file:/etc/hostname]]\n";
    server.org("PUT", "/api/workbooks/page", "", page);
    assert!(!server.get("/api/workbooks/page/html").body.contains("root:"));
}

#[test]
fn a_queued_run_is_listened_to_and_nothing_is_missed() {
    let server = Client::start();
    server.org("PUT", "/api/workbooks/sums", "", &double());
    let queued = server.ask("POST", "/api/workbooks/sums/run", "prefer: respond-async\r\n", "");
    assert_eq!((queued.status, queued.header("preference-applied")), (202, Some("respond-async")), "{queued:?}");
    let run = queued.header("location").unwrap();
    let mut events = server.open(&format!("{run}/events"), "accept: text/event-stream\r\n");
    events.until("data: {\"state\":\"queued\"}");
    events.until("event: step");
    events.until("\"component\":\"test/double\"");
    events.until("data: {\"state\":\"done\"}");
    events.finish();
    let all = server.ask("GET", &format!("{run}/events"), "accept: application/json\r\n", "");
    let numbers: Vec<u64> =
        json(&all)["items"].as_array().unwrap().iter().map(|event| event["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    // Who comes back hears the rest, and at the end that there is none.
    let last = numbers.len();
    let rest = server.open(&format!("{run}/events"), &format!("last-event-id: {}\r\n", last - 1)).finish();
    assert!(rest.contains("\"done\"") && !rest.contains("\"queued\""), "{rest}");
    let none = server.ask("GET", &format!("{run}/events"), &format!("last-event-id: {last}\r\n"), "");
    assert_eq!(none.status, 204, "{none:?}");
    assert_eq!(server.value(run)["outputs"]["double"], 4);
}

#[test]
fn a_run_is_stopped() {
    let server = Client::start();
    server.org("PUT", "/api/workbooks/endless", "", &endless());
    let queued = server.ask("POST", "/api/workbooks/endless/run", "prefer: respond-async\r\n", "");
    let run = queued.header("location").unwrap();
    let mut events = server.open(&format!("{run}/events"), "");
    events.until("{\"component\":\"test/spin\"}");
    assert_eq!(server.ask("POST", &format!("{run}/cancel"), "", "").status, 202);
    events.until("data: {\"state\":\"cancelled\"}");
    let over = server.value(run);
    assert_eq!((&over["state"], &over["failures"].is_array()), (&json!("cancelled"), &true), "{over}");
    assert_eq!(server.ask("POST", &format!("{run}/cancel"), "", "").status, 409);
}

#[test]
fn a_run_that_was_cut_off_is_gone_on_with() {
    let mut server = Client::start();
    server.org("PUT", "/api/workbooks/endless", "", &endless());
    let queued = server.ask("POST", "/api/workbooks/endless/run", "prefer: respond-async\r\n", "");
    let run = queued.header("location").unwrap().to_owned();
    server.open(&format!("{run}/events"), "").until("{\"component\":\"test/spin\"}");
    server.kill();
    server.restart();
    assert_eq!(server.value(&run)["state"], "interrupted");
    assert_eq!(server.ask("POST", &format!("{run}/resume"), "", "").status, 202);
    let mut events = server.open(&format!("{run}/events"), "");
    events.until("data: {\"state\":\"interrupted\"}");
    // What was finished is not done again.
    events.until("\"cached\":true");
    events.until("{\"component\":\"test/spin\"}");
    // An end in order is an interruption as well.
    assert_eq!(server.stop(), Some(0));
    server.restart();
    assert_eq!(server.value(&run)["state"], "interrupted");
    assert_eq!(server.value(&run)["attempt"], 2);
}

#[test]
fn steps_of_all_runs_are_found() {
    let server = Client::start();
    let fails = node("Fails", &["out: x:s32"], "export function fails() {\n  throw new Error('no');\n}");
    server.org("PUT", "/api/workbooks/sums", "", &double());
    server.org("PUT", "/api/workbooks/fails", "", &book(&[fails]));
    let first = json(&server.ask("POST", "/api/workbooks/sums/run", "", ""));
    server.ask("POST", "/api/workbooks/fails/run", "", "");
    let all = server.value("/api/telemetry");
    let seen = |at: usize| (all["items"][at]["component"].clone(), all["items"][at]["state"].clone());
    assert_eq!((seen(0), seen(1)), ((json!("test/fails"), json!("failed")), (json!("test/double"), json!("done"))));
    assert!(all["items"][0]["error"]["message"].as_str().unwrap().contains("no"), "{all}");
    let page = server.value("/api/telemetry?limit=1");
    let rest = server.value(&format!("/api/telemetry?limit=1&before={}", page["next"].as_str().unwrap()));
    assert_eq!(rest["items"][0], all["items"][1]);
    let own = server.value(&format!("/api/telemetry?run={}", first["id"].as_str().unwrap()));
    assert_eq!((own["items"].as_array().unwrap().len(), &own["items"][0]), (1, &all["items"][1]));
    assert_eq!(server.get("/api/telemetry?before=x").status, 400);
}
