//! Checks of truth, not of syntax: what the file alone shows cannot work. Nothing here reads the environment.

use crate::axes::{Auth, Database, Storage, Tenancy};
use crate::issue::{Issue, Problem};
use crate::properties::Property;
use crate::reader::Fields;

/// Values left over from a template, and names that cannot be a directory or a host name.
///
/// `PROVIDER` names a directory that a program is started from, so nothing in it may walk the file tree.
pub(crate) fn names(fields: &Fields, issues: &mut Vec<Issue>) {
    for (&property, found) in fields {
        let problem = if found.value.contains('<') && found.value.contains('>') {
            Problem::Placeholder { property }
        } else if matches!(property, Property::App | Property::Provider) && !is_name(&found.value) {
            Problem::BadName { property, got: found.value.clone() }
        } else {
            continue;
        };
        issues.push(Issue::new(found.value_at, problem));
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// Axes that cannot coexist, and open properties that an axis needs. An axis without a legal value takes no part.
pub(crate) fn combinations(
    fields: &Fields,
    tenancy: Option<Tenancy>,
    storage: Option<Storage>,
    database: Option<Database>,
    auth: Option<Auth>,
    issues: &mut Vec<Issue>,
) {
    let mut report = |property: Property, problem| {
        if let Some(found) = fields.get(&property) {
            issues.push(Issue::new(found.value_at, problem));
        }
    };
    let absent = |property: Property| !fields.contains_key(&property);
    if tenancy == Some(Tenancy::Multi) {
        if database == Some(Database::Sqlite) {
            report(Property::TenancyMode, Problem::MultiOnSqlite);
        }
        if auth == Some(Auth::Trusted) {
            report(Property::TenancyMode, Problem::MultiOnTrusted);
        }
    }
    if let Some(auth) = auth.filter(|auth| *auth != Auth::Trusted)
        && absent(Property::Issuer)
    {
        report(Property::Auth, Problem::NoIssuer { auth });
    }
    if storage == Some(Storage::S3) {
        let needed = [Property::StorageBucket, Property::StorageEndpoint];
        let missing: Vec<&str> = needed.into_iter().filter(|&p| absent(p)).map(Property::key).collect();
        if !missing.is_empty() {
            report(Property::Storage, Problem::NoBucket { missing });
        }
    }
}
