//! `wb serve`: the store on two planes. The control plane is for who is known; the public one shows what was published.
//!
//! Parts are started here and each runs on its own: a listener for each plane, the executor of queued runs, the shipping of the
//! database. All of them end when the server does.

mod figures;
mod gate;
mod journal;
mod notice;
mod parts;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;

use super::super::run::how::How;
use super::super::store::Place;
use super::super::{Context, Failure, sign};
use super::workshop::Shop;
use super::{Arguments, PORT, bind, port};
use crate::auth;
use crate::disk;
use crate::env;
use crate::exit::Exit;
use crate::net::Prober;
use crate::plane::control::{self, About, Executor, Office, Workshop};
use crate::plane::{Bounds, Handler, public};
use crate::report::Reporter;
use crate::store::{Store, database};
use crate::units;
use figures::Figures;
use gate::Door;
use notice::Notice;

/// The port of the public plane where nobody names one.
const PUBLIC_PORT: u16 = 4001;

/// The most time a run may take where nobody says: five minutes.
const MAX_TIME: Duration = Duration::from_secs(300);

/// The most memory a run may hold where nobody says.
const MAX_MEMORY: u64 = 1 << 30;

/// Flags of a server of the store.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Own {
    #[command(flatten)]
    place: Place,
    /// The most time a run may take, such as `90s`
    #[arg(long, value_name = "TIME", value_parser = units::time, conflicts_with = "file")]
    max_time: Option<Duration>,
    /// The most memory all components of a run may hold at a time, such as `1GiB`
    #[arg(long, value_name = "SIZE", value_parser = units::size, conflicts_with = "file")]
    max_memory: Option<u64>,
    /// The port of the public plane; 0 is any free one
    #[arg(long, value_name = "PORT", conflicts_with = "file")]
    public_port: Option<u16>,
    /// The address of the public plane
    #[arg(long, value_name = "ADDRESS", conflicts_with = "file")]
    public_listen: Option<IpAddr>,
    /// Queued runs that are under way at a time
    #[arg(long, value_name = "N", conflicts_with = "file")]
    workers: Option<usize>,
}

/// Serves until `ending` is true.
pub(super) fn run(arguments: &Arguments, context: &Context, ending: watch::Receiver<bool>) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(serve(arguments, context, ending));
    runtime.shutdown_timeout(Duration::from_secs(1));
    served?;
    context.report.say("ended");
    Ok(Exit::Ok)
}

async fn serve(arguments: &Arguments, context: &Context, ending: watch::Receiver<bool>) -> anyhow::Result<()> {
    let (report, own) = (context.report, &arguments.store);
    // What cannot be used is found out before anything is opened or written.
    let settings = auth::Settings::from_variables(env::get).map_err(Failure::from)?;
    let issuer = auth::Issuer::of(&settings, arguments.rights.addresses()?, auth::Timing::default());
    let store = own.place.open().await?;
    // What tenants' workbooks take for their folder. Nothing is ever in it.
    let empty = disk::scratch()?;
    let figures = Arc::new(Figures::default());
    let office = office(arguments, context, empty.path(), &store, &settings, &figures, ending.clone())?;
    let bound = bind(arguments.listen, arguments.port.or_else(|| port(env::PORT)).unwrap_or(PORT)).await?;
    settings.check(bound.address()).map_err(Failure::from)?;
    let public_port = own.public_port.or_else(|| port(env::PUBLIC_PORT)).unwrap_or(PUBLIC_PORT);
    let public_bound = bind(own.public_listen.unwrap_or(arguments.listen), public_port).await?;
    let public = public_handler(&store, &figures, context)?;
    let notice = Notice::put(&own.place.folder()?, bound.address(), public_bound.address())?;
    let authenticator = auth::Authenticator::new(settings, &store, notice.token(), bound.address(), issuer);
    let handler = handler(Door::new(&office, authenticator), &figures, context)?;
    let warn = move |line: &str| report.warn(line);
    let executor = Executor::new(&office, executor_name(&store), Arc::new(warn));
    executor.begin().await;
    greet(bound.address(), public_bound.address(), &notice, report)?;
    let workers = tokio::spawn(executor.work(own.workers.unwrap_or_else(cores).max(1)));
    beside(&store, report, &ending);
    let public = tokio::spawn(public_bound.serve(public, Bounds::default(), ending.clone()));
    bound.serve(handler, Bounds::default(), ending).await;
    drop(public.await);
    // They were told to end as well; what they do not finish is marked as interrupted when the server starts again.
    drop(tokio::time::timeout(Bounds::default().drain, workers).await);
    if parts::is_shipped(&store) {
        parts::ship_last(&store, report).await;
    }
    notice.take_down();
    Ok(())
}

/// Starts what runs beside the listeners.
fn beside(store: &Store, report: Reporter, ending: &watch::Receiver<bool>) {
    if parts::is_shipped(store) {
        let store = store.clone();
        let ship = move || parts::ship(store.clone(), report);
        parts::supervise("the shipping of the database", report, ending.clone(), ship);
    }
    tokio::spawn(parts::reseal(store.clone(), report));
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// What all requests of the control plane share.
fn office(
    arguments: &Arguments,
    context: &Context,
    empty: &Path,
    store: &Store,
    settings: &auth::Settings,
    figures: &Arc<Figures>,
    ending: watch::Receiver<bool>,
) -> Result<Arc<Office>, Failure> {
    let workshop = shop(arguments, context, empty, store)?;
    let told = Arc::clone(figures);
    // Where there is one tenant, all hosts are its own.
    let prober = (settings.tenancy == auth::Tenancy::Multi).then(Prober::default);
    let figures = Arc::new(move || told.text());
    Ok(Office::new(store.clone(), workshop, about(settings), figures, prober, cores(), ending))
}

/// What everybody may know of how callers are known.
fn about(settings: &auth::Settings) -> About {
    About {
        tenancy: settings.tenancy.word(),
        auth: settings.word().to_owned(),
        issuer: settings.issuer().map(str::to_owned),
        jwks: settings.jwks().map(str::to_owned),
        ..About::default()
    }
}

fn shop(arguments: &Arguments, context: &Context, empty: &Path, store: &Store) -> Result<Arc<dyn Workshop>, Failure> {
    let own = &arguments.store;
    let mut how = How::default();
    how.max_time = Some(own.max_time.unwrap_or(MAX_TIME));
    how.max_memory = Some(own.max_memory.unwrap_or(MAX_MEMORY));
    let signer = sign::of_data(&own.place.folder()?)?;
    Ok(Arc::new(Shop::new(context, arguments.rights.clone(), how, empty.to_owned(), store.clone(), signer)))
}

/// The component of the control plane, linked.
fn handler(door: Door, figures: &Arc<Figures>, context: &Context) -> anyhow::Result<Arc<Handler<Door>>> {
    let engine = context.pooling_engine()?;
    let component = engine.component(wb_components::PLANE_CONTROL, context.cache())?.code;
    let teller = journal::teller("control", figures, context.report);
    Ok(Arc::new(Handler::new(engine, &component, door, Bounds::default(), teller, control::link)?))
}

/// The component of the public plane, linked.
fn public_handler(
    store: &Store,
    figures: &Arc<Figures>,
    context: &Context,
) -> anyhow::Result<Arc<Handler<public::Sites>>> {
    let teller = journal::teller("public", figures, context.report);
    Ok(public::handler(context.pooling_engine()?, context.cache(), store, Bounds::default(), teller)?)
}

/// What this process is called among those that run what is queued. Where only one can be, always the same, so that what was
/// cut off is known at once.
fn executor_name(store: &Store) -> String {
    if matches!(store.database(), database::Database::Sqlite(_)) {
        return "here".to_owned();
    }
    let mut unique = [0; 8];
    // Without randomness the process's number has to do.
    let _ = getrandom::fill(&mut unique);
    format!("{}-{:016x}", std::process::id(), u64::from_be_bytes(unique))
}

fn greet(address: SocketAddr, public: SocketAddr, notice: &Notice, report: Reporter) -> anyhow::Result<()> {
    let local = address.ip() == IpAddr::V4(Ipv4Addr::LOCALHOST);
    let name = if local { "localhost".to_owned() } else { address.ip().to_string() };
    let url = format!("http://{name}:{}/", address.port());
    if report.is_json() {
        let told = json!({
            "url": url,
            "address": address.to_string(),
            "public": public.to_string(),
            "runtime": notice.path().to_string_lossy(),
        });
        report.out(&format!("{told}\n"))?;
    }
    report.say(&format!("the control plane is at {url} (Ctrl-C ends); its token is in `{}`", notice.path().display()));
    report.say(&format!("the public plane is at {public}"));
    if !address.ip().is_loopback() {
        report.warn("there is no TLS here: put a proxy that has it in front");
    }
    Ok(())
}

impl From<auth::AuthError> for Failure {
    fn from(error: auth::AuthError) -> Self {
        Self::new(Exit::Usage, error.to_string())
    }
}

impl From<notice::NoticeError> for Failure {
    fn from(error: notice::NoticeError) -> Self {
        Self::new(Exit::Unreachable, error.to_string())
    }
}
