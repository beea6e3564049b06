//! `wb tangle`: the build plan, as a table for people and as JSON for programs; with `--out` the files of `:tangle`.

mod out;

use std::path::PathBuf;

use super::Context;
use crate::exit::Exit;
use crate::json::{self, Names};
use crate::kernel::types::{Component, Edge, End, Plan, Port, Schedule, Workflow};
use crate::report::{Reporter, printable, table};

/// Which file, and in which form.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Org file; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: String,
    /// Print JSON with ports, imports and exports as bare names
    #[arg(long)]
    pub names_only: bool,
    /// Write the files that `:tangle` asks for below this directory, as Org does
    #[arg(long, value_name = "DIR", conflicts_with = "names_only")]
    pub out: Option<PathBuf>,
    /// Say what would be written, and write nothing
    #[arg(long, requires = "out")]
    pub dry_run: bool,
}

/// Prints the plan.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    let source = context.read(&arguments.file)?;
    if let Some(folder) = &arguments.out {
        return out::run(&source, folder, arguments.dry_run, context);
    }
    let plan = context.kernel()?.plan(&source.text)?;
    let report = context.report;
    if arguments.names_only {
        report.value(&json::plan(&plan, Names::Only))?;
    } else if report.is_json() {
        report.value(&json::plan(&plan, Names::Typed))?;
    } else {
        report.out(&printable_plan(&plan, &source.name, report))?;
    }
    Ok(Exit::Ok)
}

fn printable_plan(plan: &Plan, name: &str, report: Reporter) -> String {
    let title = if plan.title.is_empty() { name } else { &plan.title };
    let mut text = format!("{}\n", report.bold(&printable(title)));
    if plan.components.is_empty() {
        text.push_str("\nno components\n");
    }
    for (index, workflow) in plan.workflows.iter().enumerate() {
        let own: Vec<&Component> = plan.components.iter().filter(|each| each.workflow as usize == index).collect();
        if index > 0 {
            let parent = workflow.parent.and_then(|parent| plan.workflows.get(parent as usize));
            let parent = parent.map(|parent| format!(" in {}", parent.id)).unwrap_or_default();
            text.push_str(&format!("\n{} {}{parent}\n", report.bold("workflow"), printable(&workflow.id)));
        } else if own.is_empty() && workflow.imports.is_empty() && workflow.exports.is_empty() {
            continue;
        }
        text.push_str(&workflow_text(plan, workflow, &own, report));
    }
    if !plan.edges.is_empty() {
        let edges: Vec<_> = plan.edges.iter().map(edge_row).collect();
        text.push_str(&format!("\n{}\n{}", report.bold("edges"), table(&edges)));
    }
    if !plan.data.is_empty() {
        let data: Vec<_> = plan.data.iter().map(|each| cells([&each.name, &each.ty])).collect();
        text.push_str(&format!("\n{}\n{}", report.bold("data"), table(&data)));
    }
    if plan.order.len() > 1 {
        text.push_str(&format!("\n{} {}\n", report.bold("order"), printable(&plan.order.join(" → "))));
    }
    text
}

fn workflow_text(plan: &Plan, workflow: &Workflow, own: &[&Component], report: Reporter) -> String {
    let rows: Vec<_> = own.iter().map(|component| component_row(plan, component)).collect();
    let imports: Vec<&str> = workflow.imports.iter().map(|each| each.name.as_str()).collect();
    let exports: Vec<&str> = workflow.exports.iter().map(|each| each.name.as_str()).collect();
    let mut text = format!("\n{}\n{}", report.bold("components"), table(&rows));
    text.push_str(&format!("\n{} [{}]\n", report.bold("imports"), printable(&imports.join(", "))));
    text.push_str(&table(
        &workflow
            .imports
            .iter()
            .map(|import| {
                let consumers: Vec<String> =
                    import.consumers.iter().map(|end| format!("{}.{}", end.component, end.port)).collect();
                let default = import.default.as_ref().map(|value| format!(" = {value}")).unwrap_or_default();
                cells([&import.name, &format!("{}{default}", import.ty), &format!("→ {}", consumers.join(", "))])
            })
            .collect::<Vec<_>>(),
    ));
    text.push_str(&format!("\n{} [{}]\n", report.bold("exports"), printable(&exports.join(", "))));
    text.push_str(&table(
        &workflow
            .exports
            .iter()
            .map(|export| cells([&export.name, &export.ty, &format!("← {}", export.component)]))
            .collect::<Vec<_>>(),
    ));
    match &workflow.schedule {
        Some(Schedule::Cron(cron)) => text.push_str(&format!("\n{} {}\n", report.bold("schedule"), printable(cron))),
        Some(Schedule::At(stamp)) => {
            text.push_str(&format!("\n{} {}\n", report.bold("schedule"), printable(&stamp.raw)))
        }
        None => {}
    }
    text
}

fn component_row(plan: &Plan, component: &Component) -> Vec<String> {
    let world = plan.worlds.iter().find(|world| component.world.as_ref() == Some(&world.id));
    let made_of = match (&component.binary, world) {
        (Some(binary), _) => binary.as_str(),
        (None, Some(world)) => world.lang.as_str(),
        (None, None) => "no code",
    };
    let signature = format!("({}) → ({})", ports(&component.in_ports), ports(&component.out_ports));
    let caps = if component.caps.is_empty() { String::new() } else { format!("caps: {}", component.caps.join(" ")) };
    cells([&component.id, made_of, &signature, &format!("line {}", component.span.line), &caps])
}

fn edge_row(edge: &Edge) -> Vec<String> {
    let end = |end: &End| format!("{}.{}", end.component, end.port);
    cells([&end(&edge.from), &format!("→ {}", end(&edge.to)), &edge.ty])
}

fn ports(ports: &[Port]) -> String {
    let ports: Vec<String> = ports.iter().map(|port| format!("{}: {}", port.name, port.ty)).collect();
    ports.join(", ")
}

fn cells<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(printable).to_vec()
}
