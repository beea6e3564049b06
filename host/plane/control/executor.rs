//! Runs that nobody waits for: taken from the queue, one after the other of each worker, and told step by step.
//!
//! A run is this process's as long as its lease is renewed. What a run finished is in the cache, so one that was
//! interrupted and is resumed does not do it again.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::Office;
use super::workshop::{Ended, Order, Refused, Steps};
use crate::store::queue::{Claim, Outcome};
use crate::store::runs::State;
use crate::store::{self, Global};

/// How long a run stays this process's without being renewed.
const LEASE: Duration = Duration::from_secs(15);

/// How often it is looked for runs that other processes queued.
const LOOK: Duration = Duration::from_secs(1);

/// How often the store is tidied: leases of who is gone, answers that are no longer given again.
const TIDY: Duration = Duration::from_secs(5);

/// How long a worker waits when the store does not answer.
const BREATH: Duration = Duration::from_secs(1);

/// How long refusals are kept, in milliseconds: 90 days.
const REFUSALS: i64 = 90 * 24 * 3_600_000;

/// Runs what is queued.
pub struct Executor {
    office: Arc<Office>,
    name: String,
    teller: Arc<dyn Fn(&str) + Send + Sync>,
}

/// Steps on their way to the store.
struct Sent(mpsc::UnboundedSender<(&'static str, String)>);

impl Steps for Sent {
    fn tell(&self, kind: &'static str, body: String) {
        // Who listens ends after the run, not before.
        drop(self.0.send((kind, body)));
    }
}

impl Executor {
    /// An executor that is called `name`, the same after a restart where no other process can have it. `teller` is told what
    /// goes wrong.
    #[must_use]
    pub fn new(office: &Arc<Office>, name: String, teller: Arc<dyn Fn(&str) + Send + Sync>) -> Arc<Self> {
        Arc::new(Self { office: Arc::clone(office), name, teller })
    }

    /// Marks what ran under this name when the process was killed: it is nobody's now. To be called before anybody can ask.
    pub async fn begin(&self) {
        if let Err(error) = self.global().interrupt(Some(&self.name)).await {
            (self.teller)(&format!("runs that were cut off cannot be marked: {error}"));
        }
    }

    /// Works until the server ends, `workers` runs at a time.
    pub async fn work(self: Arc<Self>, workers: usize) {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..workers {
            tasks.spawn(Arc::clone(&self).take());
        }
        tasks.spawn(Arc::clone(&self).tidy());
        // A worker that broke is a bug; the run it had is interrupted when its lease ends, and another worker takes its place.
        while let Some(ended) = tasks.join_next().await {
            if ended.is_err() && !*self.office.ending.borrow() {
                (self.teller)("a worker broke, which is a bug in wb; another takes its place");
                tokio::time::sleep(BREATH).await;
                tasks.spawn(Arc::clone(&self).take());
            }
        }
    }

    fn global(&self) -> Global {
        self.office.store.global()
    }

    /// Takes runs, one after the other.
    async fn take(self: Arc<Self>) {
        let (mut ending, mut news) = (self.office.ending.clone(), self.office.news.subscribe());
        while !*ending.borrow() {
            news.mark_unchanged();
            let wait = match self.global().claim(&self.name, millis(LEASE)).await {
                Ok(Some(claim)) => {
                    self.office.tell();
                    self.one(claim).await;
                    self.office.tell();
                    continue;
                }
                Ok(None) => LOOK,
                Err(error) => {
                    (self.teller)(&format!("the queue of runs cannot be read: {error}"));
                    BREATH
                }
            };
            tokio::select! {
                _ = news.changed() => {}
                () = tokio::time::sleep(wait) => {}
                _ = ending.wait_for(|ending| *ending) => {}
            }
        }
    }

    /// One run, from its claim to its end.
    async fn one(&self, claim: Claim) {
        let (state, outcome) = match self.order(&claim).await {
            Ok(order) => match self.ran(&claim, order).await {
                Ok(ended) => ended,
                // Somebody else has it, or the store is gone: the lease will tell.
                Err(error) => return (self.teller)(&format!("the run `{}` was lost: {error}", claim.run.id)),
            },
            Err(error) => (State::Failed, Outcome { problem: Some(error.to_string()), ..Outcome::default() }),
        };
        if let Err(error) = self.global().finish(&claim, state, &outcome).await {
            (self.teller)(&format!("the end of the run `{}` cannot be kept: {error}", claim.run.id));
        }
    }

    async fn order(&self, claim: &Claim) -> store::Result<Order> {
        let blobs = self.office.store.of(&claim.tenant).blobs();
        let source = blobs.get(&claim.run.source).await?;
        let inputs = match &claim.run.inputs {
            Some(inputs) => blobs.get(inputs).await?,
            None => bytes::Bytes::from_static(b"{}"),
        };
        let inputs: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(&inputs).map_err(|error| store::Error::Corrupt(error.to_string()))?;
        Ok(Order {
            tenant: claim.tenant.clone(),
            workbook: claim.run.workbook.clone(),
            digest: claim.run.source,
            source: Arc::from(String::from_utf8_lossy(&source).as_ref()),
            inputs: inputs.into_iter().map(|(name, value)| (name, value.to_string())).collect(),
        })
    }

    /// Runs it, tells its steps, and keeps it this process's meanwhile.
    async fn ran(&self, claim: &Claim, order: Order) -> store::Result<(State, Outcome)> {
        let (sender, mut steps) = mpsc::unbounded_channel();
        let (cancel, cancelled) = watch::channel(false);
        let workshop = Arc::clone(&self.office.workshop);
        let mut run = tokio::task::spawn_blocking(move || workshop.run(&order, &Sent(sender), cancelled));
        let mut ending = self.office.ending.clone();
        let mut renew = tokio::time::interval(LEASE / 3);
        let (mut stopped, mut ends) = (false, false);
        let over = loop {
            tokio::select! {
                // Steps first, so that all are told when the run is over.
                biased;
                Some((kind, body)) = steps.recv() => {
                    self.global().tell(claim, kind, body.as_bytes()).await?;
                    self.office.tell();
                }
                _ = renew.tick() => {
                    if self.global().renew(claim, millis(LEASE)).await? && !stopped {
                        stopped = true;
                        cancel.send_replace(true);
                    }
                }
                () = ended(&mut ending), if !ends => {
                    ends = true;
                    cancel.send_replace(true);
                }
                over = &mut run => break over,
            }
        };
        while let Ok((kind, body)) = steps.try_recv() {
            self.global().tell(claim, kind, body.as_bytes()).await?;
        }
        let ended = match over {
            Ok(Ok(ended)) => ended,
            Ok(Err(refused)) => {
                return Ok((State::Failed, Outcome { problem: Some(said(refused)), ..Outcome::default() }));
            }
            Err(_) => {
                let problem = Some("a bug in wb: its thread ended early".to_owned());
                return Ok((State::Failed, Outcome { problem, ..Outcome::default() }));
            }
        };
        self.kept(claim, ended, ends && !stopped).await
    }

    /// Keeps what came out, and says how it ended.
    async fn kept(&self, claim: &Claim, ended: Ended, interrupted: bool) -> store::Result<(State, Outcome)> {
        let blobs = self.office.store.of(&claim.tenant).blobs();
        let state = if ended.state == State::Cancelled && interrupted { State::Interrupted } else { ended.state };
        let outputs = Some(blobs.put(ended.outputs).await?);
        let record = Some(blobs.put(ended.steps).await?);
        Ok((state, Outcome { outputs, record, problem: ended.problem }))
    }

    /// Marks runs of who is gone, and forgets what is no longer needed.
    async fn tidy(self: Arc<Self>) {
        let mut ending = self.office.ending.clone();
        let mut turn = 0_u64;
        while !*ending.borrow() {
            tokio::select! {
                () = tokio::time::sleep(TIDY) => {}
                _ = ending.wait_for(|ending| *ending) => return,
            }
            let global = self.global();
            match global.interrupt(None).await {
                Ok(0) => {}
                Ok(_) => self.office.tell(),
                Err(error) => (self.teller)(&format!("runs of who is gone cannot be marked: {error}")),
            }
            turn += 1;
            if turn.is_multiple_of(120) {
                let now = self.office.store.of(&store::Tenant::local()).now();
                drop(global.forget_requests().await);
                drop(global.forget_refusals(now - REFUSALS).await);
            }
        }
    }
}

/// Comes when the server ends.
async fn ended(ending: &mut watch::Receiver<bool>) {
    drop(ending.wait_for(|ending| *ending).await);
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn said(refused: Refused) -> String {
    match refused {
        Refused::Unknown(what) | Refused::Failed(what) => what,
        Refused::Missing(names) => format!("these inputs have no value: `{}`", names.join("`, `")),
        Refused::Invalid(_) => "the workbook has errors".to_owned(),
    }
}
