//! The files of a page or a site, brought to where the settings say.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::{Context, Failure};
use super::folder::{self, Change, Files, What};
use super::server::Server;
use super::settings::{Settings, Target};
use super::{cloudflare, git};
use crate::exit::Exit;
use crate::report::{Reporter, bytes, count, printable};

/// Most lines about files.
const LINES: usize = 50;

/// What is to be brought there.
pub(super) struct Delivery<'a> {
    pub(super) settings: &'a Settings,
    /// The folder that is written, whatever the target.
    pub(super) folder: PathBuf,
    pub(super) files: Files,
    /// What a server calls the site where the settings do not say.
    pub(super) site: String,
    /// Only said, not done.
    pub(super) dry: bool,
    /// What the folder had before is kept.
    pub(super) keep: bool,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) target: &'static str,
    pub(super) dry: bool,
    /// What differs from before, where that can be known.
    pub(super) changes: Option<Vec<Change>>,
    /// The folder on this machine.
    pub(super) output: Option<PathBuf>,
    /// Where it can be seen.
    pub(super) address: Option<String>,
    pub(super) commit: Option<String>,
    pub(super) snapshot: Option<u64>,
    /// What is left to do.
    pub(super) hint: Option<String>,
}

impl Delivery<'_> {
    /// Does it, or says what would be done.
    ///
    /// # Errors
    ///
    /// What stands in the way; what was published before is then as before.
    pub(super) fn go(self, context: &Context) -> Result<Outcome, Failure> {
        let target = &self.settings.target;
        let mut outcome = Outcome { target: target.name(), dry: self.dry, ..Outcome::default() };
        let mut files = self.files.clone();
        if let Target::GhPages { .. } = target {
            files.extend(git::extras(self.settings.domain.as_deref()));
        }
        self.check(context.offline())?;
        let changes = folder::compare(&self.folder, &files)?;
        if !self.dry && !changes.is_empty() {
            folder::write(&self.folder, &files, self.keep)?;
        }
        outcome.output = Some(self.folder.clone());
        match target {
            Target::Directory => {
                outcome.changes = Some(changes);
                outcome.address = self.settings.base.clone();
            }
            Target::GhPages { remote, branch } => {
                let branch = git::Branch { remote, branch, folder: &self.settings.folder };
                let note = format!("wb publish: {}", count(self.files.len(), "file"));
                let pushed = branch.publish(&files, &note, self.dry)?;
                outcome.address = self.settings.base.clone();
                (outcome.changes, outcome.commit) = (Some(pushed.changes), pushed.commit.filter(|_| !self.dry));
                context.report.say(&format!("{} of {}", branch.branch, pushed.address));
            }
            Target::SelfHosted { server, site } => self.to_server(server, site.as_deref(), &mut outcome)?,
            Target::CloudflarePages { project, account } => {
                // What is there already only Cloudflare knows; dry, this is what differs from the last time.
                outcome.changes = self.dry.then_some(changes);
                if !self.dry {
                    let told = cloudflare::deploy(&files, project, account.as_deref(), context.offline())?;
                    outcome.address = self.settings.base.clone().or(told);
                }
            }
        }
        Ok(outcome)
    }

    /// Refuses what would leave this machine where nothing may.
    fn check(&self, offline: bool) -> Result<(), Failure> {
        match &self.settings.target {
            Target::GhPages { remote, branch } => {
                git::Branch { remote, branch, folder: &self.settings.folder }.check(offline)
            }
            target if offline && !self.dry && *target != Target::Directory => {
                let message = format!("`{}` is somewhere else, and `--offline` keeps wb here", target.name());
                Err(Failure::new(Exit::Unreachable, message))
            }
            _ => Ok(()),
        }
    }

    fn to_server(&self, address: &str, site: Option<&str>, outcome: &mut Outcome) -> Result<(), Failure> {
        let (server, site) = (Server::at(address)?, site.unwrap_or(&self.site));
        if self.dry {
            outcome.hint = Some(match server.active(site)? {
                Some(number) => format!("snapshot {number} of the site `{site}` would be replaced by a new one"),
                None => format!("the site `{site}` would get its first snapshot"),
            });
            let added = |(path, bytes): (&String, &bytes::Bytes)| Change {
                path: path.clone(),
                what: What::Added,
                bytes: bytes.len() as u64,
            };
            outcome.changes = Some(self.files.iter().map(added).collect());
            return Ok(());
        }
        let done = server.publish(site, &self.body(site), self.settings.domain.as_deref())?;
        outcome.snapshot = Some(done.snapshot);
        (outcome.address, outcome.hint) = (done.address, done.hint);
        Ok(())
    }

    /// One page as it is; a site file by file.
    fn body(&self, site: &str) -> Value {
        let note = format!("wb publish: {}", count(self.files.len(), "file"));
        if let (1, Some(page)) = (self.files.len(), self.files.get("index.html")) {
            return json!({ "id": site, "html": String::from_utf8_lossy(page), "note": note });
        }
        let file = |(path, bytes): (&String, &bytes::Bytes)| match std::str::from_utf8(bytes) {
            Ok(text) => json!({ "path": format!("/{path}"), "text": text }),
            Err(_) => json!({ "path": format!("/{path}"), "base64": STANDARD.encode(bytes) }),
        };
        let files: Vec<Value> = self.files.iter().map(file).collect();
        json!({ "id": site, "files": files, "note": note })
    }
}

impl Outcome {
    /// Tells it: the address or the folder is the data.
    ///
    /// # Errors
    ///
    /// When nobody reads it.
    pub(super) fn tell(&self, report: Reporter) -> anyhow::Result<()> {
        if report.is_json() {
            return Ok(report.value(&self.to_json())?);
        }
        let changes = self.changes.as_deref().unwrap_or_default();
        let mut lines = String::new();
        for change in changes.iter().take(LINES) {
            lines.push_str(&format!(
                "{:<8} {}  {}\n",
                change.what.word(),
                printable(&change.path),
                bytes(change.bytes)
            ));
        }
        if changes.len() > LINES {
            lines.push_str(&format!("… and {} more\n", changes.len() - LINES));
        }
        if self.dry {
            report.out(&lines)?;
        } else {
            lines.lines().for_each(|line| report.say(line));
        }
        let all = changes.iter().map(|change| if change.what == What::Removed { 0 } else { change.bytes }).sum::<u64>();
        let would = if self.dry { "would publish" } else { "published" };
        match (&self.changes, self.snapshot) {
            (Some(changes), _) if changes.is_empty() => report.say("nothing to do: it is there already"),
            (_, Some(snapshot)) => report.say(&format!("published: snapshot {snapshot}")),
            (None, None) => report.say(&format!("{would} to {}", self.target)),
            _ => report.say(&format!("{would} to {}: {}, {}", self.target, count(changes.len(), "change"), bytes(all))),
        }
        if let Some(hint) = &self.hint {
            report.say(hint);
        }
        let output = self.output.as_deref().map(shown);
        let place = if self.target == "directory" { output } else { self.address.clone().or(output) };
        if let (Some(place), false) = (place, self.dry) {
            report.out(&format!("{place}\n"))?;
        }
        Ok(())
    }

    fn to_json(&self) -> Value {
        let change =
            |change: &Change| json!({ "path": change.path, "change": change.what.word(), "bytes": change.bytes });
        json!({
            "ok": true,
            "target": self.target,
            "dry_run": self.dry,
            "changes": self.changes.as_ref().map(|changes| changes.iter().map(change).collect::<Vec<_>>()),
            "output": self.output.as_deref().map(shown),
            "address": self.address,
            "commit": self.commit,
            "snapshot": self.snapshot,
            "hint": self.hint,
        })
    }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
