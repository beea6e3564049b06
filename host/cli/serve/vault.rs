//! A tenant's secrets for its workbooks, out of the store: each only for hosts it was granted to.

use std::sync::mpsc;

use tokio::runtime::Handle;

use crate::grants::Keeper;
use crate::store::{Error, Scope};

/// The secrets of one tenant.
pub(super) struct Secrets {
    scope: Scope,
    /// Where the store is asked. Runs have threads of their own, which may wait.
    runtime: Handle,
}

impl Secrets {
    pub(super) fn new(scope: Scope, runtime: Handle) -> Self {
        Self { scope, runtime }
    }
}

impl Keeper for Secrets {
    fn secret(&self, name: &str, host: &str) -> Result<String, String> {
        let (sender, receiver) = mpsc::sync_channel(1);
        let (variables, name, host) = (self.scope.variables(), name.to_owned(), host.to_owned());
        let asked = (name.clone(), host.clone());
        self.runtime.spawn(async move {
            // Who asked waits for nothing else.
            drop(sender.send(variables.for_egress(&asked.0, &asked.1).await));
        });
        match receiver.recv() {
            Ok(Ok(secret)) => String::from_utf8(secret.reveal().to_vec())
                .map_err(|_| format!("the secret `{name}` is no text, and goes into no header")),
            Ok(Err(Error::NotFound(_))) => {
                Err(format!("the secret `{name}` has no value; `PUT /api/vars/{name}` gives it one"))
            }
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("the secret `{name}` cannot be read: the server ends")),
        }
    }
}
