//! The tenant's runs: those that somebody waits for are run here, the others by the executor.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, watch};

use super::runs_wit::{Event, Host, Outcome, Refusal, Run, Step};
use super::workshop::{Ended, Order, Refused, Steps};
use super::{Desk, Failure, Kind, failure, signed, unsigned};
use crate::store::runs::{self, Finished};
use crate::store::{Digest, Scope, steps};

/// How long a run may wait for others.
const PATIENCE: Duration = Duration::from_secs(10);

/// After how long somebody who waits for news is told that there is none.
const QUIET: Duration = Duration::from_secs(15);

/// How often it is looked for news of other processes.
const LOOK: Duration = Duration::from_secs(1);

impl From<runs::Run> for Run {
    fn from(run: runs::Run) -> Self {
        Self {
            id: run.id,
            workbook: run.workbook,
            source: run.source.to_string(),
            state: run.state.name().to_owned(),
            problem: run.problem,
            attempt: unsigned(run.attempt),
            events: unsigned(run.events),
            queued: unsigned(run.queued),
            started: run.started.map(unsigned),
            ended: run.ended.map(unsigned),
        }
    }
}

/// The body of an event as JSON: states are told as plain words.
fn event(event: runs::Event) -> Event {
    let text = String::from_utf8_lossy(&event.body).into_owned();
    let body = if event.kind == "state" { serde_json::json!({ "state": text }).to_string() } else { text };
    Event { number: unsigned(event.number), kind: event.kind, body, made: unsigned(event.made) }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Unknown(what) => Self::Unknown(what),
            Refused::Missing(names) => Self::Missing(names),
            Refused::Invalid(diagnostics) => Self::Invalid(diagnostics),
            Refused::Failed(message) => Self::Failed(failure(Kind::Unavailable, message)),
        }
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<crate::store::Error> for Refusal {
    fn from(error: crate::store::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// While this lives, somebody waits for the run.
struct Waits(watch::Sender<bool>);

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.send_replace(true);
    }
}

/// Steps as events, kept until the run is over.
#[derive(Default)]
struct Kept(std::sync::Mutex<Vec<(&'static str, String)>>);

impl Steps for Kept {
    fn tell(&self, kind: &'static str, body: String) {
        // One begins, one ends: of a run that is over before anybody can look, the end says it all.
        if kind != "begin" {
            self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((kind, body));
        }
    }
}

impl Desk {
    async fn order(&self, workbook: String, digest: &str, inputs: Vec<(String, String)>) -> Result<Order, Refusal> {
        let scope = self.scope()?;
        let digest = Digest::parse(digest)?;
        let tenant = scope.tenant().clone();
        let source = match self.office.sources.get(&tenant, digest) {
            Some(source) => source,
            None => {
                let source = scope.blobs().get(&digest).await?;
                let source = Arc::from(String::from_utf8_lossy(&source).as_ref());
                self.office.sources.put(&tenant, digest, &source);
                source
            }
        };
        Ok(Order { tenant, workbook, digest, source, inputs })
    }

    /// A place among those that run.
    async fn place(&self) -> Result<OwnedSemaphorePermit, Failure> {
        let busy = || failure(Kind::Busy, "as many runs as there may be are under way; try again".to_owned());
        let Ok(_waiting) = Arc::clone(&self.office.waiting).try_acquire_owned() else { return Err(busy()) };
        let mut ending = self.office.ending.clone();
        tokio::select! {
            place = tokio::time::timeout(PATIENCE, Arc::clone(&self.office.places).acquire_owned()) => match place {
                Ok(Ok(place)) => Ok(place),
                _ => Err(busy()),
            },
            _ = ending.wait_for(|ending| *ending) => Err(failure(Kind::Ending, "the server ends".to_owned())),
        }
    }

    async fn execute(&self, order: Order) -> wasmtime::Result<Result<Outcome, Refusal>> {
        let scope = match self.scope() {
            Ok(scope) => scope,
            Err(failure) => return Ok(Err(failure.into())),
        };
        let place = match self.place().await {
            Ok(place) => place,
            Err(failure) => return Ok(Err(failure.into())),
        };
        let begun = scope.now();
        let (asked, cancelled) = watch::channel(false);
        // A client that leaves drops this call, and with it the run.
        let _waits = Waits(asked);
        let ran = {
            let order = order.clone();
            self.work(move |workshop| {
                let _place = place;
                let kept = Kept::default();
                let ended = workshop.run(&order, &kept, cancelled)?;
                Ok::<_, Refused>((ended, kept.0.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)))
            })
            .await?
        };
        Ok(match ran {
            Ok((ended, events)) => self.keep(&scope, order, ended, events, begun).await,
            Err(refused) => Err(refused.into()),
        })
    }
}

impl Desk {
    /// Keeps a run that is over, all at once.
    async fn keep(
        &self,
        scope: &Scope,
        order: Order,
        ended: Ended,
        events: Vec<(&'static str, String)>,
        begun: i64,
    ) -> Result<Outcome, Refusal> {
        let inputs = if order.inputs.is_empty() { None } else { Some(scope.blobs().put(inputs(&order.inputs)).await?) };
        let outputs = scope.blobs().put(ended.outputs.clone()).await?;
        let finished = Finished {
            tenant: order.tenant,
            workbook: order.workbook,
            source: order.digest,
            inputs,
            outputs,
            state: ended.state,
            problem: ended.problem,
            begun,
            events,
        };
        let run = self.office.keeper.keep(finished).await?;
        Ok(Outcome { run: run.into(), outputs: ended.outputs })
    }
}

/// Inputs as they are kept: an object of JSON.
fn inputs(inputs: &[(String, String)]) -> Vec<u8> {
    let value = |json: &str| serde_json::from_str(json).unwrap_or(serde_json::Value::Null);
    let object: serde_json::Map<_, _> = inputs.iter().map(|(name, json)| (name.clone(), value(json))).collect();
    serde_json::Value::Object(object).to_string().into_bytes()
}

impl Host for Desk {
    async fn execute(
        &mut self,
        workbook: String,
        digest: String,
        inputs: Vec<(String, String)>,
    ) -> wasmtime::Result<Result<Outcome, Refusal>> {
        match self.order(workbook, &digest, inputs).await {
            Ok(order) => Desk::execute(self, order).await,
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    async fn start(
        &mut self,
        workbook: String,
        digest: String,
        given: Vec<(String, String)>,
    ) -> wasmtime::Result<Result<Run, Refusal>> {
        let order = match self.order(workbook, &digest, given).await {
            Ok(order) => order,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let checked = {
            let order = order.clone();
            self.work(move |workshop| workshop.check(&order)).await?
        };
        if let Err(refused) = checked {
            return Ok(Err(refused.into()));
        }
        let done = async {
            let scope = self.scope()?;
            let inputs =
                if order.inputs.is_empty() { None } else { Some(scope.blobs().put(inputs(&order.inputs)).await?) };
            let run = scope.runs().enqueue(&order.workbook, &order.digest, inputs.as_ref()).await?;
            self.office.tell();
            Ok(run.into())
        };
        Ok(done.await)
    }

    async fn get(&mut self, id: String) -> wasmtime::Result<Result<Run, Failure>> {
        let done = async { Ok(self.scope()?.runs().get(&id).await?.into()) };
        Ok(done.await)
    }

    async fn outputs(&mut self, id: String) -> wasmtime::Result<Result<Option<String>, Failure>> {
        let done = async {
            let scope = self.scope()?;
            let Some(outputs) = scope.runs().get(&id).await?.outputs else { return Ok(None) };
            let bytes = scope.blobs().get(&outputs).await?;
            Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
        };
        Ok(done.await)
    }

    async fn list(
        &mut self,
        workbook: Option<String>,
        before: Option<String>,
        limit: u32,
    ) -> wasmtime::Result<Result<Vec<Run>, Failure>> {
        let done = async {
            let found = self.scope()?.runs().list(workbook.as_deref(), before.as_deref(), limit as usize).await?;
            Ok(found.into_iter().map(Run::from).collect())
        };
        Ok(done.await)
    }

    async fn events(&mut self, id: String, after: u64, limit: u32) -> wasmtime::Result<Result<Vec<Event>, Failure>> {
        let done = async {
            let found = self.scope()?.runs().events(&id, signed(after), limit as usize).await?;
            Ok(found.into_iter().map(event).collect())
        };
        Ok(done.await)
    }

    async fn steps(
        &mut self,
        run: Option<String>,
        before: Option<String>,
        limit: u32,
    ) -> wasmtime::Result<Result<(Vec<Step>, Option<String>), Failure>> {
        let done = async {
            let found = self.scope()?.steps().list(run.as_deref(), before.as_deref(), limit as usize).await?;
            let next = found.last().filter(|_| found.len() >= limit as usize).map(steps::Step::cursor);
            let step = |step: steps::Step| Step {
                run: step.run,
                number: unsigned(step.number),
                body: String::from_utf8_lossy(&step.body).into_owned(),
                made: unsigned(step.made),
            };
            Ok((found.into_iter().map(step).collect(), next))
        };
        Ok(done.await)
    }

    async fn wait(&mut self, id: String, after: u64) -> wasmtime::Result<Result<bool, Failure>> {
        let (mut news, mut ending) = (self.office.news.subscribe(), self.office.ending.clone());
        let until = tokio::time::Instant::now() + QUIET;
        let done = async {
            let runs = self.scope()?.runs();
            loop {
                if !runs.events(&id, signed(after), 1).await?.is_empty() {
                    return Ok(true);
                }
                tokio::select! {
                    _ = news.changed() => {}
                    () = tokio::time::sleep(LOOK) => {}
                    () = tokio::time::sleep_until(until) => return Ok(false),
                    _ = ending.wait_for(|ending| *ending) => {
                        return Err(failure(Kind::Ending, "the server ends".to_owned()));
                    }
                }
            }
        };
        Ok(done.await)
    }

    async fn cancel(&mut self, id: String) -> wasmtime::Result<Result<Run, Failure>> {
        let done = async {
            let run = self.scope()?.runs().cancel(&id).await?;
            self.office.tell();
            Ok(run.into())
        };
        Ok(done.await)
    }

    async fn resume(&mut self, id: String) -> wasmtime::Result<Result<Run, Failure>> {
        let done = async {
            let run = self.scope()?.runs().resume(&id).await?;
            self.office.tell();
            Ok(run.into())
        };
        Ok(done.await)
    }
}
