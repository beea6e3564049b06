//! Reads a `deployment.org`: the one Org file that is pure configuration and nothing else.
//!
//! ```
//! let text = "* local :deployment:\n:PROPERTIES:\n:ENGINE_PLACE: local\n:END:\n";
//! let reading = wb_deploy::read(text)?;
//! assert_eq!(reading.deployment.to_string(), "local · single-tenant · storage=local-fs · db=sqlite");
//! # Ok::<(), wb_deploy::Invalid>(())
//! ```
//!
//! Responsible for: finding the drawer, typing its five closed axes and its open properties, and refusing what the
//! file alone shows to be untrue, each finding with its line and column.
//!
//! Deliberately not here: files, processes, the environment and Org's other syntax. The reader is a line scan with no
//! interpolation, no hooks and no templates, so that "inert" can be checked by reading `scan.rs` in one sitting.

mod axes;
mod check;
mod deployment;
mod issue;
mod position;
mod properties;
mod reader;
mod scan;
mod secret;
mod suggest;

pub use axes::{Auth, Axis, Database, Place, Storage, Tenancy};
pub use deployment::Deployment;
pub use issue::{Invalid, Issue, Problem, Severity};
pub use position::Position;
pub use properties::Property;
pub use reader::{Reading, read};
pub use secret::Secret;
