//! The tenant's sources.

use super::workbooks_wit::{Condition, Host, Revision, Workbook};
use super::{Desk, Failure, signed, unsigned};
use crate::store::{self, Digest, workbooks};

impl From<workbooks::Workbook> for Workbook {
    fn from(workbook: workbooks::Workbook) -> Self {
        Self {
            id: workbook.id,
            digest: workbook.digest.to_string(),
            size: unsigned(workbook.size),
            revision: unsigned(workbook.revision),
            created: unsigned(workbook.created),
            changed: unsigned(workbook.changed),
        }
    }
}

fn revision(revision: workbooks::Revision) -> Revision {
    Revision {
        number: unsigned(revision.number),
        digest: revision.digest.map(|digest| digest.to_string()),
        size: unsigned(revision.size),
        made: unsigned(revision.made),
        author: revision.author,
    }
}

/// Tags that are no digests are those of no source.
fn condition(condition: Condition) -> workbooks::Condition {
    match condition {
        Condition::Always => workbooks::Condition::Always,
        Condition::Absent => workbooks::Condition::Absent,
        Condition::Present => workbooks::Condition::Present,
        Condition::Matches(tags) => {
            workbooks::Condition::Matches(tags.iter().filter_map(|tag| Digest::parse(tag).ok()).collect())
        }
    }
}

impl Desk {
    async fn put(&self, id: &str, source: &[u8], when: Condition) -> Result<Workbook, Failure> {
        let workbooks = self.scope()?.workbooks();
        Ok(workbooks.put(id, source.to_vec(), &condition(when), self.subject()).await?.into())
    }
}

fn all<T, U>(items: store::Result<Vec<T>>, show: impl Fn(T) -> U) -> Result<Vec<U>, Failure> {
    Ok(items?.into_iter().map(show).collect())
}

impl Host for Desk {
    async fn put(
        &mut self,
        id: String,
        source: Vec<u8>,
        when: Condition,
    ) -> wasmtime::Result<Result<Workbook, Failure>> {
        Ok(Desk::put(self, &id, &source, when).await)
    }

    async fn delete(&mut self, id: String, when: Condition) -> wasmtime::Result<Result<(), Failure>> {
        let done = async { Ok(self.scope()?.workbooks().delete(&id, &condition(when), self.subject()).await?) };
        Ok(done.await)
    }

    async fn restore(
        &mut self,
        id: String,
        revision: u64,
        when: Condition,
    ) -> wasmtime::Result<Result<Workbook, Failure>> {
        let done = async {
            let workbooks = self.scope()?.workbooks();
            Ok(workbooks.restore(&id, signed(revision), &condition(when), self.subject()).await?.into())
        };
        Ok(done.await)
    }

    async fn head(&mut self, id: String) -> wasmtime::Result<Result<Workbook, Failure>> {
        let done = async { Ok(self.scope()?.workbooks().head(&id).await?.into()) };
        Ok(done.await)
    }

    async fn get(&mut self, id: String) -> wasmtime::Result<Result<(Workbook, Vec<u8>), Failure>> {
        let done = async {
            let (workbook, source) = self.scope()?.workbooks().get(&id).await?;
            Ok((workbook.into(), source.to_vec()))
        };
        Ok(done.await)
    }

    async fn source(&mut self, id: String, revision: u64) -> wasmtime::Result<Result<Vec<u8>, Failure>> {
        let done = async { Ok(self.scope()?.workbooks().source(&id, signed(revision)).await?.to_vec()) };
        Ok(done.await)
    }

    async fn list(&mut self, after: String, limit: u32) -> wasmtime::Result<Result<Vec<Workbook>, Failure>> {
        let done = async { all(self.scope()?.workbooks().list(&after, limit as usize).await, Workbook::from) };
        Ok(done.await)
    }

    async fn history(
        &mut self,
        id: String,
        before: Option<u64>,
        limit: u32,
    ) -> wasmtime::Result<Result<Vec<Revision>, Failure>> {
        let before = before.map(signed);
        let done = async { all(self.scope()?.workbooks().history(&id, before, limit as usize).await, revision) };
        Ok(done.await)
    }
}
