//! What holds for the objects of any text: they cover it, and those inside one cover its contents.

use crate::object::{Kind, Object, Place, RadioTargets, Settings, parse};

const PLACES: [Place; 6] =
    [Place::Paragraph, Place::Title, Place::Cell, Place::Keyword, Place::LinkDescription, Place::CitationAffix];

pub(super) fn check(text: &str) {
    let settings = Settings { radio_targets: RadioTargets::new(["a", "text"]), ..Settings::default() };
    for place in PLACES {
        let objects = parse(text, 0..text.len(), place, &settings);
        covers(text, &objects, 0..objects.len(), 0..text.len());
        for (n, object) in objects.iter().enumerate() {
            assert!(object.next > n && object.next <= objects.len(), "the descendants of {object:?} never end");
            assert!(text.get(object.span.clone()).is_some(), "{object:?} is no part of the text");
            let inside = object.contents.start >= object.span.start && object.contents.end <= object.span.end;
            let contents = &object.contents;
            assert!(contents.is_empty() || inside, "the contents of {object:?} are not inside it");
            let whole = matches!(object.kind, Kind::Citation { .. });
            if object.next > n + 1 && !whole {
                covers(text, &objects, n + 1..object.next, contents.clone());
            }
        }
    }
}

/// The objects from `within.start` on, leaving out descendants, lie end to end over the whole range.
fn covers(text: &str, objects: &[Object], within: std::ops::Range<usize>, range: std::ops::Range<usize>) {
    let mut at = range.start;
    let mut n = within.start;
    while let Some(object) = objects.get(n).filter(|_| n < within.end) {
        assert!(object.span.start == at, "a gap or an overlap before {object:?}, at {at} of {text:?}");
        assert!(object.span.end > at || text.is_empty(), "{object:?} is empty");
        at = object.span.end;
        n = object.next;
    }
    assert!(n == within.end || at == range.end, "descendants leave their object");
    assert!(at == range.end, "objects end at {at} instead of {}", range.end);
}
