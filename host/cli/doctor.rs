//! `wb doctor`: whether this machine has what wb needs, each finding with its cure.

use std::path::PathBuf;
use std::process::Command;

use anstyle::AnsiColor;
use serde_json::{Value, json};

use super::{Context, Failure};
use crate::cache::{Key, Kind, Usage};
use crate::disk;
use crate::engine::Allocation;
use crate::env;
use crate::exit::Exit;
use crate::lanes::clang::Llvm;
use crate::lanes::zig::Zig;
use crate::lanes::{self, Interpreter, Lane};
use crate::packages::{Package, PackageError};
use crate::report::{Reporter, bytes, printable};

/// The targets that blocks in Rust are compiled for.
const TARGETS: [&str; 2] = ["wasm32-unknown-unknown", "wasm32-wasip2"];

/// What to look for, or to bring.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Download what blocks of this language need, where that is not part of wb
    #[arg(long, value_name = "LANGUAGE")]
    pub get: Vec<String>,
}

/// Languages that need nothing on this machine.
const BUILT_IN: &[&str] = &["javascript", "typescript", "shell", "sql", "wat"];

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Fine,
    /// Something works less well or not at all, and the rest does.
    Doubtful,
    /// wb cannot work.
    Broken,
}

struct Check {
    name: &'static str,
    state: State,
    detail: String,
    hint: Option<String>,
}

impl Check {
    fn new(name: &'static str, state: State, detail: impl Into<String>, hint: Option<&str>) -> Self {
        Self { name, state, detail: detail.into(), hint: hint.map(str::to_owned) }
    }
}

/// Runs all checks and prints them; or downloads what was asked for.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    if !arguments.get.is_empty() {
        return get(&arguments.get, context);
    }
    let mut checks = vec![engine(context), pooling(context), kernel(context), cache(context)];
    checks.extend(BUILT_IN.iter().map(|name| Check::new(name, State::Fine, "built in", None)));
    checks.push(rustc());
    checks.extend(TARGETS.map(target));
    checks.extend(lanes::PACKAGES.iter().map(|package| package_check(package, context)));
    let broken = checks.iter().any(|check| check.state == State::Broken);
    let report = context.report;
    if report.is_json() {
        report.value(&json(&checks, !broken))?;
    } else {
        report.out(&checks.iter().map(|check| line(check, report)).collect::<String>())?;
    }
    Ok(if broken { Exit::Unreachable } else { Exit::Ok })
}

/// Brings the packages of languages.
fn get(languages: &[String], context: &Context) -> anyhow::Result<Exit> {
    let mut brought = Vec::new();
    for language in languages {
        let lane = Lane::of(language);
        let Some(package) = lane.and_then(lanes::package) else {
            let all = lanes::PACKAGES.iter().map(|package| format!("`{}`", package.language)).collect::<Vec<_>>();
            let message = format!("nothing is downloaded for `{language}`; it is for {}", all.join(", "));
            return Err(Failure::new(Exit::Usage, message).into());
        };
        let folder = context.packages().get(package).map_err(|error| {
            let exit = if matches!(error, PackageError::Digest { .. }) { Exit::Unverified } else { Exit::Failed };
            Failure::new(exit, error.to_string()).hint(error.cure())
        })?;
        if lane == Some(Lane::Python) {
            let made = Interpreter::Python.component(context.cache(), context.packages());
            made.map_err(|problem| Failure::new(Exit::Failed, problem.message))?;
        }
        if matches!(lane, Some(Lane::C | Lane::Cpp)) {
            Llvm::load(context.packages(), context.cache())
                .map_err(|error| Failure::new(Exit::Failed, error.to_string()))?;
        }
        if lane == Some(Lane::Zig) {
            zig(context)?;
        }
        brought.push((package, folder));
    }
    if context.report.is_json() {
        let brought = brought.iter().map(|(package, folder)| {
            json!({ "language": package.language, "package": package.name, "version": package.version, "folder": folder })
        });
        context.report.value(&brought.collect::<Value>())?;
    } else {
        let line = |(package, folder): &(&Package, PathBuf)| {
            format!("{} is ready for `{}` blocks: {}\n", package.title, package.language, folder.display())
        };
        context.report.out(&brought.iter().map(line).collect::<String>())?;
    }
    Ok(Exit::Ok)
}

/// Compiles the library that blocks in Zig are linked to.
fn zig(context: &Context) -> anyhow::Result<()> {
    let compiler = Zig::load(context.packages()).map_err(|error| Failure::new(Exit::Failed, error.to_string()))?;
    let scratch = disk::scratch()?;
    let made = compiler.runtime(scratch.path(), context.cache());
    made.map_err(|failure| {
        let said = failure.problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>();
        Failure::new(Exit::Failed, said.join("; "))
    })?;
    Ok(())
}

fn package_check(package: &'static Package, context: &Context) -> Check {
    match context.packages().find(package) {
        // Only clang has a step between the download and the first block that takes minutes.
        Some(_) if package.language != "c" || Llvm::is_compiled(context.cache()) => {
            Check::new(package.language, State::Fine, format!("{} is ready", package.title), None)
        }
        Some(_) => {
            let detail = format!("{} is downloaded, and compiled for this machine at the first block", package.title);
            let hint = format!("`wb doctor --get {}` does it now", package.language);
            Check::new(package.language, State::Fine, detail, Some(&hint))
        }
        None => {
            let detail = format!("{} ({}) is downloaded at the first block", package.title, package.size());
            let hint = format!("`wb doctor --get {}` brings it now", package.language);
            Check::new(package.language, State::Fine, detail, Some(&hint))
        }
    }
}

fn engine(context: &Context) -> Check {
    match context.engine() {
        Ok(engine) => {
            Check::new("engine", State::Fine, format!("starts; fingerprint {:.16}", engine.fingerprint()), None)
        }
        Err(error) => Check::new("engine", State::Broken, error.to_string(), None),
    }
}

fn pooling(context: &Context) -> Check {
    const HINT: &str = "raise the limit of virtual memory (`ulimit -v unlimited`)";
    match context.pooling_engine() {
        Ok(engine) if engine.allocation() == Allocation::Pooling => {
            Check::new("instance pool", State::Fine, "reserved", None)
        }
        Ok(_) => {
            Check::new("instance pool", State::Doubtful, "cannot be reserved; graphs start more slowly", Some(HINT))
        }
        Err(error) => Check::new("instance pool", State::Broken, error.to_string(), None),
    }
}

fn kernel(context: &Context) -> Check {
    let asked = context.kernel().and_then(|kernel| Ok(kernel.headlines("* TODO It works :wb:\n")?));
    match asked {
        Ok(headlines) if headlines.len() == 1 => Check::new("kernel", State::Fine, "answers", None),
        Ok(_) => Check::new("kernel", State::Broken, "answers wrongly", Some("this build is broken; build wb again")),
        Err(error) => Check::new("kernel", State::Broken, format!("{error:#}"), None),
    }
}

fn cache(context: &Context) -> Check {
    const HINT: &str = "set `WB_CACHE_DIR` to a directory that only you can write to";
    let name = "cache";
    let cache = match context.open_cache() {
        Ok(cache) => cache,
        Err(error) => return Check::new(name, State::Doubtful, error.to_string(), Some(HINT)),
    };
    let key = Key::of("wb doctor", &[&std::process::id().to_le_bytes()]);
    let tried = cache.put(Kind::Result, &key, b"doctor");
    let read = cache.get(Kind::Result, &key);
    let removed = cache.remove(Kind::Result, &key);
    if let Err(error) = tried.and(removed) {
        return Check::new(name, State::Doubtful, error.to_string(), Some(HINT));
    }
    if read.as_deref() != Some(b"doctor") {
        return Check::new(name, State::Doubtful, "gives back something else than it was given", Some(HINT));
    }
    let sum = cache.usage().iter().fold(Usage::default(), |sum, (_, usage)| Usage {
        entries: sum.entries + usage.entries,
        bytes: sum.bytes + usage.bytes,
    });
    let detail = format!("{}, {} in {} entries", cache.directory().display(), bytes(sum.bytes), sum.entries);
    Check::new(name, State::Fine, detail, None)
}

fn rustc() -> Check {
    const HINT: &str = "install Rust from https://rustup.rs to run blocks in Rust";
    match output(&["--version"]) {
        Some(version) => Check::new("rustc", State::Fine, version, None),
        None => Check::new("rustc", State::Doubtful, "not found; blocks in Rust do not run", Some(HINT)),
    }
}

fn target(target: &'static str) -> Check {
    let there = output(&["--print", "target-libdir", "--target", target]).is_some_and(|path| disk::is_directory(&path));
    if there {
        return Check::new(target, State::Fine, "installed", None);
    }
    let hint = format!("rustup target add {target}");
    Check::new(target, State::Doubtful, "not installed; blocks in Rust do not run", Some(&hint))
}

/// What rustc prints, if there is one and it does not mind being asked.
fn output(arguments: &[&str]) -> Option<String> {
    let output = Command::new("rustc").args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn word(state: State) -> &'static str {
    match state {
        State::Fine => "ok",
        State::Doubtful => "warning",
        State::Broken => "error",
    }
}

fn json(checks: &[Check], ok: bool) -> Value {
    let check = |check: &Check| json!({ "name": check.name, "status": word(check.state), "detail": check.detail, "hint": check.hint });
    let variables =
        env::ALL.iter().map(|(name, meaning)| json!({ "name": name, "meaning": meaning, "value": env::get(name) }));
    json!({
        "ok": ok,
        "version": env!("CARGO_PKG_VERSION"),
        "checks": checks.iter().map(check).collect::<Value>(),
        "environment": variables.collect::<Value>(),
    })
}

fn line(check: &Check, report: Reporter) -> String {
    let colour = match check.state {
        State::Fine => AnsiColor::Green,
        State::Doubtful => AnsiColor::Yellow,
        State::Broken => AnsiColor::Red,
    };
    let word = report.styled(colour.on_default(), &format!("{:<7}", word(check.state)));
    let hint = check.hint.as_ref().map(|hint| format!("         hint: {hint}\n")).unwrap_or_default();
    format!("{word}  {:<22}  {}\n{hint}", check.name, printable(&check.detail))
}
