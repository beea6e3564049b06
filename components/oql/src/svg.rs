//! Inline pictures: the elements that `chart/` and `diagram/` draw with, escaped and without ids, styles or links.
//!
//! It knows nothing of what is drawn. `exercise/inert.rs` lists the same elements and attributes.

use std::fmt::{self, Display};

use crate::export::html::{attribute, escape_into};

/// About how wide a character of the pictures' font is.
pub(crate) const CHARACTER: f64 = 7.0;

/// A coordinate: one decimal place, no exponent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct N(pub(crate) f64);

impl Display for N {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = if self.0.is_finite() { (self.0.clamp(-1e6, 1e6) * 10.0).round() } else { 0.0 };
        // Adding zero makes `-0` plain.
        write!(f, "{}", tenths / 10.0 + 0.0)
    }
}

/// A picture that is being written.
#[derive(Debug, Default)]
pub(crate) struct Svg {
    out: String,
}

impl Svg {
    /// Opens a picture of a size; the label is what it is called where it cannot be seen.
    pub(crate) fn new(width: f64, height: f64, class: &str, label: &str) -> Self {
        let mut svg = Svg::default();
        svg.open(
            "svg",
            &[
                ("viewBox", &format!("0 0 {} {}", N(width), N(height))),
                ("width", &N(width)),
                ("height", &N(height)),
                ("class", &class),
                ("role", &"img"),
                ("aria-label", &label),
            ],
        );
        svg.title(label);
        svg.out.push('\n');
        svg
    }

    fn start(&mut self, name: &str, attributes: &[(&str, &dyn Display)]) {
        self.out.push('<');
        self.out.push_str(name);
        for (key, value) in attributes {
            attribute(&mut self.out, key, &value.to_string());
        }
    }

    /// `<name …>`.
    pub(crate) fn open(&mut self, name: &str, attributes: &[(&str, &dyn Display)]) {
        self.start(name, attributes);
        self.out.push('>');
    }

    /// `</name>`.
    pub(crate) fn close(&mut self, name: &str) {
        self.out.push_str(&format!("</{name}>\n"));
    }

    /// `<name …/>`.
    pub(crate) fn tag(&mut self, name: &str, attributes: &[(&str, &dyn Display)]) {
        self.start(name, attributes);
        self.out.push_str("/>\n");
    }

    /// A shape with something that a pointer over it shows.
    pub(crate) fn titled(&mut self, name: &str, attributes: &[(&str, &dyn Display)], title: &str) {
        self.open(name, attributes);
        self.title(title);
        self.close(name);
    }

    fn title(&mut self, title: &str) {
        self.out.push_str("<title>");
        escape_into(&mut self.out, title);
        self.out.push_str("</title>");
    }

    /// Text at a place; `anchor` is `start`, `middle` or `end`.
    pub(crate) fn text(&mut self, (x, y): (f64, f64), anchor: &str, more: &[(&str, &dyn Display)], text: &str) {
        self.start("text", &[("x", &N(x)), ("y", &N(y)), ("text-anchor", &anchor), ("fill", &"currentColor")]);
        for (key, value) in more {
            attribute(&mut self.out, key, &value.to_string());
        }
        self.out.push('>');
        escape_into(&mut self.out, text);
        self.close("text");
    }

    /// The finished picture.
    pub(crate) fn finish(mut self) -> String {
        self.close("svg");
        self.out
    }
}

/// A text that is cut off where it is too long.
pub(crate) fn short(text: &str, most: usize) -> String {
    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= most {
        return text;
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// About how wide a text is.
pub(crate) fn width(text: &str) -> f64 {
    unicode_width::UnicodeWidthStr::width(text) as f64 * CHARACTER
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_short() {
        let shown: Vec<String> =
            [0.0, -0.01, 1.25, 100.0, f64::NAN, f64::INFINITY, 1e300].map(|v| N(v).to_string()).to_vec();
        assert_eq!(shown, ["0", "0", "1.3", "100", "0", "0", "1000000"]);
    }

    #[test]
    fn texts_are_escaped_and_cut() {
        let mut svg = Svg::new(1.0, 1.0, "c", "\"><b>");
        svg.text((0.0, 0.0), "end", &[], "</text>");
        let svg = svg.finish();
        assert!(svg.contains("aria-label=\"&quot;&gt;&lt;b&gt;\"") && svg.contains(">&lt;/text&gt;</text>"), "{svg}");
        assert_eq!(short("a  long\nlabel", 7), "a long…");
    }
}
