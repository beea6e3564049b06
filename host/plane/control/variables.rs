//! The tenant's variables. The value of a secret is not read here, so that it cannot be given.

use super::variables_wit::{Host, Variable};
use super::{Desk, Failure, unsigned};
use crate::store::variables::{self, Kind};

impl From<variables::Variable> for Variable {
    fn from(variable: variables::Variable) -> Self {
        Self {
            name: variable.name,
            secret: variable.kind == Kind::Secret,
            size: unsigned(variable.size),
            hosts: variable.hosts,
            changed: unsigned(variable.changed),
        }
    }
}

impl Host for Desk {
    async fn set(
        &mut self,
        name: String,
        value: Vec<u8>,
        secret: bool,
        hosts: Vec<String>,
    ) -> wasmtime::Result<Result<Variable, Failure>> {
        let kind = if secret { Kind::Secret } else { Kind::Plain };
        let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
        let done = async { Ok(self.scope()?.variables().set(&name, &value, kind, &hosts).await?.into()) };
        Ok(done.await)
    }

    async fn get(&mut self, name: String) -> wasmtime::Result<Result<(Variable, Option<Vec<u8>>), Failure>> {
        let done = async {
            let variables = self.scope()?.variables();
            let variable = variables.get(&name).await?;
            let value = if variable.kind == Kind::Plain { Some(variables.value(&name).await?) } else { None };
            Ok((variable.into(), value))
        };
        Ok(done.await)
    }

    async fn unset(&mut self, name: String) -> wasmtime::Result<Result<(), Failure>> {
        let done = async { Ok(self.scope()?.variables().unset(&name).await?) };
        Ok(done.await)
    }

    async fn list(&mut self, after: String, limit: u32) -> wasmtime::Result<Result<Vec<Variable>, Failure>> {
        let done = async {
            let found = self.scope()?.variables().list(&after, limit as usize).await?;
            Ok(found.into_iter().map(Variable::from).collect())
        };
        Ok(done.await)
    }
}
