//! What the top of a component says about itself, read without its types.

use wasmparser::{
    ComponentAlias, ComponentExport, ComponentExternalKind, ComponentImport, ComponentTypeRef, Parser, Payload,
};

/// The number of instances at the top of a component, the way validation counts them: imports, aliases and exports of
/// an instance are instances too.
pub(super) fn instances(component: &[u8]) -> usize {
    let (mut count, mut depth) = (0, 0usize);
    for payload in Parser::new(0).parse_all(component).map_while(Result::ok) {
        match &payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            Payload::InstanceSection(section) => count += section.count() as usize,
            Payload::ComponentInstanceSection(section) => count += section.count() as usize,
            Payload::ComponentImportSection(section) => {
                let instance = |import: &ComponentImport<'_>| matches!(import.ty, ComponentTypeRef::Instance(_));
                count += section.clone().into_iter().flatten().filter(instance).count();
            }
            Payload::ComponentAliasSection(section) => {
                let kind = ComponentExternalKind::Instance;
                let instance = |alias: &ComponentAlias<'_>| matches!(alias, ComponentAlias::InstanceExport { kind: k, .. } if *k == kind);
                count += section.clone().into_iter().flatten().filter(instance).count();
            }
            Payload::ComponentExportSection(section) => {
                let instance = |export: &ComponentExport<'_>| export.kind == ComponentExternalKind::Instance;
                count += section.clone().into_iter().flatten().filter(instance).count();
            }
            _ => {}
        }
    }
    count
}

/// Whether a component sends or answers requests.
pub(super) fn imports_http(component: &[u8]) -> bool {
    let mut depth = 0usize;
    for payload in Parser::new(0).parse_all(component).map_while(Result::ok) {
        match &payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                let http = |import: &ComponentImport<'_>| import.name.name.starts_with("wasi:http/");
                if section.clone().into_iter().flatten().any(|import| http(&import)) {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}
