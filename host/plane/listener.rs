//! A listening address: connections are accepted up to a number, and at the end let go.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::bounds::Bounds;
use super::connection;
use super::gate::Gate;
use super::handler::Handler;

/// How long to wait when the system has no more files for connections.
const BREATH: Duration = Duration::from_millis(50);

/// Why nothing listens.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {reason}")]
pub struct ListenError {
    /// Where.
    pub address: SocketAddr,
    /// Why not.
    pub reason: std::io::Error,
}

/// An address that connections can come to.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
}

/// Binds an address; port 0 is any free one. To be called within a runtime.
///
/// # Errors
///
/// When the address is taken, or not ours to take.
pub async fn bind(address: SocketAddr) -> Result<Bound, ListenError> {
    let bound = async {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Bound { listener, address })
    };
    bound.await.map_err(|reason| ListenError { address, reason })
}

impl Bound {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `ending` is true; then lets requests that are under way end, for as long as they may.
    pub async fn serve<G: Gate>(self, handler: Arc<Handler<G>>, bounds: Bounds, ending: watch::Receiver<bool>) {
        let places = Arc::new(Semaphore::new(bounds.connections));
        let mut connections = JoinSet::new();
        let mut end = ending.clone();
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                _ = end.wait_for(|ending| *ending) => break,
            };
            // Those that have ended are not kept until the end.
            while connections.try_join_next().is_some() {}
            let Ok((stream, peer)) = accepted else {
                tokio::time::sleep(BREATH).await;
                continue;
            };
            // Closed at once: a place in a queue would be a place an attacker holds.
            let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
            let (handler, bounds, ending) = (Arc::clone(&handler), bounds.clone(), ending.clone());
            connections.spawn(async move {
                connection::serve(stream, peer, handler, bounds, ending).await;
                drop(place);
            });
        }
        drop(self.listener);
        let all = async { while connections.join_next().await.is_some() {} };
        // What has not ended by then is dropped with the set.
        drop(tokio::time::timeout(bounds.drain, all).await);
    }
}
