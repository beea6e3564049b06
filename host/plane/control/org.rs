//! What the kernel makes of a source.

use super::org_wit::Host;
use super::{Desk, Failure};

impl Host for Desk {
    async fn plan(&mut self, source: String) -> wasmtime::Result<Result<String, Failure>> {
        self.work(move |workshop| workshop.plan(&source).map_err(Into::into)).await
    }

    async fn headlines(&mut self, source: String) -> wasmtime::Result<Result<String, Failure>> {
        self.work(move |workshop| workshop.headlines(&source).map_err(Into::into)).await
    }

    async fn query(&mut self, source: String, expr: String) -> wasmtime::Result<Result<String, Failure>> {
        self.work(move |workshop| workshop.query(&source, &expr).map_err(Into::into)).await
    }

    async fn lint(&mut self, source: String) -> wasmtime::Result<Result<String, Failure>> {
        self.work(move |workshop| workshop.lint(&source).map_err(Into::into)).await
    }

    async fn html(&mut self, source: String, name: String) -> wasmtime::Result<Result<String, Failure>> {
        self.work(move |workshop| workshop.html(&source, &name).map_err(Into::into)).await
    }

    async fn graph(&mut self, source: String) -> wasmtime::Result<Result<String, Failure>> {
        self.work(move |workshop| workshop.graph(&source).map_err(Into::into)).await
    }
}
