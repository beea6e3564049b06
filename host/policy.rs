//! Who may have which right: rules of the operator, and what they say about a request.
//!
//! A workbook's `:caps:` is what its author asks for. A rule allows or refuses it; the first one that matches decides.
//! An `allow` matches what it covers wholly, a `deny` whatever it touches. What no rule decides is up to `wb.lock` and
//! the person at the terminal. Reading the files is left to `disk.rs`, asking to `cli/rights.rs`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use wb_composer::right::{Origin, Right};

/// Rules in the order in which they are tried.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    rules: Vec<Rule>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    effect: Effect,
    pattern: Pattern,
    /// What it matches, as written.
    text: String,
    place: Place,
}

/// What a rule does to what it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Grants it.
    Allow,
    /// Refuses it.
    Deny,
}

/// Where a rule is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// On the command line.
    Flag,
    /// In a file.
    File {
        /// Its path, as messages show it.
        name: String,
        /// From 1.
        line: usize,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    Everything,
    One(Right),
    /// `env:CI_*`
    Env(String),
    /// `secret:*@host`
    Secret(String, Option<Origin>),
    Addresses(Addresses),
}

/// A range of addresses that requests may go to although it is no public one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    base: IpAddr,
    bits: u8,
    port: Option<u16>,
}

/// What the rules say about one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// A rule grants it.
    Allowed(&'a Rule),
    /// A rule refuses it.
    Refused(&'a Rule),
    /// No rule says anything.
    Open,
}

/// A rule that is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {why}")]
pub struct PolicyError {
    /// Where: `file:line`, or the flag.
    pub place: String,
    /// What is wrong.
    pub why: String,
    /// How to write it.
    pub cure: String,
}

impl Policy {
    /// Adds rules after those that are there.
    pub fn extend(&mut self, rules: impl IntoIterator<Item = Rule>) {
        self.rules.extend(rules);
    }

    /// What the rules say about a right.
    #[must_use]
    pub fn verdict(&self, right: &Right) -> Verdict<'_> {
        match self.rules.iter().find(|rule| rule.matches(right)) {
            Some(rule) if rule.effect == Effect::Allow => Verdict::Allowed(rule),
            Some(rule) => Verdict::Refused(rule),
            None => Verdict::Open,
        }
    }

    /// Addresses beyond the public ones that requests may go to.
    #[must_use]
    pub fn addresses(&self) -> Vec<Addresses> {
        let open = |rule: &Rule| match rule.pattern {
            Pattern::Addresses(addresses) if rule.effect == Effect::Allow => Some(addresses),
            _ => None,
        };
        self.rules.iter().filter_map(open).collect()
    }
}

/// Reads a policy file: lines of `allow` or `deny` and what it is about; `#` begins a comment.
///
/// # Errors
///
/// At the first line that is not understood. A policy that is half understood is none.
pub fn parse(name: &str, text: &str) -> Result<Vec<Rule>, PolicyError> {
    let mut rules = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let place = Place::File { name: name.to_owned(), line: index + 1 };
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
        let effect = match words.next() {
            None => continue,
            Some("allow") => Effect::Allow,
            Some("deny") => Effect::Deny,
            Some(other) => {
                return Err(PolicyError {
                    place: place.to_string(),
                    why: format!("`{other}` is neither `allow` nor `deny`"),
                    cure: "write `allow net:api.example.com` or `deny net:*`".to_owned(),
                });
            }
        };
        let before = rules.len();
        for word in words {
            rules.push(Rule::parse(effect, word, place.clone())?);
        }
        if rules.len() == before {
            let (place, why) = (place.to_string(), format!("`{}` does not say what", effect.word()));
            return Err(PolicyError { place, why, cure: "name a right, such as `clock`, or `*` for all".to_owned() });
        }
    }
    Ok(rules)
}

impl Rule {
    /// Reads what a rule is about.
    ///
    /// # Errors
    ///
    /// When it is nothing that can be granted.
    pub fn parse(effect: Effect, word: &str, place: Place) -> Result<Self, PolicyError> {
        let pattern = Pattern::parse(word).map_err(|cure| PolicyError {
            place: match &place {
                Place::Flag => format!("`--{} {word}`", effect.word()),
                file => file.to_string(),
            },
            why: format!("`{word}` is no right"),
            cure,
        })?;
        Ok(Self { effect, pattern, text: word.to_owned(), place })
    }

    /// Whether it opens addresses that are not public, which only an operator may do.
    #[must_use]
    pub fn opens_addresses(&self) -> bool {
        self.effect == Effect::Allow && matches!(self.pattern, Pattern::Addresses(_))
    }

    /// The error for a rule that is not allowed where it is written.
    #[must_use]
    pub fn misplaced(&self) -> PolicyError {
        PolicyError {
            place: self.place.to_string(),
            why: format!("`{}` cannot be opened by a file that comes with the workbook", self.text),
            cure: format!("put it into your own policy file, or give `--allow {}`", self.text),
        }
    }

    fn matches(&self, right: &Right) -> bool {
        let deny = self.effect == Effect::Deny;
        match (&self.pattern, right) {
            (Pattern::Everything, _) => true,
            (Pattern::Env(glob), Right::Env(name)) => matches(glob, name),
            (Pattern::Secret(glob, None), Right::Secret { name, .. }) => matches(glob, name),
            (Pattern::Secret(glob, Some(at)), Right::Secret { name, to }) => {
                let reaches = |to: &Origin| if deny { at.touches(to) } else { at.covers(to) };
                matches(glob, name) && to.as_ref().map_or(deny, reaches)
            }
            (Pattern::One(one), right) if deny => one.touches(right),
            (Pattern::One(one), right) => one.covers(right),
            _ => false,
        }
    }
}

/// `deny net:*` (`wb.policy`:3), or the flag.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, text) = (self.effect.word(), &self.text);
        match &self.place {
            Place::Flag => write!(f, "`--{word} {text}`"),
            place => write!(f, "`{word} {text}` ({place})"),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("the command line"),
            Self::File { name, line } => write!(f, "{name}:{line}"),
        }
    }
}

impl Effect {
    fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }
}

impl Pattern {
    /// Reads a pattern; the error is how to write one.
    fn parse(word: &str) -> Result<Self, String> {
        if word == "*" {
            return Ok(Self::Everything);
        }
        let (kind, rest) = word.split_once(':').unwrap_or((word, ""));
        match kind {
            "address" => Addresses::parse(rest).map(Self::Addresses),
            "env" => Ok(Self::Env(glob(rest)?)),
            "secret" => {
                let (name, to) = rest.split_once('@').map_or((rest, None), |(name, to)| (name, Some(to)));
                let to = to.map(Origin::parse).transpose().map_err(|(_, cure)| cure.to_owned())?;
                Ok(Self::Secret(glob(name)?, to))
            }
            // In a rule the workbook's own folder stands for every folder.
            "fs" if matches!(rest, "write:." | "write:./") => {
                Ok(Self::One(Right::Write(wb_composer::right::Folder::whole())))
            }
            _ => match Right::parse(word) {
                Ok(right) => Ok(Self::One(right)),
                Err(wb_composer::right::RightError::Unknown(_)) => Err(
                    "known are clock, random, fs:read:PATH, fs:write:PATH, net:HOST[:PORT], env:NAME, secret:NAME, \
                     address:RANGE[:PORT] and `*`"
                        .to_owned(),
                ),
                Err(error) => Err(error.cure().to_owned()),
            },
        }
    }
}

/// A name, perhaps with `*` at its end.
fn glob(name: &str) -> Result<String, String> {
    let letters = name.strip_suffix('*').unwrap_or(name);
    let known = letters.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.is_empty();
    if known { Ok(name.to_owned()) } else { Err("write a name, or the beginning of names: `env:CI_*`".to_owned()) }
}

fn matches(glob: &str, name: &str) -> bool {
    glob.strip_suffix('*').map_or(glob == name, |start| name.starts_with(start))
}

impl Addresses {
    /// Reads `127.0.0.1`, `10.0.0.0/8`, either with `:PORT`, and `[::1]:8080`.
    fn parse(text: &str) -> Result<Self, String> {
        let cure = || "write `address:127.0.0.1:8080`, `address:10.0.0.0/8` or `address:[::1]:8080`".to_owned();
        let (range, port) = match text.strip_prefix('[') {
            Some(inside) => {
                let (range, tail) = inside.split_once(']').ok_or_else(cure)?;
                // `[fd00::]/8:8080`
                let (bits, port) = tail.split_once(':').map_or((tail, None), |(bits, port)| (bits, Some(port)));
                (format!("{range}{bits}"), port)
            }
            None => match text.split_once(':') {
                // More colons are an IPv6 address without a port.
                Some((range, port)) if !port.contains(':') => (range.to_owned(), Some(port)),
                _ => (text.to_owned(), None),
            },
        };
        let (base, bits) = range.split_once('/').map_or((range.as_str(), None), |(base, bits)| (base, Some(bits)));
        let base: IpAddr = base.parse().map_err(|_| cure())?;
        let most = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |bits| bits.parse().map_err(|_| cure()))?;
        let port = port.map(|port| port.parse().map_err(|_| cure())).transpose()?;
        if bits > most { Err(cure()) } else { Ok(Self { base, bits, port }) }
    }

    /// The addresses of this machine alone.
    #[must_use]
    pub fn loopback() -> Vec<Self> {
        let [four, six] = [IpAddr::V4(Ipv4Addr::new(127, 0, 0, 0)), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        vec![Self { base: four, bits: 8, port: None }, Self { base: six, bits: 128, port: None }]
    }

    /// Whether this address and port is one of them.
    #[must_use]
    pub fn contains(&self, address: IpAddr, port: u16) -> bool {
        let same = match (self.base, address) {
            (IpAddr::V4(base), IpAddr::V4(other)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                u32::from(base) & mask == u32::from(other) & mask
            }
            (IpAddr::V6(base), IpAddr::V6(other)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.bits)).unwrap_or(0);
                u128::from(base) & mask == u128::from(other) & mask
            }
            _ => false,
        };
        same && self.port.is_none_or(|own| own == port)
    }
}

#[cfg(test)]
mod tests {
    use wb_composer::right::Right;

    use super::{Policy, Verdict, parse};

    fn verdict(rules: &str, right: &str) -> String {
        let mut policy = Policy::default();
        policy.extend(parse("p", rules).unwrap());
        match policy.verdict(&Right::parse(right).unwrap()) {
            Verdict::Allowed(rule) => format!("+ {rule}"),
            Verdict::Refused(rule) => format!("- {rule}"),
            Verdict::Open => "open".to_owned(),
        }
    }

    #[test]
    fn the_first_rule_that_matches_decides() {
        let rules = "# mine\nallow net:*.example.com clock # both\ndeny net:* env:AWS_*\nallow env:*\n";
        for (right, expect) in [
            ("clock", "+ `allow clock` (p:2)"),
            ("net:api.example.com", "+ `allow net:*.example.com` (p:2)"),
            ("net:api.example.com:8443", "- `deny net:*` (p:3)"),
            ("net:http://other.example", "- `deny net:*` (p:3)"),
            ("env:AWS_KEY", "- `deny env:AWS_*` (p:3)"),
            ("env:HOME", "+ `allow env:*` (p:4)"),
            ("random", "open"),
        ] {
            assert_eq!(verdict(rules, right), expect, "{right}");
        }
    }

    #[test]
    fn allow_covers_and_deny_touches() {
        for (rules, right, expect) in [
            ("allow fs:read:./data", "fs:read:./data/raw", "+"),
            ("allow fs:read:./data", "fs:read:./database", "o"),
            ("allow fs:read:./data", "fs:write:./data", "o"),
            ("allow fs:write:./data", "fs:read:./data", "+"),
            ("allow fs:read:./data/raw", "fs:read:./data", "o"),
            ("deny fs:read:./data/raw", "fs:read:./data", "-"),
            ("deny fs:read:./data/raw", "fs:write:./data/raw/x", "-"),
            ("deny fs:write:.", "fs:read:./data", "o"),
            ("deny fs:write:.", "fs:write:./data", "-"),
            ("deny net:evil.example", "net:*", "-"),
            ("allow secret:T@a.example", "secret:T", "o"),
            ("deny secret:T@a.example", "secret:T", "-"),
            ("allow secret:*", "secret:T@a.example", "+"),
            ("allow *", "env:HOME", "+"),
        ] {
            assert!(verdict(rules, right).starts_with(expect), "{rules}, {right}: {}", verdict(rules, right));
        }
    }

    #[test]
    fn what_is_not_understood_is_an_error_with_its_line() {
        for (text, place) in [
            ("clock", "p:1"),
            ("allow clock\n\nallow\n", "p:3"),
            ("deny everything", "p:1"),
            ("allow address:localhost", "p:1"),
            ("allow address:10.0.0.0/33", "p:1"),
            ("allow env:A-*", "p:1"),
            ("<<<<<<< HEAD", "p:1"),
        ] {
            assert_eq!(parse("p", text).unwrap_err().place, place, "{text}");
        }
    }

    #[test]
    fn ranges_of_addresses() {
        let contains = |range: &str, address: &str, port| {
            super::Addresses::parse(range).unwrap().contains(address.parse().unwrap(), port)
        };
        assert!(contains("127.0.0.1:8080", "127.0.0.1", 8080));
        assert!(!contains("127.0.0.1:8080", "127.0.0.1", 8081) && !contains("127.0.0.1", "127.0.0.2", 1));
        assert!(contains("10.0.0.0/8", "10.255.0.1", 1) && !contains("10.0.0.0/8", "11.0.0.1", 1));
        assert!(contains("0.0.0.0/0", "8.8.8.8", 1) && !contains("0.0.0.0/0", "::1", 1));
        assert!(contains("[fd00::]/8:80", "fd12::1", 80) && !contains("[fd00::]/8:80", "fd12::1", 81));
        assert!(contains("::1", "::1", 5) && !contains("::1", "::2", 5));
    }
}
