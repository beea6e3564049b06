//! The component: `wasi:http` in, the host's interfaces behind it.

use plane_http::wire::{read, send};

use crate::host::exports::wasi::http::incoming_handler::{Guest, IncomingRequest, ResponseOutparam};
use crate::router;

struct Plane;

impl Guest for Plane {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let request = read(&request);
        send(router::answer(&request), request.method == "HEAD", out);
    }
}

crate::host::export!(Plane);
