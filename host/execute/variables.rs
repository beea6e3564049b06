//! `:var` of a block: what it names, and what that is worth without running anything.

use crate::kernel::types::{Data, World};
use crate::lanes::Port;

/// `a=x b="two words"` as pairs: an assignment ends at white space outside quotes and brackets.
#[must_use]
pub fn assignments(text: &str) -> Vec<(String, String)> {
    let mut parts = vec![String::new()];
    let (mut quoted, mut depth) = (false, 0i32);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '[' | '{' | '(' if !quoted => depth += 1,
            ']' | '}' | ')' if !quoted => depth -= 1,
            c if c.is_whitespace() && !quoted && depth <= 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    let pair = |part: String| part.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    parts.into_iter().filter_map(pair).collect()
}

/// What a `:var` says, as JSON: a literal, or the value of named data. Nothing for anything else.
#[must_use]
pub fn value(written: &str, data: &[Data]) -> Option<String> {
    if serde_json::from_str::<serde::de::IgnoredAny>(written).is_ok() {
        return Some(written.to_owned());
    }
    data.iter().find(|data| data.name == written).map(|data| data.value.clone())
}

/// The variables of a block that are none of its inputs, with their values as JSON.
#[must_use]
pub fn free(world: &World, inputs: &[Port], data: &[Data]) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for (name, written) in world.args.iter().filter(|arg| arg.key == "var").flat_map(|arg| assignments(&arg.value)) {
        let Some(value) = value(&written, data).filter(|_| inputs.iter().all(|port| port.name != name)) else {
            continue;
        };
        // The later of two with one name counts.
        found.retain(|(other, _)| *other != name);
        found.push((name, value));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::assignments;

    #[test]
    fn several_assignments_may_stand_in_one_var() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let expected = [pair("a", "x"), pair("b", "\"two words\""), pair("c", "[1, 2]")];
        assert_eq!(assignments("a=x b=\"two words\" c=[1, 2]"), expected);
        assert_eq!(assignments("lone"), []);
    }
}
