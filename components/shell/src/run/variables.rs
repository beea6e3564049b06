//! Variables: texts, arrays, what is exported, what is local.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::Shell;
use crate::Stop;

/// What a variable holds.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Text(Rc<str>),
    List(Rc<BTreeMap<i64, String>>),
    Map(Rc<BTreeMap<String, String>>),
    /// Declared, without a value.
    Nothing,
}

/// A variable.
#[derive(Debug, Clone)]
pub(crate) struct Variable {
    pub(crate) value: Value,
    pub(crate) exported: bool,
    pub(crate) readonly: bool,
    pub(crate) integer: bool,
}

impl Variable {
    pub(crate) fn new(value: Value) -> Self {
        Self { value, exported: false, readonly: false, integer: false }
    }

    pub(crate) fn text(text: &str) -> Self {
        Self::new(Value::Text(text.into()))
    }
}

impl Shell {
    /// A variable's text; an array's is its first element.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        match self.variables.get(name).map(|variable| &variable.value) {
            Some(Value::Text(text)) => Some(text.to_string()),
            Some(Value::List(list)) => list.get(&0).cloned(),
            Some(Value::Map(map)) => map.get("0").cloned(),
            Some(Value::Nothing) => None,
            None => self.special(name),
        }
    }

    fn special(&self, name: &str) -> Option<String> {
        match name {
            "LINENO" => Some(self.line.to_string()),
            "EPOCHSECONDS" => self.common.now.map(|now| ((now / 1_000.0).floor() as i64).to_string()),
            "PIPESTATUS" => self.statuses.first().map(i32::to_string),
            "SECONDS" => Some("0".to_owned()),
            _ => None,
        }
    }

    /// Elements of an array with their keys; a text is an array of one.
    pub(crate) fn elements(&self, name: &str) -> Vec<(String, String)> {
        match self.variables.get(name).map(|variable| &variable.value) {
            Some(Value::Text(text)) => vec![("0".to_owned(), text.to_string())],
            Some(Value::List(list)) => list.iter().map(|(key, value)| (key.to_string(), value.clone())).collect(),
            Some(Value::Map(map)) => map.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
            None if name == "PIPESTATUS" => {
                self.statuses.iter().enumerate().map(|(key, value)| (key.to_string(), value.to_string())).collect()
            }
            _ => Vec::new(),
        }
    }

    pub(crate) fn is_map(&self, name: &str) -> bool {
        matches!(self.variables.get(name), Some(Variable { value: Value::Map(_), .. }))
    }

    /// Sets a variable's text.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) -> Result<(), Stop> {
        self.assign(name, Value::Text(value.into().into()))
    }

    /// Sets a variable. An array given a text has it as its first element.
    pub(crate) fn assign(&mut self, name: &str, value: Value) -> Result<(), Stop> {
        let all = self.options.export_all;
        let variable = self.variables.entry(name.to_owned()).or_insert_with(|| Variable::new(Value::Nothing));
        if variable.readonly {
            return Err(Stop::Fatal(format!("{name}: is read only")));
        }
        variable.exported |= all;
        let value = match (&mut variable.value, value) {
            (Value::List(list), Value::Text(text)) => {
                Rc::make_mut(list).insert(0, text.to_string());
                return Ok(());
            }
            (Value::Map(map), Value::Text(text)) => {
                Rc::make_mut(map).insert("0".to_owned(), text.to_string());
                return Ok(());
            }
            (_, value) => value,
        };
        if variable.integer
            && let Value::Text(text) = &value
        {
            let number = self.arithmetic(text)?;
            if let Some(variable) = self.variables.get_mut(name) {
                variable.value = Value::Text(number.to_string().into());
            }
            return Ok(());
        }
        variable.value = value;
        Ok(())
    }

    /// Sets an element of an array. The key of a list is computed.
    pub(crate) fn set_element(&mut self, name: &str, key: &str, value: String) -> Result<(), Stop> {
        let map = self.is_map(name);
        let index = if map { 0 } else { self.index(name, key)? };
        let variable = self.variables.entry(name.to_owned()).or_insert_with(|| Variable::new(Value::Nothing));
        if variable.readonly {
            return Err(Stop::Fatal(format!("{name}: is read only")));
        }
        if let Value::Map(map) = &mut variable.value {
            Rc::make_mut(map).insert(key.to_owned(), value);
            return Ok(());
        }
        if let Value::Text(text) = &variable.value {
            let list = BTreeMap::from([(0, text.to_string())]);
            variable.value = Value::List(Rc::new(list));
        }
        if matches!(variable.value, Value::Nothing) {
            variable.value = Value::List(Rc::default());
        }
        if let Value::List(list) = &mut variable.value {
            Rc::make_mut(list).insert(index, value);
        }
        Ok(())
    }

    /// The number a key of a list stands for; negative ones count from the end.
    pub(crate) fn index(&mut self, name: &str, key: &str) -> Result<i64, Stop> {
        let index = self.arithmetic(key)?;
        if index >= 0 {
            return Ok(index);
        }
        let last = self.elements(name).last().and_then(|(key, _)| key.parse::<i64>().ok()).unwrap_or(-1);
        let index = last + 1 + index;
        if index < 0 { Err(Stop::Fatal(format!("{name}: the index {key} is before the beginning"))) } else { Ok(index) }
    }

    /// An element of an array.
    pub(crate) fn element(&mut self, name: &str, key: &str) -> Result<Option<String>, Stop> {
        if self.is_map(name) {
            return Ok(self.elements(name).into_iter().find(|(own, _)| own == key).map(|(_, value)| value));
        }
        let index = self.index(name, key)?;
        Ok(match self.variables.get(name).map(|variable| &variable.value) {
            Some(Value::List(list)) => list.get(&index).cloned(),
            _ if name == "PIPESTATUS" => self.statuses.get(index as usize).map(i32::to_string),
            _ if index == 0 => self.get(name),
            _ => None,
        })
    }

    /// Removes a variable, or an element of an array (`a[1]`).
    pub(crate) fn unset(&mut self, name: &str) -> Result<(), Stop> {
        if let Some((name, key)) = name.strip_suffix(']').and_then(|rest| rest.split_once('[')) {
            let index = if self.is_map(name) { 0 } else { self.index(name, key)? };
            match self.variables.get_mut(name).map(|variable| &mut variable.value) {
                Some(Value::List(list)) => drop(Rc::make_mut(list).remove(&index)),
                Some(Value::Map(map)) => drop(Rc::make_mut(map).remove(key)),
                _ => {}
            }
            return Ok(());
        }
        if self.variables.get(name).is_some_and(|variable| variable.readonly) {
            return Err(Stop::Error(1, format!("{name}: is read only")));
        }
        self.variables.remove(name);
        Ok(())
    }

    /// Makes a variable local to the function that runs.
    pub(crate) fn make_local(&mut self, name: &str) {
        let old = self.variables.get(name).cloned();
        if let Some(hidden) = self.hidden.last_mut()
            && !hidden.iter().any(|(own, _)| own == name)
        {
            hidden.push((name.to_owned(), old));
            self.variables.insert(name.to_owned(), Variable::new(Value::Nothing));
        }
    }

    pub(crate) fn in_function(&self) -> bool {
        !self.hidden.is_empty()
    }

    pub(super) fn enter_function(&mut self) {
        self.hidden.push(Vec::new());
    }

    pub(super) fn leave_function(&mut self) {
        for (name, old) in self.hidden.pop().unwrap_or_default().into_iter().rev() {
            match old {
                Some(old) => drop(self.variables.insert(name, old)),
                None => drop(self.variables.remove(&name)),
            }
        }
    }

    /// Exported variables, sorted: what tools see as their environment.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let exported = self.variables.iter().filter(|(_, variable)| variable.exported);
        let mut all: Vec<_> = exported.filter_map(|(name, _)| Some((name.clone(), self.get(name)?))).collect();
        all.sort();
        all
    }
}
