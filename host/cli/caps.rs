//! `wb caps`: what each component asks for, whether it gets it, and how that differs from `wb.lock`.
//!
//! The table is node × right. A `+` is a right nobody decided about, a `-` one that was accepted and is asked for no
//! more. `--accept` writes the lock; nothing here runs a block.

use serde_json::{Value, json};
use wb_composer::right::Right;

use super::book::{self, Book};
use super::components::{self, Pins};
use super::rights::{self, Rights, Standing};
use super::{Context, Failure as CliFailure};
use crate::execute::prepare::Ready;
use crate::exit::Exit;
use crate::grants;
use crate::lanes::{Failure, Made};
use crate::lock;
use crate::report::{count, printable};

/// Which workbook.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Org file; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: String,
    /// Accept what the workbook asks for: write it to `wb.lock`
    #[arg(long, alias = "lock")]
    pub accept: bool,
    /// Exit with 7 unless `wb.lock` has exactly what the workbook asks for
    #[arg(long, conflicts_with = "accept")]
    pub check: bool,
    #[command(flatten)]
    rights: rights::Rules,
}

/// Prints the table of components and rights.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    let pins = if arguments.accept { Pins::Ignored } else { Pins::Hold };
    let book = match book::open_with(&arguments.file, pins, context)? {
        Ok(book) => book,
        Err(exit) => return Ok(exit),
    };
    let mut rights = Rights::read(&arguments.rights, &book)?;
    if arguments.accept {
        accept(&mut rights, &book, context)?;
    }
    let nodes = book.prepare(context);
    let rows: Vec<Row> = (0..nodes.len()).map(|node| Row::of(&book, &rights, node, &nodes[node])).collect();
    let gone = gone(&book, &rights);
    if context.report.is_json() {
        let rows = rows.iter().map(Row::json).chain(gone.iter().map(|(id, all)| gone_json(id, all)));
        context.report.value(&rows.collect::<Value>())?;
    } else {
        context.report.out(&text(&rows, &gone, context))?;
    }
    let findings: Vec<_> = rows.iter().flat_map(|row| row.findings.clone()).collect();
    context.report.complaints(&book.source, &findings);
    let new = rows.iter().flat_map(|row| &row.rights).filter(|each| each.mark == '+').count();
    let old = rows.iter().map(|row| row.dropped.len()).chain(gone.iter().map(|(_, all)| all.len())).sum();
    let refused = rows.iter().flat_map(|row| &row.rights).filter(|each| each.mark == '!').count();
    summary(new, old, &arguments.file, rights.name.is_some(), context);
    Ok(match () {
        () if arguments.check && new + old + refused > 0 => Exit::Denied,
        () if findings.is_empty() => Exit::Ok,
        () => Exit::Failed,
    })
}

/// Records everything that is asked for and not refused.
fn accept(rights: &mut Rights, book: &Book, context: &Context) -> anyhow::Result<()> {
    let Some(name) = rights.name.clone() else {
        let failure = CliFailure::new(Exit::Usage, "only a file with a plain name can be recorded in `wb.lock`");
        return Err(failure.hint("save the workbook, or give `--allow RIGHT` to `wb run`").into());
    };
    let before = rights.lock.text();
    for node in &book.graph.nodes {
        let asked = grants::rights(&node.caps).unwrap_or_default();
        let kept = |right: &Right| !matches!(rights.standing(&node.id, right), Standing::Refused(_));
        let kept: Vec<Right> = asked.into_iter().filter(kept).collect();
        rights.lock.accept(&name, &node.id, kept);
    }
    let pins = components::pins(book, context)?;
    rights.lock.pin(&name, pins.iter().map(|(id, reference, digest)| (&**id, &**reference, digest.to_string())));
    rights.lock.retain(&name, |id| book.graph.nodes.iter().any(|node| node.id == id));
    if rights.lock.text() == before {
        context.report.say(&format!("`{}` has it all already", lock::NAME));
        return Ok(());
    }
    rights.write(book)?;
    context.report.say(&format!("wrote `{}`", book.root.join(lock::NAME).display()));
    Ok(())
}

fn summary(new: usize, old: usize, file: &str, lockable: bool, context: &Context) {
    if new + old == 0 {
        return;
    }
    let parts = [(new, count(new, "new right")), (old, format!("{} gone", count(old, "right")))];
    let parts: Vec<String> = parts.into_iter().filter(|(n, _)| *n > 0).map(|(_, part)| part).collect();
    let cure = if lockable {
        format!("`wb caps {file} --accept` makes `{}` agree", lock::NAME)
    } else {
        "`--allow RIGHT` grants one for a run".to_owned()
    };
    context.report.say(&format!("{}; {cure}", parts.join(", ")));
}

/// One right of a component.
struct Shown {
    right: Right,
    mark: char,
    word: &'static str,
    /// The rule that decided.
    by: Option<String>,
}

impl Shown {
    fn of(right: Right, standing: Standing<'_>) -> Self {
        let (mark, word, by) = match standing {
            Standing::Refused(rule) => ('!', "refused", Some(rule.to_string())),
            Standing::Allowed(rule) => (' ', "allowed", Some(rule.to_string())),
            Standing::Accepted => (' ', "accepted", None),
            Standing::Harmless => (' ', "free", None),
            Standing::New => ('+', "new", None),
        };
        Self { right, mark, word, by }
    }
}

struct Row {
    id: String,
    caps: Vec<String>,
    rights: Vec<Shown>,
    /// Accepted, and asked for no more.
    dropped: Vec<Right>,
    /// Interfaces that the component's binary imports, where it is one of its own.
    imports: Vec<String>,
    findings: Vec<crate::kernel::types::Diagnostic>,
}

impl Row {
    fn of(book: &Book, rights: &Rights, node: usize, made: &Result<Ready, Failure>) -> Self {
        let of = &book.graph.nodes[node];
        let (imports, findings) = match made {
            Ok(ready) => (imports(&ready.made), Vec::new()),
            Err(failure) => (Vec::new(), book.failure(node, "caps", failure)),
        };
        let asked = grants::rights(&of.caps).unwrap_or_default();
        let accepted = rights.name.iter().flat_map(|name| rights.lock.accepted(name, &of.id));
        let dropped = accepted.filter(|right| !asked.iter().any(|asked| right.covers(asked))).cloned().collect();
        let shown = |right: Right| {
            let standing = rights.standing(&of.id, &right);
            Shown::of(right, standing)
        };
        let rights = asked.into_iter().map(shown).collect();
        Self { id: of.id.clone(), caps: of.caps.clone(), rights, dropped, imports, findings }
    }

    fn json(&self) -> Value {
        let right = |each: &Shown| json!({ "right": each.right.to_string(), "status": each.word, "by": each.by });
        json!({
            "component": self.id,
            "caps": self.caps,
            "rights": self.rights.iter().map(right).collect::<Value>(),
            "dropped": names(&self.dropped),
            "imports": self.imports,
            "ok": self.findings.is_empty(),
        })
    }
}

/// Components of the lock that are not in the workbook any more.
fn gone(book: &Book, rights: &Rights) -> Vec<(String, Vec<Right>)> {
    let Some(name) = &rights.name else { return Vec::new() };
    let is_there = |id: &str| book.graph.nodes.iter().any(|node| node.id == id);
    let all = |id: &str| (id.to_owned(), rights.lock.accepted(name, id).cloned().collect());
    rights.lock.nodes(name).filter(|id| !is_there(id)).map(all).collect()
}

fn gone_json(id: &str, all: &[Right]) -> Value {
    json!({ "component": id, "caps": [], "rights": [], "dropped": names(all), "imports": [], "ok": true, "gone": true })
}

fn names(rights: &[Right]) -> Value {
    rights.iter().map(|right| Value::from(right.to_string())).collect()
}

/// The table: a line per right, the component's name on its first.
fn text(rows: &[Row], gone: &[(String, Vec<Right>)], context: &Context) -> String {
    let mut lines: Vec<[String; 3]> = Vec::new();
    let mut put = |id: &str, mark: char, right: &str, note: String| {
        let first = lines.iter().rev().find(|line| !line[0].is_empty()).is_none_or(|line| line[0] != id);
        let id = if first { id.to_owned() } else { String::new() };
        lines.push([id, printable(&format!("{mark} {right}")), note]);
    };
    for row in rows {
        if row.rights.is_empty() && row.dropped.is_empty() {
            put(&row.id, ' ', "nothing", String::new());
        }
        for each in &row.rights {
            let by = each.by.as_ref().map_or(String::new(), |by| format!(" by {by}"));
            put(&row.id, each.mark, &each.right.to_string(), format!("{}{by}", each.word));
        }
        row.dropped.iter().for_each(|right| put(&row.id, '-', &right.to_string(), "gone".to_owned()));
        if !row.imports.is_empty() {
            put(&row.id, ' ', "", format!("imports {}", row.imports.join(" ")));
        }
    }
    for (id, all) in gone {
        all.iter().for_each(|right| put(id, '-', &right.to_string(), "gone".to_owned()));
    }
    let width = |column: usize| {
        let aligned = lines.iter().filter(|line| !line[2].starts_with("imports"));
        aligned.map(|line| line[column].chars().count()).max().unwrap_or(0)
    };
    let (first, second) = (width(0), width(1));
    let line = |[id, right, note]: &[String; 3]| match note.strip_prefix("imports ") {
        Some(_) => context.report.dim(format!("{id:first$}    {note}").trim_end()) + "\n",
        None => format!("{}\n", format!("{id:first$}  {right:second$}  {note}").trim_end()),
    };
    lines.iter().map(line).collect()
}

fn imports(made: &Made) -> Vec<String> {
    let (Made::Function { component, .. } | Made::Program { component } | Made::Handler { component }) = made else {
        return Vec::new();
    };
    // A component that was made here can be read; core modules that were taken out of it are no rights.
    let offer = wb_composer::signature::offer(component);
    let mut names = offer.map(|offer| offer.imports).unwrap_or_default();
    names.retain(|name| !name.starts_with("wb-m") && !name.starts_with("wb:book/"));
    names
}
