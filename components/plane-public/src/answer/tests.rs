//! Answers of a site with a page, a folder, a picture and a page for what is missing.

use super::*;

struct Site;

impl Published for Site {
    fn find(&mut self, paths: &[String]) -> Option<File> {
        let form = |coding: &str, size| Form { coding: coding.to_owned(), tag: format!("t{coding}"), size };
        let page = vec![form("", 100), form("br", 10), form("gzip", 20)];
        let html = "text/html; charset=utf-8";
        let files = [
            ("/index.html", html, page.clone()),
            ("/a.html", html, page.clone()),
            ("/b/index.html", html, page.clone()),
            ("/404.html", html, page),
            ("/x.png", "image/png", vec![form("", 50)]),
            ("/.well-known/did.json", "application/did+json", vec![form("", 5)]),
        ];
        paths.iter().enumerate().find_map(|(which, path)| {
            let (_, media, forms) = files.iter().find(|(known, ..)| known == path)?;
            Some(File { which, media: (*media).to_owned(), styles: "'sha256-x'".to_owned(), forms: forms.clone() })
        })
    }
}

fn ask(method: &str, target: &str, headers: &[(&str, &str)]) -> Answer {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
    answer(&Request { method: method.to_owned(), target: target.to_owned(), headers }, &mut Site)
}

fn get(target: &str, headers: &[(&str, &str)]) -> Answer {
    ask("GET", target, headers)
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
}

#[test]
fn a_page_is_sent_in_the_form_that_is_liked() {
    let answer = get("/a", &[("accept-encoding", "gzip, br")]);
    assert_eq!((answer.status, header(&answer, "content-encoding"), header(&answer, "etag")), (200, "br", "\"tbr\""));
    assert_eq!((header(&answer, "vary"), header(&answer, "content-length")), ("accept-encoding", "10"));
    assert_eq!(answer.content, Content::Part { path: "/a.html".into(), coding: "br".into(), offset: 0, length: 10 });
    let answer = get("/a", &[]);
    assert_eq!(
        (header(&answer, "etag"), header(&answer, "vary"), header(&answer, "accept-ranges")),
        ("\"t\"", "accept-encoding", "bytes")
    );
    assert_eq!(header(&get("/x.png", &[]), "vary"), "");
    // Lines of one header are one list.
    let answer = get("/a", &[("accept-encoding", "br;q=0"), ("accept-encoding", "gzip")]);
    assert_eq!(header(&answer, "content-encoding"), "gzip");
    assert_eq!(get("/x.png", &[("accept-encoding", "identity;q=0")]).status, 406);
}

#[test]
fn a_page_may_do_nothing_but_show_itself() {
    let answer = get("/", &[]);
    let policy = header(&answer, "content-security-policy");
    assert!(policy.contains("default-src 'none'; style-src 'self' 'sha256-x';") && !policy.contains("unsafe"));
    assert!(!policy.contains("script"));
    assert_eq!((header(&answer, "x-content-type-options"), header(&answer, "set-cookie")), ("nosniff", ""));
    assert_eq!(header(&get("/x.png", &[]), "content-security-policy"), POLICY);
    assert_eq!(header(&get("/.well-known/did.json", &[]), "access-control-allow-origin"), "*");
}

#[test]
fn the_head_is_the_same_without_content() {
    for target in ["/", "/a", "/a/", "/b", "/none", "/x.png", "/%ff"] {
        for accept in ["", "br", "gzip"] {
            let (get, head) =
                (get(target, &[("accept-encoding", accept)]), ask("HEAD", target, &[("accept-encoding", accept)]));
            assert_eq!((get.status, get.headers), (head.status, head.headers), "{target}");
            assert_eq!(head.content, Content::Empty);
        }
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "get", ""] {
        let answer = ask(method, "/", &[]);
        assert_eq!((answer.status, header(&answer, "allow")), (405, "GET, HEAD"), "{method}");
    }
}

#[test]
fn what_ends_wrong_is_elsewhere() {
    let answer = get("/a/?q=1", &[]);
    assert_eq!((answer.status, header(&answer, "location")), (308, "/a?q=1"));
    assert_eq!(header(&get("/b", &[]), "location"), "/b/");
    assert_eq!((get("/b/", &[]).status, get("/a.html", &[]).status), (200, 200));
}

#[test]
fn what_is_not_there_has_a_page() {
    for target in ["/none", "/none/", "/../etc/passwd", "//evil.example", "/404", "/404.html"] {
        let answer = get(target, &[("if-none-match", "*"), ("range", "bytes=0-1")]);
        assert_eq!((answer.status, header(&answer, "etag")), (404, ""), "{target}");
        assert!(matches!(&answer.content, Content::Part { path, length: 100, .. } if path == "/404.html"));
    }
    struct Empty;
    impl Published for Empty {
        fn find(&mut self, _: &[String]) -> Option<File> {
            None
        }
    }
    let request = Request { method: "GET".into(), target: "/<script>".into(), headers: Vec::new() };
    assert_eq!(answer(&request, &mut Empty).content, Content::Text("there is nothing at this address\n"));
}

#[test]
fn what_is_known_is_not_sent_again() {
    for list in ["\"t\"", "W/\"t\"", "\"x\", \"t\"", "*"] {
        let answer = get("/a", &[("if-none-match", list)]);
        assert_eq!(
            (answer.status, header(&answer, "etag"), header(&answer, "content-length")),
            (304, "\"t\"", ""),
            "{list}"
        );
        assert_eq!((header(&answer, "vary"), header(&answer, "cache-control")), ("accept-encoding", CACHE));
    }
    assert_eq!(get("/a", &[("if-none-match", "\"t\""), ("accept-encoding", "br")]).status, 200);
    assert_eq!(get("/a", &[("if-none-match", "\"t")]).status, 200);
    assert_eq!((get("/a", &[("if-match", "\"x\"")]).status, get("/a", &[("if-match", "\"t\"")]).status), (412, 200));
}

#[test]
fn a_part_is_sent_of_what_is_not_compressed() {
    let answer = get("/x.png", &[("range", "bytes=10-19"), ("accept-encoding", "br")]);
    assert_eq!(
        (answer.status, header(&answer, "content-range"), header(&answer, "content-length")),
        (206, "bytes 10-19/50", "10")
    );
    assert_eq!(answer.content, Content::Part { path: "/x.png".into(), coding: String::new(), offset: 10, length: 10 });
    let answer = get("/x.png", &[("range", "bytes=50-")]);
    assert_eq!((answer.status, header(&answer, "content-range")), (416, "bytes */50"));
    for headers in [
        vec![("range", "bytes=0-1,4-5")],
        vec![("range", "bytes=5-1")],
        vec![("range", "bytes=0-1"), ("if-range", "\"x\"")],
        vec![("range", "bytes=0-1"), ("if-range", "W/\"t\"")],
        vec![("range", "bytes=0-1"), ("range", "bytes=4-5")],
    ] {
        assert_eq!(get("/x.png", &headers).status, 200, "{headers:?}");
    }
    assert_eq!(get("/x.png", &[("range", "bytes=0-1"), ("if-range", "\"t\"")]).status, 206);
    assert_eq!(get("/a", &[("range", "bytes=0-1"), ("accept-encoding", "br")]).status, 200);
    assert_eq!(ask("HEAD", "/x.png", &[("range", "bytes=0-1")]).status, 200);
}
