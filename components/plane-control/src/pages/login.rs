//! Logging in and out.

use plane_http::answer::Answer;
use plane_http::guard;
use plane_http::text::escaped;

use super::layout::{page, says};
use super::{field, fields, go};
use crate::host::wb::plane::access;
use crate::host::wb::plane::failures::Kind;
use crate::problem::{Done, failed};
use crate::table::Call;

/// A week in seconds: what the host gives a session at most.
const LIFE: u32 = 7 * 24 * 60 * 60;

/// Over TLS, a name that no other host can set (RFC 6265bis, section 4.1.3.2); else a plain one.
const COOKIES: [(&str, &str); 2] = [("__Host-wb", "; Secure"), ("wb-session", "")];

/// Where to go afterwards: a path of this server and nowhere else.
fn next(wanted: &str) -> &str {
    let is_local = wanted.starts_with('/')
        && !wanted.starts_with("//")
        && !wanted.starts_with("/login")
        && wanted.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_local { wanted } else { "/" }
}

/// The form.
pub(super) fn show(call: &Call) -> Done {
    Ok(form(call, 200, call.param("next").unwrap_or("/"), ""))
}

fn form(call: &Call, status: u16, to: &str, message: &str) -> Answer {
    let body = format!(
        "{}<form method=\"post\" action=\"/login\" class=\"stack\">\n<label for=\"credential\">Key or token</label>\n\
         <input id=\"credential\" name=\"credential\" type=\"password\" autocomplete=\"current-password\" required autofocus>\n\
         <input type=\"hidden\" name=\"next\" value=\"{}\">\n<button>Log in</button>\n</form>\n\
         <p class=\"hint\">An API key (<code>wb key create</code>), the operator's token, or the token in <code>runtime.json</code>.</p>\n",
        if message.is_empty() { String::new() } else { says(message) },
        escaped(next(to)),
    );
    page(call, status, "Log in", &body)
}

/// Opens a session.
pub(super) fn send(call: &Call) -> Done {
    // Another site would log somebody in as itself.
    if guard::check(call.request, false).is_err() {
        return Err(Answer::problem(403, "forbidden", "another site sent this request"));
    }
    let sent = fields(&call.source);
    let to = next(field(&sent, "next"));
    match access::log_in(field(&sent, "credential").trim()) {
        Ok((_, token)) => {
            let is_secure = call.request.header("origin").starts_with("https://");
            let (name, secure) = COOKIES[usize::from(!is_secure)];
            let cookie = format!("{name}={token}; Path=/; Max-Age={LIFE}; HttpOnly; SameSite=Lax{secure}");
            Ok(go(to).with("set-cookie", cookie))
        }
        Err(failure) if failure.kind == Kind::Denied => Ok(form(call, 401, to, &failure.message)),
        Err(failure) => Err(failed(failure)),
    }
}

/// Ends the session.
pub(super) fn leave(_: &Call) -> Done {
    access::log_out().map_err(failed)?;
    let gone = COOKIES.map(|(name, secure)| format!("{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{secure}"));
    Ok(gone.into_iter().fold(go("/login"), |answer, cookie| answer.with("set-cookie", cookie)))
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn the_next_page_is_one_of_ours() {
        for path in ["/", "/workbooks/a", "/runs?before=1"] {
            assert_eq!(next(path), path);
        }
        for path in [
            "",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "evil",
            "/a\r\nb",
            "/login?next=/",
            "/\u{e4}",
        ] {
            assert_eq!(next(path), "/", "{path}");
        }
    }
}
