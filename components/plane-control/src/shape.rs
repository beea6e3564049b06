//! What values look like: as JSON Schema (2020-12) for others, and as a check for what comes in. One description for both, so that
//! neither can say what the other does not.

use serde_json::{Map, Value, json};

/// A text of a kind.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// As a regular expression (ECMA-262), for others.
    pub pattern: Option<&'static str>,
    /// The same as code.
    pub fits: fn(&str) -> bool,
    /// What it is, in words.
    pub says: &'static str,
}

/// What a value looks like.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// A text: least and most characters.
    Text(Form, usize, usize),
    /// A whole number within bounds.
    Whole(i64, i64),
    /// True or false.
    Bool,
    /// Any JSON.
    Any,
    /// One of these texts.
    One(&'static [&'static str]),
    /// A list: what is in it, and at most how many.
    List(&'static Shape, usize),
    /// An object with these members and no others.
    Object(&'static [Member]),
    /// An object with any names.
    Map(&'static Shape),
    /// This or null.
    Maybe(&'static Shape),
    /// A shape that has a name.
    Named(&'static str, &'static Shape),
}

/// A member of an object.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// What it looks like.
    pub shape: Shape,
    /// Whether it has to be there.
    pub needed: bool,
    /// What it is.
    pub about: &'static str,
}

impl Shape {
    /// As JSON Schema. Named shapes are references.
    #[must_use]
    pub fn schema(&self) -> Value {
        match self {
            Self::Text(form, least, most) => {
                let mut schema = json!({ "type": "string", "maxLength": most });
                if *least > 0 {
                    schema["minLength"] = json!(least);
                }
                if let Some(pattern) = form.pattern {
                    schema["pattern"] = json!(pattern);
                }
                schema
            }
            Self::Whole(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
            Self::Bool => json!({ "type": "boolean" }),
            Self::Any => json!({}),
            Self::One(texts) => json!({ "type": "string", "enum": texts }),
            Self::List(of, most) => json!({ "type": "array", "items": of.schema(), "maxItems": most }),
            Self::Object(members) => {
                let member = |member: &Member| {
                    let mut schema = member.shape.schema();
                    if !member.about.is_empty() && !matches!(member.shape, Self::Named(..)) {
                        schema["description"] = json!(member.about);
                    }
                    (member.name.to_owned(), schema)
                };
                let needed: Vec<&str> = members.iter().filter(|of| of.needed).map(|of| of.name).collect();
                let properties: Map<String, Value> = members.iter().map(member).collect();
                json!({ "type": "object", "properties": properties, "required": needed, "additionalProperties": false })
            }
            Self::Map(of) => json!({ "type": "object", "additionalProperties": of.schema() }),
            Self::Maybe(of) => json!({ "anyOf": [of.schema(), { "type": "null" }] }),
            Self::Named(name, _) => json!({ "$ref": format!("#/components/schemas/{name}") }),
        }
    }

    /// Named shapes in here, with the shapes they name.
    pub fn named(&self, found: &mut Vec<(&'static str, &'static Shape)>) {
        match self {
            Self::Named(name, of) if !found.iter().any(|(known, _)| known == name) => {
                found.push((name, of));
                of.named(found);
            }
            Self::List(of, _) | Self::Map(of) | Self::Maybe(of) => of.named(found),
            Self::Object(members) => members.iter().for_each(|member| member.shape.named(found)),
            _ => {}
        }
    }

    /// Checks a value.
    ///
    /// # Errors
    ///
    /// What is wrong, and where, as a JSON pointer (RFC 6901).
    pub fn check(&self, value: &Value) -> Result<(), (String, String)> {
        self.check_at(value, "")
    }

    fn check_at(&self, value: &Value, at: &str) -> Result<(), (String, String)> {
        let wrong = |what: String| Err((at.to_owned(), what));
        match (self, value) {
            (Self::Any, _) | (Self::Bool, Value::Bool(_)) | (Self::Maybe(_), Value::Null) => Ok(()),
            (Self::Maybe(of) | Self::Named(_, of), _) => of.check_at(value, at),
            (Self::Text(..) | Self::One(_), Value::String(text)) => {
                self.check_text(text).map_err(|what| (at.to_owned(), what))
            }
            (Self::Whole(least, most), Value::Number(number)) => match whole(number) {
                Some(number) if (*least..=*most).contains(&number) => Ok(()),
                _ => wrong(format!("expected a whole number from {least} to {most}")),
            },
            (Self::List(_, most), Value::Array(items)) if items.len() > *most => {
                wrong(format!("expected at most {most} items and not {}", items.len()))
            }
            (Self::List(of, _), Value::Array(items)) => {
                items.iter().enumerate().try_for_each(|(index, item)| of.check_at(item, &format!("{at}/{index}")))
            }
            (Self::Map(of), Value::Object(members)) => {
                members.iter().try_for_each(|(name, member)| of.check_at(member, &pointer(at, name)))
            }
            (Self::Object(known), Value::Object(members)) => object(known, members, at),
            _ => wrong(format!("expected {} and not {}", self.words(), kind(value))),
        }
    }

    /// Checks a text, such as a part of a path.
    ///
    /// # Errors
    ///
    /// What is wrong.
    pub fn check_text(&self, text: &str) -> Result<(), String> {
        match self {
            Self::Text(form, least, most) => {
                let length = text.chars().count();
                if length < *least || length > *most || !(form.fits)(text) {
                    return Err(format!("expected {}", form.says));
                }
                Ok(())
            }
            Self::One(texts) if texts.contains(&text) => Ok(()),
            Self::One(texts) => Err(format!("expected one of `{}`", texts.join("`, `"))),
            Self::Whole(least, most) => match text.parse::<i64>() {
                Ok(number) if (*least..=*most).contains(&number) && text.bytes().all(|b| b.is_ascii_digit()) => Ok(()),
                _ => Err(format!("expected a whole number from {least} to {most}")),
            },
            _ => Ok(()),
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Text(form, ..) => form.says.to_owned(),
            Self::Whole(..) => "a whole number".to_owned(),
            Self::Bool => "true or false".to_owned(),
            Self::Any => "anything".to_owned(),
            Self::One(texts) => format!("one of `{}`", texts.join("`, `")),
            Self::List(..) => "a list".to_owned(),
            Self::Object(_) | Self::Map(_) => "an object".to_owned(),
            Self::Maybe(of) | Self::Named(_, of) => of.words(),
        }
    }
}

/// JSON knows no integers: `1.0` is one (JSON Schema, section 6.1.1 of its validation vocabulary).
fn whole(number: &serde_json::Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let float = number.as_f64()?;
        let exact = float.fract() == 0.0 && float.abs() < 9e15;
        #[allow(clippy::cast_possible_truncation)] // It has no fraction and is small enough.
        exact.then_some(float as i64)
    })
}

fn object(known: &[Member], members: &Map<String, Value>, at: &str) -> Result<(), (String, String)> {
    for (name, member) in members {
        match known.iter().find(|of| of.name == name) {
            Some(of) => of.shape.check_at(member, &pointer(at, name))?,
            None => {
                let names: Vec<&str> = known.iter().map(|of| of.name).collect();
                let there = if names.is_empty() { "none".to_owned() } else { format!("`{}`", names.join("`, `")) };
                return Err((pointer(at, name), format!("there is no such member; there is {there}")));
            }
        }
    }
    match known.iter().find(|of| of.needed && !members.contains_key(of.name)) {
        Some(of) => Err((at.to_owned(), format!("`{}` is missing", of.name))),
        None => Ok(()),
    }
}

fn pointer(at: &str, name: &str) -> String {
    format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shapes::{ID, NOTE};

    const THING: Shape = Shape::Object(&[
        Member { name: "id", shape: ID, needed: true, about: "" },
        Member { name: "n", shape: Shape::Whole(1, 9), needed: false, about: "" },
        Member { name: "a/b", shape: Shape::List(&Shape::Maybe(&NOTE), 2), needed: false, about: "" },
    ]);

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for good in [json!({ "id": "a" }), json!({ "id": "a", "n": 1.0, "a/b": [null, "x"] })] {
            assert_eq!(THING.check(&good), Ok(()), "{good}");
        }
        for (bad, at, what) in [
            (json!([]), "", "expected an object and not a list"),
            (json!({}), "", "`id` is missing"),
            (json!({ "id": "a", "x": 1 }), "/x", "there is no such member"),
            (json!({ "id": 1 }), "/id", "and not a number"),
            (json!({ "id": "-" }), "/id", "expected"),
            (json!({ "id": "a", "n": 0 }), "/n", "from 1 to 9"),
            (json!({ "id": "a", "n": 1.5 }), "/n", "from 1 to 9"),
            (json!({ "id": "a", "a/b": [1] }), "/a~1b/0", "and not a number"),
            (json!({ "id": "a", "a/b": ["", "", ""] }), "/a~1b", "at most 2"),
        ] {
            let (place, said) = THING.check(&bad).unwrap_err();
            assert!(place == at && said.contains(what), "{bad}: {place} {said}");
        }
    }

    #[test]
    fn texts_of_a_path_are_checked_as_values_are() {
        assert!(ID.check_text("a.b-c_9").is_ok() && Shape::Whole(0, 5).check_text("5").is_ok());
        for bad in ["", "-a", "a/b", "ä", &"a".repeat(129)] {
            assert!(ID.check_text(bad).is_err(), "{bad}");
        }
        for bad in ["", "+1", "6", "1.0", "99999999999999999999"] {
            assert!(Shape::Whole(0, 5).check_text(bad).is_err(), "{bad}");
        }
    }
}
