//! Why members cannot be composed, with what a caller needs to point at the workbook.

use super::MAX_NEIGHBOURS;

/// Why a composition failed.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// Two ends of an edge have different types.
    #[error("`{from}` gives `{from_port}` as `{from_ty}`, but `{to}` takes `{to_port}` as `{to_ty}`")]
    Mismatch {
        /// Producing component.
        from: String,
        /// Its port.
        from_port: String,
        /// Its type.
        from_ty: String,
        /// Consuming component.
        to: String,
        /// Its port.
        to_port: String,
        /// Its type.
        to_ty: String,
        /// What the type checker said.
        detail: String,
    },
    /// A component's function is not what its adapter expects.
    #[error("the function of `{id}` does not fit its ports: {detail}")]
    Function {
        /// The component.
        id: String,
        /// What the type checker said.
        detail: String,
    },
    /// A component imports something no grant covers.
    #[error("`{id}` imports `{interface}`, which is neither known to mint authority nor to be harmless")]
    UnknownImport {
        /// The component.
        id: String,
        /// The import.
        interface: String,
    },
    /// An artifact would carry a component with a right that only this host can give.
    #[error("`{id}` imports `{interface}`, and nothing that other hosts have can stand behind it as it was granted")]
    Authority {
        /// The component.
        id: String,
        /// The import.
        interface: String,
    },
    /// An interface of WASI is not the one it should be.
    #[error("`{id}` imports `{interface}` in another shape than WASI 0.2 has: {detail}")]
    Guard {
        /// The component.
        id: String,
        /// The import.
        interface: String,
        /// What the type checker said.
        detail: String,
    },
    /// Folders and requests in one component, which have streams of two kinds.
    #[error(
        "`{id}` was granted folders and sends or answers requests; in an artifact one component has one of the two"
    )]
    Both {
        /// The component.
        id: String,
    },
    /// Too many nodes for one composition.
    #[error("{nodes} nodes, with what they import and export, are more than one component can hold")]
    TooMany {
        /// How many.
        nodes: usize,
    },
    /// A node with too many neighbours.
    #[error("`{id}` is linked to {neighbours} other components, more than one component can hold ({MAX_NEIGHBOURS})")]
    Hub {
        /// The component.
        id: String,
        /// How many.
        neighbours: usize,
    },
    /// A part is not a component, or the graph library refused something our own checks should have caught.
    #[error("cannot compose `{id}`: {detail}")]
    Part {
        /// The component.
        id: String,
        /// The reason.
        detail: String,
    },
}
