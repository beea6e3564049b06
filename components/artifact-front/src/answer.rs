//! Which answer a request gets. Every mistake of a caller has a status below 500 and a JSON object that says what to do.

use codec::json::{Reader, quote};

use crate::request::{Request, Target, pairs};
use crate::settings::{Export, Settings};

/// The most bytes of a body that are read.
pub const MAX_BODY: usize = 10 << 20;

/// A node that has nothing, or an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The component, or the input.
    pub component: String,
    /// Why.
    pub message: String,
}

/// The workbook behind the handler.
pub trait Workbook {
    /// Begins a run with these inputs: `name=value` texts, and a JSON object or nothing.
    ///
    /// # Errors
    ///
    /// When the JSON is no object.
    fn begin(&mut self, texts: &[String], json: &str) -> Result<(), String>;
    /// The value of an export, as JSON text.
    ///
    /// # Errors
    ///
    /// When a node it depends on failed.
    fn output(&mut self, index: u32) -> Result<String, Failure>;
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status (RFC 9110, section 15).
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(&'static str, String)>,
    /// The content; not sent for `HEAD`.
    pub body: Vec<u8>,
}

impl Answer {
    fn json(status: u16, body: Vec<u8>) -> Self {
        Self { status, headers: headers("application/json"), body }
    }

    fn text(body: String) -> Self {
        Self { status: 200, headers: headers("text/plain; charset=utf-8"), body: body.into_bytes() }
    }

    fn problem(status: u16, message: &str) -> Self {
        Self::failed(status, &[("error", message)])
    }

    fn failed(status: u16, members: &[(&str, &str)]) -> Self {
        let mut body = Vec::new();
        object(members, &mut body);
        body.push(b'\n');
        Self::json(status, body)
    }

    fn allow(methods: &str) -> Self {
        let mut answer = Self::problem(405, &format!("this is for {methods}"));
        answer.headers.push(("allow", methods.to_owned()));
        answer
    }
}

fn headers(content_type: &str) -> Vec<(&'static str, String)> {
    vec![
        ("content-type", content_type.to_owned()),
        ("cache-control", "no-store".to_owned()),
        ("x-content-type-options", "nosniff".to_owned()),
    ]
}

/// Answers one request.
pub fn answer(request: &Request, settings: &Settings, workbook: &mut dyn Workbook) -> Answer {
    let Some(target) = Target::read(&request.target) else {
        return Answer::problem(400, "the path is not UTF-8");
    };
    let reads = matches!(request.method.as_str(), "GET" | "HEAD");
    let segments: Vec<&str> = target.segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        [] if reads => page(settings),
        [] => Answer::allow("GET, HEAD"),
        ["run"] if request.method == "POST" => run(request, &target, settings, workbook),
        ["run"] if !settings.exports.iter().any(|export| export.name == "run") => Answer::allow("POST"),
        [name] => match settings.exports.iter().position(|export| export.name == *name) {
            Some(index) if reads => export(request, &target, settings, workbook, index),
            Some(_) => Answer::allow("GET, HEAD"),
            None => missing(settings, name),
        },
        _ => missing(settings, &segments.join("/")),
    }
}

fn page(settings: &Settings) -> Answer {
    let mut headers = headers("text/html; charset=utf-8");
    headers.push(("content-security-policy", settings.policy.clone()));
    headers.push(("referrer-policy", "no-referrer".to_owned()));
    Answer { status: 200, headers, body: settings.page.clone().into_bytes() }
}

fn missing(settings: &Settings, path: &str) -> Answer {
    let names: Vec<String> = settings.exports.iter().map(|export| format!("`/{}`", export.name)).collect();
    let there = if names.is_empty() { String::new() } else { format!(", {}", names.join(", ")) };
    Answer::problem(404, &format!("there is no `/{path}`; there are `/` (the page), `/run` (for POST){there}"))
}

/// The inputs of a request: its query, and what is posted.
fn begin(request: &Request, target: &Target, settings: &Settings, workbook: &mut dyn Workbook) -> Result<(), Answer> {
    let Some(body) = &request.body else {
        return Err(Answer::problem(413, &format!("the body is larger than {} MiB", MAX_BODY >> 20)));
    };
    let mut given = target.pairs.clone();
    let mut json = String::new();
    match request.content_type.as_str() {
        _ if body.iter().all(u8::is_ascii_whitespace) => {}
        "application/x-www-form-urlencoded" => {
            let form = std::str::from_utf8(body).ok().and_then(pairs);
            given.extend(form.ok_or_else(|| Answer::problem(400, "the form is not UTF-8"))?);
        }
        "" | "application/json" => {
            let text = std::str::from_utf8(body).map_err(|_| Answer::problem(400, "the body is not UTF-8"))?;
            names(text, settings)?;
            text.clone_into(&mut json);
        }
        other => {
            let message = format!("the body is `{other}`; send a JSON object of inputs, or a form");
            return Err(Answer::problem(415, &message));
        }
    }
    for (name, _) in &given {
        known(name, settings)?;
    }
    let texts: Vec<String> = given.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    workbook.begin(&texts, &json).map_err(|message| Answer::problem(400, &message))
}

/// Checks the keys of a JSON object of inputs.
fn names(text: &str, settings: &Settings) -> Result<(), Answer> {
    let mut reader = Reader::new(text.as_bytes());
    let mut keys = || {
        let mut keys = Vec::new();
        reader.open(b'{')?;
        let mut first = true;
        while reader.more(&mut first, b'}')? {
            keys.push(reader.key()?);
            reader.skip()?;
        }
        reader.end()?;
        Ok(keys)
    };
    let keys: Result<Vec<String>, codec::json::Malformed> = keys();
    let keys =
        keys.map_err(|error| Answer::problem(400, &format!("the body is not a JSON object of inputs: {error}")))?;
    keys.iter().try_for_each(|key| known(key, settings))
}

fn known(name: &str, settings: &Settings) -> Result<(), Answer> {
    if settings.imports.iter().any(|import| import == name) {
        return Ok(());
    }
    let names: Vec<String> = settings.imports.iter().map(|import| format!("`{import}`")).collect();
    let there = if names.is_empty() { "it has none".to_owned() } else { format!("there are {}", names.join(", ")) };
    Err(Answer::problem(400, &format!("the workbook has no input `{name}`; {there}")))
}

fn export(
    request: &Request,
    target: &Target,
    settings: &Settings,
    workbook: &mut dyn Workbook,
    index: usize,
) -> Answer {
    if let Err(answer) = begin(request, target, settings, workbook) {
        return answer;
    }
    match workbook.output(index as u32) {
        Ok(json) => value(request, &settings.exports[index], json),
        Err(failure) => {
            let members = [("error", failure.message.as_str()), ("component", &failure.component)];
            Answer::failed(status(&failure, settings), &members)
        }
    }
}

/// A value as JSON; a string as it is for who wants text.
fn value(request: &Request, export: &Export, json: String) -> Answer {
    let text = request.accept.trim_start().starts_with("text/");
    if matches!(export.ty.as_str(), "string" | "json")
        && text
        && let Ok(string) = Reader::new(json.as_bytes()).string()
    {
        return Answer::text(string);
    }
    let mut body = json.into_bytes();
    body.push(b'\n');
    Answer::json(200, body)
}

/// An input without a fitting value is the caller's fault; what else fails cannot be done with these inputs.
fn status(failure: &Failure, settings: &Settings) -> u16 {
    // One that does not convert fails where it is taken: "input `n`: expected …".
    let named = failure.message.strip_prefix("input `").and_then(|rest| rest.split('`').next());
    let input = [Some(failure.component.as_str()), named].into_iter().flatten();
    let theirs = input.into_iter().any(|name| settings.imports.iter().any(|import| import == name));
    if theirs { 400 } else { 422 }
}

/// All exports: those that there are, and why the others are not.
fn run(request: &Request, target: &Target, settings: &Settings, workbook: &mut dyn Workbook) -> Answer {
    if let Err(answer) = begin(request, target, settings, workbook) {
        return answer;
    }
    let (mut exports, mut failures, mut worst) = (Vec::new(), Vec::new(), 200);
    for (index, export) in settings.exports.iter().enumerate() {
        match workbook.output(index as u32) {
            Ok(json) => {
                comma(&mut exports);
                quote(&export.name, &mut exports);
                exports.push(b':');
                exports.extend(json.as_bytes());
            }
            Err(failure) => {
                comma(&mut failures);
                let Failure { component, message } = &failure;
                object(&[("export", &export.name), ("component", component), ("error", message)], &mut failures);
                let status = status(&failure, settings);
                worst = if worst == 200 { status } else { worst.min(status) };
            }
        }
    }
    let mut body = [b"{\"exports\":{".as_slice(), &exports, b"}"].concat();
    if !failures.is_empty() {
        body.extend([b",\"failures\":[".as_slice(), &failures, b"]"].concat());
    }
    body.extend(b"}\n");
    Answer::json(worst, body)
}

/// Writes a JSON object of strings.
fn object(members: &[(&str, &str)], out: &mut Vec<u8>) {
    for (index, (name, value)) in members.iter().enumerate() {
        out.push(if index == 0 { b'{' } else { b',' });
        quote(name, out);
        out.push(b':');
        quote(value, out);
    }
    out.push(b'}');
}

fn comma(list: &mut Vec<u8>) {
    if !list.is_empty() {
        list.push(b',');
    }
}

#[cfg(test)]
mod tests;
