//! Variables and secrets of a tenant. All values are sealed; what is secret is never given back but at egress, for a host
//! it was granted to. Where values are put in and taken out of text is not decided here.

use std::fmt;

use super::database::{Row, params, transaction};
use super::error::{Error, Result};
use super::tenant::Tenant;
use super::{Global, Scope, page};

/// The longest value, in bytes.
pub const LONGEST: usize = 64 << 10;

/// A tenant's variables.
#[derive(Clone, Debug)]
pub struct Variables(pub(super) Scope);

/// What a variable is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Its value may be read.
    Plain,
    /// Its value leaves in requests to granted hosts and nowhere else.
    Secret,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Secret => "secret",
        }
    }

    fn parse(name: &str) -> Result<Self> {
        match name {
            "plain" => Ok(Self::Plain),
            "secret" => Ok(Self::Secret),
            _ => Err(Error::Corrupt(format!("`{name}` is no kind of variable"))),
        }
    }
}

/// What is told about a variable. The value is not in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// The value's size in bytes.
    pub size: i64,
    /// The hosts a secret may be sent to, with a port where it is not the usual one.
    pub hosts: Vec<String>,
    /// When it was set last.
    pub changed: i64,
}

/// A secret on its way out. It does not show itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// The value, for the request and for redaction.
    #[must_use]
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.0.len())
    }
}

fn check_name(name: &str) -> Result<()> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let first = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if name.len() <= 128 && first && name.chars().all(fits) {
        return Ok(());
    }
    let rule = "1 to 128 letters, digits, `_`, `-` and `.`, with a letter or `_` first";
    Err(Error::Invalid(format!("the name of a variable is {rule}")))
}

fn check_host(host: &str) -> Result<String> {
    let host = host.to_ascii_lowercase();
    let (name, port) = host.rsplit_once(':').map_or((host.as_str(), None), |(name, port)| (name, Some(port)));
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|number| number > 0));
    if (1..=253).contains(&name.len()) && name.chars().all(fits) && !name.starts_with(['.', '-']) && is_port {
        return Ok(host);
    }
    Err(Error::Invalid("a secret is granted to a host, `name` or `name:port`".to_owned()))
}

/// What a value is sealed for: nothing of it can be changed in the database without the value being lost.
fn place(tenant: &str, name: &str, kind: &str, hosts: &str) -> Vec<u8> {
    format!("wb variable 1\0{tenant}\0{name}\0{kind}\0{hosts}").into_bytes()
}

fn missing(name: &str) -> Error {
    Error::NotFound(format!("there is no variable `{name}`"))
}

fn variable(row: &Row) -> Result<Variable> {
    Ok(Variable {
        name: row.text(0)?,
        kind: Kind::parse(&row.text(1)?)?,
        hosts: row.text(2)?.lines().map(str::to_owned).collect(),
        size: row.int(3)?,
        changed: row.int(4)?,
    })
}

impl Variables {
    /// Sets a variable. `hosts` is where a secret may go, and empty for a plain one.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a wrong name or host, a value over [`LONGEST`], or hosts of a plain variable.
    pub async fn set(&self, name: &str, value: &[u8], kind: Kind, hosts: &[&str]) -> Result<Variable> {
        check_name(name)?;
        if value.len() > LONGEST {
            return Err(Error::Invalid(format!("a value is at most {} KiB", LONGEST >> 10)));
        }
        if kind == Kind::Plain && !hosts.is_empty() {
            return Err(Error::Invalid("only a secret is granted to hosts".to_owned()));
        }
        let mut hosts: Vec<String> = hosts.iter().map(|host| check_host(host)).collect::<Result<_>>()?;
        hosts.sort();
        hosts.dedup();
        let (tenant, now, joined) = (&self.0.tenant, self.0.store.clock.now(), hosts.join("\n"));
        let keyring = &self.0.store.keyring;
        let sealed = keyring.seal(&place(tenant.as_str(), name, kind.name(), &joined), value)?;
        let size = i64::try_from(value.len()).unwrap_or(i64::MAX);
        transaction!(self.0.store.database, tx => {
            tx.execute(
                "INSERT INTO variables (tenant, name, kind, hosts, sealed, master, size, changed)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                 ON CONFLICT (tenant, name) DO UPDATE SET kind = excluded.kind, hosts = excluded.hosts,
                 sealed = excluded.sealed, master = excluded.master, size = excluded.size, changed = excluded.changed",
                params![tenant, name, kind.name(), &joined, sealed.as_slice(), keyring.current(), size, now],
            )
            .await
        })?;
        Ok(Variable { name: name.to_owned(), kind, size, hosts, changed: now })
    }

    /// What is told about a variable.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is none.
    pub async fn get(&self, name: &str) -> Result<Variable> {
        let sql = "SELECT name, kind, hosts, size, changed FROM variables WHERE tenant = $1 AND name = $2";
        let rows = self.0.store.database.rows(sql, params![&self.0.tenant, name]).await?;
        variable(rows.first().ok_or_else(|| missing(name))?)
    }

    /// The value of a plain variable.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is none; [`Error::Invalid`] when it is a secret.
    pub async fn value(&self, name: &str) -> Result<Vec<u8>> {
        self.open(name, |kind, _| match kind {
            Kind::Plain => Ok(()),
            Kind::Secret => Err(Error::Invalid(format!("`{name}` is a secret, and is never read back"))),
        })
        .await
    }

    /// The value of a secret on its way to a host it was granted to. Only for who sends the request.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is none; [`Error::Invalid`] when it was not granted to this host.
    pub async fn for_egress(&self, name: &str, host: &str) -> Result<Secret> {
        let wanted = host.to_ascii_lowercase();
        let refused = || Error::Invalid(format!("the secret `{name}` is not granted to `{host}`"));
        let granted = |kind, hosts: &str| match kind {
            Kind::Secret if hosts.lines().any(|granted| granted == wanted) => Ok(()),
            _ => Err(refused()),
        };
        self.open(name, granted).await.map(Secret)
    }

    async fn open(&self, name: &str, may: impl Fn(Kind, &str) -> Result<()>) -> Result<Vec<u8>> {
        let sql = "SELECT kind, hosts, sealed, master FROM variables WHERE tenant = $1 AND name = $2";
        let rows = self.0.store.database.rows(sql, params![&self.0.tenant, name]).await?;
        let row = rows.first().ok_or_else(|| missing(name))?;
        let (kind, hosts) = (row.text(0)?, row.text(1)?);
        may(Kind::parse(&kind)?, &hosts)?;
        let place = place(self.0.tenant.as_str(), name, &kind, &hosts);
        self.0.store.keyring.open_sealed(&row.text(3)?, &place, &row.bytes(2)?)
    }

    /// Removes a variable.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is none.
    pub async fn unset(&self, name: &str) -> Result<()> {
        transaction!(self.0.store.database, tx => {
            let sql = "DELETE FROM variables WHERE tenant = $1 AND name = $2";
            match tx.execute(sql, params![&self.0.tenant, name]).await? {
                0 => Err(missing(name)),
                _ => Ok(()),
            }
        })
    }

    /// Variables after a name, in order: at most `limit`.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn list(&self, after: &str, limit: usize) -> Result<Vec<Variable>> {
        let sql = "SELECT name, kind, hosts, size, changed FROM variables
             WHERE tenant = $1 AND name > $2 ORDER BY name LIMIT $3";
        let rows = self.0.store.database.rows(sql, params![&self.0.tenant, after, page(limit)]).await?;
        rows.iter().map(variable).collect()
    }
}

impl Global {
    /// Seals at most `batch` values anew that are sealed with a key other than the current one, and says how many. Called
    /// until it says 0, by whoever has the old key and the new one; it may be stopped anywhere and begun again.
    ///
    /// # Errors
    ///
    /// When the store fails, or an old key is not given.
    pub async fn reseal(&self, batch: usize) -> Result<u64> {
        let keyring = &self.store.keyring;
        transaction!(self.store.database, tx => {
            let sql = "SELECT tenant, name, kind, hosts, sealed, master FROM variables WHERE master <> $1
                 ORDER BY tenant, name LIMIT $2";
            let rows = tx.query(sql, params![keyring.current(), page(batch)]).await?;
            for row in &rows {
                let (tenant, name) = (row.text(0)?, row.text(1)?);
                Tenant::new(&tenant).map_err(|error| Error::Corrupt(error.to_string()))?;
                let place = place(&tenant, &name, &row.text(2)?, &row.text(3)?);
                let value = keyring.open_sealed(&row.text(5)?, &place, &row.bytes(4)?)?;
                let sealed = keyring.seal(&place, &value)?;
                let sql = "UPDATE variables SET sealed = $3, master = $4 WHERE tenant = $1 AND name = $2";
                tx.execute(sql, params![&tenant, &name, sealed, keyring.current()]).await?;
            }
            Ok(rows.len() as u64)
        })
    }
}
