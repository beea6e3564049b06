//! The epoch ticker: a thread that advances the engine's epoch while someone waits for a deadline, and sleeps otherwise.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use wasmtime::EngineWeak;

/// The unit of deadlines. Short against what a person notices, long against what a tick costs.
pub const TICK: Duration = Duration::from_millis(5);

/// How long the thread waits for work before it ends.
const LINGER: Duration = Duration::from_secs(5);

/// The ticker of one engine.
pub(super) struct Ticker {
    // Weak: a ticker that sleeps must not keep the engine and its code alive.
    engine: EngineWeak,
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    /// Guards alive.
    waiting: usize,
    /// Whether the thread is there.
    running: bool,
}

/// While this lives, time passes for deadlines.
pub struct Ticking(Arc<Ticker>);

impl Ticker {
    pub(super) fn new(engine: EngineWeak) -> Self {
        Self { engine, state: Mutex::default(), wake: Condvar::new() }
    }

    pub(super) fn start(ticker: &Arc<Self>) -> Ticking {
        let mut state = ticker.state();
        state.waiting += 1;
        if state.running {
            ticker.wake.notify_one();
        } else {
            let own = Arc::clone(ticker);
            let spawned = thread::Builder::new().name("wb-ticker".to_owned()).spawn(move || own.tick());
            // Without a thread there are no deadlines, which is worse than slow: the next guard tries again.
            state.running = spawned.is_ok();
        }
        drop(state);
        Ticking(Arc::clone(ticker))
    }

    fn tick(&self) {
        loop {
            let mut state = self.state();
            while state.waiting == 0 {
                let (next, timeout) = self.wake.wait_timeout(state, LINGER).unwrap_or_else(PoisonError::into_inner);
                state = next;
                if timeout.timed_out() && state.waiting == 0 {
                    state.running = false;
                    return;
                }
            }
            drop(state);
            thread::sleep(TICK);
            let Some(engine) = self.engine.upgrade() else {
                self.state().running = false;
                return;
            };
            engine.increment_epoch();
        }
    }

    /// The state is two numbers that are never left half changed, so a panic elsewhere does not spoil it.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Ticking {
    fn drop(&mut self) {
        self.0.state().waiting -= 1;
    }
}
