//! Assignments: `name=value`, elements, arrays. Where one may stand is decided in `parse`.

use super::parse::Parsed;
use super::{Assigned, Assignment, Parser, Word};

impl Parser<'_> {
    pub(super) fn assignment(&mut self) -> Parsed<Option<Assignment>> {
        let start = self.pos;
        let name = self.name().to_owned();
        if name.is_empty() {
            return Ok(None);
        }
        let mut index = None;
        if self.byte() == Some(b'[') {
            match self.subscript() {
                Ok(word) => index = Some(word),
                Err(_) => {
                    self.pos = start;
                    return Ok(None);
                }
            }
        }
        let append = self.eat("+=");
        if !append && !self.eat("=") {
            self.pos = start;
            return Ok(None);
        }
        let value = if index.is_none() && self.eat("(") {
            Assigned::Array(self.array(start)?)
        } else {
            Assigned::Word(self.word()?.unwrap_or_default())
        };
        Ok(Some(Assignment { name, index, append, value }))
    }

    fn array(&mut self, start: usize) -> Parsed<Vec<(Option<Word>, Word)>> {
        let mut items = Vec::new();
        loop {
            self.newlines()?;
            if self.eat(")") {
                return Ok(items);
            }
            let at = self.pos;
            if self.byte() == Some(b'[') {
                let index = self.subscript();
                if let Ok(index) = index
                    && self.eat("=")
                {
                    items.push((Some(index), self.word()?.unwrap_or_default()));
                    continue;
                }
                self.pos = at;
            }
            match self.word()? {
                Some(word) => items.push((None, word)),
                None => return Err(self.error_at(start, "`=(` has no `)`")),
            }
        }
    }
}
