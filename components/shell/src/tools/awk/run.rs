//! Running an `awk` program over records.

use std::collections::HashMap;
use std::rc::Rc;

use super::super::Cx;
use super::parse::{Expr, Function, Place, Program, Slot, Stmt, Target, regex};
use super::value::{Array, Cell, Value};
use crate::Stop;
use crate::io::Out;
use crate::regex::Regex;

/// Function calls within each other.
const MAX_CALLS: u32 = 150;
/// Fields of a record.
const MAX_FIELDS: usize = 100_000;

// Slots of the variables that the language itself knows, in the order in which the parser makes them.
pub(super) const NR: usize = 0;
const NF: usize = 1;
pub(super) const FNR: usize = 2;
pub(super) const FS: usize = 3;
const OFS: usize = 4;
pub(super) const RS: usize = 5;
const ORS: usize = 6;
pub(super) const FILENAME: usize = 7;
pub(super) const SUBSEP: usize = 8;
pub(super) const RSTART: usize = 9;
pub(super) const RLENGTH: usize = 10;
const CONVFMT: usize = 11;
const OFMT: usize = 12;
const ENVIRON: usize = 13;

/// Why statements end early.
pub(super) enum Flow {
    Go,
    Next,
    Break,
    Continue,
    Return(Value),
    Exit,
}

/// Where output that does not go to standard output goes.
pub(super) enum Sink {
    File(Out),
    /// A command, which runs when the program ends.
    Pipe,
}

pub(super) struct Machine<'p> {
    pub(super) program: &'p Program,
    pub(super) globals: Vec<Cell>,
    frames: Vec<Vec<Cell>>,
    record: Rc<str>,
    fields: Vec<Rc<str>>,
    /// Whether `fields` is what `record` splits into.
    split: bool,
    pub(super) in_range: Vec<bool>,
    pub(super) out: Vec<u8>,
    pub(super) sinks: Vec<(String, Sink, Vec<u8>)>,
    regexes: HashMap<Rc<str>, Regex>,
    pub(super) status: i32,
    /// Opens a file to write.
    create: Creator,
    /// The environment of this shell's clock and randomness.
    pub(super) now: Option<f64>,
    pub(super) seed: Option<u64>,
    pub(super) previous_seed: f64,
}

/// Opens a file to write, or to write at its end.
type Creator = Box<dyn Fn(&str, bool) -> Result<Out, Stop>>;

pub(super) type Ran<T> = Result<T, Stop>;

impl<'p> Machine<'p> {
    pub(super) fn new(program: &'p Program, cx: &Cx<'_>) -> Self {
        let mut globals = vec![Cell::Value(Value::Nothing); program.globals.len()];
        for (slot, text) in
            [(FS, " "), (OFS, " "), (RS, "\n"), (ORS, "\n"), (SUBSEP, "\x1c"), (CONVFMT, "%.6g"), (OFMT, "%.6g")]
        {
            globals[slot] = Cell::Value(Value::text(text));
        }
        let environment =
            cx.shell.environment().into_iter().map(|(name, value)| (name.into(), Value::Input(value.into())));
        globals[ENVIRON] = Cell::Array(Rc::new(std::cell::RefCell::new(environment.collect())));
        Self {
            program,
            globals,
            frames: Vec::new(),
            record: "".into(),
            fields: Vec::new(),
            split: true,
            in_range: vec![false; program.ranges],
            out: Vec::new(),
            sinks: Vec::new(),
            regexes: HashMap::new(),
            status: 0,
            create: creator(cx),
            now: cx.shell.common.now,
            seed: cx.shell.seed.map(u64::from),
            previous_seed: 0.0,
        }
    }

    pub(super) fn set_text(&mut self, name: &str, text: String) {
        // A variable that the program does not name does nothing.
        if let Some(slot) = self.program.globals.get(name) {
            self.globals[*slot] = Cell::Value(Value::Input(text.into()));
        }
    }

    /// An array with elements from 0.
    pub(super) fn set_array(&mut self, name: &str, texts: Vec<String>) {
        if let Some(slot) = self.program.globals.get(name) {
            let elements = texts.into_iter().enumerate();
            let elements = elements.map(|(index, text)| (index.to_string().into(), Value::Input(text.into())));
            self.globals[*slot] = Cell::Array(Rc::new(std::cell::RefCell::new(elements.collect())));
        }
    }

    pub(super) fn global(&self, slot: usize) -> Value {
        match &self.globals[slot] {
            Cell::Value(value) => value.clone(),
            Cell::Array(_) => Value::Nothing,
        }
    }

    pub(super) fn format(&self) -> Rc<str> {
        self.global(CONVFMT).string("")
    }

    pub(super) fn text(&self, value: &Value) -> Rc<str> {
        match value {
            Value::Number(number) if *number != number.trunc() => value.string(&self.format()),
            value => value.string("%.6g"),
        }
    }

    pub(super) fn global_text(&self, slot: usize) -> Rc<str> {
        self.text(&self.global(slot))
    }

    pub(super) fn take(&mut self, record: Rc<str>) {
        self.record = record;
        self.split = false;
    }

    pub(super) fn record(&mut self) -> Rc<str> {
        Rc::clone(&self.record)
    }

    pub(super) fn pattern(&mut self, text: &Rc<str>) -> Ran<Regex> {
        if let Some(found) = self.regexes.get(text) {
            return Ok(found.clone());
        }
        let compiled = regex(text)?;
        if self.regexes.len() > 500 {
            self.regexes.clear();
        }
        self.regexes.insert(Rc::clone(text), compiled.clone());
        Ok(compiled)
    }

    /// Splits a text by a separator as `FS` has it.
    pub(super) fn split_by(&mut self, text: &str, separator: &Rc<str>) -> Ran<Vec<Rc<str>>> {
        if text.is_empty() {
            return Ok(Vec::new());
        }
        Ok(match &**separator {
            " " => text.split([' ', '\t', '\n']).filter(|part| !part.is_empty()).map(Rc::from).collect(),
            "" => text.chars().map(|c| Rc::from(c.encode_utf8(&mut [0; 4]) as &str)).collect(),
            one if one.chars().count() == 1 && one != "\\" => text.split(one).map(Rc::from).collect(),
            _ => {
                let pattern = self.pattern(separator)?;
                let mut parts = Vec::new();
                let (mut at, mut from) = (0, 0);
                while let Some((start, end)) = pattern.find(text.as_bytes(), from) {
                    if end == start {
                        from = end + 1;
                        if from > text.len() {
                            break;
                        }
                        continue;
                    }
                    parts.push(text.get(at..start).unwrap_or("").into());
                    (at, from) = (end, end);
                }
                parts.push(text.get(at..).unwrap_or("").into());
                parts
            }
        })
    }

    fn ensure_split(&mut self) -> Ran<()> {
        if !self.split {
            let record = Rc::clone(&self.record);
            let separator = self.global_text(FS);
            self.fields = self.split_by(&record, &separator)?;
            self.split = true;
            self.globals[NF] = Cell::Value(Value::Number(self.fields.len() as f64));
        }
        Ok(())
    }

    fn join(&mut self) {
        let separator = self.global_text(OFS);
        let fields: Vec<&str> = self.fields.iter().map(|field| &**field).collect();
        self.record = fields.join(&separator).into();
        self.globals[NF] = Cell::Value(Value::Number(self.fields.len() as f64));
    }

    pub(super) fn field(&mut self, index: f64) -> Ran<Value> {
        let index = self.field_index(index)?;
        if index == 0 {
            return Ok(Value::Input(self.record()));
        }
        self.ensure_split()?;
        Ok(self.fields.get(index - 1).map_or(Value::Nothing, |field| Value::Input(Rc::clone(field))))
    }

    fn field_index(&self, index: f64) -> Ran<usize> {
        if index < 0.0 || index > MAX_FIELDS as f64 {
            return Err(Stop::Error(2, format!("there is no field {index}")));
        }
        Ok(index as usize)
    }

    fn set_field(&mut self, index: f64, value: &Value) -> Ran<()> {
        let index = self.field_index(index)?;
        let text = self.text(value);
        if index == 0 {
            self.take(text);
            return Ok(());
        }
        self.ensure_split()?;
        if self.fields.len() < index {
            self.fields.resize(index, "".into());
        }
        self.fields[index - 1] = text;
        self.join();
        Ok(())
    }

    fn cell(&mut self, slot: Slot) -> &mut Cell {
        match slot {
            Slot::Global(index) => &mut self.globals[index],
            // A function's frame has a cell for each of its parameters.
            Slot::Local(index) => match self.frames.last_mut() {
                Some(frame) => &mut frame[index],
                None => &mut self.globals[0],
            },
        }
    }

    pub(super) fn peek_cell(&self, slot: Slot) -> Option<&Cell> {
        match slot {
            Slot::Global(index) => self.globals.get(index),
            Slot::Local(index) => self.frames.last().and_then(|frame| frame.get(index)),
        }
    }

    /// The array of a name; it becomes one if it is nothing yet.
    pub(super) fn array(&mut self, slot: Slot) -> Ran<Array> {
        let cell = self.cell(slot);
        if let Cell::Value(Value::Nothing) = cell {
            *cell = Cell::Array(Array::default());
        }
        match cell {
            Cell::Array(array) => Ok(Rc::clone(array)),
            Cell::Value(_) => Err(Stop::Error(2, "a value is used as an array".to_owned())),
        }
    }

    pub(super) fn key(&mut self, keys: &[Expr]) -> Ran<Rc<str>> {
        let mut texts = Vec::with_capacity(keys.len());
        for key in keys {
            let value = self.value(key)?;
            texts.push(self.text(&value));
        }
        if texts.len() == 1 {
            return Ok(texts.remove(0));
        }
        let separator = self.global_text(SUBSEP);
        Ok(texts.join(&*separator).into())
    }

    pub(super) fn get(&mut self, place: &Place) -> Ran<Value> {
        match place {
            Place::Variable(slot) => {
                if *slot == Slot::Global(NF) {
                    self.ensure_split()?;
                }
                match self.cell(*slot) {
                    Cell::Value(value) => Ok(value.clone()),
                    Cell::Array(_) => Err(Stop::Error(2, "an array is used as a value".to_owned())),
                }
            }
            Place::Element(slot, keys) => {
                let key = self.key(keys)?;
                let array = self.array(*slot)?;
                let value = array.borrow_mut().entry(key).or_insert(Value::Nothing).clone();
                Ok(value)
            }
            Place::Field(index) => {
                let index = self.value(index)?.number();
                self.field(index)
            }
        }
    }

    pub(super) fn set(&mut self, place: &Place, value: Value) -> Ran<()> {
        match place {
            Place::Variable(slot) => {
                if *slot == Slot::Global(NF) {
                    self.ensure_split()?;
                    let count = self.field_index(value.number())?;
                    self.fields.resize(count, "".into());
                    self.join();
                    return Ok(());
                }
                match self.cell(*slot) {
                    Cell::Array(_) => return Err(Stop::Error(2, "an array is used as a value".to_owned())),
                    cell => *cell = Cell::Value(value),
                }
            }
            Place::Element(slot, keys) => {
                let key = self.key(keys)?;
                self.array(*slot)?.borrow_mut().insert(key, value);
            }
            Place::Field(index) => {
                let index = self.value(index)?.number();
                self.set_field(index, &value)?;
            }
        }
        Ok(())
    }

    fn block(&mut self, list: &'p [Stmt]) -> Ran<Flow> {
        for statement in list {
            match self.statement(statement)? {
                Flow::Go => {}
                other => return Ok(other),
            }
        }
        Ok(Flow::Go)
    }

    /// The body of a loop; true where the loop goes on.
    fn turn(&mut self, body: &'p Stmt) -> Ran<Option<Flow>> {
        Ok(match self.statement(body)? {
            Flow::Go | Flow::Continue => None,
            Flow::Break => Some(Flow::Go),
            other => Some(other),
        })
    }

    pub(super) fn statement(&mut self, statement: &'p Stmt) -> Ran<Flow> {
        match statement {
            Stmt::Expr(expr) => drop(self.value(expr)?),
            Stmt::Block(list) => return self.block(list),
            Stmt::Print(list, target) => {
                let mut texts = Vec::with_capacity(list.len().max(1));
                for expr in list {
                    let value = self.value(expr)?;
                    texts.push(match value {
                        Value::Number(number) if number != number.trunc() => {
                            value.string(&self.global(OFMT).string(""))
                        }
                        value => value.string("%.6g"),
                    });
                }
                if list.is_empty() {
                    texts.push(self.record());
                }
                let target = self.target(target)?;
                self.print(&texts, target)?;
            }
            Stmt::Printf(list, target) => {
                let text = self.sprintf(list)?;
                let target = self.target(target)?;
                self.put(text.as_bytes(), target)?;
            }
            Stmt::If(condition, yes, no) => {
                if self.value(condition)?.holds() {
                    return self.statement(yes);
                }
                if let Some(no) = no {
                    return self.statement(no);
                }
            }
            Stmt::While(condition, body) => {
                while self.value(condition)?.holds() {
                    if let Some(flow) = self.turn(body)? {
                        return Ok(flow);
                    }
                }
            }
            Stmt::Do(body, condition) => loop {
                if let Some(flow) = self.turn(body)? {
                    return Ok(flow);
                }
                if !self.value(condition)?.holds() {
                    break;
                }
            },
            Stmt::For(init, test, step, body) => {
                return self.for_loop(init.as_deref(), test.as_ref(), step.as_deref(), body);
            }
            Stmt::Each(key, array, body) => return self.each(*key, *array, body),
            Stmt::Next => return Ok(Flow::Next),
            Stmt::Exit(status) => {
                if let Some(status) = status {
                    self.status = (self.value(status)?.number() as i64 & 255) as i32;
                }
                return Ok(Flow::Exit);
            }
            Stmt::Return(value) => {
                let value = value.as_ref().map_or(Ok(Value::Nothing), |value| self.value(value))?;
                return Ok(Flow::Return(value));
            }
            Stmt::Break => return Ok(Flow::Break),
            Stmt::Continue => return Ok(Flow::Continue),
            Stmt::Delete(slot, keys) => {
                let array = self.array(*slot)?;
                if keys.is_empty() {
                    array.borrow_mut().clear();
                } else {
                    let key = self.key(keys)?;
                    array.borrow_mut().remove(&key);
                }
            }
        }
        Ok(Flow::Go)
    }

    fn for_loop(
        &mut self,
        init: Option<&'p Stmt>,
        test: Option<&'p Expr>,
        step: Option<&'p Stmt>,
        body: &'p Stmt,
    ) -> Ran<Flow> {
        if let Some(init) = init {
            drop(self.statement(init)?);
        }
        loop {
            if let Some(test) = test
                && !self.value(test)?.holds()
            {
                return Ok(Flow::Go);
            }
            if let Some(flow) = self.turn(body)? {
                return Ok(flow);
            }
            if let Some(step) = step {
                drop(self.statement(step)?);
            }
        }
    }

    /// Keys in order: numbers first, by their value.
    fn each(&mut self, key: Slot, array: Slot, body: &'p Stmt) -> Ran<Flow> {
        let array = self.array(array)?;
        let mut keys: Vec<Rc<str>> = array.borrow().keys().cloned().collect();
        let number = |key: &Rc<str>| key.parse::<f64>().ok();
        keys.sort_by(|a, b| match (number(a), number(b)) {
            (Some(left), Some(right)) => left.total_cmp(&right),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (None, None) => a.cmp(b),
        });
        for text in keys {
            if !array.borrow().contains_key(&text) {
                continue;
            }
            self.set(&Place::Variable(key), Value::Input(text))?;
            if let Some(flow) = self.turn(body)? {
                return Ok(flow);
            }
        }
        Ok(Flow::Go)
    }

    pub(super) fn call(&mut self, index: usize, args: &[Expr]) -> Ran<Value> {
        let program = self.program;
        let Some(Function { parameters, arrays, body: Some(body) }) = program.functions.get(index) else {
            return Err(Stop::Error(2, "the function is not defined".to_owned()));
        };
        if self.frames.len() as u32 >= MAX_CALLS {
            return Err(Stop::Limit(format!("`awk` has more than {MAX_CALLS} calls within each other")));
        }
        let mut frame = Vec::with_capacity(*parameters);
        for (index, arg) in args.iter().enumerate().take(*parameters) {
            let known = match arg {
                Expr::Place(Place::Variable(slot)) => match (self.cell(*slot), arrays[index]) {
                    (Cell::Array(array), _) => Some(Cell::Array(Rc::clone(array))),
                    (Cell::Value(Value::Nothing), true) => Some(Cell::Array(self.array(*slot)?)),
                    _ => None,
                },
                _ => None,
            };
            frame.push(match known {
                Some(cell) => cell,
                None => Cell::Value(self.value(arg)?),
            });
        }
        frame.resize(*parameters, Cell::Value(Value::Nothing));
        self.frames.push(frame);
        let flow = self.statement(body);
        self.frames.pop();
        match flow? {
            Flow::Return(value) => Ok(value),
            Flow::Exit => Err(Stop::Error(2, "`exit` inside of a function does not exist here".to_owned())),
            _ => Ok(Value::Nothing),
        }
    }

    fn target(&mut self, target: &Target) -> Ran<Option<(String, char)>> {
        Ok(match target {
            Target::Out => None,
            Target::File(expr, append) => {
                let value = self.value(expr)?;
                Some((self.text(&value).to_string(), if *append { 'a' } else { 'w' }))
            }
            Target::Pipe(expr) => {
                let value = self.value(expr)?;
                Some((self.text(&value).to_string(), '|'))
            }
        })
    }

    pub(super) fn print(&mut self, texts: &[Rc<str>], target: Option<(String, char)>) -> Ran<()> {
        let mut line = texts.join(&*self.global_text(OFS));
        line.push_str(&self.global_text(ORS));
        self.put(line.as_bytes(), target)
    }

    fn put(&mut self, bytes: &[u8], target: Option<(String, char)>) -> Ran<()> {
        let Some((name, kind)) = target.filter(|(name, _)| name != "/dev/stdout") else {
            self.out.extend_from_slice(bytes);
            if self.out.len() > crate::run::CAPTURE_BYTES {
                return Err(Stop::Limit("`awk` prints more than 64 MiB for one record".to_owned()));
            }
            return Ok(());
        };
        if let Some((_, _, buffer)) = self.sinks.iter_mut().find(|(own, _, _)| *own == name) {
            buffer.extend_from_slice(bytes);
            return Ok(());
        }
        let sink = if kind == '|' { Sink::Pipe } else { Sink::File((self.create)(&name, kind == 'a')?) };
        self.sinks.push((name, sink, bytes.to_vec()));
        Ok(())
    }
}

/// How files are opened while an expression is computed.
fn creator(cx: &Cx<'_>) -> Creator {
    let (files, cwd, stderr) = (cx.files(), cx.shell.cwd.clone(), cx.shell.stderr());
    Box::new(move |path, append| {
        if path == "/dev/stderr" {
            return Ok(stderr.clone());
        }
        let how = if append { crate::vfs::Open::Keep } else { crate::vfs::Open::Truncate };
        let opened = files.open(&crate::vfs::normal(&cwd, path), how);
        let handle = opened.map_err(|error| Stop::Error(2, format!("{path}: {error}")))?;
        Ok(Out::file(&files, handle, append))
    })
}
