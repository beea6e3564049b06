//! `wb completions`: scripts that complete the command line, made from the same description it is parsed by.

use clap::CommandFactory;

use super::{Cli, Context};
use crate::exit::Exit;

/// Which shell.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The shell to complete in
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: clap_complete::Shell,
}

/// Prints the script.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "wb", &mut script);
    context.report.out(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Ok)
}
