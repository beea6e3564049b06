//! Escapes in texts, as `echo -e`, `printf` and `$'…'` read them.

/// Who reads the escapes: they differ in details.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escapes {
    /// `echo -e`, `%b`: octal is `\0nnn`, `\c` ends everything.
    Echo,
    /// A format of `printf`: octal is `\nnn`.
    Format,
    /// `$'…'`
    Quoted,
}

/// The bytes a text with escapes stands for, and whether `\c` ended them.
pub(crate) fn unescape(text: &str, escapes: Escapes) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let Some((&letter, tail)) = rest.split_first() else {
            out.push(b'\\');
            break;
        };
        rest = tail;
        match letter {
            b'a' => out.push(7),
            b'b' => out.push(8),
            b'e' | b'E' => out.push(27),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'v' => out.push(11),
            b'\\' => out.push(b'\\'),
            b'\'' | b'"' | b'?' if escapes != Escapes::Echo => out.push(letter),
            b'c' if escapes == Escapes::Echo => return (out, true),
            b'x' => match digits(&mut rest, 16, 2) {
                Some(value) => out.push(value as u8),
                None => out.extend(b"\\x"),
            },
            b'u' | b'U' => match digits(&mut rest, 16, if letter == b'u' { 4 } else { 8 }).and_then(char::from_u32) {
                Some(c) => out.extend(c.encode_utf8(&mut [0; 4]).bytes()),
                None => out.extend([b'\\', letter]),
            },
            b'0' if escapes == Escapes::Echo => out.push(digits(&mut rest, 8, 3).unwrap_or(0) as u8),
            b'0'..=b'7' if escapes != Escapes::Echo => {
                let mut with_first = &[&[letter], rest].concat()[..];
                let before = with_first.len();
                let value = digits(&mut with_first, 8, 3).unwrap_or(0);
                rest = &rest[before - with_first.len() - 1..];
                out.push(value as u8);
            }
            other => out.extend([b'\\', other]),
        }
    }
    (out, false)
}

/// A number of at most so many digits from the front.
fn digits(rest: &mut &[u8], radix: u32, most: usize) -> Option<u32> {
    let count = rest.iter().take(most).take_while(|byte| char::from(**byte).is_digit(radix)).count();
    let (number, tail) = rest.split_at(count);
    let value = u32::from_str_radix(std::str::from_utf8(number).ok()?, radix).ok()?;
    *rest = tail;
    Some(value)
}

/// A text as a word that the shell reads as that text.
pub(crate) fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// The same as [`quote`], in the way of `printf %q`: a backslash before what means something.
pub(crate) fn backslashed(text: &str) -> String {
    if text.is_empty() {
        return "''".to_owned();
    }
    if text.contains(char::is_control) {
        let escaped: String = text.chars().map(dollar_escape).collect();
        return format!("$'{escaped}'");
    }
    let mut out = String::with_capacity(text.len());
    for (index, c) in text.char_indices() {
        let special = " !\"$&'()*,;<>?[\\]^`{|}".contains(c) || (index == 0 && (c == '#' || c == '~'));
        if special {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A character inside `$'…'`.
fn dollar_escape(c: char) -> String {
    match c {
        '\n' => "\\n".to_owned(),
        '\t' => "\\t".to_owned(),
        '\r' => "\\r".to_owned(),
        '\'' => "\\'".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\u{1b}' => "\\E".to_owned(),
        c if c.is_control() => format!("\\{:03o}", u32::from(c)),
        c => c.to_string(),
    }
}
