//! Who is let in to the control plane, and to what. Finding out who asks is `host/auth.rs`.

use std::net::SocketAddr;
use std::sync::Arc;

use http::header::{AUTHORIZATION, COOKIE, HeaderValue, PROXY_AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::request::Parts;

use crate::auth::{self, Authenticator, Denied};
use crate::plane::control::{Asked, Desk, Identity, Office};
use crate::plane::{Gate, Turned};

/// The door of the control plane.
pub(super) struct Door {
    office: Arc<Office>,
    authenticator: Authenticator,
}

impl Door {
    pub(super) fn new(office: &Arc<Office>, authenticator: Authenticator) -> Self {
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
        // No component has a use for credentials.
        for name in [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE] {
            request.headers.remove(name);
        }
        match found.map_err(turned)? {
            None => Ok(Desk::open(&self.office, asked)),
            Some(auth::Identity { tenant, subject, scopes, via }) => {
                let identity = Identity { tenant: tenant.to_string(), subject, scopes, via: via.to_owned() };
                Ok(Desk::of(&self.office, &tenant, identity, asked))
            }
        }
    }
}

fn turned(denied: Denied) -> Turned {
    let mut headers = Vec::new();
    if let Some(challenge) = denied.challenge {
        headers.push((WWW_AUTHENTICATE, HeaderValue::from_static(challenge)));
    }
    if let Some(wait) = denied.retry_after {
        headers.push((RETRY_AFTER, HeaderValue::from(auth::seconds(wait))));
    }
    Turned { status: denied.status, code: denied.code, message: denied.message, headers, fault: denied.fault }
}
