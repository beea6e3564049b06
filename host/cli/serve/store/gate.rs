//! Who is let in to the control plane, and to what.

use std::net::SocketAddr;
use std::sync::Arc;

use http::header::{AUTHORIZATION, COOKIE, HeaderValue, WWW_AUTHENTICATE};
use http::request::Parts;

use super::notice::Notice;
use crate::plane::control::{Asked, Desk, Identity, Office};
use crate::plane::{Gate, Turned};
use crate::store::{Digest, Tenant};

/// Paths that everybody may ask for.
const OPEN: [&str; 4] = ["/health", "/ready", "/openapi.json", "/.well-known/workbooks-runtime"];

/// The door of the control plane.
pub(super) struct Door {
    office: Arc<Office>,
    /// Of the token, so that comparing takes the same time whatever is sent.
    token: Digest,
}

impl Door {
    pub(super) fn new(office: &Arc<Office>, notice: &Notice) -> Self {
        Self { office: Arc::clone(office), token: Digest::of(notice.token().as_bytes()) }
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
        // No component has a use for credentials.
        let sent = request.headers.remove(AUTHORIZATION);
        request.headers.remove(COOKIE);
        if OPEN.contains(&request.uri.path()) {
            return Ok(Desk::open(&self.office, asked));
        }
        let sent = sent.as_ref().and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        if sent.is_some_and(|sent| Digest::of(sent.as_bytes()) == self.token) {
            let tenant = Tenant::local();
            let identity = Identity {
                tenant: tenant.to_string(),
                subject: "boot".to_owned(),
                scopes: vec!["*".to_owned()],
                via: "boot".to_owned(),
            };
            return Ok(Desk::of(&self.office, &tenant, identity, asked));
        }
        Err(Turned {
            status: 401,
            code: "unauthorized",
            message: "say who you are: `Authorization: Bearer …`".to_owned(),
            headers: vec![(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))],
            fault: None,
        })
    }
}
