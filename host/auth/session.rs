//! People who are logged in: from a credential to a session, and from a session's cookie to who it is.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use http::header::{COOKIE, HeaderMap};

use super::{Authenticator, Denied, Identity, Tenancy};
use crate::store::sessions::{Opening, PREFIX, Session};
use crate::store::{self, Digest, Tenant};

/// The cookie over TLS, which other hosts cannot set (RFC 6265bis, section 4.1.3.2), and the one without.
const COOKIES: [&str; 2] = ["__Host-wb", "wb-session"];

/// The session's token that a browser sent.
pub(super) fn token(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs: Vec<_> =
        cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('=')).collect();
    let of = |name: &str| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    COOKIES.into_iter().find_map(of).filter(|token| token.starts_with(PREFIX))
}

/// The id of the session that a request is of, if it is good.
#[must_use]
pub fn session_id(headers: &HeaderMap) -> Option<String> {
    let (id, _) = token(headers)?.strip_prefix(PREFIX)?.split_once('_')?;
    Some(id.to_owned())
}

impl Authenticator {
    /// Who has this session.
    pub(super) async fn of_session(&self, token: &str, peer: SocketAddr) -> Result<Identity, Denied> {
        let sent = Digest::of(token.as_bytes());
        if let Some(wait) = self.limits.may_try(peer.ip(), &sent, Instant::now()) {
            return Err(Denied::flood("rate-failures", wait));
        }
        let operators: Vec<String> = self.operators().iter().map(Digest::to_string).collect();
        let operators: Vec<&str> = operators.iter().map(String::as_str).collect();
        match self.store.global().recognise(token, &operators).await {
            Ok((tenant, session)) if self.settings.tenancy == Tenancy::Multi || tenant == Tenant::local() => {
                Ok(Identity { tenant, subject: session.subject, scopes: session.scopes, via: "session" })
            }
            Ok(_) | Err(store::Error::NotFound(_)) => Err(Denied::invalid("session", "")),
            Err(error) => {
                let message = "whether this session is valid cannot be looked up now; try again";
                Err(Denied::unavailable("store", message, error.to_string()))
            }
        }
    }

    /// Digests of what the operator is known by.
    fn operators(&self) -> Vec<Digest> {
        std::iter::once(self.boot).chain(self.bearer).collect()
    }

    /// Opens a session for whoever has a credential: the operator's token, a bearer, or an API key. `client` is where it comes from. The
    /// session and its token.
    ///
    /// # Errors
    ///
    /// As for any request with this credential; one of an issuer opens none.
    pub async fn log_in(&self, credential: &str, client: IpAddr) -> Result<(Session, String), Denied> {
        let opened = self.opened(credential, client).await;
        if let Err(denied) = &opened
            && (!denied.flood || self.limits.is_news(client, Instant::now()))
        {
            self.audit("POST", "/login", client, denied).await;
        }
        opened
    }

    async fn opened(&self, credential: &str, client: IpAddr) -> Result<(Session, String), Denied> {
        let peer = SocketAddr::new(client, 0);
        let found = match credential {
            "" => Err(Denied::nobody()),
            text if text.len() > super::LONGEST => Err(Denied::invalid("size", "")),
            text => self.of_text(text, peer).await,
        };
        let identity = found.map_err(|denied| self.count(denied, peer))?;
        let digest = Digest::of(credential.as_bytes());
        let (bound, key) = match identity.via {
            "boot" | "bearer" => (digest.to_string(), ""),
            "key" => (String::new(), identity.subject.strip_prefix("key:").unwrap_or_default()),
            // A token of an issuer ends by itself, and nobody would know when.
            _ => return Err(Denied::invalid("session-of-token", identity.subject)),
        };
        let opening = Opening { subject: &identity.subject, scopes: &identity.scopes, bound: &bound, key };
        self.store
            .of(&identity.tenant)
            .sessions()
            .open(opening)
            .await
            .map_err(|error| Denied::unavailable("store", "a session cannot be kept now; try again", error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use http::header::{COOKIE, HeaderMap, HeaderValue};

    use super::token;

    #[test]
    fn a_token_is_found_among_cookies() {
        let of = |cookies: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for cookie in cookies {
                headers.append(COOKIE, HeaderValue::from_static(cookie));
            }
            token(&headers).map(str::to_owned)
        };
        assert_eq!(of(&["a=b; wb-session=wbs_1; c"]).as_deref(), Some("wbs_1"));
        assert_eq!(of(&["wb-session=wbs_1", "__Host-wb=wbs_2"]).as_deref(), Some("wbs_2"));
        assert_eq!(of(&["wb-session=wbk_1", "xwb-session=wbs_1"]), None);
        assert_eq!(of(&[]), None);
    }
}
