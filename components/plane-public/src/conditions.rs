//! Entity tags in conditions (RFC 9110, sections 8.8.3 and 13.1).

/// Whether `If-None-Match` names this tag, compared weakly. A list that does not parse names nothing.
#[must_use]
pub fn names_weakly(list: &str, tag: &str) -> bool {
    list.trim() == "*" || tags(list).is_some_and(|tags| tags.iter().any(|(_, known)| *known == tag))
}

/// Whether `If-Match` names this tag, compared strongly.
#[must_use]
pub fn names_strongly(list: &str, tag: &str) -> bool {
    list.trim() == "*" || tags(list).is_some_and(|tags| tags.iter().any(|(weak, known)| !weak && *known == tag))
}

/// Whether `If-Range` is this tag. A date is none: nothing here has one.
#[must_use]
pub fn is_tag(text: &str, tag: &str) -> bool {
    matches!(tags(text).as_deref(), Some([(false, known)]) if *known == tag)
}

/// Tags without their quotes, and whether each is weak.
fn tags(list: &str) -> Option<Vec<(bool, &str)>> {
    let mut tags = Vec::new();
    let mut rest = list.trim_matches([' ', '\t', ',']);
    while !rest.is_empty() {
        let (weak, quoted) = rest.strip_prefix("W/").map_or((false, rest), |quoted| (true, quoted));
        let (tag, after) = quoted.strip_prefix('"')?.split_once('"')?;
        if tag.contains(|c: char| c.is_control() || c == ' ') {
            return None;
        }
        tags.push((weak, tag));
        let next = after.trim_start_matches([' ', '\t']);
        if !next.is_empty() && !next.starts_with(',') {
            return None;
        }
        rest = next.trim_start_matches([' ', '\t', ',']);
    }
    Some(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_as_the_condition_wants() {
        for list in ["\"a\"", "W/\"a\"", "\"x\", \"a\"", "*", " W/\"x\" ,\t\"a\" ", ",\"a\",,", "\"a,b\", \"a\""] {
            assert!(names_weakly(list, "a"), "{list}");
        }
        for list in ["", "a", "\"b\"", "\"a", "w/\"a\"", "\"a\" \"b\"", "\"b\", a", "**", "\"a b\", \"a\"", "\"A\""] {
            assert!(!names_weakly(list, "a"), "{list}");
        }
        assert!(names_strongly("\"x\", \"a\"", "a") && !names_strongly("W/\"a\"", "a") && names_strongly("*", "a"));
        assert!(is_tag("\"a\"", "a") && !is_tag("W/\"a\"", "a") && !is_tag("Sun, 06 Nov 1994 08:49:37 GMT", "a"));
        assert!(!is_tag("\"a\", \"b\"", "a") && !is_tag("*", "a"));
    }
}
