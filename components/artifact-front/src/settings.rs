//! What the handler knows of its workbook, written by `wb compose` as JSON:
//! `{"page": HTML, "policy": CSP, "imports": [name …], "exports": [{"name": …, "type": …} …]}`.

use codec::json::{Malformed, Reader};

/// A result that can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// Its name; the last part of its path.
    pub name: String,
    /// Its type, as WIT.
    pub ty: String,
}

/// What the workbook is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The whole page.
    pub page: String,
    /// The page's content security policy.
    pub policy: String,
    /// Names of the inputs.
    pub imports: Vec<String>,
    /// The results.
    pub exports: Vec<Export>,
}

impl Settings {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// When the text is not what `wb compose` writes.
    pub fn read(text: &str) -> Result<Self, Malformed> {
        let mut settings = Self::default();
        let mut reader = Reader::new(text.as_bytes());
        each(&mut reader, |key, reader| {
            match key {
                "page" => settings.page = reader.string()?,
                "policy" => settings.policy = reader.string()?,
                "imports" => settings.imports = items(reader, Reader::string)?,
                "exports" => settings.exports = items(reader, export)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        reader.end()?;
        Ok(settings)
    }
}

fn export(reader: &mut Reader<'_>) -> Result<Export, Malformed> {
    let mut export = Export { name: String::new(), ty: String::new() };
    each(reader, |key, reader| {
        match key {
            "name" => export.name = reader.string()?,
            "type" => export.ty = reader.string()?,
            _ => drop(reader.skip()?),
        }
        Ok(())
    })?;
    Ok(export)
}

fn each<'a>(
    reader: &mut Reader<'a>,
    mut member: impl FnMut(&str, &mut Reader<'a>) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    reader.open(b'{')?;
    let mut first = true;
    while reader.more(&mut first, b'}')? {
        let key = reader.key()?;
        member(&key, reader)?;
    }
    Ok(())
}

fn items<'a, T>(
    reader: &mut Reader<'a>,
    item: impl Fn(&mut Reader<'a>) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    let mut items = Vec::new();
    reader.open(b'[')?;
    let mut first = true;
    while reader.more(&mut first, b']')? {
        items.push(item(reader)?);
    }
    Ok(items)
}
