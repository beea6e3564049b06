//! Which answer a request gets. Nothing of what was asked is repeated in an answer, but the address in a redirect.

use crate::accept::choose;
use crate::conditions::{is_tag, names_strongly, names_weakly};
use crate::range::{Part, part};
use crate::request::{File, Form, Published, Request};
use crate::target::{Way, Wrong, ways};

/// Kept by everybody, asked for anew each time: what is published is seen at once, and costs a few bytes when it is the same.
const CACHE: &str = "public, max-age=0, must-revalidate";

/// The policy of what is no page.
const POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// An answer's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// None, as for `HEAD` and `304`.
    Empty,
    /// This text.
    Text(&'static str),
    /// A part of a file's form.
    Part {
        /// The file.
        path: String,
        /// The form.
        coding: String,
        /// From here.
        offset: u64,
        /// So many bytes.
        length: u64,
    },
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status (RFC 9110, section 15).
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(&'static str, String)>,
    /// The content.
    pub content: Content,
}

impl Answer {
    fn new(status: u16) -> Self {
        let mut headers = Vec::with_capacity(12);
        headers.push(("x-content-type-options", "nosniff".to_owned()));
        headers.push(("referrer-policy", "no-referrer".to_owned()));
        Self { status, headers, content: Content::Empty }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn says(status: u16, text: &'static str) -> Self {
        let answer = Self::new(status).with("content-type", "text/plain; charset=utf-8");
        let mut answer = answer.with("content-security-policy", POLICY).with("content-length", text.len().to_string());
        answer.content = Content::Text(text);
        answer
    }

    /// The site cannot be read just now.
    #[must_use]
    pub fn unavailable() -> Self {
        let answer = Self::says(503, "this cannot be read just now; try again\n");
        answer.with("cache-control", "no-store").with("retry-after", "1")
    }
}

/// Answers one request.
pub fn answer(request: &Request, site: &mut dyn Published) -> Answer {
    let head = request.method == "HEAD";
    if !head && request.method != "GET" {
        return Answer::says(405, "this can be read, and nothing else\n").with("allow", "GET, HEAD");
    }
    let mut answer = match ways(&request.target) {
        Err(Wrong::Long) => Answer::says(414, "this address is too long\n"),
        Err(Wrong::Form) => Answer::says(400, "this is no address\n"),
        Ok((paths, ways)) => match site.find(&paths).and_then(|file| Some((ways.get(file.which)?, file))) {
            None => Answer::says(404, "there is nothing at this address\n").with("cache-control", CACHE),
            Some((Way::Moved(address), _)) => {
                Answer::new(308).with("location", address).with("cache-control", CACHE).with("content-length", "0")
            }
            Some((way, file)) => {
                let path = paths.get(file.which).map(String::as_str).unwrap_or_default();
                shown(request, path, &file, *way == Way::Missing)
            }
        },
    };
    if head {
        answer.content = Content::Empty;
    }
    answer
}

/// A file. One that is shown in place of another has no conditions: there is nothing that they could be about.
fn shown(request: &Request, path: &str, file: &File, missing: bool) -> Answer {
    let varies = file.forms.len() > 1;
    let accept = request.header("accept-encoding");
    let Some(form) = choose(&file.forms, accept.as_deref()) else {
        let answer = Answer::says(406, "there is no form of this in any of the codings that were asked for\n");
        return answer.with("vary", "accept-encoding");
    };
    let tag = format!("\"{}\"", form.tag);
    if !missing {
        if request.header("if-match").is_some_and(|list| !names_strongly(&list, &form.tag)) {
            return Answer::says(412, "this has changed\n");
        }
        if request.header("if-none-match").is_some_and(|list| names_weakly(&list, &form.tag)) {
            let same = Answer::new(304).with("etag", tag).with("cache-control", CACHE);
            return if varies { same.with("vary", "accept-encoding") } else { same };
        }
    }
    let part = if missing { Part::Whole } else { asked_part(request, form) };
    let (status, offset, length) = match part {
        Part::Whole if missing => (404, 0, form.size),
        Part::Whole => (200, 0, form.size),
        Part::Some(offset, length) => (206, offset, length),
        Part::None => {
            let size = form.size;
            return Answer::says(416, "there is no such part\n").with("content-range", format!("bytes */{size}"));
        }
    };
    let mut answer = Answer::new(status).with("content-type", file.media.as_str()).with("cache-control", CACHE);
    if !missing {
        answer = answer.with("etag", tag);
    }
    if varies {
        answer = answer.with("vary", "accept-encoding");
    }
    if !form.coding.is_empty() {
        answer = answer.with("content-encoding", form.coding.as_str());
    } else if !missing {
        answer = answer.with("accept-ranges", "bytes");
    }
    if status == 206 {
        answer = answer.with("content-range", format!("bytes {offset}-{}/{}", offset + length - 1, form.size));
    }
    if path.starts_with("/.well-known/") {
        // What stands there is for programs of others, in browsers too.
        answer = answer.with("access-control-allow-origin", "*");
    }
    let mut answer = answer.with("content-security-policy", policy(file)).with("content-length", length.to_string());
    answer.content = Content::Part { path: path.to_owned(), coding: form.coding.clone(), offset, length };
    answer
}

/// The part that is asked for of the bytes as they are. A part of compressed bytes is of no use to anybody.
fn asked_part(request: &Request, form: &Form) -> Part {
    if request.method != "GET" || !form.coding.is_empty() {
        return Part::Whole;
    }
    match (request.header("range"), request.header("if-range")) {
        (None, _) => Part::Whole,
        (Some(_), Some(condition)) if !is_tag(&condition, &form.tag) => Part::Whole,
        (Some(range), _) => part(&range, form.size),
    }
}

/// What a page may do: show itself, with its own styles and with what its own site has. No script, no form, no frame.
fn policy(file: &File) -> String {
    let media = file.media.split(';').next().unwrap_or_default().trim();
    if !media.eq_ignore_ascii_case("text/html") && !media.eq_ignore_ascii_case("application/xhtml+xml") {
        return POLICY.to_owned();
    }
    let space = if file.styles.is_empty() { "" } else { " " };
    format!(
        "default-src 'none'; style-src 'self'{space}{}; img-src 'self' data:; media-src 'self'; font-src 'self'; \
         form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
        file.styles
    )
}

#[cfg(test)]
mod tests;
