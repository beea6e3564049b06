//! Compound commands: brackets, `if`, loops, `case`.

use super::Shell;
use crate::pattern::Pattern;
use crate::syntax::{Arm, ArmEnd, Kind, List, Word};
use crate::{Done, Stop};

impl Shell {
    pub(super) async fn compound(&mut self, kind: &Kind) -> Done {
        match kind {
            Kind::Group(list) => self.list(list).await,
            Kind::Subshell(list) => {
                let mut sub = self.subshell();
                let result = sub.run_subshell(list).await;
                self.failed_line = sub.failed_line;
                self.line = sub.line;
                result
            }
            Kind::If { arms, otherwise } => self.choose(arms, otherwise.as_ref()).await,
            Kind::For { name, words, body } => self.each(name, words.as_deref(), body).await,
            Kind::Count { init, test, step, body } => self.count([init, test, step], body).await,
            Kind::Loop { until, condition, body } => self.repeat(*until, condition, body).await,
            Kind::Case { word, arms } => self.case(word, arms).await,
            Kind::Function { name, body } => {
                self.define(name, body);
                Ok(0)
            }
            Kind::Conditional(condition) => Ok(i32::from(!self.condition(condition).await?)),
            Kind::Arithmetic(word) => Ok(i32::from(self.number(word).await? == 0)),
            Kind::Simple { .. } => Ok(0),
        }
    }

    /// Runs a condition: its failure is an answer.
    async fn asked(&mut self, list: &List) -> Result<bool, Stop> {
        self.tolerant += 1;
        let result = self.list(list).await;
        self.tolerant -= 1;
        Ok(result? == 0)
    }

    async fn choose(&mut self, arms: &[(List, List)], otherwise: Option<&List>) -> Done {
        for (condition, body) in arms {
            if self.asked(condition).await? {
                return self.list(body).await;
            }
        }
        match otherwise {
            Some(body) => self.list(body).await,
            None => Ok(0),
        }
    }

    /// The body of a loop once. Some result ends the loop.
    async fn turn(&mut self, body: &List, status: &mut i32) -> Option<Done> {
        self.loops += 1;
        let result = self.list(body).await;
        self.loops -= 1;
        match result {
            Ok(last) => {
                *status = last;
                None
            }
            Err(Stop::Continue(levels)) if levels <= 1 => None,
            Err(Stop::Continue(levels)) => Some(Err(Stop::Continue(levels - 1))),
            Err(Stop::Break(levels)) if levels <= 1 => Some(Ok(0)),
            Err(Stop::Break(levels)) => Some(Err(Stop::Break(levels - 1))),
            other => Some(other),
        }
    }

    async fn each(&mut self, name: &str, words: Option<&[Word]>, body: &List) -> Done {
        let values = match words {
            Some(words) => self.fields(words).await?,
            None => self.parameters.to_vec(),
        };
        let mut status = 0;
        for value in values {
            self.set(name, value)?;
            if let Some(end) = self.turn(body, &mut status).await {
                return end;
            }
        }
        Ok(status)
    }

    async fn count(&mut self, [init, test, step]: [&Word; 3], body: &List) -> Done {
        let mut status = 0;
        self.number(init).await?;
        loop {
            // No condition is one that always holds.
            if !test.parts.is_empty() && self.number(test).await? == 0 {
                return Ok(status);
            }
            if let Some(end) = self.turn(body, &mut status).await {
                return end;
            }
            self.number(step).await?;
        }
    }

    async fn repeat(&mut self, until: bool, condition: &List, body: &List) -> Done {
        let mut status = 0;
        loop {
            self.loops += 1;
            let holds = self.asked(condition).await;
            self.loops -= 1;
            match holds {
                Ok(holds) if holds == until => return Ok(status),
                Ok(_) => {}
                Err(Stop::Break(levels)) if levels <= 1 => return Ok(0),
                Err(Stop::Continue(levels)) if levels <= 1 => continue,
                Err(other) => return Err(other),
            }
            if let Some(end) = self.turn(body, &mut status).await {
                return end;
            }
        }
    }

    async fn case(&mut self, word: &Word, arms: &[Arm]) -> Done {
        let text = self.one(word).await?;
        let mut status = 0;
        let mut falling = false;
        for arm in arms {
            let mut matches = falling;
            for pattern in &arm.patterns {
                if matches {
                    break;
                }
                matches = Pattern::new(&self.pattern_of(pattern).await?).matches(&text);
            }
            if !matches {
                continue;
            }
            status = self.list(&arm.body).await?;
            match arm.end {
                ArmEnd::Stop => return Ok(status),
                ArmEnd::Fall => falling = true,
                ArmEnd::Next => falling = false,
            }
        }
        Ok(status)
    }
}
