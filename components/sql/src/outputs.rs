//! Rows on their way out: a result as a value of the port's type. What does not fit names column, row and type.

use codec::json::{Reader, quote};

use crate::block::{Port, Type};
use crate::database::{Cell, Statement};
use crate::text::{Problem, same_name, suggest};

/// Rows a result may have.
const ROWS: usize = 1_000_000;
/// Whole numbers up to here are exact as floats.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A port's value.
#[derive(Debug)]
pub enum Encoded {
    /// As JSON text.
    Json(Vec<u8>),
    /// A list of numbers, as the bytes of its elements.
    Bulk(Vec<u8>),
}

/// How the columns of a row make one element.
enum Row<'t> {
    /// An object with the columns' names.
    Object(Vec<String>),
    /// A record: per field its name, its type and its column.
    Record(Vec<(&'t str, &'t Type, Option<usize>)>),
    /// Columns by position.
    Tuple(Vec<&'t Type>),
    /// The only column.
    One(&'t Type),
}

/// How rows make the value.
enum Many {
    List,
    One,
    OneOrNone,
}

/// Runs a statement to its end and makes a value of its rows.
///
/// # Errors
///
/// The outer error is the statement's; the inner one says why its rows are no value of this port.
pub fn take(statement: &Statement<'_>, port: &Port) -> Result<Result<Encoded, Problem>, Problem> {
    let mut taking = match Taking::new(&port.ty, statement.columns()) {
        Ok(taking) => taking,
        Err(problem) => return run(statement).map(|()| Err(on(port, problem))),
    };
    while statement.step()? {
        if taking.rows == ROWS {
            let problem = Problem::new(format!("the result has more than {ROWS} rows"));
            return Err(on(port, problem.help("select fewer, for example with `limit`")));
        }
        if let Err(problem) = taking.row(statement) {
            return run(statement).map(|()| Err(on(port, problem)));
        }
    }
    Ok(taking.finish().map_err(|problem| on(port, problem)))
}

/// Runs a statement to its end.
pub fn run(statement: &Statement<'_>) -> Result<(), Problem> {
    while statement.step()? {}
    Ok(())
}

fn on(port: &Port, problem: Problem) -> Problem {
    Problem { message: format!("output `{}`: {}", port.name, problem.message), ..problem }
}

struct Taking<'t> {
    ty: &'t Type,
    row: Row<'t>,
    many: Many,
    columns: Vec<String>,
    rows: usize,
    out: Vec<u8>,
}

impl<'t> Taking<'t> {
    fn new(ty: &'t Type, columns: Vec<String>) -> Result<Self, Problem> {
        let (many, element) = match ty {
            Type::Json => (Many::List, ty),
            list if list.is_blob() => (Many::One, ty),
            Type::List(item) => (Many::List, &**item),
            Type::Option(inner) => (Many::OneOrNone, &**inner),
            other => (Many::One, other),
        };
        let row = match element {
            Type::Json => Row::Object(distinct(&columns)?),
            Type::Record(_, fields) => Row::Record(fields_of(fields, &columns)?),
            Type::Tuple(items) => Row::Tuple(by_position(items.iter().collect(), &columns, element)?),
            Type::List(item) if !element.is_blob() => Row::Tuple(vec![&**item; columns.len()]),
            one => Row::One(by_position(vec![one], &columns, one)?[0]),
        };
        Ok(Self { ty, row, many, columns, rows: 0, out: Vec::new() })
    }

    fn row(&mut self, statement: &Statement<'_>) -> Result<(), Problem> {
        self.rows += 1;
        match self.many {
            Many::One | Many::OneOrNone if self.rows > 1 => {
                let message = format!("the result has more than one row, and `{}` takes one", self.ty);
                return Err(Problem::new(message).help("add `limit 1`, or declare a list"));
            }
            _ => {}
        }
        if let Some(width) = self.ty.bulk_width().filter(|_| !self.ty.is_blob()) {
            let Row::One(item) = self.row else { return Ok(()) };
            let word = number(&statement.cell(0), item).map_err(|misfit| self.misfit(0, item, misfit))?;
            self.out.extend_from_slice(&word[..width]);
            return Ok(());
        }
        if self.rows > 1 {
            self.out.push(b',');
        }
        self.element(statement)
    }

    fn element(&mut self, statement: &Statement<'_>) -> Result<(), Problem> {
        let mut out = std::mem::take(&mut self.out);
        let written = self.write(statement, &mut out);
        self.out = out;
        written
    }

    fn write(&self, statement: &Statement<'_>, out: &mut Vec<u8>) -> Result<(), Problem> {
        let cell = |column: usize, ty: &Type, out: &mut Vec<u8>| {
            value(&statement.cell(column), ty, out).map_err(|misfit| self.misfit(column, ty, misfit))
        };
        let key = |name: &str, index: usize, out: &mut Vec<u8>| {
            out.push(if index == 0 { b'{' } else { b',' });
            quote(name, out);
            out.push(b':');
        };
        match &self.row {
            Row::One(ty) if self.ty.is_blob() => return self.bytes(statement, ty, out),
            Row::One(ty) => cell(0, ty, out)?,
            Row::Object(names) => {
                for (index, name) in names.iter().enumerate() {
                    key(name, index, out);
                    let as_is = any(&statement.cell(index), out);
                    as_is.map_err(|misfit| self.misfit(index, &Type::Json, misfit))?;
                }
                out.push(b'}');
            }
            Row::Record(fields) => {
                for (index, (name, ty, column)) in fields.iter().enumerate() {
                    key(name, index, out);
                    match column {
                        Some(column) => cell(*column, ty, out)?,
                        None => out.extend_from_slice(b"null"),
                    }
                }
                out.push(b'}');
            }
            Row::Tuple(types) => {
                for (index, ty) in types.iter().enumerate() {
                    out.push(if index == 0 { b'[' } else { b',' });
                    cell(index, ty, out)?;
                }
                out.push(b']');
            }
        }
        Ok(())
    }

    /// A BLOB that is the whole value.
    fn bytes(&self, statement: &Statement<'_>, ty: &Type, out: &mut Vec<u8>) -> Result<(), Problem> {
        match statement.cell(0) {
            Cell::Blob(bytes) => out.extend_from_slice(bytes),
            other => return Err(self.misfit(0, ty, described(&other))),
        }
        Ok(())
    }

    fn misfit(&self, column: usize, ty: &Type, found: String) -> Problem {
        let name = self.columns.get(column).map_or("", String::as_str);
        let message = format!("row {}, column `{name}`: expected `{ty}`, found {found}", self.rows);
        let problem = Problem::new(message);
        match ty {
            _ if found == NULL => problem.help(format!("declare `option<{ty}>`, or use `coalesce`")),
            Type::String if found.contains("number") => problem.help("use `cast(… as text)`"),
            Type::Float(8) if found.contains("number") => {
                problem.help("it is not exact as a float: use `cast(… as real)`")
            }
            _ => problem,
        }
    }

    fn finish(self) -> Result<Encoded, Problem> {
        if self.ty.bulk_width().is_some() && (self.rows > 0 || !self.ty.is_blob()) {
            return Ok(Encoded::Bulk(self.out));
        }
        Ok(Encoded::Json(match (self.many, self.rows) {
            (Many::List, _) => [b"[", self.out.as_slice(), b"]"].concat(),
            (Many::OneOrNone, 0) => b"null".to_vec(),
            (Many::One, 0) => {
                let message = format!("the result has no row, and `{}` takes one", self.ty);
                return Err(Problem::new(message).help(format!("declare `option<{}>`, or aggregate", self.ty)));
            }
            _ => self.out,
        }))
    }
}

/// The names of columns as keys of an object, which must differ.
fn distinct(columns: &[String]) -> Result<Vec<String>, Problem> {
    match columns.iter().enumerate().find(|(index, name)| columns[..*index].contains(name)) {
        Some((_, twice)) => {
            Err(Problem::new(format!("two columns are called `{twice}`")).help("name them apart with `as`"))
        }
        None => Ok(columns.to_vec()),
    }
}

/// The column of each field. Columns that no field takes are left out.
fn fields_of<'t>(
    fields: &'t [(String, Type)],
    columns: &[String],
) -> Result<Vec<(&'t str, &'t Type, Option<usize>)>, Problem> {
    let mut found = Vec::new();
    for (name, ty) in fields {
        let exact = columns.iter().position(|column| column == name);
        let column = exact.or_else(|| columns.iter().position(|column| same_name(column, name)));
        if column.is_none() && !ty.optional().1 {
            let message = format!("there is no column for the field `{name}: {ty}`");
            let free = columns.iter().map(String::as_str).filter(|c| !fields.iter().any(|(f, _)| same_name(f, c)));
            let near = suggest(name, free).map(|near| format!("did you mean `{near}`? "));
            let listed: Vec<String> = columns.iter().map(|column| format!("`{column}`")).collect();
            let help = format!("{}the result has {}", near.unwrap_or_default(), listed.join(", "));
            return Err(Problem::new(message).help(help));
        }
        found.push((name.as_str(), ty, column));
    }
    Ok(found)
}

fn by_position<'t>(types: Vec<&'t Type>, columns: &[String], whole: &Type) -> Result<Vec<&'t Type>, Problem> {
    if types.len() == columns.len() {
        return Ok(types);
    }
    let counted = |n: usize| if n == 1 { "1 column".to_owned() } else { format!("{n} columns") };
    let message = format!("the result has {}, and `{whole}` takes {}", counted(columns.len()), types.len());
    Err(Problem::new(message).help("select what is asked for, or declare a record"))
}

const NULL: &str = "NULL";

/// A value for a message.
fn described(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Null => NULL.to_owned(),
        Cell::Integer(value) => format!("the number {value}"),
        Cell::Real(value) => format!("the number {value:?}"),
        Cell::Text(text) => {
            let text = String::from_utf8_lossy(text);
            match text.char_indices().nth(40) {
                None => format!("the text {text:?}"),
                Some((at, _)) => format!("the text {:?}…", &text[..at]),
            }
        }
        Cell::Blob(bytes) => format!("a BLOB of {} bytes", bytes.len()),
    }
}

/// The integer in a cell, if it is one of that size. A real number without a fraction is one.
fn integer(cell: &Cell<'_>, signed: bool, bytes: u32) -> Option<i64> {
    let value = match cell {
        Cell::Integer(value) => *value,
        Cell::Real(value) if value.trunc() == *value && value.abs() <= EXACT => *value as i64,
        _ => return None,
    };
    let fits = match (signed, bytes) {
        (true, 8) => true,
        (false, 8) => value >= 0,
        (true, _) => (-(1 << (8 * bytes - 1))..1 << (8 * bytes - 1)).contains(&value),
        (false, _) => (0..1 << (8 * bytes)).contains(&value),
    };
    fits.then_some(value)
}

/// The float in a cell. An integer is one if it is exact.
fn float(cell: &Cell<'_>, bytes: u32) -> Option<f64> {
    let value = match cell {
        Cell::Real(value) => *value,
        Cell::Integer(value) => {
            let float = *value as f64;
            (float as i128 == i128::from(*value)).then_some(float)?
        }
        _ => return None,
    };
    // A finite number must not become an infinite one.
    (bytes == 8 || value.is_infinite() || (value as f32).is_finite()).then_some(value)
}

/// A number as the bytes of an element.
fn number(cell: &Cell<'_>, ty: &Type) -> Result<[u8; 8], String> {
    let bytes = match ty {
        Type::Int { signed, bytes } => integer(cell, *signed, *bytes).map(i64::to_le_bytes),
        Type::Float(4) => float(cell, 4).map(|value| u64::from((value as f32).to_bits()).to_le_bytes()),
        _ => float(cell, 8).map(f64::to_le_bytes),
    };
    bytes.ok_or_else(|| described(cell))
}

/// A value of this type as JSON. The error says what was found instead.
fn value(cell: &Cell<'_>, ty: &Type, out: &mut Vec<u8>) -> Result<(), String> {
    let misfit = || described(cell);
    match ty {
        Type::Option(_) if matches!(cell, Cell::Null) => out.extend_from_slice(b"null"),
        Type::Option(inner) => value(cell, inner, out)?,
        Type::Bool => {
            let truth = integer(cell, false, 1).filter(|value| *value < 2).ok_or_else(misfit)?;
            out.extend_from_slice(if truth == 1 { b"true" } else { b"false" });
        }
        Type::Int { signed, bytes } => {
            out.extend_from_slice(integer(cell, *signed, *bytes).ok_or_else(misfit)?.to_string().as_bytes());
        }
        Type::Float(4) => real(float(cell, 4).ok_or_else(misfit)? as f32, out),
        Type::Float(_) => real(float(cell, 8).ok_or_else(misfit)?, out),
        Type::String => quote(utf8(cell)?, out),
        Type::Char => {
            let text = utf8(cell)?;
            let mut chars = text.chars();
            if chars.next().is_none() || chars.next().is_some() {
                return Err(misfit());
            }
            quote(text, out);
        }
        Type::Enum(_, cases) => {
            let text = utf8(cell)?;
            let case = cases.iter().find(|case| same_name(case, text));
            quote(case.ok_or_else(|| format!("{}, which is none of its names", described(cell)))?, out);
        }
        list if list.is_blob() => match cell {
            Cell::Blob(bytes) => {
                let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
                out.extend_from_slice(format!("[{}]", numbers.join(",")).as_bytes());
            }
            _ => return Err(misfit()),
        },
        // A value with structure is JSON text in a column.
        _ => match cell {
            Cell::Text(text) if Reader::whole(text).is_ok() => out.extend_from_slice(text),
            Cell::Text(_) => return Err(format!("{}, which is not JSON", described(cell))),
            Cell::Null if *ty != Type::Json => return Err(misfit()),
            other => any(other, out)?,
        },
    }
    Ok(())
}

/// A value as the JSON that says most of it.
fn any(cell: &Cell<'_>, out: &mut Vec<u8>) -> Result<(), String> {
    match cell {
        Cell::Null => out.extend_from_slice(b"null"),
        Cell::Integer(value) => out.extend_from_slice(value.to_string().as_bytes()),
        Cell::Real(value) => real(*value, out),
        Cell::Text(_) => quote(utf8(cell)?, out),
        Cell::Blob(_) => return Err(format!("{}, for which JSON has no form", described(cell))),
    }
    Ok(())
}

fn utf8<'a>(cell: &Cell<'a>) -> Result<&'a str, String> {
    match cell {
        Cell::Text(text) => std::str::from_utf8(text).map_err(|_| format!("{}, which is not UTF-8", described(cell))),
        other => Err(described(other)),
    }
}

/// A float as JSON, with the names the codec knows where JSON has no number.
fn real(value: impl Into<f64> + std::fmt::Debug + Copy, out: &mut Vec<u8>) {
    let wide: f64 = value.into();
    let text = if wide.is_finite() {
        format!("{value:?}")
    } else if wide > 0.0 {
        "\"Infinity\"".to_owned()
    } else {
        "\"-Infinity\"".to_owned()
    };
    out.extend_from_slice(text.as_bytes());
}
