//! Ports out of `:sig:`.
//!
//! Parameters are the inputs; the result is the output, or, where `:out:` names several, the fields of the record it is.
//! A result `result<T, E>` gives `T`: its error travels beside the value, as a failure of the component.

use std::ops::Range;

use super::nodes::NodeCtx;
use super::ports::PortDraft;
use crate::wit_text::{Mention, Signature, Type, signature};

/// Inputs and outputs of the signature at `sig`; names and defaults come from `:in:` and `:out:`, by position.
pub(crate) fn apply(
    ctx: &mut NodeCtx,
    sig: &Range<usize>,
    inputs: Vec<PortDraft>,
    outputs: Vec<PortDraft>,
) -> (Vec<PortDraft>, Vec<PortDraft>) {
    let parsed = match signature(ctx.document.text(), sig) {
        Ok(parsed) => parsed,
        Err(error) => {
            ctx.findings
                .error("WB209", error.at, format!("the signature does not parse: {}", error.message))
                .help("write a WIT function signature, such as `score(items: list<string>) -> list<f64>`");
            return (inputs, outputs);
        }
    };
    (parameters(ctx, &parsed, inputs), results(ctx, &parsed, outputs))
}

fn mentions_in(all: &[Mention], at: &Range<usize>) -> Vec<Mention> {
    all.iter().filter(|m| at.contains(&m.at.start)).cloned().collect()
}

fn parameters(ctx: &mut NodeCtx, sig: &Signature, named: Vec<PortDraft>) -> Vec<PortDraft> {
    if !named.is_empty() && named.len() != sig.params.len() {
        let at = named[named.len() - 1].at.clone();
        let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
        let message = format!(
            "`:in:` names {} but the signature takes {}",
            count(named.len(), "input"),
            count(sig.params.len(), "parameter")
        );
        ctx.findings.error("WB209", at, message).label(sig.at.clone(), "the signature is here");
    }
    let mut out = Vec::new();
    for (i, param) in sig.params.iter().enumerate() {
        let mut port = PortDraft::new(&param.name, param.at.clone());
        if let Some(given) = named.get(i) {
            port.name.clone_from(&given.name);
            port.at = given.at.clone();
            port.default.clone_from(&given.default);
        }
        let end = sig.params.get(i + 1).map_or(sig.result_at.start.max(param.at.end), |next| next.at.start);
        port.ty_at = param.at.clone();
        port.mentions = mentions_in(&sig.mentions, &(param.at.end..end.max(param.at.end)));
        port.written = Some(param.ty.clone().expand(&ctx.types.names));
        out.push(port);
    }
    out
}

fn results(ctx: &mut NodeCtx, sig: &Signature, named: Vec<PortDraft>) -> Vec<PortDraft> {
    let value = match &sig.result {
        Some(Type::Result(ok, _)) => ok.as_deref().cloned(),
        other => other.clone(),
    };
    let Some(value) = value else {
        if let Some(first) = named.first() {
            ctx.findings
                .error(
                    "WB209",
                    first.at.clone(),
                    format!("`:out:` names `{}` but the signature returns nothing", first.name),
                )
                .label(sig.at.clone(), "the signature is here");
        }
        return named;
    };
    let mentions = mentions_in(&sig.mentions, &sig.result_at);
    let draft = |name: &str, at: &Range<usize>, ty: Type, mentions: Vec<Mention>| {
        let mut port = PortDraft::new(name, at.clone());
        port.ty_at = sig.result_at.clone();
        port.written = Some(ty);
        port.mentions = mentions;
        port
    };
    if named.len() < 2 {
        let (name, at) = named.first().map_or((sig.name.as_str(), &sig.at), |p| (p.name.as_str(), &p.at));
        return vec![draft(name, at, value.expand(&ctx.types.names), mentions)];
    }
    if value.is_json() {
        return named.iter().map(|p| draft(&p.name, &p.at, Type::json(), Vec::new())).collect();
    }
    let Some(fields) = ctx.types.record(&value) else {
        if ctx.types.unknown(&mentions, true).is_empty() {
            ctx.findings
                .error(
                    "WB209",
                    sig.result_at.clone(),
                    format!("`:out:` names {} outputs but the signature returns `{value}`", named.len()),
                )
                .help("return a record with these fields, declared in a `#+begin_src wit` block");
        }
        return named.into_iter().map(|p| PortDraft { mentions: mentions.clone(), ..p }).collect();
    };
    let kebab = |name: &str| name.replace('_', "-").to_ascii_lowercase();
    let mut out = Vec::new();
    let mut missing = Vec::new();
    for port in &named {
        match fields.iter().find(|(f, _)| kebab(f) == kebab(&port.name)) {
            Some((_, ty)) => {
                out.push(draft(&port.name, &port.at, ty.clone().expand(&ctx.types.names), mentions.clone()))
            }
            None => {
                missing.push(port.at.clone());
                out.push(draft(&port.name, &port.at, Type::json(), mentions.clone()));
            }
        }
    }
    let fields: Vec<String> = fields.iter().map(|(f, _)| f.clone()).collect();
    for at in missing {
        ctx.findings
            .error("WB209", at.clone(), format!("`{value}` has no field `{}`", ctx.document.slice(&at)))
            .help(format!("its fields are {}", crate::text::listing(&fields)));
    }
    out
}
