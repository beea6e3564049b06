//! The host's side of the control plane: what an instance may reach is one tenant's, found out before it began.
//!
//! A [`Desk`] is made for each request and ends with it. It answers every import of `wit/plane/control.wit` from the tenant's
//! scope of the store, or not at all: on open routes there is no scope. What is to be done with Org and with runs is a
//! [`Workshop`]'s affair.

mod access;
mod executor;
mod idempotency;
mod keeper;
mod org;
mod reception;
mod runs;
mod server;
mod sites;
mod sources;
mod variables;
mod workbooks;
mod workshop;

use std::sync::{Arc, OnceLock};

use tokio::sync::{Semaphore, watch};
use wasmtime::component::{HasSelf, Linker};

use super::handler::Visit;
use crate::net::Prober;
use crate::store::{self, Scope, Store, audit};

pub use executor::Executor;
pub use reception::{Reception, Unwelcome, Welcome};
pub use workshop::{Content, Ended, Fault, Manuscript, Order, Refused, Steps, Workshop};

mod bindings {
    #![allow(missing_docs, unreachable_pub, clippy::all)]
    wasmtime::component::bindgen!({
        path: "wit/plane",
        world: "control-host",
        imports: { default: async | trappable },
    });
}

pub use bindings::wb::plane::caller::Identity;
use bindings::wb::plane::failures::{Failure, Kind};
use bindings::wb::plane::workbooks as workbooks_wit;
use bindings::wb::plane::{access as access_wit, caller, failures, idempotency as idempotency_wit, org as org_wit};
use bindings::wb::plane::{runs as runs_wit, server as server_wit, sites as sites_wit, variables as variables_wit};

/// What credentials can be good for. The component checks them; this is for who makes keys without it.
pub const SCOPES: [&str; 7] = ["read", "write", "run", "publish", "secrets", "admin", "*"];

/// Runs that are waited for and may wait for others to end.
const QUEUE: usize = 256;

/// What is told about the server.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// `single` or `multi`.
    pub tenancy: &'static str,
    /// How callers are known.
    pub auth: String,
    /// Who vouches for them.
    pub issuer: Option<String>,
    /// Where the issuer's keys are.
    pub jwks: Option<String>,
    /// Where the public plane is.
    pub public: Option<String>,
}

/// What all requests share.
pub struct Office {
    store: Store,
    workshop: Arc<dyn Workshop>,
    about: About,
    /// Figures for whoever watches the server.
    figures: Arc<dyn Fn() -> String + Send + Sync>,
    /// Looks whose a host is; none where there is one tenant, whose all hosts are.
    prober: Option<Prober>,
    /// Places for runs that are waited for.
    places: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    keeper: keeper::Keeper,
    sources: sources::Sources,
    reception: OnceLock<Arc<dyn Reception>>,
    /// Changes whenever something happened in a run of this process.
    news: watch::Sender<u64>,
    ending: watch::Receiver<bool>,
}

impl Office {
    /// `runs` that are waited for may be under way at a time. `ending` becomes true when the server ends. To be called within a runtime.
    #[must_use]
    pub fn new(
        store: Store,
        workshop: Arc<dyn Workshop>,
        about: About,
        figures: Arc<dyn Fn() -> String + Send + Sync>,
        prober: Option<Prober>,
        runs: usize,
        ending: watch::Receiver<bool>,
    ) -> Arc<Self> {
        let (places, waiting) = (Arc::new(Semaphore::new(runs)), Arc::new(Semaphore::new(QUEUE)));
        let news = watch::channel(0).0;
        let keeper = keeper::Keeper::start(store.global());
        let sources = sources::Sources::default();
        let reception = OnceLock::new();
        Arc::new(Self {
            keeper,
            sources,
            reception,
            store,
            workshop,
            about,
            figures,
            prober,
            places,
            waiting,
            news,
            ending,
        })
    }

    /// Says who opens sessions. Only the first is heard.
    pub fn open_reception(&self, reception: Arc<dyn Reception>) {
        drop(self.reception.set(reception));
    }

    /// Says that something happened in a run.
    fn tell(&self) {
        self.news.send_modify(|count| *count = count.wrapping_add(1));
    }
}

/// Who asks what, for the audit log.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Where from.
    pub client: String,
    /// The method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
}

/// What one request may reach.
pub struct Desk {
    office: Arc<Office>,
    scope: Option<Scope>,
    identity: Option<Identity>,
    session: Option<String>,
    asked: Asked,
}

impl Desk {
    /// For a caller that is known; the scope is the tenant's.
    #[must_use]
    pub fn of(office: &Arc<Office>, tenant: &store::Tenant, identity: Identity, asked: Asked) -> Self {
        Self {
            office: Arc::clone(office),
            scope: Some(office.store.of(tenant)),
            identity: Some(identity),
            session: None,
            asked,
        }
    }

    /// For an open route.
    #[must_use]
    pub fn open(office: &Arc<Office>, asked: Asked) -> Self {
        Self { office: Arc::clone(office), scope: None, identity: None, session: None, asked }
    }

    /// The same, in a session of this id.
    #[must_use]
    pub fn in_session(self, session: Option<String>) -> Self {
        Self { session, ..self }
    }

    /// The tenant's data. There is none on open routes, whatever the component does.
    fn scope(&self) -> Result<Scope, Failure> {
        self.scope.clone().ok_or_else(|| failure(Kind::Denied, "nobody is known here".to_owned()))
    }

    fn subject(&self) -> &str {
        self.identity.as_ref().map_or("", |identity| &identity.subject)
    }

    async fn audit(&self, rule: String, detail: String) {
        let Asked { client, method, path } = self.asked.clone();
        let refusal = audit::Refusal { made: 0, client, method, path, rule, detail };
        if let Some(scope) = &self.scope {
            // A refusal stands, also where it cannot be kept.
            drop(scope.audit().refuse(&refusal).await);
        }
    }

    /// Does something with the workshop where blocking is allowed.
    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Workshop) -> T + Send + 'static,
    ) -> wasmtime::Result<T> {
        let workshop = Arc::clone(&self.office.workshop);
        Ok(tokio::task::spawn_blocking(move || work(&*workshop)).await?)
    }
}

fn failure(kind: Kind, message: String) -> Failure {
    Failure { kind, message }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        let kind = match &error {
            store::Error::NotFound(_) => Kind::NotFound,
            store::Error::Conflict(_) => Kind::Conflict,
            store::Error::Invalid(_) => Kind::Invalid,
            store::Error::Corrupt(_) => Kind::Damaged,
            store::Error::Unavailable(_)
            | store::Error::Full(_)
            | store::Error::ReadOnly(_)
            | store::Error::Serialization(_) => Kind::Unavailable,
        };
        failure(kind, error.to_string())
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Invalid(message) => failure(Kind::Invalid, message),
            Fault::Failed(message) => failure(Kind::Unavailable, message),
        }
    }
}

/// A count or a time as the interface has it. None of ours is negative.
fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A number of the interface as the store has it. No store has one that large.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Links the interfaces of the world.
///
/// # Errors
///
/// Never in practice: names are defined once.
pub fn link(linker: &mut Linker<Visit<Desk>>) -> wasmtime::Result<()> {
    type Own = HasSelf<Desk>;
    failures::add_to_linker::<_, Own>(linker, |visit| &mut visit.plane)?;
    caller::add_to_linker::<_, Own>(linker, |visit| &mut visit.plane)?;
    server_wit::add_to_linker::<_, Own>(linker, |visit| &mut visit.plane)?;
    workbooks_wit::add_to_linker::<_, Own>(linker, |visit| &mut visit.plane)?;
    org_wit::add_to_linker::<_, Own>(linker, |visit| &mut visit.plane)?;
    runs_wit::add_to_linker::<_, Own>(linker, |visit| &mut visit.plane)?;
    sites_wit::add_to_linker::<_, Own>(linker, |visit| &mut visit.plane)?;
    variables_wit::add_to_linker::<_, Own>(linker, |visit| &mut visit.plane)?;
    access_wit::add_to_linker::<_, Own>(linker, |visit| &mut visit.plane)?;
    idempotency_wit::add_to_linker::<_, Own>(linker, |visit| &mut visit.plane)
}

impl failures::Host for Desk {}

impl caller::Host for Desk {
    async fn who(&mut self) -> wasmtime::Result<Option<Identity>> {
        Ok(self.identity.clone())
    }
}
