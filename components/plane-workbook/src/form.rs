//! The form for a workbook's inputs, which works without scripts, and what a browser sends for it.

use serde_json::Value;

use crate::workbook::{Given, Input};
use plane_http::text::{escaped, parsed};

/// Values longer than this, or of several lines, get more than one line to be edited in.
const LINE: usize = 60;

/// The form, with what was sent last in it; empty for a workbook that takes nothing.
#[must_use]
pub fn form(inputs: &[Input], sent: &[(String, String)]) -> String {
    let open: Vec<&Input> = inputs.iter().filter(|input| !input.fixed).collect();
    if open.is_empty() {
        return String::new();
    }
    let mut html =
        "<form class=\"wb-inputs\" method=\"post\" action=\"/run\" accept-charset=\"utf-8\" aria-label=\"Inputs\">\n"
            .to_owned();
    for input in open {
        let sent = sent.iter().find(|(name, _)| *name == input.name).map(|(_, value)| value.clone());
        let value = sent.or_else(|| input.value.as_deref().map(|json| typed(input, json))).unwrap_or_default();
        html.push_str(&field(input, &value));
    }
    html.push_str("<button type=\"submit\">Run</button>\n</form>\n");
    html
}

/// The value of JSON as somebody would type it.
fn typed(input: &Input, json: &str) -> String {
    match parsed(json) {
        Value::String(text) if is_text(input) => text,
        _ => json.to_owned(),
    }
}

fn is_text(input: &Input) -> bool {
    matches!(input.ty.as_str(), "string" | "char" | "json")
}

fn field(input: &Input, value: &str) -> String {
    let (name, ty) = (escaped(&input.name), escaped(&input.ty));
    let id = format!("wb-input-{name}");
    let shown = escaped(value);
    let required =
        if input.value.is_none() && !matches!(input.ty.as_str(), "string" | "json") { " required" } else { "" };
    let control = match input.ty.as_str() {
        "bool" => {
            let option = |text: &str| {
                let selected = if value == text { " selected" } else { "" };
                format!("<option{selected}>{text}</option>")
            };
            let options = [option("false"), option("true")].concat();
            format!("<select id=\"{id}\" name=\"{name}\">{options}</select>")
        }
        "u8" | "u16" | "u32" | "s8" | "s16" | "s32" | "u64" | "s64" => {
            format!(
                "<input id=\"{id}\" name=\"{name}\" type=\"text\" inputmode=\"numeric\" value=\"{shown}\"{required}>"
            )
        }
        "f32" | "f64" => {
            format!(
                "<input id=\"{id}\" name=\"{name}\" type=\"text\" inputmode=\"decimal\" value=\"{shown}\"{required}>"
            )
        }
        "string" | "char" | "json"
            if !value.contains('\n') && value.len() <= LINE && !value.starts_with(['[', '{']) =>
        {
            format!("<input id=\"{id}\" name=\"{name}\" type=\"text\" value=\"{shown}\"{required}>")
        }
        // A line break at the start of its content is not part of it.
        _ => format!(
            "<textarea id=\"{id}\" name=\"{name}\" rows=\"4\" spellcheck=\"false\"{required}>\n{shown}</textarea>"
        ),
    };
    format!("<p><label for=\"{id}\">{name} <span class=\"wb-type\">{ty}</span></label>{control}</p>\n")
}

/// What was typed into the form as values for a run. An empty field of anything but text was left out.
#[must_use]
pub fn given(inputs: &[Input], sent: &[(String, String)]) -> Vec<(String, Given)> {
    let left_out = |name: &str, value: &str| {
        let input = inputs.iter().find(|input| input.name == name);
        value.is_empty() && input.is_some_and(|input| !matches!(input.ty.as_str(), "string" | "json"))
    };
    // Browsers send the lines of a text with both characters of a line's end.
    let text = |value: &str| Given::Text(value.replace("\r\n", "\n"));
    let kept = sent.iter().filter(|(name, value)| !left_out(name, value));
    kept.map(|(name, value)| (name.clone(), text(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(name: &str, ty: &str, value: Option<&str>) -> Input {
        Input { name: name.to_owned(), ty: ty.to_owned(), value: value.map(str::to_owned), fixed: false }
    }

    #[test]
    fn a_form_shows_what_the_file_gives_and_what_was_sent() {
        let inputs = [
            input("name", "string", Some("\"<Ada> & \\\"co\\\"\"")),
            input("n", "s32", Some("5")),
            input("list", "list<f64>", None),
            input("on", "bool", Some("true")),
            Input { fixed: true, ..input("table", "json", Some("[]")) },
        ];
        let html = form(&inputs, &[("n".to_owned(), "7\"".to_owned())]);
        assert!(html.contains("value=\"&lt;Ada&gt; &amp; &quot;co&quot;\""), "{html}");
        assert!(html.contains("value=\"7&quot;\"") && !html.contains("value=\"5\""), "{html}");
        assert!(html.contains("<textarea id=\"wb-input-list\"") && html.contains("required"), "{html}");
        assert!(html.contains("<option selected>true</option>"), "{html}");
        assert!(!html.contains("table"), "{html}");
        assert_eq!(form(&inputs[4..], &[]), "");
    }

    #[test]
    fn empty_fields_are_left_out_unless_they_are_text() {
        let inputs = [input("name", "string", None), input("n", "s32", Some("5"))];
        let sent = [("name", ""), ("n", ""), ("other", ""), ("name", "a\r\nb")];
        let sent = sent.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let text = |text: &str| Given::Text(text.to_owned());
        let expected = [("name", text("")), ("other", text("")), ("name", text("a\nb"))];
        assert_eq!(given(&inputs, &sent), expected.map(|(name, value)| (name.to_owned(), value)));
    }
}
