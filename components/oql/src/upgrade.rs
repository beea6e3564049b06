//! What replacing one version of a workbook by another would break for those who use it.

use std::collections::{HashMap, HashSet};

use crate::findings::Findings;
use crate::model::{Diagnostic, ImportValue, Plan, Workflow};
use crate::plan::{Analysis, emit};
use crate::syntax::Document;

/// The findings, with spans of the new text.
pub(crate) fn check(old: &str, new: &Document) -> Vec<Diagnostic> {
    let before = Document::parse(old);
    let mut ignored = Findings::new(&before);
    let old_analysis = Analysis::new(&before, &mut ignored);
    let old = emit::plan(&old_analysis);
    let mut ignored = Findings::new(new);
    let analysis = Analysis::new(new, &mut ignored);
    let plan = emit::plan(&analysis);
    let mut findings = Findings::new(new);
    workflows(&old, &plan, &analysis, &mut findings);
    imports(&old_analysis, &old, &analysis, &plan, &mut findings);
    capabilities(&old_analysis, &analysis, &mut findings);
    findings.into_sorted()
}

fn line(analysis: &Analysis, flow: usize) -> std::ops::Range<usize> {
    let heading = analysis.flows.list.get(flow).and_then(|f| f.heading);
    heading.map_or(0..0, |h| analysis.document.headings[h].line.clone())
}

fn find<'p>(plan: &'p Plan, id: &str) -> Option<(usize, &'p Workflow)> {
    plan.workflows.iter().enumerate().find(|(_, w)| w.id == id)
}

/// A file that is no workbook has a workflow 0 that stands for nothing.
fn is_real(plan: &Plan, flow: usize) -> bool {
    flow > 0 || !plan.components.is_empty()
}

fn workflows(old: &Plan, new: &Plan, analysis: &Analysis, findings: &mut Findings) {
    let by_id: HashMap<&str, usize> = new.workflows.iter().enumerate().map(|(i, w)| (w.id.as_str(), i)).collect();
    for (i, workflow) in old.workflows.iter().enumerate().filter(|(i, _)| is_real(old, *i)) {
        // The workbook stays the workbook whatever it is called.
        let now = if i == 0 && is_real(new, 0) { Some(0) } else { by_id.get(workflow.id.as_str()).copied() };
        let Some(now) = now.filter(|n| is_real(new, *n)) else {
            findings
                .error("WB501", 0..0, format!("the workflow `{}` is gone", workflow.id))
                .help("keep it, or tell those who call it");
            continue;
        };
        // Several components may export one name; one of them with the old type is enough.
        let mut offered: HashMap<&str, Vec<&str>> = HashMap::new();
        for export in &new.workflows[now].exports {
            offered.entry(export.name.as_str()).or_default().push(export.ty.as_str());
        }
        let mut seen = HashSet::new();
        for export in workflow.exports.iter().filter(|e| seen.insert(e.name.as_str())) {
            match offered.get(export.name.as_str()) {
                None => {
                    findings
                        .error("WB502", line(analysis, now), format!("the export `{}` is gone", export.name))
                        .help(format!("keep an output of that name, or name it in `:export:` if something consumes it now: `:export: {}`", export.name));
                }
                Some(types) if !types.contains(&export.ty.as_str()) => {
                    let ty = types.first().copied().unwrap_or_default();
                    let at = port_at(analysis, &export.name, now).unwrap_or_else(|| line(analysis, now));
                    findings
                        .error(
                            "WB503",
                            at,
                            format!("the export `{}` was `{}` and is now `{ty}`", export.name, export.ty),
                        )
                        .help("give the new type a new name");
                }
                Some(_) => {}
            }
        }
    }
}

/// Where an output of this name stands.
fn port_at(analysis: &Analysis, name: &str, flow: usize) -> Option<std::ops::Range<usize>> {
    let nodes = analysis.nodes.list.iter().enumerate().filter(|(c, _)| analysis.inside(*c, flow));
    nodes.flat_map(|(_, n)| &n.outputs).find(|p| p.name == name).map(|p| p.at.clone())
}

/// A value that must be given from outside: nothing in the file has it.
fn is_required(analysis: &Analysis, import: &ImportValue) -> bool {
    import.default.is_none() && !analysis.data.iter().any(|d| d.name == import.name)
}

fn imports(old_analysis: &Analysis, old: &Plan, analysis: &Analysis, new: &Plan, findings: &mut Findings) {
    for (i, workflow) in new.workflows.iter().enumerate().filter(|(_, w)| w.parent.is_none()) {
        let before = if i == 0 { old.workflows.first().map(|w| (0, w)) } else { find(old, &workflow.id) };
        let Some((_, before)) = before else { continue };
        if !is_real(old, 0) {
            continue;
        }
        let given: HashSet<&str> =
            before.imports.iter().filter(|i| is_required(old_analysis, i)).map(|i| i.name.as_str()).collect();
        for import in workflow.imports.iter().filter(|i| is_required(analysis, i) && !given.contains(i.name.as_str())) {
            let at = import.span.start as usize..import.span.end as usize;
            findings
                .error("WB504", at, format!("the input `{}` is new and has no value", import.name))
                .help(format!("give it a default: `{}=value`", import.name));
        }
    }
}

fn capabilities(old: &Analysis, new: &Analysis, findings: &mut Findings) {
    let all = |a: &Analysis| -> HashSet<String> {
        a.nodes.list.iter().flat_map(|n| n.caps.iter().chain(&n.uses)).map(|(c, _)| c.clone()).collect()
    };
    let before = all(old);
    let mut seen = HashSet::new();
    for node in &new.nodes.list {
        for (cap, at) in node.caps.iter().chain(&node.uses) {
            if !before.contains(cap) && seen.insert(cap.clone()) {
                findings
                    .warning("WB505", at.clone(), format!("the capability `{}` is new", crate::text::clip(cap, 60)))
                    .help("it has to be granted before the new version runs")
                    .component(&node.id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    fn book(parts: &str) -> String {
        format!("* Book\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n{parts}")
    }

    fn component(name: &str, drawer: &str) -> String {
        format!("** {name}\n:PROPERTIES:\n{drawer}\n:END:\n#+begin_src js\n1\n#+end_src\n")
    }

    fn check(old: &str, new: &str, expect: &[&str]) {
        let found: Vec<String> =
            crate::check_upgrade(old, new).into_iter().map(|d| format!("{} {}", d.code, d.message)).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn upgrades() {
        let old = book(&component("A", ":in: x\n:out: a:u8 b"));
        check(&old, &old, &[]);
        check(&old, &book(&component("Renamed", ":in: x\n:out: a:u8 b c")), &[]);
        check(
            &old,
            &book(&component("A", ":in: x\n:out: a:u16")),
            &["WB502 the export `b` is gone", "WB503 the export `a` was `u8` and is now `u16`"],
        );
        check(
            &old,
            &book(&component("A", ":in: x y z=1\n:out: a:u8 b\n:caps: clock")),
            &["WB504 the input `y` is new and has no value", "WB505 the capability `clock` is new"],
        );
        check(&old, "* Nothing\n", &["WB501 the workflow `book` is gone"]);
        check("* Nothing\n", &old, &[]);
    }
}
