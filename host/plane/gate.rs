//! What a request gets to reach is decided before it has an instance: the instance's imports are bound to the answer.

use std::net::SocketAddr;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Response};

/// Lets requests in.
pub trait Gate: Send + Sync + 'static {
    /// The host's side of the plane's imports, for one request.
    type Plane: Send + 'static;

    /// What the instance for this request may reach. `id` is the request's name in logs. Headers that the instance has no need
    /// of, such as credentials, may be taken out.
    ///
    /// # Errors
    ///
    /// When it is turned away, and no instance sees it.
    fn admit(
        &self,
        request: &mut Parts,
        peer: SocketAddr,
        id: &str,
    ) -> impl Future<Output = Result<Self::Plane, Turned>> + Send;

    /// Whether the answer to an admitted request is known without an instance, or should be remembered.
    fn recall(&self, _plane: &Self::Plane, _request: &Parts) -> Recall {
        Recall::Never
    }

    /// Whether an answer is to be remembered, by its head. Then it has to be whole before it is sent.
    fn may_remember(&self, _answer: &http::response::Parts) -> bool {
        false
    }

    /// Remembers a whole answer under the name that [`Gate::recall`] gave.
    fn remember(&self, _name: Vec<u8>, _answer: &Response<Bytes>) {}
}

/// What is known of a request before it has an instance.
#[derive(Debug)]
pub enum Recall {
    /// Nothing, and nothing is to be remembered.
    Never,
    /// Nothing yet. Its answer may be remembered under this name.
    New(Vec<u8>),
    /// The answer.
    Known(Response<Bytes>),
}

/// An answer to a request that was not let in.
#[derive(Debug, Clone)]
pub struct Turned {
    /// The status (RFC 9110, section 15).
    pub status: u16,
    /// The error's code.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub message: String,
    /// More headers, such as a challenge.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// For the operator's log alone.
    pub fault: Option<String>,
}

/// Lets everybody in, to the same.
#[derive(Debug, Clone)]
pub struct Open<P>(pub P);

impl<P: Clone + Send + Sync + 'static> Gate for Open<P> {
    type Plane = P;

    async fn admit(&self, _: &mut Parts, _: SocketAddr, _: &str) -> Result<P, Turned> {
        Ok(self.0.clone())
    }
}
