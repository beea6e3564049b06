//! Requests below a path go to a component of the workbook, all others on to the next handler.
//!
//! Neither request nor answer is touched: the component sees the whole path.

/// Whether a request is below a path: that path itself, or one that goes on with `/`.
#[must_use]
pub fn is_below(target: &str, path: &str) -> bool {
    let target = target.split(['?', '#']).next().unwrap_or(target);
    target.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(target_family = "wasm")]
mod component {
    //! The component: hands the two handles on.

    wit_bindgen::generate!({ path: "../../wit/artifact", world: "route", generate_all });

    use exports::wasi::http::incoming_handler::{Guest, IncomingRequest, ResponseOutparam};

    struct Route;

    impl Guest for Route {
        fn handle(request: IncomingRequest, out: ResponseOutparam) {
            let target = request.path_with_query().unwrap_or_default();
            if super::is_below(&target, &self::path()) {
                inner::handle(request, out);
            } else {
                next::handle(request, out);
            }
        }
    }

    export!(Route);
}

#[cfg(test)]
mod tests {
    use super::is_below;

    #[test]
    fn a_path_is_whole_segments() {
        for target in ["/api", "/api/", "/api/x?y", "/api?x=/"] {
            assert!(is_below(target, "/api"), "{target}");
        }
        for target in ["/apis", "/", "", "/x/api", "/x?/api"] {
            assert!(!is_below(target, "/api"), "{target}");
        }
    }
}
