//! Things that were used lately, as many as there is room for.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is behind a lock is right after every single step.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The most recently used things, as many as there is room for.
pub(super) struct Recent<K, V> {
    things: HashMap<K, (V, usize, u64)>,
    held: usize,
    room: usize,
}

impl<K: Hash + Eq + Clone, V> Recent<K, V> {
    pub(super) fn new(room: usize) -> Self {
        Self { things: HashMap::new(), held: 0, room }
    }

    pub(super) fn get<Q: Hash + Eq + ?Sized>(&mut self, key: &Q, now: u64) -> Option<&V>
    where
        K: std::borrow::Borrow<Q>,
    {
        let (thing, _, used) = self.things.get_mut(key)?;
        *used = now;
        Some(thing)
    }

    /// Puts a thing in. What was not used for longest goes, until a quarter of the room is free: looking for it each time
    /// would cost more than it gives.
    pub(super) fn put(&mut self, key: K, thing: V, size: usize, now: u64) -> &V {
        if self.held + size > self.room {
            let mut ages: Vec<(u64, K, usize)> =
                self.things.iter().map(|(key, (_, size, used))| (*used, key.clone(), *size)).collect();
            ages.sort_unstable_by_key(|(used, ..)| *used);
            for (_, key, size) in ages {
                if self.held + size <= self.room / 4 * 3 {
                    break;
                }
                self.things.remove(&key);
                self.held -= size;
            }
        }
        if let Some((_, old, _)) = self.things.remove(&key) {
            self.held -= old;
        }
        self.held += size;
        &self.things.entry(key).or_insert((thing, size, now)).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_longest_goes() {
        let mut recent = Recent::new(8);
        for now in 0..8 {
            recent.put(now, now, 1, now);
        }
        assert_eq!(recent.get(&0, 8), Some(&0));
        recent.put(8, 8, 1, 9);
        assert!(recent.get(&0, 10).is_some() && recent.get(&8, 10).is_some() && recent.get(&1, 10).is_none());
        assert!(recent.held <= 8);
        // The same again takes no more room, and one that is larger than all has its time.
        let held = recent.held;
        recent.put(8, 8, 1, 11);
        assert_eq!(recent.held, held);
        recent.put(9, 9, 100, 12);
        recent.put(10, 10, 1, 13);
        assert!(recent.get(&9, 14).is_none() && recent.held <= 8);
    }
}
