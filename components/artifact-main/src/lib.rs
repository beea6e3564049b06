//! The entry point of a workbook that was composed into a program: pull all outputs, print them as one JSON object.
//!
//! Nothing here can be tried without a host, so everything is the component; `tests/compose.rs` runs it under stock
//! `wasmtime`.

#[cfg(target_family = "wasm")]
mod component {
    //! The component.

    wit_bindgen::generate!({ path: "../../wit/artifact", world: "main", generate_all });

    use exports::wasi::cli::run::Guest;
    use wasi::io::streams::OutputStream;

    struct Main;

    impl Guest for Main {
        fn run() -> Result<(), ()> {
            match outputs() {
                Ok(json) => write(&wasi::cli::stdout::get_stdout(), &json),
                Err(error) => {
                    let line = format!("error: `{}`: {}", error.component, error.message);
                    // The failure stands, whether or not anyone can read why.
                    let _ = write(&wasi::cli::stderr::get_stderr(), &line);
                    Err(())
                }
            }
        }
    }

    /// Writes a line in the pieces the interface allows.
    fn write(stream: &OutputStream, line: &str) -> Result<(), ()> {
        let bytes = [line.as_bytes(), b"\n"].concat();
        bytes.chunks(4096).try_for_each(|chunk| stream.blocking_write_and_flush(chunk).map_err(|_| ()))
    }

    export!(Main);
}
