//! The server itself: what it is, and whether its stores work.

use super::Desk;
use super::server_wit::{About, Check, Host};
use crate::sign::{WebDid, document};
use crate::store::Tenant;

impl Host for Desk {
    async fn describe(&mut self) -> wasmtime::Result<About> {
        let about = self.office.about.clone();
        Ok(About {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            tenancy: about.tenancy.to_owned(),
            auth: about.auth,
            issuer: about.issuer,
            jwks: about.jwks,
            public: about.public,
        })
    }

    async fn identity(&mut self, authority: String) -> wasmtime::Result<Option<String>> {
        if self.office.about.tenancy == "multi" {
            return Ok(None);
        }
        let known = WebDid::parse(&WebDid::of_authority(&authority)).ok();
        Ok(known.and_then(|web| {
            Some(document(&web.to_string(), &self.office.workshop.signer(&Tenant::local())?.did()).to_string())
        }))
    }

    async fn ready(&mut self) -> wasmtime::Result<Vec<Check>> {
        let check = |name: &str, problem: Option<String>| Check { name: name.to_owned(), problem };
        let ending = self.office.ending.borrow().then(|| "the server ends".to_owned());
        let store = self.office.store.ready().await.err().map(|error| error.to_string());
        Ok(vec![check("store", store), check("server", ending)])
    }

    async fn metrics(&mut self) -> wasmtime::Result<String> {
        // They are of all tenants, and so for the operator alone.
        let is_operator = self.office.about.tenancy != "multi"
            || self.scope.as_ref().is_some_and(|scope| *scope.tenant() == Tenant::local());
        Ok(if is_operator { (self.office.figures)() } else { String::new() })
    }
}
