//! "Did you mean": the nearest of a closed list of names.

/// The candidate a person most likely meant by `got`, if one is near enough.
///
/// Case and the choice of `-` or `_` never count as a difference; otherwise one slip per three letters is forgiven, and
/// so is the omission of the first or last words of a candidate (`BUCKET` for `STORAGE_BUCKET`).
pub(crate) fn nearest(got: &str, candidates: impl IntoIterator<Item = &'static str>) -> Option<&'static str> {
    let got = fold(got);
    candidates
        .into_iter()
        .map(|candidate| {
            let whole = fold(candidate);
            (if is_part(&got, &whole) { 1 } else { strsim::osa_distance(&got, &whole) }, candidate)
        })
        .filter(|(distance, candidate)| *distance <= candidate.len().max(got.len()) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Whether `got` is the beginning or the end of `whole`, cut between two words. Short words are too common to tell.
fn is_part(got: &str, whole: &str) -> bool {
    let Some(cut) = whole.len().checked_sub(got.len() + 1).filter(|_| got.len() >= 5) else {
        return false;
    };
    let bar = |at: usize| whole.as_bytes().get(at) == Some(&b'_');
    (whole.starts_with(got) && bar(got.len())) || (whole.ends_with(got) && bar(cut))
}

fn fold(name: &str) -> String {
    name.chars().flat_map(char::to_lowercase).map(|c| if c == '-' { '_' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(got: &str, expect: Option<&str>) {
        assert_eq!(nearest(got, ["ENGINE_PLACE", "STORAGE", "STORAGE_BUCKET", "AUTH"]), expect, "{got}");
    }

    #[test]
    fn slips_are_forgiven_and_strangers_are_not() {
        check("storge", Some("STORAGE"));
        check("STROAGE", Some("STORAGE"));
        check("storage-bucket", Some("STORAGE_BUCKET"));
        check("ENGINEPLACE", Some("ENGINE_PLACE"));
        check("AUHT", Some("AUTH"));
        check("BUCKET", Some("STORAGE_BUCKET"));
        check("PLACE", Some("ENGINE_PLACE"));
        check("CATEGORY", None);
        check("", None);
    }
}
