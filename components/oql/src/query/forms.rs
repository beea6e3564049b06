//! What the forms of an s-expression mean: `(and (tags "work") (deadline :to +7))`, in the manner of org-ql.

use super::expr::{Comparison, Expr, PriorityTest, PropertyTest, Relation, TagTest, Tags, Value, duration};
use super::groups::Groups;
use super::sexp::{Form, Node};
use super::{Clock, error, pattern, when};
use crate::model::QueryError;

/// All names, for suggestions.
const FORMS: &[&str] = &[
    "and",
    "or",
    "not",
    "when",
    "unless",
    "tags",
    "tags-all",
    "tags-local",
    "tags-inherited",
    "tags-regexp",
    "todo",
    "done",
    "heading",
    "regexp",
    "level",
    "priority",
    "property",
    "id",
    "category",
    "effort",
    "habit",
    "scheduled",
    "deadline",
    "closed",
    "planning",
    "ts",
    "ts-active",
    "ts-inactive",
    "clocked",
    "parent",
    "ancestors",
    "children",
    "descendants",
    "path",
    "outline-path",
    "outline-path-segment",
    "src",
    "link",
];

/// What building needs beside the form.
pub(super) struct Builder<'a> {
    pub(super) clock: Clock,
    pub(super) groups: &'a Groups,
}

type Built = Result<Expr, QueryError>;

impl Builder<'_> {
    pub(super) fn build(&self, form: Form) -> Built {
        let Form { name, at, args } = form;
        Ok(match name.as_str() {
            "and" => Expr::And(self.forms(args)?),
            "or" => Expr::Or(self.forms(args)?),
            "not" => Expr::Not(Box::new(Expr::Or(self.forms(args)?))),
            "when" => Expr::And(self.forms(args)?),
            "unless" => {
                let mut list = self.forms(args)?.into_iter();
                let first = list.next().ok_or_else(|| error(at, "expected a condition"))?;
                Expr::And(std::iter::once(Expr::Not(Box::new(first))).chain(list).collect())
            }
            "parent" => self.related(Relation::Parent, args)?,
            "ancestors" => self.related(Relation::Ancestors, args)?,
            "children" => self.related(Relation::Children, args)?,
            "descendants" => self.related(Relation::Descendants, args)?,
            "scheduled" | "deadline" | "closed" | "planning" | "clocked" | "ts" | "ts-active" | "ts-a"
            | "ts-inactive" | "ts-i" => Expr::Times(when::times(&name, at, &args, self.clock)?),
            "tags" | "tags-all" | "tags&" | "tags-local" | "local-tags" | "ltags" | "tags-inherited"
            | "inherited-tags" | "itags" | "tags-regexp" | "tags*" => self.tags(&name, args)?,
            "src" => source(args)?,
            _ => self.simple(&name, at, args)?,
        })
    }

    /// Forms whose arguments are texts.
    fn simple(&self, name: &str, at: usize, args: Vec<Node>) -> Built {
        Ok(match name {
            "todo" => Expr::Todo(words(args)?),
            "done" => Expr::Done,
            "heading" | "h" | "heading-regexp" | "h*" => {
                Expr::And(patterns(args)?.into_iter().map(Expr::Heading).collect())
            }
            "regexp" | "r" => Expr::And(patterns(args)?.into_iter().map(Expr::Text).collect()),
            "property" => property(at, args)?,
            "priority" => priority(at, args)?,
            "level" => level(at, &texts(args)?)?,
            "id" => {
                let id = |key: &str, value: Option<&(String, usize)>| match value {
                    None => Expr::Has { name: key.to_owned(), inherit: false },
                    Some((value, _)) => equals(key, value.clone(), false),
                };
                let args = texts(args)?;
                Expr::Or(vec![id("ID", args.first()), id("CUSTOM_ID", args.first())])
            }
            "category" => Expr::Category(words(args)?),
            "habit" => equals("STYLE", "habit".to_owned(), false),
            "effort" => effort(at, &texts(args)?)?,
            "path" => Expr::And(patterns(args)?.into_iter().map(Expr::Path).collect()),
            "outline-path" | "olp" => Expr::Outline { patterns: patterns(args)?, segment: false },
            "outline-path-segment" | "olps" => Expr::Outline { patterns: patterns(args)?, segment: true },
            "link" => Expr::Link(patterns(args)?.into_iter().next()),
            _ => return Err(unknown(name, at)),
        })
    }

    fn forms(&self, args: Vec<Node>) -> Result<Vec<Expr>, QueryError> {
        args.into_iter()
            .map(|arg| match arg {
                Node::Form(form) => self.build(form),
                other => Err(error(other.at(), "expected a form in parentheses")),
            })
            .collect()
    }

    /// `(parent)`, `(parent (todo))`; a text stands for a heading.
    fn related(&self, relation: Relation, args: Vec<Node>) -> Built {
        let mut list = Vec::new();
        for arg in args {
            list.push(match arg {
                Node::Form(form) => self.build(form)?,
                Node::Text(text, at) | Node::Word(text, at) => Expr::Heading(pattern(&text, at + 1)?),
            });
        }
        let of = if list.is_empty() { None } else { Some(Box::new(Expr::And(list))) };
        Ok(Expr::Related(relation, of))
    }

    fn tags(&self, name: &str, args: Vec<Node>) -> Built {
        let which = match name {
            "tags-local" | "local-tags" | "ltags" => Tags::Own,
            "tags-inherited" | "inherited-tags" | "itags" => Tags::Inherited,
            _ => Tags::All,
        };
        let tests = if matches!(name, "tags-regexp" | "tags*") {
            patterns(args)?.into_iter().map(TagTest::Like).collect::<Vec<_>>()
        } else {
            words(args)?.into_iter().map(|tag| self.groups.test(&tag)).collect()
        };
        if tests.is_empty() {
            return Ok(Expr::Tag(which, TagTest::Any));
        }
        let list = tests.into_iter().map(|test| Expr::Tag(which, test)).collect();
        Ok(if matches!(name, "tags-all" | "tags&") { Expr::And(list) } else { Expr::Or(list) })
    }
}

fn unknown(name: &str, at: usize) -> QueryError {
    let meant = crate::text::suggest(name, FORMS.iter().copied());
    let hint = meant.map_or_else(|| format!("known are {}", FORMS.join(", ")), |m| format!("did you mean `{m}`?"));
    error(at, format!("unknown form `{}`; {hint}", crate::text::clip(name, 40)))
}

fn texts(args: Vec<Node>) -> Result<Vec<(String, usize)>, QueryError> {
    args.into_iter()
        .map(|arg| match arg {
            Node::Text(text, at) | Node::Word(text, at) => Ok((text, at)),
            Node::Form(form) => Err(error(form.at, "expected a text, not a form")),
        })
        .collect()
}

fn words(args: Vec<Node>) -> Result<Vec<String>, QueryError> {
    Ok(texts(args)?.into_iter().map(|(text, _)| text).collect())
}

fn patterns(args: Vec<Node>) -> Result<Vec<super::pattern::Pattern>, QueryError> {
    // Where the quote stands; the pattern begins behind it.
    texts(args)?.into_iter().map(|(text, at)| pattern(&text, at + 1)).collect()
}

fn equals(name: &str, value: String, inherit: bool) -> Expr {
    Expr::Property(PropertyTest {
        name: name.to_owned(),
        comparison: Comparison::Equal,
        value: Value::Text(value),
        present: true,
        inherit,
    })
}

/// `(property "K")`, `(property "K" "V" :inherit t)`, `(property "K" > 3)`.
fn property(at: usize, args: Vec<Node>) -> Built {
    let mut inherit = false;
    let mut plain = Vec::new();
    let mut args = texts(args)?.into_iter();
    while let Some((text, at)) = args.next() {
        match text.as_str() {
            ":inherit" => {
                inherit = args.next().ok_or_else(|| error(at, "`:inherit` wants `t` or `nil`"))?.0 != "nil";
            }
            _ => plain.push((text, at)),
        }
    }
    match plain.as_slice() {
        [(name, _)] => Ok(Expr::Has { name: name.clone(), inherit }),
        [(name, _), (value, _)] => Ok(equals(name, value.clone(), inherit)),
        [(name, _), (sign, sign_at), (value, _)] => {
            let comparison = whole(sign, *sign_at)?;
            let value = match value.parse::<f64>() {
                Ok(number) => Value::Number(number),
                Err(_) => Value::Text(value.clone()),
            };
            Ok(Expr::Property(PropertyTest { name: name.clone(), comparison, value, present: true, inherit }))
        }
        _ => Err(error(at, "expected a name and perhaps a value")),
    }
}

/// A comparison and nothing else.
fn whole(sign: &str, at: usize) -> Result<Comparison, QueryError> {
    let found = Comparison::at(sign).filter(|(_, len)| *len == sign.len());
    found.map(|(c, _)| c).ok_or_else(|| error(at, "expected one of `=`, `<`, `<=`, `>`, `>=`, `!=`"))
}

/// `(priority)`, `(priority A B)`, `(priority >= B)`: the higher priority is the greater.
fn priority(at: usize, args: Vec<Node>) -> Built {
    let args = texts(args)?;
    let Some((first, first_at)) = args.first() else { return Ok(Expr::Priority(PriorityTest::Any)) };
    if !first.starts_with(['<', '>', '=', '!']) {
        return Ok(Expr::Priority(PriorityTest::OneOf(args.into_iter().map(|(t, _)| t).collect())));
    }
    let comparison = whole(first, *first_at)?;
    let Some((value, value_at)) = args.get(1) else { return Err(error(at, "expected a priority")) };
    let rank = super::eval::rank(value).ok_or_else(|| error(*value_at, "a priority is a letter or a number"))?;
    Ok(Expr::Priority(PriorityTest::Compare(comparison, rank)))
}

/// `(level 2)`, `(level 1 3)`, `(level < 3)`.
fn level(at: usize, args: &[(String, usize)]) -> Built {
    let number = |a: &(String, usize)| a.0.parse::<f64>().map_err(|_| error(a.1, "expected a number"));
    let is = |comparison: Comparison, n: f64| {
        let value = Value::Number(n);
        Expr::Property(PropertyTest { name: "LEVEL".to_owned(), comparison, value, present: true, inherit: false })
    };
    match args {
        [one] => Ok(is(Comparison::Equal, number(one)?)),
        [sign, one] => match Comparison::at(&sign.0) {
            Some(_) => Ok(is(whole(&sign.0, sign.1)?, number(one)?)),
            None => Ok(Expr::And(vec![
                is(Comparison::GreaterEqual, number(sign)?),
                is(Comparison::LessEqual, number(one)?),
            ])),
        },
        _ => Err(error(at, "expected a level")),
    }
}

/// `(effort "1:00")`, `(effort < 30)`.
fn effort(at: usize, args: &[(String, usize)]) -> Built {
    let minutes = |a: &(String, usize)| duration(&a.0).ok_or_else(|| error(a.1, "expected a duration such as `1:30`"));
    match args {
        [] => Ok(Expr::Has { name: "EFFORT".to_owned(), inherit: false }),
        [one] => Ok(Expr::Effort(Comparison::Equal, minutes(one)?)),
        [sign, one] => Ok(Expr::Effort(whole(&sign.0, sign.1)?, minutes(one)?)),
        _ => Err(error(at, "expected a duration")),
    }
}

/// `(src)`, `(src "text")`, `(src :lang "js" :regexps ("a" "b"))`.
fn source(args: Vec<Node>) -> Built {
    let mut lang = None;
    let mut patterns = Vec::new();
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        match arg {
            Node::Word(key, at) if key == ":lang" => match args.next() {
                Some(Node::Text(text, _) | Node::Word(text, _)) => lang = Some(text.to_ascii_lowercase()),
                _ => return Err(error(at, "`:lang` wants a language")),
            },
            Node::Word(key, _) if key == ":regexps" => {}
            Node::Text(text, at) | Node::Word(text, at) => patterns.push(pattern(&text, at + 1)?),
            Node::Form(list) => patterns.extend(self::patterns(list.args)?),
        }
    }
    Ok(Expr::Source { lang, patterns })
}
