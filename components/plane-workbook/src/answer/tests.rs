//! Answers of a workbook that doubles `n` and greets `name`.

use super::*;
use crate::workbook::{Export, Input, Output, Problem};

#[derive(Default)]
struct Book {
    broken: bool,
    watched: bool,
    refuses: Option<Refusal>,
    /// What runs were given.
    ran: Vec<Vec<(String, Given)>>,
    /// From where changes were asked for.
    followed: Option<String>,
}

impl Workbook for Book {
    fn about(&mut self) -> About {
        let input = |name: &str, ty: &str, value: Option<&str>| Input {
            name: name.to_owned(),
            ty: ty.to_owned(),
            value: value.map(str::to_owned),
            fixed: false,
        };
        let output = |name: &str| Output { name: name.to_owned(), ..Output::default() };
        let problem =
            Problem { code: "WB107".to_owned(), message: "no <b>".to_owned(), line: 3, column: 4, help: None };
        About {
            edition: "e1\"".to_owned(),
            inputs: vec![input("n", "s32", Some("2")), input("name", "string", None)],
            outputs: vec![output("double"), output("greeting")],
            problems: if self.broken { vec![problem] } else { Vec::new() },
            watched: self.watched,
        }
    }

    fn run(&mut self, inputs: Vec<(String, Given)>, only: Option<&str>, page: bool) -> Result<Outcome, Refusal> {
        self.ran.push(inputs.clone());
        if let Some(refusal) = self.refuses.clone() {
            return Err(refusal);
        }
        let value = |name: &str| inputs.iter().rev().find(|(given, _)| given == name).map(|(_, value)| value.clone());
        let Some(name) = value("name") else { return Err(Refusal::Missing(vec!["name".to_owned()])) };
        let double = match value("n") {
            Some(Given::Text(text) | Given::Json(text)) => text.parse::<i32>().map(|n| (2 * n).to_string()),
            None => Ok("4".to_owned()),
        };
        let double = double.map_err(|_| ("calc".to_owned(), "input `n`: expected a number".to_owned()));
        let greeting = match name {
            Given::Text(text) if text == "nobody" => Err(("greet".to_owned(), "nobody is there".to_owned())),
            Given::Text(text) => Ok(format!("\"hello, {text}\"")),
            Given::Json(json) => Ok(json),
        };
        let exports: Vec<Export> = vec![("double".to_owned(), double), ("greeting".to_owned(), greeting)];
        let exports = exports.into_iter().filter(|(name, _)| only.is_none_or(|only| only == name)).collect();
        Ok(Outcome { run: "r1".to_owned(), exports, page: page.then(|| self.page().unwrap()) })
    }

    fn page(&mut self) -> Result<Page, String> {
        let part = |text: &str| text.to_owned();
        Ok(Page { before: part("<main>"), after: part("</main>"), styles: part("'sha256-x'") })
    }

    fn source(&mut self) -> String {
        "* Book\n".to_owned()
    }

    fn changes(&mut self, edition: String) -> plane_http::answer::Source {
        self.followed = Some(edition);
        Box::new(|| None)
    }

    fn file(&mut self, path: &str) -> Option<Vec<u8>> {
        (path == "img/a b.svg").then(|| b"<svg/>".to_vec())
    }
}

fn ask(book: &mut Book, method: &str, target: &str, headers: &[(&'static str, &str)], body: &str) -> Answer {
    let body = if body.is_empty() { Body::Empty } else { Body::Whole(body.as_bytes().to_vec()) };
    let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let (method, target, host) = (method.to_owned(), target.to_owned(), "localhost:4000".to_owned());
    answer(&Request { method, target, host, headers, body }, book, true)
}

fn get(target: &str) -> (u16, String) {
    text(&ask(&mut Book::default(), "GET", target, &[], ""))
}

fn post(headers: &[(&'static str, &str)], body: &str) -> (u16, String) {
    text(&ask(&mut Book::default(), "POST", "/run", headers, body))
}

fn text(answer: &Answer) -> (u16, String) {
    match &answer.content {
        Content::Whole(body) => (answer.status, String::from_utf8(body.clone()).unwrap()),
        Content::Stream(_) => (answer.status, "changes".to_owned()),
    }
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const BROWSER: (&str, &str) = ("accept", "text/html,*/*;q=0.8");

#[test]
fn a_run_gives_all_outputs() {
    assert_eq!(
        post(&[], r#"{"name":"Ada","n":4}"#),
        (200, "{\"run\":\"r1\",\"exports\":{\"double\":8,\"greeting\":\"Ada\"}}\n".to_owned())
    );
    assert_eq!(post(&[FORM], "name=Ada&n=").0, 200);
    // As `curl -d` sends it.
    assert_eq!(post(&[FORM], r#"{"name":"Ada"}"#).0, 200);
}

#[test]
fn what_fails_is_said_and_takes_nothing_else_with_it() {
    let (status, body) = post(&[FORM], "name=nobody");
    assert_eq!(status, 422);
    assert!(body.contains("\"double\":4") && body.contains("\"error\":\"nobody is there\""), "{body}");
    let (status, body) = post(&[FORM], "name=Ada&n=x");
    assert_eq!(status, 400);
    assert!(body.contains("input `n`: expected a number"), "{body}");
}

#[test]
fn mistakes_of_callers_have_their_own_answers() {
    for (headers, body, status, says) in [
        (vec![], "", 400, "no value: `name`"),
        (vec![], "[]", 400, "no JSON object"),
        (vec![], "{\"name\":", 400, "line 1 column 8"),
        (vec![("content-type", "text/csv")], "a,b", 415, "`text/csv`"),
    ] {
        let (got, text) = post(&headers, body);
        assert_eq!(got, status, "{text}");
        assert!(text.contains(says) && text.starts_with("{\"error\":{\"code\":"), "{text}");
    }
    assert_eq!(ask(&mut Book::default(), "DELETE", "/", &[], "").status, 405);
    assert_eq!(header(&ask(&mut Book::default(), "PUT", "/run", &[], "x"), "allow"), "POST");
    assert_eq!(get("/nothing").0, 404);
    assert_eq!(get("/%ff").0, 400);
    let large = Request {
        method: "POST".to_owned(),
        target: "/run".to_owned(),
        host: "localhost".to_owned(),
        body: Body::TooLarge,
        ..Request::default()
    };
    assert_eq!(answer(&large, &mut Book::default(), true).status, 413);
    let page =
        Request { headers: vec![("accept", BROWSER.1.to_owned()), ("content-type", FORM.1.to_owned())], ..large };
    assert_eq!(answer(&page, &mut Book::default(), true).status, 413);
}

#[test]
fn a_server_that_cannot_says_when_to_try_again() {
    let mut book = Book { refuses: Some(Refusal::Busy), ..Book::default() };
    let answer = ask(&mut book, "POST", "/run", &[], "");
    assert_eq!((answer.status, header(&answer, "retry-after")), (503, "1"));
    assert!(text(&answer).1.contains("\"retryable\":true"));
    let page = ask(&mut book, "GET", "/?name=x", &[BROWSER], "");
    assert_eq!((page.status, header(&page, "retry-after")), (503, "1"));
}

#[test]
fn one_output_at_its_own_path() {
    assert_eq!(get("/greeting?name=Ada"), (200, "\"hello, Ada\"\n".to_owned()));
    let plain = ask(&mut Book::default(), "GET", "/greeting?name=Ada", &[("accept", "text/plain")], "");
    assert_eq!(text(&plain), (200, "hello, Ada".to_owned()));
    assert_eq!(get("/greeting?name=nobody").0, 422);
    assert_eq!(get("/double?name=x&n=y").0, 400);
}

#[test]
fn the_page_shows_results_and_keeps_what_was_sent() {
    let mut book = Book::default();
    let (status, html) = text(&ask(&mut book, "POST", "/run", &[FORM, BROWSER], "name=%22A%22%0D%0AB&n=3"));
    assert_eq!(status, 200);
    assert!(html.contains("&quot;A&quot;\r\nB</textarea>") && html.contains("value=\"3\""), "{html}");
    assert_eq!(book.ran[0][0], ("name".to_owned(), Given::Text("\"A\"\nB".to_owned())));
    // A page that only has to be given something first is no error; one that was given too little is.
    let (status, html) = get("/");
    assert!(status == 200 && html.contains("<form") && !html.contains("wb-says"), "{html}");
    let (status, html) = get("/?n=4");
    assert!(status == 400 && html.contains("no value: `name`"), "{html}");
    assert_eq!(ask(&mut Book::default(), "GET", "/run", &[BROWSER], "").status, 303);
}

#[test]
fn a_page_runs_scripts_only_where_there_is_something_to_tell() {
    let quiet = ask(&mut Book::default(), "GET", "/", &[], "");
    assert!(!header(&quiet, "content-security-policy").contains("script-src") && !text(&quiet).1.contains("<script"));
    let mut book = Book { watched: true, ..Book::default() };
    let watched = ask(&mut book, "GET", "/", &[], "");
    assert!(header(&watched, "content-security-policy").contains("script-src 'self'"));
    assert!(text(&watched).1.contains("data-edition=\"e1&quot;\""));
    assert_eq!(text(&ask(&mut book, "GET", "/-/changes?edition=e0", &[], "")), (200, "changes".to_owned()));
    assert_eq!(book.followed.as_deref(), Some("e0"));
    assert_eq!(get("/-/changes").0, 404);
}

#[test]
fn errors_of_the_workbook_are_on_its_page() {
    let mut book = Book { broken: true, ..Book::default() };
    let (status, html) = text(&ask(&mut book, "GET", "/", &[], ""));
    assert_eq!(status, 200);
    assert!(html.contains("line 3, column 4: no &lt;b&gt; <code>WB107</code>"), "{html}");
    book.refuses = Some(Refusal::Invalid);
    let (status, body) = text(&ask(&mut book, "POST", "/run", &[], ""));
    assert!(status == 422 && body.contains("\"code\":\"WB107\""), "{body}");
}

#[test]
fn files_of_the_page_run_nothing() {
    let answer = ask(&mut Book::default(), "GET", "/img/a%20b.svg", &[], "");
    assert_eq!((answer.status, header(&answer, "content-type")), (200, "image/svg+xml"));
    assert!(header(&answer, "content-security-policy").ends_with("; sandbox"));
    assert_eq!(get("/img/..%2fa.svg").0, 404);
}

#[test]
fn other_sites_and_other_names_get_nothing() {
    let mut book = Book::default();
    let foreign = ask(&mut book, "POST", "/run", &[("origin", "http://evil.example")], "{\"name\":\"x\"}");
    assert_eq!(foreign.status, 403);
    let named = Request {
        method: "GET".to_owned(),
        target: "/".to_owned(),
        host: "evil.example".to_owned(),
        ..Request::default()
    };
    assert_eq!(answer(&named, &mut book, true).status, 421);
    assert!(book.ran.is_empty());
    assert_eq!(answer(&named, &mut book, false).status, 200);
}
