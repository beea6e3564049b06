//! The control plane over HTTP: workbooks with their history, what the kernel makes of them, runs, sites, variables, keys.
//!
//! `table` lists every route; `router` finds the one a request is for and checks everything the table says about it; `openapi` tells the same
//! to others. `shape` is what values look like, for both. Handlers are in `routes/`. Whose data it is was decided before the instance
//! began: nothing here can name another tenant.

pub mod openapi;
pub mod pages;
pub mod router;
pub mod shape;
pub mod shapes;
pub mod table;

pub mod conditions;
pub mod problem;
pub mod routes;

#[cfg(target_family = "wasm")]
mod component;

/// The host's side, as `wit/plane/control.wit` has it.
pub mod host {
    #![allow(missing_docs, clippy::all, clippy::pedantic)]
    wit_bindgen::generate!({
        path: "../../wit/plane",
        world: "control-plane",
        generate_all,
        pub_export_macro: true,
        default_bindings_module: "crate::host",
        with: {
            "wasi:http/types@0.2.0": plane_http::bindings::wasi::http::types,
            "wasi:io/streams@0.2.0": plane_http::bindings::wasi::io::streams,
            "wasi:io/error@0.2.0": plane_http::bindings::wasi::io::error,
        },
    });
}
