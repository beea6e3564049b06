//! Tokens of an `awk` program.

use crate::Stop;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Text(String),
    Regex(String),
    Name(String),
    /// A name with a bracket right behind it.
    Call(String),
    Op(&'static str),
    Line,
    End,
}

const OPERATORS: &[&str] = &[
    "**=", "&&", "||", "==", "!=", "<=", ">=", "+=", "-=", "*=", "/=", "%=", "^=", "++", "--", ">>", "**", "!~", "{",
    "}", "(", ")", "[", "]", ";", ",", "+", "-", "*", "/", "%", "^", "!", ">", "<", "|", "?", ":", "~", "$", "=",
];

/// Words that are no names.
pub(super) const WORDS: &[&str] = &[
    "BEGIN", "END", "function", "func", "if", "else", "while", "for", "do", "break", "continue", "next", "nextfile",
    "exit", "return", "delete", "in", "getline", "print", "printf",
];

pub(super) fn tokens(text: &str) -> Result<Vec<(Token, u32)>, Stop> {
    let chars: Vec<char> = text.chars().collect();
    let mut out: Vec<(Token, u32)> = Vec::new();
    let (mut at, mut line) = (0, 1u32);
    while let Some(&c) = chars.get(at) {
        let token = match c {
            ' ' | '\t' | '\r' => {
                at += 1;
                continue;
            }
            '\\' if chars.get(at + 1) == Some(&'\n') => {
                at += 2;
                line += 1;
                continue;
            }
            '#' => {
                while chars.get(at).is_some_and(|c| *c != '\n') {
                    at += 1;
                }
                continue;
            }
            '\n' => {
                at += 1;
                line += 1;
                Token::Line
            }
            '"' => Token::Text(quoted(&chars, &mut at, '"', line)?),
            '/' if regex_may_follow(out.last().map(|(token, _)| token)) => {
                Token::Regex(pattern(&chars, &mut at, line)?)
            }
            c if c.is_ascii_digit() || (c == '.' && chars.get(at + 1).is_some_and(char::is_ascii_digit)) => {
                let rest: String = chars[at..].iter().take(40).collect();
                let (number, length) = crate::numbers::leading_number(&rest);
                at += length.max(1);
                Token::Number(number)
            }
            c if c.is_ascii_alphabetic() || c == '_' => {
                let end =
                    (at..chars.len()).find(|index| !chars[*index].is_ascii_alphanumeric() && chars[*index] != '_');
                let name: String = chars[at..end.unwrap_or(chars.len())].iter().collect();
                at += name.len();
                if chars.get(at) == Some(&'(') && !WORDS.contains(&name.as_str()) {
                    Token::Call(name)
                } else {
                    Token::Name(name)
                }
            }
            _ => {
                let rest: String = chars[at..].iter().take(3).collect();
                let operator = OPERATORS.iter().find(|operator| rest.starts_with(**operator));
                let operator = operator.ok_or_else(|| Stop::Error(2, format!("line {line}: `{c}` is not expected")))?;
                at += operator.len();
                Token::Op(match *operator {
                    "**" => "^",
                    "**=" => "^=",
                    operator => operator,
                })
            }
        };
        out.push((token, line));
    }
    out.push((Token::End, line));
    Ok(out)
}

/// A slash divides after a value and begins a pattern elsewhere.
fn regex_may_follow(before: Option<&Token>) -> bool {
    match before {
        Some(Token::Number(_) | Token::Text(_) | Token::Regex(_)) => false,
        Some(Token::Name(name)) => WORDS.contains(&name.as_str()),
        Some(Token::Op(operator)) => !matches!(*operator, ")" | "]" | "$" | "++" | "--"),
        _ => true,
    }
}

fn quoted(chars: &[char], at: &mut usize, end: char, line: u32) -> Result<String, Stop> {
    let start = *at + 1;
    let mut index = start;
    loop {
        match chars.get(index) {
            None | Some('\n') => return Err(Stop::Error(2, format!("line {line}: a text is not closed"))),
            Some('\\') => index += 2,
            Some(c) if *c == end => break,
            Some(_) => index += 1,
        }
    }
    *at = index + 1;
    let raw: String = chars[start..index].iter().collect::<String>().replace("\\/", "/").replace("\\\n", "");
    let (bytes, _) = crate::text::unescape(&raw, crate::text::Escapes::Quoted);
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn pattern(chars: &[char], at: &mut usize, line: u32) -> Result<String, Stop> {
    let mut text = String::new();
    let mut index = *at + 1;
    let mut in_set = false;
    loop {
        match chars.get(index) {
            None | Some('\n') => {
                return Err(Stop::Error(2, format!("line {line}: a regular expression is not closed")));
            }
            Some('/') if !in_set => break,
            Some('\\') if chars.get(index + 1) == Some(&'/') => {
                text.push('/');
                index += 1;
            }
            Some('\\') => {
                text.push('\\');
                text.extend(chars.get(index + 1));
                index += 1;
            }
            Some(c) => {
                match c {
                    '[' if !in_set => {
                        in_set = true;
                        text.push('[');
                        for first in ['^', ']'] {
                            if chars.get(index + 1) == Some(&first) {
                                text.push(first);
                                index += 1;
                            }
                        }
                        index += 1;
                        continue;
                    }
                    // The bracket of a class such as `[:alpha:]` ends no set.
                    ']' if !text.ends_with(':') => in_set = false,
                    _ => {}
                }
                text.push(*c);
            }
        }
        index += 1;
    }
    *at = index + 1;
    Ok(text)
}
