//! The host's side of `wb:plane/published`: the snapshot that a request's host shows.
//!
//! The gate finds it before there is an instance, so an instance has one snapshot and nothing else, and an answer is of one
//! snapshot whatever is published meanwhile. What is remembered, and for how long, is in `shelf`.

mod content;
mod memory;
mod recent;
mod shelf;

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{Response, header};
use wasmtime::component::{HasData, Linker, Resource, ResourceTable};
use wasmtime_wasi_io::streams::DynInputStream;

use self::content::Content;
use self::memory::Memory;
use self::shelf::{Shelf, Snapshot};
use super::gate::{Gate, Recall, Turned};
use super::handler::{Handler, HandlerError, Visit};
use super::{Bounds, Said, Teller};
use crate::cache::Cache;
use crate::engine::{CompileError, Engine};
use crate::store::{Error, Store};

mod bindings {
    #![allow(missing_docs, unreachable_pub, clippy::all)]
    wasmtime::component::bindgen!({
        path: "wit/plane",
        world: "public-host",
        imports: {
            "wb:plane/published.read": async | trappable,
            default: trappable,
        },
        with: { "wasi:io": wasmtime_wasi_io::bindings::wasi::io },
    });
}

use bindings::wb::plane::published::{File, Host, add_to_linker};

/// Why nothing is served.
#[derive(Debug, thiserror::Error)]
pub enum PublicError {
    /// The component does not compile.
    #[error("cannot load the public plane: {0}")]
    Compile(#[from] CompileError),
    /// It wants more than its world has.
    #[error(transparent)]
    Link(#[from] HandlerError),
}

/// What answers on the public port.
///
/// # Errors
///
/// When the component that is built into the binary does not compile or link, both of which the tests rule out.
pub fn handler(
    engine: &Engine,
    cache: Option<&Cache>,
    store: &Store,
    bounds: Bounds,
    teller: Teller,
) -> Result<Arc<Handler<Sites>>, PublicError> {
    with_component(wb_components::PLANE_PUBLIC, engine, cache, store, bounds, teller)
}

/// The same with a component of one's own. It gets requests, and what is published.
///
/// # Errors
///
/// When it does not compile, or wants more than that.
pub fn with_component(
    binary: &[u8],
    engine: &Engine,
    cache: Option<&Cache>,
    store: &Store,
    bounds: Bounds,
    teller: Teller,
) -> Result<Arc<Handler<Sites>>, PublicError> {
    let component = engine.component(binary, cache)?.code;
    let sites =
        Sites { shelf: Arc::new(Shelf::new(store)), memory: Arc::new(Memory::new()), teller: Arc::clone(&teller) };
    Ok(Arc::new(Handler::new(engine, &component, sites, bounds, teller, link)?))
}

/// Everything that is published. Clones are the same.
#[derive(Clone)]
pub struct Sites {
    shelf: Arc<Shelf>,
    memory: Arc<Memory>,
    teller: Teller,
}

/// What an instance has for its one request.
pub struct Seat {
    snapshot: Arc<Snapshot>,
    shelf: Arc<Shelf>,
    teller: Teller,
    id: String,
}

impl Gate for Sites {
    type Plane = Seat;

    async fn admit(&self, request: &mut Parts, _: SocketAddr, id: &str) -> Result<Seat, Turned> {
        // The target's authority counts where there is one (RFC 9112, section 3.2.2).
        let host = match request.uri.authority() {
            Some(authority) => Some(authority.as_str()),
            None => request.headers.get(header::HOST).and_then(|host| host.to_str().ok()),
        };
        let snapshot = match host {
            Some(host) => self.shelf.shown(host).await,
            None => Err(Error::NotFound(String::new())),
        };
        let snapshot = snapshot.map_err(|error| turned(&error))?;
        let (shelf, teller) = (Arc::clone(&self.shelf), Arc::clone(&self.teller));
        Ok(Seat { snapshot, shelf, teller, id: id.to_owned() })
    }

    fn recall(&self, seat: &Seat, request: &Parts) -> Recall {
        self.memory.recall(seat.snapshot.id, request)
    }

    fn remember(&self, name: Vec<u8>, answer: &Response<Bytes>) {
        self.memory.remember(name, answer);
    }

    fn may_remember(&self, answer: &http::response::Parts) -> bool {
        memory::may_be_kept(answer.status, &answer.headers)
    }
}

/// The answer where there is no snapshot. It says nothing of what there is at other hosts.
fn turned(error: &Error) -> Turned {
    let policy = (header::CONTENT_SECURITY_POLICY, header::HeaderValue::from_static("default-src 'none'"));
    match error {
        Error::NotFound(_) => Turned {
            status: 404,
            code: "not_found",
            message: "no site is shown at this host".to_owned(),
            headers: vec![policy],
            fault: None,
        },
        error => Turned {
            status: 503,
            code: "unavailable",
            message: "this cannot be read just now; try again".to_owned(),
            headers: vec![policy],
            fault: Some(error.to_string()),
        },
    }
}

struct Shown;

impl HasData for Shown {
    type Data<'a> = Reader<'a>;
}

/// A seat, with what the instance has of streams.
struct Reader<'a> {
    seat: &'a mut Seat,
    table: &'a mut ResourceTable,
}

fn link(linker: &mut Linker<Visit<Seat>>) -> wasmtime::Result<()> {
    add_to_linker::<_, Shown>(linker, |visit| {
        let (seat, table) = visit.parts();
        Reader { seat, table }
    })
}

impl Host for Reader<'_> {
    fn find(&mut self, paths: Vec<String>) -> wasmtime::Result<Option<File>> {
        Ok(self.seat.snapshot.find(&paths))
    }

    async fn read(
        &mut self,
        path: String,
        coding: String,
        offset: u64,
        length: u64,
    ) -> wasmtime::Result<Option<Resource<DynInputStream>>> {
        let Some(entry) = self.seat.snapshot.entry(&path, &coding) else { return Ok(None) };
        match self.seat.shelf.read(&self.seat.snapshot, &entry).await {
            Ok(held) => {
                let stream: DynInputStream = Box::new(Content::new(held, offset, length));
                Ok(Some(self.table.push(stream)?))
            }
            Err(error) => {
                let (id, fault) = (self.seat.id.as_str(), error.to_string());
                let took = std::time::Duration::ZERO;
                (self.seat.teller)(&Said { id, method: "", path: &path, status: 0, took, fault: Some(&fault) });
                Ok(None)
            }
        }
    }
}
