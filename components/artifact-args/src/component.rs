//! The component: asks WASI for arguments and standard input, once.

use std::cell::OnceCell;

use crate::inputs::Inputs;

wit_bindgen::generate!({ path: "../../wit/artifact", world: "args", generate_all });

struct Args;

thread_local! {
    static INPUTS: OnceCell<Result<Inputs, String>> = const { OnceCell::new() };
}

impl Guest for Args {
    fn get(name: String, ty: String, default: String) -> Result<String, String> {
        INPUTS.with(|inputs| match inputs.get_or_init(read) {
            Ok(inputs) => inputs.get(&name, &ty, &default),
            Err(message) => Err(message.clone()),
        })
    }
}

fn read() -> Result<Inputs, String> {
    let arguments = wasi::cli::environment::get_arguments();
    // The first one is the program's own name.
    Inputs::parse(arguments.get(1..).unwrap_or_default(), stdin)
}

fn stdin() -> Vec<u8> {
    let stream = wasi::cli::stdin::get_stdin();
    let mut bytes = Vec::new();
    while let Ok(chunk) = stream.blocking_read(1 << 16) {
        bytes.extend(chunk);
    }
    bytes
}

export!(Args);
