//! A small document from an address that an operator or the host itself names: asked for through the guard, like every request that
//! others cause. No redirects, one connection, bounded in time and size.

use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use http::{Request, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use tokio::sync::Semaphore;

use super::{Rules, target};
use crate::policy::Addresses;

/// What is fetched, and how much of it.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Most bytes of an answer that are looked at.
    pub size: usize,
    /// Time for all of it.
    pub time: Duration,
    /// The media type that is asked for.
    pub accept: &'static str,
}

/// The bytes at a URL, where its answer is a success. `addresses` are reached beside the public ones.
///
/// # Errors
///
/// What was found instead, with the URL.
pub async fn fetch(url: &str, addresses: &[Addresses], bounds: Bounds) -> Result<Vec<u8>, String> {
    match tokio::time::timeout(bounds.time, get(url, addresses, bounds)).await {
        Ok(found) => found,
        Err(_) => Err(format!("`{url}` did not answer in {} s", bounds.time.as_secs())),
    }
}

async fn get(url: &str, addresses: &[Addresses], bounds: Bounds) -> Result<Vec<u8>, String> {
    let bad = |why: &str| format!("`{url}`: {why}");
    let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
    let request = Request::get(url).header(header::ACCEPT, bounds.accept).body(body);
    let mut request = request.map_err(|error| bad(&error.to_string()))?;
    let to = target(request.uri()).map_err(|refused| bad(&refused.words()))?;
    if let Some(authority) = request.uri().authority().map(|authority| authority.as_str().to_owned())
        && let Ok(value) = authority.parse()
    {
        request.headers_mut().insert(header::HOST, value);
    }
    let rules = Rules {
        net: vec![to],
        secrets: Vec::new(),
        addresses: addresses.to_vec(),
        log: Mutex::default(),
        requests: AtomicUsize::new(0),
        connections: Semaphore::new(1),
    };
    let (response, driver) = rules.send(request, None).await.map_err(|refused| bad(&refused.words()))?;
    let driving = Driving(tokio::spawn(driver_of(driver)));
    let status = response.status();
    let body = Limited::new(response.into_body(), bounds.size).collect().await;
    drop(driving);
    if !status.is_success() {
        return Err(bad(&format!("answers with status {}", status.as_u16())));
    }
    Ok(body.map_err(|_| bad("its answer broke off, or is too long"))?.to_bytes().to_vec())
}

/// A connection that ends when nobody waits for it any more.
struct Driving(tokio::task::JoinHandle<()>);

impl Drop for Driving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn driver_of(driver: super::Driver) {
    // What ends the connection early ends the body as well.
    drop(Box::into_pin(driver).await);
}
