//! Values for a workbook's imports: the command line, then the file's own data, then defaults.

use std::collections::HashMap;

use anyhow::Context as _;
use serde_json::Value as Json;

use super::super::book::{Book, finding};
use super::super::{Context, Failure};
use crate::disk;
use crate::execute::graph::Import;
use crate::execute::value::Value;
use crate::exit::Exit;
use crate::kernel::types::Diagnostic;

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

impl Inputs {
    /// Finds a value for every import of the workbook.
    pub(in crate::cli) fn resolve(&self, book: &Book, context: &Context) -> anyhow::Result<Resolved> {
        let mut values = HashMap::new();
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
        let mut missing = Vec::new();
        for import in &book.graph.imports {
            if values.contains_key(&import.name) {
                continue;
            }
            let data = match variable(book, import) {
                Some(Variable::Name(name)) => book.plan.data.iter().find(|data| data.name == name),
                Some(Variable::Literal(json)) => {
                    values.insert(import.name.clone(), Value::Json(json.into()));
                    continue;
                }
                None => book.plan.data.iter().find(|data| data.name == import.name),
            };
            match (data, &import.default) {
                (Some(data), _) => drop(values.insert(import.name.clone(), Value::Json(data.value.as_str().into()))),
                (None, Some(default)) => {
                    drop(values.insert(import.name.clone(), Value::Json(literal(import, default).into())))
                }
                (None, None) => missing.push(absent(import)),
            }
        }
        Ok(if missing.is_empty() { Ok(values) } else { Err(missing) })
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

/// What `:var` of a consuming block says about an input.
enum Variable<'a> {
    /// Named data of the file.
    Name(&'a str),
    /// A literal, as JSON.
    Literal(String),
}

/// `:var x=name` on a block gives its input `x` the data `name`; `:var x=5` and `:var x="text"` are literals.
fn variable<'a>(book: &'a Book, import: &Import) -> Option<Variable<'a>> {
    let consumers = book.plan.components.iter().filter(|component| import.consumers.contains(&component.id));
    let worlds = consumers.filter_map(|component| component.world.as_ref());
    let blocks = worlds.filter_map(|id| book.plan.worlds.iter().find(|world| world.id == *id));
    let mut variables = blocks.flat_map(|world| &world.args).filter(|arg| arg.key == "var");
    let given =
        variables.find_map(|arg| arg.value.split_once('=').filter(|(name, _)| name.trim() == import.name))?.1.trim();
    let json = serde_json::from_str::<serde::de::IgnoredAny>(given).is_ok();
    Some(if json { Variable::Literal(given.to_owned()) } else { Variable::Name(given) })
}

/// Text as JSON for a type: a `string` is the text; anything else is JSON where it is JSON, and otherwise the text, so
/// that `name=Ada` needs no quotes.
pub(in crate::cli) fn literal(import: &Import, text: &str) -> String {
    let json =
        import.ty != "string" && import.ty != "char" && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    if json { text.to_owned() } else { Json::String(text.to_owned()).to_string() }
}

fn find<'a>(book: &'a Book, name: &str) -> Result<&'a Import, Failure> {
    book.graph.imports.iter().find(|import| import.name == name).ok_or_else(|| {
        let known: Vec<String> = book.graph.imports.iter().map(|import| format!("`{}`", import.name)).collect();
        let hint =
            if known.is_empty() { "it takes no inputs".to_owned() } else { format!("it takes {}", known.join(", ")) };
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
