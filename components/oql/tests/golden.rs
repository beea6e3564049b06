//! Golden files: `cases/` for diagnostics (one per code, named after it), `plans/` for build plans, `html/` for pages.
//! `BLESS=1 cargo test -p oql` rewrites them.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use oql::model::{Diagnostic, Plan, RenderOptions, ResultValue, Schedule, Severity};

fn directory(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// Compares `show(text)` with the golden file of every `.org` file in a directory.
fn golden(name: &str, extension: &str, show: fn(&str) -> String) {
    golden_of(name, "org", extension, show);
}

/// The same for files of another kind.
fn golden_of(name: &str, kind: &str, extension: &str, show: fn(&str) -> String) {
    let mut failures = Vec::new();
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory(name)).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == kind));
    files.sort();
    assert!(!files.is_empty(), "no cases in {name}");
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        oql::exercise(&text);
        let got = show(&text);
        let expected = file.with_extension(extension);
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&expected, &got).unwrap();
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != got {
            failures.push(format!("{}:\n{got}", expected.display()));
        }
    }
    assert!(failures.is_empty(), "BLESS=1 accepts these:\n{}", failures.join("\n"));
}

/// In cases, what has `gone` in its name is not there.
fn gone(text: &str) -> Vec<String> {
    oql::references(text).into_iter().map(|r| r.path).filter(|path| path.contains("gone")).collect()
}

fn underlined(text: &str, start: u32, end: u32) -> String {
    text[start as usize..end as usize].replace('\n', "⏎")
}

fn diagnostics(text: &str, list: &[Diagnostic]) -> String {
    let mut out = String::new();
    for d in list {
        let severity = match d.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        };
        let at = underlined(text, d.span.start, d.span.end);
        writeln!(out, "{}:{} {} {severity}: {}", d.span.line, d.span.column, d.code, d.message).unwrap();
        writeln!(out, "    at |{at}| in {}", d.component.as_deref().unwrap_or("the file")).unwrap();
        if let Some(help) = &d.help {
            writeln!(out, "    help: {help}").unwrap();
        }
        for edit in &d.fix {
            writeln!(out, "    fix |{}| becomes |{}|", underlined(text, edit.start, edit.end), edit.text).unwrap();
        }
        for label in &d.labels {
            let at = underlined(text, label.span.start, label.span.end);
            writeln!(out, "    label {}:{} |{at}| {}", label.span.line, label.span.column, label.message).unwrap();
        }
    }
    out
}

fn plan(p: &Plan) -> String {
    let mut out = format!("title {:?}\n", p.title);
    for w in &p.workflows {
        writeln!(out, "workflow {} {:?} parent {:?} line {}", w.id, w.title, w.parent, w.span.line).unwrap();
        match &w.schedule {
            Some(Schedule::Cron(cron)) => writeln!(out, "  cron {cron}").unwrap(),
            Some(Schedule::At(at)) => writeln!(out, "  at {} {:?}", at.at, at.repeat).unwrap(),
            None => {}
        }
        for i in &w.imports {
            let consumers: Vec<String> = i.consumers.iter().map(|e| format!("{}.{}", e.component, e.port)).collect();
            writeln!(out, "  import {}: {} default {:?} for {}", i.name, i.ty, i.default, consumers.join(" ")).unwrap();
        }
        for e in &w.exports {
            writeln!(out, "  export {}: {} from {}", e.name, e.ty, e.component).unwrap();
        }
    }
    for c in &p.components {
        writeln!(out, "component {} {:?} workflow {} line {}", c.id, c.title, c.workflow, c.span.line).unwrap();
        writeln!(out, "  world {:?} binary {:?} sig {:?}", c.world, c.binary, c.sig).unwrap();
        for (way, port) in c.in_ports.iter().map(|p| ("in", p)).chain(c.out_ports.iter().map(|p| ("out", p))) {
            let declared = if port.declared { "declared" } else { "inferred" };
            let at = (port.span.line, port.span.column);
            writeln!(out, "  {way} {}: {} {declared} default {:?} at {at:?}", port.name, port.ty, port.default)
                .unwrap();
        }
        writeln!(out, "  deps {:?} packages {:?} caps {:?}", c.deps, c.packages, c.caps).unwrap();
        writeln!(out, "  limits {:?} persist {} cache {:?} eval {}", c.limits, c.persist, c.cache, c.eval).unwrap();
    }
    for w in &p.worlds {
        let args: Vec<String> = w.args.iter().map(|a| format!("{}={:?}", a.key, a.value)).collect();
        writeln!(
            out,
            "world {} {} line {} body line {} args {}",
            w.id,
            w.lang,
            w.span.line,
            w.body.line,
            args.join(" ")
        )
        .unwrap();
        writeln!(out, "  src {:?}", w.src).unwrap();
    }
    for e in &p.edges {
        writeln!(out, "edge {}.{} -> {}.{}: {}", e.from.component, e.from.port, e.to.component, e.to.port, e.ty)
            .unwrap();
    }
    for d in &p.data {
        writeln!(out, "data {}: {} = {} line {}", d.name, d.ty, d.value, d.span.line).unwrap();
    }
    for t in &p.types {
        writeln!(out, "types {:?} line {}", t.src, t.body.line).unwrap();
    }
    writeln!(out, "order {}", p.order.join(" ")).unwrap();
    out
}

#[test]
fn diagnostics_are_as_blessed() {
    golden("cases", "txt", |text| diagnostics(text, &oql::lint(text, &gone(text))));
}

/// Every code has a case that shows it.
#[test]
fn every_code_has_a_case() {
    for file in std::fs::read_dir(directory("cases")).unwrap().map(|e| e.unwrap().path()) {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        if file.extension().is_some_and(|e| e == "org") && name.starts_with("WB") {
            let text = std::fs::read_to_string(&file).unwrap();
            let code = &name[..5];
            assert!(oql::lint(&text, &gone(&text)).iter().any(|d| d.code == code), "{name} does not show {code}");
        }
    }
}

#[test]
fn plans_are_as_blessed() {
    golden("plans", "txt", |text| plan(&oql::tangle_plan(text)));
}

/// Pages are rendered with one fresh result per output, so that values are in the picture; `# value PORT: JSON` says which.
#[test]
fn pages_are_as_blessed() {
    golden("html", "html", |text| {
        let mut options = RenderOptions::default();
        for component in oql::tangle_plan(text).components {
            for port in &component.out_ports {
                let said = format!("# value {}: ", port.name);
                let value = text.lines().find_map(|line| line.strip_prefix(&said));
                let value = value.unwrap_or(r#"[{"name":"a<b","n":1},{"name":"c","n":2.5}]"#).to_owned();
                options.results.push(ResultValue { component: component.id.clone(), port: port.name.clone(), value });
            }
        }
        let page = oql::render(text, &options);
        format!(
            "<!-- {} | {} | {} | {} | {} -->\n{}",
            page.title,
            page.description.unwrap_or_default(),
            page.language,
            page.author.unwrap_or_default(),
            page.date.unwrap_or_default(),
            page.fragment
        )
    });
}

/// An `.upgrade` file is two versions of a workbook with a line between them.
#[test]
fn upgrade_checks() {
    golden_of("cases", "upgrade", "txt", |text| {
        let (old, new) = text.split_once("=== becomes ===\n").unwrap();
        diagnostics(new, &oql::check_upgrade(old, new))
    });
}
