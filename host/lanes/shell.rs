//! Shell: the block is data for our own shell, which is in the binary. The host's shell is never started.
//!
//! Nothing is compiled here. What values look like in a script is decided in the guest (`components/shell`).

use serde_json::{Value, json};
use wb_composer::adapter;

use super::interpreter::{Given, Interpreter};
use super::{Job, Library, Made, Port, Problem};

/// Part of every node key of this lane: raised when the same script means something else.
pub const VERSION: &str = "shell 1";

/// Wraps a block: its source and its ports, for the guest to read.
#[must_use]
pub fn make(job: &Job<'_>) -> Made {
    let ports = |ports: &[Port]| -> Vec<Value> {
        let port = |port: &Port| json!({ "name": port.name, "type": port.ty.to_string(), "bulk": adapter::bulk_width(&port.ty).is_some() });
        ports.iter().map(port).collect()
    };
    let script = json!({ "source": job.source, "ins": ports(job.inputs), "outs": ports(job.outputs) });
    Made::Script { interpreter: Interpreter::Shell, script: script.to_string(), library: Library::default() }
}

/// What is granted as values: the time, and a seed.
#[must_use]
pub fn prelude(given: Given) -> String {
    json!({ "now": given.now, "seed": given.seed }).to_string()
}

/// The guest's message: a place in the block, then what is wrong.
#[must_use]
pub fn explain(message: &str, source: &str) -> Problem {
    let (place, text) = message.split_once('\n').unwrap_or(("", message));
    let numbers = place.split_once(':').map(|(line, column)| (line.parse::<u32>(), column.parse::<u32>()));
    match numbers {
        Some((Ok(line), Ok(column))) => {
            let lines = u32::try_from(source.lines().count()).unwrap_or(u32::MAX);
            let line = line.clamp(1, lines.max(1));
            // The first column is where every command's line begins: it says nothing.
            let column = (column > 1).then_some(column);
            Problem { message: text.to_owned(), line: Some(line), column, help: None, within: None }
        }
        _ => Problem::at_start(message, None),
    }
}

#[cfg(test)]
mod tests {
    use super::explain;

    #[test]
    fn the_place_stands_in_the_first_line() {
        let problem = explain("3:7\nsyntax error: `if` has no `then`", "a\nb\nc");
        assert_eq!((problem.line, problem.column), (Some(3), Some(7)));
        assert_eq!(problem.message, "syntax error: `if` has no `then`");
        assert_eq!(explain("9:1\nx", "a\nb").line, Some(2));
        assert_eq!(explain("no place", "a\nb").message, "no place");
    }
}
