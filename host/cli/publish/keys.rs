//! The words that `publish.org` and `site.org` understand, and what must not stand there: secrets.

use strsim::osa_distance;

/// A setting: its name, and what it says.
pub(super) const KEYS: &[(&str, &str)] = &[
    ("PUBLISH_TARGET", "where to: directory, gh-pages, self-hosted or cloudflare-pages"),
    ("PUBLISH_SOURCE", "the workbook that `wb publish apply` takes where none is named"),
    ("PUBLISH_PROJECT", "the project on Cloudflare Pages, or the site's id on a server of wb"),
    ("PUBLISH_DOMAIN", "the host that people know the site by"),
    ("PUBLISH_TITLE", "the title, in place of the workbook's"),
    ("PUBLISH_DESCRIPTION", "what the site is about"),
    ("PUBLISH_OUTPUT", "the page that is written, in a folder of its own"),
    ("PUBLISH_URL", "self-hosted: the server; elsewhere: where the site will be, without a slash at the end"),
    ("PUBLISH_REMOTE", "gh-pages: a remote of this repository, or an address"),
    ("PUBLISH_BRANCH", "gh-pages: the branch"),
    ("PUBLISH_CF_ACCOUNT", "cloudflare-pages: the account's id"),
];

/// What Org itself knows in a drawer, and people put there.
const OTHERS: &[&str] = &["ID", "CUSTOM_ID", "CATEGORY", "VISIBILITY", "DESCRIPTION", "NOTE", "CREATED"];

/// A key that was read.
pub(super) enum Key {
    /// One of [`KEYS`].
    Known(&'static str),
    /// None of ours.
    Other,
    /// A mistake, and perhaps what was meant.
    Unknown(Option<&'static str>),
}

/// What a key of the drawer is.
pub(super) fn of_drawer(key: &str) -> Key {
    match of_keyword(key) {
        Key::Other if OTHERS.iter().any(|other| other.eq_ignore_ascii_case(key)) => Key::Other,
        Key::Other => Key::Unknown(nearest(key)),
        key => key,
    }
}

/// What a keyword is: those without `PUBLISH_` belong to somebody else.
pub(super) fn of_keyword(key: &str) -> Key {
    let upper = key.to_ascii_uppercase();
    match KEYS.iter().find(|(name, _)| *name == upper) {
        Some((name, _)) => Key::Known(name),
        None if upper.starts_with("PUBLISH") => Key::Unknown(nearest(key)),
        None => Key::Other,
    }
}

/// The key that was meant: near in letters, or the same without `PUBLISH_`.
fn nearest(key: &str) -> Option<&'static str> {
    let upper = key.to_ascii_uppercase().replace('-', "_");
    let distance = |name: &str| {
        let bare = name.trim_start_matches("PUBLISH_");
        osa_distance(&upper, name).min(osa_distance(upper.trim_start_matches("PUBLISH_"), bare))
    };
    let (name, far) = KEYS.iter().map(|(name, _)| (*name, distance(name))).min_by_key(|(_, far)| *far)?;
    (far <= 3 && far * 2 < upper.len()).then_some(name)
}

/// Whether a key is one for what should not be written down.
pub(super) fn is_secret_key(key: &str) -> bool {
    let upper = key.to_ascii_uppercase();
    ["TOKEN", "KEY", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "CREDENTIALS", "BEARER"]
        .iter()
        .any(|end| upper.ends_with(end))
}

/// Beginnings of what services give out as tokens.
const PREFIXES: &[&str] =
    &["ghp_", "gho_", "ghs_", "ghu_", "github_pat_", "glpat-", "sk-", "xoxb-", "xoxp-", "AKIA", "eyJ", "wb_", "npm_"];

/// Whether a value looks like a secret. The account of Cloudflare is a long number, and none.
pub(super) fn is_secret_value(key: &str, value: &str) -> bool {
    if key == "PUBLISH_CF_ACCOUNT" && value.len() == 32 && value.bytes().all(|b| b.is_ascii_hexdigit()) {
        return false;
    }
    let words = value.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')));
    let long = |word: &str, least: usize| word.len() >= least;
    value.to_ascii_lowercase().starts_with("bearer ")
        || password(value).is_some()
        || words.into_iter().any(|word| {
            (long(word, 20) && word.bytes().all(|b| b.is_ascii_hexdigit()))
                || PREFIXES.iter().any(|prefix| word.starts_with(prefix) && long(word, prefix.len() + 12))
        })
}

/// Whether an address has a name and a password in it, or a token in place of a name.
pub(super) fn password(address: &str) -> Option<&str> {
    let rest = address.split_once("://").map(|(_, rest)| rest)?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let (user, _) = authority.rsplit_once('@')?;
    // `ssh://git@host` has a name and no secret.
    (user.contains(':') || address.starts_with("http")).then_some(user)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant() {
        let meant = |key: &str| match of_drawer(key) {
            Key::Known(name) => format!("={name}"),
            Key::Other => "other".to_owned(),
            Key::Unknown(name) => format!("?{}", name.unwrap_or("")),
        };
        assert_eq!(meant("publish_target"), "=PUBLISH_TARGET");
        assert_eq!(meant("PUBLISH_TAGRET"), "?PUBLISH_TARGET");
        assert_eq!(meant("TARGET"), "?PUBLISH_TARGET");
        assert_eq!(meant("PUBLISH_COLOUR"), "?");
        assert_eq!(meant("ID"), "other");
    }

    #[test]
    fn secrets_are_seen() {
        for value in
            ["Bearer x", "https://a:b@c.d/x", "https://tok@c.d", "0123456789abcdef0123", "ghp_0123456789abcdefXYZ"]
        {
            assert!(is_secret_value("PUBLISH_TITLE", value), "{value}");
        }
        for value in ["https://a.b/c", "git@github.com:a/b.git", "ssh://git@h/x", "My title", "wb_docs", "example.org"]
        {
            assert!(!is_secret_value("PUBLISH_TITLE", value), "{value}");
        }
        assert!(!is_secret_value("PUBLISH_CF_ACCOUNT", &"0123456789abcdef".repeat(2)));
        assert!(is_secret_key("PUBLISH_CF_API_TOKEN") && !is_secret_key("PUBLISH_CF_ACCOUNT"));
    }
}
