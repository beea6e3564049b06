//! Names the component model accepts, made from names people write.

use std::collections::HashSet;

/// A kebab-case label for `name`: lower case, words of letters and digits that begin with a letter.
///
/// `unit_price` becomes `unit-price`, `2024 totals` becomes `x2024-totals`, a name without any letter or digit `x`.
pub fn kebab(name: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut last_lower = false;
    let mut open = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() {
            open = false;
            continue;
        }
        // A capital after a small letter begins a word, so that `unitPrice` and `unit-price` are one name.
        if !open || (last_lower && c.is_ascii_uppercase()) {
            words.push(if c.is_ascii_digit() { "x".to_owned() } else { String::new() });
        }
        if let Some(word) = words.last_mut() {
            word.push(c.to_ascii_lowercase());
        }
        open = true;
        last_lower = c.is_ascii_lowercase();
    }
    if words.is_empty() { "x".to_owned() } else { words.join("-") }
}

/// Labels for all of `names`, made unique by a number where two would be the same.
pub fn unique<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut taken = HashSet::new();
    names
        .into_iter()
        .map(|name| {
            let base = kebab(name);
            let mut label = base.clone();
            let mut number = 2;
            while !taken.insert(label.clone()) {
                label = format!("{base}-n{number}");
                number += 1;
            }
            label
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{kebab, unique};

    #[test]
    fn labels_are_kebab_case() {
        let check = |name: &str, label: &str| assert_eq!(kebab(name), label, "{name}");
        check("hello/greet", "hello-greet");
        check("unit_price", "unit-price");
        check("unitPrice", "unit-price");
        check("2024 totals", "x2024-totals");
        check("HTTP", "http");
        check("größe", "gr-e");
        check("日本", "x");
        assert_eq!(unique(["a b", "a-b", "a_b"]), ["a-b", "a-b-n2", "a-b-n3"]);
    }
}
