//! What a workbook says should come out, against what came out.

use serde_json::Value as Json;

use super::super::Context;
use super::super::book::Book;
use super::super::run::output;
use crate::edits;
use crate::execute::run::Status;
use crate::execute::select::Selection;
use crate::execute::value::Value;
use crate::kernel::types::{Edit, ResultValue};

/// One thing that was compared.
pub(super) struct Case {
    /// The component's id.
    pub(super) component: String,
    /// `expect`, `expect-error`, `result`, or `run` where nothing else is said of it.
    pub(super) check: &'static str,
    /// The line of what was expected.
    pub(super) line: u32,
    /// How it went.
    pub(super) outcome: Outcome,
}

/// How a comparison went.
pub(super) enum Outcome {
    Passed,
    Failed {
        /// What is wrong.
        message: String,
        /// Lines of the file as they are and as they would be; may be empty.
        diff: String,
    },
    Skipped(String),
    Cancelled,
}

impl Outcome {
    /// The outcome in JSON.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed { .. } => "failed",
            Self::Skipped(_) => "skipped",
            Self::Cancelled => "cancelled",
        }
    }

    fn failed(message: String) -> Self {
        Self::Failed { message, diff: String::new() }
    }
}

/// All comparisons of a file, and the edits that would make its results those that came out.
pub(super) struct Found {
    pub(super) cases: Vec<Case>,
    pub(super) accepted: Vec<Edit>,
}

/// What is expected of a component.
#[derive(Default)]
struct Expected {
    value: Option<String>,
    error: Option<String>,
}

/// Compares everything the run was about.
pub(super) fn all(book: &Book, state: &[Status], selection: &Selection, context: &Context) -> anyhow::Result<Found> {
    let kernel = context.kernel()?;
    let headlines = kernel.headlines(&book.source.text)?;
    let mut found = Found { cases: Vec::new(), accepted: Vec::new() };
    for (node, status) in state.iter().enumerate().filter(|(node, _)| selection.chosen(*node)) {
        let line = book.graph.nodes[node].span.line;
        let headline = headlines.iter().find(|headline| headline.span.line == line);
        let drawer = headline.into_iter().flat_map(|headline| &headline.properties);
        let world = book.plan.components[node].world.as_ref();
        let world = world.and_then(|id| book.plan.worlds.iter().find(|world| world.id == *id));
        let mut expected = Expected::default();
        for property in world.into_iter().flat_map(|world| &world.args).chain(drawer) {
            match property.key.to_lowercase().as_str() {
                "expect" => expected.value = Some(property.value.trim().to_owned()),
                "expect-error" => expected.error = Some(property.value.trim().to_owned()),
                _ => {}
            }
        }
        let before = found.cases.len();
        if let Some(error) = &expected.error {
            found.push(book, node, "expect-error", fails_with(status, error));
        } else if let Some(value) = &expected.value {
            found.push(book, node, "expect", gives(book, node, status, value));
        }
        if matches!(status, Status::Done { .. }) {
            found.golden(book, node, state, context)?;
        }
        if found.cases.len() == before {
            found.push(book, node, "run", runs(book, status));
        }
    }
    Ok(found)
}

impl Found {
    fn push(&mut self, book: &Book, node: usize, check: &'static str, outcome: Outcome) {
        let of = &book.graph.nodes[node];
        self.cases.push(Case { component: of.id.clone(), check, line: of.span.line, outcome });
    }

    /// Compares with the result that stands in the file, if there is one.
    fn golden(&mut self, book: &Book, node: usize, state: &[Status], context: &Context) -> anyhow::Result<()> {
        let text = &book.source.text;
        let Status::Done { values, .. } = &state[node] else { return Ok(()) };
        if !contains_result(text) {
            return Ok(());
        }
        let of = &book.graph.nodes[node];
        let result = |(port, value): (&crate::lanes::Port, &Value)| {
            let value = value.json()?.to_owned();
            Some(ResultValue { component: of.id.clone(), port: port.name.clone(), value })
        };
        let results: Vec<ResultValue> = of.outputs.iter().zip(values).filter_map(result).collect();
        let with = |value: &str| {
            let other = results.iter().map(|result| ResultValue { value: value.to_owned(), ..result.clone() });
            context.kernel().map(|kernel| kernel.write_results(text, &other.collect::<Vec<_>>()))
        };
        let edits = context.kernel()?.write_results(text, &results)?;
        if edits.is_empty() {
            // Nothing to change may mean that nothing stands there and nothing would be put there. Something that stands
            // there would be changed by one of two values that differ.
            let moved = [with("\"wb-test-1\"")??, with("\"wb-test-2\"")??].concat();
            if moved.iter().any(|edit| !inserts(edit)) {
                self.push(book, node, "result", Outcome::Passed);
            }
        } else if !edits.iter().any(inserts) {
            let diff = edits::diff(&book.source.name, text, &edits);
            let line = text[..edits[0].start as usize].matches('\n').count() + 1;
            let message = format!("the result in the file (line {line}) is not what came out");
            self.cases.push(Case {
                component: of.id.clone(),
                check: "result",
                line: u32::try_from(line).unwrap_or(u32::MAX),
                outcome: Outcome::Failed { message, diff },
            });
            self.accepted.extend(edits);
            self.accepted.sort_by_key(|edit| edit.start);
        }
        Ok(())
    }
}

fn contains_result(text: &str) -> bool {
    text.to_ascii_lowercase().contains("#+results")
}

/// Whether an edit puts a result where none is.
fn inserts(edit: &Edit) -> bool {
    edit.start == edit.end && contains_result(&edit.text)
}

fn gives(book: &Book, node: usize, status: &Status, expected: &str) -> Outcome {
    let values = match status {
        Status::Done { values, .. } => values,
        other => return not_done(book, other),
    };
    let outputs = &book.graph.nodes[node].outputs;
    let Ok(json) = serde_json::from_str::<Json>(expected) else {
        // Not JSON: the text itself.
        return match values.as_slice() {
            [only] => compare(&outputs[0].name, only, &Json::String(expected.to_owned())),
            _ => Outcome::failed(format!("`:expect:` is no JSON object, but there are {} outputs", values.len())),
        };
    };
    match (values.as_slice(), &json) {
        ([only], _) => compare(&outputs[0].name, only, &json),
        (several, Json::Object(members)) => {
            if let Some(name) = members.keys().find(|name| outputs.iter().all(|port| port.name != **name)) {
                return Outcome::failed(format!("`:expect:` has `{name}`, which is no output"));
            }
            let pairs = outputs.iter().zip(several);
            let compared = pairs.filter_map(|(port, value)| Some(compare(&port.name, value, members.get(&port.name)?)));
            compared.fold(Outcome::Passed, |all, one| if matches!(all, Outcome::Passed) { one } else { all })
        }
        (several, _) => {
            Outcome::failed(format!("`:expect:` is no JSON object, but there are {} outputs", several.len()))
        }
    }
}

fn compare(name: &str, value: &Value, expected: &Json) -> Outcome {
    let is = output::parsed(value);
    if same(&is, expected) {
        return Outcome::Passed;
    }
    Outcome::failed(format!("`{name}` is {}, expected {}", short(&is), short(expected)))
}

/// Equality of JSON, in which 1 and 1.0 are one number.
fn same(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(a), Json::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => one == other,
    }
}

fn short(json: &Json) -> String {
    let text = json.to_string();
    let cut: String = text.chars().take(200).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { cut }
}

fn fails_with(status: &Status, expected: &str) -> Outcome {
    match status {
        Status::Failed { failure, breach, .. } => {
            let messages: Vec<&str> = failure.problems.iter().map(|problem| problem.message.as_str()).collect();
            let said = messages.join("\n");
            if said.contains(expected) || breach.name() == expected {
                Outcome::Passed
            } else {
                Outcome::failed(format!("failed with `{said}`, expected `{expected}`"))
            }
        }
        Status::Done { .. } => Outcome::failed(format!("did not fail, expected `{expected}`")),
        Status::Cancelled | Status::Pending => Outcome::Cancelled,
        other => Outcome::failed(format!("was {}, expected to fail with `{expected}`", output::word(other))),
    }
}

fn not_done(book: &Book, status: &Status) -> Outcome {
    match runs(book, status) {
        Outcome::Skipped(reason) => Outcome::failed(reason),
        other => other,
    }
}

/// Without a word about its outputs a component must only not fail.
fn runs(book: &Book, status: &Status) -> Outcome {
    match status {
        Status::Done { .. } => Outcome::Passed,
        Status::Failed { breach, failure, .. } => {
            let messages: Vec<&str> = failure.problems.iter().map(|problem| problem.message.as_str()).collect();
            Outcome::failed(format!("{}: {}", breach.name(), messages.join("\n")))
        }
        Status::Skipped { cause } => Outcome::Skipped(format!("`{}` has nothing for it", book.graph.nodes[*cause].id)),
        Status::Pending | Status::Cancelled => Outcome::Cancelled,
        other => Outcome::Skipped(output::word(other).to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::same;
    use serde_json::json;

    #[test]
    fn numbers_are_compared_by_value_and_objects_by_name() {
        assert!(same(&json!({ "a": 1, "b": [2.0] }), &json!({ "b": [2], "a": 1.0 })));
        assert!(!same(&json!([1, 2]), &json!([2, 1])));
        assert!(!same(&json!({ "a": 1 }), &json!({ "a": 1, "b": 2 })));
        assert!(!same(&json!("1"), &json!(1)));
    }
}
