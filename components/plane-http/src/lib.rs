//! What the components of the HTTP planes share: a request taken apart (`request`), an answer put together (`answer`), what other sites may
//! not send (`guard`), text as HTML and JSON (`text`), and the only file that knows `wasi:http` (`wire`). It knows no route.

pub mod answer;
pub mod guard;
pub mod request;
pub mod text;
pub mod wire;

/// `wasi:http` for `wire`, and for the components that export a handler over the same types.
pub mod bindings {
    #![allow(missing_docs, clippy::all)]
    wit_bindgen::generate!({ path: "../../wit/plane", world: "http", generate_all });
}
