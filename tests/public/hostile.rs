//! Requests that want what is not theirs.

use crate::server::{HOST, Server, tenant};
use crate::site::page;

fn served() -> Server {
    let server = Server::with(vec![page("/", "#+TITLE: Mine\n")], Vec::new());
    server.publish("other", vec![page("/", "#+TITLE: Other\n")], Vec::new());
    server.publish("hidden", vec![page("/", "#+TITLE: Hidden\n")], Vec::new());
    server.shows("*.blogs.example.org", "other");
    server.shows("exact.blogs.example.org", "s");
    // Asked for, and not shown to be the tenant's.
    let domains = server.store.of(&tenant()).domains();
    server.runtime.block_on(domains.add("pending.example.org", "hidden")).unwrap();
    server
}

#[test]
fn a_host_shows_its_own_site_and_no_other() {
    let server = served();
    let title = |host: &str| {
        let answer = server.ask_at(host, "GET", "/", "");
        (answer.status, ["Mine", "Other", "Hidden"].into_iter().find(|title| answer.text().contains(title)))
    };
    for host in [HOST, "WWW.EXAMPLE.ORG", "www.example.org.", "www.example.org:4001", "exact.blogs.example.org"] {
        assert_eq!(title(host), (200, Some("Mine")), "{host}");
    }
    assert_eq!(title("any.blogs.example.org:80"), (200, Some("Other")));
    for host in [
        "example.org",
        "blogs.example.org",
        "a.b.blogs.example.org",
        "s",
        "hidden",
        "pending.example.org",
        "localhost",
        "127.0.0.1",
        "[::1]:4001",
        "www.example.org.evil.org",
        "evil.org/www.example.org",
        "*.blogs.example.org",
        "www.example.org:x",
        "www.example.org:80:80",
        "www.example.org, evil.org",
        "' OR 1=1 --",
        &"a".repeat(5000),
    ] {
        let answer =
            server.raw(format!("GET / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").as_bytes()).unwrap();
        assert!(matches!(answer.status, 400 | 404), "{host}: {answer:?}");
        assert!(!["Mine", "Other", "Hidden"].iter().any(|title| answer.text().contains(title)), "{host}");
        assert!(host.len() < 3 || !answer.text().contains(host), "{host} comes back");
    }
}

#[test]
fn a_request_has_one_host() {
    let server = served();
    for (head, status) in [
        ("GET / HTTP/1.1\r\n", 400),
        ("GET / HTTP/1.1\r\nhost: www.example.org\r\nhost: any.blogs.example.org\r\n", 400),
        ("GET / HTTP/1.1\r\nhost:\r\n", 404),
        // The target's host counts, and a header besides it is not looked at.
        ("GET http://www.example.org/ HTTP/1.1\r\nhost: any.blogs.example.org\r\n", 200),
        ("GET http://nobody.example/ HTTP/1.1\r\nhost: www.example.org\r\n", 404),
        (
            "GET / HTTP/1.1\r\nhost: nobody.example\r\nx-forwarded-host: www.example.org\r\nforwarded: host=www.example.org\r\n",
            404,
        ),
    ] {
        let answer = server.raw(format!("{head}connection: close\r\n\r\n").as_bytes()).unwrap();
        assert_eq!(answer.status, status, "{head}");
        assert!(status != 200 || answer.text().contains("Mine"));
    }
}

#[test]
fn no_path_leads_out() {
    let server = served();
    for target in [
        "/../../etc/passwd",
        "/..",
        "/a/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/%2e%2e%2fetc/passwd",
        "/..%2f..%2fregistry.db",
        "/%252e%252e/etc/passwd",
        "/..%5c..%5cetc",
        "/..\\..\\etc",
        "/index.html%00.png",
        "/%00",
        "//evil.example/",
        "//evil.example/..",
        "/\\evil.example",
        "/./index.html",
        "/%0d%0aset-cookie:%20a=b",
        "/404.html/..",
        "/%2f%2fevil.example/",
        "/;/../x",
        "/data/registry.db",
        "/blobs",
    ] {
        let answer = server.get(target);
        assert_eq!(answer.status, 404, "{target}");
        assert!(answer.header("location").is_none() && answer.header("set-cookie").is_none(), "{target}");
        assert!(answer.text().contains("Not found"), "{target}");
    }
    for (target, status) in [("/%ff%fe", 400), ("/%c0%ae%c0%ae/", 400), ("*", 400)] {
        assert_eq!(server.get(target).status, status, "{target}");
    }
}

#[test]
fn nothing_of_a_request_comes_back() {
    let server = served();
    for target in [
        "/<script>alert(1)</script>",
        "/%3Cscript%3Ealert(1)%3C/script%3E",
        "/\"onload=alert(1)",
        "/?q=alert(1)",
        "/alert(1)",
    ] {
        let answer =
            server.ask("GET", target, "referer: http://alert(1)/\r\nuser-agent: alert(1)\r\nx-a: alert(1)\r\n");
        assert!(!answer.text().contains("alert(1)") && !answer.head.contains("alert(1)"), "{target}: {answer:?}");
        assert!(answer.header("content-security-policy").is_none_or(|policy| !policy.contains("script")));
    }
}

#[test]
fn what_is_too_large_or_malformed_is_refused() {
    let server = served();
    let long = |count: usize| format!("/{}", "a".repeat(count));
    assert_eq!(server.get(&long(4000)).status, 404);
    assert_eq!(server.get(&long(5000)).status, 414);
    assert!(
        server
            .raw(format!("GET {} HTTP/1.1\r\nhost: {HOST}\r\n\r\n", long(100_000)).as_bytes())
            .is_none_or(|answer| answer.status >= 400)
    );
    let tag = server.get("/").header("etag").unwrap().to_owned();
    let many = vec!["\"x\""; 500].join(", ");
    assert_eq!(server.ask("GET", "/", &format!("if-none-match: {many}, {tag}\r\n")).status, 304);
    for headers in [
        "if-none-match: \"\r\n",
        "if-none-match: W/\r\n",
        "if-none-match: ,,,\"a\u{e9}\"\r\n",
        "range: bytes=\r\n",
        "range: bytes=-\r\n",
        "range: bytes=9-1\r\n",
        "range: bytes=99999999999999999999999999-1\r\n",
        "range: bytes=0-0,1-1,2-2\r\n",
        "range: \u{1F4A5}\r\n",
        "accept-encoding: ;;;q=\r\n",
        "accept-encoding: br;q=1e9\r\n",
    ] {
        let answer = server.ask("GET", "/", headers);
        assert_eq!((answer.status, answer.header("content-encoding")), (200, None), "{headers}");
    }
    // A body says nothing here.
    assert_eq!(server.ask("GET", "/", "content-length: 3\r\n\r\nabc").status, 200);
    assert_eq!(*server.faults.lock().unwrap(), [] as [&str; 0]);
}
