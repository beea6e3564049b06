//! Inputs on their way into the database: lists become tables, everything else a parameter.

use codec::json::{Kind, Malformed, Reader};

use crate::block::{Block, Port, Type};
use crate::database::{Database, Statement, Value};
use crate::text::{Problem, column_name, quoted};

/// What a list without columns of its own has: one of this name.
const VALUE: &str = "value";

/// What the inputs have become.
#[derive(Debug, Default)]
pub struct Inputs<'a> {
    /// Parameters by the name in SQL. An input that came as JSON is here, whatever else it is.
    pub parameters: Vec<(String, Parameter<'a>)>,
    /// Tables by the name in SQL, and whether their columns are known.
    pub tables: Vec<(String, bool)>,
}

/// A parameter's value.
#[derive(Debug)]
pub enum Parameter<'a> {
    Value(Value),
    /// JSON text: a list or an object.
    Json(&'a [u8]),
}

/// Fills the database.
///
/// # Errors
///
/// When a value has no form in SQLite, or does not fit into memory.
pub fn load<'a>(db: &Database, block: &Block, args: &'a str, bulk: &'a [Vec<u8>]) -> Result<Inputs<'a>, Problem> {
    let mut loading = Loading { db, inputs: Inputs::default() };
    db.execute("begin")?;
    let mut json = Reader::new(args.as_bytes());
    let mut first = true;
    json.open(b'{').map_err(malformed)?;
    while json.more(&mut first, b'}').map_err(malformed)? {
        let name = json.key().map_err(malformed)?;
        let text = json.clone().skip().map_err(malformed)?;
        let Some(port) = block.inputs.iter().find(|port| port.name == name) else {
            json.skip().map_err(malformed)?;
            continue;
        };
        loading.json(port, &mut json, text).map_err(|problem| within(port, problem))?;
    }
    for (port, bytes) in block.inputs.iter().filter(|port| port.ty.bulk_width().is_some()).zip(bulk) {
        loading.bulk(port, bytes).map_err(|problem| within(port, problem))?;
    }
    db.execute("commit")?;
    Ok(loading.inputs)
}

fn malformed(error: Malformed) -> Problem {
    Problem::new(error.to_string())
}

fn within(port: &Port, problem: Problem) -> Problem {
    Problem { message: format!("input `{}`: {}", port.name, problem.message), ..problem }
}

struct Loading<'d, 'a> {
    db: &'d Database,
    inputs: Inputs<'a>,
}

impl<'d, 'a> Loading<'d, 'a> {
    /// An input that came as JSON.
    fn json(&mut self, port: &Port, json: &mut Reader<'a>, text: &'a [u8]) -> Result<(), Problem> {
        let name = column_name(&port.name);
        let (ty, _) = port.ty.optional();
        let kind = json.kind().map_err(malformed)?;
        let parameter = match kind {
            Kind::Array | Kind::Object => Parameter::Json(text),
            _ => Parameter::Value(value(&mut json.clone(), ty)?),
        };
        self.inputs.parameters.push((name.clone(), parameter));
        let columns = match ty {
            Type::List(item) => columns_of(item),
            Type::Record(..) => columns_of(ty),
            _ => None,
        };
        match (columns, kind) {
            (Some(columns), Kind::Array) => self.rows(&name, &columns, json, false),
            (Some(columns), _) => self.rows(&name, &columns, json, true),
            (None, Kind::Array) if matches!(ty, Type::Json | Type::List(_)) => {
                let columns = inferred(json.clone()).map_err(malformed)?;
                self.rows(&name, &columns, json, false)
            }
            (None, _) => json.skip().map(drop).map_err(malformed),
        }
    }

    /// A table of the rows in a JSON array, or of the one row (or none) that a value is.
    fn rows(&mut self, name: &str, columns: &Columns, json: &mut Reader<'a>, single: bool) -> Result<(), Problem> {
        let insert = self.table(name, columns)?;
        if single {
            return match json.kind().map_err(malformed)? {
                Kind::Null => json.null().map_err(malformed),
                _ => columns.row(json, &insert),
            };
        }
        let (mut first, mut count) = (true, 0u32);
        json.open(b'[').map_err(malformed)?;
        while json.more(&mut first, b']').map_err(malformed)? {
            count += 1;
            let row = columns.row(json, &insert);
            row.map_err(|problem| Problem { message: format!("row {count}: {}", problem.message), ..problem })?;
        }
        Ok(())
    }

    /// Creates a table and gives the statement that fills it.
    fn table(&mut self, name: &str, columns: &Columns) -> Result<Statement<'d>, Problem> {
        let column = |(name, ty): &(String, Type)| format!("{} {}", quoted(name), affinity(ty));
        let list: Vec<String> = columns.list.iter().map(column).collect();
        self.db.execute(&format!("create table {}({})", quoted(name), list.join(", ")))?;
        self.inputs.tables.push((name.to_owned(), columns.known));
        let places = vec!["?"; list.len()].join(", ");
        self.db.own(&format!("insert into {} values({places})", quoted(name)))
    }

    /// A list of numbers as the bytes of its elements.
    fn bulk(&mut self, port: &Port, bytes: &'a [u8]) -> Result<(), Problem> {
        let name = column_name(&port.name);
        let Type::List(item) = &port.ty else { return Ok(()) };
        if port.ty.is_blob() {
            self.inputs.parameters.push((name, Parameter::Value(Value::Blob(bytes.to_vec()))));
            return Ok(());
        }
        let columns = Columns::plain((**item).clone(), true);
        let insert = self.table(&name, &columns)?;
        let width = port.ty.bulk_width().unwrap_or(1);
        for element in bytes.chunks_exact(width) {
            let mut word = [0; 8];
            word[..width].copy_from_slice(element);
            let bits = u64::from_le_bytes(word);
            match **item {
                Type::Float(4) => insert.bind_real(0, f64::from(f32::from_bits(bits as u32)))?,
                Type::Float(_) => insert.bind_real(0, f64::from_bits(bits))?,
                Type::Int { signed: true, .. } => {
                    let shift = 64 - 8 * width;
                    insert.bind_integer(0, ((bits << shift) as i64) >> shift)?;
                }
                _ => insert.bind_integer(0, i64::try_from(bits).map_err(|_| too_large(&bits.to_string()))?)?,
            }
            insert.step()?;
            insert.reset();
        }
        Ok(())
    }
}

/// The columns of a table. They are not known where an empty `json` list was to give them.
struct Columns {
    list: Vec<(String, Type)>,
    /// Whether a row is the one column's value, rather than an object or array of several.
    plain: bool,
    known: bool,
}

impl Columns {
    fn plain(ty: Type, known: bool) -> Self {
        Self { list: vec![(VALUE.to_owned(), ty)], plain: true, known }
    }

    /// One row. An object gives columns by name, an array by position (where columns have positions), anything else the
    /// only one.
    fn row(&self, json: &mut Reader<'_>, insert: &Statement<'_>) -> Result<(), Problem> {
        let mut filled = 0;
        let mut given = vec![false; self.list.len()];
        let mut give = |index: usize, json: &mut Reader<'_>| -> Result<(), Problem> {
            filled += usize::from(!std::mem::replace(&mut given[index], true));
            bind(json, &self.list[index].1, insert, index)
        };
        let mut first = true;
        match json.kind().map_err(malformed)? {
            Kind::Object if !self.plain => {
                json.open(b'{').map_err(malformed)?;
                let mut next = 0;
                while json.more(&mut first, b'}').map_err(malformed)? {
                    let key = column_name(&json.key().map_err(malformed)?);
                    // Rows nearly always have their columns in one order.
                    let guess = self.list.get(next).is_some_and(|(name, _)| *name == key).then_some(next);
                    match guess.or_else(|| self.list.iter().position(|(name, _)| *name == key)) {
                        Some(index) => {
                            next = index + 1;
                            give(index, json)?;
                        }
                        None => drop(json.skip().map_err(malformed)?),
                    }
                }
            }
            Kind::Array if !self.plain => {
                json.open(b'[').map_err(malformed)?;
                let mut index = 0;
                while json.more(&mut first, b']').map_err(malformed)? {
                    give(index, json)?;
                    index += 1;
                }
            }
            _ => give(0, json)?,
        }
        if filled < self.list.len() {
            for (index, _) in given.iter().enumerate().filter(|(_, given)| !**given) {
                insert.bind_null(index)?;
            }
        }
        insert.step()?;
        insert.reset();
        Ok(())
    }
}

/// The columns of rows of this type; nothing where they are only known from the rows.
fn columns_of(row: &Type) -> Option<Columns> {
    let list = match row.optional().0 {
        Type::Record(_, fields) => fields.iter().map(|(name, ty)| (column_name(name), ty.clone())).collect(),
        // As SQLite names the columns of `values`.
        Type::Tuple(items) => (1..).zip(items).map(|(n, ty)| (format!("column{n}"), ty.clone())).collect(),
        Type::Json => return None,
        other => return Some(Columns::plain(other.clone(), true)),
    };
    Some(Columns { list, plain: false, known: true })
}

/// The columns of a `json` list: the keys of its objects in the order in which they first appear, or as many as its
/// longest array has, or one.
fn inferred(mut json: Reader<'_>) -> Result<Columns, Malformed> {
    let mut list: Vec<(String, Type)> = Vec::new();
    let (mut objects, mut arrays, mut rows, mut widest) = (0u32, 0u32, 0u32, 0usize);
    let mut first = true;
    json.open(b'[')?;
    while json.more(&mut first, b']')? {
        rows += 1;
        let mut first = true;
        match json.kind()? {
            Kind::Object => {
                objects += 1;
                json.open(b'{')?;
                while json.more(&mut first, b'}')? {
                    let key = column_name(&json.key()?);
                    if !list.iter().any(|(name, _)| *name == key) {
                        list.push((key, Type::Json));
                    }
                    json.skip()?;
                }
            }
            Kind::Array => {
                arrays += 1;
                let mut width = 0;
                json.open(b'[')?;
                while json.more(&mut first, b']')? {
                    json.skip()?;
                    width += 1;
                }
                widest = widest.max(width);
            }
            _ => drop(json.skip()?),
        }
    }
    if rows > 0 && objects == rows && !list.is_empty() {
        return Ok(Columns { list, plain: false, known: true });
    }
    if rows > 0 && arrays == rows && widest > 0 {
        let list = (1..=widest).map(|n| (format!("column{n}"), Type::Json)).collect();
        return Ok(Columns { list, plain: false, known: true });
    }
    Ok(Columns::plain(Type::Json, rows > 0))
}

/// The declared type of a column: what SQLite converts values to where it compares them.
fn affinity(ty: &Type) -> &'static str {
    match ty.optional().0 {
        Type::Bool => "BOOLEAN",
        Type::Int { .. } => "INTEGER",
        Type::Float(_) => "REAL",
        Type::Char | Type::String | Type::Enum(..) => "TEXT",
        _ if ty.is_blob() => "BLOB",
        _ => "",
    }
}

/// Binds a JSON value.
fn bind(json: &mut Reader<'_>, ty: &Type, insert: &Statement<'_>, index: usize) -> Result<(), Problem> {
    insert.bind(index, &value(json, ty.optional().0)?)
}

/// A JSON value as one of SQLite's.
fn value(json: &mut Reader<'_>, ty: &Type) -> Result<Value, Problem> {
    match json.kind().map_err(malformed)? {
        Kind::Null => json.null().map(|()| Value::Null).map_err(malformed),
        Kind::Bool => json.bool().map(|truth| Value::Integer(i64::from(truth))).map_err(malformed),
        Kind::Number => number(json.number().map_err(malformed)?, ty),
        Kind::String => {
            let text = json.string().map_err(malformed)?;
            Ok(match (ty, text.as_str()) {
                (Type::Float(_), "NaN") => Value::Null,
                (Type::Float(_), "Infinity") => Value::Real(f64::INFINITY),
                (Type::Float(_), "-Infinity") => Value::Real(f64::NEG_INFINITY),
                _ => Value::Text(text),
            })
        }
        Kind::Array if ty.is_blob() => blob(json).map(Value::Blob).map_err(malformed),
        Kind::Array | Kind::Object => {
            let text = json.skip().map_err(malformed)?;
            Ok(Value::Text(String::from_utf8_lossy(text).into_owned()))
        }
    }
}

fn number(text: &str, ty: &Type) -> Result<Value, Problem> {
    let float = || text.parse().map(Value::Real).map_err(|_| too_large(text));
    match ty {
        Type::Float(_) => float(),
        Type::Int { .. } => text.parse().map(Value::Integer).map_err(|_| too_large(text)),
        _ if text.contains(['.', 'e', 'E']) => float(),
        _ => text.parse().map(Value::Integer).map_err(|_| too_large(text)),
    }
}

fn too_large(number: &str) -> Problem {
    Problem::new(format!("{number} is beyond SQLite's integers, which have 64 bits with a sign"))
        .help("give it as a string")
}

fn blob(json: &mut Reader<'_>) -> Result<Vec<u8>, Malformed> {
    let (mut bytes, mut first) = (Vec::new(), true);
    json.open(b'[')?;
    while json.more(&mut first, b']')? {
        bytes.push(json.number()?.parse().unwrap_or_default());
    }
    Ok(bytes)
}
