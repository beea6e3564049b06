//! The shapes of everything that the routes take and give.

use crate::shape::Shape::{Any, Bool, List, Map, Maybe, Named, Object, One, Text, Whole};
use crate::shape::{Form, Member, Shape};

const fn needed(name: &'static str, shape: Shape, about: &'static str) -> Member {
    Member { name, shape, needed: true, about }
}

const fn may(name: &'static str, shape: Shape, about: &'static str) -> Member {
    Member { name, shape, needed: false, about }
}

fn is_id(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(fits)
}

fn is_host(text: &str) -> bool {
    let name = text.strip_prefix("*.").unwrap_or(text);
    let label = |label: &str| {
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        (1..=63).contains(&label.len()) && label.chars().all(inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    name.split('.').all(label)
}

fn is_line(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

fn is_variable(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.chars().all(fits)
}

fn is_target(text: &str) -> bool {
    let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    let port = port.is_none_or(|port| {
        !port.starts_with('0') && port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok()
    });
    is_host(host) && !host.starts_with("*.") && port
}

fn any(_: &str) -> bool {
    true
}

/// What keys can be good for.
pub const SCOPES: [&str; 7] = ["read", "write", "run", "publish", "secrets", "admin", "*"];

/// The largest number that every JSON reader keeps.
const MOST: i64 = 9_007_199_254_740_991;

/// A count, a size, a number of a list.
pub const COUNT: Shape = Whole(0, MOST);
/// A time: milliseconds since 1970.
pub const TIME: Shape = Whole(0, MOST);

/// Names of workbooks, runs and sites.
pub const ID: Shape = Text(
    Form {
        pattern: Some("^[A-Za-z0-9][A-Za-z0-9._-]*$"),
        fits: is_id,
        says: "an id: 1 to 128 letters, digits, `-`, `_` and `.`, with a letter or digit first",
    },
    1,
    128,
);
/// A host, or all hosts below one.
pub const HOST: Shape = Text(
    Form {
        pattern: Some(r"^(\*\.)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$"),
        fits: is_host,
        says: "a host such as `www.example.org` or `*.example.org`, in small letters",
    },
    1,
    253,
);
/// Where a secret may be sent.
pub const TARGET: Shape = Text(
    Form {
        pattern: Some(
            r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*(:[1-9][0-9]{0,4})?$",
        ),
        fits: is_target,
        says: "a host such as `api.example.org`, with a port where it is not the usual one",
    },
    1,
    259,
);
/// Names of variables.
pub const VARIABLE: Shape = Text(
    Form {
        pattern: Some("^[A-Za-z_][A-Za-z0-9._-]*$"),
        fits: is_variable,
        says: "a name: 1 to 128 letters, digits, `-`, `_` and `.`, with a letter or `_` first",
    },
    1,
    128,
);
/// A line of text.
pub const LINE: Shape = Text(
    Form { pattern: Some(r"^[^\x00-\x1f\x7f-\x9f]*$"), fits: is_line, says: "a line of 1 to 128 characters" },
    1,
    128,
);
/// A line that may be empty.
pub const NOTE: Shape = Text(
    Form { pattern: Some(r"^[^\x00-\x1f\x7f-\x9f]*$"), fits: is_line, says: "a line of at most 500 characters" },
    0,
    500,
);
/// A text.
pub const TEXT: Shape = Text(Form { pattern: None, fits: any, says: "a text" }, 0, 10 << 20);
/// What a key is good for.
pub const SCOPE: Shape = One(&SCOPES);
/// A number of a page.
pub const LIMIT: Shape = Whole(1, 1000);
/// A query over headlines.
pub const QUERY: Shape = Text(Form { pattern: None, fits: any, says: "a query of at most 1000 characters" }, 1, 1000);

/// An error, as every route gives it.
pub const ERROR: Shape = Named(
    "error",
    &Object(&[needed(
        "error",
        Object(&[
            needed("code", TEXT, "for machines"),
            needed("message", TEXT, "what is wrong and what to do"),
            needed("retryable", Bool, "whether the same request may succeed later"),
            may("details", Any, "more about it"),
        ]),
        "",
    )]),
);

/// A workbook.
pub const WORKBOOK: Shape = Named(
    "workbook",
    &Object(&[
        needed("id", ID, ""),
        needed("digest", TEXT, "SHA-256 of the source, which is its entity tag as well"),
        needed("size", COUNT, "bytes of the source"),
        needed("revision", COUNT, "the number of the last change"),
        needed("created", TIME, "milliseconds since 1970, like every time here"),
        needed("changed", TIME, ""),
    ]),
);

/// A change of a workbook.
pub const REVISION: Shape = Named(
    "revision",
    &Object(&[
        needed("number", COUNT, ""),
        needed("digest", Maybe(&TEXT), "null: it was deleted"),
        needed("size", COUNT, ""),
        needed("made", TIME, ""),
        needed("author", TEXT, ""),
    ]),
);

/// A run.
pub const RUN: Shape = Named(
    "run",
    &Object(&[
        needed("id", TEXT, ""),
        needed("workbook", ID, ""),
        needed("source", TEXT, "the digest of the source that runs"),
        needed("state", One(&["queued", "running", "done", "failed", "cancelled", "interrupted"]), ""),
        needed("problem", Maybe(&TEXT), "why it failed"),
        needed("attempt", COUNT, "how often it was begun"),
        needed("events", COUNT, "the number of its last event"),
        needed("queued", TIME, ""),
        needed("started", Maybe(&TIME), ""),
        needed("ended", Maybe(&TIME), ""),
        may("outputs", Map(&Any), "values by name, of a run that is over"),
        may("failures", List(&Any, 100_000), "components without a value, and why"),
    ]),
);

/// Something that happened in a run.
pub const EVENT: Shape = Named(
    "event",
    &Object(&[
        needed("number", COUNT, "from 1, without gaps"),
        needed("kind", TEXT, ""),
        needed("body", Any, ""),
        needed("made", TIME, ""),
    ]),
);

/// A step of a run.
pub const STEP: Shape = Named(
    "step",
    &Object(&[
        needed("run", TEXT, ""),
        needed("step", COUNT, "the number of its event in the run"),
        needed("tool", TEXT, ""),
        needed("ts", TIME, "when it ended"),
        needed("component", TEXT, ""),
        needed("state", TEXT, ""),
        may("ms", Any, "how long it took"),
        may("cached", Bool, "whether its result was known"),
        may("error", Any, "the kind of failure, and what it says"),
        may("cause", TEXT, "the component for want of which it was skipped"),
        may("log", Any, "what it wrote"),
    ]),
);

/// A site.
pub const SITE: Shape = Named(
    "site",
    &Object(&[
        needed("id", ID, ""),
        needed("active", Maybe(&COUNT), "the snapshot that is seen"),
        needed("latest", COUNT, ""),
    ]),
);

/// A snapshot of a site.
pub const SNAPSHOT: Shape = Named(
    "snapshot",
    &Object(&[
        needed("number", COUNT, ""),
        needed("digest", TEXT, ""),
        needed("files", COUNT, ""),
        needed("size", COUNT, "bytes"),
        needed("note", TEXT, ""),
        needed("made", TIME, ""),
        needed("active", Bool, ""),
    ]),
);

/// A host of a site.
pub const DOMAIN: Shape = Named(
    "domain",
    &Object(&[
        needed("host", HOST, ""),
        needed("site", ID, ""),
        needed("token", TEXT, "what has to be found at the host"),
        needed("added", TIME, ""),
        needed("verified", Maybe(&TIME), "null: it shows nothing yet"),
    ]),
);

/// A variable.
pub const VAR: Shape = Named(
    "variable",
    &Object(&[
        needed("name", VARIABLE, ""),
        needed("secret", Bool, ""),
        needed("size", COUNT, "bytes of the value"),
        needed("hosts", List(&TARGET, 100), "where a secret may be sent"),
        needed("changed", TIME, ""),
        may("value", TEXT, "of a plain variable"),
    ]),
);

/// An API key.
pub const KEY: Shape = Named(
    "key",
    &Object(&[
        needed("id", TEXT, ""),
        needed("name", LINE, ""),
        needed("scopes", List(&SCOPE, 10), ""),
        needed("made", TIME, ""),
        needed("expires", Maybe(&TIME), ""),
        needed("revoked", Maybe(&TIME), ""),
        may("key", TEXT, "the key itself, told once"),
    ]),
);

/// Somebody who is logged in.
pub const SESSION: Shape = Named(
    "session",
    &Object(&[
        needed("id", TEXT, ""),
        needed("subject", TEXT, "whom the credential named that opened it"),
        needed("scopes", List(&SCOPE, 10), ""),
        needed("made", TIME, ""),
        needed("used", TIME, "to five minutes"),
        needed("expires", TIME, "at the latest"),
    ]),
);

/// A refusal.
pub const REFUSAL: Shape = Named(
    "refusal",
    &Object(&[
        needed("made", TIME, ""),
        needed("client", TEXT, ""),
        needed("method", TEXT, ""),
        needed("path", TEXT, ""),
        needed("rule", TEXT, "the rule that refused"),
        needed("detail", TEXT, ""),
    ]),
);

macro_rules! page {
    ($($(#[$doc:meta])* $name:ident: $of:ident, $next:expr;)*) => {
        $($(#[$doc])* pub const $name: Shape = Object(&[
            needed("items", List(&$of, 1000), ""),
            needed("next", Maybe(&$next), "what to ask the next page with; null: this was the last"),
        ]);)*
    };
}

page! {
    /// Workbooks; `next` is for `after`.
    WORKBOOKS: WORKBOOK, TEXT;
    /// Revisions; `next` is for `before`.
    REVISIONS: REVISION, COUNT;
    /// Runs; `next` is for `before`.
    RUNS: RUN, TEXT;
    /// Events; `next` is for `after`.
    EVENTS: EVENT, COUNT;
    /// Steps; `next` is for `before`.
    STEPS: STEP, TEXT;
    /// Sites; `next` is for `after`.
    SITES: SITE, TEXT;
    /// Snapshots; `next` is for `before`.
    SNAPSHOTS: SNAPSHOT, COUNT;
    /// Hosts; `next` is for `after`.
    DOMAINS: DOMAIN, TEXT;
    /// Variables; `next` is for `after`.
    VARS: VAR, TEXT;
    /// Keys; `next` is for `after`.
    KEYS: KEY, TEXT;
    /// Sessions; `next` is for `after`.
    SESSIONS: SESSION, TEXT;
    /// Refusals; `next` is for `before`.
    REFUSALS: REFUSAL, COUNT;
}

/// What a run takes.
pub const INPUTS: Shape = Object(&[may("inputs", Map(&Any), "values by the name of the input")]);
/// What is published.
pub const PUBLICATION: Shape = Object(&[
    needed("id", ID, "the site; of a workbook where neither `html`, `org` nor `files` is given"),
    may("html", TEXT, "a whole page"),
    may("org", TEXT, "a source"),
    may("files", List(&SITE_FILE, 6600), "the files of a whole site, which are published as they are"),
    may("note", NOTE, "what to say about this snapshot"),
    may("sign", Bool, "whether its pages are signed with the tenant's key"),
]);
/// A file of a site.
const SITE_FILE: Shape = Object(&[
    needed("path", Text(Form { pattern: None, fits: any, says: "a path" }, 1, 1000), "beginning with `/`"),
    may("text", TEXT, "its bytes, where they are UTF-8"),
    may("base64", TEXT, "its bytes in base64, where there is no `text`"),
]);
/// Which snapshot to go back to.
pub const ROLLBACK: Shape = Object(&[may("to", Maybe(&Whole(1, MOST)), "none: the one before")]);
/// A revision to restore.
pub const RESTORE: Shape = Object(&[needed("revision", Whole(1, MOST), "")]);
/// A host for a site.
pub const ATTACH: Shape = Object(&[needed("host", HOST, ""), needed("site", ID, "")]);
/// A variable's value.
pub const SET: Shape = Object(&[
    needed("value", Text(Form { pattern: None, fits: any, says: "a text of at most 64 KiB" }, 0, 64 << 10), ""),
    may("secret", Bool, "whether it is never to be read back"),
    may("hosts", List(&TARGET, 100), "where a secret may be sent"),
]);
/// A key to be made.
pub const NEW_KEY: Shape = Object(&[
    needed("name", LINE, "what people call it"),
    needed("scopes", List(&SCOPE, 7), "what it is good for"),
    may("expires", Maybe(&TIME), "when it ends"),
]);
/// The server.
pub const ABOUT: Shape = Object(&[
    needed("rcp", TEXT, "the version of this description"),
    needed("runtime", TEXT, ""),
    needed("version", TEXT, ""),
    needed("tenancy", One(&["single", "multi"]), ""),
    needed(
        "auth",
        Object(&[needed("rung", TEXT, ""), needed("issuer", Maybe(&TEXT), ""), needed("jwks_url", Maybe(&TEXT), "")]),
        "",
    ),
    needed("transports", Object(&[needed("http", Bool, ""), needed("sse", Bool, "")]), ""),
    needed("public", Maybe(&TEXT), ""),
    needed("capabilities", List(&TEXT, 100), ""),
]);
/// Whether the server's parts work.
pub const READY: Shape = Object(&[
    needed("ready", Bool, ""),
    needed(
        "checks",
        List(&Object(&[needed("name", TEXT, ""), needed("ok", Bool, ""), needed("problem", Maybe(&TEXT), "")]), 100),
        "",
    ),
]);
/// JSON of the workbook format: docs/workbook.md.
pub const FREE: Shape = Any;
