//! Findings drawn on the lines they are about, as rustc does.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::disk::Source;
use crate::env;
use crate::kernel::types::{Diagnostic, Severity, Span};

/// A place further away than this many bytes gets a snippet of its own.
const TOGETHER: usize = 4096;

/// All findings, each followed by an empty line.
pub(super) fn findings(source: &Source, findings: &[Diagnostic], colour: bool) -> String {
    let renderer = renderer(colour);
    findings.iter().map(|finding| format!("{}\n\n", renderer.render(&[group(source, finding)]))).collect()
}

/// One place with a message under it.
pub(super) fn pointed(source: &Source, message: &str, offset: usize, colour: bool) -> String {
    let at = floor(&source.text, offset);
    let end = source.text[at..].chars().next().map_or(at, |next| at + next.len_utf8());
    let places = [Place { range: at..end, label: None, kind: AnnotationKind::Primary }];
    let group = Group::with_title(Level::ERROR.primary_title(message)).elements(snippets(source, &places));
    format!("{}\n", renderer(colour).render(&[group]))
}

fn renderer(colour: bool) -> Renderer {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    renderer.decor_style(DecorStyle::Unicode).term_width(env::columns())
}

/// A range to point at.
struct Place<'a> {
    range: Range<usize>,
    label: Option<&'a str>,
    kind: AnnotationKind,
}

fn group<'a>(source: &'a Source, finding: &'a Diagnostic) -> Group<'a> {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let text = &source.text;
    let mut places = vec![Place { range: first_line(text, &finding.span), label: None, kind: AnnotationKind::Primary }];
    places.extend(finding.labels.iter().map(|label| Place {
        range: first_line(text, &label.span),
        label: Some(&label.message),
        kind: AnnotationKind::Context,
    }));
    let title = level.primary_title(finding.message.as_str()).id(finding.code.as_str());
    let group = Group::with_title(title).elements(snippets(source, &places));
    match &finding.help {
        Some(help) => group.element(Level::HELP.message(help.as_str())),
        None => group,
    }
}

/// Snippets of the lines that the places stand on. Only those lines are handed over: the renderer looks at everything
/// it gets, and a file may be long.
fn snippets<'a>(source: &'a Source, places: &[Place<'a>]) -> Vec<Snippet<'a, annotate_snippets::Annotation<'a>>> {
    let mut windows: Vec<(Range<usize>, Vec<&Place<'a>>)> = Vec::new();
    for place in places {
        let near = windows
            .iter_mut()
            .find(|(window, _)| place.range.start < window.end + TOGETHER && window.start < place.range.end + TOGETHER);
        match near {
            Some((window, members)) => {
                *window = window.start.min(place.range.start)..window.end.max(place.range.end);
                members.push(place);
            }
            None => windows.push((place.range.clone(), vec![place])),
        }
    }
    windows.into_iter().map(|(window, members)| snippet(source, window, &members)).collect()
}

fn snippet<'a>(
    source: &'a Source,
    window: Range<usize>,
    places: &[&Place<'a>],
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let text = source.text.as_str();
    let start = text[..window.start].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[window.end..].find('\n').map_or(text.len(), |newline| window.end + newline);
    let line = text[..start].matches('\n').count() + 1;
    let annotations = places.iter().map(|place| {
        let range = place.range.start - start..place.range.end - start;
        place.kind.span(range).label(place.label)
    });
    Snippet::source(&text[start..end]).line_start(line).path(source.name.as_str()).annotations(annotations)
}

/// The part of a span on its first line: a whole subtree underlined helps nobody. Whatever the kernel says, the range
/// lies within the text and on character boundaries.
fn first_line(text: &str, span: &Span) -> Range<usize> {
    let start = floor(text, span.start as usize);
    let end = floor(text, span.end as usize).max(start);
    let line = text[start..end].lines().next().map_or(0, |line| line.trim_end().len());
    start..start + line
}

fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}
