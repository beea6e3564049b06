//! How callers are known, as an operator says it in variables of the environment. Reading those is the caller's; here is what they
//! mean, and that nothing of them is half understood.

use std::net::SocketAddr;

use http::Uri;

use super::Identity;
use super::claims::{Expected, Found};
use crate::store::Tenant;

/// The variables, each with one line about it.
pub const VARIABLES: &[(&str, &str)] = &[
    (
        "WB_AUTH",
        "`keys` (default), `trusted` (this machine's user needs none), or an issuer: `betterauth`, `clerk`, `oidc`",
    ),
    ("WB_PUBLIC_BEARER", "a token of 16 or more characters that is good for everything"),
    ("WB_AUTH_ISSUER", "the issuer's URL, exactly as in the claim `iss`"),
    ("WB_AUTH_AUDIENCE", "what a token is for, as in the claim `aud`; several with commas"),
    ("WB_AUTH_JWKS_URL", "where the issuer's keys are, in place of what the preset knows"),
    ("WB_AUTH_AZP", "whom a token may have been given to, as in the claim `azp`; several with commas"),
    ("WB_AUTH_TENANT_CLAIM", "the claim whose value is the tenant, in place of what the preset knows"),
    (
        "WB_AUTH_SCOPES",
        "what callers of the issuer may do whose token has no scopes `wb:…`; needed with one tenant, else `*` without it",
    ),
    ("WB_TENANCY", "`single` (default): all work with the same data; `multi`: each organisation or user has its own"),
    ("WB_RATE", "requests per second of one caller, twice as many at once; 3000 without it, 0 is no limit of any kind"),
];

/// Requests per second of one caller.
const RATE: u32 = 3_000;

/// Settings that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AuthError(pub String);

fn wrong<T>(why: impl Into<String>) -> Result<T, AuthError> {
    Err(AuthError(why.into()))
}

/// How callers are known, beyond tokens and keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// In no other way.
    Keys,
    /// Who is at this machine needs nothing.
    Trusted,
    /// By tokens of an issuer.
    Issuer(Preset),
}

/// What is known about an issuer by its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// A Better Auth server with its plugin `jwt`.
    BetterAuth,
    /// Clerk.
    Clerk,
    /// Any provider of OpenID Connect that describes itself (OpenID Connect Discovery 1.0).
    Oidc,
}

impl Preset {
    /// Where the keys are; nothing where the issuer's description says it.
    fn jwks(self, issuer: &str) -> Option<String> {
        let base = issuer.trim_end_matches('/');
        match self {
            Self::BetterAuth => Some(format!("{base}/api/auth/jwks")),
            Self::Clerk => Some(format!("{base}/.well-known/jwks.json")),
            Self::Oidc => None,
        }
    }

    /// Claims that may name an organisation; the first that is there does.
    fn organisations(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::BetterAuth => &[&["organizationId"], &["activeOrganizationId"]],
            Self::Clerk => &[&["o", "id"], &["org_id"]],
            Self::Oidc => &[&["org_id"]],
        }
    }
}

/// Whose data callers work with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tenancy {
    /// All with the same.
    Single,
    /// Each organisation or user with its own.
    Multi,
}

impl Tenancy {
    /// As clients are told.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Multi => "multi",
        }
    }
}

/// All of it.
#[derive(Clone)]
pub struct Settings {
    /// How callers are known.
    pub mode: Mode,
    /// Whose data they work with.
    pub tenancy: Tenancy,
    /// Requests per second of one caller; 0 is no limit of any kind.
    pub rate: u32,
    bearer: Option<String>,
    issuer: String,
    audience: Vec<String>,
    jwks: Option<String>,
    azp: Vec<String>,
    claim: Option<String>,
    scopes: Vec<String>,
}

/// Never the token.
impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").field("mode", &self.mode).field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl Settings {
    /// What [`VARIABLES`] say. `get` gives the value of a variable that is set and not empty.
    ///
    /// # Errors
    ///
    /// When a value cannot be used, or one that belongs to another is missing. No token is in the error.
    pub fn from_variables(get: impl Fn(&'static str) -> Option<String>) -> Result<Self, AuthError> {
        let mode = match get("WB_AUTH").as_deref() {
            None | Some("keys") => Mode::Keys,
            Some("trusted") => Mode::Trusted,
            Some("betterauth") => Mode::Issuer(Preset::BetterAuth),
            Some("clerk") => Mode::Issuer(Preset::Clerk),
            Some("oidc") => Mode::Issuer(Preset::Oidc),
            Some(other) => {
                return wrong(format!(
                    "`WB_AUTH` is `{other}`; it is `keys`, `trusted`, `betterauth`, `clerk` or `oidc`"
                ));
            }
        };
        let tenancy = match get("WB_TENANCY").as_deref() {
            None | Some("single") => Tenancy::Single,
            Some("multi") => Tenancy::Multi,
            Some(other) => return wrong(format!("`WB_TENANCY` is `{other}`; it is `single` or `multi`")),
        };
        let rate = match get("WB_RATE") {
            None => RATE,
            Some(text) => text.parse().map_err(|_| AuthError(format!("`WB_RATE` is `{text}`; it is a number")))?,
        };
        let bearer = get("WB_PUBLIC_BEARER");
        if bearer.as_ref().is_some_and(|text| text.len() < 16 || !text.bytes().all(|byte| byte.is_ascii_graphic())) {
            return wrong(
                "`WB_PUBLIC_BEARER` is no token: it has 16 or more visible ASCII characters; `openssl rand -hex 32` makes one",
            );
        }
        let list = |name| get(name).map(|text| words(&text, ',')).unwrap_or_default();
        let mut settings = Self {
            mode,
            tenancy,
            rate,
            bearer,
            issuer: get("WB_AUTH_ISSUER").unwrap_or_default(),
            audience: list("WB_AUTH_AUDIENCE"),
            jwks: get("WB_AUTH_JWKS_URL"),
            azp: list("WB_AUTH_AZP"),
            claim: get("WB_AUTH_TENANT_CLAIM"),
            scopes: get("WB_AUTH_SCOPES").map_or_else(|| vec!["*".to_owned()], |text| words(&text, ' ')),
        };
        match mode {
            Mode::Issuer(preset) => {
                settings.complete(preset)?;
                if tenancy == Tenancy::Single && get("WB_AUTH_SCOPES").is_none() {
                    return wrong(
                        "`WB_AUTH_SCOPES` is not set: everybody the issuer vouches for works with the one tenant's data, so say what \
                         they may do, such as `read run`, or `*`; or set `WB_TENANCY=multi`",
                    );
                }
            }
            _ => {
                let stray = VARIABLES.iter().find(|(name, _)| name.starts_with("WB_AUTH_") && get(name).is_some());
                if let Some((name, _)) = stray {
                    return wrong(format!(
                        "`{name}` is set and `WB_AUTH` names no issuer: `betterauth`, `clerk` or `oidc`"
                    ));
                }
            }
        }
        if mode == Mode::Trusted && tenancy == Tenancy::Multi {
            return wrong("`WB_AUTH=trusted` knows one user, and `WB_TENANCY=multi` is for several");
        }
        Ok(settings)
    }

    fn complete(&mut self, preset: Preset) -> Result<(), AuthError> {
        if self.issuer.is_empty() {
            return wrong("`WB_AUTH_ISSUER` is not set; it is the issuer's URL, such as `https://id.example.org`");
        }
        self.jwks = self.jwks.take().or_else(|| preset.jwks(&self.issuer));
        for (name, url) in [("WB_AUTH_ISSUER", Some(&self.issuer)), ("WB_AUTH_JWKS_URL", self.jwks.as_ref())] {
            if let Some(url) = url
                && let Err(why) = check_url(url)
            {
                return wrong(format!("`{name}` is `{url}`, {why}"));
            }
        }
        match preset {
            // Its tokens are for itself where nobody says something else.
            Preset::BetterAuth if self.audience.is_empty() => self.audience = vec![self.issuer.clone()],
            Preset::Clerk if self.audience.is_empty() && self.azp.is_empty() => {
                return wrong(
                    "neither `WB_AUTH_AZP` nor `WB_AUTH_AUDIENCE` is set: tokens for other applications would be good here",
                );
            }
            Preset::Oidc if self.audience.is_empty() => {
                return wrong("`WB_AUTH_AUDIENCE` is not set: tokens for other applications would be good here");
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether a server that is bound there is not open to whoever can connect.
    ///
    /// # Errors
    ///
    /// When it would be.
    pub fn check(&self, bound: SocketAddr) -> Result<(), AuthError> {
        if self.mode == Mode::Trusted && !bound.ip().is_loopback() && self.bearer.is_none() {
            return wrong(format!(
                "`WB_AUTH=trusted` on {bound} would let in whoever can connect; listen on 127.0.0.1, or set `WB_PUBLIC_BEARER`"
            ));
        }
        Ok(())
    }

    /// How callers are known, in a word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self.mode {
            Mode::Keys => "keys",
            Mode::Trusted => "trusted",
            Mode::Issuer(Preset::BetterAuth) => "betterauth",
            Mode::Issuer(Preset::Clerk) => "clerk",
            Mode::Issuer(Preset::Oidc) => "oidc",
        }
    }

    /// The issuer.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        Some(self.issuer.as_str()).filter(|issuer| !issuer.is_empty())
    }

    /// Where its keys are, where that is known without asking it.
    #[must_use]
    pub fn jwks(&self) -> Option<&str> {
        self.jwks.as_deref()
    }

    pub(super) fn bearer(&self) -> Option<&str> {
        self.bearer.as_deref()
    }

    /// What a token of the issuer has to say; nothing without an issuer.
    pub(super) fn expected(&self) -> Option<Expected> {
        let Mode::Issuer(preset) = self.mode else { return None };
        let paths = match &self.claim {
            Some(claim) => vec![vec![claim.clone()]],
            None => {
                let owned = |path: &&[&str]| path.iter().map(|part| (*part).to_owned()).collect();
                preset.organisations().iter().map(owned).collect()
            }
        };
        Some(Expected {
            issuer: self.issuer.clone(),
            audience: self.audience.clone(),
            azp: self.azp.clone(),
            organisation: paths,
            needs_organisation: self.claim.is_some() && self.tenancy == Tenancy::Multi,
        })
    }

    /// Who somebody is whom the issuer vouches for.
    pub(super) fn identity(&self, found: Found) -> Identity {
        // An organisation of the same name as a user is not that user.
        let claim = match &found.organisation {
            Some(organisation) => format!("org:{organisation}"),
            None => format!("sub:{}", found.subject),
        };
        let tenant = match self.tenancy {
            Tenancy::Single => Tenant::local(),
            Tenancy::Multi => Tenant::of_claim(&self.issuer, &claim),
        };
        let scopes = found.scopes.unwrap_or_else(|| self.scopes.clone());
        Identity { tenant, subject: found.subject, scopes, via: "jwt" }
    }
}

fn words(text: &str, at: char) -> Vec<String> {
    text.split(at).map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Whether keys may be taken from there: nobody on the way can change them.
pub(super) fn check_url(url: &str) -> Result<(), &'static str> {
    let parsed: Uri = url.parse().map_err(|_| "which is no URL")?;
    let host = parsed.host().ok_or("which has no host")?;
    if parsed.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err("which has a user in it");
    }
    match parsed.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if is_loopback(host) => Ok(()),
        Some("http") => Err("which is not `https`: somebody on the way could change the keys"),
        _ => Err("which is no `https` URL"),
    }
}

/// Whether it is a name that nobody but this machine can have.
pub(super) fn is_loopback(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Result<Settings, AuthError> {
        let get = |name: &'static str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        Settings::from_variables(get)
    }

    #[test]
    fn what_is_half_said_is_refused() {
        let issuer = ("WB_AUTH_ISSUER", "https://id.example");
        for (variables, says) in [
            (&[("WB_AUTH", "open")][..], "`WB_AUTH` is `open`"),
            (&[("WB_TENANCY", "many")], "`WB_TENANCY` is `many`"),
            (&[("WB_RATE", "-1")], "`WB_RATE`"),
            (&[("WB_PUBLIC_BEARER", "short")], "`WB_PUBLIC_BEARER`"),
            (&[("WB_AUTH", "oidc")], "`WB_AUTH_ISSUER` is not set"),
            (&[("WB_AUTH", "oidc"), issuer], "`WB_AUTH_AUDIENCE` is not set"),
            (&[("WB_AUTH", "clerk"), issuer], "neither `WB_AUTH_AZP`"),
            (&[("WB_AUTH", "betterauth"), issuer], "`WB_AUTH_SCOPES` is not set"),
            (&[issuer], "names no issuer"),
            (&[("WB_AUTH", "betterauth"), ("WB_AUTH_ISSUER", "http://id.example")], "not `https`"),
            (&[("WB_AUTH", "betterauth"), ("WB_AUTH_ISSUER", "https://a:b@id.example")], "a user"),
            (&[("WB_AUTH", "betterauth"), issuer, ("WB_AUTH_JWKS_URL", "file:///etc/passwd")], "`WB_AUTH_JWKS_URL`"),
            (&[("WB_AUTH", "trusted"), ("WB_TENANCY", "multi")], "knows one user"),
        ] {
            let error = of(variables).unwrap_err();
            assert!(error.0.contains(says) && !error.0.contains("short"), "{error}");
        }
    }

    #[test]
    fn trust_ends_with_the_machine() {
        let trusted = of(&[("WB_AUTH", "trusted")]).unwrap();
        assert!(trusted.check("127.0.0.1:4000".parse().unwrap()).is_ok());
        assert!(trusted.check("0.0.0.0:4000".parse().unwrap()).is_err());
        let bearer = of(&[("WB_AUTH", "trusted"), ("WB_PUBLIC_BEARER", "0123456789abcdef")]).unwrap();
        assert!(bearer.check("0.0.0.0:4000".parse().unwrap()).is_ok());
        assert!(!format!("{bearer:?}").contains("0123456789abcdef"));
    }

    #[test]
    fn presets_know_where_keys_are() {
        let issuer = ("WB_AUTH_ISSUER", "https://id.example/");
        let better = of(&[("WB_AUTH", "betterauth"), issuer, ("WB_TENANCY", "multi")]).unwrap();
        assert_eq!(better.jwks(), Some("https://id.example/api/auth/jwks"));
        assert_eq!(better.expected().unwrap().audience, ["https://id.example/"]);
        let clerk =
            of(&[("WB_AUTH", "clerk"), issuer, ("WB_AUTH_SCOPES", "*"), ("WB_AUTH_AZP", "https://a, https://b")])
                .unwrap();
        assert_eq!((clerk.jwks(), clerk.azp.len()), (Some("https://id.example/.well-known/jwks.json"), 2));
        assert_eq!(
            of(&[("WB_AUTH", "oidc"), issuer, ("WB_AUTH_SCOPES", "*"), ("WB_AUTH_AUDIENCE", "x")]).unwrap().jwks(),
            None
        );
    }
}
