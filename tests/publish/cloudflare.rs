//! `cloudflare-pages` with the vendor's own `wrangler`, where `WB_WRANGLER` names a folder that has it, against a server here that
//! answers as Cloudflare's API does for this. Cloudflare itself is not asked.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use crate::common::Place;
use crate::place;

/// What came in: the request's line, who asked, and the body.
type Log = Arc<Mutex<Vec<(String, String, Vec<u8>)>>>;

/// A server that takes deployments of the project `mine`.
fn cloudflare() -> (u16, Log) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let log = Log::default();
    let kept = log.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let log = kept.clone();
            std::thread::spawn(move || serve(stream, &log));
        }
    });
    (port, log)
}

fn serve(stream: TcpStream, log: &Log) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut line, mut who, mut length, mut chunked) = (String::new(), String::new(), 0, false);
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).unwrap();
            let (name, value) = header.trim().split_once(':').unwrap_or(("", ""));
            match name.to_ascii_lowercase().as_str() {
                "" => break,
                "authorization" => who = value.trim().to_owned(),
                "content-length" => length = value.trim().parse().unwrap(),
                "transfer-encoding" => chunked = true,
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        while chunked {
            let mut size = String::new();
            reader.read_line(&mut size).unwrap();
            let size = usize::from_str_radix(size.trim(), 16).unwrap();
            let mut chunk = vec![0; size + 2];
            reader.read_exact(&mut chunk).unwrap();
            body.extend_from_slice(&chunk[..size]);
            chunked = size > 0;
        }
        let path = line.split(' ').nth(1).unwrap_or("").split('?').next().unwrap().to_owned();
        let (status, result) = answer(&line, &path, &body);
        log.lock().unwrap().push((line.trim().to_owned(), who, body));
        let errors =
            if status == 200 { json!([]) } else { json!([{ "code": 8_000_007, "message": "Project not found." }]) };
        let text = json!({ "success": status == 200, "errors": errors, "messages": [], "result": result }).to_string();
        let head =
            format!("HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", text.len());
        let stream = reader.get_mut();
        if stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(text.as_bytes())).is_err() {
            return;
        }
    }
}

fn answer(line: &str, path: &str, body: &[u8]) -> (u16, serde_json::Value) {
    let deployment = json!({
        "id": "0123", "url": "https://0123.mine.pages.dev", "aliases": [], "environment": "production",
        "latest_stage": { "name": "deploy", "status": "success" },
    });
    if path.ends_with("/upload-token") {
        let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let claims = json!({ "exp": 4_000_000_000_u64, "iat": 1, "max_file_count_allowed": 20_000 });
        return (200, json!({ "jwt": format!("{}.{}.x", part(json!({ "alg": "HS256" })), part(claims)) }));
    }
    if path.ends_with("/check-missing") {
        return (200, serde_json::from_slice::<serde_json::Value>(body).unwrap()["hashes"].clone());
    }
    if path.contains("/deployments") {
        return (200, deployment);
    }
    if path.ends_with("/projects/mine") {
        let project = json!({ "name": "mine", "subdomain": "mine.pages.dev", "production_branch": "main", "domains": [], "deployment_configs": { "production": {}, "preview": {} } });
        return (200, project);
    }
    if path.contains("/projects/") && !line.contains("assets") { (404, json!(null)) } else { (200, json!(null)) }
}

/// A place whose `wrangler` is the one of `WB_WRANGLER`.
fn with_wrangler(port: u16, project: &str) -> Option<Place> {
    let Some(folder) = std::env::var_os("WB_WRANGLER") else {
        println!("not deployed by wrangler: WB_WRANGLER names no folder with it, such as node_modules/.bin");
        return None;
    };
    let path = format!("{}:{}", folder.to_string_lossy(), std::env::var("PATH").unwrap());
    let place = place(&format!(
        "#+PUBLISH_TARGET: cloudflare-pages\n#+PUBLISH_PROJECT: {project}\n#+PUBLISH_CF_ACCOUNT: 0123456789abcdef0123456789abcdef\n"
    ));
    let place = place
        .with_variable("PATH", &path)
        .with_variable("CLOUDFLARE_API_TOKEN", "hunter2hunter2hunter2hunter2hunter2hunter2");
    Some(place.with_variable("CLOUDFLARE_API_BASE_URL", &format!("http://127.0.0.1:{port}/client/v4")))
}

#[test]
fn wrangler_deploys_the_page() {
    let (port, log) = cloudflare();
    let Some(place) = with_wrangler(port, "mine") else { return };
    let told = crate::json(&place, &["apply"]);
    assert_eq!(told["address"], "https://0123.mine.pages.dev", "{told}");
    let log = log.lock().unwrap();
    let (line, who, body) =
        log.iter().find(|(line, ..)| line.starts_with("POST") && line.contains("/deployments")).unwrap();
    assert!(line.contains("/accounts/0123456789abcdef0123456789abcdef/pages/projects/mine/"), "{line}");
    assert!(who.starts_with("Bearer hunter2"));
    let body = String::from_utf8_lossy(body);
    assert!(body.contains("\"/index.html\"") && !body.contains(".wb-published"), "{body}");
}

#[test]
fn what_wrangler_says_is_told() {
    let (port, _) = cloudflare();
    let Some(place) = with_wrangler(port, "other") else { return };
    let ran = place.wb(&["publish", "apply"]).exits(4).complains(&["`wrangler` failed", "project create other"]);
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("hunter2"), "{}", ran.brief());
    let Some(place) = with_wrangler(1, "mine") else { return };
    place.wb(&["publish", "apply"]).exits(3).complains(&["`wrangler` failed"]);
}

/// A program in its place shows what it gets: a list of arguments, and no shell to read them.
#[test]
fn wrangler_gets_arguments_and_no_shell() {
    let place = place(
        "#+PUBLISH_TARGET: cloudflare-pages\n#+PUBLISH_PROJECT: mine\n#+PUBLISH_OUTPUT: a $(touch pwned) b/index.html\n",
    );
    let program = "#!/bin/sh\nprintf '%s\\n' \"$@\" > \"$SEEN\"\nls site >> \"$SEEN\"\necho https://x.mine.pages.dev\n";
    place.folder.write("bin/wrangler", program);
    let file = place.folder.path().join("bin/wrangler");
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let (bin, seen) = (place.folder.path().join("bin"), place.folder.path().join("seen"));
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let place = place.with_variable("PATH", &path).with_variable("SEEN", seen.to_str().unwrap());
    place.wb(&["publish", "apply"]).exits(0).prints(&["https://x.mine.pages.dev"]);
    assert_eq!(
        place.folder.read("seen"),
        "pages\ndeploy\nsite\n--project-name\nmine\n--commit-dirty=true\nindex.html\n"
    );
    assert!(!place.folder.path().join("pwned").exists());
    let without =
        crate::place("#+PUBLISH_TARGET: cloudflare-pages\n#+PUBLISH_PROJECT: mine\n").with_variable("PATH", "/nowhere");
    without.wb(&["publish", "apply"]).exits(3).complains(&["needs `wrangler`"]);
}
