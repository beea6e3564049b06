//! What a run takes from the world besides its inputs: the time, and random numbers. Both are recorded, so that a run can
//! be made again.
//!
//! A script sees the moment the run began. A component reads a clock that goes on, and every reading is kept. Random
//! numbers come from one seed of the operating system's, one stream per component. The monotonic clock is nobody's input
//! and is not recorded.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand_core::TryRng;
use wasmtime_wasi::{HostWallClock, WasiCtxBuilder};

use crate::cache::Key;

/// Readings of the clock kept per component. Who reads it more often is not made again exactly.
const READINGS: usize = 10_000;

/// Bytes of a run's seed.
pub const SEED: usize = 32;

/// The time and the randomness of one run.
#[derive(Debug)]
pub struct Moment {
    /// When the run began, or the run it repeats.
    pub started: SystemTime,
    /// What its random numbers come from.
    pub seed: [u8; SEED],
    tapes: Vec<Arc<Tape>>,
}

/// What one component read from the clock.
#[derive(Debug, Default)]
struct Tape {
    /// Readings since 1970 in nanoseconds, as they happen.
    read: Mutex<Vec<u64>>,
    /// What it is to read again, from an earlier run.
    again: Option<Vec<u64>>,
}

impl Moment {
    /// Now, for a run of so many components.
    #[must_use]
    pub fn now(components: usize) -> Self {
        let mut seed = [0; SEED];
        if getrandom::fill(&mut seed).is_err() {
            // No source of randomness at all: the time is what is left, and nothing here is used for cryptography of ours.
            let nanos = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
            seed = *Key::of("wb seed", &[&nanos.to_le_bytes(), &std::process::id().to_le_bytes()]).as_bytes();
        }
        Self::of(SystemTime::now(), seed, vec![None; components])
    }

    /// The moment of an earlier run, with what each component read from the clock. `None` for one that reads it afresh.
    #[must_use]
    pub fn of(started: SystemTime, seed: [u8; SEED], readings: Vec<Option<Vec<u64>>>) -> Self {
        let tapes = readings.into_iter().map(|again| Arc::new(Tape { read: Mutex::default(), again })).collect();
        Self { started, seed, tapes }
    }

    /// What a component has read from the clock.
    #[must_use]
    pub fn readings(&self, node: usize) -> Vec<u64> {
        self.tapes.get(node).map(|tape| tape.lock().clone()).unwrap_or_default()
    }

    /// A 32-bit seed for an engine's own generator.
    #[must_use]
    pub fn small_seed(&self) -> u32 {
        let [a, b, c, d, ..] = self.seed;
        u32::from_le_bytes([a, b, c, d])
    }

    /// Puts this run's clock and randomness into a component's context, whose grants decide whether it can reach them.
    pub fn bind(&self, builder: &mut WasiCtxBuilder, node: usize, id: &str) {
        if let Some(tape) = self.tapes.get(node) {
            // A component that is composed again begins again.
            tape.lock().clear();
            builder.wall_clock(Clock(Arc::clone(tape)));
        }
        let stream = |domain: &str| Stream(keyed(domain, &self.seed, id));
        builder.secure_random(stream("wb random 1")).insecure_random(stream("wb insecure random 1"));
    }
}

impl Tape {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<u64>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Clock(Arc<Tape>);

impl HostWallClock for Clock {
    fn resolution(&self) -> Duration {
        Duration::from_micros(1)
    }

    fn now(&self) -> Duration {
        let mut read = self.0.lock();
        let real = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let again = self.0.again.as_ref().and_then(|again| again.get(read.len())).copied();
        let now = again.map_or_else(real, Duration::from_nanos);
        if read.len() < READINGS {
            read.push(u64::try_from(now.as_nanos()).unwrap_or(u64::MAX));
        }
        now
    }
}

fn keyed(domain: &str, seed: &[u8], id: &str) -> blake3::OutputReader {
    let key = *Key::of(domain, &[seed]).as_bytes();
    blake3::Hasher::new_keyed(&key).update(id.as_bytes()).finalize_xof()
}

/// Random bytes that depend on the seed and the component alone.
struct Stream(blake3::OutputReader);

impl TryRng for Stream {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(into);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_have_streams_of_their_own_that_come_again() {
        let bytes = |seed: u8, id: &str| {
            let mut bytes = [0; 40];
            keyed("x", &[seed; SEED], id).fill(&mut bytes);
            bytes
        };
        assert_eq!(bytes(1, "a"), bytes(1, "a"));
        assert_ne!(bytes(1, "a"), bytes(1, "b"));
        assert_ne!(bytes(1, "a"), bytes(2, "a"));
        assert_ne!(Moment::now(0).seed, Moment::now(0).seed);
    }

    #[test]
    fn the_clock_says_again_what_it_said() {
        let first = Moment::now(1);
        let clock = Clock(Arc::clone(&first.tapes[0]));
        let said = [clock.now(), clock.now()];
        let again = Moment::of(first.started, first.seed, vec![Some(first.readings(0))]);
        let clock = Clock(Arc::clone(&again.tapes[0]));
        assert_eq!(said, [clock.now(), clock.now()]);
        // Beyond what was recorded it goes on.
        assert!(clock.now() >= said[1]);
    }
}
