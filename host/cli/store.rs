//! The store that a verb works on: what `wb serve` and the verbs for its operator have in common.

use std::path::PathBuf;

use super::Failure;
use crate::env;
use crate::exit::Exit;
use crate::store::{self, Options, Store, Tenant};

/// Where the store is.
#[derive(Clone, Debug, clap::Args)]
pub(in crate::cli) struct Place {
    /// The folder of the server's data, in place of `WB_DATA`
    #[arg(long, value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,
    /// Whose data it is, where a server has several tenants
    #[arg(long, value_name = "NAME", default_value = "local", global = true)]
    pub tenant: String,
}

/// Does something with a store, on this thread.
pub(in crate::cli) fn block<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

impl Place {
    /// The folder of the data.
    ///
    /// # Errors
    ///
    /// On a machine without a home, where nobody names one.
    pub(in crate::cli) fn folder(&self) -> Result<PathBuf, Failure> {
        let folder = self.data.clone().or_else(env::data_directory);
        folder.ok_or_else(|| {
            Failure::new(Exit::Usage, "there is no place for the server's data").hint("name one with `--data DIR`")
        })
    }

    /// Whose data it is.
    ///
    /// # Errors
    ///
    /// When it is no name of a tenant.
    pub(in crate::cli) fn tenant(&self) -> Result<Tenant, Failure> {
        Ok(Tenant::new(&self.tenant)?)
    }

    /// What the command line and the environment say about the store.
    ///
    /// # Errors
    ///
    /// When a variable cannot be used.
    pub(in crate::cli) fn options(&self) -> Result<Options, Failure> {
        Ok(Options::from_variables(&self.folder()?, env::get)?)
    }

    /// Opens the store, which is made where there is none.
    ///
    /// # Errors
    ///
    /// When it cannot be opened.
    pub(in crate::cli) async fn open(&self) -> Result<Store, Failure> {
        Ok(Store::open(&self.options()?).await?)
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        let exit = match &error {
            store::Error::NotFound(_) => Exit::NotFound,
            store::Error::Conflict(_) => Exit::Conflict,
            store::Error::Invalid(_) => Exit::Usage,
            store::Error::Corrupt(_) => Exit::Unverified,
            _ => Exit::Unreachable,
        };
        Self::new(exit, error.to_string())
    }
}
