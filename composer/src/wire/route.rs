//! Components that answer requests themselves, in front of the handler of their workbook.
//!
//! For each there is a guest (`components/artifact-route`) that sends what is below its path to the component, and the rest
//! on. The component's imports of WASI get the guests' version, so that all of them mean the same requests.

use wac_graph::NodeId;
use wac_graph::types::ItemKind;

use super::attenuate::{Guard, VERSION, bare, says};
use super::{ComposeError, HANDLER, Wiring};
use crate::hoist;

/// A component that answers requests below a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route<'a> {
    /// The component, in messages.
    pub id: &'a str,
    /// The path, `/api`.
    pub path: &'a str,
    /// Its bytes.
    pub component: &'a [u8],
    /// What it was granted.
    pub guard: Guard<'a>,
}

/// What a handler has in front of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Routes<'a> {
    /// The guest.
    pub guest: &'a [u8],
    /// The components. A path below another one comes after it.
    pub all: &'a [Route<'a>],
}

impl Wiring<'_, '_> {
    /// Puts routes before a handler; answers what is to be exported.
    pub(super) fn routed(
        &mut self,
        mut next: NodeId,
        routes: Routes<'_>,
        index: usize,
    ) -> Result<NodeId, ComposeError> {
        for route in routes.all {
            let fail = |detail: String| ComposeError::Part { id: route.id.to_owned(), detail };
            let bytes = renamed(route.component).map_err(|error| fail(error.to_string()))?;
            let package = self.own_package(bytes, &fail)?;
            let node = self.graph.instantiate(package);
            let world = self.graph[package].ty();
            let imports: Vec<(String, ItemKind)> =
                self.graph.types()[world].imports.iter().map(|(name, kind)| (name.clone(), *kind)).collect();
            let done = self.attenuate(node, &imports, route.guard, route.id, index)?;
            let other = imports.iter().find(|(name, kind)| {
                let needed = !matches!(kind, ItemKind::Module(_) | ItemKind::Type(_));
                needed && !done.contains(name) && !matches!(kind, ItemKind::Instance(id) if self.only_types(*id))
            });
            if let Some((interface, _)) = other {
                return Err(ComposeError::UnknownImport { id: route.id.to_owned(), interface: interface.clone() });
            }
            let exports = &self.graph.types()[world].exports;
            let handler = exports.keys().find(|name| bare(name) == bare(HANDLER)).cloned();
            let handler = handler.ok_or_else(|| fail(format!("it exports no `{}`", bare(HANDLER))))?;
            let inner = self.graph.alias_instance_export(node, &handler).map_err(|error| fail(error.to_string()))?;
            let package = self.package(routes.guest, index)?;
            let guest = self.graph.instantiate(package);
            let says = says("path", route.path).map_err(|error| fail(error.to_string()))?;
            let package = self.own_package(says, &fail)?;
            let path = self.graph.instantiate(package);
            let path = self.graph.alias_instance_export(path, "path").map_err(|error| fail(error.to_string()))?;
            for (argument, value) in [("path", path), ("inner", inner), ("next", next)] {
                let linked = self.graph.set_instantiation_argument(guest, argument, value);
                linked.map_err(|error| fail(super::chain(&error)))?;
            }
            next = self.graph.alias_instance_export(guest, HANDLER).map_err(|error| fail(error.to_string()))?;
        }
        Ok(next)
    }
}

/// A component with its imports of WASI 0.2 under the version of the guests.
pub(super) fn renamed(component: &[u8]) -> Result<Vec<u8>, hoist::HoistError> {
    hoist::rename_imports(component, &|name| {
        let (bare, version) = name.split_once('@')?;
        (bare.starts_with("wasi:") && version.starts_with("0.2.")).then(|| format!("{bare}@{VERSION}"))
    })
}
