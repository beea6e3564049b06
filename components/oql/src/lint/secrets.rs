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

/// How often one shape is looked at.
const MAX_TRIES: usize = 10_000;
/// Most texts hold none, so all shapes are looked for at once: per byte, the shapes (as bits) that have it at that place.
static PLACES: [[u32; 256]; 3] = {
    let mut places = [[0; 256]; 3];
    let mut shape = 0;
    while shape < SHAPES.len() {
        let prefix = SHAPES[shape].0.as_bytes();
        let mut i = 0;
        while i < 3 {
            places[i][prefix[i] as usize] |= 1 << shape;
            i += 1;
        }
        shape += 1;
    }
    places
};

pub(super) fn find(text: &str) -> Vec<Found> {
    let bytes = text.as_bytes();
    let mut tries = [0; SHAPES.len()];
    let mut found: [Vec<Found>; SHAPES.len()] = Default::default();
    for (start, window) in bytes.windows(3).enumerate() {
        let mut shapes = PLACES[0][window[0] as usize] & PLACES[1][window[1] as usize];
        if shapes == 0 {
            continue;
        }
        shapes &= PLACES[2][window[2] as usize];
        while shapes != 0 {
            let n = shapes.trailing_zeros() as usize;
            shapes &= shapes - 1;
            let (prefix, least, what) = SHAPES[n];
            let Some(body) = bytes.get(start..).and_then(|b| b.strip_prefix(prefix.as_bytes())) else { continue };
            tries[n] += 1;
            let free = start == 0 || !bytes[start - 1].is_ascii_alphanumeric();
            if tries[n] <= MAX_TRIES
                && free
                && found[n].len() < MAX
                && let Some(len) = key(body, least)
            {
                found[n].push(Found { at: start..start + prefix.len() + len, what });
            }
        }
    }
    let mut out: Vec<Found> = found.into_iter().flatten().take(MAX).collect();
    for (start, _) in text.match_indices("-----BEGIN ").take(MAX) {
        let line = text[start..].lines().next().unwrap_or("");
        if line.contains("PRIVATE KEY") {
            out.push(Found { at: start..start + line.len(), what: "a private key" });
        }
    }
    out
}

/// How much of a text may be a key of at least a length.
fn key(body: &[u8], least: usize) -> Option<usize> {
    let may = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let len = body.iter().take(512).take_while(may).count();
    let body = body.get(..len)?;
    // Real keys mix digits into their letters; `sk-learn-pipelines-…` does not.
    let mixed = body.iter().any(u8::is_ascii_digit) && body.iter().any(u8::is_ascii_alphabetic);
    (len >= least && mixed).then_some(len)
}
