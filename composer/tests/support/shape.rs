//! The outside of a component as text: every import and export with its type, in the style of WIT.
//!
//! `wit-component` could print this, but it panics on two imports that implement one interface.

use std::collections::HashMap;

use wasmparser::component_types::{ComponentAnyTypeId, ComponentFuncTypeId};
use wasmparser::component_types::{ComponentDefinedType, ComponentEntityType, ComponentValType};
use wasmparser::types::Types;
use wasmparser::{Parser, Payload};

pub(crate) fn of(component: &[u8], types: &Types) -> String {
    let mut shape = Shape { types, names: HashMap::new(), text: String::new() };
    for (word, name) in outside(component) {
        let item = match word {
            "import" => types.as_ref().component_item_for_import(&name),
            _ => types.as_ref().component_item_for_export(&name),
        };
        let item = item.unwrap();
        let implements = item.implements.as_ref().map(|of| format!(" implements {of}")).unwrap_or_default();
        shape.text.push_str(&format!("{word} {name}{implements}"));
        shape.entity(&name, &item.ty, 1);
    }
    shape.text
}

/// Names of imports and exports at the top, in order.
fn outside(component: &[u8]) -> Vec<(&'static str, String)> {
    let (mut names, mut depth) = (Vec::new(), 0);
    for payload in Parser::new(0).parse_all(component) {
        match payload.unwrap() {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 0 => {
                names.extend(section.into_iter().map(|import| ("import", import.unwrap().name.name.to_owned())));
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                names.extend(section.into_iter().map(|export| ("export", export.unwrap().name.name.to_owned())));
            }
            _ => {}
        }
    }
    names
}

struct Shape<'a> {
    types: &'a Types,
    /// Names of declared types by their structure.
    names: HashMap<String, String>,
    text: String,
}

impl Shape<'_> {
    fn entity(&mut self, name: &str, ty: &ComponentEntityType, depth: usize) {
        match ty {
            ComponentEntityType::Func(id) => {
                let function = self.function(*id);
                self.text.push_str(&format!(": {function}\n"));
            }
            ComponentEntityType::Module(_) => self.text.push_str(": core module\n"),
            ComponentEntityType::Type { created: ComponentAnyTypeId::Defined(id), .. } => {
                let structure = self.defined(&self.types[*id]);
                self.text.push_str(&format!(": type {structure}\n"));
                self.names.entry(structure).or_insert_with(|| name.to_owned());
            }
            ComponentEntityType::Type { .. } => self.text.push_str(": resource\n"),
            ComponentEntityType::Instance(id) => {
                self.text.push('\n');
                for (name, item) in &self.types[*id].exports {
                    self.text.push_str(&format!("{}{name}", "  ".repeat(depth)));
                    self.entity(name, &item.ty, depth + 1);
                }
            }
            other => panic!("{other:?}"),
        }
    }

    fn function(&self, id: ComponentFuncTypeId) -> String {
        let function = &self.types[id];
        let params: Vec<String> =
            function.params.iter().map(|(name, ty)| format!("{name}: {}", self.value(ty))).collect();
        let result = function.result.as_ref().map(|ty| format!(" -> {}", self.value(ty))).unwrap_or_default();
        format!("func({}){result}", params.join(", "))
    }

    fn value(&self, ty: &ComponentValType) -> String {
        match ty {
            ComponentValType::Primitive(primitive) => primitive.to_string(),
            ComponentValType::Type(id) => {
                let structure = self.defined(&self.types[*id]);
                self.names.get(&structure).cloned().unwrap_or(structure)
            }
        }
    }

    fn defined(&self, ty: &ComponentDefinedType) -> String {
        let side = |ty: &Option<ComponentValType>| ty.as_ref().map_or_else(|| "_".to_owned(), |ty| self.value(ty));
        let joined = |items: Vec<String>| items.join(", ");
        match ty {
            ComponentDefinedType::Primitive(primitive) => primitive.to_string(),
            ComponentDefinedType::Record(record) => {
                let fields = record.fields.iter().map(|(name, ty)| format!("{name}: {}", self.value(ty)));
                format!("record {{ {} }}", joined(fields.collect()))
            }
            ComponentDefinedType::Variant(variant) => {
                let cases = variant.cases.iter().map(|(name, case)| match &case.ty {
                    Some(ty) => format!("{name}({})", self.value(ty)),
                    None => name.to_string(),
                });
                format!("variant {{ {} }}", joined(cases.collect()))
            }
            ComponentDefinedType::List { element, .. } => format!("list<{}>", self.value(element)),
            ComponentDefinedType::Tuple(tuple) => {
                format!("tuple<{}>", joined(tuple.types.iter().map(|ty| self.value(ty)).collect()))
            }
            ComponentDefinedType::Flags(names) => {
                format!("flags {{ {} }}", joined(names.iter().map(ToString::to_string).collect()))
            }
            ComponentDefinedType::Enum(names) => {
                format!("enum {{ {} }}", joined(names.iter().map(ToString::to_string).collect()))
            }
            ComponentDefinedType::Option { ty, .. } => format!("option<{}>", self.value(ty)),
            ComponentDefinedType::Result { ok, err, .. } => format!("result<{}, {}>", side(ok), side(err)),
            ComponentDefinedType::Own(_) => "own".to_owned(),
            ComponentDefinedType::Borrow(_) => "borrow".to_owned(),
            other => panic!("{other:?}"),
        }
    }
}
