//! A store to test with, of each kind that this machine has.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use wb::store::database::Config as DatabaseConfig;
use wb::store::objects::Config as ObjectsConfig;
use wb::store::s3::{Config as S3Config, Credentials};
use wb::store::{Clock, Options, Scope, Store, Tenant};

use crate::servers;

/// A folder that goes away with the value.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("wb-store-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// Which stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    SqliteLocal,
    PostgresLocal,
    SqliteS3,
}

/// An open store, and the time it lives in.
pub struct Case {
    pub folder: Folder,
    pub options: Options,
    pub store: Store,
    pub time: Arc<AtomicI64>,
}

pub fn bucket() -> Option<S3Config> {
    let port = servers::moto()?;
    Some(bucket_at(port, &servers::make_bucket(port)))
}

pub fn bucket_at(port: u16, name: &str) -> S3Config {
    let credentials = Credentials { id: "KEYID".into(), secret: "topsecret".into(), token: None };
    S3Config::new(&format!("http://127.0.0.1:{port}"), "eu-central-1", name, credentials)
}

impl Case {
    /// A new one; none where a server is missing.
    pub async fn new(kind: Kind) -> Option<Self> {
        let folder = Folder::new();
        let time = Arc::new(AtomicI64::new(1_000_000));
        let mut options = Options::folder(&folder.path().join("data"));
        let now = Arc::clone(&time);
        options.clock = Clock::new(move || now.load(Ordering::SeqCst));
        match kind {
            Kind::SqliteLocal => {}
            Kind::PostgresLocal => {
                std::fs::create_dir_all(folder.path().join("data")).unwrap();
                let url = servers::postgres()?.database().await;
                options.database = DatabaseConfig::Postgres(wb::store::postgres::Config::parse(&url).unwrap());
            }
            Kind::SqliteS3 => options.objects = ObjectsConfig::S3(Box::new(bucket()?)),
        }
        let store = Store::open(&options).await.unwrap();
        Some(Self { folder, options, store, time })
    }

    pub fn pass(&self, milliseconds: i64) {
        self.time.fetch_add(milliseconds, Ordering::SeqCst);
    }

    /// The same store as after a restart.
    pub async fn again(&self) -> Store {
        Store::open(&self.options).await.unwrap()
    }

    pub fn of(&self, tenant: &str) -> Scope {
        self.store.of(&Tenant::new(tenant).unwrap())
    }
}

/// Makes of each `async fn(Case)` a test for each kind of store.
macro_rules! on_every_store {
    ($($name:ident)*) => {
        $(mod $name {
            use crate::harness::{Case, Kind};

            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite_and_folder() {
                super::$name(Case::new(Kind::SqliteLocal).await.unwrap()).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn postgres_and_folder() {
                if let Some(case) = Case::new(Kind::PostgresLocal).await {
                    super::$name(case).await;
                }
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite_and_s3() {
                if let Some(case) = Case::new(Kind::SqliteS3).await {
                    super::$name(case).await;
                }
            }
        })*
    };
}
pub(crate) use on_every_store;
