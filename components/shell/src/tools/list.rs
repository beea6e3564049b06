//! Tools that look at files: `ls`, `du`, `stat`.

use super::Cx;
use super::context::named;
use crate::Done;
use crate::options::Options;
use crate::vfs::Stat;

pub(crate) async fn ls(cx: &mut Cx<'_>) -> Done {
    let options = Options::parse(
        &cx.args,
        "laA1rtSdRFhpin",
        &[("all", 'a'), ("almost-all", 'A'), ("reverse", 'r'), ("directory", 'd'), ("recursive", 'R')],
    )?;
    let names = if options.rest.is_empty() { vec![".".to_owned()] } else { options.rest.clone() };
    let mut files = Vec::new();
    let mut folders = Vec::new();
    for name in names {
        match cx.stat(&name, true).or_else(|_| cx.stat(&name, false)) {
            Ok(stat) if stat.folder && !options.has('d') => folders.push(name),
            Ok(stat) => files.push((name, stat)),
            Err(error) => {
                cx.complain(&format!("cannot access `{name}`: {error}")).await;
                cx.status = 2;
            }
        }
    }
    let several = folders.len() + files.len() > 1 || options.has('R');
    let mut first = files.is_empty();
    show(cx, &options, files).await?;
    folders.sort();
    folders.reverse();
    while let Some(folder) = folders.pop() {
        let names = cx.files().list(&cx.shell.path(&folder)).map_err(|error| named(&folder, &error))?;
        let mut rows = Vec::new();
        if options.has('a') {
            rows.extend([".", ".."].map(|name| (name.to_owned(), Stat { folder: true, ..Stat::default() })));
        }
        for name in names.into_iter().filter(|name| !name.starts_with('.') || options.has('a') || options.has('A')) {
            let stat = cx.stat(&format!("{folder}/{name}"), false).unwrap_or_default();
            rows.push((name, stat));
        }
        if options.has('R') {
            let inner = rows.iter().filter(|(name, stat)| stat.folder && name != "." && name != "..");
            let mut inner: Vec<String> =
                inner.map(|(name, _)| format!("{}/{name}", folder.trim_end_matches('/'))).collect();
            inner.reverse();
            folders.extend(inner);
        }
        if several {
            let gap = if first { "" } else { "\n" };
            cx.out.write(format!("{gap}{folder}:\n").as_bytes()).await?;
        }
        first = false;
        show(cx, &options, rows).await?;
    }
    Ok(cx.status)
}

async fn show(cx: &Cx<'_>, options: &Options, mut rows: Vec<(String, Stat)>) -> Result<(), crate::Stop> {
    rows.sort_by(|(a, left), (b, right)| {
        let order = if options.has('t') {
            right.modified.total_cmp(&left.modified)
        } else if options.has('S') {
            right.size.cmp(&left.size)
        } else {
            std::cmp::Ordering::Equal
        };
        order.then_with(|| a.cmp(b))
    });
    if options.has('r') {
        rows.reverse();
    }
    let width = rows.iter().map(|(_, stat)| stat.size.to_string().len()).max().unwrap_or(0);
    let mut out = String::new();
    for (name, stat) in rows {
        let mark = if stat.folder && (options.has('F') || options.has('p')) { "/" } else { "" };
        if options.has('l') {
            let kind = if stat.link {
                "lrw"
            } else if stat.folder {
                "drw"
            } else {
                "-rw"
            };
            // Files in memory have no dates; 1970 says so.
            let time = if stat.modified > 1e6 { stat.modified } else { 0.0 };
            let date = super::date::strftime("%Y-%m-%d %H:%M", time, 0);
            out.push_str(&format!("{kind} {:>width$} {date} {name}{mark}\n", stat.size));
        } else {
            out.push_str(&format!("{name}{mark}\n"));
        }
    }
    cx.out.write(out.as_bytes()).await
}

pub(crate) async fn du(cx: &mut Cx<'_>) -> Done {
    let options = Options::parse(&cx.args, "sbhkac", &[("summarize", 's'), ("bytes", 'b')])?;
    let names = if options.rest.is_empty() { vec![".".to_owned()] } else { options.rest.clone() };
    for name in names {
        let all = super::files::below(cx, &cx.shell.path(&name))?;
        let bytes: u64 = all.iter().map(|path| cx.files().stat(path, false).unwrap_or_default().size).sum();
        let size = if options.has('b') { bytes } else { bytes.div_ceil(1024) };
        cx.out.write(format!("{size}\t{name}\n").as_bytes()).await?;
    }
    Ok(cx.status)
}

pub(crate) async fn stat(cx: &mut Cx<'_>) -> Done {
    let options = Options::parse(&cx.args, "c:L", &[("format", 'c')])?;
    for name in &options.rest {
        let stat = cx.stat(name, true).map_err(|error| named(name, &error))?;
        let kind = if stat.folder { "directory" } else { "regular file" };
        let format = options.value('c').unwrap_or("%n: %s bytes, %F");
        let line = format
            .replace("%n", name)
            .replace("%s", &stat.size.to_string())
            .replace("%F", kind)
            .replace("%Y", &(stat.modified as i64).to_string());
        cx.out.write(format!("{line}\n").as_bytes()).await?;
    }
    Ok(cx.status)
}
