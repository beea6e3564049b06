//! Which form of a file is sent (RFC 9110, section 12.5.3).

use crate::request::Form;

/// The form for whoever sent this `Accept-Encoding`: the one it likes most, of those the smallest. `None`: it takes none of them.
#[must_use]
pub fn choose<'a>(forms: &'a [Form], accept: Option<&str>) -> Option<&'a Form> {
    let Some(accept) = accept else { return forms.iter().find(|form| form.coding.is_empty()) };
    let weights = weights(accept);
    let weight = |name: &str| weights.iter().find(|(known, _)| known == name).map(|(_, weight)| *weight);
    let any = weight("*");
    let liked = forms.iter().filter_map(|form| {
        let weight = match form.coding.as_str() {
            // Not named it is acceptable, and liked less than what is.
            "" => weight("identity").map_or(if any == Some(0) { 0 } else { 1 }, |weight| 2 * weight),
            "gzip" => 2 * weight("gzip").or_else(|| weight("x-gzip")).or(any).unwrap_or(0),
            coding => 2 * weight(coding).or(any).unwrap_or(0),
        };
        (weight > 0).then_some((weight, form))
    });
    liked
        .max_by(|(one, first), (other, second)| one.cmp(other).then(second.size.cmp(&first.size)))
        .map(|(_, form)| form)
}

/// Codings and how much they are liked, in thousandths. What does not parse counts as not said.
fn weights(accept: &str) -> Vec<(String, u32)> {
    let weight = |part: &str| {
        let mut parts = part.split(';');
        let name = parts.next()?.trim().to_ascii_lowercase();
        let mut weight = 1000;
        for parameter in parts {
            let (key, value) = parameter.split_once('=')?;
            if key.trim().eq_ignore_ascii_case("q") {
                weight = thousandths(value.trim())?;
            }
        }
        (!name.is_empty()).then_some((name, weight))
    };
    accept.split(',').filter_map(weight).collect()
}

/// `0`, `0.5`, `1.000` (RFC 9110, section 12.4.2).
fn thousandths(text: &str) -> Option<u32> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    if rest.len() > 3 || !rest.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = format!("{rest:0<3}").parse::<u32>().ok()?;
    match whole {
        "0" => Some(part),
        "1" if part == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_gets_what_it_likes() {
        let form = |coding: &str, size| Form { coding: coding.to_owned(), tag: String::new(), size };
        let forms = [form("", 100), form("br", 10), form("gzip", 20)];
        let chosen = |accept: &str| choose(&forms, Some(accept)).map(|form| form.coding.as_str());
        for (accept, coding) in [
            ("gzip, deflate, br", "br"),
            ("gzip, deflate", "gzip"),
            ("x-gzip", "gzip"),
            ("GZIP;Q=1.0", "gzip"),
            ("br;q=0.5, gzip;q=0.8", "gzip"),
            ("br;q=0, gzip;q=0.001", "gzip"),
            ("br;q=0.3, identity;q=0.7", ""),
            ("*", "br"),
            ("*;q=0.1, br;q=0", "gzip"),
            ("", ""),
            ("deflate", ""),
            ("br;q=2, gzip;q=x", ""),
            ("br;q=0.0001", ""),
            (";;,=,q=1", ""),
            ("identity;q=0, gzip", "gzip"),
        ] {
            assert_eq!(chosen(accept), Some(coding), "{accept}");
        }
        assert_eq!(choose(&forms, None).map(|form| form.coding.as_str()), Some(""));
        assert_eq!(chosen("identity;q=0"), None);
        assert_eq!(chosen("*;q=0"), None);
        assert_eq!(choose(&forms[..1], Some("br")).map(|form| form.coding.as_str()), Some(""));
    }
}
