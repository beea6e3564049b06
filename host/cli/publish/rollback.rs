//! `wb publish rollback`: what was published before is seen again.

use super::super::{Context, Failure};
use super::deliver::Outcome;
use super::server::Server;
use super::settings::Target;
use super::{folder, git};
use crate::exit::Exit;

/// What to take back.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The workbook or `site.org`, where its name says what the site is called
    #[arg(value_name = "FILE")]
    pub(super) file: Option<String>,
    /// The settings; `publish.org` beside the workbook where it is not given
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<String>,
    /// The snapshot's number, or the commit; without it the one before
    #[arg(long, value_name = "WHICH")]
    pub(super) to: Option<String>,
    /// Only say what would change
    #[arg(long)]
    pub(super) dry_run: bool,
}

/// Takes it back.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    let chosen = match super::choose(arguments.file.as_deref(), arguments.config.as_deref(), context)? {
        Ok(chosen) => chosen,
        Err(exit) => return Ok(exit),
    };
    let (settings, dry) = (&chosen.settings, arguments.dry_run);
    let mut outcome = Outcome { target: settings.target.name(), dry, ..Outcome::default() };
    match &settings.target {
        Target::Directory => {
            if arguments.to.is_some() {
                let message = "a directory keeps one state besides the present, and `--to` names none";
                return Err(Failure::new(Exit::Usage, message).hint("leave out `--to`").into());
            }
            let folder = chosen.output();
            outcome.changes = Some(folder::roll_back(&folder, dry)?);
            outcome.output = Some(folder);
        }
        Target::GhPages { remote, branch } => {
            let branch = git::Branch { remote, branch, folder: &settings.folder };
            branch.check(context.offline())?;
            let pushed = branch.roll_back(arguments.to.as_deref(), dry)?;
            outcome.address = settings.base.clone().or(Some(pushed.address.trim_matches('`').to_owned()));
            (outcome.changes, outcome.commit) = (Some(pushed.changes), pushed.commit.filter(|_| !dry));
        }
        Target::SelfHosted { server, site } => {
            let number = |text: &str| {
                text.parse::<u64>().map_err(|_| {
                    Failure::new(Exit::Usage, format!("`{text}` is no number of a snapshot"))
                        .hint("write it like `--to 3`")
                })
            };
            let to = arguments.to.as_deref().map(number).transpose()?;
            let (server, site) = (Server::at(server)?, site.as_deref().unwrap_or(&chosen.site));
            if dry {
                let now = server.active(site)?.map_or("nothing".to_owned(), |now| format!("snapshot {now}"));
                outcome.hint = Some(format!("{now} of the site `{site}` would be replaced by an earlier one"));
            } else {
                let done = server.roll_back(site, to, settings.domain.as_deref())?;
                (outcome.snapshot, outcome.address, outcome.hint) = (Some(done.snapshot), done.address, done.hint);
            }
        }
        Target::CloudflarePages { project, .. } => {
            let message = "Cloudflare Pages rolls back in its dashboard; wrangler has no command for it";
            let hint = format!("project `{project}`, Deployments, the one before, `Rollback to this deployment`");
            return Err(Failure::new(Exit::Usage, message).hint(hint).into());
        }
    }
    outcome.tell(context.report)?;
    Ok(Exit::Ok)
}
