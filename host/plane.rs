//! The HTTP planes: listeners, and behind them components that answer what comes in.
//!
//! The host accepts connections, bounds what each may cost, and gives every request an instance of its own. What is answered is
//! decided in the component, which has the imports of its world (`wit/plane`) and nothing else.

pub mod bounds;
mod connection;
pub mod control;
pub mod files;
mod gate;
mod guided;
mod handler;
mod listener;
mod patient;
pub mod public;
mod refused;
mod taken;
mod timer;
pub mod workbook;

pub use bounds::Bounds;
pub use gate::{Gate, Open, Recall, Turned};
pub use handler::{Handler, HandlerError, Visit};
pub use listener::{Bound, ListenError, bind};

use std::time::Duration;

/// What is told of a request when its answer has begun. The query is left out: people put secrets there.
#[derive(Debug, Clone)]
pub struct Said<'a> {
    /// The request's name in logs, which its answer carries as `x-request-id`.
    pub id: &'a str,
    /// The method.
    pub method: &'a str,
    /// The path.
    pub path: &'a str,
    /// The status.
    pub status: u16,
    /// Time until the head of the answer was there.
    pub took: Duration,
    /// What went wrong on this side, for the operator and not for the caller.
    pub fault: Option<&'a str>,
}

/// Who is told of requests.
pub type Teller = std::sync::Arc<dyn Fn(&Said<'_>) + Send + Sync>;
