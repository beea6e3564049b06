//! `wb why`: would a component run, and which part of its key decides that.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value as Json, json};

use super::Context;
use super::book::{self, Book};
use super::run::inputs::Inputs;
use crate::execute::graph::Feed;
use crate::execute::known;
use crate::execute::last;
use crate::execute::prepare::Ready;
use crate::execute::run::Status;
use crate::execute::value::Value;
use crate::exit::Exit;
use crate::lanes::Failure;

/// Which component of which workbook, with which inputs.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Org file; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: String,
    /// Component id, long or short; all of them without it
    #[arg(value_name = "COMPONENT")]
    pub component: Option<String>,
    #[command(flatten)]
    inputs: Inputs,
}

/// Says hit or miss for each component, and why.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    let book = match book::open(&arguments.file, context)? {
        Ok(book) => book,
        Err(exit) => return Ok(exit),
    };
    let chosen = match &arguments.component {
        None => (0..book.graph.nodes.len()).collect(),
        Some(name) => vec![book.find(name)?],
    };
    let imports = match arguments.inputs.resolve(&book, context)? {
        Ok(values) => values,
        Err(missing) => {
            book::complain(context, &book.source, &missing)?;
            return Ok(Exit::Invalid);
        }
    };
    let nodes = book.prepare(context);
    let known = known::known(&book.graph, &nodes, &imports, context.cache());
    let before = last::recall(&book.source, context.cache());
    let asking = Asking { book: &book, nodes: &nodes, imports: &imports, known: &known, before: &before };
    let answers: Vec<(usize, Answer)> = chosen.into_iter().map(|node| (node, asking.answer(node))).collect();
    if context.report.is_json() {
        let row = |(node, answer): &(usize, Answer)| answer.json(&book.graph.nodes[*node].id);
        context.report.value(&answers.iter().map(row).collect::<Json>())?;
    } else {
        for (node, answer) in &answers {
            context.report.out(&format!("{}: {}\n", book.graph.nodes[*node].id, answer.sentence()))?;
        }
    }
    Ok(Exit::Ok)
}

struct Asking<'a> {
    book: &'a Book,
    nodes: &'a [Result<Ready, Failure>],
    imports: &'a HashMap<String, Value>,
    known: &'a [Status],
    before: &'a last::Remembered,
}

enum Answer {
    /// The result is known.
    Hit,
    /// It would run: parts of its key that differ from the last run.
    Changed(Vec<String>),
    /// It would run because these components would.
    Upstream(Vec<String>),
    /// It would run: there is no earlier result to compare with.
    Never,
    /// It would run although nothing changed: the result is not in the cache any more, or is never kept.
    NotKept(&'static str),
    /// It cannot run.
    Broken(String),
}

impl Asking<'_> {
    fn answer(&self, node: usize) -> Answer {
        let graph = &self.book.graph;
        let of = &graph.nodes[node];
        if matches!(self.known[node], Status::Done { .. }) {
            return Answer::Hit;
        }
        let ready = match &self.nodes[node] {
            Ok(ready) => ready,
            Err(failure) => return Answer::Broken(failure.problems[0].message.clone()),
        };
        let before = self.before.get(&of.id);
        let mut changed = before.map(|before| differences(&last::named(&ready.parts), before)).unwrap_or_default();
        let parts = known::parts_of(graph, self.nodes, self.imports, self.known, node);
        match (before, parts) {
            (None, _) => return Answer::Never,
            (Some(before), Some(parts)) => changed
                .extend(differences(&last::named(&parts), before).into_iter().filter(|name| name.starts_with("input"))),
            (Some(_), None) => {}
        }
        if !changed.is_empty() {
            return Answer::Changed(changed);
        }
        let waits = of.feeds.iter().filter_map(|feed| match feed {
            Feed::Node { node: from, .. } if !matches!(self.known[*from], Status::Done { .. }) => {
                Some(graph.nodes[*from].id.clone())
            }
            _ => None,
        });
        let waits: Vec<String> = waits.collect();
        if !waits.is_empty() {
            return Answer::Upstream(waits);
        }
        let pure = of.cache.unwrap_or(!ready.grants.impure());
        Answer::NotKept(if pure { "its result is no longer in the cache" } else { "its results are never kept" })
    }
}

/// Names of parts of `now` that are not the same in `before`.
fn differences(now: &BTreeMap<String, String>, before: &BTreeMap<String, String>) -> Vec<String> {
    now.iter().filter(|(name, digest)| before.get(*name) != Some(digest)).map(|(name, _)| name.clone()).collect()
}

impl Answer {
    fn sentence(&self) -> String {
        match self {
            Self::Hit => "hit; nothing it depends on has changed".to_owned(),
            Self::Changed(parts) => format!("miss; changed: {}", parts.join(", ")),
            Self::Upstream(ids) => format!("miss; waits for {}", ids.join(", ")),
            Self::Never => "miss; there is no earlier result".to_owned(),
            Self::NotKept(reason) => format!("miss; {reason}"),
            Self::Broken(message) => format!("cannot run; {message}"),
        }
    }

    fn json(&self, id: &str) -> Json {
        let (changed, waits): (&[String], &[String]) = match self {
            Self::Changed(parts) => (parts, &[]),
            Self::Upstream(ids) => (&[], ids),
            _ => (&[], &[]),
        };
        json!({
            "component": id,
            "hit": matches!(self, Self::Hit),
            "changed": changed,
            "waits_for": waits,
            "reason": self.sentence(),
        })
    }
}
