//! `sed`: its options and its files. Scripts are read in `script`, run in `run`.

mod run;
mod script;

use super::Cx;
use crate::options::Options;
use crate::{Done, usage};

pub(crate) async fn sed(cx: &mut Cx<'_>) -> Done {
    let long = [
        ("quiet", 'n'),
        ("silent", 'n'),
        ("expression", 'e'),
        ("file", 'f'),
        ("regexp-extended", 'E'),
        ("separate", 's'),
        ("null-data", 'z'),
        ("in-place", '\u{1}'),
        ("unbuffered", 'u'),
        ("posix", '\u{2}'),
    ];
    // `-i` may have a suffix that stands right behind it.
    let mut suffix = None;
    let args: Vec<String> = cx
        .args
        .iter()
        .filter(|arg| {
            let in_place = arg
                .strip_prefix("-i")
                .or_else(|| arg.strip_prefix("--in-place").map(|rest| rest.trim_start_matches('=')));
            if let Some(text) = in_place {
                suffix = Some(text.to_owned());
            }
            in_place.is_none()
        })
        .cloned()
        .collect();
    let mut options = Options::parse(&args, "ne:f:Ersuz", &long)?;
    let mut text = String::new();
    for (letter, value) in &options.given {
        match letter {
            'e' => text.push_str(&format!("{value}\n")),
            'f' => text.push_str(&String::from_utf8_lossy(&cx.open(value)?.all().await?)),
            _ => {}
        }
    }
    if !options.has('e') && !options.has('f') {
        if options.rest.is_empty() {
            return usage("needs a script");
        }
        text = options.rest.remove(0);
    }
    let extended = options.has('E') || options.has('r');
    let script = script::parse(&text, extended)?;
    let setting =
        run::Setting { quiet: options.has('n') || script.quiet, end: if options.has('z') { 0 } else { b'\n' } };
    let files = std::mem::take(&mut options.rest);
    if suffix.is_none() && !options.has('s') {
        return run::run(cx, &script, setting, files, cx.out.clone()).await;
    }
    if files.is_empty() && suffix.is_some() {
        return usage("`-i` needs a file");
    }
    let files = Cx::inputs(files);
    let mut status = 0;
    for file in files {
        if suffix.is_none() {
            status = run::run(cx, &script, setting, vec![file], cx.out.clone()).await?;
            continue;
        }
        let bytes = match cx.open(&file) {
            Ok(input) => input.all().await?,
            Err(crate::Stop::Error(_, message)) => {
                cx.complain(&message).await;
                continue;
            }
            Err(other) => return Err(other),
        };
        if let Some(suffix) = suffix.as_ref().filter(|suffix| !suffix.is_empty()) {
            cx.create(&format!("{file}{suffix}"), false)?.write(&bytes).await?;
        }
        let out = crate::io::Out::buffer(crate::run::CAPTURE_BYTES);
        status = run::run(cx, &script, setting, vec![file.clone()], out.clone()).await?;
        cx.create(&file, false)?.write(&out.take()).await?;
    }
    Ok(if cx.status != 0 { cx.status } else { status })
}
