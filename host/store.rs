//! What is kept: the durable state behind both planes, in one database and one blob store.
//!
//! [`Store::of`] is the only way to a tenant's data, and takes a [`Tenant`]: no query can be without one. What belongs to
//! no tenant, or has to find out whose it is (a host, a key, the next run), is in [`Global`], by name and one by one.
//! Repositories are written once, over [`database::Database`] and [`objects::Objects`]; which of the two kinds of each is
//! open shows nowhere else. It knows no HTTP, no Org and no component.

pub mod audit;
pub mod backup;
pub mod blobs;
pub mod database;
pub mod digest;
pub mod domains;
pub mod error;
pub mod idempotency;
pub mod keys;
pub mod leases;
pub mod local;
pub mod migrations;
pub mod objects;
pub mod postgres;
pub mod published;
pub mod queue;
pub mod runs;
pub mod s3;
pub mod seal;
pub mod sessions;
pub mod settings;
pub mod ship;
pub mod sqlite;
pub mod steps;
pub mod tenant;
mod tls;
pub mod variables;
pub mod workbooks;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use self::database::Database;
pub use self::digest::Digest;
pub use self::error::{Error, Result};
use self::objects::Objects;
use self::seal::Keyring;
pub use self::tenant::Tenant;

/// Where everything is.
#[derive(Clone, Debug)]
pub struct Options {
    /// The database.
    pub database: database::Config,
    /// The blob store.
    pub objects: objects::Config,
    /// The key that seals variables.
    pub master: Master,
    /// What time it is.
    pub clock: Clock,
    /// Whether an SQLite file that is not there is taken from the blob store, where one was shipped.
    pub restore: bool,
}

impl Options {
    /// Everything below one folder: `registry.db`, `blobs/`, `master.key`.
    #[must_use]
    pub fn folder(data: &std::path::Path) -> Self {
        Self {
            database: database::Config::Sqlite(data.join("registry.db")),
            objects: objects::Config::Local(data.join("blobs")),
            master: Master::File(data.join("master.key")),
            clock: Clock::system(),
            restore: false,
        }
    }
}

/// Where the key that seals variables comes from.
#[derive(Clone)]
pub enum Master {
    /// Text with keys, the current one first, as [`Keyring::parse`] reads it.
    Text(String),
    /// A file with such text, which is made where there is none.
    File(PathBuf),
}

/// Only where it comes from.
impl fmt::Debug for Master {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str("Text(…)"),
            Self::File(path) => write!(f, "File({})", path.display()),
        }
    }
}

/// Tells milliseconds since 1970.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// The system's.
    #[must_use]
    pub fn system() -> Self {
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        Self::new(move || i64::try_from(now()).unwrap_or(i64::MAX))
    }

    /// One that says what `now` says.
    #[must_use]
    pub fn new(now: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn now(&self) -> i64 {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

/// An open store. Clones are the same store.
#[derive(Clone, Debug)]
pub struct Store {
    database: Database,
    objects: Objects,
    keyring: Arc<Keyring>,
    clock: Clock,
    showing: Arc<AtomicU64>,
}

impl Store {
    /// Opens both stores and brings the schema up to date.
    ///
    /// # Errors
    ///
    /// When one of them does not answer, is not ours, or was made by a newer version.
    pub async fn open(options: &Options) -> Result<Self> {
        if let database::Config::Sqlite(path) = &options.database
            && let Some(folder) = path.parent()
        {
            let made = crate::disk::make_durable(folder);
            made.map_err(|error| Error::of_file(&format!("`{}`", folder.display()), &error))?;
        }
        let objects = Objects::open(&options.objects).await?;
        if let database::Config::Sqlite(path) = &options.database
            && options.restore
        {
            ship::restore_missing(&objects, path).await?;
        }
        let database = Database::open(&options.database).await?;
        migrations::apply(&database, options.clock.now()).await?;
        let keyring = Arc::new(match &options.master {
            Master::Text(text) => Keyring::parse(text)?,
            Master::File(path) => Keyring::open(path)?,
        });
        Ok(Self { database, objects, keyring, clock: options.clock.clone(), showing: Arc::default() })
    }

    /// A tenant's data.
    #[must_use]
    pub fn of(&self, tenant: &Tenant) -> Scope {
        Scope { store: self.clone(), tenant: tenant.clone() }
    }

    /// What belongs to no tenant.
    #[must_use]
    pub fn global(&self) -> Global {
        Global { store: self.clone() }
    }

    /// Changes whenever this process has changed what a host shows. Who remembers what [`Global::view`] gave reads this
    /// first, and asks again when it is another; what other processes change is not in it.
    #[must_use]
    pub fn showing(&self) -> u64 {
        self.showing.load(Ordering::Acquire)
    }

    /// To be called after what was written is there.
    fn shows_other(&self) {
        self.showing.fetch_add(1, Ordering::AcqRel);
    }

    /// The database, for backups and shipping.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The blob store, for backups and shipping.
    #[must_use]
    pub fn objects(&self) -> &Objects {
        &self.objects
    }

    /// Whether both stores answer and take writes, which for S3 is taken from its answer: what `/ready` asks.
    ///
    /// # Errors
    ///
    /// What is wrong with the first that does not.
    pub async fn ready(&self) -> Result<()> {
        // Changes nothing, and is written like everything else.
        let sql = "UPDATE migrations SET applied = applied WHERE version = 1";
        database::transaction!(self.database, tx => { tx.execute(sql, &[]).await })?;
        self.objects.ping().await
    }
}

/// A tenant's data. Nothing that is reached from here can see another's.
#[derive(Clone, Debug)]
pub struct Scope {
    store: Store,
    tenant: Tenant,
}

macro_rules! repositories {
    ($($(#[$doc:meta])* $name:ident: $kind:path;)*) => {
        impl Scope {
            /// Whose it is.
            #[must_use]
            pub fn tenant(&self) -> &Tenant {
                &self.tenant
            }

            /// What time it is for the store, in milliseconds since 1970.
            #[must_use]
            pub fn now(&self) -> i64 {
                self.store.clock.now()
            }

            /// Bytes by digest.
            #[must_use]
            pub fn blobs(&self) -> blobs::Blobs {
                blobs::Blobs::new(&self.tenant, &self.store.objects)
            }

            $($(#[$doc])* #[must_use] pub fn $name(&self) -> $kind { $kind(self.clone()) })*
        }
    };
}

repositories! {
    /// Sources with their history.
    workbooks: workbooks::Workbooks;
    /// Runs and their events.
    runs: runs::Runs;
    /// Steps of runs.
    steps: steps::Steps;
    /// Published sites.
    published: published::Published;
    /// Hosts under which sites are found.
    domains: domains::Domains;
    /// Variables and secrets.
    variables: variables::Variables;
    /// Keys for the API.
    keys: keys::Keys;
    /// People who are logged in.
    sessions: sessions::Sessions;
    /// Answers to requests that may come twice.
    idempotency: idempotency::Idempotency;
    /// What was refused.
    audit: audit::Audit;
    /// Firings of schedules.
    firings: leases::Firings;
}

/// What belongs to no tenant, or has to find out whose it is.
#[derive(Clone, Debug)]
pub struct Global {
    store: Store,
}

/// Names of workbooks, runs, sites and the like: 1 to 128 of letters, digits, `-`, `_` and `.`, with a letter or digit
/// first.
pub(crate) fn check_id(what: &str, id: &str) -> Result<()> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if id.len() <= 128 && id.starts_with(|c: char| c.is_ascii_alphanumeric()) && id.chars().all(fits) {
        return Ok(());
    }
    let rule = "is 1 to 128 letters, digits, `-`, `_` and `.`, with a letter or digit first";
    Err(Error::Invalid(format!("the id of a {what} {rule}")))
}

/// Most entries of one page of a list.
pub const PAGE: usize = 1000;

/// A limit of a page as SQL wants it.
fn page(limit: usize) -> i64 {
    i64::try_from(limit.clamp(1, PAGE)).unwrap_or(1)
}
