//! Which piece is next, for the threads that run pieces. It knows numbers, and nothing of what a piece is.

use std::sync::{Condvar, Mutex, PoisonError};

#[derive(Clone, Copy, PartialEq)]
enum Progress {
    Waiting,
    Taken,
    Done,
}

/// Pieces in order of dependency.
pub struct Queue {
    state: Mutex<Vec<Progress>>,
    changed: Condvar,
    /// For each piece, those that must be done first.
    waits: Vec<Vec<usize>>,
}

impl Queue {
    /// Pieces of which each waits for those that are named for it.
    #[must_use]
    pub fn new(waits: Vec<Vec<usize>>) -> Self {
        Self { state: Mutex::new(vec![Progress::Waiting; waits.len()]), changed: Condvar::new(), waits }
    }

    /// The next piece that can run. Waits while there are only pieces that wait; `None` when all are taken.
    pub fn take(&self) -> Option<usize> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if state.iter().all(|progress| *progress != Progress::Waiting) {
                return None;
            }
            let ready = |piece: &usize| {
                state[*piece] == Progress::Waiting && self.waits[*piece].iter().all(|w| state[*w] == Progress::Done)
            };
            match (0..state.len()).find(ready) {
                Some(piece) => {
                    state[piece] = Progress::Taken;
                    return Some(piece);
                }
                None => state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    /// A piece is done: others may begin.
    pub fn done(&self, piece: usize) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)[piece] = Progress::Done;
        self.changed.notify_all();
    }
}
