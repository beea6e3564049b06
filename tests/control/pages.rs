//! Pages for people, as a browser without scripts has them: forms, cookies, redirects.

use serde_json::json;

use crate::client::{Client, json};
use crate::server::Answer;

const HTML: &str = "accept: text/html,*/*;q=0.8\r\n";

/// Somebody with a browser: what is asked, with the session where there is one.
struct Person<'a> {
    server: &'a Client,
    cookie: String,
}

impl Person<'_> {
    fn get(&self, target: &str) -> Answer {
        self.server.bare("GET", target, &format!("{HTML}{}", self.cookie), "")
    }

    /// Sends a form as the page itself does.
    fn post(&self, target: &str, form: &str) -> Answer {
        let origin = format!("origin: http://localhost:{}\r\nsec-fetch-site: same-origin\r\n", self.server.port());
        self.send(target, &origin, form)
    }

    fn send(&self, target: &str, headers: &str, form: &str) -> Answer {
        let media = "content-type: application/x-www-form-urlencoded\r\n";
        self.server.bare("POST", target, &format!("{HTML}{media}{headers}{}", self.cookie), form)
    }

    /// Where a form that was taken leads to.
    #[track_caller]
    fn goes(&self, target: &str, form: &str) -> String {
        let answer = self.post(target, form);
        assert_eq!(answer.status, 303, "{target}: {answer:?}");
        answer.header("location").unwrap().to_owned()
    }
}

/// Somebody who logs in with this credential.
fn logged_in<'a>(server: &'a Client, credential: &str) -> Person<'a> {
    let nobody = Person { server, cookie: String::new() };
    let answer = nobody.post("/login", &format!("credential={credential}&next=%2Fruns"));
    assert_eq!((answer.status, answer.header("location")), (303, Some("/runs")), "{answer:?}");
    let cookie = answer.header("set-cookie").unwrap();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(cookie.starts_with("wb-session=") && !cookie.contains("Secure"), "{cookie}");
    Person { server, cookie: format!("cookie: {}\r\n", cookie.split(';').next().unwrap()) }
}

fn key(server: &Client, scopes: &[&str]) -> (String, String) {
    let made = json(&server.json("POST", "/api/keys", &json!({ "name": "k", "scopes": scopes })));
    (made["id"].as_str().unwrap().to_owned(), made["key"].as_str().unwrap().to_owned())
}

#[test]
fn nobody_sees_a_form_to_log_in_and_nothing_else() {
    let server = Client::start();
    let nobody = Person { server: &server, cookie: String::new() };
    for target in ["/", "/workbooks/a", "/workbooks/a/edit", "/runs", "/runs/a?x=1&y=2"] {
        let answer = nobody.get(target);
        let next = answer.header("location").unwrap_or_default().to_owned();
        assert!(answer.status == 303 && next.starts_with("/login?next=/"), "{target}: {answer:?}");
        assert!(!next.contains('&'), "{next}");
    }
    assert_eq!(server.stranger("GET", "/").status, 401, "a program is told so");
    assert_eq!(nobody.post("/", "id=a").status, 401);
    let form = nobody.get("/login?next=%2Fw%2Fa%22%3E");
    assert!(form.status == 200 && form.body.contains("name=\"credential\" type=\"password\""), "{form:?}");
    let policy = form.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    // Wrong ones are refused, not repeated, and written down.
    let wrong = nobody.post("/login", "credential=wbk_hush-hush&next=%2F");
    assert!(wrong.status == 401 && wrong.body.contains("not valid") && !wrong.body.contains("hush"), "{wrong:?}");
    let refusals = server.value("/api/refusals");
    assert_eq!((&refusals["items"][0]["path"], &refusals["items"][0]["rule"]), (&json!("/login"), &json!("key")));
    // Another site logs nobody in as itself.
    let (_, text) = key(&server, &["read"]);
    let foreign = nobody.send("/login", "origin: http://evil.example\r\n", &format!("credential={text}"));
    assert!(foreign.status == 403 && foreign.header("set-cookie").is_none(), "{foreign:?}");
    for next in ["%2F%2Fevil.example", "https%3A%2F%2Fevil.example", "%2F%5Cevil.example"] {
        assert_eq!(nobody.goes("/login", &format!("credential={text}&next={next}")), "/");
    }
    // Over TLS, as the browser says, the cookie is for TLS alone.
    let secure = format!("origin: https://localhost:{}\r\n", server.port());
    let secure = nobody.send("/login", &secure, &format!("credential={text}"));
    let cookie = secure.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-wb=") && cookie.ends_with("; Secure"), "{cookie}");
}

#[test]
fn a_workbook_is_made_changed_run_and_published_without_a_script() {
    let server = Client::start();
    let person = logged_in(&server, &key(&server, &["*"]).1);
    assert_eq!(person.goes("/", "id=first"), "/workbooks/first/edit");
    assert_eq!(person.post("/", "id=first").status, 412);
    assert!(person.get("/").body.contains("href=\"/workbooks/first\""));
    let edit = person.get("/workbooks/first/edit").body;
    assert!(edit.contains("Nothing is wrong with it"), "{edit}");
    let seen = edit.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    // A check keeps nothing; what is wrong has its place.
    let wrong = "* A\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n** <B>\n:PROPERTIES:\n:DEPS: nothing\n:END:\n";
    let encoded = wrong.replace('\n', "%0D%0A").replace('<', "%3C").replace('>', "%3E");
    let checked = person.post("/workbooks/first/edit", &format!("do=check&seen={seen}&source={encoded}"));
    assert!(checked.body.contains("WB") && checked.body.contains("&lt;B&gt;"), "{checked:?}");
    assert!(person.get("/workbooks/first/edit").body.contains("Greet"));
    // Somebody else is faster: nothing is lost, and saving again is meant.
    let theirs = server.get("/api/workbooks/first/org").body.replace("hello", "good day");
    assert_eq!(server.org("PUT", "/api/workbooks/first", "", &theirs).status, 200);
    let conflict = person.post("/workbooks/first/edit", &format!("do=save&seen={seen}&source=%2A+Mine"));
    assert_eq!(conflict.status, 409, "{conflict:?}");
    assert!(conflict.body.contains("* Mine") && conflict.body.contains("good day"), "{conflict:?}");
    assert_eq!(server.get("/api/workbooks/first/org").body, theirs);

    let page = person.get("/workbooks/first").body;
    assert!(page.contains("name=\"in:name\"") && page.contains("<iframe class=\"book\""), "{page}");
    let frame = person.get("/api/workbooks/first/html");
    assert_eq!(frame.header("content-security-policy"), Some("sandbox; frame-ancestors 'self'"));
    let run = person.goes("/workbooks/first/run", "in%3Aname=%3Cb%3EAda");
    let mut shown = person.get(&run).body;
    for _ in 0..200 {
        if shown.contains("Results") {
            break;
        }
        assert!(shown.contains("http-equiv=\"refresh\""), "{shown}");
        std::thread::sleep(std::time::Duration::from_millis(50));
        shown = person.get(&run).body;
    }
    assert!(shown.contains("good day, &lt;b&gt;Ada!") && shown.contains("state done"), "{shown}");
    assert!(person.get("/runs").body.contains(&run));
    assert!(person.get("/workbooks/first/graph").body.contains("/api/workbooks/first/graph.svg"));

    assert_eq!(person.goes("/workbooks/first/publish", "do=publish&note=%3Cone%3E"), "/workbooks/first/publish");
    person.goes("/workbooks/first/publish", "do=publish&note=two");
    person.goes("/workbooks/first/publish", "do=attach&host=first.example.org");
    person.goes("/workbooks/first/publish", "do=verify&host=first.example.org");
    assert_eq!(server.public("GET", "/", "first.example.org").status, 200);
    let published = person.get("/workbooks/first/publish").body;
    assert!(published.contains("&lt;one&gt;") && published.contains("is shown there"), "{published}");
    person.goes("/workbooks/first/publish", "do=rollback&to=1");
    assert_eq!(server.value("/api/sites")["items"][0]["active"], 1);
    person.goes("/workbooks/first/publish", "do=withdraw");
    assert_eq!(server.public("GET", "/", "first.example.org").status, 404);
    assert!(person.get("/workbooks/first/history").body.contains("Restore"));
    person.goes("/workbooks/first/restore", "revision=1");
    assert!(server.get("/api/workbooks/first/org").body.contains("hello"));
    // A mistake is a page as well, for who asks for pages.
    for (target, status) in
        [("/workbooks/none", 404), ("/workbooks/none/edit", 404), ("/runs/none", 404), ("/nothing", 404)]
    {
        let answer = person.get(target);
        assert!(answer.status == status && answer.body.contains("<h1>Not found</h1>"), "{target}: {answer:?}");
    }
}

#[test]
fn a_session_is_worth_what_opened_it_and_ends_with_it() {
    let server = Client::start();
    server.org("PUT", "/api/workbooks/w", "", "* x");
    let (id, text) = key(&server, &["read"]);
    let (reader, other) = (logged_in(&server, &text), logged_in(&server, &text));
    assert_eq!(reader.get("/workbooks/w").status, 200);
    for (target, form) in [
        ("/", "id=mine"),
        ("/workbooks/w/run", ""),
        ("/workbooks/w/publish", "do=publish"),
        ("/workbooks/w/edit", "do=save"),
    ] {
        let refused = reader.post(target, form);
        assert!(refused.status == 403 && refused.body.contains("<h1>Not allowed</h1>"), "{target}: {refused:?}");
    }
    assert_eq!(reader.get("/api/sessions").status, 403);
    // With the cookie alone, another site can make a browser ask; it is not listened to.
    for headers in ["origin: http://evil.example\r\n", "sec-fetch-site: cross-site\r\n", "origin: null\r\n"] {
        assert_eq!(reader.send("/logout", headers, "").status, 403, "{headers}");
    }
    let sessions = server.value("/api/sessions");
    assert_eq!(sessions["items"].as_array().unwrap().len(), 2, "{sessions}");
    assert_eq!(sessions["items"][0]["subject"], format!("key:{id}"));
    assert!(!sessions.to_string().contains("wbs_"));
    // Logging out ends one, and its cookie with it; an operator can end the other.
    assert_eq!(reader.goes("/logout", ""), "/login");
    assert_eq!(reader.get("/").status, 303);
    assert_eq!(other.get("/").status, 200);
    let left = server.value("/api/sessions");
    let left = left["items"][0]["id"].as_str().unwrap();
    assert_eq!(server.ask("DELETE", &format!("/api/sessions/{left}"), "", "").status, 204);
    assert_eq!(other.get("/").status, 303);
    // The key is revoked: so are its sessions.
    let third = logged_in(&server, &text);
    assert_eq!(server.ask("DELETE", &format!("/api/keys/{id}"), "", "").status, 204);
    assert_eq!(third.get("/").status, 303);
    // Made up, or of another's secret.
    for cookie in ["wb-session=wbs_0123456789abcdef01234567_x", "wb-session=x", "wb-session=", "other=wbs_1"] {
        let made_up = Person { server: &server, cookie: format!("cookie: {cookie}\r\n") };
        assert_eq!(made_up.get("/").status, 303, "{cookie}");
        assert_eq!(server.bare("GET", "/api/runs", &made_up.cookie, "").status, 401, "{cookie}");
    }
    assert!(!server.data_contains(text.as_bytes()));
}
