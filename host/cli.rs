//! The command line: parsed to plain values here, one file per verb below, failures turned into exit codes.

mod backup;
mod book;
mod bundle;
mod cache;
mod caps;
mod completions;
mod components;
mod compose;
mod context;
mod doctor;
mod explain;
mod failure;
mod fmt;
mod graph;
mod key;
mod lint;
mod publish;
mod pull;
mod push;
mod query;
mod references;
mod render;
mod replay;
mod rights;
mod run;
mod runs;
mod serve;
mod sign;
mod store;
mod tangle;
mod test;
mod validate;
mod var;
mod vendor;
mod watch;
mod why;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::engine;
use crate::env;
use crate::exit::Exit;
use crate::report::{Colour, Reporter};

pub use context::Context;
pub use failure::Failure;

/// Workbooks: one Org file, every block a sandboxed component.
#[derive(Debug, Parser)]
#[command(name = "wb", version, propagate_version = false, arg_required_else_help = true, max_term_width = 100)]
pub struct Cli {
    /// What holds for every verb.
    #[command(flatten)]
    pub global: Global,
    /// The verb.
    #[command(subcommand)]
    pub verb: Verb,
}

/// Flags of every verb.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// Work in this directory
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub directory: Option<PathBuf>,
    /// When to colour
    #[arg(long, value_name = "WHEN", value_enum, default_value_t, global = true)]
    pub color: Colour,
    /// Print JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Print nothing but data and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Download nothing
    #[arg(long, global = true)]
    pub offline: bool,
}

/// The verbs. `-` stands for standard input wherever a file is asked for.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Run a workbook
    Run(run::Arguments),
    /// Run a workbook, and again whenever it is saved
    Watch(watch::Arguments),
    /// Serve a workbook over HTTP: its page, a form for its inputs, its results; or a store of many
    Serve(serve::Arguments),
    /// Publish workbooks as pages: in a folder, on GitHub or Cloudflare, or on a server of wb
    Publish(publish::Arguments),
    /// Keep variables and secrets in a store
    Var(var::Arguments),
    /// Make, list and end API keys of a store
    Key(key::Arguments),
    /// Write a store into a folder, while it is served or not
    Backup(backup::Arguments),
    /// Read a backup into an empty store
    Restore(backup::Arguments),
    /// Bring a store up to date, or say what that would do
    Migrate(backup::MigrateArguments),
    /// Run workbooks and compare with what they say should come out
    Test(test::Arguments),
    /// Run an earlier run again, from what it was run with, and compare
    Replay(replay::Arguments),
    /// List earlier runs
    Runs(runs::Arguments),
    /// Compose a workbook into one component
    Compose(compose::Arguments),
    /// Put a component, or a workbook composed into one, into a registry or a folder
    Push(push::Arguments),
    /// Get a component out of a registry or a folder
    Pull(pull::Arguments),
    /// Put a workbook and the files it needs into one file
    Bundle(bundle::Arguments),
    /// Take a bundle apart, after checking all that is in it
    Unbundle(bundle::UnbundleArguments),
    /// Sign a page
    Sign(sign::Arguments),
    /// Say who signed a page or a bundle, and whether anything was changed since
    Verify(sign::VerifyArguments),
    /// Fetch the packages that Rust blocks name, into `vendor` beside the workbook
    Vendor(vendor::Arguments),
    /// Show what each component may touch
    Caps(caps::Arguments),
    /// Say whether a component would run, and why
    Why(why::Arguments),
    /// Show the build plan: components, edges, what goes in and comes out; or write the files of `:tangle`
    Tangle(tangle::Arguments),
    /// Find what is wrong or doubtful in workbooks
    Lint(lint::LintArguments),
    /// Find errors in workbooks
    Validate(validate::Arguments),
    /// List headlines, or those that an expression selects
    Query(query::Arguments),
    /// Align tables and property drawers as Org does
    Fmt(fmt::Arguments),
    /// Make an HTML page
    Render(render::Arguments),
    /// Draw the plan
    Graph(graph::Arguments),
    /// Explain a diagnostic code, or list all of them
    Explain(explain::Arguments),
    /// Look for what is missing on this machine
    Doctor(doctor::Arguments),
    /// Look at the cache, or make it smaller
    Cache(cache::Arguments),
    /// Print a script that completes the command line
    Completions(completions::Arguments),
}

impl Verb {
    fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        match self {
            Self::Run(arguments) => run::run(arguments, context),
            Self::Watch(arguments) => watch::run(arguments, context),
            Self::Serve(arguments) => serve::run(arguments, context),
            Self::Publish(arguments) => publish::run(arguments, context),
            Self::Var(arguments) => var::run(arguments, context),
            Self::Key(arguments) => key::run(arguments, context),
            Self::Backup(arguments) => backup::backup(arguments, context),
            Self::Restore(arguments) => backup::restore(arguments, context),
            Self::Migrate(arguments) => backup::migrate(arguments, context),
            Self::Test(arguments) => test::run(arguments, context),
            Self::Replay(arguments) => replay::run(arguments, context),
            Self::Runs(arguments) => runs::run(arguments, context),
            Self::Compose(arguments) => compose::run(arguments, context),
            Self::Push(arguments) => push::run(arguments, context),
            Self::Pull(arguments) => pull::run(arguments, context),
            Self::Bundle(arguments) => bundle::run(arguments, context),
            Self::Unbundle(arguments) => bundle::unbundle(arguments, context),
            Self::Sign(arguments) => sign::run(arguments, context),
            Self::Verify(arguments) => sign::verify(arguments, context),
            Self::Vendor(arguments) => vendor::run(arguments, context),
            Self::Caps(arguments) => caps::run(arguments, context),
            Self::Why(arguments) => why::run(arguments, context),
            Self::Tangle(arguments) => tangle::run(arguments, context),
            Self::Lint(arguments) => lint::run(arguments, context),
            Self::Validate(arguments) => validate::run(arguments, context),
            Self::Query(arguments) => query::run(arguments, context),
            Self::Fmt(arguments) => fmt::run(arguments, context),
            Self::Render(arguments) => render::run(arguments, context),
            Self::Graph(arguments) => graph::run(arguments, context),
            Self::Explain(arguments) => explain::run(arguments, context),
            Self::Doctor(arguments) => doctor::run(arguments, context),
            Self::Cache(arguments) => cache::run(arguments, context),
            Self::Completions(arguments) => completions::run(arguments, context),
        }
    }
}

/// The whole program: reads the command line, does what it says, reports a failure.
#[must_use]
pub fn main() -> Exit {
    engine::quiet_panics();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return Reporter::usage(&error),
    };
    let report = Reporter::new(cli.global.color, cli.global.json, cli.global.quiet);
    if let Some(directory) = &cli.global.directory
        && let Err(reason) = env::enter(directory)
    {
        report.failure(Exit::NotFound, &format!("cannot enter `{}`: {reason}", directory.display()), None);
        return Exit::NotFound;
    }
    let context = Context::new(report, cli.global.offline || env::offline());
    let ended = cli.verb.run(&context);
    context.settle();
    match ended {
        Ok(exit) => exit,
        Err(error) => failure::report(&error, report),
    }
}
