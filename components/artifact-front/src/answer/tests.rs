//! Requests to a workbook that doubles.

use super::{Answer, Failure, MAX_BODY, Workbook, answer};
use crate::request::Request;
use crate::settings::{Export, Settings};

/// `twice` is what it was given, `name` is a string, `bad` fails.
#[derive(Default)]
struct Doubles {
    given: String,
}

impl Workbook for Doubles {
    fn begin(&mut self, texts: &[String], json: &str) -> Result<(), String> {
        self.given = format!("{}{json}", texts.join("&"));
        Ok(())
    }

    fn output(&mut self, index: u32) -> Result<String, Failure> {
        let fail =
            |component: &str, message: &str| Failure { component: component.to_owned(), message: message.to_owned() };
        match index {
            0 if self.given.is_empty() => Err(fail("n", "input `n` (f64) has no value")),
            0 => Ok(format!("{:?}", self.given)),
            1 => Ok("\"a \\\"b\\\"\"".to_owned()),
            _ => Err(fail("book/bad", "it is bad")),
        }
    }
}

fn settings() -> Settings {
    let text = r#"{"page": "<p>hi", "policy": "default-src 'none'", "imports": ["n"], "exports": [{"name": "twice", "type": "json"},
        {"name": "name", "type": "string"}, {"name": "bad", "type": "f64"}], "later": [1, {}]}"#;
    let settings = Settings::read(text).unwrap();
    assert_eq!(settings.exports[1], Export { name: "name".to_owned(), ty: "string".to_owned() });
    settings
}

fn ask(method: &str, target: &str, content_type: &str, body: &[u8]) -> Answer {
    let request = Request {
        method: method.to_owned(),
        target: target.to_owned(),
        content_type: content_type.to_owned(),
        accept: if content_type == "text" { "text/plain".to_owned() } else { String::new() },
        body: (body.len() <= MAX_BODY).then(|| body.to_vec()),
    };
    answer(&request, &settings(), &mut Doubles::default())
}

fn body(answer: &Answer) -> &str {
    std::str::from_utf8(&answer.body).unwrap().trim_end()
}

#[test]
fn the_page_and_single_exports_are_read() {
    let page = ask("GET", "/", "", b"");
    assert_eq!((page.status, body(&page)), (200, "<p>hi"));
    assert!(page.headers.contains(&("content-security-policy", "default-src 'none'".to_owned())));
    let twice = ask("GET", "/twice?n=1%2B1", "", b"");
    assert_eq!((twice.status, body(&twice)), (200, "\"n=1+1\""));
    assert_eq!(body(&ask("GET", "/name", "", b"")), "\"a \\\"b\\\"\"");
    assert_eq!(body(&ask("GET", "/name", "text", b"")), "a \"b\"");
}

#[test]
fn a_run_gives_what_there_is_and_says_what_is_not() {
    let run = ask("POST", "/run", "application/json", br#"{"n": 4}"#);
    assert_eq!(run.status, 422);
    assert_eq!(
        body(&run),
        r#"{"exports":{"twice":"{\"n\": 4}","name":"a \"b\""},"failures":[{"export":"bad","component":"book/bad","error":"it is bad"}]}"#
    );
    assert!(body(&ask("POST", "/run", "application/x-www-form-urlencoded", b"n=a+b")).contains("n=a b"));
    // Both an input and a node are at fault: the caller can do something about the first.
    assert_eq!(ask("POST", "/run", "", b"").status, 400);
}

#[test]
fn callers_mistakes_are_theirs() {
    for (method, target, content_type, sent, status, words) in [
        ("POST", "/", "", "", 405, "this is for GET, HEAD"),
        ("GET", "/run", "", "", 405, "this is for POST"),
        ("DELETE", "/twice", "", "", 405, "this is for GET, HEAD"),
        ("GET", "/twic", "", "", 404, "there is no `/twic`; there are `/` (the page), `/run` (for POST), `/twice`"),
        ("GET", "/twice/more", "", "", 404, "`/twice/more`"),
        ("GET", "/%ff", "", "", 400, "not UTF-8"),
        ("GET", "/twice?m=1", "", "", 400, "the workbook has no input `m`; there are `n`"),
        ("GET", "/twice", "", "", 400, "input `n` (f64) has no value"),
        ("GET", "/bad?n=1", "", "", 422, "it is bad"),
        ("POST", "/run", "application/json", "[1]", 400, "not a JSON object of inputs"),
        ("POST", "/run", "application/json", "{\"n\": 1", 400, "not a JSON object of inputs"),
        ("POST", "/run", "application/json", "{\"m\": 1}", 400, "no input `m`"),
        ("POST", "/run", "text/csv", "n", 415, "the body is `text/csv`"),
    ] {
        let answer = ask(method, target, content_type, sent.as_bytes());
        assert_eq!(answer.status, status, "{method} {target} {sent}: {}", body(&answer));
        let said = body(&answer);
        assert!(said.starts_with("{\"error\":") || said.starts_with("{\"exports\":"), "{said}");
        assert!(said.replace("\\\"", "\"").contains(words), "{said}");
    }
    assert_eq!(ask("POST", "/run", "", &vec![b' '; MAX_BODY + 1]).status, 413);
}
