//! `wb serve`: the store on two planes (`store.rs`); `wb serve FILE`: the workbook at an address, its page with a form for its inputs, runs as
//! JSON, and the page anew whenever the file is saved.
//!
//! Requests are answered by a component (`components/plane-workbook`); this finds an address, links the component with the workbook,
//! and ends it all in order.

mod edition;
mod execution;
mod follow;
mod shelf;
mod store;
mod vault;
mod workshop;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use serde_json::json;
use tokio::sync::watch;

use super::{Context, Failure, rights};
use crate::env::{self, Log};
use crate::exit::Exit;
use crate::interrupt;
use crate::plane::workbook::{self, Seat, Workbook};
use crate::plane::{self, Bounds, Handler, Open, Said, Teller};
use crate::report::Reporter;
use edition::Served;

/// The port where nobody names one.
const PORT: u16 = 4000;

/// What to serve, and where.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Without FILE it serves the store: workbooks, runs, sites and keys over an API for who is known, and what is published for
everybody. See docs/serve.md."
)]
pub struct Arguments {
    /// Org file; without one, the store is served
    #[arg(value_name = "FILE")]
    pub file: Option<String>,
    /// The port; 0 is any free one
    #[arg(short, long, value_name = "PORT")]
    port: Option<u16>,
    /// The address to listen on. Whoever can reach it can run the workbook
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    listen: IpAddr,
    /// Show the page anew whenever the file or one it depends on is saved
    #[arg(short, long, requires = "file")]
    watch: bool,
    #[command(flatten)]
    rights: rights::Rules,
    #[command(flatten)]
    store: store::Own,
}

/// Serves until a signal ends it.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    let (quit, ending) = watch::channel(false);
    let _watching = interrupt::watch(quit);
    plane::files::raise();
    match &arguments.file {
        Some(file) if file == "-" => {
            let failure = Failure::new(Exit::Usage, "standard input cannot be served");
            Err(failure.hint("give the path of a file").into())
        }
        Some(file) => of_file(file, arguments, context, ending),
        None => store::run(arguments, context, ending),
    }
}

/// Serves one workbook.
fn of_file(
    file: &str,
    arguments: &Arguments,
    context: &Context,
    ending: watch::Receiver<bool>,
) -> anyhow::Result<Exit> {
    let report = context.report;
    let served = match Served::open(file, arguments, context)? {
        Ok(served) => Arc::new(served),
        Err(exit) => return Ok(exit),
    };
    let handler = handler(&served, arguments, context, ending.clone())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let port = arguments.port.or_else(|| port(env::PORT)).unwrap_or(PORT);
    let bound = runtime.block_on(bind(arguments.listen, port))?;
    let _following = if arguments.watch { Some(follow::start(&served, report)?) } else { None };
    greet(&served, bound.address(), report)?;
    runtime.block_on(bound.serve(handler, Bounds::default(), ending));
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    report.say("ended");
    Ok(Exit::Ok)
}

async fn bind(listen: IpAddr, port: u16) -> Result<plane::Bound, Failure> {
    let bound = plane::bind(SocketAddr::new(listen, port)).await;
    bound.map_err(|error| {
        Failure::new(Exit::Unreachable, error.to_string()).hint("`--port 0` takes a port that is free")
    })
}

/// The port that the environment asks for, as hosts of servers do.
fn port(variable: &'static str) -> Option<u16> {
    env::get(variable).and_then(|port| port.parse().ok())
}

/// The component that answers, linked with the workbook.
fn handler(
    served: &Arc<Served>,
    arguments: &Arguments,
    context: &Context,
    ending: watch::Receiver<bool>,
) -> anyhow::Result<Arc<Handler<Open<Seat>>>> {
    let engine = context.pooling_engine()?;
    let component = engine.component(wb_components::PLANE_WORKBOOK, context.cache())?.code;
    let runs = std::thread::available_parallelism().map_or(1, usize::from);
    let workbook: Arc<dyn Workbook> = Arc::clone(served) as _;
    let seat = Seat::new(workbook, arguments.listen.is_loopback(), runs, ending);
    let handler =
        Handler::new(engine, &component, Open(seat), Bounds::default(), teller(context.report), workbook::link)?;
    Ok(Arc::new(handler))
}

/// Says what happens: faults always, requests for who asks for them.
fn teller(report: Reporter) -> Teller {
    Arc::new(move |said: &Said<'_>| {
        if let Some(fault) = said.fault {
            report.warn(&format!("{} {} {}: {fault} ({})", said.method, said.path, said.status, said.id));
        }
        report.log(Log::Info, || {
            let took = said.took.as_secs_f64() * 1_000.0;
            let (id, method, path, status) = (said.id, said.method, said.path, said.status);
            json!({ "request": id, "method": method, "path": path, "status": status, "ms": took }).to_string()
        });
    })
}

fn greet(served: &Served, address: SocketAddr, report: Reporter) -> anyhow::Result<()> {
    let name = if address.ip().is_loopback() { "localhost".to_owned() } else { address.ip().to_string() };
    let url = format!("http://{name}:{}/", address.port());
    let file = served.name();
    if report.is_json() {
        report.out(&format!("{}\n", json!({ "url": url, "address": address.to_string(), "file": file })))?;
    }
    report.say(&format!("serving `{file}` at {url} (Ctrl-C ends)"));
    if !address.ip().is_loopback() {
        report.warn("whoever can reach this address can run the workbook");
    }
    Ok(())
}
