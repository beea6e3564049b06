//! WB303: texts that have the shape of a well-known credential.
//!
//! A short list of exact shapes rather than entropy guessing: a finding here should be a secret nearly every time.

use std::ops::Range;

/// Something that looks like a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) at: Range<usize>,
    /// With its article: "a GitHub token".
    pub(super) what: &'static str,
}

/// Prefix, least number of characters behind it, what it is.
const SHAPES: &[(&str, usize, &str)] = &[
    ("AKIA", 16, "an AWS access key id"),
    ("ASIA", 16, "an AWS access key id"),
    ("ghp_", 36, "a GitHub token"),
    ("gho_", 36, "a GitHub token"),
    ("ghs_", 36, "a GitHub token"),
    ("ghu_", 36, "a GitHub token"),
    ("github_pat_", 40, "a GitHub token"),
    ("glpat-", 20, "a GitLab token"),
    ("sk-", 32, "an API key"),
    ("sk_live_", 16, "a Stripe key"),
    ("rk_live_", 16, "a Stripe key"),
    ("xoxb-", 20, "a Slack token"),
    ("xoxp-", 20, "a Slack token"),
    ("xapp-", 20, "a Slack token"),
    ("AIza", 35, "a Google API key"),
    ("npm_", 36, "an npm token"),
    ("hf_", 30, "a Hugging Face token"),
    ("SG.", 40, "a SendGrid key"),
];

/// At most this many are reported.
const MAX: usize = 100;

pub(super) fn find(text: &str) -> Vec<Found> {
    let mut out = Vec::new();
    for (prefix, least, what) in SHAPES {
        for (start, _) in text.match_indices(prefix).take(10_000) {
            let body = &text[start + prefix.len()..];
            let len = body
                .bytes()
                .take(512)
                .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
                .count();
            let free = start == 0 || !text.as_bytes()[start - 1].is_ascii_alphanumeric();
            // Real keys mix digits into their letters; `sk-learn-pipelines-…` does not.
            let mixed =
                body[..len].bytes().any(|b| b.is_ascii_digit()) && body[..len].bytes().any(|b| b.is_ascii_alphabetic());
            if free && len >= *least && mixed && out.len() < MAX {
                out.push(Found { at: start..start + prefix.len() + len, what });
            }
        }
    }
    for (start, _) in text.match_indices("-----BEGIN ").take(MAX) {
        let line = text[start..].lines().next().unwrap_or("");
        if line.contains("PRIVATE KEY") {
            out.push(Found { at: start..start + line.len(), what: "a private key" });
        }
    }
    out
}
