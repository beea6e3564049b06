//! Who is let in to the control plane, and to what. Finding out who asks is `host/auth.rs`.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use http::Method;
use http::header::{
    ACCEPT, AUTHORIZATION, COOKIE, HeaderValue, LOCATION, PROXY_AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE,
};
use http::request::Parts;

use crate::auth::{self, Authenticator, Denied};
use crate::plane::control::{Asked, Desk, Identity, Office, Reception, Unwelcome, Welcome};
use crate::plane::{Gate, Turned};

/// The door of the control plane.
pub(super) struct Door {
    office: Arc<Office>,
    authenticator: Arc<Authenticator>,
}

impl Door {
    pub(super) fn new(office: &Arc<Office>, authenticator: Authenticator) -> Self {
        let authenticator = Arc::new(authenticator);
        office.open_reception(Arc::new(Desks(Arc::clone(&authenticator))));
        Self { office: Arc::clone(office), authenticator }
    }
}

impl Gate for Door {
    type Plane = Desk;

    async fn admit(&self, request: &mut Parts, peer: SocketAddr, _: &str) -> Result<Desk, Turned> {
        let asked = Asked {
            client: peer.ip().to_string(),
            method: request.method.to_string(),
            path: request.uri.path().to_owned(),
        };
        let found = self.authenticator.identify(request, peer).await;
        let page = page_to_log_in(request);
        let session = auth::session_id(&request.headers);
        // No component has a use for credentials.
        for name in [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE] {
            request.headers.remove(name);
        }
        match found.map_err(|denied| turned(denied, page))? {
            None => Ok(Desk::open(&self.office, asked)),
            Some(auth::Identity { tenant, subject, scopes, via }) => {
                let identity = Identity { tenant: tenant.to_string(), subject, scopes, via: via.to_owned() };
                let session = session.filter(|_| identity.via == "session");
                Ok(Desk::of(&self.office, &tenant, identity, asked).in_session(session))
            }
        }
    }
}

/// Lets people log in.
struct Desks(Arc<Authenticator>);

impl Reception for Desks {
    fn log_in<'a>(&'a self, credential: &'a str, client: IpAddr) -> Welcome<'a> {
        Box::pin(async move {
            self.0
                .log_in(credential, client)
                .await
                .map_err(|denied| Unwelcome { again: matches!(denied.status, 429 | 503), message: denied.message })
        })
    }
}

/// Where a browser that opens a page goes to log in.
fn page_to_log_in(request: &Parts) -> Option<HeaderValue> {
    let accept = request.headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if request.method != Method::GET || !accept.trim_start().starts_with("text/html") {
        return None;
    }
    let whole = request.uri.path_and_query().map_or("/", |whole| whole.as_str());
    // All that is no letter or digit, so that nothing of it ends the address.
    let encoded = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    let next: String = whole.bytes().map(encoded).collect();
    HeaderValue::from_str(&format!("/login?next={next}")).ok()
}

fn turned(denied: Denied, page: Option<HeaderValue>) -> Turned {
    let mut headers = Vec::new();
    if denied.status == 401
        && let Some(page) = page
    {
        headers.push((LOCATION, page));
        return Turned { status: 303, code: denied.code, message: denied.message, headers, fault: denied.fault };
    }
    if let Some(challenge) = denied.challenge {
        headers.push((WWW_AUTHENTICATE, HeaderValue::from_static(challenge)));
    }
    if let Some(wait) = denied.retry_after {
        headers.push((RETRY_AFTER, HeaderValue::from(auth::seconds(wait))));
    }
    Turned { status: denied.status, code: denied.code, message: denied.message, headers, fault: denied.fault }
}
