//! Prepared workbooks by what they were made of, the ones that were asked for last.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// Keeps at most a number of things. Clones of a thing are the same thing.
pub(super) struct Shelf<K, V> {
    places: usize,
    inner: Mutex<Inner<K, V>>,
}

struct Inner<K, V> {
    places: HashMap<K, (u64, Place<V>)>,
    turn: u64,
}

/// Filled by whoever comes first, while others who want the same wait.
type Place<V> = Arc<Mutex<Option<Arc<V>>>>;

impl<K: Eq + Hash + Clone, V> Shelf<K, V> {
    pub(super) fn new(places: usize) -> Self {
        Self { places, inner: Mutex::new(Inner { places: HashMap::new(), turn: 0 }) }
    }

    /// What is kept under `key`, or what `make` makes, which is then kept.
    ///
    /// # Errors
    ///
    /// `make`'s; nothing is kept then.
    pub(super) fn get<E>(&self, key: &K, make: impl FnOnce() -> Result<V, E>) -> Result<Arc<V>, E> {
        let place = self.place(key);
        let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(there) = &*place {
            return Ok(Arc::clone(there));
        }
        let made = Arc::new(make()?);
        *place = Some(Arc::clone(&made));
        Ok(made)
    }

    fn place(&self, key: &K) -> Place<V> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.turn += 1;
        let turn = inner.turn;
        if let Some((last, place)) = inner.places.get_mut(key) {
            *last = turn;
            return Arc::clone(place);
        }
        if inner.places.len() >= self.places {
            let oldest = inner.places.iter().min_by_key(|(_, (last, _))| *last).map(|(key, _)| key.clone());
            oldest.map(|key| inner.places.remove(&key));
        }
        let place = Place::default();
        inner.places.insert(key.clone(), (turn, Arc::clone(&place)));
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_asked_for_longest_ago_goes() {
        let shelf: Shelf<u8, u8> = Shelf::new(2);
        let get = |key: u8| shelf.get(&key, || Err::<u8, u8>(key)).map(|value| *value);
        let put = |key: u8| *shelf.get(&key, || Ok::<u8, u8>(key * 10)).unwrap();
        assert_eq!((put(1), put(2), get(1)), (10, 20, Ok(10)));
        assert_eq!((put(3), get(1), get(2)), (30, Ok(10), Err(2)));
    }

    #[test]
    fn what_failed_is_tried_again() {
        let shelf: Shelf<u8, u8> = Shelf::new(2);
        assert_eq!(shelf.get(&1, || Err("no")), Err("no"));
        assert_eq!(shelf.get(&1, || Ok::<u8, &str>(5)).map(|value| *value), Ok(5));
    }
}
