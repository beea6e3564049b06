//! Sources that were run last, so that running one again reads no file.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::store::{Digest, Tenant};

/// Bytes that are kept.
const BYTES: usize = 32 << 20;

/// Sources by whose they are and by digest: one is never another's, and never another.
#[derive(Default)]
pub(super) struct Sources(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    sources: HashMap<(Tenant, Digest), Arc<str>>,
    bytes: usize,
}

impl Sources {
    pub(super) fn get(&self, tenant: &Tenant, digest: Digest) -> Option<Arc<str>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.sources.get(&(tenant.clone(), digest)).cloned()
    }

    pub(super) fn put(&self, tenant: &Tenant, digest: Digest, source: &Arc<str>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.bytes + source.len() > BYTES {
            // What is in use comes back with its next run.
            *kept = Kept::default();
        }
        if source.len() <= BYTES && kept.sources.insert((tenant.clone(), digest), Arc::clone(source)).is_none() {
            kept.bytes += source.len();
        }
    }
}
