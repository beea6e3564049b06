//! Timestamps of planning lines.

use crate::model::Timestamp;

/// The timestamp at the beginning of `text`, and how long it is.
pub(crate) fn parse(text: &str) -> Option<(Timestamp, usize)> {
    let active = match text.as_bytes().first()? {
        b'<' => true,
        b'[' => false,
        _ => return None,
    };
    let close = text.find(if active { '>' } else { ']' })?;
    let inner = &text[1..close];
    let date = inner.get(..10).filter(|d| is_date(d))?;
    if inner[10..].starts_with(|c: char| !c.is_whitespace()) {
        return None;
    }
    let mut at = date.to_owned();
    let mut repeat = None;
    for word in inner[10..].split_whitespace() {
        if let Some(time) = clock(word) {
            if at.len() == 10 {
                at.push('T');
                at.push_str(&time);
            }
        } else if is_repeater(word) {
            repeat = Some(word.to_owned());
        }
    }
    Some((Timestamp { raw: text[..=close].to_owned(), at, repeat, active }, close + 1))
}

fn is_date(text: &str) -> bool {
    let b = text.as_bytes();
    b.len() == 10
        && b.iter().enumerate().all(|(i, c)| if i == 4 || i == 7 { *c == b'-' } else { c.is_ascii_digit() })
        && ("01"..="12").contains(&&text[5..7])
        && ("01"..="31").contains(&&text[8..10])
}

/// `9:30` or `09:30-10:00` as `09:30`.
fn clock(word: &str) -> Option<String> {
    let start = word.split('-').next().unwrap_or("");
    let (hour, minute) = start.split_once(':')?;
    let ok = matches!(hour.len(), 1 | 2)
        && minute.len() == 2
        && hour.bytes().chain(minute.bytes()).all(|b| b.is_ascii_digit());
    ok.then(|| format!("{hour:0>2}:{minute}"))
}

/// `+1d`, `++2w`, `.+1m`, `.+1d/3d`.
fn is_repeater(word: &str) -> bool {
    let rest = word.strip_prefix('.').unwrap_or(word);
    let Some(rest) = rest.strip_prefix('+') else { return false };
    let rest = rest.strip_prefix('+').unwrap_or(rest);
    rest.bytes().next().is_some_and(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps() {
        let at = |t: &str| parse(t).map(|(s, n)| (s.at, s.repeat, s.active, n));
        assert_eq!(
            at("<2026-01-02 Fri 9:05 +1w -3d> x"),
            Some(("2026-01-02T09:05".into(), Some("+1w".into()), true, 29))
        );
        assert_eq!(at("[2026-01-02]"), Some(("2026-01-02".into(), None, false, 12)));
        assert_eq!(at("<2026-13-02>"), None);
        assert_eq!(at("<2026-1é-02>"), None);
        assert_eq!(at("<%%(diary)>"), None);
    }
}
