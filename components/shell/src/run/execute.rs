//! Lists, pipelines and simple commands.

use std::rc::Rc;

use super::{Fd, MAX_DEPTH, Shell};
use crate::io::{self, Boxed};
use crate::syntax::{AndOr, Assigned, Assignment, Command, Kind, List, Pipeline};
use crate::{Done, Stop, tools};

use super::variables::{Value, Variable};

impl Shell {
    /// Runs a list.
    pub(super) fn list<'a>(&'a mut self, list: &'a List) -> Boxed<'a, Done> {
        Box::pin(async move {
            let mut status = 0;
            for item in list {
                status = self.and_or(item).await?;
            }
            Ok(status)
        })
    }

    async fn and_or(&mut self, item: &AndOr) -> Done {
        let last = item.rest.len();
        let mut status = self.judged(&item.first, last > 0).await?;
        for (index, (and, pipeline)) in item.rest.iter().enumerate() {
            if (status == 0) == *and {
                status = self.judged(pipeline, index + 1 < last).await?;
            }
        }
        Ok(status)
    }

    /// Runs a pipeline; a failure that nobody asks about ends a shell with `set -e`.
    async fn judged(&mut self, pipeline: &Pipeline, asked: bool) -> Done {
        let tolerant = asked || pipeline.negated;
        self.tolerant += u32::from(tolerant);
        let result = self.pipeline(pipeline).await;
        self.tolerant -= u32::from(tolerant);
        let status = result?;
        let status = if pipeline.negated { i32::from(status == 0) } else { status };
        self.status = status;
        if status != 0 && !tolerant && self.tolerant == 0 && self.options.exit_on_error {
            return Err(Stop::Exit(status));
        }
        Ok(status)
    }

    async fn pipeline(&mut self, pipeline: &Pipeline) -> Done {
        if let [command] = pipeline.commands.as_slice() {
            let status = self.command(command).await?;
            self.statuses = vec![status];
            if status != 0 {
                self.failed_line = self.line;
            }
            return Ok(status);
        }
        let mut stages: Vec<Boxed<'_, (Result<i32, Stop>, u32)>> = Vec::new();
        let mut input = self.fds.first().cloned().flatten();
        let count = pipeline.commands.len();
        for (index, command) in pipeline.commands.iter().enumerate() {
            let mut sub = self.subshell();
            sub.set_fd(0, input.take());
            if index + 1 < count {
                let (out, next) = io::pipe();
                sub.set_fd(1, Some(Fd::Out(out)));
                input = Some(Fd::In(next));
            }
            sub.depth += 1;
            stages.push(Box::pin(async move {
                let result = sub.stage(command).await;
                (result, sub.failed_line)
            }));
        }
        if self.depth >= MAX_DEPTH {
            return Err(self.too_deep());
        }
        let results = io::together(stages, |(result, _)| result.is_err()).await;
        let mut statuses = Vec::with_capacity(count);
        for (result, line) in results {
            let status = result?;
            if status != 0 {
                self.failed_line = line;
            }
            statuses.push(status);
        }
        let last = statuses.last().copied().unwrap_or(0);
        let failed = statuses.iter().rev().copied().find(|status| *status != 0).unwrap_or(0);
        self.statuses = statuses;
        Ok(if self.options.pipe_fails { failed } else { last })
    }

    pub(super) fn too_deep(&self) -> Stop {
        Stop::Limit(format!("more than {MAX_DEPTH} calls and subshells within each other"))
    }

    /// One stage of a pipeline, in its own subshell.
    async fn stage(&mut self, command: &Command) -> Done {
        let result = self.command(command).await;
        if matches!(result, Ok(status) if status != 0) {
            self.failed_line = self.line;
        }
        self.ended(result).await
    }

    /// Runs a list in this shell, which is a subshell, to its end.
    pub(super) async fn run_subshell(&mut self, list: &List) -> Done {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.too_deep());
        }
        let result = self.list(list).await;
        self.ended(result).await
    }

    /// The status of a subshell that ended so; runs what `trap` asked for.
    pub(super) async fn ended(&mut self, result: Done) -> Done {
        let result = match result {
            Err(Stop::Fatal(message)) => {
                self.complain(&message).await;
                self.failed_line = self.line;
                Ok(if message.starts_with("syntax error") { 2 } else { 1 })
            }
            other => other,
        };
        let status = match result {
            Ok(status) | Err(Stop::Exit(status) | Stop::Return(status)) => status,
            Err(Stop::Pipe) => return Ok(141),
            Err(Stop::Break(_) | Stop::Continue(_)) => 0,
            Err(other) => return Err(other),
        };
        let Some(action) = self.on_exit.take() else { return Ok(status) };
        self.status = status;
        let line = self.failed_line;
        match self.evaluate(&action).await {
            Ok(_) => {
                self.failed_line = line;
                Ok(status)
            }
            Err(Stop::Exit(status)) => Ok(status),
            Err(Stop::Pipe) => Ok(141),
            Err(Stop::Fatal(message)) => {
                self.complain(&message).await;
                Ok(2)
            }
            Err(other) => Err(other),
        }
    }

    /// Runs a command with its redirections.
    pub(super) async fn command(&mut self, command: &Command) -> Done {
        self.line = command.line;
        if let Kind::Simple { assignments, words, arrays } = &command.kind {
            return self.simple(command, assignments, words, arrays).await;
        }
        if command.redirections.is_empty() {
            return self.compound(&command.kind).await;
        }
        let saved = self.fds.clone();
        let result = match self.redirect(&command.redirections).await {
            Ok(()) => self.compound(&command.kind).await,
            Err(stop) => Err(stop),
        };
        self.fds = saved;
        self.reported("", result).await
    }

    /// Turns a failure with a message into a status.
    async fn reported(&mut self, name: &str, result: Done) -> Done {
        let (status, message) = match result {
            Err(Stop::Error(status, message)) => (status, message),
            Err(Stop::Io(message)) => (1, message),
            other => return other,
        };
        let prefix = if name.is_empty() { String::new() } else { format!("{name}: ") };
        if !message.is_empty() {
            self.complain(&format!("{prefix}{message}")).await;
        }
        Ok(status)
    }

    async fn simple(
        &mut self,
        command: &Command,
        assignments: &[Assignment],
        words: &[crate::syntax::Word],
        arrays: &[Assignment],
    ) -> Done {
        let before = self.status;
        let words = self.fields(words).await?;
        let Some(name) = words.first().cloned() else {
            return self.only_assignments(command, assignments).await;
        };
        self.status = before;
        if self.options.trace {
            let shown: Vec<String> = words.iter().map(|word| crate::text::quote(word)).collect();
            let line = format!("+ {}\n", shown.join(" "));
            self.stderr().write(line.as_bytes()).await?;
        }
        let saved = if command.redirections.is_empty() { None } else { Some(self.fds.clone()) };
        let mut kept = Vec::new();
        let result = match self.redirect(&command.redirections).await {
            Ok(()) => match self.assign_for(assignments, &mut kept).await {
                Ok(()) => self.invoke(&name, words).await,
                Err(stop) => Err(stop),
            },
            Err(stop) => Err(stop),
        };
        for (variable, old) in kept.into_iter().rev() {
            match old {
                Some(old) => drop(self.variables.insert(variable, old)),
                None => drop(self.variables.remove(&variable)),
            }
        }
        // `exec` alone changes the files of this shell for good.
        if let Some(saved) = saved.filter(|_| name != "exec") {
            self.fds = saved;
        }
        let status = self.reported(&name, result).await?;
        for array in arrays {
            self.give(array).await?;
        }
        Ok(status)
    }

    async fn only_assignments(&mut self, command: &Command, assignments: &[Assignment]) -> Done {
        self.status = 0;
        for assignment in assignments {
            self.give(assignment).await?;
        }
        if self.options.trace && !assignments.is_empty() {
            for assignment in assignments {
                let line = format!("+ {}={}\n", assignment.name, self.get(&assignment.name).unwrap_or_default());
                self.stderr().write(line.as_bytes()).await?;
            }
        }
        let status = self.status;
        if command.redirections.is_empty() {
            return Ok(status);
        }
        let saved = self.fds.clone();
        let result = self.redirect(&command.redirections).await;
        self.fds = saved;
        self.reported("", result.map(|()| status)).await
    }

    /// Sets variables for one command.
    async fn assign_for(
        &mut self,
        assignments: &[Assignment],
        kept: &mut Vec<(String, Option<Variable>)>,
    ) -> Result<(), Stop> {
        for assignment in assignments {
            kept.push((assignment.name.clone(), self.variables.get(&assignment.name).cloned()));
            self.give(assignment).await?;
            if let Some(variable) = self.variables.get_mut(&assignment.name) {
                variable.exported = true;
            }
        }
        Ok(())
    }

    /// Makes an assignment.
    pub(super) async fn give(&mut self, assignment: &Assignment) -> Result<(), Stop> {
        let name = assignment.name.as_str();
        let word = match &assignment.value {
            Assigned::Word(word) => word,
            Assigned::Array(items) => return self.give_array(name, assignment.append, items).await,
        };
        let mut value = self.one(word).await?;
        let key = match &assignment.index {
            Some(word) => Some(self.one(word).await?),
            None => None,
        };
        if assignment.append {
            let old = match &key {
                Some(key) => self.element(name, key)?,
                None => self.get(name),
            };
            let integer = self.variables.get(name).is_some_and(|variable| variable.integer);
            let old = old.unwrap_or_default();
            value = if integer { format!("({old})+({value})") } else { old + &value };
        }
        match key {
            Some(key) => self.set_element(name, &key, value),
            None => self.set(name, value),
        }
    }

    async fn give_array(
        &mut self,
        name: &str,
        append: bool,
        items: &[(Option<crate::syntax::Word>, crate::syntax::Word)],
    ) -> Result<(), Stop> {
        let mut values = Vec::new();
        for (key, word) in items {
            match key {
                Some(key) => values.push((Some(self.one(key).await?), self.one(word).await?)),
                None => {
                    let fields = self.fields(std::slice::from_ref(word)).await?;
                    values.extend(fields.into_iter().map(|field| (None, field)));
                }
            }
        }
        if !append {
            let empty = if self.is_map(name) { Value::Map(Rc::default()) } else { Value::List(Rc::default()) };
            if self.variables.get(name).is_some_and(|variable| variable.readonly) {
                return Err(Stop::Fatal(format!("{name}: is read only")));
            }
            self.variables.entry(name.to_owned()).or_insert_with(|| Variable::new(Value::Nothing)).value = empty;
        }
        let mut next =
            self.elements(name).last().and_then(|(key, _)| key.parse::<i64>().ok()).map_or(0, |last| last + 1);
        for (key, value) in values {
            match key {
                Some(key) => {
                    if !self.is_map(name) {
                        next = self.index(name, &key)? + 1;
                    }
                    self.set_element(name, &key, value)?;
                }
                None => {
                    self.set_element(name, &next.to_string(), value)?;
                    next += 1;
                }
            }
        }
        Ok(())
    }

    /// Runs a command by its name: a function, a command of the shell, a tool.
    pub(crate) fn invoke<'a>(&'a mut self, name: &'a str, words: Vec<String>) -> Boxed<'a, Done> {
        Box::pin(async move {
            if let Some(body) = self.functions.get(name).cloned() {
                return self.call(&body, words).await;
            }
            if let Some(result) = self.builtin(name, &words).await {
                return result;
            }
            if let Some(tool) = tools::find(name) {
                let result = tools::run(tool, self, words).await;
                return self.reported(name, result).await;
            }
            let message = tools::missing(name);
            self.complain(&message).await;
            Ok(127)
        })
    }

    async fn call(&mut self, body: &Rc<Command>, words: Vec<String>) -> Done {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.too_deep());
        }
        let line = self.line;
        let parameters = std::mem::replace(&mut self.parameters, Rc::new(words.into_iter().skip(1).collect()));
        let loops = std::mem::take(&mut self.loops);
        self.enter_function();
        let result = self.command(body).await;
        self.leave_function();
        self.parameters = parameters;
        self.loops = loops;
        self.depth -= 1;
        match result {
            Err(Stop::Return(status)) | Ok(status) => {
                if status == 0 {
                    self.line = line;
                }
                Ok(status)
            }
            other => other,
        }
    }

    /// Whether there is a function of this name.
    pub(super) fn is_function(&self, name: &str) -> bool {
        self.functions.contains_key(name)
    }

    pub(super) fn define(&mut self, name: &str, body: &Rc<Command>) {
        Rc::make_mut(&mut self.functions).insert(name.to_owned(), Rc::clone(body));
    }

    pub(super) fn undefine(&mut self, name: &str) {
        Rc::make_mut(&mut self.functions).remove(name);
    }
}
