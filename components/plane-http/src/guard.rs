//! What other sites may not do. Whoever has this page open in a browser is on this machine, and so is every other page that
//! is open there: they can send requests here, with this machine's name or with their own pointed at it.

use crate::request::Request;

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It is for somebody else: a name that was pointed at this address (DNS rebinding).
    Host,
    /// Another site sent it.
    CrossSite,
}

/// Names of this machine's own loopback addresses, which nobody else can have.
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Checks whom a request is for and who sent it. A server that listens to others is called by names that only its operator knows, so
/// `local` says whether names matter.
///
/// # Errors
///
/// When it is not to be answered.
pub fn check(request: &Request, local: bool) -> Result<(), Refused> {
    let name = name(&request.host);
    if local && !LOCAL.contains(&name) && !name.ends_with(".localhost") {
        return Err(Refused::Host);
    }
    let site = request.header("sec-fetch-site");
    // A page that does not say where it is may still be said to be of this origin, by the browser.
    let origin = request.header("origin");
    let origin = if origin == "null" && site == "same-origin" { "" } else { origin };
    let own = |origin: &str| {
        let rest = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        rest.is_some_and(|rest| rest.eq_ignore_ascii_case(&request.host))
    };
    if !origin.is_empty() && !own(origin) {
        return Err(Refused::CrossSite);
    }
    // Fetch Metadata: a link to this page may be followed; nothing else from elsewhere.
    let foreign = matches!(site, "cross-site" | "same-site");
    let followed = request.reads() && request.header("sec-fetch-mode") == "navigate";
    if foreign && !followed {
        return Err(Refused::CrossSite);
    }
    Ok(())
}

/// The name without the port.
fn name(host: &str) -> &str {
    match host.rfind(':') {
        // The colons of an IPv6 address stand in brackets.
        Some(at) if !host[at..].contains(']') => &host[..at],
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: &str, host: &str, headers: &[(&'static str, &str)]) -> Result<(), Refused> {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        check(&Request { method: method.to_owned(), host: host.to_owned(), headers, ..Request::default() }, true)
    }

    #[test]
    fn names_of_others_are_refused() {
        for host in ["localhost:4000", "127.0.0.1", "[::1]:4000", "[::1]", "book.localhost:1"] {
            assert_eq!(asked("GET", host, &[]), Ok(()), "{host}");
        }
        for host in ["evil.example:4000", "127.0.0.1.evil.example", "localhost.evil.example", "", "[::2]:80", "::1"] {
            assert_eq!(asked("GET", host, &[]), Err(Refused::Host), "{host}");
        }
    }

    #[test]
    fn other_sites_may_link_here_and_no_more() {
        let host = "localhost:4000";
        assert_eq!(asked("POST", host, &[("origin", "http://localhost:4000")]), Ok(()));
        for origin in ["http://evil.example", "null", "http://localhost:4001", "http://localhost"] {
            assert_eq!(asked("POST", host, &[("origin", origin)]), Err(Refused::CrossSite), "{origin}");
        }
        let site = |method, mode| asked(method, host, &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", mode)]);
        assert_eq!(site("GET", "navigate"), Ok(()));
        assert_eq!(site("GET", "no-cors"), Err(Refused::CrossSite));
        assert_eq!(site("POST", "navigate"), Err(Refused::CrossSite));
        assert_eq!(asked("POST", host, &[("sec-fetch-site", "same-origin")]), Ok(()));
        assert_eq!(asked("POST", host, &[("sec-fetch-site", "same-origin"), ("origin", "null")]), Ok(()));
    }
}
