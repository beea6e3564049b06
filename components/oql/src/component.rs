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
    Diagnostic { code, message, help, component | severity, span, labels, fix }
    Edit { start, end, text | }
    Reference { path | kind, span }
    Setting { key, value, headline | key_span, value_span }
    Link { target, description, headline | place, span, target_span }
    Anchor { name, id | kind, span }
    Survey { | settings, links, anchors, stale }
    ResultFile { path, content | span }
    TangledFile { path, text, mode, mkdirp | span }
    Timestamp { raw, at, repeat, active | }
    Property { key, value | }
    Headline { level, title, state, priority, tags, inherited_tags, id | properties, scheduled, deadline, closed, span }
    Port { name, ty, declared, default | span }
    World { id, lang, src | args, span, body }
    Limits { timeout_ms, memory_bytes | }
    Component {
        id, world, binary, title, deps, packages, caps, sig, persist, cache, eval, workflow
        | in_ports, out_ports, package_spans, cap_spans, limits, span
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
    AgendaItem { headline, date, time, until, days, part, parts | kind }
    Calendar { | headlines, items }
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

impl Into2<wit::ReferenceKind> for model::ReferenceKind {
    fn to(self) -> wit::ReferenceKind {
        match self {
            model::ReferenceKind::Include => wit::ReferenceKind::Include,
            model::ReferenceKind::Setup => wit::ReferenceKind::Setup,
            model::ReferenceKind::Link => wit::ReferenceKind::Link,
            model::ReferenceKind::Image => wit::ReferenceKind::Image,
        }
    }
}

impl Into2<wit::LinkPlace> for model::LinkPlace {
    fn to(self) -> wit::LinkPlace {
        match self {
            model::LinkPlace::Text => wit::LinkPlace::Text,
            model::LinkPlace::Title => wit::LinkPlace::Title,
            model::LinkPlace::Item => wit::LinkPlace::Item,
        }
    }
}

impl Into2<wit::AnchorKind> for model::AnchorKind {
    fn to(self) -> wit::AnchorKind {
        match self {
            model::AnchorKind::Heading => wit::AnchorKind::Heading,
            model::AnchorKind::CustomId => wit::AnchorKind::CustomId,
            model::AnchorKind::Id => wit::AnchorKind::Id,
            model::AnchorKind::Name => wit::AnchorKind::Name,
            model::AnchorKind::Target => wit::AnchorKind::Target,
        }
    }
}

impl Into2<wit::AgendaKind> for model::AgendaKind {
    fn to(self) -> wit::AgendaKind {
        match self {
            model::AgendaKind::Deadline => wit::AgendaKind::Deadline,
            model::AgendaKind::Scheduled => wit::AgendaKind::Scheduled,
            model::AgendaKind::Timestamp => wit::AgendaKind::Timestamp,
        }
    }
}

impl Into2<model::RawHtml> for wit::RawHtml {
    fn to(self) -> model::RawHtml {
        match self {
            wit::RawHtml::Drop => model::RawHtml::Drop,
            wit::RawHtml::ByConsent => model::RawHtml::ByConsent,
            wit::RawHtml::Keep => model::RawHtml::Keep,
        }
    }
}

impl Into2<model::ResultValue> for wit::ResultValue {
    fn to(self) -> model::ResultValue {
        model::ResultValue { component: self.component, port: self.port, value: self.value }
    }
}

impl Into2<model::Problem> for wit::Problem {
    fn to(self) -> model::Problem {
        model::Problem { message: self.message, line: self.line, help: self.help }
    }
}

impl Into2<model::Failure> for wit::Failure {
    fn to(self) -> model::Failure {
        let why = match self.why {
            wit::Setback::Failed(problems) => model::Setback::Failed(problems.to()),
            wit::Setback::Skipped(cause) => model::Setback::Skipped(cause),
            wit::Setback::Cancelled => model::Setback::Cancelled,
        };
        model::Failure { component: self.component, why }
    }
}

impl Into2<model::File> for wit::File {
    fn to(self) -> model::File {
        model::File { path: self.path, text: self.text }
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

    fn references(org: String) -> Vec<wit::Reference> {
        crate::references(&org).to()
    }

    fn take_survey(org: String) -> wit::Survey {
        crate::survey(&org).to()
    }

    fn lint(org: String, missing: Vec<String>) -> Vec<wit::Diagnostic> {
        crate::lint(&org, &missing).to()
    }

    fn validate(org: String) -> Vec<wit::Diagnostic> {
        crate::validate(&org).to()
    }

    fn render(org: String, options: wit::RenderOptions) -> wit::Page {
        let options = model::RenderOptions {
            raw_html: options.raw_html.to(),
            plain: options.plain,
            results: options.results.to(),
            failures: options.failures.to(),
            files: options.files.to(),
        };
        crate::render(&org, &options).to()
    }

    fn draw(dot: String) -> Option<String> {
        crate::draw(&dot)
    }

    fn format(org: String) -> Vec<wit::Edit> {
        crate::format(&org).to()
    }

    fn write_results(org: String, results: Vec<wit::ResultValue>) -> Vec<wit::Edit> {
        let results: Vec<model::ResultValue> = results.to();
        crate::write_results(&org, &results).to()
    }

    fn result_files(org: String, results: Vec<wit::ResultValue>) -> Vec<wit::ResultFile> {
        let results: Vec<model::ResultValue> = results.to();
        crate::result_files(&org, &results).to()
    }

    fn tangle_files(org: String, path: String) -> Vec<wit::TangledFile> {
        crate::tangle_files(&org, &path).to()
    }

    fn check_upgrade(old: String, new: String) -> Vec<wit::Diagnostic> {
        crate::check_upgrade(&old, &new).to()
    }

    fn query(org: String, expr: String, options: wit::QueryOptions) -> Result<Vec<wit::Headline>, wit::QueryError> {
        let options = model::QueryOptions { now: options.now, file: options.file };
        crate::query(&org, &expr, &options).map(Into2::to).map_err(Into2::to)
    }

    fn agenda(
        org: String,
        from: String,
        to: String,
        expr: String,
        options: wit::QueryOptions,
    ) -> Result<wit::Calendar, wit::QueryError> {
        let options = model::QueryOptions { now: options.now, file: options.file };
        crate::agenda(&org, &from, &to, &expr, &options).map(Into2::to).map_err(Into2::to)
    }
}
