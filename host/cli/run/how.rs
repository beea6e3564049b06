//! The flags that say how a workbook is run: what `wb run` and `wb watch` have in common.

use std::time::Duration;

use super::super::book::Book;
use super::super::{Context, Failure};
use crate::execute::select::{Selection, Wanted};
use crate::exit::Exit;
use crate::units;

/// Which components, in which order of patience, and on how many threads.
#[derive(Clone, Debug, Default, clap::Args)]
pub(in crate::cli) struct How {
    /// Run these components alone; what they need comes from the cache, or is run as well
    #[arg(long, value_name = "COMPONENT", value_delimiter = ',', conflicts_with_all = ["from", "until"])]
    only: Vec<String>,
    /// Run these components and all that depends on them
    #[arg(long, value_name = "COMPONENT", value_delimiter = ',')]
    from: Vec<String>,
    /// Run these components and all that they depend on
    #[arg(long, value_name = "COMPONENT", value_delimiter = ',')]
    until: Vec<String>,
    /// After a failure, go on with what does not depend on it (this is the default)
    #[arg(long, overrides_with = "no_keep_going")]
    keep_going: bool,
    /// Stop at the first failure
    #[arg(long, visible_alias = "fail-fast", overrides_with = "keep_going")]
    no_keep_going: bool,
    /// Run everything, whatever is known from earlier runs; with a selection, run what is selected
    #[arg(long)]
    pub(in crate::cli) fresh: bool,
    /// Give every component a store of its own
    #[arg(long)]
    pub(in crate::cli) isolate: bool,
    /// Independent pieces that run at the same time
    #[arg(short, long, value_name = "N")]
    jobs: Option<usize>,
    /// The most time the whole run may take, such as `90s`
    #[arg(long, value_name = "TIME", value_parser = units::time)]
    pub(in crate::cli) max_time: Option<Duration>,
    /// The most memory all components of the run may hold at a time, such as `1GiB`
    #[arg(long, value_name = "SIZE", value_parser = units::size)]
    pub(in crate::cli) max_memory: Option<u64>,
}

impl How {
    /// Refuses what cannot be meant.
    pub(in crate::cli) fn check(&self) -> Result<(), Failure> {
        if self.jobs == Some(0) {
            return Err(Failure::new(Exit::Usage, "`--jobs 0` would run nothing").hint("give at least 1"));
        }
        Ok(())
    }

    /// Pieces that run at the same time.
    pub(in crate::cli) fn jobs(&self) -> usize {
        self.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
    }

    /// Whether a failure leaves independent components running.
    pub(in crate::cli) fn keeps_going(&self) -> bool {
        !self.no_keep_going
    }

    /// The components that are asked for.
    pub(in crate::cli) fn selection(&self, book: &Book, context: &Context) -> Result<Selection, Failure> {
        let find = |names: &[String]| names.iter().map(|name| book.find(name)).collect::<Result<Vec<usize>, _>>();
        let wanted = Wanted { only: find(&self.only)?, from: find(&self.from)?, until: find(&self.until)? };
        let selection = Selection::of(&book.graph, &wanted);
        if (0..book.graph.nodes.len()).all(|node| !selection.chosen(node)) {
            context.report.warn("nothing is both downstream of `--from` and upstream of `--until`");
        }
        Ok(selection)
    }
}
