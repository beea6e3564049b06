//! The API against its own description, by a tool that makes requests out of it: whatever it sends, there is no 500, nothing comes
//! back that is not described, nothing wrong is taken, and nothing right is refused.

use std::process::{Command, Stdio};

use serde_json::json;

use crate::client::Client;
use crate::double;

/// Statuses that a request may get although the description allows it: what it names is not there, is in another state, or the workbook
/// that it is about has errors.
const SETTINGS: &str = "[checks]\npositive_data_acceptance.expected-statuses = [\"2xx\", \"304\", \"400\", \"404\", \"409\", \"412\", \"422\"]\n";

#[test]
fn the_api_is_what_its_description_says() {
    let Some(tool) = std::env::var_os("WB_SCHEMATHESIS") else {
        println!("not run: WB_SCHEMATHESIS does not name the program; `.ci/run` gets one");
        return;
    };
    // It asks without a credential as well, and more often than somebody who guesses may.
    let server = Client::set(&[("WB_RATE", "0")]);
    server.org("PUT", "/api/workbooks/sums", "", &double());
    server.ask("POST", "/api/workbooks/sums/run", "", "");
    server.json("POST", "/api/publish", &json!({ "id": "sums" }));
    server.place().folder.write("schemathesis.toml", SETTINGS);
    let ran = Command::new(tool)
        .current_dir(server.place().folder.path())
        .args(["run", &format!("http://127.0.0.1:{}/openapi.json", server.port())])
        .args(["-H", &server.authorization(), "-n", "25", "--checks", "all", "--seed", "1", "--no-color"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{said}\n{}", String::from_utf8_lossy(&ran.stderr));
    assert!(said.contains("No issues found") || said.contains("passed"), "{said}");
}
