//! `wb run --html`: the page with the run's results, and with what has none.

use super::super::book::Book;
use super::super::{Context, references};
use super::write;
use crate::disk::Source;
use crate::execute::run::Status;
use crate::kernel::types::{Failure, Page, Problem, RawHtml, RenderOptions, Setback};
use crate::page;

/// The page with fresh results under their blocks.
pub(super) fn html(book: &Book, state: &[Status], context: &Context) -> anyhow::Result<String> {
    Ok(page::page(&rendered(book, state, context)?, &name(&book.source)))
}

/// What the kernel makes of the workbook with these results.
pub(in crate::cli) fn rendered(book: &Book, state: &[Status], context: &Context) -> anyhow::Result<Page> {
    let options = RenderOptions {
        raw_html: RawHtml::Drop,
        plain: false,
        results: write::fresh(book, state),
        failures: failures(book, state),
        files: references::files(&book.source, context)?,
    };
    Ok(context.kernel()?.render(&book.source.text, &options)?)
}

/// What to call a page that has no title: its file, without directory and ending.
pub(in crate::cli) fn name(source: &Source) -> String {
    let stem = source.path.as_deref().and_then(|path| path.file_stem());
    stem.map_or("workbook".to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// What has no result although it was to have one.
fn failures(book: &Book, state: &[Status]) -> Vec<Failure> {
    let why = |(node, status): (usize, &Status)| {
        let of = &book.graph.nodes[node];
        let why = match status {
            Status::Failed { failure, .. } => {
                let problem = |problem: &crate::lanes::Problem| Problem {
                    message: problem.message.clone(),
                    line: book.place(of, problem).line,
                    help: problem.help.clone(),
                };
                Setback::Failed(failure.problems.iter().map(problem).collect())
            }
            Status::Skipped { cause } => Setback::Skipped(book.graph.nodes[*cause].id.clone()),
            Status::Stopped | Status::Cancelled | Status::Pending => Setback::Cancelled,
            Status::Done { .. } | Status::NotEvaluated | Status::NotSelected => return None,
        };
        Some(Failure { component: of.id.clone(), why })
    };
    state.iter().enumerate().filter_map(why).collect()
}
