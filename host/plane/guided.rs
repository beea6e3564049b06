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
    broke: bool,
}

impl Guided {
    pub(super) fn new(body: HyperOutgoingBody, guest: Option<Rest>) -> Self {
        Self { guest, body, broke: false }
    }

    /// Lets the guest run until it waits. One that broke leaves a body of which nobody knows whether it is whole.
    fn go_on(&mut self, cx: &mut Context<'_>) -> Result<(), Error> {
        if let Some(guest) = &mut self.guest
            && let Poll::Ready(ended) = guest.as_mut().poll(cx)
        {
            self.guest = None;
            self.broke |= ended.is_err();
        }
        if self.broke { Err(Error::InternalError(None)) } else { Ok(()) }
    }

    /// A body that is all there.
    pub(super) fn whole(bytes: impl Into<Bytes>) -> Self {
        let body = Full::new(bytes.into()).map_err(|never| match never {});
        Self { guest: None, body: body.boxed_unsync(), broke: false }
    }
}

impl Body for Guided {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        if let Err(broke) = this.go_on(cx) {
            return Poll::Ready(Some(Err(broke)));
        }
        let polled = Pin::new(&mut this.body).poll_frame(cx);
        if matches!(polled, Poll::Ready(Some(Ok(_)))) {
            // There is room for more, which is written now rather than when it is asked for. That it broke is told then.
            this.broke |= this.go_on(cx).is_err();
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
