//! The inputs of a workbook that was composed into a handler of HTTP requests: those of the request that is being answered.
//!
//! How a text becomes a value is a file of `artifact-args`: taken as a file, because the exports of two components
//! would collide in one module.

#[path = "../../artifact-args/src/inputs.rs"]
pub mod inputs;

#[cfg(target_family = "wasm")]
mod component {
    //! The component: keeps the inputs of one request at a time.

    use std::cell::RefCell;

    use crate::inputs::Inputs;

    wit_bindgen::generate!({ path: "../../wit/artifact", world: "inputs", generate_all });

    struct Current;

    thread_local! {
        static INPUTS: RefCell<Inputs> = RefCell::new(Inputs::default());
    }

    impl Guest for Current {
        fn set(mut texts: Vec<String>, json: String) -> Result<(), String> {
            if !json.is_empty() {
                texts.push("-".to_owned());
            }
            let inputs = Inputs::parse(&texts, || json.into_bytes())?;
            INPUTS.with(|current| current.replace(inputs));
            Ok(())
        }

        fn get(name: String, ty: String, default: String) -> Result<String, String> {
            INPUTS.with(|current| current.borrow().get(&name, &ty, &default)).map_err(|_| {
                format!("input `{name}` ({ty}) has no value; give `{name}=…` in the query, or as a key of the JSON object that is posted")
            })
        }
    }

    export!(Current);
}
