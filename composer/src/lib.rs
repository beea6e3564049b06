//! From a plan and its parts to component bytes. Pure: no I/O, no engine.
//!
//! - [`types`]: value types of ports, from WIT text or from a binary. - [`signature`]: what a component exports.
//! - [`adapter`]: the generated component around each node that makes ports into functions.
//! - [`wire`]: members linked into one component with `wac-graph`. - [`partition`]: which members go together.
//! - [`hoist`]: core modules out of components and back, so that code is compiled once and compositions are wiring.
//! - [`script_engine`]: QuickJS and our glue linked into one module without host imports, by [`dylink`].
//! - [`python_engine`]: the same for CPython. - [`stored_engine`]: such a module beside a memory, as a component.
//! - [`assemble`]: components of anybody's, linked by hand.
//! - [`authority`]: which imports mint rights and are therefore named per node. - [`right`]: rights as they are asked for.

pub mod abi;
pub mod adapter;
pub mod assemble;
pub mod authority;
pub mod census;
mod declare;
pub mod descriptor;
pub mod dylink;
pub mod encode_core;
pub mod hoist;
pub mod label;
pub mod partition;
pub mod python_engine;
pub mod right;
pub mod script_engine;
pub mod signature;
mod sink;
pub mod stored_engine;
pub mod types;
pub mod wire;
