//! Reads the part of Graphviz's language that small diagrams are written in.

use std::collections::HashMap;

use super::{Edge, Graph, Node, Shape};

/// Groups in groups.
const MAX_DEPTH: usize = 16;

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Quoted(String),
    /// `->` or `--`.
    Arrow(&'static str),
    Sign(char),
}

type Attributes = HashMap<String, String>;

/// What `node [...]` and `edge [...]` say for all that follows in a group.
#[derive(Clone, Default)]
struct Defaults {
    node: Attributes,
    edge: Attributes,
}

struct Reader {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    graph: Graph,
    arrow: &'static str,
}

pub(super) fn read(source: &str) -> Option<Graph> {
    let mut tokens = tokens(source)?.into_iter().peekable();
    let mut word = || match tokens.next() {
        Some(Token::Word(word)) => Some(word.to_ascii_lowercase()),
        _ => None,
    };
    let mut kind = word()?;
    if kind == "strict" {
        kind = word()?;
    }
    let arrow = match kind.as_str() {
        "digraph" => "->",
        "graph" => "--",
        _ => return None,
    };
    if matches!(tokens.peek(), Some(Token::Word(_) | Token::Quoted(_))) {
        tokens.next();
    }
    let mut reader = Reader { tokens, graph: Graph::default(), arrow };
    reader.sign('{')?;
    reader.group(&Defaults::default(), 0)?;
    (reader.tokens.next().is_none() && !reader.graph.nodes.is_empty()).then_some(reader.graph)
}

fn tokens(source: &str) -> Option<Vec<Token>> {
    let mut out = Vec::new();
    let mut rest = source;
    let mut line_start = true;
    while let Some(c) = rest.chars().next() {
        let behind = rest.get(c.len_utf8()..)?;
        if rest.starts_with("//") || (c == '#' && line_start) {
            rest = rest.get(rest.find('\n').unwrap_or(rest.len())..)?;
        } else if rest.starts_with("/*") {
            rest = rest.split_once("*/")?.1;
        } else if c == '"' {
            let (text, after) = quoted(behind)?;
            out.push(Token::Quoted(text));
            rest = after;
        } else if rest.starts_with("->") || rest.starts_with("--") {
            out.push(Token::Arrow(if rest.starts_with("->") { "->" } else { "--" }));
            rest = rest.get(2..)?;
        } else if matches!(c, '{' | '}' | '[' | ']' | ';' | ',' | '=' | ':') {
            out.push(Token::Sign(c));
            rest = behind;
        } else if is_word(c) || (c == '-' && behind.starts_with(|c: char| c.is_ascii_digit() || c == '.')) {
            let end = behind.find(|c| !is_word(c)).unwrap_or(behind.len());
            out.push(Token::Word(rest.get(..c.len_utf8() + end)?.to_owned()));
            rest = behind.get(end..)?;
        } else if c.is_whitespace() {
            line_start = c == '\n' || line_start;
            rest = behind;
            continue;
        } else {
            return None;
        }
        line_start = false;
    }
    Some(out)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.')
}

/// A quoted text behind its first quote, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((i, c)) = chars.next() {
        match c {
            '"' => return Some((out, text.get(i + 1..)?)),
            '\\' => match chars.next()?.1 {
                'n' | 'l' | 'r' => out.push('\n'),
                c @ ('"' | '\\') => out.push(c),
                '\n' => {}
                c => out.extend(['\\', c]),
            },
            c => out.push(c),
        }
    }
    None
}

impl Reader {
    fn sign(&mut self, sign: char) -> Option<()> {
        self.took(sign).then_some(())
    }

    fn took(&mut self, sign: char) -> bool {
        self.tokens.next_if_eq(&Token::Sign(sign)).is_some()
    }

    fn word(&mut self) -> Option<String> {
        match self.tokens.next()? {
            Token::Word(text) | Token::Quoted(text) => Some(text),
            _ => None,
        }
    }

    /// The statements of a group and its `}`; the nodes in it.
    fn group(&mut self, defaults: &Defaults, depth: usize) -> Option<Vec<usize>> {
        if depth > MAX_DEPTH {
            return None;
        }
        let mut defaults = defaults.clone();
        let mut nodes = Vec::new();
        while !self.took('}') {
            if self.took(';') || self.took(',') {
                continue;
            }
            nodes.extend(self.statement(&mut defaults, depth)?);
        }
        nodes.sort_unstable();
        nodes.dedup();
        Some(nodes)
    }

    fn statement(&mut self, defaults: &mut Defaults, depth: usize) -> Option<Vec<usize>> {
        if let Some(Token::Word(word)) = self.tokens.peek() {
            let word = word.to_ascii_lowercase();
            if matches!(word.as_str(), "node" | "edge" | "graph") {
                self.tokens.next();
                let said = self.attributes()?;
                match word.as_str() {
                    "node" => defaults.node.extend(said),
                    "edge" => defaults.edge.extend(said),
                    _ => self.settings(&said)?,
                }
                return Some(Vec::new());
            }
        }
        let first = match self.tokens.peek()? {
            Token::Word(w) if !w.eq_ignore_ascii_case("subgraph") => Some(self.word()?),
            Token::Quoted(_) => Some(self.word()?),
            _ => None,
        };
        if let Some(key) = &first
            && self.took('=')
        {
            let value = self.word()?;
            self.settings(&HashMap::from([(key.to_ascii_lowercase(), value)]))?;
            return Some(Vec::new());
        }
        let mut chain = vec![match first {
            Some(id) => vec![self.named(&id, defaults)?],
            None => self.endpoint(defaults, depth)?,
        }];
        while let Some(Token::Arrow(arrow)) = self.tokens.next_if(|t| matches!(t, Token::Arrow(_))) {
            if arrow != self.arrow {
                return None;
            }
            chain.push(self.endpoint(defaults, depth)?);
        }
        let said = self.attributes()?;
        if let [ids] = chain.as_slice() {
            for id in ids {
                dress(self.graph.nodes.get_mut(*id)?, &said)?;
            }
            return chain.pop();
        }
        let mut attributes = defaults.edge.clone();
        attributes.extend(said);
        for pair in chain.windows(2) {
            let [from, to] = pair else { continue };
            for (from, to) in from.iter().flat_map(|f| to.iter().map(move |t| (*f, *t))) {
                self.edge(from, to, &attributes)?;
            }
        }
        Some(chain.concat())
    }

    fn edge(&mut self, from: usize, to: usize, attributes: &Attributes) -> Option<()> {
        let arrow = match attributes.get("dir").map(String::as_str) {
            None | Some("forward") => self.arrow == "->",
            Some("none") => false,
            _ => return None,
        };
        let dashed = attributes.get("style").is_some_and(|s| s.contains("dashed") || s.contains("dotted"));
        let label = attributes.get("label").cloned().unwrap_or_default();
        self.graph.edge(Edge { from, to, label, dashed, arrow })
    }

    /// A node, or a group, whose nodes are all meant.
    fn endpoint(&mut self, defaults: &Defaults, depth: usize) -> Option<Vec<usize>> {
        if self.tokens.next_if(|t| matches!(t, Token::Word(w) if w.eq_ignore_ascii_case("subgraph"))).is_some() {
            self.tokens.next_if(|t| matches!(t, Token::Word(_) | Token::Quoted(_)));
            self.sign('{')?;
            return self.group(defaults, depth + 1);
        }
        if self.took('{') {
            return self.group(defaults, depth + 1);
        }
        let id = self.word()?;
        Some(vec![self.named(&id, defaults)?])
    }

    fn named(&mut self, id: &str, defaults: &Defaults) -> Option<usize> {
        // A port says where on the node an edge ends; here it always ends in the middle of a side.
        for _ in 0..2 {
            if self.took(':') {
                self.word()?;
            }
        }
        let is_new = !self.graph.known.contains_key(id);
        let fresh = || Node { label: id.to_owned(), shape: Shape::Ellipse, dashed: false };
        let at = self.graph.node(id, fresh)?;
        if is_new {
            dress(self.graph.nodes.get_mut(at)?, &defaults.node)?;
        }
        Some(at)
    }

    /// `[a=b, c=d] [e=f]`, or nothing.
    fn attributes(&mut self) -> Option<Attributes> {
        let mut out = Attributes::new();
        while self.took('[') {
            while !self.took(']') {
                if self.took(',') || self.took(';') {
                    continue;
                }
                let key = self.word()?.to_ascii_lowercase();
                let value = if self.took('=') { self.word()? } else { "true".to_owned() };
                out.insert(key, value);
            }
        }
        Some(out)
    }

    fn settings(&mut self, said: &Attributes) -> Option<()> {
        match said.get("rankdir").map(|d| d.to_ascii_uppercase()).as_deref() {
            None => {}
            Some("TB") => self.graph.across = false,
            Some("LR") => self.graph.across = true,
            _ => return None,
        }
        Some(())
    }
}

fn dress(node: &mut Node, said: &Attributes) -> Option<()> {
    if let Some(shape) = said.get("shape") {
        node.shape = match shape.to_ascii_lowercase().as_str() {
            "box" | "rect" | "rectangle" | "square" => Shape::Box,
            "ellipse" | "oval" => Shape::Ellipse,
            "circle" | "doublecircle" | "point" => Shape::Circle,
            "diamond" => Shape::Diamond,
            "plaintext" | "plain" | "none" => Shape::Plain,
            _ => return None,
        };
    }
    if let Some(label) = said.get("label") {
        node.label.clone_from(label);
    }
    if let Some(style) = said.get("style") {
        node.dashed = style.contains("dashed") || style.contains("dotted");
        if style.contains("rounded") && node.shape == Shape::Box {
            node.shape = Shape::Round;
        }
    }
    Some(())
}
