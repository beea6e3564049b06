//! Every route: what it takes, what it gives, who may, and who answers. The router and openapi.json read the same lines.

use plane_http::request::Request;
use serde_json::Value;

use crate::host::wb::plane::caller::Identity;
use crate::problem::Done;
use crate::routes::{access, aliases, org, runs, server, sites, telemetry, variables, workbooks};
use crate::shape::Shape;
use crate::shapes as s;

/// Who may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Everybody, known or not.
    Open,
    /// Whoever has a credential with this scope.
    Of(&'static str),
}

/// What a body may be.
#[derive(Debug, Clone, Copy)]
pub enum Takes {
    /// There is none.
    Nothing,
    /// JSON of a shape.
    Json(Shape),
    /// JSON of a shape, or nothing.
    MaybeJson(Shape),
    /// The text of a source.
    Source,
    /// What a browser sends for a form.
    Form,
}

/// What an answer with a body is.
#[derive(Debug, Clone, Copy)]
pub enum Gives {
    /// No body.
    Nothing,
    /// JSON of a shape.
    Json(Shape),
    /// Bytes of a media type.
    Media(&'static str),
    /// Events as they come, or a page of them as JSON.
    Events(Shape),
}

/// A parameter of the query.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// What it looks like.
    pub shape: Shape,
    /// What it is for.
    pub about: &'static str,
}

/// A route.
pub struct Route {
    /// The method.
    pub method: &'static str,
    /// The path; parts in braces are parameters.
    pub path: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub about: &'static str,
    /// Who may.
    pub scope: Scope,
    /// What the parts in braces look like, in order.
    pub parts: &'static [Shape],
    /// What may be in the query.
    pub query: &'static [Param],
    /// The body.
    pub takes: Takes,
    /// Statuses of success, and what comes with them.
    pub gives: &'static [(u16, Gives)],
    /// Statuses of failure beyond those that follow from the rest.
    pub fails: &'static [u16],
    /// Who answers.
    pub call: fn(&Call) -> Done,
}

/// A request that fits a route.
pub struct Call<'a> {
    /// All of it.
    pub request: &'a Request,
    /// Who asks.
    pub caller: Option<Identity>,
    /// The parts in braces, decoded.
    pub parts: Vec<String>,
    /// What the query has of what it may have.
    pub query: Vec<(&'static str, String)>,
    /// The body as JSON; null where there is none.
    pub body: Value,
    /// The body as text, for routes that take a source.
    pub source: String,
}

impl Call<'_> {
    /// A part in braces.
    pub fn part(&self, index: usize) -> &str {
        self.parts.get(index).map_or("", String::as_str)
    }

    /// A parameter of the query.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// A number of the query.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.param(name)?.parse().ok()
    }

    /// How many items a page has.
    pub fn limit(&self) -> u32 {
        self.param("limit").and_then(|limit| limit.parse().ok()).unwrap_or(100)
    }
}

const LIMIT: Param = Param { name: "limit", shape: s::LIMIT, about: "items of a page; 100 where it is not said" };
const AFTER: Param = Param { name: "after", shape: s::LINE, about: "`next` of the page before" };
const BEFORE: Param = Param { name: "before", shape: s::COUNT, about: "`next` of the page before" };
const BEFORE_ID: Param = Param { name: "before", shape: s::LINE, about: "`next` of the page before" };
const REVISION: Param = Param { name: "revision", shape: s::COUNT, about: "an earlier one than the last" };
const EXPR: Param = Param { name: "query", shape: s::QUERY, about: "rows that this selects, as `wb query` does" };
const WORKBOOK: Param = Param { name: "workbook", shape: s::ID, about: "runs of this one alone" };
const OF_RUN: Param = Param { name: "run", shape: s::ID, about: "steps of this one alone" };
const EVENT: Param = Param { name: "after", shape: s::COUNT, about: "events after this number" };

const READ: Scope = Scope::Of("read");
const WRITE: Scope = Scope::Of("write");
const RUN: Scope = Scope::Of("run");
const PUBLISH: Scope = Scope::Of("publish");
const SECRETS: Scope = Scope::Of("secrets");
const ADMIN: Scope = Scope::Of("admin");

const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const ORG: &str = "text/org; charset=utf-8";
const SVG: &str = "image/svg+xml";

macro_rules! routes {
    ($($method:ident $path:literal $name:literal $scope:ident [$($part:expr),*] [$($query:expr),*] $takes:expr,
       [$($status:literal $gives:expr),*] [$($fail:literal),*] $call:path, $about:literal;)*) => {
        &[$(Route {
            method: stringify!($method), path: $path, name: $name, about: $about, scope: $scope, parts: &[$($part),*],
            query: &[$($query),*], takes: $takes, gives: &[$(($status, $gives)),*], fails: &[$($fail),*], call: $call,
        }),*]
    };
}

pub(crate) use routes;

use Gives::{Events, Json, Media};
use Scope::Open;
use Takes::{MaybeJson, Nothing, Source};

/// All of them.
pub const ROUTES: &[Route] = routes! {
    GET "/health" "health" Open [] [] Nothing, [200 Media(TEXT)] [] server::health, "Whether the server answers.";
    GET "/ready" "ready" Open [] [] Nothing, [200 Json(s::READY)] [503] server::ready, "Whether database and blob store take writes.";
    GET "/.well-known/workbooks-runtime" "describe" Open [] [] Nothing, [200 Json(s::ABOUT)] [] server::describe, "What this server is, and how callers are known.";
    GET "/.well-known/did.json" "identity" Open [] [] Nothing, [200 Media("application/did+json")] [404] server::identity, "Whose the signatures of published pages are, at this host (`did:web`).";
    GET "/openapi.json" "openapi" Open [] [] Nothing, [200 Json(s::FREE)] [] server::openapi, "This description.";
    GET "/metrics" "metrics" ADMIN [] [] Nothing, [200 Media("text/plain; version=0.0.4; charset=utf-8")] [] server::metrics, "Figures of the server in the text format of Prometheus.";

    GET "/api/workbooks" "list-workbooks" READ [] [AFTER, LIMIT] Nothing, [200 Json(s::WORKBOOKS)] [] workbooks::list, "The workbooks, by id.";
    GET "/api/workbooks/{id}" "get-workbook" READ [s::ID] [] Nothing, [200 Json(s::WORKBOOK), 304 Gives::Nothing] [] workbooks::get, "What is known of a workbook.";
    POST "/api/workbooks/{id}" "create-workbook" WRITE [s::ID] [] Source, [201 Json(s::WORKBOOK)] [409, 412] workbooks::create, "Makes a workbook; there must be none of this id.";
    PUT "/api/workbooks/{id}" "put-workbook" WRITE [s::ID] [] Source, [200 Json(s::WORKBOOK), 201 Json(s::WORKBOOK)] [412] workbooks::put, "Writes a workbook, under `If-Match` or `If-None-Match: *` where given.";
    DELETE "/api/workbooks/{id}" "delete-workbook" WRITE [s::ID] [] Nothing, [204 Gives::Nothing] [412] workbooks::delete, "Deletes a workbook. Its history stays.";
    GET "/api/workbooks/{id}/history" "history" READ [s::ID] [BEFORE, LIMIT] Nothing, [200 Json(s::REVISIONS)] [] workbooks::history, "Changes, the latest first.";
    POST "/api/workbooks/{id}/restore" "restore" WRITE [s::ID] [] Takes::Json(s::RESTORE), [200 Json(s::WORKBOOK)] [412] workbooks::restore, "Makes an earlier source the present one, as a new change.";
    GET "/api/workbooks/{id}/org" "org" READ [s::ID] [REVISION] Nothing, [200 Media(ORG), 304 Gives::Nothing] [] workbooks::org, "The source.";
    GET "/api/workbooks/{id}/html" "html" READ [s::ID] [REVISION] Nothing, [200 Media(HTML)] [] org::html, "The page, without results.";
    GET "/api/workbooks/{id}/plan" "plan" READ [s::ID] [REVISION] Nothing, [200 Json(s::FREE)] [] org::plan, "The plan: components, ports, edges.";
    GET "/api/workbooks/{id}/headlines" "headlines" READ [s::ID] [REVISION, EXPR] Nothing, [200 Json(s::FREE)] [] org::headlines, "The headlines, or those that a query selects.";
    GET "/api/workbooks/{id}/lint" "lint" READ [s::ID] [REVISION] Nothing, [200 Json(s::FREE)] [] org::lint, "Findings, with the errors that keep it from running.";
    GET "/api/workbooks/{id}/graph.svg" "graph" READ [s::ID] [REVISION] Nothing, [200 Media(SVG)] [422] org::graph, "The graph as a picture.";
    POST "/api/workbooks/{id}/run" "run" RUN [s::ID] [] MaybeJson(s::INPUTS), [200 Json(s::RUN), 202 Json(s::RUN)] [422] runs::run, "Runs it and waits; with `Prefer: respond-async` it is queued.";

    GET "/api/runs" "list-runs" READ [] [WORKBOOK, BEFORE_ID, LIMIT] Nothing, [200 Json(s::RUNS)] [] runs::list, "Runs, the latest first.";
    GET "/api/runs/{id}" "get-run" READ [s::ID] [] Nothing, [200 Json(s::RUN)] [] runs::get, "A run, with its outputs when it is over.";
    GET "/api/runs/{id}/events" "events" READ [s::ID] [EVENT, LIMIT] Nothing, [200 Events(s::EVENTS), 204 Gives::Nothing] [] runs::events, "What happens, as server-sent events from `Last-Event-ID` on; as JSON for who accepts only that.";
    POST "/api/runs/{id}/cancel" "cancel" RUN [s::ID] [] Nothing, [202 Json(s::RUN)] [409] runs::cancel, "Stops a run.";
    POST "/api/runs/{id}/resume" "resume" RUN [s::ID] [] Nothing, [202 Json(s::RUN)] [409] runs::resume, "Goes on with an interrupted run; what it finished is not done again.";

    GET "/api/telemetry" "steps" READ [] [OF_RUN, BEFORE_ID, LIMIT] Nothing, [200 Json(s::STEPS)] [] telemetry::list, "Steps of one run or of all, the latest first.";

    POST "/api/publish" "publish" PUBLISH [] [] Takes::Json(s::PUBLICATION), [201 Json(s::SNAPSHOT)] [422] sites::publish, "Makes a snapshot and shows it, all at once.";
    GET "/api/sites" "list-sites" READ [] [AFTER, LIMIT] Nothing, [200 Json(s::SITES)] [] sites::list, "What is published.";
    GET "/api/sites/{id}/snapshots" "snapshots" READ [s::ID] [BEFORE, LIMIT] Nothing, [200 Json(s::SNAPSHOTS)] [] sites::snapshots, "Snapshots of a site, the latest first.";
    POST "/api/sites/{id}/rollback" "rollback" PUBLISH [s::ID] [] MaybeJson(s::ROLLBACK), [200 Json(s::SITE)] [409] sites::rollback, "Shows an earlier snapshot again.";
    DELETE "/api/sites/{id}" "withdraw" PUBLISH [s::ID] [] Nothing, [204 Gives::Nothing] [] sites::withdraw, "Shows nothing any more. Snapshots stay.";

    GET "/api/domains" "list-domains" READ [] [AFTER, LIMIT] Nothing, [200 Json(s::DOMAINS)] [] sites::domains, "Hosts, and what they show.";
    POST "/api/domains" "attach-domain" PUBLISH [] [] Takes::Json(s::ATTACH), [201 Json(s::DOMAIN)] [409] sites::attach, "Asks for a host. It shows the site once it is verified.";
    POST "/api/domains/{host}/verify" "verify-domain" PUBLISH [s::HOST] [] Nothing, [200 Json(s::DOMAIN)] [409, 422] sites::verify, "Looks for the token at `http://<host>/.well-known/workbooks-domain`.";
    DELETE "/api/domains/{host}" "detach-domain" PUBLISH [s::HOST] [] Nothing, [204 Gives::Nothing] [] sites::detach, "Gives a host up.";

    GET "/api/vars" "list-variables" SECRETS [] [AFTER, LIMIT] Nothing, [200 Json(s::VARS)] [] variables::list, "Variables, without values.";
    GET "/api/vars/{name}" "get-variable" SECRETS [s::VARIABLE] [] Nothing, [200 Json(s::VAR)] [] variables::get, "A variable; of a secret everything but the value.";
    PUT "/api/vars/{name}" "set-variable" SECRETS [s::VARIABLE] [] Takes::Json(s::SET), [200 Json(s::VAR)] [] variables::set, "Sets a variable.";
    DELETE "/api/vars/{name}" "unset-variable" SECRETS [s::VARIABLE] [] Nothing, [204 Gives::Nothing] [] variables::unset, "Removes a variable.";

    GET "/api/keys" "list-keys" ADMIN [] [AFTER, LIMIT] Nothing, [200 Json(s::KEYS)] [] access::list, "API keys, without the keys themselves.";
    POST "/api/keys" "create-key" ADMIN [] [] Takes::Json(s::NEW_KEY), [201 Json(s::KEY)] [] access::create, "Makes an API key, which is told once. It is good for no more than the caller's own.";
    GET "/api/sessions" "list-sessions" ADMIN [] [AFTER, LIMIT] Nothing, [200 Json(s::SESSIONS)] [] access::sessions, "Who is logged in.";
    DELETE "/api/sessions/{id}" "end-session" ADMIN [s::ID] [] Nothing, [204 Gives::Nothing] [] access::end_session, "Ends a session at once.";
    DELETE "/api/keys/{id}" "revoke-key" ADMIN [s::ID] [] Nothing, [204 Gives::Nothing] [] access::revoke, "Ends an API key at once.";
    GET "/api/refusals" "list-refusals" ADMIN [] [BEFORE, LIMIT] Nothing, [200 Json(s::REFUSALS)] [] access::refusals, "What was refused, the latest first.";

    PUT "/w/{id}" "old-put" WRITE [s::ID] [] Source, [201 Media(TEXT)] [412] aliases::put, "As `PUT /api/workbooks/{id}`, for the oldest clients.";
    GET "/api/w/{id}/org" "old-org" READ [s::ID] [] Nothing, [200 Media(ORG), 304 Gives::Nothing] [] workbooks::org, "As `GET /api/workbooks/{id}/org`.";
    GET "/api/w/{id}/html" "old-html" READ [s::ID] [] Nothing, [200 Media(HTML)] [] org::html, "As `GET /api/workbooks/{id}/html`.";
    POST "/oql/lint" "lint-text" READ [] [] Source, [200 Json(s::FREE)] [] aliases::lint, "What is wrong with a text, which is kept nowhere.";
    POST "/oql/parse" "old-parse" READ [] [] Source, [200 Json(s::FREE)] [] aliases::parse, "The headlines of a text.";
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_told_apart_and_whole() {
        for (index, route) in ROUTES.iter().enumerate() {
            let same =
                |other: &&Route| other.method == route.method && other.path == route.path || other.name == route.name;
            assert!(!ROUTES[..index].iter().any(|other| same(&other)), "{} {}", route.method, route.path);
            assert_eq!(route.path.matches('{').count(), route.parts.len(), "{}", route.path);
            assert!(!route.gives.is_empty() && route.about.ends_with('.'), "{}", route.name);
            let writes = route.method != "GET";
            assert!(!writes || route.scope != Scope::Open, "{} is open to everybody and writes", route.name);
        }
    }
}
