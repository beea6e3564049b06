//! `wb validate`: errors only, for scripts that ask whether a workbook can be run.

use super::{Context, lint};
use crate::exit::Exit;
use crate::kernel::Kernel;

pub(super) use lint::Arguments;

/// Prints errors; exits 1 when there are any.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    lint::check(arguments, context, |kernel: &Kernel, source| kernel.validate(&source.text))
}
