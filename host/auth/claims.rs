//! What a token of the issuer has to say (RFC 7519, section 4.1; RFC 8725). Its signature was checked before.

use serde_json::{Map, Value};

use super::Denied;

/// How far apart two clocks may be, in seconds.
const SKEW: f64 = 60.0;
/// Longest name of a subject or an organisation, in bytes.
const LONGEST: usize = 255;

/// What is asked of a token.
#[derive(Clone, Debug, Default)]
pub(super) struct Expected {
    /// The one issuer.
    pub(super) issuer: String,
    /// It has to be for one of these; none is asked of a token where there are none.
    pub(super) audience: Vec<String>,
    /// It has to have been given to one of these, where there are some.
    pub(super) azp: Vec<String>,
    /// Where the organisation may be named: paths of members.
    pub(super) organisation: Vec<Vec<String>>,
    /// Whether there has to be one.
    pub(super) needs_organisation: bool,
}

/// What a token said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// Whom it names.
    pub(super) subject: String,
    /// For which organisation.
    pub(super) organisation: Option<String>,
    /// Scopes of ours, where it has some.
    pub(super) scopes: Option<Vec<String>>,
}

impl Expected {
    /// Reads the claims at a time in seconds since 1970.
    pub(super) fn check(&self, claims: &Map<String, Value>, now: i64) -> Result<Found, Denied> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if text("iss") != Some(&self.issuer) {
            return Err(Denied::invalid("jwt-iss", ""));
        }
        check_times(claims, now)?;
        let is_for = |value: &Value| value.as_str().is_some_and(|name| self.audience.iter().any(|known| known == name));
        let fits = match claims.get("aud") {
            _ if self.audience.is_empty() => true,
            Some(Value::Array(all)) => all.iter().any(is_for),
            Some(one) => is_for(one),
            None => false,
        };
        if !fits {
            return Err(Denied::invalid("jwt-aud", ""));
        }
        if !self.azp.is_empty() && !text("azp").is_some_and(|azp| self.azp.iter().any(|known| known == azp)) {
            return Err(Denied::invalid("jwt-azp", ""));
        }
        // Whoever presents it would have to prove that it has a key as well (RFC 7800), which is not looked at here.
        if claims.contains_key("cnf") {
            return Err(Denied::invalid("jwt-cnf", ""));
        }
        // Clerk: somebody who is not done with signing in.
        if text("sts") == Some("pending") {
            return Err(Denied::invalid("jwt-pending", ""));
        }
        let named = |value: &str| (1..=LONGEST).contains(&value.len()) && !value.chars().any(char::is_control);
        let subject = text("sub").filter(|subject| named(subject)).ok_or_else(|| Denied::invalid("jwt-sub", ""))?;
        let organisation = self.organisation.iter().find_map(|path| member(claims, path));
        let organisation = match organisation {
            Some(Value::String(name)) if named(name) => Some(name.clone()),
            None if !self.needs_organisation => None,
            _ => return Err(Denied::invalid("jwt-organisation", "")),
        };
        Ok(Found { subject: subject.to_owned(), organisation, scopes: scopes(claims) })
    }
}

fn check_times(claims: &Map<String, Value>, now: i64) -> Result<(), Denied> {
    #[allow(clippy::cast_precision_loss)]
    let now = now as f64;
    let time = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => match value.as_f64() {
            Some(time) if time.is_finite() && time >= 0.0 => Ok(Some(time)),
            _ => Err(Denied::invalid("jwt-time", name)),
        },
    };
    match time("exp")? {
        None => return Err(Denied::invalid("jwt-exp", "there is none")),
        Some(end) if now >= end + SKEW => return Err(Denied::invalid("jwt-exp", "it is over")),
        Some(_) => {}
    }
    for name in ["nbf", "iat"] {
        if time(name)?.is_some_and(|begin| begin > now + SKEW) {
            return Err(Denied::invalid(if name == "nbf" { "jwt-nbf" } else { "jwt-iat" }, "it is not yet time"));
        }
    }
    Ok(())
}

/// What a path of members leads to; a null is nothing.
fn member<'a>(claims: &'a Map<String, Value>, path: &[String]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    let mut value = claims.get(first)?;
    for part in rest {
        value = value.get(part)?;
    }
    Some(value).filter(|value| !value.is_null())
}

/// Scopes `wb:…` of the claim `scope` or `scp` (RFC 8693, section 4.2). Those of others mean nothing here.
fn scopes(claims: &Map<String, Value>) -> Option<Vec<String>> {
    let mut found = Vec::new();
    for value in ["scope", "scp"].iter().filter_map(|name| claims.get(*name)) {
        let words: Vec<&str> = match value {
            Value::String(text) => text.split(' ').collect(),
            Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        found.extend(words.iter().filter_map(|word| word.strip_prefix("wb:")).map(str::to_owned));
    }
    (!found.is_empty()).then_some(found)
}
