//! Which text is the value of which input.

use std::collections::BTreeMap;

/// What was given.
#[derive(Debug, Default)]
pub struct Inputs {
    /// From arguments: text.
    texts: BTreeMap<String, String>,
    /// From standard input: JSON text.
    values: BTreeMap<String, String>,
}

impl Inputs {
    /// Reads `name=value` arguments. Standard input is read only when an argument is `-`, so that a program without
    /// that does not wait for it.
    ///
    /// # Errors
    ///
    /// When an argument has no `=`, or standard input is not one JSON object.
    pub fn parse(arguments: &[String], stdin: impl FnOnce() -> Vec<u8>) -> Result<Self, String> {
        let mut inputs = Self::default();
        let mut stdin = Some(stdin);
        for argument in arguments {
            if argument == "-" {
                if let Some(read) = stdin.take() {
                    inputs.values = object(&read())?;
                }
            } else if let Some((name, value)) = argument.split_once('=') {
                inputs.texts.insert(name.to_owned(), value.to_owned());
            } else {
                return Err(format!(
                    "the argument `{argument}` is not `name=value`, nor `-` for a JSON object on standard input"
                ));
            }
        }
        Ok(inputs)
    }

    /// The JSON text of an input's value.
    ///
    /// # Errors
    ///
    /// When there is no value.
    pub fn get(&self, name: &str, ty: &str, default: &str) -> Result<String, String> {
        if let Some(text) = self.texts.get(name) {
            let json = ty != "string" && ty != "char" && codec::json::Reader::whole(text.as_bytes()).is_ok();
            return Ok(if json { text.clone() } else { quoted(text) });
        }
        if let Some(value) = self.values.get(name) {
            return Ok(value.clone());
        }
        if default.is_empty() {
            return Err(format!(
                "input `{name}` ({ty}) has no value; give `{name}=…`, or `-` and a JSON object on standard input"
            ));
        }
        Ok(default.to_owned())
    }
}

fn quoted(text: &str) -> String {
    let mut out = Vec::new();
    codec::json::quote(text, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// The values of a JSON object, as they are written.
fn object(text: &[u8]) -> Result<BTreeMap<String, String>, String> {
    let mut reader = codec::json::Reader::new(text);
    let mut read = || {
        let mut values = BTreeMap::new();
        reader.open(b'{')?;
        let mut first = true;
        while reader.more(&mut first, b'}')? {
            let key = reader.key()?;
            values.insert(key, String::from_utf8_lossy(reader.skip()?).into_owned());
        }
        reader.end()?;
        Ok(values)
    };
    read().map_err(|error: codec::json::Malformed| format!("standard input is not a JSON object of inputs: {error}"))
}

#[cfg(test)]
mod tests {
    use super::Inputs;

    fn parse(arguments: &[&str], stdin: &str) -> Result<Inputs, String> {
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Inputs::parse(&arguments, || stdin.as_bytes().to_vec())
    }

    #[test]
    fn arguments_win_over_standard_input_and_defaults() {
        let inputs = parse(&["a=5", "b=five", "-"], r#"{"a": 1, "c": [1, 2]}"#).unwrap();
        assert_eq!(inputs.get("a", "f64", "").as_deref(), Ok("5"));
        assert_eq!(inputs.get("a", "string", "").as_deref(), Ok("\"5\""));
        assert_eq!(inputs.get("b", "json", "").as_deref(), Ok("\"five\""));
        assert_eq!(inputs.get("c", "json", "0").as_deref(), Ok("[1, 2]"));
        assert_eq!(inputs.get("d", "json", "0").as_deref(), Ok("0"));
        assert!(inputs.get("d", "f64", "").unwrap_err().starts_with("input `d` (f64) has no value"));
    }

    #[test]
    fn what_is_not_understood_is_said() {
        assert!(parse(&["a"], "").unwrap_err().contains("`a` is not `name=value`"));
        assert!(parse(&["-"], "[1]").unwrap_err().contains("not a JSON object"));
        assert!(parse(&["-"], "{} x").unwrap_err().contains("byte 3"));
    }
}
