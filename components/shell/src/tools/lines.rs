//! Line by line: `rev`, `tac`, `nl`, `fold`, `expand`, `unexpand`.

use super::Cx;
use super::context::{lines, trimmed};
use super::sort::write_lines;
use crate::Done;
use crate::options::Options;

/// Changes every line of the inputs.
async fn each(cx: &mut Cx<'_>, names: Vec<String>, mut change: impl FnMut(&str) -> String) -> Done {
    let mut names = Cx::inputs(names);
    let mut line = Vec::new();
    while let Some((_, input)) = cx.next_input(&mut names).await {
        while input.line(b'\n', &mut line).await? {
            let end = if line.ends_with(b"\n") { "\n" } else { "" };
            let changed = change(&String::from_utf8_lossy(trimmed(&line)));
            cx.out.write(format!("{changed}{end}").as_bytes()).await?;
        }
    }
    Ok(cx.status)
}

pub(crate) async fn rev(cx: &mut Cx<'_>) -> Done {
    let options = Options::parse(&cx.args, "", &[])?;
    each(cx, options.rest, |line| line.chars().rev().collect()).await
}

pub(crate) async fn tac(cx: &mut Cx<'_>) -> Done {
    let options = Options::parse(&cx.args, "", &[])?;
    for name in Cx::inputs(options.rest) {
        let bytes = cx.read_all(vec![name]).await?;
        let mut rows = lines(&bytes, b'\n');
        rows.reverse();
        write_lines(&cx.out, &rows, b'\n').await?;
    }
    Ok(cx.status)
}

pub(crate) async fn nl(cx: &mut Cx<'_>) -> Done {
    let options = Options::parse(
        &cx.args,
        "b:w:s:v:i:n:",
        &[("body-numbering", 'b'), ("number-width", 'w'), ("number-separator", 's')],
    )?;
    let all = options.value('b') == Some("a");
    let none = options.value('b') == Some("n");
    let width = options.number('w')?.unwrap_or(6).min(1_000);
    let separator = options.value('s').unwrap_or("\t").to_owned();
    let step = options.number('i')?.unwrap_or(1);
    let mut number = options.number('v')?.unwrap_or(1);
    let form = options.value('n').unwrap_or("rn").to_owned();
    each(cx, options.rest, |line| {
        if none || (line.is_empty() && !all) {
            return format!("{}{line}", " ".repeat(width + separator.len()));
        }
        let shown = match form.as_str() {
            "ln" => format!("{number:<width$}"),
            "rz" => format!("{number:0width$}"),
            _ => format!("{number:>width$}"),
        };
        number += step;
        format!("{shown}{separator}{line}")
    })
    .await
}

pub(crate) async fn fold(cx: &mut Cx<'_>) -> Done {
    let options = Options::parse(&cx.args, "w:sb", &[("width", 'w'), ("spaces", 's')])?;
    let width = options.number('w')?.unwrap_or(80).max(1);
    let at_spaces = options.has('s');
    each(cx, options.rest, |line| {
        let mut out = String::new();
        let mut rest: Vec<char> = line.chars().collect();
        while rest.len() > width {
            let space = rest[..width].iter().rposition(|c| *c == ' ').filter(|_| at_spaces);
            let tail = rest.split_off(space.map_or(width, |at| at + 1));
            out.extend(rest);
            out.push('\n');
            rest = tail;
        }
        out.extend(rest);
        out
    })
    .await
}

pub(crate) async fn expand(cx: &mut Cx<'_>) -> Done {
    let options = Options::parse(&cx.args, "t:i", &[("tabs", 't')])?;
    let tab = options.number('t')?.unwrap_or(8).clamp(1, 1_000);
    each(cx, options.rest, |line| {
        let mut out = String::new();
        let mut column = 0;
        for c in line.chars() {
            if c == '\t' {
                let spaces = tab - column % tab;
                out.push_str(&" ".repeat(spaces));
                column += spaces;
            } else {
                out.push(c);
                column += 1;
            }
        }
        out
    })
    .await
}

pub(crate) async fn unexpand(cx: &mut Cx<'_>) -> Done {
    let options = Options::parse(&cx.args, "at:", &[("all", 'a'), ("tabs", 't')])?;
    let tab = options.number('t')?.unwrap_or(8).clamp(1, 1_000);
    // `-t` alone means all blanks, too.
    let all = options.has('a') || options.has('t');
    each(cx, options.rest, |line| {
        let mut out = String::new();
        let (mut column, mut blanks) = (0, 0);
        let mut leading = true;
        for c in line.chars() {
            if matches!(c, ' ' | '\t') && (all || leading) {
                let step = if c == '\t' { tab - column % tab } else { 1 };
                column += step;
                blanks += step;
                if column % tab == 0 {
                    // One blank that ends at a tab stop stays what it is.
                    out.push(if blanks == 1 && c == ' ' { ' ' } else { '\t' });
                    blanks = 0;
                }
                continue;
            }
            leading = false;
            out.push_str(&" ".repeat(blanks));
            blanks = 0;
            out.push(c);
            column += 1;
        }
        out + &" ".repeat(blanks)
    })
    .await
}
