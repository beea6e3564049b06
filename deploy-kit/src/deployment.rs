//! What a `deployment.org` says, typed.

use std::fmt;

use crate::axes::{Auth, Database, Place, Storage, Tenancy};

/// The recipe a cloud deployment uses when the file names none.
pub(crate) const DEFAULT_PROVIDER: &str = "fly";

/// One engine: five axes and the strings those axes read. It describes an end state, never steps.
///
/// A value of this type is coherent as far as the file alone can show; whether the environment holds the secrets it
/// needs is not decided here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// The heading's title; empty when the drawer stands above every heading.
    pub title: String,
    /// `ENGINE_PLACE`.
    pub place: Place,
    /// `TENANCY_MODE`.
    pub tenancy: Tenancy,
    /// `STORAGE`.
    pub storage: Storage,
    /// `DATABASE`.
    pub database: Database,
    /// `AUTH`.
    pub auth: Auth,
    /// `ID`: Org's own name for the heading.
    pub id: Option<String>,
    /// `APP`: the name the container and the provider's app get.
    pub app: Option<String>,
    /// `PROVIDER`: the recipe's directory name. Read only where [`place`](Self::place) is [`Place::Cloud`].
    pub provider: String,
    /// `REGION`: where the provider runs the container.
    pub region: Option<String>,
    /// `STORAGE_ENDPOINT`; present wherever [`storage`](Self::storage) is [`Storage::S3`].
    pub storage_endpoint: Option<String>,
    /// `STORAGE_BUCKET`; present wherever [`storage`](Self::storage) is [`Storage::S3`].
    pub storage_bucket: Option<String>,
    /// `STORAGE_REGION`.
    pub storage_region: Option<String>,
    /// `ISSUER`: the origin a token is checked against; present unless [`auth`](Self::auth) is [`Auth::Trusted`].
    pub issuer: Option<String>,
    /// `JWKS_URL`: the issuer's keys, where they are not at the place the kind of issuer implies.
    pub jwks_url: Option<String>,
    /// `#+DEPLOY_SECRETS:`: names of the secrets the container gets. Their values are never in the file.
    pub secrets: Vec<String>,
}

/// The summary every verb speaks: `local · single-tenant · storage=local-fs · db=sqlite`.
impl fmt::Display for Deployment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, tenancy, storage, database, provider, .. } = self;
        write!(f, "{place} · {tenancy}-tenant · storage={storage} · db={database}")?;
        match place {
            Place::Local => Ok(()),
            Place::Cloud => write!(f, " · provider={provider}"),
        }
    }
}
