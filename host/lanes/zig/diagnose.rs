//! Reads what the Zig compiler says and finds its place in the block.

use crate::lanes::Problem;

/// What one call of the compiler said.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// Errors with a place in the block, in the order of its lines.
    pub(super) errors: Vec<Problem>,
    /// Why the function does not fit, if `wb.zig` says so.
    pub(super) misfit: Option<String>,
    /// The first error that has no place in the block.
    pub(super) elsewhere: Option<String>,
}

/// One line with a place: `file:line:column: error: message`, or without a word in the trace behind an error.
struct Line<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    rest: &'a str,
}

fn parse(text: &str) -> Option<Line<'_>> {
    // In a trace the name of a function stands before the place.
    let start = text.split_once(": ").filter(|(name, _)| name.starts_with("    ")).map_or(text, |(_, rest)| rest);
    let mut parts = start.splitn(3, ':');
    let (file, line, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let (column, rest) = rest.split_once(':').unwrap_or((rest, ""));
    Some(Line { file: file.trim(), line: line.parse().ok()?, column: column.trim().parse().ok()?, rest: rest.trim() })
}

/// Reads what was said of the block `source` in the file `block`.
pub(super) fn read(text: &str, block: &str, source: &str) -> Said {
    let mut said = Said::default();
    let lines: Vec<&str> = text.lines().collect();
    let is_error = |line: &str| line.contains(": error: ") || line.starts_with("error: ");
    let heads: Vec<usize> = (0..lines.len()).filter(|index| is_error(lines[*index])).collect();
    for (number, head) in heads.iter().enumerate() {
        let end = heads.get(number + 1).copied().unwrap_or(lines.len());
        one(&lines[*head..end], block, source, &mut said);
    }
    said.errors.sort_by_key(|problem| (problem.line, problem.column));
    said.errors.dedup();
    said
}

/// Reads one error: its line, and those behind it with the source, notes and a trace.
fn one(lines: &[&str], block: &str, source: &str, said: &mut Said) {
    let Some((first, others)) = lines.split_first() else { return };
    let message = first.split_once("error: ").map_or(*first, |(_, message)| message);
    if let Some(misfit) = message.strip_prefix("wb: ") {
        said.misfit.get_or_insert_with(|| misfit.replace("wb.", "").replace("block.", ""));
        return;
    }
    let places = || std::iter::once(first).chain(others).filter_map(|line| parse(line));
    let Some(place) = places().find(|line| line.file == block) else {
        said.elsewhere.get_or_insert_with(|| message.to_owned());
        return;
    };
    let note = others.iter().filter_map(|line| parse(line)).find(|line| line.rest.starts_with("note: "));
    let note = note.map(|line| {
        let text = line.rest.trim_start_matches("note: ");
        if line.file == block && line.line != place.line {
            format!("line {}: {text}", line.line)
        } else {
            text.to_owned()
        }
    });
    let help = cure(message).map(str::to_owned).or(note);
    // What stands below the block is ours.
    let most = u32::try_from(source.lines().count().max(1)).unwrap_or(u32::MAX);
    let line = place.line.min(most);
    let column = if line == place.line { character(source, line, place.column) } else { 1 };
    said.errors.push(Problem {
        message: message.to_owned(),
        line: Some(line),
        column: Some(column),
        within: None,
        help,
    });
}

/// The compiler counts bytes.
fn character(source: &str, line: u32, column: u32) -> u32 {
    let text = source.lines().nth(line.saturating_sub(1) as usize).unwrap_or_default();
    let bytes = (column.saturating_sub(1) as usize).min(text.len());
    let before = text.char_indices().take_while(|(at, _)| *at < bytes).count();
    u32::try_from(before + 1).unwrap_or(1)
}

/// What to do about errors that have to do with how blocks are compiled.
fn cure(message: &str) -> Option<&'static str> {
    const READS: &str = "a block is compiled apart from all files; hand the data in as an input";
    let table: &[(&[&str], &str)] = &[
        (&["embed of file outside"], READS),
        (&["import of file outside"], "a block is one file; write it all here"),
        (&["failed opening"], READS),
        (&["unable to load"], "a block is one file; write it all here"),
        (&["no module named"], "a Zig block has `std` and `wb` and no other module"),
        (&["evaluation exceeded"], "do it while the block runs, or raise the quota with `@setEvalBranchQuota`"),
        (&["duplicate struct member name"], "types of the workbook are declared already, and so is `wb`"),
        (&["invalid builtin function: '@cImport'"], "a block is Zig only; write it in C, as a block of its own"),
    ];
    let (_, cure) = table.iter().find(|(words, _)| words.iter().all(|word| message.contains(word)))?;
    Some(cure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_found_in_the_block() {
        let text = "block.zig:2:10: error: use of undeclared identifier 'x'\n/* é */ x;\n         ^\n\
            wb.zig:90:5: error: no port has the type y\nreferenced by:\n    f: block.zig:3:4\n    entry: main.zig:5:1\n\
            block.zig:9:1: error: expected '}'\n^\nblock.zig:1:2: note: opened here\n\
            wb.zig:300:5: error: wb: parameter 1 is `[]const block.A`, and must be `[]const wb.A`\n";
        let said = read(text, "block.zig", "fn f() {\n/* é */ x;\n    y\n");
        let places: Vec<_> = said.errors.iter().map(|p| (p.line.unwrap(), p.column.unwrap())).collect();
        assert_eq!(places, [(2, 9), (3, 1), (3, 4)]);
        assert_eq!(said.errors[1].help.as_deref(), Some("line 1: opened here"));
        assert_eq!(said.misfit.as_deref(), Some("parameter 1 is `[]const A`, and must be `[]const A`"));
    }
}
