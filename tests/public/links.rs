//! What a component on the public plane can ask for, and that there is nothing else.

use std::sync::Arc;

use wasmtime::component::Component;
use wb::plane::public::{PublicError, with_component};
use wb::plane::{Bounds, Said};

use crate::server::Server;
use crate::site::tools;

/// Why a component does not link.
fn refused(server: &Server, binary: &[u8]) -> String {
    let teller = Arc::new(|_: &Said<'_>| {});
    match with_component(binary, &tools().engine, None, &server.store, Bounds::default(), teller) {
        Ok(_) => panic!("it links"),
        Err(PublicError::Link(error)) => error.to_string(),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn the_component_asks_for_requests_and_for_what_is_published() {
    let engine = tools().engine.wasmtime();
    let component = Component::new(engine, wb_components::PLANE_PUBLIC).unwrap();
    let ty = component.component_type();
    let mut imports: Vec<&str> = ty.imports(engine).map(|(name, _)| name.split('@').next().unwrap()).collect();
    imports.sort_unstable();
    assert_eq!(imports, ["wasi:http/types", "wasi:io/error", "wasi:io/streams", "wb:plane/published"]);
}

#[test]
fn one_that_asks_for_more_does_not_link() {
    let server = Server::start();
    // The plane that can run workbooks.
    assert!(refused(&server, wb_components::PLANE_WORKBOOK).contains("wb:plane/workbook"));
    for import in [
        "wb:plane/workbook@0.1.0",
        "wb:plane/control@0.1.0",
        "wasi:http/outgoing-handler@0.2.0",
        "wasi:filesystem/types@0.2.0",
        "wasi:filesystem/preopens@0.2.0",
        "wasi:cli/environment@0.2.0",
        "wasi:clocks/wall-clock@0.2.0",
        "wasi:random/random@0.2.0",
        "wasi:sockets/tcp@0.2.0",
    ] {
        let text = format!("(component (import \"{import}\" (instance (export \"f\" (func (result u32))))))");
        let why = refused(&server, &wat::parse_str(&text).unwrap());
        let name = import.split('@').next().unwrap();
        assert!(why.contains(name) && why.contains("not found in the linker"), "{import}: {why}");
    }
    // What is published cannot be written to under any name.
    for function in ["write", "publish", "remove", "rollback", "list-hosts"] {
        let text = format!(
            "(component (import \"wb:plane/published@0.1.0\" (instance (export \"{function}\" (func (param \"path\" string))))))"
        );
        assert!(refused(&server, &wat::parse_str(&text).unwrap()).contains(function));
    }
}
