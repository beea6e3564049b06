//! `<<<radio targets>>>`: the texts that become links wherever a file writes them.

use super::places::places;
use crate::object::{self, Kind, RadioTargets};
use crate::search::holds;
use crate::syntax::Document;

/// All radio targets of a document.
pub(crate) fn targets(document: &Document) -> RadioTargets {
    let text = document.text();
    if !holds(text, "<<<", b'<') {
        return RadioTargets::default();
    }
    let settings = object::Settings::default();
    let mut found = Vec::new();
    for (range, place) in places(document) {
        if holds(document.slice(&range), "<<<", b'<') {
            let objects = object::parse(text, range, place, &settings);
            let targets = objects.iter().filter(|o| matches!(o.kind, Kind::RadioTarget));
            found.extend(targets.map(|o| document.slice(&o.contents)));
        }
    }
    RadioTargets::new(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found() {
        let targets = |text: &str| format!("{:?}", targets(&Document::parse(text)));
        assert!(targets("a <<<My Word>>> b\n").contains("my word"));
        assert!(!targets("=<<<x>>>=\n: <<<x>>>\n").contains('x'));
    }
}
