//! The tenant's API keys, and what was refused.

use super::access_wit::{Host, Key, Refused, Session};
use super::{Desk, Failure, Kind, failure, signed, unsigned};
use crate::store::{audit, keys, sessions};

impl From<keys::ApiKey> for Key {
    fn from(key: keys::ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            scopes: key.scopes,
            made: unsigned(key.made),
            expires: key.expires.map(unsigned),
            revoked: key.revoked.map(unsigned),
        }
    }
}

impl From<sessions::Session> for Session {
    fn from(session: sessions::Session) -> Self {
        Self {
            id: session.id,
            subject: session.subject,
            scopes: session.scopes,
            made: unsigned(session.made),
            used: unsigned(session.used),
            expires: unsigned(session.expires),
        }
    }
}

fn refused(refusal: audit::Refusal) -> Refused {
    let audit::Refusal { made, client, method, path, rule, detail } = refusal;
    Refused { made: unsigned(made), client, method, path, rule, detail }
}

impl Host for Desk {
    async fn create(
        &mut self,
        name: String,
        scopes: Vec<String>,
        expires: Option<u64>,
    ) -> wasmtime::Result<Result<(Key, String), Failure>> {
        let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
        let done = async {
            let (key, text) = self.scope()?.keys().create(&name, &scopes, expires.map(signed)).await?;
            Ok((key.into(), text))
        };
        Ok(done.await)
    }

    async fn revoke(&mut self, id: String) -> wasmtime::Result<Result<(), Failure>> {
        let done = async { Ok(self.scope()?.keys().revoke(&id).await?) };
        Ok(done.await)
    }

    async fn keys(&mut self, after: String, limit: u32) -> wasmtime::Result<Result<Vec<Key>, Failure>> {
        let done = async {
            let found = self.scope()?.keys().list(&after, limit as usize).await?;
            Ok(found.into_iter().map(Key::from).collect())
        };
        Ok(done.await)
    }

    async fn log_in(&mut self, credential: String) -> wasmtime::Result<Result<(Session, String), Failure>> {
        let (Some(reception), Ok(client)) = (self.office.reception.get(), self.asked.client.parse()) else {
            return Ok(Err(failure(Kind::Unavailable, "nobody can log in yet".to_owned())));
        };
        let opened = reception.log_in(&credential, client).await;
        Ok(opened.map(|(session, token)| (session.into(), token)).map_err(|unwelcome| {
            failure(if unwelcome.again { Kind::Unavailable } else { Kind::Denied }, unwelcome.message)
        }))
    }

    async fn log_out(&mut self) -> wasmtime::Result<Result<(), Failure>> {
        let done = async {
            match &self.session {
                Some(id) => Ok(self.scope()?.sessions().end(id).await?),
                None => Ok(()),
            }
        };
        Ok(done.await)
    }

    async fn end_session(&mut self, id: String) -> wasmtime::Result<Result<(), Failure>> {
        let done = async { Ok(self.scope()?.sessions().end(&id).await?) };
        Ok(done.await)
    }

    async fn sessions(&mut self, after: String, limit: u32) -> wasmtime::Result<Result<Vec<Session>, Failure>> {
        let done = async {
            let found = self.scope()?.sessions().list(&after, limit as usize).await?;
            Ok(found.into_iter().map(Session::from).collect())
        };
        Ok(done.await)
    }

    async fn refusals(&mut self, before: Option<u64>, limit: u32) -> wasmtime::Result<Result<Vec<Refused>, Failure>> {
        let done = async {
            let found = self.scope()?.audit().list(before.map(signed), limit as usize).await?;
            Ok(found.into_iter().map(refused).collect())
        };
        Ok(done.await)
    }

    async fn refuse(&mut self, rule: String, detail: String) -> wasmtime::Result<()> {
        self.audit(rule, detail).await;
        Ok(())
    }
}
