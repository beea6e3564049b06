//! Conditional requests (RFC 9110, section 13): entity tags of workbooks are the digests of their sources.

use plane_http::answer::Answer;
use plane_http::request::Request;

use crate::host::wb::plane::workbooks::Condition;

/// A digest as an entity tag.
pub fn tag(digest: &str) -> String {
    format!("\"{digest}\"")
}

/// The tags of a list, without quotes; `None` for `*`. Weak ones are left out where `strong`: they promise too little for a write.
fn tags(header: &str, strong: bool) -> Result<Option<Vec<String>>, Answer> {
    if header.trim() == "*" {
        return Ok(None);
    }
    let mut found = Vec::new();
    for part in header.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let weak = part.strip_prefix("W/");
        let quoted = weak.unwrap_or(part).strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let Some(tag) = quoted.filter(|tag| !tag.contains('"')) else {
            let message = format!("`{part}` is no entity tag; one looks like `\"40f9…\"`, or `*` is any");
            return Err(Answer::problem(400, "bad_request", &message));
        };
        if weak.is_none() || !strong {
            found.push(tag.to_owned());
        }
    }
    Ok(Some(found))
}

/// What must hold for a write. `true` says that there is a condition.
///
/// # Errors
///
/// When a header cannot be read.
pub fn of_write(request: &Request) -> Result<(Condition, bool), Answer> {
    let (matches, none) = (request.header("if-match"), request.header("if-none-match"));
    if !matches.is_empty() {
        return Ok((tags(matches, true)?.map_or(Condition::Present, Condition::Matches), true));
    }
    if none.is_empty() {
        return Ok((Condition::Always, false));
    }
    match tags(none, false)? {
        None => Ok((Condition::Absent, true)),
        Some(_) => {
            let message = "of a write, `If-None-Match` can only be `*`; use `If-Match` for a known state";
            Err(Answer::problem(400, "bad_request", message))
        }
    }
}

/// Whether the caller has this state already.
///
/// # Errors
///
/// When a header cannot be read.
pub fn is_known(request: &Request, digest: &str) -> Result<bool, Answer> {
    let none = request.header("if-none-match");
    if none.is_empty() {
        return Ok(false);
    }
    Ok(tags(none, false)?.is_none_or(|tags| tags.iter().any(|tag| tag == digest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(name: &'static str, value: &str) -> Request {
        Request { headers: vec![(name, value.to_owned())], ..Request::default() }
    }

    #[test]
    fn writes_need_strong_tags() {
        let of = |name, value| of_write(&asked(name, value));
        assert!(matches!(of("if-match", "*"), Ok((Condition::Present, true))));
        assert!(matches!(of("if-none-match", " * "), Ok((Condition::Absent, true))));
        assert!(matches!(of("accept", "*"), Ok((Condition::Always, false))));
        let Ok((Condition::Matches(tags), true)) = of("if-match", "\"a\", W/\"b\" ,\"c\"") else { panic!("a list") };
        assert_eq!(tags, ["a", "c"]);
        assert!(
            of("if-match", "a").is_err() && of("if-match", "\"a").is_err() && of("if-none-match", "\"a\"").is_err()
        );
    }

    #[test]
    fn reads_take_weak_ones_too() {
        let known = |value| is_known(&asked("if-none-match", value), "a");
        assert!(known("W/\"a\"").unwrap() && known("\"x\", \"a\"").unwrap() && known("*").unwrap());
        assert!(!known("\"x\"").unwrap() && !is_known(&Request::default(), "a").unwrap() && known("a").is_err());
    }
}
