//! Tools that change files: `mkdir`, `rmdir`, `rm`, `cp`, `mv`, `touch`, `mktemp`.

use super::Cx;
use super::context::named;
use super::output::last_part;
use crate::options::Options;
use crate::vfs::{FileError, Open, parent};
use crate::{Done, Stop, usage};

pub(crate) async fn mkdir(cx: &mut Cx<'_>) -> Done {
    let options = Options::parse(&cx.args, "pm:v", &[("parents", 'p')])?;
    for name in &options.rest {
        let path = cx.shell.path(name);
        let mut todo = vec![path.clone()];
        while options.has('p') && todo.len() < 200 && parent(&todo[todo.len() - 1]) != "/" {
            todo.push(parent(&todo[todo.len() - 1]).to_owned());
        }
        for path in todo.into_iter().rev() {
            match cx.files().make_folder(&path) {
                Err(FileError::Exists)
                    if options.has('p') && cx.files().stat(&path, true).is_ok_and(|stat| stat.folder) => {}
                Err(error) => {
                    cx.complain(&format!("cannot create directory `{name}`: {error}")).await;
                    break;
                }
                Ok(()) if options.has('v') => {
                    cx.out.write(format!("mkdir: created directory '{name}'\n").as_bytes()).await?;
                }
                Ok(()) => {}
            }
        }
    }
    Ok(cx.status)
}

/// `install -d` makes folders, otherwise it copies.
pub(crate) async fn install(cx: &mut Cx<'_>) -> Done {
    if cx.args.first().is_some_and(|arg| arg == "-d") {
        cx.args[0] = "-p".to_owned();
        return mkdir(cx).await;
    }
    cp(cx).await
}

pub(crate) async fn rmdir(cx: &mut Cx<'_>) -> Done {
    let options = Options::parse(&cx.args, "p", &[("parents", 'p')])?;
    let mut names = options.rest.clone();
    if options.has('p') {
        // The folder itself, then each it is in, as it is written.
        names = options.rest.iter().flat_map(|name| upwards(name)).collect();
    }
    for name in &names {
        let folder = cx.stat(name, false).map(|stat| stat.folder);
        let result = match folder {
            Ok(true) => cx.files().remove(&cx.shell.path(name)),
            Ok(false) => Err(FileError::NotFolder),
            Err(error) => Err(error),
        };
        if let Err(error) = result {
            cx.complain(&format!("cannot remove `{name}`: {error}")).await;
        }
    }
    Ok(cx.status)
}

/// `a/b/c`, `a/b`, `a`.
fn upwards(path: &str) -> Vec<String> {
    let path = path.trim_end_matches('/');
    let cuts = path.match_indices('/').map(|(at, _)| at).filter(|at| *at > 0);
    let mut all: Vec<String> = cuts.map(|at| path[..at].to_owned()).collect();
    all.push(path.to_owned());
    all.reverse();
    all
}

/// A path and everything below it, folders before what is in them.
pub(super) fn below(cx: &Cx<'_>, root: &str) -> Result<Vec<String>, Stop> {
    let files = cx.files();
    let mut all = vec![root.to_owned()];
    let mut at = 0;
    while at < all.len() {
        let path = all[at].clone();
        at += 1;
        if files.stat(&path, false).is_ok_and(|stat| stat.folder && !stat.link) {
            let names = files.list(&path).map_err(|error| named(&path, &error))?;
            all.extend(names.iter().map(|name| format!("{}/{name}", path.trim_end_matches('/'))));
        }
        if all.len() > 100_000 {
            return Err(Stop::Limit("more than 100000 files".to_owned()));
        }
    }
    Ok(all)
}

pub(crate) async fn rm(cx: &mut Cx<'_>) -> Done {
    let options = Options::parse(&cx.args, "rRfdv", &[("recursive", 'r'), ("force", 'f'), ("verbose", 'v')])?;
    let (recursive, force) = (options.has('r') || options.has('R'), options.has('f'));
    if options.rest.is_empty() && !force {
        return usage("needs a file");
    }
    for name in &options.rest {
        let path = cx.shell.path(name);
        let result = match cx.files().stat(&path, false) {
            Err(FileError::NotFound) if force => Ok(()),
            Err(error) => Err(error),
            Ok(stat) if stat.folder && !recursive => Err(FileError::IsFolder),
            Ok(stat) => {
                let all = below(cx, &path)?;
                let gone = all.iter().rev().try_for_each(|path| cx.files().remove(path));
                if gone.is_ok() && options.has('v') {
                    let what = if stat.folder { "removed directory" } else { "removed" };
                    cx.out.write(format!("{what} '{name}'\n").as_bytes()).await?;
                }
                gone
            }
        };
        if let Err(error) = result {
            cx.complain(&format!("cannot remove `{name}`: {error}")).await;
        }
    }
    Ok(cx.status)
}

/// Sources and the path each goes to.
fn targets(cx: &Cx<'_>, names: &[String], folder: Option<&str>) -> Result<Vec<(String, String)>, Stop> {
    let (sources, target) = match (folder, names.split_last()) {
        (Some(folder), _) => (names, folder),
        (None, Some((target, sources))) if !sources.is_empty() => (sources, target.as_str()),
        _ => return usage("needs a source and a target"),
    };
    let into = cx.stat(target, true).is_ok_and(|stat| stat.folder);
    if !into && sources.len() > 1 {
        return Err(Stop::Error(1, format!("{target}: Not a directory")));
    }
    let place = |source: &String| {
        if into { format!("{}/{}", target.trim_end_matches('/'), last_part(source)) } else { target.to_owned() }
    };
    Ok(sources.iter().map(|source| (source.clone(), place(source))).collect())
}

async fn copy_file(cx: &Cx<'_>, from: &str, to: &str) -> Result<(), Stop> {
    let files = cx.files();
    let input = crate::io::In::file(&files, files.open(from, Open::Read).map_err(|error| named(from, &error))?);
    let out = crate::io::Out::file(&files, files.open(to, Open::Truncate).map_err(|error| named(to, &error))?, false);
    while let Some(chunk) = input.chunk().await? {
        out.write(&chunk).await?;
    }
    Ok(())
}

async fn copy_all(cx: &Cx<'_>, from: &str, to: &str) -> Result<(), Stop> {
    if to.starts_with(&format!("{from}/")) {
        return Err(Stop::Error(1, format!("cannot copy a directory, `{from}`, into itself")));
    }
    for path in below(cx, from)? {
        let target = format!("{to}{}", &path[from.len()..]);
        if cx.files().stat(&path, true).is_ok_and(|stat| stat.folder) {
            match cx.files().make_folder(&target) {
                Ok(()) | Err(FileError::Exists) => {}
                Err(error) => return Err(named(&target, &error)),
            }
        } else {
            copy_file(cx, &path, &target).await?;
        }
    }
    Ok(())
}

pub(crate) async fn cp(cx: &mut Cx<'_>) -> Done {
    let options = Options::parse(
        &cx.args,
        "rRapfnt:vm:",
        &[("recursive", 'r'), ("archive", 'a'), ("force", 'f'), ("no-clobber", 'n'), ("verbose", 'v')],
    )?;
    let recursive = ['r', 'R', 'a'].into_iter().any(|letter| options.has(letter));
    for (from, to) in targets(cx, &options.rest, options.value('t'))? {
        let (source, target) = (cx.shell.path(&from), cx.shell.path(&to));
        if options.has('n') && cx.files().stat(&target, true).is_ok() {
            continue;
        }
        let result = match cx.files().stat(&source, true) {
            Err(error) => Err(named(&from, &error)),
            Ok(stat) if stat.folder && !recursive => {
                Err(Stop::Error(1, format!("-r not specified; omitting directory `{from}`")))
            }
            Ok(_) if source == target => Err(Stop::Error(1, format!("`{from}` and `{to}` are the same file"))),
            Ok(stat) if stat.folder => copy_all(cx, &source, &target).await,
            Ok(_) => copy_file(cx, &source, &target).await,
        };
        if result.is_ok() && options.has('v') {
            cx.out.write(format!("'{from}' -> '{to}'\n").as_bytes()).await?;
        }
        match result {
            Err(Stop::Error(_, message)) => cx.complain(&message).await,
            other => other?,
        }
    }
    Ok(cx.status)
}

pub(crate) async fn mv(cx: &mut Cx<'_>) -> Done {
    let options = Options::parse(&cx.args, "fnt:v", &[("force", 'f'), ("no-clobber", 'n'), ("verbose", 'v')])?;
    for (from, to) in targets(cx, &options.rest, options.value('t'))? {
        let (source, target) = (cx.shell.path(&from), cx.shell.path(&to));
        if options.has('n') && cx.files().stat(&target, true).is_ok() {
            continue;
        }
        if source == target || target.starts_with(&format!("{source}/")) {
            cx.complain(&format!("cannot move `{from}` to `{to}`")).await;
            continue;
        }
        match cx.files().rename(&source, &target) {
            Ok(()) if options.has('v') => {
                cx.out.write(format!("renamed '{from}' -> '{to}'\n").as_bytes()).await?;
            }
            Ok(()) => {}
            Err(FileError::Other(text)) if text.contains("cross-device") => {
                copy_all(cx, &source, &target).await?;
                for path in below(cx, &source)?.iter().rev() {
                    cx.files().remove(path).map_err(|error| named(path, &error))?;
                }
            }
            Err(error) => cx.complain(&format!("cannot move `{from}` to `{to}`: {error}")).await,
        }
    }
    Ok(cx.status)
}

pub(crate) async fn touch(cx: &mut Cx<'_>) -> Done {
    let options = Options::parse(&cx.args, "camd:r:t:", &[("no-create", 'c')])?;
    for name in &options.rest {
        let path = cx.shell.path(name);
        match cx.files().stat(&path, true) {
            Ok(stat) if stat.folder => {}
            Err(_) if options.has('c') => {}
            _ => {
                let opened = cx.files().open(&path, Open::Keep);
                let done = opened.and_then(|handle| cx.files().append(&handle, b""));
                if let Err(error) = done {
                    cx.complain(&format!("cannot touch `{name}`: {error}")).await;
                }
            }
        }
    }
    Ok(cx.status)
}

pub(crate) async fn mktemp(cx: &mut Cx<'_>) -> Done {
    let options = Options::parse(&cx.args, "dp:tuq", &[("directory", 'd')])?;
    for number in 1..10_000 {
        let path = format!("/tmp/tmp.{number:06}");
        if cx.files().stat(&path, true).is_ok() {
            continue;
        }
        let made = if options.has('d') {
            cx.files().make_folder(&path)
        } else {
            cx.files().open(&path, Open::Truncate).map(drop)
        };
        made.map_err(|error| named(&path, &error))?;
        cx.out.write(format!("{path}\n").as_bytes()).await?;
        return Ok(0);
    }
    Err(Stop::Error(1, "no name is free".to_owned()))
}
