//! Values for a workbook's imports: the command line, then the file's own data, then defaults.

use std::collections::HashMap;

use anyhow::Context as _;
use serde_json::Value as Json;

use super::super::book::{Book, finding};
use super::super::{Context, Failure};
use crate::disk;
use crate::execute::graph::Import;
use crate::execute::select::Selection;
use crate::execute::value::Value;
use crate::execute::variables::{self, assignments};
use crate::exit::Exit;
use crate::kernel::types::Diagnostic;
use strsim::osa_distance;

/// Where values come from on the command line.
#[derive(Debug, Default, clap::Args)]
pub(in crate::cli) struct Inputs {
    /// Give an input a value: `name=value`, `name=@file`, or `name=-` for standard input
    #[arg(long = "in", value_name = "NAME=VALUE")]
    values: Vec<String>,
    /// Take inputs from a JSON object in a file; `-` is standard input
    #[arg(long, value_name = "FILE")]
    inputs: Option<String>,
}

/// Values for all imports, or what is missing.
pub(in crate::cli) type Resolved = Result<HashMap<String, Value>, Vec<Diagnostic>>;

/// Values, and the names of those that somebody gave.
pub(in crate::cli) type Given = (HashMap<String, Value>, Vec<String>);

impl Inputs {
    /// Finds a value for every import of the workbook.
    pub(in crate::cli) fn resolve(&self, book: &Book, context: &Context) -> anyhow::Result<Resolved> {
        let found = self.resolve_for(book, &Selection::all(&book.graph), HashMap::new(), context)?;
        Ok(found.map(|(values, _)| values))
    }

    /// Finds a value for every import that a run of these components needs, and says which of them were given: here, or
    /// `before` for what is not given here.
    pub(in crate::cli) fn resolve_for(
        &self,
        book: &Book,
        selection: &Selection,
        before: HashMap<String, Value>,
        context: &Context,
    ) -> anyhow::Result<Result<Given, Vec<Diagnostic>>> {
        let mut values = before;
        if let Some(file) = &self.inputs {
            self.add_object(file, book, context, &mut values)?;
        }
        for given in &self.values {
            let (name, text) = given.split_once('=').ok_or_else(|| {
                Failure::new(Exit::Usage, format!("`--in {given}` has no `=`")).hint("write `--in name=value`")
            })?;
            let import = find(book, name)?;
            values.insert(name.to_owned(), self.one(import, text, context)?);
        }
        let given = values.keys().cloned().collect();
        let mut missing = Vec::new();
        let needed = |id: &String| {
            let node = book.graph.nodes.iter().position(|node| node.id == *id);
            node.is_none_or(|node| selection.needed(node))
        };
        for import in &book.graph.imports {
            if values.contains_key(&import.name) {
                continue;
            }
            match from_file(book, import) {
                Some((json, _)) => drop(values.insert(import.name.clone(), Value::Json(json.into()))),
                None if import.consumers.iter().any(needed) => missing.push(absent(import)),
                None => {}
            }
        }
        Ok(if missing.is_empty() { Ok((values, given)) } else { Err(missing) })
    }

    /// The files that values are taken from.
    pub(in crate::cli) fn files(&self) -> impl Iterator<Item = &str> {
        let named = self.values.iter().filter_map(|given| given.split_once("=@").map(|(_, path)| path));
        named.chain(self.inputs.as_deref()).filter(|path| *path != "-")
    }

    fn add_object(
        &self,
        file: &str,
        book: &Book,
        context: &Context,
        values: &mut HashMap<String, Value>,
    ) -> anyhow::Result<()> {
        let source = context.read(file)?;
        let object: serde_json::Map<String, Json> = serde_json::from_str(&source.text).map_err(|error| {
            Failure::new(Exit::Usage, format!("`{}` is not a JSON object of inputs: {error}", source.name))
        })?;
        for (name, value) in object {
            let import = find(book, &name)?;
            values.insert(import.name.clone(), Value::Json(value.to_string().into()));
        }
        Ok(())
    }

    fn one(&self, import: &Import, text: &str, context: &Context) -> anyhow::Result<Value> {
        let json = match text.strip_prefix('@') {
            Some(path) if import.ty == "list<u8>" => {
                let bytes = disk::read(path.as_ref()).with_context(|| format!("cannot read `{path}`"))?;
                serde_json::to_string(&bytes)?
            }
            Some(path) => literal(import, &context.read(path)?.text),
            None if text == "-" => literal(import, context.read("-")?.text.trim_end_matches('\n')),
            None => literal(import, text),
        };
        Ok(Value::Json(json.into()))
    }
}

/// The value that the file itself gives to an import, as JSON, and whether it is only a default.
pub(in crate::cli) fn from_file(book: &Book, import: &Import) -> Option<(String, bool)> {
    let named = |name: &str| book.plan.data.iter().find(|data| data.name == name).map(|data| data.value.clone());
    let written = match variable(book, import) {
        Some(written) => variables::value(&written, &book.plan.data),
        None => named(&import.name),
    };
    let default = || import.default.as_ref().map(|default| (literal(import, default), true));
    written.map(|json| (json, false)).or_else(default)
}

/// What `:var` of a consuming block says about an input: the name of data (`:var x=prices`) or a literal (`:var x=5`).
/// One `:var` may hold several assignments, as in Org.
fn variable(book: &Book, import: &Import) -> Option<String> {
    let consumers = book.plan.components.iter().filter(|component| import.consumers.contains(&component.id));
    let worlds = consumers.filter_map(|component| component.world.as_ref());
    let blocks = worlds.filter_map(|id| book.plan.worlds.iter().find(|world| world.id == *id));
    let variables = blocks.flat_map(|world| &world.args).filter(|arg| arg.key == "var");
    variables.flat_map(|arg| assignments(&arg.value)).find(|(name, _)| *name == import.name).map(|(_, value)| value)
}

/// Text as JSON for a type: a `string` is the text; anything else is JSON where it is JSON, and otherwise the text, so
/// that `name=Ada` needs no quotes.
pub(in crate::cli) fn literal(import: &Import, text: &str) -> String {
    let json =
        import.ty != "string" && import.ty != "char" && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    if json { text.to_owned() } else { Json::String(text.to_owned()).to_string() }
}

/// The import of this name.
pub(in crate::cli) fn find<'a>(book: &'a Book, name: &str) -> Result<&'a Import, Failure> {
    book.graph.imports.iter().find(|import| import.name == name).ok_or_else(|| {
        let known: Vec<String> = book.graph.imports.iter().map(|import| format!("`{}`", import.name)).collect();
        let near = book.graph.imports.iter().filter(|import| osa_distance(name, &import.name) <= 2).map(|i| &i.name);
        let hint = match near.min_by_key(|near| osa_distance(name, near)) {
            Some(near) => format!("did you mean `{near}`? it takes {}", known.join(", ")),
            None if known.is_empty() => "it takes no inputs".to_owned(),
            None => format!("it takes {}", known.join(", ")),
        };
        Failure::new(Exit::Usage, format!("the workbook has no input `{name}`")).hint(hint)
    })
}

fn absent(import: &Import) -> Diagnostic {
    let consumers = import.consumers.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
    let message = format!("input `{}` ({}) of {consumers} has no value", import.name, import.ty);
    let help =
        format!("give one with `--in {0}=…`, or name a table or block of the file with `#+name: {0}`", import.name);
    finding("WB205", message, import.span, Some(help))
}
