//! A part of a file (RFC 9110, section 14).

/// What `Range` comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of it: nothing was asked for that is understood, or several parts, which nobody has to be given.
    Whole,
    /// From a byte on, so many.
    Some(u64, u64),
    /// There is no such part.
    None,
}

/// The part of `size` bytes that this header asks for.
#[must_use]
pub fn part(header: &str, size: u64) -> Part {
    let asked = || {
        let (unit, range) = header.split_once('=')?;
        let (first, last) = range.trim().split_once('-')?;
        let number = |text: &str| {
            let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            // Larger than there are bytes anywhere.
            is_number.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
        };
        let bounds = match (first, last) {
            ("", last) => (None, Some(number(last)?)),
            (first, "") => (Some(number(first)?), None),
            (first, last) => (Some(number(first)?), Some(number(last)?)),
        };
        unit.eq_ignore_ascii_case("bytes").then_some(bounds)
    };
    match asked() {
        Some((None, Some(0))) => Part::None,
        Some((None, Some(_))) if size == 0 => Part::None,
        Some((None, Some(last))) => Part::Some(size - last.min(size), last.min(size)),
        Some((Some(first), Some(last))) if first > last => Part::Whole,
        Some((Some(first), _)) if first >= size => Part::None,
        Some((Some(first), last)) => {
            let end = last.unwrap_or(u64::MAX).min(size - 1);
            Part::Some(first, end - first + 1)
        }
        _ => Part::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_cut_to_what_there_is() {
        for (header, answer) in [
            ("bytes=0-0", Part::Some(0, 1)),
            ("bytes=2-5", Part::Some(2, 4)),
            ("Bytes=8-", Part::Some(8, 2)),
            ("bytes=8-99", Part::Some(8, 2)),
            ("bytes=-3", Part::Some(7, 3)),
            ("bytes=-99", Part::Some(0, 10)),
            ("bytes=0-99999999999999999999999", Part::Some(0, 10)),
            ("bytes=10-", Part::None),
            ("bytes=99999999999999999999999-", Part::None),
            ("bytes=-0", Part::None),
        ] {
            assert_eq!(part(header, 10), answer, "{header}");
        }
        for header in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=5-2",
            "bytes=a-b",
            "bytes=+1-2",
            "bytes=0-1,3-4",
            "lines=0-1",
            "bytes=1--2",
            "bytes=0x1-2",
        ] {
            assert_eq!(part(header, 10), Part::Whole, "{header}");
        }
        assert_eq!((part("bytes=0-", 0), part("bytes=-1", 0)), (Part::None, Part::None));
    }
}
