//! Between a component of an artifact and its host: what was not granted is refused here, whatever the host gives.
//!
//! One package, several guests, chosen by features (see `Cargo.toml`), because what a component imports is its permission
//! list: `system` answers all of WASI that needs no right and imports nothing; `time` adds the monotonic clock, `files`
//! folders; `passive` is `system` for components that speak HTTP; `variables` and `requests` are filters by themselves. `policy` reads what was granted and is the only part
//! that decides; the others know WASI.

pub mod policy;

#[cfg(all(target_family = "wasm", any(feature = "system", feature = "passive")))]
mod empty;

#[cfg(all(target_family = "wasm", feature = "system"))]
mod system;

#[cfg(all(target_family = "wasm", feature = "passive"))]
mod passive;

#[cfg(all(target_family = "wasm", feature = "variables"))]
mod variables {
    //! The environment, less what was not granted. Arguments and the working directory are not part of any right.

    use crate::policy;

    wit_bindgen::generate!({ path: "../../wit/attenuator", world: "variables", generate_all });

    use wasi::cli::environment;

    struct Filter;

    impl exports::wasi::cli::environment::Guest for Filter {
        fn get_environment() -> Vec<(String, String)> {
            let granted = self::policy();
            let mut variables = environment::get_environment();
            variables.retain(|(name, _)| policy::names(&granted).any(|granted| granted == name));
            variables
        }

        fn get_arguments() -> Vec<String> {
            Vec::new()
        }

        fn initial_cwd() -> Option<String> {
            None
        }
    }

    export!(Filter);
}

#[cfg(all(target_family = "wasm", feature = "requests"))]
mod requests {
    //! Requests to the hosts that were granted; all others are refused before the host sees them.

    use crate::policy;

    wit_bindgen::generate!({ path: "../../wit/attenuator", world: "requests", generate_all });

    use exports::wasi::http::outgoing_handler::{
        ErrorCode, FutureIncomingResponse, Guest, OutgoingRequest, RequestOptions,
    };
    use wasi::http::outgoing_handler;
    use wasi::http::types::Scheme;

    struct Filter;

    impl Guest for Filter {
        fn handle(
            request: OutgoingRequest,
            options: Option<RequestOptions>,
        ) -> Result<FutureIncomingResponse, ErrorCode> {
            let tls = match request.scheme() {
                None | Some(Scheme::Https) => true,
                Some(Scheme::Http) => false,
                Some(Scheme::Other(_)) => return Err(ErrorCode::HttpRequestDenied),
            };
            let authority = request.authority().unwrap_or_default();
            if !policy::reaches(&self::policy(), tls, &authority) {
                return Err(ErrorCode::HttpRequestDenied);
            }
            outgoing_handler::handle(request, options)
        }
    }

    export!(Filter);
}
