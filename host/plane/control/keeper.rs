//! Keeps runs that somebody waited for: those that end while others are being written are written together.
//!
//! A database acknowledges a write when it is on the medium, which takes as long for one run as for a hundred.

use tokio::sync::{mpsc, oneshot};

use crate::store::runs::{Finished, Run};
use crate::store::{Error, Global, Result};

/// Runs that are written at a time.
const AT_ONCE: usize = 256;

/// Runs that may wait to be written.
const WAITING: usize = 1024;

type Asked = (Finished, oneshot::Sender<Result<Run>>);

/// Who keeps runs. Clones are the same.
#[derive(Clone)]
pub(super) struct Keeper(mpsc::Sender<Asked>);

impl Keeper {
    /// Starts to keep; ends when nobody can ask any more. To be called within a runtime.
    pub(super) fn start(global: Global) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        tokio::spawn(keep(global, receiver));
        Self(sender)
    }

    /// Keeps a run. Once this returned it survives a crash.
    pub(super) async fn keep(&self, finished: Finished) -> Result<Run> {
        let gone = || Error::Unavailable("the server ends".to_owned());
        let (reply, kept) = oneshot::channel();
        self.0.send((finished, reply)).await.map_err(|_| gone())?;
        kept.await.map_err(|_| gone())?
    }
}

async fn keep(global: Global, mut asked: mpsc::Receiver<Asked>) {
    let mut waiting = Vec::new();
    while asked.recv_many(&mut waiting, AT_ONCE).await > 0 {
        let (finished, replies): (Vec<Finished>, Vec<_>) = waiting.drain(..).unzip();
        match global.keep(&finished).await {
            Ok(runs) => {
                for (run, reply) in runs.into_iter().zip(replies) {
                    // Who asked may be gone; the run is kept.
                    drop(reply.send(Ok(run)));
                }
            }
            Err(error) if finished.len() == 1 || error.is_retryable() => {
                for reply in replies {
                    drop(reply.send(Err(error.clone())));
                }
            }
            // One of them cannot be kept; the others are not to blame.
            Err(_) => {
                for (finished, reply) in finished.iter().zip(replies) {
                    let kept = global.keep(std::slice::from_ref(finished)).await;
                    drop(reply.send(kept.and_then(|runs| {
                        runs.into_iter()
                            .next()
                            .ok_or_else(|| Error::Corrupt("a run was kept and is not there".to_owned()))
                    })));
                }
            }
        }
    }
}
