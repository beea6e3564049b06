//! Expressions of an `awk` program, by how strongly their operators bind.

use super::lex::{Token, WORDS};
use super::parse::{Expr, Parsed, Parser, Place, Slot, regex};
use crate::Stop;

impl Parser {
    pub(super) fn expr(&mut self) -> Parsed<Expr> {
        self.deeper(|p| p.ternary())
    }

    fn ternary(&mut self) -> Parsed<Expr> {
        let condition = self.or()?;
        if let Expr::Place(_) = &condition
            && let Token::Op(operator @ ("=" | "+=" | "-=" | "*=" | "/=" | "%=" | "^=")) = self.peek().clone()
            && let Expr::Place(place) = condition
        {
            self.at += 1;
            self.lines();
            let value = self.expr()?;
            let operator = operator.strip_suffix('=').and_then(|rest| rest.chars().next());
            return Ok(Expr::Assign(place, operator, Box::new(value)));
        }
        if !self.eat("?") {
            return Ok(condition);
        }
        self.lines();
        let yes = self.expr()?;
        self.lines();
        self.expect(":")?;
        self.lines();
        let no = self.expr()?;
        Ok(Expr::Choice(Box::new(condition), Box::new(yes), Box::new(no)))
    }

    fn or(&mut self) -> Parsed<Expr> {
        let mut left = self.and()?;
        while self.eat("||") {
            self.lines();
            left = Expr::Binary("||", Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Parsed<Expr> {
        let mut left = self.membership()?;
        while self.eat("&&") {
            self.lines();
            left = Expr::Binary("&&", Box::new(left), Box::new(self.membership()?));
        }
        Ok(left)
    }

    fn membership(&mut self) -> Parsed<Expr> {
        let mut left = self.matching()?;
        while !self.no_in && self.eat_word("in") {
            let Token::Name(name) = self.peek().clone() else { return self.wrong() };
            self.at += 1;
            let slot = self.slot(&name, true);
            left = Expr::In(vec![left], slot);
        }
        Ok(left)
    }

    fn matching(&mut self) -> Parsed<Expr> {
        let mut left = self.comparison()?;
        loop {
            let negated = if self.eat("~") {
                false
            } else if self.eat("!~") {
                true
            } else {
                return Ok(left);
            };
            let right = self.comparison()?;
            left = Expr::Match(negated, Box::new(left), Box::new(right));
        }
    }

    fn comparison(&mut self) -> Parsed<Expr> {
        let left = self.concatenation()?;
        let Token::Op(operator @ ("<" | "<=" | "==" | "!=" | ">" | ">=")) = self.peek().clone() else {
            return Ok(left);
        };
        if operator == ">" && self.no_greater {
            return Ok(left);
        }
        self.at += 1;
        let right = self.concatenation()?;
        Ok(Expr::Binary(operator, Box::new(left), Box::new(right)))
    }

    pub(super) fn concatenation(&mut self) -> Parsed<Expr> {
        let mut left = self.additive()?;
        loop {
            let begins = match self.peek() {
                Token::Number(_) | Token::Text(_) | Token::Call(_) => true,
                Token::Name(name) => !WORDS.contains(&name.as_str()),
                Token::Op(operator) => matches!(*operator, "(" | "$" | "!" | "-" | "+" | "++" | "--"),
                _ => false,
            };
            if !begins || matches!(self.peek(), Token::Op("+" | "-")) {
                return Ok(left);
            }
            left = Expr::Binary(" ", Box::new(left), Box::new(self.additive()?));
        }
    }

    fn additive(&mut self) -> Parsed<Expr> {
        let mut left = self.multiplicative()?;
        loop {
            let Token::Op(operator @ ("+" | "-")) = self.peek().clone() else { return Ok(left) };
            self.at += 1;
            left = Expr::Binary(operator, Box::new(left), Box::new(self.multiplicative()?));
        }
    }

    fn multiplicative(&mut self) -> Parsed<Expr> {
        let mut left = self.unary()?;
        loop {
            let Token::Op(operator @ ("*" | "/" | "%")) = self.peek().clone() else { return Ok(left) };
            self.at += 1;
            left = Expr::Binary(operator, Box::new(left), Box::new(self.unary()?));
        }
    }

    fn unary(&mut self) -> Parsed<Expr> {
        self.deeper(|p| {
            if p.eat("!") {
                return Ok(Expr::Not(Box::new(p.unary()?)));
            }
            if p.eat("-") {
                return Ok(Expr::Sign(-1.0, Box::new(p.unary()?)));
            }
            if p.eat("+") {
                return Ok(Expr::Sign(1.0, Box::new(p.unary()?)));
            }
            p.power()
        })
    }

    fn power(&mut self) -> Parsed<Expr> {
        let base = self.postfix()?;
        if !self.eat("^") {
            return Ok(base);
        }
        let exponent = self.unary()?;
        Ok(Expr::Binary("^", Box::new(base), Box::new(exponent)))
    }

    fn postfix(&mut self) -> Parsed<Expr> {
        for (operator, step) in [("++", 1.0), ("--", -1.0)] {
            if self.eat(operator) {
                return match self.primary()? {
                    Expr::Place(place) => Ok(Expr::Step(place, true, step)),
                    _ => self.wrong(),
                };
            }
        }
        let expr = self.primary()?;
        let step = match self.peek() {
            Token::Op("++") => 1.0,
            Token::Op("--") => -1.0,
            _ => return Ok(expr),
        };
        match expr {
            Expr::Place(place) => {
                self.at += 1;
                Ok(Expr::Step(place, false, step))
            }
            other => Ok(other),
        }
    }

    fn primary(&mut self) -> Parsed<Expr> {
        let token = self.peek().clone();
        self.at += 1;
        match token {
            Token::Number(number) => Ok(Expr::Number(number)),
            Token::Text(text) => Ok(Expr::Text(text.into())),
            Token::Regex(pattern) => Ok(Expr::Regex(regex(&pattern)?)),
            Token::Op("$") => {
                let index = self.deeper(|p| p.postfix_of_field())?;
                Ok(Expr::Place(Place::Field(Box::new(index))))
            }
            Token::Op("(") => {
                let mut list = self.list(")")?;
                self.expect(")")?;
                if list.len() == 1 {
                    return Ok(match list.remove(0) {
                        // In brackets it is a value, so that `(x) = 1` is none.
                        Expr::Place(place) => Expr::Grouped(place),
                        expr => expr,
                    });
                }
                if !self.eat_word("in") {
                    return self.wrong();
                }
                let Token::Name(name) = self.peek().clone() else { return self.wrong() };
                self.at += 1;
                let slot = self.slot(&name, true);
                Ok(Expr::In(list, slot))
            }
            Token::Call(name) => {
                self.at += 1;
                let list = self.list(")")?;
                self.expect(")")?;
                self.call(name, list)
            }
            Token::Name(name) if name == "length" => Ok(Expr::Builtin(name, Vec::new())),
            Token::Name(name) if name == "getline" => Err(Stop::Error(
                2,
                "`getline` does not exist here; read with patterns, or prepare the data before".to_owned(),
            )),
            Token::Name(name) if !WORDS.contains(&name.as_str()) => {
                if self.eat("[") {
                    let keys = self.keys()?;
                    return Ok(Expr::Place(Place::Element(self.slot(&name, true), keys)));
                }
                Ok(Expr::Place(Place::Variable(self.slot(&name, false))))
            }
            _ => {
                self.at -= 1;
                self.wrong()
            }
        }
    }

    /// What stands after `$`: it binds more strongly than `++` behind it.
    fn postfix_of_field(&mut self) -> Parsed<Expr> {
        if self.eat("-") {
            return Ok(Expr::Sign(-1.0, Box::new(self.primary()?)));
        }
        if matches!(self.peek(), Token::Op("++" | "--")) { self.postfix() } else { self.primary() }
    }

    fn call(&mut self, name: String, mut list: Vec<Expr>) -> Parsed<Expr> {
        let (least, most) = match name.as_str() {
            "length" => (0, 1),
            "rand" | "systime" => (0, 0),
            "srand" => (0, 1),
            "close" | "fflush" | "system" => (0, 2),
            "sin" | "cos" | "exp" | "log" | "sqrt" | "int" | "tolower" | "toupper" => (1, 1),
            "atan2" | "index" | "match" => (2, 3),
            "substr" | "split" | "sub" | "gsub" => (2, 3),
            "gensub" => (3, 4),
            "sprintf" => (1, usize::MAX),
            "strftime" => (0, 2),
            _ => {
                let index = self.function_index(&name);
                return Ok(Expr::Call(index, list));
            }
        };
        if list.len() < least || list.len() > most {
            return Err(Stop::Error(2, format!("`{name}` is called with {} arguments", list.len())));
        }
        if matches!(name.as_str(), "split" | "match")
            && let Some(Expr::Place(Place::Variable(Slot::Local(index)))) =
                list.get(if name == "split" { 1 } else { 2 })
        {
            self.local_arrays[*index] = true;
        }
        if matches!(name.as_str(), "sub" | "gsub") && list.len() == 2 {
            list.push(Expr::Place(Place::Field(Box::new(Expr::Number(0.0)))));
        }
        Ok(Expr::Builtin(name, list))
    }
}
