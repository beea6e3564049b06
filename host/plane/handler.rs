//! From a request to an answer: an instance of its own for each, with bounds on memory and time.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::sync::oneshot;
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{PoolConcurrencyLimitError, Store, StoreLimits, StoreLimitsBuilder, Trap, UpdateDeadline};
use wasmtime_wasi_http::p2::bindings;
use wasmtime_wasi_http::p2::bindings::ProxyPre;
use wasmtime_wasi_http::p2::bindings::http::types::{ErrorCode, Scheme};
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;
use wasmtime_wasi_http::{WasiHttp, WasiHttpCtx, WasiHttpCtxView, WasiHttpView};
use wasmtime_wasi_io::IoView;

use super::bounds::Bounds;
use super::gate::{Gate, Recall};
use super::guided::Guided;
use super::refused::Refused;
use super::taken::Taken;
use super::{Said, Teller};
use crate::engine::{Engine, TICK, Ticking};
use crate::net::Guard;

/// Why a component cannot answer requests.
#[derive(Debug, thiserror::Error)]
#[error("cannot link the component that answers requests: {0:#}")]
pub struct HandlerError(wasmtime::Error);

/// What a store holds while a request is answered. `P` is what the plane's world imports.
pub struct Visit<P> {
    /// The host's side of the plane's imports.
    pub plane: P,
    table: ResourceTable,
    http: WasiHttpCtx,
    /// No component of a plane sends requests.
    out: Guard,
    limits: StoreLimits,
}

impl<P> Visit<P> {
    /// The plane's side, and the instance's resources: for imports that give resources out.
    pub fn parts(&mut self) -> (&mut P, &mut ResourceTable) {
        (&mut self.plane, &mut self.table)
    }
}

impl<P: Send> IoView for Visit<P> {
    fn table(&mut self) -> &mut ResourceTable {
        &mut self.table
    }
}

impl<P: Send> WasiHttpView for Visit<P> {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.out, table: &mut self.table, ctx: &mut self.http }
    }
}

/// A component that answers requests, linked once.
pub struct Handler<G: Gate> {
    engine: Engine,
    linked: ProxyPre<Visit<G::Plane>>,
    gate: G,
    bounds: Bounds,
    closed: Guard,
    teller: Teller,
    next: AtomicU64,
    /// The first half of request ids: another one at each start.
    boot: u32,
    _ticking: Ticking,
}

type Ended = wasmtime::Result<()>;
type Head = Result<Response<HyperOutgoingBody>, ErrorCode>;

impl<G: Gate> Handler<G> {
    /// Links a component: requests and their streams, what `link` adds for the plane, and nothing else.
    ///
    /// # Errors
    ///
    /// When the component wants more than that.
    pub fn new(
        engine: &Engine,
        component: &Component,
        gate: G,
        bounds: Bounds,
        teller: Teller,
        link: impl FnOnce(&mut Linker<Visit<G::Plane>>) -> wasmtime::Result<()>,
    ) -> Result<Self, HandlerError> {
        let linked = || -> wasmtime::Result<ProxyPre<Visit<G::Plane>>> {
            let mut linker: Linker<Visit<G::Plane>> = Linker::new(engine.wasmtime());
            wasmtime_wasi_io::add_to_linker_async(&mut linker)?;
            let options = bindings::LinkOptions::default();
            bindings::http::types::add_to_linker::<_, WasiHttp>(&mut linker, &(&options).into(), Visit::http)?;
            link(&mut linker)?;
            ProxyPre::new(linker.instantiate_pre(component)?)
        };
        let mut boot = [0; 4];
        // Ids that repeat after a restart are a nuisance and no more.
        let _ = getrandom::fill(&mut boot);
        Ok(Self {
            engine: engine.clone(),
            linked: linked().map_err(HandlerError)?,
            gate,
            bounds,
            closed: Guard::closed(),
            teller,
            next: AtomicU64::new(0),
            boot: u32::from_be_bytes(boot),
            _ticking: engine.ticking(),
        })
    }

    /// Answers one request.
    pub async fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> Response<Guided> {
        let begun = Instant::now();
        let id = format!("{:08x}-{:x}", self.boot, self.next.fetch_add(1, Ordering::Relaxed));
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let mut fault = None;
        let mut response = match self.of_component(request, peer, &id).await {
            Ok(response) => response,
            Err((refused, why)) => {
                fault = why;
                refused.answer(&id)
            }
        };
        if let Ok(value) = HeaderValue::from_str(&id) {
            response.headers_mut().insert("x-request-id", value);
        }
        (self.teller)(&Said {
            id: &id,
            method: method.as_str(),
            path: &path,
            status: response.status().as_u16(),
            took: begun.elapsed(),
            fault: fault.as_deref(),
        });
        response
    }

    async fn of_component(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        id: &str,
    ) -> Result<Response<Guided>, (Refused, Option<String>)> {
        self.check(&request).map_err(|refused| (refused, None))?;
        let (mut parts, body) = request.into_parts();
        let admitted = tokio::time::timeout(self.bounds.answer, self.gate.admit(&mut parts, peer, id)).await;
        let plane = match admitted {
            Ok(Ok(plane)) => plane,
            Ok(Err(mut turned)) => {
                let fault = turned.fault.take();
                return Err((Refused::Turned(turned), fault));
            }
            Err(_) => return Err((Refused::Slow, Some("it was not let in in time".to_owned()))),
        };
        let name = match self.gate.recall(&plane, &parts) {
            Recall::Known(answer) => return Ok(answer.map(Guided::whole)),
            Recall::New(name) => Some(name),
            Recall::Never => None,
        };
        let only_head = parts.method == Method::HEAD;
        let request = Request::from_parts(parts, body);
        let (sender, mut receiver) = oneshot::channel::<Head>();
        let mut guest: Pin<Box<dyn Future<Output = Ended> + Send>> = Box::pin(self.guest(plane, request, sender));
        let head = async {
            std::future::poll_fn(|cx| {
                // The guest first: it is what makes the head come.
                let ended = guest.as_mut().poll(cx);
                match (Pin::new(&mut receiver).poll(cx), ended) {
                    (Poll::Ready(Ok(head)), Poll::Ready(ended)) => Poll::Ready(Ok((head, Some(ended)))),
                    (Poll::Ready(Ok(head)), Poll::Pending) => Poll::Ready(Ok((head, None))),
                    (_, Poll::Ready(Err(error))) => Poll::Ready(Err(error)),
                    (_, Poll::Ready(Ok(()))) => Poll::Ready(Err(wasmtime::Error::msg("it ended without an answer"))),
                    (Poll::Ready(Err(_)), Poll::Pending) => Poll::Ready(Err(wasmtime::Error::msg("it gave no answer"))),
                    (Poll::Pending, Poll::Pending) => Poll::Pending,
                }
            })
            .await
        };
        let (head, ended) = match tokio::time::timeout(self.bounds.answer, head).await {
            Ok(Ok(answered)) => answered,
            Ok(Err(error)) => return Err(broke(&error)),
            Err(_) => return Err((Refused::Slow, Some("no answer in time".to_owned()))),
        };
        let response = head.map_err(|code| (Refused::Broke, Some(format!("it answered with {code:?}"))))?;
        if only_head {
            // The head says what an answer to `GET` would say, its length too, and nothing was written.
            return Ok(response.map(|_| Guided::whole(Bytes::new())));
        }
        let rest = match ended {
            Some(Ok(())) => None,
            Some(Err(error)) => {
                // Its answer is there; whether all of it, its length tells.
                self.tell_late(id, &error);
                None
            }
            None => {
                let (teller, id) = (Arc::clone(&self.teller), id.to_owned());
                let rest: super::guided::Rest =
                    Box::pin(async move { guest.await.map_err(|error| late(&teller, &id, &error)) });
                Some(rest)
            }
        };
        let (head, body) = response.into_parts();
        let body = Guided::new(body, rest);
        match name {
            Some(name) if self.gate.may_remember(&head) => Ok(self.remembered(name, head, body).await?),
            _ => Ok(Response::from_parts(head, body)),
        }
    }

    /// The whole answer, which is remembered. Its length is known and small.
    async fn remembered(
        &self,
        name: Vec<u8>,
        head: http::response::Parts,
        body: Guided,
    ) -> Result<Response<Guided>, (Refused, Option<String>)> {
        let whole = match tokio::time::timeout(self.bounds.answer, body.collect()).await {
            Ok(Ok(whole)) => whole.to_bytes(),
            Ok(Err(_)) => return Err((Refused::Broke, Some("its answer broke off".to_owned()))),
            Err(_) => return Err((Refused::Slow, Some("no whole answer in time".to_owned()))),
        };
        let answer = Response::from_parts(head, whole);
        self.gate.remember(name, &answer);
        Ok(answer.map(Guided::whole))
    }

    fn tell_late(&self, id: &str, error: &wasmtime::Error) {
        late(&self.teller, id, error);
    }

    /// What no component has to see.
    fn check(&self, request: &Request<Incoming>) -> Result<(), Refused> {
        let headers = request.headers();
        let hosts = headers.get_all(header::HOST).iter().count();
        let named = request.uri().authority().is_some() || hosts == 1;
        if !named || hosts > 1 {
            return Err(Refused::Host);
        }
        let length = headers.get(header::CONTENT_LENGTH);
        if length.is_some() && headers.contains_key(header::TRANSFER_ENCODING) {
            return Err(Refused::Length);
        }
        let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok()).unwrap_or(0);
        if length > self.bounds.body { Err(Refused::Body(self.bounds.body)) } else { Ok(()) }
    }

    /// The work of an instance, from its first instruction to its last.
    fn guest(
        &self,
        plane: G::Plane,
        request: Request<Incoming>,
        sender: oneshot::Sender<Head>,
    ) -> impl Future<Output = Ended> + Send + 'static {
        let limits = StoreLimitsBuilder::new().memory_size(self.bounds.memory).table_elements(100_000).build();
        let visit =
            Visit { plane, table: ResourceTable::new(), http: WasiHttpCtx::new(), out: self.closed.clone(), limits };
        let mut store = Store::new(self.engine.wasmtime(), visit);
        store.limiter(|visit| &mut visit.limits);
        let mut left = self.bounds.compute.as_nanos() / TICK.as_nanos();
        store.set_epoch_deadline(1);
        // It computes while ticks pass; while it waits, none are counted.
        store.epoch_deadline_callback(move |_| {
            left = left.saturating_sub(1);
            if left == 0 { Err(Trap::Interrupt.into()) } else { Ok(UpdateDeadline::Yield(1)) }
        });
        let (linked, bounds) = (self.linked.clone(), (self.bounds.body, self.bounds.stall));
        async move {
            let request = request.map(|body| Taken::new(body, bounds.0, bounds.1));
            let instance = linked.instantiate_async(&mut store).await?;
            let request = store.data_mut().http().new_incoming_request(Scheme::Http, request)?;
            let out = store.data_mut().http().new_response_outparam(sender)?;
            instance.wasi_http_incoming_handler().call_handle(&mut store, request, out).await
        }
    }
}

/// Tells of what went wrong after the head of an answer.
fn late(teller: &Teller, id: &str, error: &wasmtime::Error) {
    let why = format!("{error:#}");
    (teller)(&Said { id, method: "", path: "", status: 0, took: std::time::Duration::ZERO, fault: Some(&why) });
}

/// What a component that did not come to its end means for whoever asked.
fn broke(error: &wasmtime::Error) -> (Refused, Option<String>) {
    if error.is::<PoolConcurrencyLimitError>() {
        return (Refused::Full, Some(format!("{error:#}")));
    }
    let refused = match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => Refused::Slow,
        _ => Refused::Broke,
    };
    (refused, Some(format!("{error:#}")))
}
