//! Citations, as Org's basic processor writes them where there is no bibliography: author and year are not known.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::Export;
use super::inline::{self, Inline};
use crate::object::{Kind, Object, Place};

/// Keys cited so far.
#[derive(Debug, Default)]
pub(crate) struct Citations {
    first: Option<String>,
    numbers: HashMap<String, usize>,
}

impl Citations {
    /// The year of a key nobody knows. All unknown works look alike, so every key but the first gets a letter.
    fn year(&mut self, key: &str) -> &'static str {
        match self.first.as_deref() {
            None => "????",
            Some(first) if first == key => "",
            Some(_) => "a",
        }
    }

    fn number(&mut self, key: &str) -> usize {
        self.first.get_or_insert_with(|| key.to_owned());
        let next = self.numbers.len() + 1;
        *self.numbers.entry(key.to_owned()).or_insert(next)
    }
}

/// What a style writes around and between.
struct Form {
    author: bool,
    year: bool,
    /// Brackets around everything.
    around: bool,
    /// Between author and year, and behind the year.
    between: [&'static str; 2],
}

fn form(style: &str, variant: &str) -> Option<Form> {
    let bare = matches!(variant, "bare" | "bare-caps" | "b" | "bc");
    Some(match style {
        "author" | "a" => Form { author: true, year: false, around: false, between: ["", ""] },
        "noauthor" | "na" => Form { author: false, year: true, around: !bare, between: ["", ""] },
        "nocite" | "n" => return None,
        "text" | "note" | "t" | "ft" => {
            Form { author: true, year: true, around: false, between: if bare { [" ", ""] } else { [" (", ")"] } }
        }
        _ => Form { author: true, year: true, around: !bare, between: [", ", ""] },
    })
}

/// `[cite/style/variant:prefix;@key;suffix]`.
pub(crate) fn write(x: &mut Export, inline: &Inline, i: usize, object: &Object) {
    let Kind::Citation { style, prefix, suffix } = &object.kind else { return };
    let style = style.as_ref().map_or("", |s| inline.slice(s));
    let (style, variant) = style.split_once('/').unwrap_or((style, ""));
    let numeric = matches!(style, "numeric" | "nb");
    let Some(form) = form(style, variant) else { return };
    let affix = |x: &mut Export, range: &Option<std::ops::Range<usize>>| {
        if let Some(range) = range {
            let affix = Inline::parse(x, inline.text, range.clone(), Place::CitationAffix);
            let end = affix.objects.len();
            inline::write(x, &affix, 0..end);
        }
    };
    x.out.push_str(if form.around || numeric { "(" } else { "" });
    affix(x, prefix);
    let references = inline.objects.get(i + 1..object.next).unwrap_or(&[]);
    let references = references.iter().filter_map(|o| match &o.kind {
        Kind::CitationReference { key, prefix, suffix } => Some((key, prefix, suffix)),
        _ => None,
    });
    for (n, (key, prefix, suffix)) in references.enumerate() {
        x.out.push_str(if n > 0 { ", " } else { "" });
        let key = inline.slice(key);
        let year = x.citations.year(key);
        let number = x.citations.number(key);
        if numeric {
            let _ = write!(x.out, "{number}");
            continue;
        }
        affix(x, prefix);
        x.out.push_str(if form.author { "??" } else { "" });
        if form.year {
            x.out.push_str(if form.author { form.between[0] } else { "" });
            x.out.push_str(year);
            x.out.push_str(form.between[1]);
        }
        affix(x, suffix);
    }
    affix(x, suffix);
    x.out.push_str(if form.around || numeric { ")" } else { "" });
}
