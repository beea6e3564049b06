//! From scanned lines to a [`Deployment`]: which drawer counts, what each property means, what is wrong.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::axes::{Axis, Place};
use crate::check;
use crate::deployment::{DEFAULT_PROVIDER, Deployment};
use crate::issue::{Invalid, Issue, Problem, Severity, is_variable};
use crate::position::Position;
use crate::properties::Property;
use crate::scan::{Entry, Heading, Scan, scan};
use crate::secret::{Secret, name_is_secret, value_is_secret};
use crate::suggest::nearest;

/// How every keyword of the older dialect begins.
pub(crate) const OLD_PREFIX: &str = "DEPLOY_";

/// A file that could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// What it says.
    pub deployment: Deployment,
    /// What in it has no effect or an older form, in document order.
    pub warnings: Vec<Issue>,
}

/// Reads the text of a `deployment.org`.
///
/// The heading tagged `:deployment:` (or `:deploy:`) is the deployment, with the drawers of its whole subtree; a file
/// without the tag is read as a whole. The same text always gives the same answer.
///
/// # Errors
///
/// [`Invalid`] with all findings at once, if one of them is an error.
pub fn read(text: &str) -> Result<Reading, Invalid> {
    let mut reader = Reader::new(scan(text));
    reader.drawers();
    reader.keywords();
    let deployment = reader.deployment();
    let mut issues = reader.issues;
    issues.sort_by_key(|issue| issue.at);
    let has_error = issues.iter().any(|issue| issue.problem.severity() == Severity::Error);
    match deployment {
        Some(deployment) if !has_error => Ok(Reading { deployment, warnings: issues }),
        _ => Err(Invalid { issues }),
    }
}

/// A property's value and where it stands.
pub(crate) struct Found {
    pub(crate) value: String,
    pub(crate) key_at: Position,
    pub(crate) value_at: Position,
}

/// The properties that count, by name.
pub(crate) type Fields = BTreeMap<Property, Found>;

struct Reader<'a> {
    headings: Vec<Heading<'a>>,
    entries: Vec<Entry<'a>>,
    keywords: Vec<Entry<'a>>,
    issues: Vec<Issue>,
    fields: Fields,
    secrets: Vec<String>,
    /// The deployment's heading, where there is one.
    heading: Option<usize>,
}

impl<'a> Reader<'a> {
    fn new(scan: Scan<'a>) -> Self {
        let Scan { headings, entries, keywords, issues } = scan;
        let fields = Fields::new();
        Self { headings, entries, keywords, issues, fields, secrets: Vec::new(), heading: None }
    }

    fn report(&mut self, at: Position, problem: Problem) {
        self.issues.push(Issue::new(at, problem));
    }

    /// Chooses the drawers that count and takes their properties.
    fn drawers(&mut self) {
        let scope = self.scope();
        for entry in std::mem::take(&mut self.entries) {
            let inside = scope.as_ref().is_none_or(|scope| entry.heading.is_some_and(|at| scope.contains(&at)));
            match Property::from_key(entry.key) {
                Some(property) if inside => self.known(property, &entry),
                // Every heading may have an ID.
                Some(Property::Id) => {}
                Some(property) => self.report(entry.key_at, Problem::Outside { property }),
                None if inside => self.unknown(&entry),
                None => {}
            }
        }
    }

    /// The headings of the tagged subtree; `None` in a file without the tag.
    fn scope(&mut self) -> Option<Range<usize>> {
        let mut tagged = (0..self.headings.len()).filter(|&at| self.headings[at].is_deployment);
        let Some(start) = tagged.next() else {
            if let Some(first) = self.entries.first() {
                let at = first.heading.map_or(first.key_at, |heading| self.headings[heading].at);
                self.heading = first.heading;
                self.report(at, Problem::NoTag);
            }
            return None;
        };
        let first = self.headings[start].at;
        let others: Vec<Position> = tagged.map(|at| self.headings[at].at).collect();
        for at in others {
            self.report(at, Problem::SeveralDeployments { first });
        }
        self.heading = Some(start);
        let level = self.headings[start].level;
        let next = self.headings[start + 1..].iter().position(|heading| heading.level <= level);
        Some(start..next.map_or(self.headings.len(), |after| start + 1 + after))
    }

    fn known(&mut self, property: Property, entry: &Entry<'_>) {
        let value = entry.value.expose();
        if value_is_secret(value) {
            let key = property.key().to_owned();
            self.report(entry.value_at, in_file(key, &entry.value));
            return;
        }
        match self.fields.get(&property) {
            Some(first) if first.value != value => {
                let first = first.key_at;
                self.report(entry.key_at, Problem::Duplicate { property, first });
            }
            Some(_) => {}
            None => {
                let found = Found { value: value.to_owned(), key_at: entry.key_at, value_at: entry.value_at };
                self.fields.insert(property, found);
            }
        }
    }

    fn unknown(&mut self, entry: &Entry<'_>) {
        let key = entry.key.to_ascii_uppercase();
        let problem = if name_is_secret(&key) || value_is_secret(entry.value.expose()) {
            in_file(key, &entry.value)
        } else {
            // `:KEY+:` appends in Org; here nothing has a second part.
            let near = nearest(key.trim_end_matches('+'), Property::ALL.iter().map(|property| property.key()));
            misspelled(key, near)
        };
        self.report(entry.key_at, problem);
    }

    /// `#+DEPLOY_SECRETS:`, and the older keyword form of four properties.
    fn keywords(&mut self) {
        for entry in std::mem::take(&mut self.keywords) {
            let keyword = entry.key.to_ascii_uppercase();
            let value = entry.value.expose();
            match keyword.as_str() {
                "DEPLOY_SECRETS" => self.declare(&entry),
                _ if value_is_secret(value) => {
                    self.report(entry.value_at, in_file(keyword, &entry.value));
                }
                "DEPLOY_APP" => self.older(keyword, &entry, &[(Property::App, value)]),
                "DEPLOY_REGION" => self.older(keyword, &entry, &[(Property::Region, value)]),
                // `local` is a place; any other target was the name of a recipe.
                "DEPLOY_TARGET" if value == Place::Local.as_str() => {
                    self.older(keyword, &entry, &[(Property::EnginePlace, value)]);
                }
                "DEPLOY_TARGET" => {
                    let cloud = (Property::EnginePlace, Place::Cloud.as_str());
                    self.older(keyword, &entry, &[cloud, (Property::Provider, value)]);
                }
                _ => {
                    // Without the prefix, which would make all of them look alike.
                    let known = ["DEPLOY_SECRETS", "DEPLOY_APP", "DEPLOY_REGION", "DEPLOY_TARGET"];
                    let name = |key: &'static str| key.trim_start_matches(OLD_PREFIX);
                    let near = nearest(keyword.trim_start_matches(OLD_PREFIX), known.map(name));
                    let near = near.and_then(|near| known.into_iter().find(|key| name(key) == near));
                    self.report(entry.key_at, misspelled(keyword, near));
                }
            }
        }
    }

    /// Takes an older keyword for the `properties` it stands for, unless the drawer sets the first of them.
    fn older(&mut self, keyword: String, entry: &Entry<'_>, properties: &[(Property, &str)]) {
        for &(property, value) in properties {
            if let Some(first) = self.fields.get(&property) {
                let at = first.key_at;
                self.report(entry.key_at, Problem::OverruledKeyword { keyword, property, at });
                return;
            }
            let found = Found { value: value.to_owned(), key_at: entry.key_at, value_at: entry.value_at };
            self.fields.insert(property, found);
        }
        let properties = properties.iter().map(|&(property, value)| (property, value.to_owned())).collect();
        self.report(entry.key_at, Problem::OldKeyword { keyword, properties });
    }

    /// Takes the names of one `#+DEPLOY_SECRETS:` line.
    fn declare(&mut self, entry: &Entry<'_>) {
        let mut at = entry.value_at;
        for word in entry.value.expose().split(char::is_whitespace) {
            let secret = |key: &str, value| Problem::SecretInFile { key: key.to_owned(), value: Secret::new(value) };
            match word.split_once('=') {
                _ if word.is_empty() || self.secrets.iter().any(|name| name == word) => {}
                _ if is_variable(word) => self.secrets.push(word.to_owned()),
                Some((key, value)) if !value.is_empty() => self.report(at, secret(key, value)),
                _ if value_is_secret(word) => self.report(at, secret("DEPLOY_SECRETS", word)),
                _ => self.report(at, Problem::BadSecretName { name: word.to_owned() }),
            }
            at = at.after(word).after(" ");
        }
    }

    /// The deployment, if every axis has a value. The checks run even where one has none.
    fn deployment(&mut self) -> Option<Deployment> {
        let place = self.axis(Property::EnginePlace);
        let tenancy = self.axis(Property::TenancyMode);
        let storage = self.axis(Property::Storage);
        let database = self.axis(Property::Database);
        let auth = self.axis(Property::Auth);
        check::names(&self.fields, &mut self.issues);
        check::combinations(&self.fields, tenancy, storage, database, auth, &mut self.issues);
        let mut open = |property| self.fields.remove(&property).map(|found| found.value);
        Some(Deployment {
            title: self.heading.map_or_else(String::new, |at| self.headings[at].title.to_owned()),
            place: place?,
            tenancy: tenancy?,
            storage: storage?,
            database: database?,
            auth: auth?,
            id: open(Property::Id),
            app: open(Property::App),
            provider: open(Property::Provider).unwrap_or_else(|| DEFAULT_PROVIDER.to_owned()),
            region: open(Property::Region),
            storage_endpoint: open(Property::StorageEndpoint),
            storage_bucket: open(Property::StorageBucket),
            storage_region: open(Property::StorageRegion),
            issuer: open(Property::Issuer),
            jwks_url: open(Property::JwksUrl),
            secrets: std::mem::take(&mut self.secrets),
        })
    }

    /// The axis' value or its default; `None` where it has neither, which is then reported.
    fn axis<A: Axis>(&mut self, property: Property) -> Option<A> {
        let Some(found) = self.fields.get(&property) else {
            if A::DEFAULT.is_none() {
                let at = self.heading.map_or(Position { line: 1, column: 1 }, |heading| self.headings[heading].at);
                self.report(at, Problem::MissingPlace);
            }
            return A::DEFAULT;
        };
        let value = A::from_text(&found.value);
        if value.is_none() {
            let allowed: Vec<&'static str> = A::VALUES.iter().map(|value| value.as_str()).collect();
            // A comment after the value is a frequent slip: the first word is what was meant.
            let word = found.value.split_whitespace().next().unwrap_or_default();
            let nearest = nearest(word, allowed.iter().copied());
            let (at, got) = (found.value_at, found.value.clone());
            self.report(at, Problem::UnknownValue { property, got, allowed, nearest });
        }
        value
    }
}

fn in_file(key: String, value: &Secret) -> Problem {
    let value = value.clone();
    Problem::SecretInFile { key, value }
}

fn misspelled(key: String, nearest: Option<&'static str>) -> Problem {
    match nearest {
        Some(nearest) => Problem::MisspelledKey { key, nearest },
        None => Problem::UnknownKey { key },
    }
}
