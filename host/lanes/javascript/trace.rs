//! What the engine says of an error, as the reader should have it: the message, the place where it happened, and how it
//! got there, all in lines of the Org file.

use super::{Library, MODULE};
use crate::kernel::types::Span;
use crate::lanes::Problem;

/// Callers that are shown. The engine keeps ten.
const CALLERS: usize = 10;

/// Where the engine was, as far as it is code of the workbook.
#[derive(Debug, Clone, PartialEq)]
struct Frame {
    function: String,
    /// Empty for the block itself.
    module: String,
    line: u32,
    column: Option<u32>,
}

/// What names do not exist here, and what to do without them.
const ABSENT: &[(&str, &str)] = &[
    ("setTimeout", "there are no timers: time stands still during a run, and there is nothing to wait for"),
    ("setInterval", "there are no timers: time stands still during a run, and there is nothing to wait for"),
    ("fetch", "a script has no network; take what it would fetch as an input"),
    ("require", "write `import … from \"./file.js\"` for what another block is tangled to; there are no packages"),
    ("process", "a script has no process around it; take what it needs as an input"),
];

/// Turns the engine's message into a problem.
///
/// `source` is the block, `first` the line of the file at which it begins.
#[must_use]
pub fn explain(message: &str, source: &str, first: u32, library: &Library) -> Problem {
    let lines = source.lines().count() as u32;
    let mut kept: Vec<String> = Vec::new();
    let mut trace: Vec<Frame> = Vec::new();
    let mut place: Option<Frame> = None;
    // What is found after the block's lines is ours, but says that the block does not end where it should.
    let mut beyond = false;
    let mut finish = |kept: &mut Vec<String>, trace: &mut Vec<Frame>, cause: bool| {
        trace.dedup();
        if let (true, Some(frame)) = (cause, trace.first()) {
            kept.extend([format!("thrown in {}", told(frame, first, library))]);
        }
        // A cause was thrown on the same way.
        let callers = trace.iter().skip(1).take(if cause { 0 } else { CALLERS });
        kept.extend(callers.map(|frame| format!("called from {}", told(frame, first, library))));
        if place.is_none() {
            place = trace.first().cloned();
        }
        trace.clear();
    };
    let mut cause = false;
    for line in message.lines() {
        match frame(line) {
            Some(Found::Ours(frame)) if frame.module.is_empty() && frame.line > lines => beyond |= trace.is_empty(),
            Some(Found::Ours(frame)) => trace.push(frame),
            Some(Found::Engine) => {}
            None => {
                if let Some(rest) = line.strip_prefix("caused by: ") {
                    finish(&mut kept, &mut trace, cause);
                    cause = true;
                    kept.push(format!("caused by: {}", strip(rest)));
                } else if !line.trim().is_empty() {
                    kept.push(strip(line.trim_end()));
                }
            }
        }
    }
    finish(&mut kept, &mut trace, cause);
    let message = kept.join("\n");
    // The line after the block is ours; it is a syntax error only when something before it is still open.
    let syntax = ["SyntaxError", "Unexpected", "expecting"].iter().any(|word| message.starts_with(word));
    if beyond && place.is_none() && syntax {
        let message = "SyntaxError: the block ends too early; a bracket, brace or quote is not closed".to_owned();
        return Problem { message, line: Some(lines), column: None, within: None, help: None };
    }
    if let Some(problem) = not_there(&message, source, library) {
        return problem;
    }
    if message.ends_with("Error blocking on a promise resulted in a dead lock") {
        return Problem::at_start(NEVER, None);
    }
    let help = ABSENT
        .iter()
        .find(|(name, _)| message.lines().next() == Some(&format!("ReferenceError: {name} is not defined")));
    let help = help.map(|(_, help)| (*help).to_owned());
    if let Some(frame) = &mut place {
        let module = library.modules.iter().find(|module| module.path == frame.module);
        let text = module.map_or(source, |module| &module.source).lines().nth(frame.line.saturating_sub(1) as usize);
        frame.column = text.zip(frame.column).map(|(text, column)| characters(text, column));
    }
    let (line, column, within) = match place {
        Some(Frame { module, line, column, .. }) if module.is_empty() => (Some(line), column, None),
        Some(Frame { module, line, column, .. }) => match library.place(&module, line) {
            Some((body, line)) => (Some(line), column, Some(body)),
            None => (None, None, None),
        },
        None => (None, None, None),
    };
    Problem { message, line, column, within, help }
}

/// A column in bytes, which the engine counts, in characters. Both from 1.
fn characters(line: &str, column: u32) -> u32 {
    let before = column.saturating_sub(1) as usize;
    // A place behind the line's end is not in it, and stays as it is.
    if before > line.len() { column } else { line.char_indices().take_while(|(at, _)| *at < before).count() as u32 + 1 }
}

/// What `prelude.js` says as well.
const NEVER: &str = "the promise never settles: nothing is left to run";

/// Where a frame is, in words.
fn told(frame: &Frame, first: u32, library: &Library) -> String {
    let function = match frame.function.as_str() {
        "" | "<anonymous>" | "<eval>" => String::new(),
        name => format!("`{name}`, "),
    };
    let line = |body: Span, line: u32| body.line + line - 1;
    match library.place(&frame.module, frame.line) {
        Some((body, at)) => format!("{function}line {} ({})", line(body, at), frame.module),
        None if frame.module.is_empty() => format!("{function}line {}", first + frame.line - 1),
        None => format!("{function}{}", frame.module),
    }
}

/// An import of something that is not there, at the place where it is named.
fn not_there(message: &str, source: &str, library: &Library) -> Option<Problem> {
    let name = |before| Some(message.split_once(before)?.1.split_once('\'')?.0);
    if let Some(export) = name("Could not find export '") {
        let at = source.match_indices(export).map(|(at, _)| &source[..at]).next();
        let place = at.map(|before| (before.matches('\n').count(), before.rsplit('\n').next().unwrap_or_default()));
        let (line, column) = place.map(|(lines, before)| (lines as u32 + 1, before.chars().count() as u32 + 1)).unzip();
        return Some(Problem { message: message.to_owned(), line, column, within: None, help: None });
    }
    let name = name("Error loading module '")?;
    let quoted = |text: &str| ['"', '\'', '`'].iter().find_map(|quote| text.find(&format!("{quote}{name}{quote}")));
    let place = |text: &str| {
        let before = &text[..quoted(text)?];
        let line = before.matches('\n').count() as u32 + 1;
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        Some((line, before[start..].chars().count() as u32 + 1))
    };
    let at = |module: &super::modules::Module| {
        let (line, column) = place(&module.source)?;
        let (body, line) = library.place(&module.path, line)?;
        Some((line, column, Some(body)))
    };
    let own = place(source).map(|(line, column)| (line, column, None));
    let (line, column, within) = match own.or_else(|| library.modules.iter().find_map(at)) {
        Some((line, column, within)) => (Some(line), Some(column), within),
        None => (None, None, None),
    };
    let relative = name.starts_with("./") || name.starts_with("../");
    let (message, help) = if relative {
        let message = format!("there is no module `{name}`: no JavaScript or TypeScript block is tangled to it");
        let help = match library.nearest(name) {
            Some(near) => format!("did you mean `./{near}`?"),
            None if library.known.is_empty() => {
                format!("give a block `:tangle {}`", name.trim_start_matches("./").trim_start_matches("../"))
            }
            None => format!(
                "there are {}",
                library.known.iter().map(|path| format!("`./{path}`")).collect::<Vec<_>>().join(", ")
            ),
        };
        (message, help)
    } else {
        let message = format!("there is no module `{name}`: there are no packages");
        (message, "import what another block of the file is tangled to: `import … from \"./file.js\"`".to_owned())
    };
    Some(Problem { message, line, column, within, help: Some(help) })
}

enum Found {
    /// In the block or in a module.
    Ours(Frame),
    /// In the engine or in what is around the block.
    Engine,
}

/// A line of a stack trace: `    at greet (lib/util.js:3:14)`.
fn frame(line: &str) -> Option<Found> {
    let text = line.strip_prefix("    at ")?;
    let (function, place) = match text.strip_suffix(')').and_then(|text| text.rsplit_once(" (")) {
        Some((function, place)) => (function, place),
        None => ("", text),
    };
    if place == "native"
        || place == "missing"
        || place.starts_with("componentize-qjs:")
        || place.starts_with("wb:start.js")
    {
        return Some(Found::Engine);
    }
    let (before, last) = place.rsplit_once(':')?;
    let last: u32 = last.parse().ok()?;
    let (file, line, column) = match before.rsplit_once(':').and_then(|(file, line)| Some((file, line.parse().ok()?))) {
        // The block's own name has a colon in it.
        Some((file, line)) => (file, line, Some(last)),
        None => (before, last, None),
    };
    let module = if file == MODULE { String::new() } else { file.to_owned() };
    Some(Found::Ours(Frame { function: function.to_owned(), module, line, column }))
}

fn strip(line: &str) -> String {
    let mut line = line;
    for prefix in [
        "Failed to evaluate user JavaScript module: ",
        "Failed to declare JavaScript module: ",
        "Failed to evaluate JavaScript module: ",
        "Failed to finish JavaScript module evaluation: ",
    ] {
        line = line.strip_prefix(prefix).unwrap_or(line);
    }
    line.strip_prefix("Error: ").unwrap_or(line).replace(MODULE, "the block")
}

#[cfg(test)]
mod tests {
    use super::{Library, characters, explain};

    fn of(message: &str) -> (String, Option<u32>, Option<u32>) {
        let problem = explain(message, "1\n2\n3\n4\n5\n", 11, &Library::default());
        (problem.message, problem.line, problem.column)
    }

    #[test]
    fn the_place_is_the_first_frame_in_the_block_and_the_others_follow() {
        let message = "TypeError: not a function\n    at helper (native)\n    at greet (wb:block.js:3:14)\n    at run (wb:block.js:5:1)\n    at wbInvoke (wb:block.js:9)\n";
        assert_eq!(
            of(message),
            ("TypeError: not a function\ncalled from `run`, line 15".to_owned(), Some(3), Some(14))
        );
    }

    #[test]
    fn columns_are_bytes_to_the_engine_and_characters_to_the_reader() {
        assert_eq!([characters("é = f()", 6), characters("é = f()", 1), characters("é", 9)], [5, 1, 9]);
    }

    #[test]
    fn causes_follow_with_their_places() {
        let message = "Error: outer\n    at a (wb:block.js:3:1)\ncaused by: Error: inner\n    at b (wb:block.js:2:1)\n";
        let told = "outer\ncaused by: inner\nthrown in `b`, line 12".to_owned();
        assert_eq!(of(message), (told, Some(3), Some(1)));
    }

    #[test]
    fn a_message_that_looks_like_a_frame_stays_one() {
        assert_eq!(of("x\n    at home"), ("x\n    at home".to_owned(), None, None));
    }
}
