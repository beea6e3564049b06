//! `awk`: its options and its records. Programs are read in `parse`, run in `run`.

mod expression;
mod functions;
mod lex;
mod parse;
mod records;
mod run;
mod value;

use super::Cx;
use crate::options::Options;
use crate::{Done, usage};

pub(crate) async fn awk(cx: &mut Cx<'_>) -> Done {
    let options = Options::leading(&cx.args, "F:v:f:", &[("field-separator", 'F'), ("assign", 'v'), ("file", 'f')])?;
    let mut rest = options.rest.clone();
    let mut text = String::new();
    for path in options.values('f') {
        text.push_str(&String::from_utf8_lossy(&cx.open(path)?.all().await?));
        text.push('\n');
    }
    if !options.has('f') {
        if rest.is_empty() {
            return usage("needs a program");
        }
        text = rest.remove(0);
    }
    let program = parse::parse(&text)?;
    let mut machine = run::Machine::new(&program, cx);
    let unescape = |text: &str| {
        let (bytes, _) = crate::text::unescape(text, crate::text::Escapes::Quoted);
        String::from_utf8_lossy(&bytes).into_owned()
    };
    if let Some(separator) = options.value('F') {
        machine.set_text("FS", if separator == "t" { "\t".to_owned() } else { unescape(separator) });
    }
    for assignment in options.values('v') {
        let Some((name, value)) = assignment.split_once('=') else {
            return usage(format!("`{assignment}` is no assignment"));
        };
        machine.set_text(name, unescape(value));
    }
    let arguments: Vec<String> = std::iter::once("awk".to_owned()).chain(rest.iter().cloned()).collect();
    machine.set_text("ARGC", arguments.len().to_string());
    machine.set_array("ARGV", arguments);
    machine.run(cx, rest).await
}
