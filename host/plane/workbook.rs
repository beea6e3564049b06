//! The host's side of `wb:plane/workbook`: one workbook, with runs that are bounded in number.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use wasmtime::component::{HasSelf, Linker};

use super::handler::Visit;

mod bindings {
    #![allow(missing_docs, unreachable_pub, clippy::all)]
    wasmtime::component::bindgen!({
        path: "wit/plane",
        world: "workbook-host",
        imports: { default: async | trappable },
    });
}

pub use bindings::wb::plane::workbook::{About, Failure, Given, Input, Made, Outcome, Output, Page, Problem, Refusal};
use bindings::wb::plane::workbook::{Host, add_to_linker};

/// Runs that may wait for others to end.
const QUEUE: usize = 64;

/// How long a run may wait for others.
const PATIENCE: Duration = Duration::from_secs(10);

/// After how long somebody who waits for a change is told that there is none.
const QUIET: Duration = Duration::from_secs(15);

/// The workbook behind the plane. Calls may block; they are made where that is allowed.
pub trait Workbook: Send + Sync + 'static {
    /// What it is.
    fn about(&self) -> About;

    /// Runs it, or what one output needs, until it is done or `cancelled`.
    ///
    /// # Errors
    ///
    /// When nothing was run.
    fn run(
        &self,
        inputs: Vec<(String, Given)>,
        only: Option<&str>,
        page: bool,
        cancelled: watch::Receiver<bool>,
    ) -> Result<Outcome, Refusal>;

    /// The page without results.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    fn page(&self) -> Result<Page, String>;

    /// The text of the file.
    fn source(&self) -> String;

    /// A file that the page refers to.
    fn file(&self, path: &str) -> Option<Vec<u8>>;

    /// Its editions, the newest one.
    fn editions(&self) -> watch::Receiver<String>;
}

/// The workbook as requests see it. Clones are the same.
#[derive(Clone)]
pub struct Seat {
    workbook: Arc<dyn Workbook>,
    local: bool,
    runs: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    ending: watch::Receiver<bool>,
}

impl Seat {
    /// A workbook of which `runs` may be under way at a time. `local`: only this machine can ask. `ending` becomes true when
    /// the server ends.
    #[must_use]
    pub fn new(workbook: Arc<dyn Workbook>, local: bool, runs: usize, ending: watch::Receiver<bool>) -> Self {
        Self { workbook, local, runs: Arc::new(Semaphore::new(runs)), waiting: Arc::default(), ending }
    }

    /// Does something with the workbook where blocking is allowed.
    async fn with<T: Send + 'static>(
        &self,
        call: impl FnOnce(&dyn Workbook) -> T + Send + 'static,
    ) -> wasmtime::Result<T> {
        let workbook = Arc::clone(&self.workbook);
        Ok(tokio::task::spawn_blocking(move || call(&*workbook)).await?)
    }
}

/// Links the interface.
///
/// # Errors
///
/// Never in practice: names are defined once.
pub fn link(linker: &mut Linker<Visit<Seat>>) -> wasmtime::Result<()> {
    add_to_linker::<_, HasSelf<Seat>>(linker, |visit| &mut visit.plane)
}

/// While this lives, somebody waits for the run.
struct Asked(watch::Sender<bool>);

impl Drop for Asked {
    fn drop(&mut self) {
        self.0.send_replace(true);
    }
}

/// One of those who wait.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Host for Seat {
    async fn describe(&mut self) -> wasmtime::Result<About> {
        Ok(self.workbook.about())
    }

    async fn is_local(&mut self) -> wasmtime::Result<bool> {
        Ok(self.local)
    }

    async fn run(
        &mut self,
        inputs: Vec<(String, Given)>,
        only: Option<String>,
        page: bool,
    ) -> wasmtime::Result<Result<Outcome, Refusal>> {
        if self.waiting.fetch_add(1, Ordering::SeqCst) >= QUEUE {
            self.waiting.fetch_sub(1, Ordering::SeqCst);
            return Ok(Err(Refusal::Busy));
        }
        let waiting = Waiting(&self.waiting);
        let mut ending = self.ending.clone();
        let permit = tokio::select! {
            permit = tokio::time::timeout(PATIENCE, Arc::clone(&self.runs).acquire_owned()) => permit,
            _ = ending.wait_for(|ending| *ending) => return Ok(Err(Refusal::Ending)),
        };
        drop(waiting);
        let Ok(Ok(permit)) = permit else { return Ok(Err(Refusal::Busy)) };
        let (asked, cancelled) = watch::channel(false);
        // A client that leaves drops this call, and with it the run.
        let _asked = Asked(asked);
        self.with(move |workbook| {
            let _permit = permit;
            workbook.run(inputs, only.as_deref(), page, cancelled)
        })
        .await
    }

    async fn bare_page(&mut self) -> wasmtime::Result<Result<Page, String>> {
        self.with(Workbook::page).await
    }

    async fn source(&mut self) -> wasmtime::Result<String> {
        Ok(self.workbook.source())
    }

    async fn file(&mut self, path: String) -> wasmtime::Result<Option<Vec<u8>>> {
        self.with(move |workbook| workbook.file(&path)).await
    }

    async fn changed(&mut self, edition: String) -> wasmtime::Result<Result<Option<String>, ()>> {
        let (mut editions, mut ending) = (self.workbook.editions(), self.ending.clone());
        let changed = async {
            tokio::select! {
                now = editions.wait_for(|now| *now != edition) => now.map(|now| now.clone()).ok(),
                () = tokio::time::sleep(QUIET) => None,
            }
        };
        tokio::select! {
            changed = changed => Ok(Ok(changed)),
            _ = ending.wait_for(|ending| *ending) => Ok(Err(())),
        }
    }
}
