//! Hosts and the sites they show.
//!
//! A host is asked for, and works once its owner has shown that it is theirs, with a token. Several tenants may ask for
//! one; one can have it. A host is found exactly, else by the wildcard one label up, and never by a guess. How a token is
//! looked for (DNS, a file) is the caller's.

use super::database::{Row, params, transaction};
use super::digest::{hex, random};
use super::error::{Error, Result};
use super::tenant::Tenant;
use super::{Global, Scope, check_id, page};

/// A tenant's hosts.
#[derive(Clone, Debug)]
pub struct Domains(pub(super) Scope);

/// A host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// A name such as `www.example.org`, or `*.example.org`.
    pub host: String,
    /// The site it shows.
    pub site: String,
    /// What has to be found at the host to show whose it is.
    pub token: String,
    /// When it was asked for.
    pub added: i64,
    /// When it was shown to be this tenant's; else it shows nothing.
    pub verified: Option<i64>,
}

fn domain(row: &Row) -> Result<Domain> {
    Ok(Domain {
        host: row.text(0)?,
        site: row.text(1)?,
        token: row.text(2)?,
        added: row.int(3)?,
        verified: row.maybe_int(4)?,
    })
}

fn missing(host: &str) -> Error {
    Error::NotFound(format!("`{host}` is no host of this tenant"))
}

impl Domains {
    /// Asks for a host. One that was asked for keeps its token and state, and shows the given site.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when it is no name of a host.
    pub async fn add(&self, host: &str, site: &str) -> Result<Domain> {
        check_id("site", site)?;
        let host = normal(host, true).ok_or_else(|| Error::Invalid("this is no name of a host".to_owned()))?;
        let (tenant, now, token) = (&self.0.tenant, self.0.store.clock.now(), hex(&random::<20>()?));
        transaction!(self.0.store.database, tx => {
            let row = tx
                .first(
                    "INSERT INTO domains (tenant, host, site, state, token, added) VALUES ($1, $2, $3, 'pending', $4, $5)
                     ON CONFLICT (tenant, host) DO UPDATE SET site = excluded.site
                     RETURNING host, site, token, added, verified",
                    params![tenant, &host, site, &token, now],
                )
                .await?;
            domain(&row.ok_or_else(|| missing(&host))?)
        })
        .inspect(|_| self.0.store.shows_other())
    }

    /// A host that was asked for.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when it is none of this tenant's.
    pub async fn find(&self, host: &str) -> Result<Domain> {
        let host = normal(host, true).ok_or_else(|| missing(host))?;
        let sql = "SELECT host, site, token, added, verified FROM domains WHERE tenant = $1 AND host = $2";
        let rows = self.0.store.database.rows(sql, params![&self.0.tenant, &host]).await?;
        domain(rows.first().ok_or_else(|| missing(&host))?)
    }

    /// Makes a host work. The caller has found the token at the host, or is the operator.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] when it is shown to be another tenant's.
    pub async fn verify(&self, host: &str) -> Result<Domain> {
        let host = normal(host, true).ok_or_else(|| missing(host))?;
        let (tenant, now) = (&self.0.tenant, self.0.store.clock.now());
        let done = transaction!(self.0.store.database, tx => {
            let row = tx
                .first(
                    "UPDATE domains SET state = 'verified', verified = COALESCE(verified, $3)
                     WHERE tenant = $1 AND host = $2 RETURNING host, site, token, added, verified",
                    params![tenant, &host, now],
                )
                .await?;
            domain(&row.ok_or_else(|| missing(&host))?)
        });
        self.0.store.shows_other();
        // The index of verified hosts refuses the second; it does not say whose the first is, and neither do we.
        done.map_err(|error| match error {
            Error::Conflict(_) => Error::Conflict(format!("`{host}` is another's")),
            other => other,
        })
    }

    /// Gives a host up.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when it is none of this tenant's.
    pub async fn remove(&self, host: &str) -> Result<()> {
        let host = normal(host, true).ok_or_else(|| missing(host))?;
        transaction!(self.0.store.database, tx => {
            let sql = "DELETE FROM domains WHERE tenant = $1 AND host = $2";
            match tx.execute(sql, params![&self.0.tenant, &host]).await? {
                0 => Err(missing(&host)),
                _ => Ok(()),
            }
        })
        .inspect(|()| self.0.store.shows_other())
    }

    /// Hosts after one, in order: at most `limit`.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn list(&self, after: &str, limit: usize) -> Result<Vec<Domain>> {
        let sql = "SELECT host, site, token, added, verified FROM domains
             WHERE tenant = $1 AND host > $2 ORDER BY host LIMIT $3";
        let rows = self.0.store.database.rows(sql, params![&self.0.tenant, after, page(limit)]).await?;
        rows.iter().map(domain).collect()
    }
}

impl Global {
    /// Whose a host is, and which site it shows. `host` is the header's value, with or without a port.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when nobody has shown that it is theirs.
    pub async fn resolve(&self, host: &str) -> Result<(Tenant, String)> {
        let unknown = || Error::NotFound("no site is shown at this host".to_owned());
        let bare = without_port(host).ok_or_else(unknown)?;
        let host = normal(bare, false).ok_or_else(unknown)?;
        let wildcard = host.split_once('.').map(|(_, above)| format!("*.{above}")).unwrap_or_default();
        let sql = "SELECT tenant, site FROM domains WHERE state = 'verified' AND (host = $1 OR host = $2)
             ORDER BY CASE WHEN host = $1 THEN 0 ELSE 1 END LIMIT 1";
        let rows = self.store.database.rows(sql, params![&host, &wildcard]).await?;
        let row = rows.first().ok_or_else(unknown)?;
        let tenant = Tenant::new(&row.text(0)?).map_err(|error| Error::Corrupt(error.to_string()))?;
        Ok((tenant, row.text(1)?))
    }
}

/// A header's host without its port.
fn without_port(host: &str) -> Option<&str> {
    match host.split_once(':') {
        None => Some(host),
        Some((host, port)) => (!port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())).then_some(host),
    }
}

/// A host in the one form it is kept in: lower case, ASCII (other names in punycode), no dot at the end.
fn normal(host: &str, may_be_wildcard: bool) -> Option<String> {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let labels = match host.strip_prefix("*.") {
        // `*.org` would be everybody's.
        Some(rest) if may_be_wildcard && rest.contains('.') => rest,
        Some(_) => return None,
        None => &host,
    };
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_label = |label: &str| {
        (1..=63).contains(&label.len()) && label.chars().all(fits) && !label.starts_with('-') && !label.ends_with('-')
    };
    (host.len() <= 253 && labels.split('.').all(is_label)).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_one_form() {
        assert_eq!(normal("WWW.Example.ORG.", false).as_deref(), Some("www.example.org"));
        assert_eq!(normal("*.example.org", true).as_deref(), Some("*.example.org"));
        for host in ["", ".", "a..b", "-a.b", "a_b.c", "a b", "ä.org", "*.org", "a.*.org", "*", "a/b", "a@b", "a:80"] {
            assert_eq!(normal(host, true), None, "{host:?}");
        }
        assert_eq!(normal("*.example.org", false), None);
        assert_eq!(
            (without_port("a:80"), without_port("a"), without_port("a:x"), without_port("a:")),
            (Some("a"), Some("a"), None, None)
        );
    }
}
