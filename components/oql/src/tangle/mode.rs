//! Permission bits as `:tangle-mode` writes them: `o755`, `rwxr-xr-x`, `u=rwx,go=rx`, `(identity #o755)`.

/// What symbolic changes start from.
const BASE: u32 = 0o644;

/// The bits; `None` where Org would refuse the text.
pub(super) fn parse(text: &str) -> Option<u32> {
    let text = text.trim();
    let identity = text.strip_prefix("(identity").and_then(|rest| rest.strip_suffix(')')).map(str::trim);
    if let Some(octal) = identity.unwrap_or(text).strip_prefix("#o") {
        return octal_digits(octal);
    }
    if let Some(octal) = text.strip_prefix('o').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
        return octal_digits(octal);
    }
    if text.len() == 9 && text.is_ascii() && !text.contains(['=', '+', ',']) {
        return listed(text);
    }
    text.split(',').try_fold(BASE, symbolic)
}

fn octal_digits(text: &str) -> Option<u32> {
    let digits = if text.len() == 4 { text.strip_prefix('0')? } else { text };
    (digits.len() == 3).then(|| u32::from_str_radix(digits, 8).ok())?
}

/// `rw-r--r--`.
fn listed(text: &str) -> Option<u32> {
    let mut bits = 0;
    for (place, c) in text.chars().enumerate() {
        let bit = 0o400 >> place;
        let special = [0o4000, 0o2000, 0o1000].get(place / 3).copied().unwrap_or(0);
        match (place % 3, c) {
            (_, '-') => {}
            (0, 'r') | (1, 'w') | (2, 'x') => bits |= bit,
            (2, 's') if place < 8 => bits |= special,
            _ => return None,
        }
    }
    Some(bits)
}

/// One clause: who, then operators with what they give or take.
fn symbolic(bits: u32, clause: &str) -> Option<u32> {
    let at = clause.find(['+', '-', '='])?;
    let (who, mut rest) = clause.split_at(at);
    let mut mask = 0;
    for c in who.chars() {
        mask |= match c {
            'u' => 0o4700,
            'g' => 0o2070,
            'o' => 0o1007,
            'a' => 0o7777,
            _ => return None,
        };
    }
    if who.is_empty() {
        mask = 0o7777;
    }
    let mut bits = bits;
    while let Some(operator) = rest.chars().next() {
        let end = rest.get(1..)?.find(['+', '-', '=']).map_or(rest.len(), |i| i + 1);
        let what = permissions(rest.get(1..end)?, bits)? & mask;
        match operator {
            '+' => bits |= what,
            '-' => bits &= !what,
            _ => bits = (bits & !mask) | what,
        }
        rest = rest.get(end..)?;
    }
    Some(bits)
}

fn permissions(letters: &str, from: u32) -> Option<u32> {
    let mut bits = 0;
    for c in letters.chars() {
        bits |= match c {
            'r' => 0o444,
            'w' => 0o222,
            'x' => 0o111,
            'X' if from & 0o111 != 0 => 0o111,
            'X' => 0,
            's' => 0o6000,
            't' => 0o1000,
            'u' => (from >> 6 & 7) * 0o111,
            'g' => (from >> 3 & 7) * 0o111,
            'o' => (from & 7) * 0o111,
            _ => return None,
        };
    }
    Some(bits)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn forms() {
        assert_eq!(parse("o755"), Some(0o755));
        assert_eq!(parse("o0600"), Some(0o600));
        assert_eq!(parse("(identity #o444)"), Some(0o444));
        assert_eq!(parse("rwxr-x--x"), Some(0o751));
        assert_eq!(parse("a=rw,u+x"), Some(0o766));
        assert_eq!(parse("u+x"), Some(0o744));
        assert_eq!(parse("755"), None);
        assert_eq!(parse("o999"), None);
    }
}
