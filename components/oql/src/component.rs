//! The kernel as a component: the world `wb:oql/oql`, and nothing but conversions.

use crate::model;

wit_bindgen::generate!({
    path: "../../wit/oql",
    world: "oql",
});

use self::exports::wb::oql::kernel as wit;

struct Kernel;

export!(Kernel);

/// Into the generated type of the same shape.
trait Into2<T> {
    fn to(self) -> T;
}

impl<A: Into2<B>, B> Into2<Vec<B>> for Vec<A> {
    fn to(self) -> Vec<B> {
        self.into_iter().map(Into2::to).collect()
    }
}

impl<A: Into2<B>, B> Into2<Option<B>> for Option<A> {
    fn to(self) -> Option<B> {
        self.map(Into2::to)
    }
}

/// Records whose fields convert one by one: plain ones are moved, those behind the bar are converted.
macro_rules! records {
    ($($name:ident { $($plain:ident),* | $($deep:ident),* })*) => {$(
        impl Into2<wit::$name> for model::$name {
            fn to(self) -> wit::$name {
                wit::$name { $($plain: self.$plain,)* $($deep: self.$deep.to(),)* }
            }
        }
    )*};
}

records! {
    Span { start, end, line, column | }
    Label { message | span }
    Diagnostic { code, message, help, component | severity, span, labels }
    Timestamp { raw, at, repeat, active | }
    Property { key, value | }
    Headline { level, title, state, priority, tags, inherited_tags, id | properties, scheduled, deadline, closed, span }
    Port { name, ty, declared, default | span }
    World { id, lang, src | args, span, body }
    Limits { timeout_ms, memory_bytes | }
    Component {
        id, world, binary, title, deps, packages, caps, sig, persist, cache, eval, workflow
        | in_ports, out_ports, limits, span
    }
    End { component, port | }
    Edge { ty | from, to }
    ImportValue { name, ty, default | consumers, span }
    ExportValue { name, ty, component | }
    Data { name, ty, value | span }
    Workflow { id, title, parent | imports, exports, schedule, span }
    TypeBlock { src | span, body }
    Plan { title, order | worlds, components, edges, data, types, workflows }
    Page { title, description, language, author, date, fragment | }
    QueryError { message, offset | }
}

impl Into2<wit::Severity> for model::Severity {
    fn to(self) -> wit::Severity {
        match self {
            model::Severity::Error => wit::Severity::Error,
            model::Severity::Warning => wit::Severity::Warning,
            model::Severity::Info => wit::Severity::Info,
        }
    }
}

impl Into2<wit::Schedule> for model::Schedule {
    fn to(self) -> wit::Schedule {
        match self {
            model::Schedule::Cron(cron) => wit::Schedule::Cron(cron),
            model::Schedule::At(at) => wit::Schedule::At(at.to()),
        }
    }
}

impl wit::Guest for Kernel {
    fn parse_headlines(org: String) -> Vec<wit::Headline> {
        crate::parse_headlines(&org).to()
    }

    fn tangle_plan(org: String) -> wit::Plan {
        crate::tangle_plan(&org).to()
    }

    fn lint(org: String) -> Vec<wit::Diagnostic> {
        crate::lint(&org).to()
    }

    fn validate(org: String) -> Vec<wit::Diagnostic> {
        crate::validate(&org).to()
    }

    fn render(org: String, options: wit::RenderOptions) -> wit::Page {
        let results = options.results.into_iter().map(|r| model::ResultValue {
            component: r.component,
            port: r.port,
            value: r.value,
        });
        let options = model::RenderOptions { allow_html: options.allow_html, results: results.collect() };
        crate::render(&org, &options).to()
    }

    fn check_upgrade(old: String, new: String) -> Vec<wit::Diagnostic> {
        crate::check_upgrade(&old, &new).to()
    }

    fn query(org: String, expr: String) -> Result<Vec<wit::Headline>, wit::QueryError> {
        crate::query(&org, &expr).map(Into2::to).map_err(Into2::to)
    }
}
