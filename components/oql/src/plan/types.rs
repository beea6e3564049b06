//! The type names a file declares in its `wit` blocks, and the comparison of port types.

use std::collections::{HashMap, HashSet};

use super::blocks::SourceBlock;
use crate::syntax::Document;
use crate::wit_text::{self, Body, Declaration, Mention, Type, WitError};

/// How far `type a = b` chains are followed.
const MAX_CHAIN: usize = 16;

/// All declared types.
#[derive(Debug, Default)]
pub(crate) struct TypeTable {
    pub(crate) declarations: Vec<Declaration>,
    pub(crate) names: HashSet<String>,
    by_name: HashMap<String, usize>,
    pub(crate) errors: Vec<WitError>,
    /// Indices of the `wit` blocks.
    pub(crate) blocks: Vec<usize>,
}

impl TypeTable {
    pub(crate) fn read(document: &Document, blocks: &[SourceBlock]) -> Self {
        let mut table = TypeTable::default();
        for (i, block) in blocks.iter().enumerate().filter(|(_, b)| b.lang == "wit") {
            table.blocks.push(i);
            let (declarations, error) = wit_text::declarations(document.text(), &block.body);
            table.errors.extend(error);
            for declaration in declarations {
                table.names.insert(declaration.name.clone());
                table.by_name.entry(declaration.name.clone()).or_insert(table.declarations.len());
                table.declarations.push(declaration);
            }
        }
        table
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Declaration> {
        self.by_name.get(name).map(|i| &self.declarations[*i])
    }

    /// The names among `mentions` that nothing declares; `aliases` tells whether workbook aliases count as known.
    pub(crate) fn unknown<'m>(&self, mentions: &'m [Mention], aliases: bool) -> Vec<&'m Mention> {
        let known = |name: &str| {
            self.names.contains(name) || (aliases && wit_text::ALIASES.iter().any(|(alias, _)| *alias == name))
        };
        mentions.iter().filter(|m| !known(&m.name)).collect()
    }

    /// What a misspelt type name may have meant: everything that can be written as a type.
    pub(crate) fn candidates(&self) -> Vec<&str> {
        let generic = ["option", "result", "tuple"];
        let aliases = wit_text::ALIASES.iter().map(|(name, _)| *name);
        let declared = self.declarations.iter().take(512).map(|d| d.name.as_str());
        wit_text::PRIMITIVES.iter().copied().chain(generic).chain(aliases).chain(declared).collect()
    }

    /// Whether two types are the same once `type a = b` is looked through.
    pub(crate) fn same(&self, a: &Type, b: &Type) -> bool {
        self.resolve(a, 0) == self.resolve(b, 0)
    }

    /// The fields of a record type.
    pub(crate) fn record(&self, ty: &Type) -> Option<&[(String, Type)]> {
        let mut ty = ty;
        for _ in 0..MAX_CHAIN {
            let Type::Name(name) = ty else { return None };
            match &self.get(name)?.body {
                Body::Record(fields) => return Some(fields),
                Body::Alias(next) => ty = next,
                _ => return None,
            }
        }
        None
    }

    fn resolve(&self, ty: &Type, depth: usize) -> Type {
        if depth > MAX_CHAIN {
            return ty.clone();
        }
        let inner = |t: &Type| Box::new(self.resolve(t, depth + 1));
        match ty {
            Type::Name(name) => match self.get(name).map(|d| &d.body) {
                Some(Body::Alias(next)) => self.resolve(next, depth + 1),
                _ => ty.clone(),
            },
            Type::List(t) => Type::List(inner(t)),
            Type::Option(t) => Type::Option(inner(t)),
            Type::Result(ok, err) => Type::Result(ok.as_deref().map(inner), err.as_deref().map(inner)),
            Type::Tuple(items) => Type::Tuple(items.iter().map(|t| self.resolve(t, depth + 1)).collect()),
        }
    }
}
