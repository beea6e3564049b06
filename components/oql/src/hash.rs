//! Maps whose keys come from the document, many of them.
//!
//! The hash is a fast one with a fixed seed. A document that is made to collide gains nothing it could not have otherwise:
//! in a component without imports the standard library's hash has no random seed either, and a call has its deadline.

use std::collections::HashMap;

use foldhash::fast::FixedState;

/// A map without a promise against collisions.
pub(crate) type Map<K, V> = HashMap<K, V, FixedState>;
