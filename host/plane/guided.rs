//! The body of an answer, and with it the instance that still writes it.
//!
//! The guest runs in the connection's own task, whenever the connection wants more: no task, no wake-up and no queue between
//! them, and a client that leaves takes its instance with it.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt as _, Full};
use wasmtime_wasi_http::Error;
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

/// The rest of a guest's work. What goes wrong in it has been told by then; the body breaks off.
pub(super) type Rest = Pin<Box<dyn Future<Output = Result<(), ()>> + Send>>;

/// A body with whoever writes it.
pub struct Guided {
    guest: Option<Rest>,
    body: HyperOutgoingBody,
}

impl Guided {
    pub(super) fn new(body: HyperOutgoingBody, guest: Option<Rest>) -> Self {
        Self { guest, body }
    }

    /// A body that is all there.
    pub(super) fn whole(bytes: impl Into<Bytes>) -> Self {
        let body = Full::new(bytes.into()).map_err(|never| match never {});
        Self { guest: None, body: body.boxed_unsync() }
    }
}

impl Body for Guided {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        if let Some(guest) = &mut this.guest
            && let Poll::Ready(ended) = guest.as_mut().poll(cx)
        {
            this.guest = None;
            if ended.is_err() {
                return Poll::Ready(Some(Err(Error::InternalError(None))));
            }
        }
        let polled = Pin::new(&mut this.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(_))) = &polled
            && let Some(guest) = &mut this.guest
        {
            // There is room again. Whoever ends now is noticed before the last of its bytes is asked for.
            if let Poll::Ready(Ok(())) = guest.as_mut().poll(cx) {
                this.guest = None;
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
