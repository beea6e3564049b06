//! The tenant's sites, and the hosts they are found under.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::sites_wit::{Bytes, Content, Domain, Host, Site, SiteFile, Snapshot};
use super::workshop::{self, Manuscript};
use super::{Desk, Failure, Kind, failure, signed, unsigned};
use crate::store::{domains, published};

impl From<published::Snapshot> for Snapshot {
    fn from(snapshot: published::Snapshot) -> Self {
        Self {
            number: unsigned(snapshot.number),
            digest: snapshot.digest.to_string(),
            files: unsigned(snapshot.files),
            size: unsigned(snapshot.size),
            note: snapshot.note,
            made: unsigned(snapshot.made),
            active: snapshot.active,
        }
    }
}

impl From<domains::Domain> for Domain {
    fn from(domain: domains::Domain) -> Self {
        Self {
            host: domain.host,
            site: domain.site,
            token: domain.token,
            added: unsigned(domain.added),
            verified: domain.verified.map(unsigned),
        }
    }
}

fn site(site: published::Site) -> Site {
    Site { id: site.id, active: site.active.map(unsigned), latest: unsigned(site.latest) }
}

/// Files as bytes.
fn decoded(files: Vec<SiteFile>) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let file = |SiteFile { path, bytes }| match bytes {
        Bytes::Text(text) => Ok((path, text.into_bytes())),
        Bytes::Base64(text) => STANDARD
            .decode(text)
            .map(|bytes| (path.clone(), bytes))
            .map_err(|error| failure(Kind::Invalid, format!("`{}` is not in base64: {error}", path.escape_debug()))),
    };
    files.into_iter().map(file).collect()
}

impl Desk {
    /// Where a site is found: at the first of its hosts by name.
    async fn base(&self, site: &str) -> Result<Option<String>, Failure> {
        let domains = self.scope()?.domains().list("", crate::store::PAGE).await?;
        let mut own = domains.iter().filter(|of| of.site == site && of.verified.is_some() && !of.host.starts_with('*'));
        Ok(own.next().map(|of| format!("https://{}", of.host)))
    }
}

impl Host for Desk {
    async fn publish(
        &mut self,
        id: String,
        content: Content,
        note: String,
        sign: bool,
    ) -> wasmtime::Result<Result<Snapshot, Failure>> {
        let content = match content {
            Content::Files(files) => match decoded(files) {
                Ok(files) => workshop::Content::Files(files),
                Err(failure) => return Ok(Err(failure)),
            },
            Content::Html(html) => workshop::Content::Html(html),
            Content::Org(org) => workshop::Content::Org(org),
        };
        let base = match self.base(&id).await {
            Ok(base) => base,
            Err(failure) => return Ok(Err(failure)),
        };
        let signed_by = match self.scope() {
            Ok(scope) => sign.then(|| scope.tenant().clone()),
            Err(failure) => return Ok(Err(failure)),
        };
        let manuscript = Manuscript { site: id.clone(), base, content, signed_by };
        let made = self.work(move |workshop| workshop.publication(manuscript)).await?;
        let done = async { Ok(self.scope()?.published().publish(&id, &made?, &note).await?.into()) };
        Ok(done.await)
    }

    async fn list(&mut self, after: String, limit: u32) -> wasmtime::Result<Result<Vec<Site>, Failure>> {
        let done = async {
            let found = self.scope()?.published().sites(&after, limit as usize).await?;
            Ok(found.into_iter().map(site).collect())
        };
        Ok(done.await)
    }

    async fn snapshots(
        &mut self,
        id: String,
        before: Option<u64>,
        limit: u32,
    ) -> wasmtime::Result<Result<Vec<Snapshot>, Failure>> {
        let done = async {
            let found = self.scope()?.published().snapshots(&id, before.map(signed), limit as usize).await?;
            Ok(found.into_iter().map(Snapshot::from).collect())
        };
        Ok(done.await)
    }

    async fn rollback(&mut self, id: String, to: Option<u64>) -> wasmtime::Result<Result<u64, Failure>> {
        let done = async { Ok(unsigned(self.scope()?.published().rollback(&id, to.map(signed)).await?)) };
        Ok(done.await)
    }

    async fn withdraw(&mut self, id: String) -> wasmtime::Result<Result<(), Failure>> {
        let done = async { Ok(self.scope()?.published().withdraw(&id).await?) };
        Ok(done.await)
    }

    async fn domains(&mut self, after: String, limit: u32) -> wasmtime::Result<Result<Vec<Domain>, Failure>> {
        let done = async {
            let found = self.scope()?.domains().list(&after, limit as usize).await?;
            Ok(found.into_iter().map(Domain::from).collect())
        };
        Ok(done.await)
    }

    async fn attach(&mut self, host: String, id: String) -> wasmtime::Result<Result<Domain, Failure>> {
        let done = async { Ok(self.scope()?.domains().add(&host, &id).await?.into()) };
        Ok(done.await)
    }

    async fn verify(&mut self, host: String) -> wasmtime::Result<Result<Domain, Failure>> {
        let done = async {
            let domains = self.scope()?.domains();
            let domain = domains.find(&host).await?;
            if let (None, Some(prober)) = (domain.verified, &self.office.prober) {
                let found = prober.find(&domain.host, &domain.token).await;
                found.map_err(|what| failure(Kind::Invalid, what))?;
            }
            Ok(domains.verify(&host).await?.into())
        };
        Ok(done.await)
    }

    async fn detach(&mut self, host: String) -> wasmtime::Result<Result<(), Failure>> {
        let done = async { Ok(self.scope()?.domains().remove(&host).await?) };
        Ok(done.await)
    }
}
