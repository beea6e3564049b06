//! `cloudflare-pages`: `wrangler pages deploy`, the vendor's own program.
//!
//! It gets a list of arguments and no shell. The token is in the environment (`CLOUDFLARE_API_TOKEN`) or where
//! `wrangler login` put it; neither is read here.

use std::path::Path;
use std::process::{Command, Stdio};

use super::super::Failure;
use super::folder::Files;
use crate::disk;
use crate::env;
use crate::exit::Exit;

/// Puts the files onto Cloudflare Pages, and gives the address that wrangler tells.
///
/// # Errors
///
/// When there is no wrangler, or it says no.
pub(super) fn deploy(
    files: &Files,
    project: &str,
    account: Option<&str>,
    offline: bool,
) -> Result<Option<String>, Failure> {
    let wrong = |what: &str, error: std::io::Error| Failure::new(Exit::Failed, format!("cannot {what}: {error}"));
    let scratch = disk::scratch().map_err(|error| wrong("make a folder for temporary files", error))?;
    let staging =
        disk::Staging::new(scratch.path()).map_err(|error| wrong("make a folder for temporary files", error))?;
    for (path, bytes) in files {
        staging.write(Path::new(path), &mut bytes.as_ref()).map_err(|error| wrong("write temporary files", error))?;
    }
    let folder = scratch.path().join("site");
    staging.keep(&folder).map_err(|error| wrong("write temporary files", error))?;
    let mut command = wrangler(offline)?;
    command.args(["pages", "deploy", "site", "--project-name", project, "--commit-dirty=true"]);
    command.current_dir(scratch.path()).env("WRANGLER_SEND_METRICS", "false").env("NO_COLOR", "1").env("CI", "true");
    if let Some(account) = account {
        command.env("CLOUDFLARE_ACCOUNT_ID", account);
    }
    command.stdin(Stdio::null());
    let output = command.output().map_err(|error| wrong("run `wrangler`", error))?;
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    let said = plain(&said);
    if output.status.success() {
        return Ok(address(&said));
    }
    Err(refused(&said, project))
}

/// `wrangler` from the path, else by `npx`, which downloads it.
fn wrangler(offline: bool) -> Result<Command, Failure> {
    if let Some(program) = env::program("wrangler") {
        return Ok(Command::new(program));
    }
    match env::program("npx") {
        Some(npx) if !offline => {
            let mut command = Command::new(npx);
            command.args(["--yes", "wrangler"]);
            Ok(command)
        }
        Some(_) => {
            Err(Failure::new(Exit::Unreachable, "`wrangler` is not on the path, and `npx` would have to download it")
                .hint("install it with `npm install --global wrangler`, or leave out `--offline`"))
        }
        None => Err(Failure::new(Exit::Unreachable, "`cloudflare-pages` needs `wrangler`, which is not on the path")
            .hint("install node, then `npm install --global wrangler`")),
    }
}

/// The last address on `pages.dev` that it tells.
fn address(said: &str) -> Option<String> {
    let mut words = said.split(|c: char| c.is_whitespace() || c == '"');
    let host = |word: &&str| {
        let rest = word.strip_prefix("https://").or_else(|| word.strip_prefix("http://"));
        rest.is_some_and(|rest| rest.split('/').next().is_some_and(|host| host.ends_with(".pages.dev")))
    };
    words.rfind(host).map(str::to_owned)
}

/// Text without the colours of a terminal.
fn plain(said: &str) -> String {
    let mut parts = said.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or(part, |(_, rest)| rest))
}

fn refused(said: &str, project: &str) -> Failure {
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let telling =
        lines.iter().find(|line| line.contains("ERROR")).or(lines.last()).copied().unwrap_or("it does not say why");
    let telling = telling
        .trim_start_matches(|c: char| !c.is_ascii_alphanumeric())
        .trim_start_matches("[ERROR]")
        .trim_start_matches("ERROR]")
        .trim();
    let lower = said.to_ascii_lowercase();
    let has = |signs: &[&str]| signs.iter().any(|sign| lower.contains(sign));
    let (exit, hint) =
        if has(&["authentication", "api_token", "not logged in", "unauthorized", "code: 10000", "code: 9109"]) {
            (
                Exit::Denied,
                "set `CLOUDFLARE_API_TOKEN` to a token that may edit Pages, or run `wrangler login`".to_owned(),
            )
        } else if has(&["project not found", "code: 8000007"]) {
            (Exit::NotFound, format!("`wrangler pages project create {project}` makes it"))
        } else if has(&["econnrefused", "enotfound", "fetch failed", "network", "timed out"]) {
            (Exit::Unreachable, "nothing was published, unless wrangler says otherwise".to_owned())
        } else {
            (Exit::Failed, "`WRANGLER_LOG=debug` makes it say more".to_owned())
        };
    Failure::new(exit, format!("`wrangler` failed: {telling}")).hint(hint)
}
