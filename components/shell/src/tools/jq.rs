//! `jq`, with `jaq` as its language. What could run out of stack there is refused before.

use std::rc::Rc;

use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, data, unwrap_valr};
use jaq_json::{Val, read, write};

use super::Cx;
use crate::options::Options;
use crate::{Done, Stop, usage};

/// Formats that the library leaves to its caller.
const FORMATS: &str = r#"
def @csv: [.[] | if type == "string" then "\"" + (split("\"") | join("\"\"")) + "\"" elif . == null then "" else tostring end] | join(",");
def @tsv: [.[] | if type == "string" then (split("\\") | join("\\\\") | split("\t") | join("\\t") | split("\n") | join("\\n")) elif . == null then "" else tostring end] | join("\t");
def @json: tojson;
"#;

/// Brackets within each other, in filters and in documents.
const MAX_DEPTH: usize = 200;

const LONG: &[(&str, char)] = &[
    ("raw-output", 'r'),
    ("compact-output", 'c'),
    ("null-input", 'n'),
    ("slurp", 's'),
    ("exit-status", 'e'),
    ("sort-keys", 'S'),
    ("join-output", 'j'),
    ("raw-input", 'R'),
    ("tab", '\u{1}'),
    ("indent", '\u{2}'),
    ("monochrome-output", 'M'),
    ("color-output", 'C'),
];

/// Whether brackets outside of texts go deeper than is safe.
fn too_deep(text: &[u8]) -> bool {
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' | b'(' if !quoted => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return true;
                }
            }
            b']' | b'}' | b')' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

fn parse(bytes: &[u8]) -> Result<Vec<Val>, Stop> {
    if too_deep(bytes) {
        return Err(Stop::Error(2, format!("the input has more than {MAX_DEPTH} brackets within each other")));
    }
    let values = read::parse_many(bytes).collect::<Result<Vec<_>, _>>();
    values.map_err(|error| Stop::Error(2, format!("the input is no JSON: {error}")))
}

/// Variables that a filter finds.
type Named = Vec<(String, Val)>;

/// Takes `--arg name value` and its like out of the words.
fn variables(args: &[String], cx: &Cx<'_>) -> Result<(Vec<String>, Named), Stop> {
    let mut rest = Vec::new();
    let mut variables = Vec::new();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let kind = match arg.as_str() {
            "--arg" | "--argjson" | "--slurpfile" | "--rawfile" => arg.as_str(),
            "--args" | "--jsonargs" => return usage(format!("`{arg}` does not exist here; use `--arg`")),
            _ => {
                rest.push(arg.clone());
                continue;
            }
        };
        let (Some(name), Some(text)) = (args.next(), args.next()) else {
            return usage(format!("`{arg}` needs a name and a value"));
        };
        let file = || {
            cx.files()
                .whole(&cx.shell.path(text))
                .ok_or_else(|| Stop::Error(2, format!("{text}: only files in memory can be read so")))
        };
        let value = match kind {
            "--arg" => Val::from(text.clone()),
            "--argjson" => parse(text.as_bytes())?
                .into_iter()
                .next()
                .ok_or_else(|| Stop::Error(2, format!("`{text}` is no JSON")))?,
            "--rawfile" => Val::from(String::from_utf8_lossy(&file()?).into_owned()),
            _ => parse(&file()?)?.into_iter().collect(),
        };
        variables.push((format!("${name}"), value));
    }
    Ok((rest, variables))
}

pub(crate) async fn jq(cx: &mut Cx<'_>) -> Done {
    let (args, variables) = variables(&cx.args, cx)?;
    let mut options = Options::parse(&args, "rcnseSjRMCa\u{1}\u{2}:f:", LONG)?;
    let code = match options.value('f') {
        Some(path) => String::from_utf8_lossy(&cx.open(path)?.all().await?).into_owned(),
        None if options.rest.is_empty() => ".".to_owned(),
        None => options.rest.remove(0),
    };
    let bytes = if options.has('n') { Vec::new() } else { cx.read_all(options.rest.clone()).await? };
    let inputs = match (options.has('n'), options.has('R'), options.has('s')) {
        (true, ..) => vec![Val::Null],
        (_, true, true) => vec![Val::from(String::from_utf8_lossy(&bytes).into_owned())],
        (_, true, false) => String::from_utf8_lossy(&bytes).lines().map(|line| Val::from(line.to_owned())).collect(),
        (_, false, true) => vec![parse(&bytes)?.into_iter().collect()],
        (_, false, false) => parse(&bytes)?,
    };
    let mut last_true = true;
    let mut any = false;
    let mut out = Vec::new();
    let failed = run(&code, variables, inputs, |value| {
        any = true;
        last_true = !matches!(value, Val::Null | Val::Bool(false));
        show(&mut out, &value, &options)
    })?;
    cx.out.write(&out).await?;
    if let Some(message) = failed {
        cx.complain(&format!("error: {message}")).await;
        return Ok(5);
    }
    Ok(match options.has('e') {
        true if !any => 4,
        true if !last_true => 1,
        _ => cx.status,
    })
}

fn show(out: &mut Vec<u8>, value: &Val, options: &Options) -> Result<(), Stop> {
    let raw = options.has('r') || options.has('j');
    if let (true, Val::TStr(text) | Val::BStr(text)) = (raw, value) {
        out.extend_from_slice(text);
    } else {
        let indent = match options.value('\u{2}') {
            Some(number) => number.parse().unwrap_or(2).min(8),
            None => 2,
        };
        let indent = if options.has('\u{1}') { "\t".to_owned() } else { " ".repeat(indent) };
        let compact = options.has('c');
        let pp = write::Pp {
            indent: (!compact).then_some(indent),
            sep_space: !compact,
            sort_keys: options.has('S'),
            ..Default::default()
        };
        write::write(out, &pp, 0, value).map_err(|error| Stop::Error(5, error.to_string()))?;
    }
    if !options.has('j') {
        out.push(b'\n');
    }
    if out.len() > crate::run::CAPTURE_BYTES {
        return Err(Stop::Limit("`jq` gives more than 64 MiB".to_owned()));
    }
    Ok(())
}

/// Runs a filter over inputs; the message of an error that the filter itself raised.
fn run(
    code: &str,
    variables: Vec<(String, Val)>,
    inputs: Vec<Val>,
    mut take: impl FnMut(Val) -> Result<(), Stop>,
) -> Result<Option<String>, Stop> {
    if too_deep(code.as_bytes()) {
        return Err(Stop::Error(3, format!("the filter has more than {MAX_DEPTH} brackets within each other")));
    }
    let wrong = |what: String| Stop::Error(3, format!("the filter is not understood: {what}"));
    let formats = jaq_core::load::parse(FORMATS, |parser| parser.defs()).unwrap_or_default();
    let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs()).chain(formats);
    // The machine's clock and environment do not exist here: to ask for them would end the component.
    let funs = jaq_core::funs()
        .chain(jaq_std::funs())
        .chain(jaq_json::funs())
        .filter(|(name, ..)| !matches!(*name, "now" | "env"));
    let arena = Arena::default();
    let modules = Loader::new(defs).load(&arena, File { code, path: () });
    let modules = modules.map_err(|errors| wrong(reason(&format!("{errors:?}"))))?;
    let (names, values): (Vec<String>, Vec<Val>) = variables.into_iter().unzip();
    let compiler = Compiler::default().with_funs(funs).with_global_vars(names.iter().map(String::as_str));
    let filter = compiler.compile(modules).map_err(|errors| {
        wrong(undefined(errors.into_iter().flat_map(|(_, list)| list).map(|(name, _)| name.to_owned())))
    })?;
    let filter = Rc::new(filter);
    for input in inputs {
        let ctx = Ctx::<data::JustLut<Val>>::new(&filter.lut, Vars::new(values.clone()));
        for value in filter.id.run((ctx, input)).map(unwrap_valr) {
            match value {
                Ok(value) => take(value)?,
                Err(error) => return Ok(Some(error.to_string())),
            }
        }
    }
    Ok(None)
}

/// The end of a parser's report, which names what was expected and found.
fn reason(report: &str) -> String {
    let part = report.rsplit("Parse(").next().or(report.rsplit("Lex(").next()).unwrap_or(report);
    crate::numbers::clip(part.trim_end_matches([')', ']', ' ']), 120)
}

fn undefined(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    format!("{} is not defined", names.join(", "))
}
