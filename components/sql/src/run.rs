//! A call of a block: inputs in, statements one after the other, rows out.

use std::ffi::{CStr, CString};

use codec::json::quote;

use crate::block::Block;
use crate::database::{Database, Statement};
use crate::guard;
use crate::inputs::{self, Inputs, Parameter};
use crate::outputs::{self, Encoded};
use crate::text::{self, Problem, quoted, same_name, suggest};

/// An answer as the engine's interface has it: JSON, and lists of numbers as bytes.
pub type Answer = (String, Vec<Vec<u8>>);

/// Runs a block.
///
/// # Errors
///
/// What is wrong, with its place in the block.
pub fn run(block: &Block, args: &str, bulk: &[Vec<u8>]) -> Result<Answer, Problem> {
    let zero = || Problem::new("the block has a zero byte in it").at(block.sql.find('\0').unwrap_or_default());
    let code = CString::new(block.sql.as_str()).map_err(|_| zero())?;
    let db = Database::open()?;
    let inputs = inputs::load(&db, block, args, bulk)?;
    db.guard();
    let mut running = Running { block, db: &db, inputs: &inputs, values: Values::new(block)? };
    let mut at = 0;
    loop {
        let lead = text::lead(&block.sql[at..]);
        let start = at + lead.bytes;
        if start >= block.sql.len() {
            break;
        }
        let rest = CStr::from_bytes_until_nul(&code.as_bytes_with_nul()[start..]).unwrap_or_default();
        let prepared = db.prepare(rest).map_err(|()| running.refused(start))?;
        if let Some(statement) = &prepared.statement {
            running.statement(statement, start, lead.output.as_deref())?;
        }
        at = start + prepared.next.max(1);
    }
    running.values.answer(block)
}

struct Running<'b> {
    block: &'b Block,
    db: &'b Database,
    inputs: &'b Inputs<'b>,
    values: Values,
}

impl Running<'_> {
    fn statement(&mut self, statement: &Statement<'_>, start: usize, output: Option<&str>) -> Result<(), Problem> {
        self.bind(statement, start)?;
        let at = |problem: Problem| guard::refusal().unwrap_or(problem).at(start);
        if statement.columns().is_empty() {
            if output.is_some() {
                return Err(Problem::new("`-- out:` stands before a statement that returns no rows").at(start));
            }
            return outputs::run(statement).map_err(at);
        }
        match self.values.place(self.block, output).map_err(|problem| problem.at(start))? {
            Some(place) => {
                let taken = outputs::take(statement, &self.block.outputs[place]).map_err(at)?;
                self.values.found[place] = Some(taken.map_err(|problem| problem.at(start)));
                Ok(())
            }
            None => outputs::run(statement).map_err(at),
        }
    }

    /// Gives every parameter its value.
    fn bind(&self, statement: &Statement<'_>, start: usize) -> Result<(), Problem> {
        for (index, name) in statement.parameters().iter().enumerate() {
            let Some(name) = name.as_deref().filter(|name| !name.starts_with('?')) else {
                let problem = Problem::new("parameters are given by name").at(start);
                return Err(problem.help("write `:name`, where `name` is an input"));
            };
            let known = self.inputs.parameters.iter().find(|(known, _)| same_name(known, &name[1..]));
            match known {
                Some((_, Parameter::Value(value))) => statement.bind(index, value),
                Some((_, Parameter::Json(text))) => statement.bind_text(index, &String::from_utf8_lossy(text)),
                None => Err(self.no_parameter(name)),
            }
            .map_err(|problem| {
                let found = self.block.sql[start..].find(name).unwrap_or_default();
                problem.at(start + found)
            })?;
        }
        Ok(())
    }

    fn no_parameter(&self, name: &str) -> Problem {
        let bare = &name[1..];
        if self.inputs.tables.iter().any(|(table, _)| same_name(table, bare)) {
            return Problem::new(format!("`{name}`: the input `{bare}` is a table, not a value"))
                .help(format!("write `(select … from {bare})`"));
        }
        let problem = Problem::new(format!("`{name}`: there is no input `{bare}`"));
        let names = self.inputs.parameters.iter().map(|(name, _)| name.as_str());
        match suggest(bare, names) {
            Some(near) => problem.help(format!("did you mean `:{near}`?")),
            None => problem.help(format!("declare it: `:in: {bare}` in the heading's drawer")),
        }
    }

    /// Why a statement could not be prepared.
    fn refused(&self, start: usize) -> Problem {
        let message = self.db.message().replace(['\n', '\r'], " ");
        let at = self.db.error_offset().map_or_else(|| self.named(&message, start), |offset| start + offset);
        if let Some(problem) = guard::refusal() {
            return problem.at(at);
        }
        let help = self.help(&message, start);
        Problem { message, at: Some(at), help }
    }

    /// Where the name stands that SQLite complains of without saying where.
    fn named(&self, message: &str, start: usize) -> usize {
        let name = message.rsplit(' ').next().unwrap_or_default();
        let inside = |c: char| c.is_alphanumeric() || c == '_';
        let rest = &self.block.sql[start..];
        let mut found = rest.match_indices(name).filter(|(at, _)| {
            let (before, after) = (&rest[..*at], &rest[at + name.len()..]);
            !before.ends_with(inside) && !after.starts_with(inside)
        });
        start + found.next().map_or(0, |(at, _)| at)
    }

    fn help(&self, message: &str, start: usize) -> Option<String> {
        let did_you_mean = |name: &str, known: &[String]| {
            let near = suggest(name, known.iter().map(String::as_str));
            near.map(|near| format!("did you mean `{near}`?"))
        };
        if let Some(name) = message.strip_prefix("no such table: ") {
            let tables = self.tables();
            let listed: Vec<String> = tables.iter().map(|table| format!("`{table}`")).collect();
            return Some(did_you_mean(name, &tables).unwrap_or_else(|| match listed.as_slice() {
                [] => "the block has no table; tables are inputs whose type is a list".to_owned(),
                listed => format!("the tables are {}", listed.join(", ")),
            }));
        }
        if let Some(name) = message.strip_prefix("no such column: ") {
            if let Some((table, _)) = self.inputs.tables.iter().find(|(_, known)| !known) {
                return Some(format!("`{table}` is an empty `json` list, so it has no columns; give it a type"));
            }
            let bare = name.rsplit('.').next().unwrap_or(name);
            return did_you_mean(bare, &self.columns());
        }
        if let Some(name) = message.strip_prefix("no such function: ") {
            return did_you_mean(name, &self.db.names("select distinct name from pragma_function_list"));
        }
        if message == "incomplete input" || message.starts_with("unrecognized token: \"'") {
            return Some("a bracket, a quote or the end of the statement is missing".to_owned());
        }
        let near = message.strip_prefix("near \"")?.strip_suffix("\": syntax error")?;
        if near == "." && self.block.sql[start..].starts_with('.') {
            return Some("commands of the `sqlite3` shell are not SQL; results have the output's type".to_owned());
        }
        let bare = near.strip_prefix([':', '$', '@'])?;
        let table = self.inputs.tables.iter().find(|(table, _)| same_name(table, bare));
        table.map(|(table, _)| format!("`{table}` is a table: write it without `{}`", &near[..1]))
    }

    fn tables(&self) -> Vec<String> {
        self.db.names("select name from sqlite_schema where type in ('table', 'view') and name not like 'sqlite_%'")
    }

    fn columns(&self) -> Vec<String> {
        let of = |table: &String| self.db.names(&format!("select name from pragma_table_xinfo({})", quoted(table)));
        self.tables().iter().flat_map(of).collect()
    }
}

/// The value of each output, or why there is none.
struct Values {
    found: Vec<Option<Result<Encoded, Problem>>>,
    /// Whether the block names outputs in comments.
    named: bool,
    /// Statements with rows so far.
    seen: usize,
}

impl Values {
    fn new(block: &Block) -> Result<Self, Problem> {
        let found = block.outputs.iter().map(|_| None).collect();
        Ok(Self { found, named: false, seen: 0 })
    }

    /// The output that the rows of the next statement are for.
    fn place(&mut self, block: &Block, output: Option<&str>) -> Result<Option<usize>, Problem> {
        self.seen += 1;
        if let Some(name) = output {
            if !self.named {
                self.named = true;
                self.found.iter_mut().for_each(|found| *found = None);
            }
            let place = block.outputs.iter().position(|port| same_name(&port.name, name));
            return place.map(Some).ok_or_else(|| {
                let problem = Problem::new(format!("`-- out: {name}`: there is no such output"));
                let listed: Vec<String> = block.outputs.iter().map(|port| format!("`{}`", port.name)).collect();
                match suggest(name, block.outputs.iter().map(|port| port.name.as_str())) {
                    Some(near) => problem.help(format!("did you mean `{near}`?")),
                    None => problem.help(format!("the outputs are {}", listed.join(", "))),
                }
            });
        }
        match self.found.len() {
            _ if self.named => Ok(None),
            0 => Ok(None),
            1 => Ok(Some(0)),
            // More results than outputs: which is whose must be said.
            outputs if self.seen > outputs => {
                Err(Problem::new(format!("there are {outputs} outputs, and this is result number {}", self.seen))
                    .help("put `-- out: name` before each statement whose rows are an output"))
            }
            _ => Ok(Some(self.seen - 1)),
        }
    }

    fn answer(self, block: &Block) -> Result<Answer, Problem> {
        let mut json = b"{".to_vec();
        let mut bulk = Vec::new();
        for (port, found) in block.outputs.iter().zip(self.found) {
            let missing = || {
                let (message, help) = match self.named {
                    true => ("no statement", format!("put `-- out: {}` before the one whose rows it is", port.name)),
                    false => ("no `select`", "there is one result for each output, in their order".to_owned()),
                };
                Problem::new(format!("output `{}`: {message} gives it rows", port.name)).help(help)
            };
            match found.ok_or_else(missing)?? {
                Encoded::Json(text) => {
                    if json.len() > 1 {
                        json.push(b',');
                    }
                    quote(&port.name, &mut json);
                    json.push(b':');
                    json.extend_from_slice(&text);
                }
                Encoded::Bulk(bytes) => bulk.push(bytes),
            }
        }
        json.push(b'}');
        String::from_utf8(json).map(|json| (json, bulk)).map_err(|error| Problem::new(error.to_string()))
    }
}
