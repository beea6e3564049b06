//! One connection: HTTP/1.1, or HTTP/2 for whoever begins with its preface (RFC 9113, section 3.3).

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Duration, sleep, timeout};
use wasmtime_wasi_http::io::TokioIo;

use super::bounds::Bounds;
use super::gate::Gate;
use super::handler::Handler;
use super::patient::Patient;
use super::timer::Tokio;

/// How the preface of HTTP/2 begins. No method does.
const PREFACE: &[u8] = b"PRI";

/// How often a client is looked at that has sent less than the first bytes.
const AGAIN: Duration = Duration::from_millis(10);

/// Between two questions whether an HTTP/2 client is still there, and the time for its answer.
const PING: Duration = Duration::from_secs(20);

/// Answers what comes over a connection, until it ends or the server does.
pub(super) async fn serve<G: Gate>(
    stream: TcpStream,
    peer: SocketAddr,
    handler: Arc<Handler<G>>,
    bounds: Bounds,
    mut ending: watch::Receiver<bool>,
) {
    // Answers are written whole; waiting for more to send would only delay them.
    drop(stream.set_nodelay(true));
    let first = tokio::select! {
        first = timeout(bounds.head, begins_with_preface(&stream)) => first,
        _ = ending.wait_for(|ending| *ending) => return,
    };
    let Ok(Some(newer)) = first else { return };
    let io = TokioIo::new(Patient::new(stream, bounds.stall));
    let service = service_fn(move |request| {
        let handler = Arc::clone(&handler);
        async move { Ok::<_, Infallible>(handler.answer(request, peer).await) }
    });
    // What ends a connection is the client's affair: it is gone, too slow, or speaks something else.
    if newer {
        let mut builder = http2::Builder::new(Tokio);
        builder
            .timer(Tokio)
            .keep_alive_interval(PING)
            .keep_alive_timeout(PING)
            .max_concurrent_streams(bounds.streams)
            .max_header_list_size(u32::try_from(bounds.head_bytes).unwrap_or(u32::MAX));
        let connection = builder.serve_connection(io, service);
        tokio::pin!(connection);
        tokio::select! {
            _ = &mut connection => return,
            _ = ending.wait_for(|ending| *ending) => connection.as_mut().graceful_shutdown(),
        }
        drop(connection.await);
    } else {
        let mut builder = http1::Builder::new();
        builder
            .timer(Tokio)
            .header_read_timeout(bounds.head)
            .max_buf_size(bounds.head_bytes.max(8 << 10))
            .max_headers(bounds.head_lines)
            .half_close(false);
        let connection = builder.serve_connection(io, service);
        tokio::pin!(connection);
        tokio::select! {
            _ = &mut connection => return,
            _ = ending.wait_for(|ending| *ending) => connection.as_mut().graceful_shutdown(),
        }
        drop(connection.await);
    }
}

/// Whether the client begins as HTTP/2 does. `None` when it is gone.
async fn begins_with_preface(stream: &TcpStream) -> Option<bool> {
    let mut first = [0; PREFACE.len()];
    loop {
        match stream.peek(&mut first).await {
            Ok(0) | Err(_) => return None,
            Ok(len) if first[..len] != PREFACE[..len] => return Some(false),
            Ok(len) if len == PREFACE.len() => return Some(true),
            Ok(_) => sleep(AGAIN).await,
        }
    }
}
