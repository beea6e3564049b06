//! WebAssembly text: a core module or a component, written by hand.

use wb_composer::encode_core;
use wb_composer::signature::{self, Offer};
use wb_composer::types::Signature;

use super::{Failure, Job, Made, Problem};

/// Part of every node key of this lane.
pub const VERSION: &str = "wat 1";

/// Assembles a block. A core module is given the component form of the node's signature.
///
/// # Errors
///
/// When the text does not assemble, or what it exports is not the node's function.
pub fn make(job: &Job<'_>) -> Result<Made, Failure> {
    let binary = wat::parse_str(job.source).map_err(|error| Failure::one(problem(&error.to_string())))?;
    if is_component(&binary) {
        return pick(binary, job.heading, Some(&job.signature.name));
    }
    let mut signature = job.signature.clone();
    if let Some(name) = encode_core::only_function(&binary) {
        signature.name = name;
    }
    let component = encode_core::function(&binary, &signature)
        .map_err(|error| Failure::one(Problem::at_start(error.to_string(), None)))?;
    Ok(Made::Function { component, interface: None, signature })
}

/// Chooses the function of a precompiled component: the only one; else the one named like the heading; else `run`.
///
/// # Errors
///
/// When the bytes are no component or none of its functions can be chosen.
pub fn pick(component: Vec<u8>, heading: &str, name: Option<&str>) -> Result<Made, Failure> {
    let offer: Offer = signature::offer(&component).map_err(|error| {
        Failure::one(Problem::at_start(error.to_string(), Some("give a component with one exported function")))
    })?;
    let wanted = [name, Some(heading), Some("run")];
    let by_name = wanted.iter().flatten().find_map(|name| offer.functions.iter().find(|f| f.signature.name == *name));
    let only = match offer.functions.as_slice() {
        [only] => Some(only),
        _ => by_name,
    };
    match only {
        Some(exported) => {
            let (interface, signature): (Option<String>, Signature) =
                (exported.interface.clone(), exported.signature.clone());
            Ok(Made::Function { component, interface, signature })
        }
        None if offer.handler => Ok(Made::Handler { component }),
        None if offer.program => Ok(Made::Program { component }),
        None => {
            let names: Vec<String> = offer.functions.iter().map(|f| format!("`{}`", f.signature.name)).collect();
            let message = if names.is_empty() {
                "the component exports no function".to_owned()
            } else {
                format!("the component exports {} and none is named `{heading}` or `run`", names.join(", "))
            };
            Err(Failure::one(Problem::at_start(message, Some("name the function in `:sig:`"))))
        }
    }
}

/// A component's header differs from a module's in the layer field (Component Model, Binary: "Preamble").
fn is_component(binary: &[u8]) -> bool {
    binary.get(6..8) == Some(&[1, 0])
}

/// `wat` draws the place itself, as `     --> <anon>:3:5`; the place is taken from there and the drawing left out.
fn problem(text: &str) -> Problem {
    let mut place =
        text.lines().find_map(|line| line.trim_start().strip_prefix("--> <anon>:")).unwrap_or("").split(':');
    let mut number = || place.next().and_then(|n| n.trim().parse().ok());
    let (line, column) = (number(), number());
    let message = text.lines().next().unwrap_or("the text does not assemble").to_owned();
    Problem { message, line, column, within: None, help: None }
}
