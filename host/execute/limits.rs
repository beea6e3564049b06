//! What may be taken: memory by a step, memory and time by the whole run.
//!
//! The time of a step is not here: see `piece.rs`, where calls race their deadlines.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use wasmtime::ResourceLimiter;

use super::breach::Breach;
use super::piece::readable;
use crate::engine::TABLE_ELEMENTS;

/// Instances, tables and memories of one store. The largest piece has a tenth of this; what one component may make is
/// counted before it is compiled (`wb_composer::census`).
const MOST: usize = 20_000;

/// Bytes of one element of a table.
const ELEMENT: usize = 8;

/// What all stores of a run hold together, in bytes.
#[derive(Debug)]
pub struct Account {
    most: usize,
    held: AtomicUsize,
}

impl Account {
    /// An account for so many bytes.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, held: AtomicUsize::new(0) }
    }

    fn take(&self, bytes: usize) -> bool {
        let more = |held: usize| held.checked_add(bytes).filter(|sum| *sum <= self.most);
        self.held.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more).is_ok()
    }
}

/// What a run may take as a whole.
#[derive(Debug)]
pub struct Totals {
    time: Option<Duration>,
    ends: Option<Instant>,
    memory: u64,
    account: Option<Arc<Account>>,
}

impl Totals {
    /// Limits of a run that begins now; none of what is not given.
    #[must_use]
    pub fn begin(time: Option<Duration>, memory: Option<u64>) -> Self {
        let account = |most| Arc::new(Account::new(usize::try_from(most).unwrap_or(usize::MAX)));
        Self {
            time,
            // So late that no clock has it is never.
            ends: time.and_then(|time| Instant::now().checked_add(time)),
            memory: memory.unwrap_or_default(),
            account: memory.map(account),
        }
    }

    /// When the time is up.
    #[must_use]
    pub fn ends(&self) -> Option<Instant> {
        self.ends
    }

    /// Whether the time is up.
    #[must_use]
    pub fn over(&self) -> bool {
        self.ends.is_some_and(|ends| Instant::now() >= ends)
    }

    /// Resolves when the time is up.
    pub async fn time_is_up(&self) {
        match self.ends {
            Some(ends) => tokio::time::sleep_until(ends.into()).await,
            None => std::future::pending().await,
        }
    }

    /// What a node is told that the end of the time overtook.
    #[must_use]
    pub fn overtook(&self, was: &str) -> String {
        format!("was {was} when the {} of the run were over", readable(self.time.unwrap_or_default()))
    }

    /// The account of memory, if there is a limit.
    #[must_use]
    pub fn account(&self) -> Option<Arc<Account>> {
        self.account.clone()
    }

    /// What a node is told for which there is no memory left.
    #[must_use]
    pub fn out_of_memory(&self) -> String {
        format!("needs more memory than is left of the {} MiB of the run", self.memory >> 20)
    }
}

/// The memory of one store. Growth during a step is charged to the step's node, whichever memory grows: its own, its
/// adapter's or its engine's; and to the run for as long as the store lives.
#[derive(Debug)]
pub struct Limits {
    /// Bytes the current step may still grow by.
    left: usize,
    /// How growth was refused during the current step.
    refused: Option<Breach>,
    /// Whether what was refused was a table of too many elements.
    wide: bool,
    run: Option<Arc<Account>>,
    /// What the store holds of the run's account.
    held: usize,
}

impl Default for Limits {
    fn default() -> Self {
        // Instantiation happens before any step and allocates what modules declare; each has at most the default.
        Self { left: usize::MAX, refused: None, wide: false, run: None, held: 0 }
    }
}

impl Limits {
    /// Charges a run for what the store takes from now on.
    pub fn charge(&mut self, run: Option<Arc<Account>>) {
        self.run = run;
    }

    /// Begins a step with so many bytes.
    pub fn begin(&mut self, bytes: usize) {
        self.left = bytes;
        self.refused = None;
        self.wide = false;
    }

    /// Whether the step, or the run, asked for more than it may have.
    #[must_use]
    pub fn refused(&self) -> Option<Breach> {
        self.refused
    }

    /// What a step is told that was refused memory of its own, of which it may have so much.
    #[must_use]
    pub fn why(&self, memory: u64) -> String {
        if self.wide {
            format!("wants a table of more than {TABLE_ELEMENTS} elements")
        } else {
            format!("needs more memory than its {} MiB", memory >> 20)
        }
    }

    /// Says that the current step failed in this way, in a store of its own.
    pub fn blame(&mut self, breach: Breach) {
        self.refused = Some(breach);
    }

    fn take(&mut self, bytes: usize) -> bool {
        let Some(left) = self.left.checked_sub(bytes) else {
            self.refused = Some(Breach::Memory);
            return false;
        };
        if let Some(run) = &self.run {
            if !run.take(bytes) {
                self.refused = Some(Breach::TotalMemory);
                return false;
            }
            self.held += bytes;
        }
        self.left = left;
        true
    }
}

impl Drop for Limits {
    fn drop(&mut self) {
        if let Some(run) = &self.run {
            run.held.fetch_sub(self.held, Ordering::SeqCst);
        }
    }
}

impl ResourceLimiter for Limits {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(self.take(desired.saturating_sub(current)))
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if desired > TABLE_ELEMENTS {
            self.refused = Some(Breach::Memory);
            self.wide = true;
            return Ok(false);
        }
        Ok(self.take(desired.saturating_sub(current).saturating_mul(ELEMENT)))
    }

    fn instances(&self) -> usize {
        MOST
    }

    fn tables(&self) -> usize {
        MOST
    }

    fn memories(&self) -> usize {
        MOST
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use wasmtime::ResourceLimiter;

    use super::{Account, Breach, Limits};

    #[test]
    fn growth_is_charged_to_the_step() {
        let mut limits = Limits::default();
        limits.begin(100);
        assert!(limits.memory_growing(0, 60, None).unwrap());
        assert!(!limits.memory_growing(60, 120, None).unwrap());
        assert_eq!(limits.refused(), Some(Breach::Memory));
        limits.begin(100);
        assert!(limits.refused().is_none() && limits.memory_growing(60, 120, None).unwrap());
    }

    #[test]
    fn stores_of_a_run_share_an_account() {
        let run = Arc::new(Account::new(100));
        let store = || {
            let mut limits = Limits::default();
            limits.charge(Some(Arc::clone(&run)));
            limits
        };
        let (mut one, mut other) = (store(), store());
        assert!(one.memory_growing(0, 60, None).unwrap());
        assert!(!other.memory_growing(0, 60, None).unwrap());
        assert_eq!(other.refused(), Some(Breach::TotalMemory));
        drop(one);
        assert!(other.memory_growing(0, 60, None).unwrap());
    }
}
