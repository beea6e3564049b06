//! Reads what clang and lld say and finds its place in the block.

use crate::lanes::Problem;

/// What one call of a tool said.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// Errors, in the order they were said.
    pub(super) errors: Vec<Problem>,
    /// Warnings.
    pub(super) warnings: Vec<Problem>,
    /// Errors that have no place in the block: the file, and what is said.
    pub(super) elsewhere: Vec<(String, String)>,
}

/// One diagnostic: `file:line:column: severity: message`.
struct Line<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    severity: &'a str,
    message: &'a str,
}

fn parse(text: &str) -> Option<Line<'_>> {
    let severities = ["fatal error", "error", "warning", "note"];
    let found = severities.iter().filter_map(|word| Some((text.find(&format!(": {word}: "))?, *word)));
    let (at, severity) = found.min()?;
    let message = &text[at + severity.len() + 4..];
    let mut place = text[..at].rsplitn(3, ':');
    let (column, line, file) = (place.next()?, place.next()?, place.next()?);
    Some(Line { file, line: line.parse().ok()?, column: column.parse().ok()?, severity, message })
}

/// Reads what clang said of the block `source` in the file `block`.
pub(super) fn read(said: &str, block: &str, source: &str) -> Said {
    let lines: Vec<Line<'_>> = said.lines().filter_map(parse).collect();
    let mut result = Said::default();
    let mut index = 0;
    while index < lines.len() {
        let head = &lines[index];
        let notes: Vec<&Line<'_>> = lines[index + 1..].iter().take_while(|line| line.severity == "note").collect();
        index += 1 + notes.len();
        if head.severity == "note" {
            continue;
        }
        let is_error = head.severity != "warning";
        let inside = |line: &&Line<'_>| line.file == block;
        // What is wrong in a header or in the glue has its cause where the block is mentioned.
        let place = std::iter::once(head).chain(notes.iter().copied()).find(inside);
        let Some(place) = place else {
            if is_error {
                result.elsewhere.push((head.file.to_owned(), head.message.to_owned()));
            }
            continue;
        };
        let advice = notes.iter().find(|note| note.file == block && !std::ptr::eq(**note, place));
        let help = cure(head.message).map(str::to_owned).or_else(|| advice.map(|note| note_text(note)));
        let column = character(source, place.line, place.column);
        let message = head.message.split(" [-W").next().unwrap_or(head.message);
        // Where the place is that of a note, the note says what about it.
        let about = place.message.strip_suffix(" here").unwrap_or(place.message);
        let message = if place.severity == "note" { format!("{message} ({about})") } else { message.to_owned() };
        let problem = Problem { message, line: Some(place.line), column: Some(column), within: None, help };
        if is_error { result.errors.push(problem) } else { result.warnings.push(problem) }
    }
    for list in [&mut result.errors, &mut result.warnings] {
        list.sort_by_key(|problem| (problem.line, problem.column));
        list.dedup();
    }
    result
}

fn note_text(note: &Line<'_>) -> String {
    format!("line {}: {}", note.line, note.message)
}

/// clang counts bytes.
fn character(source: &str, line: u32, column: u32) -> u32 {
    let text = source.lines().nth(line.saturating_sub(1) as usize).unwrap_or_default();
    let bytes = (column.saturating_sub(1) as usize).min(text.len());
    let before = text.char_indices().take_while(|(at, _)| *at < bytes).count();
    u32::try_from(before + 1).unwrap_or(1)
}

/// What to do about errors that have to do with how blocks are compiled.
fn cure(message: &str) -> Option<&'static str> {
    let table: &[(&[&str], &str)] = &[
        (
            &["file not found"],
            "a block sees the headers of the C and C++ libraries and no other file; hand data in as an input",
        ),
        (&["cannot open file"], "a block is compiled apart from all files; hand the data in as an input"),
        (&["exceptions disabled"], "blocks have no exceptions; return `std::unexpected(…)`, or call `wb::fail(\"…\")`"),
        (&["undefined symbol"], "it is defined neither in the block nor in the C and C++ libraries"),
        (&["template instantiation"], "end the recursion, or make it a loop"),
    ];
    let (_, cure) = table.iter().find(|(words, _)| words.iter().all(|word| message.contains(word)))?;
    Some(cure)
}

/// Reads what the linker said: names that nothing defines, at their first mention in the block.
pub(super) fn linker(said: &str, source: &str) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    for line in said.lines().filter(|line| line.contains("error:")) {
        let message = line.rsplit_once("error: ").map_or(line, |(_, message)| message);
        let message = message
            .rsplit_once(": undefined symbol: ")
            .map_or_else(|| message.to_owned(), |(_, name)| format!("undefined symbol `{name}`"));
        let name = message.split('`').nth(1).map(|name| name.split('(').next().unwrap_or(name));
        let place = name.and_then(|name| {
            let bare = name.rsplit("::").next().unwrap_or(name);
            let (index, text) = source.lines().enumerate().find(|(_, text)| text.contains(bare))?;
            let column = text[..text.find(bare)?].chars().count();
            Some((u32::try_from(index + 1).ok()?, u32::try_from(column + 1).ok()?))
        });
        let help = cure(&message).map(str::to_owned);
        let problem = Problem { message, line: place.map(|at| at.0), column: place.map(|at| at.1), within: None, help };
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_found_in_the_block() {
        let said = "In file included from main.c:2:\n\
            block.c:2:10: error: use of undeclared identifier 'x'\n\
            main.c:9:20: error: passing 'wb_list_f64' to parameter of incompatible type 'int'\n\
            block.c:1:14: note: passing argument to parameter 'n' here\n\
            /usr/include/c++/v1/a:5:1: error: no member named 'y' in 'int'\n\
            /usr/include/c++/v1/b:5:1: note: in instantiation of function template\n\
            block.c:3:4: note: in instantiation of function template specialization 'f<int>' requested here\n\
            block.c:2:1: warning: unused variable 'z' [-Wunused-variable]\n\
            main.c:7:1: error: expected '}'\n\
            3 errors generated.\n";
        let said = read(said, "block.c", "double mean(int n) {\n/* é */ x;\n");
        let places: Vec<_> = said.errors.iter().map(|p| (p.line.unwrap(), p.column.unwrap())).collect();
        assert_eq!(places, [(1, 14), (2, 9), (3, 1)]);
        assert_eq!(said.warnings[0].message, "unused variable 'z'");
        assert_eq!(said.elsewhere, [("main.c".to_owned(), "expected '}'".to_owned())]);
    }

    #[test]
    fn a_name_that_nothing_defines_is_found_where_it_is_used() {
        let said = "wasm-ld: error: /w/block.o: undefined symbol: missing(int)\n";
        let problems = linker(said, "int missing(int);\n");
        assert_eq!((problems[0].line, problems[0].column), (Some(1), Some(5)));
        assert_eq!(problems[0].message, "undefined symbol `missing(int)`");
    }
}
