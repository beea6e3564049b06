//! Running a plan: which nodes must run, in which pieces, and what came of each.
//!
//! - [`graph`]: the plan with types resolved and every input's source known. - [`prepare`]: blocks through their lanes.
//! - [`engines`]: what blocks of interpreted languages share. - [`keys`]: what a node and a result are identified by.
//! - [`piece`]: one composition: compose, link, drive. - [`state`]: what a store holds: limits, logs, WASI.
//! - [`record`]: `_steps.jsonl`. - [`select`]: the nodes a run is about. - [`run`]: the whole.

pub mod engines;
pub mod graph;
pub mod keys;
pub mod members;
pub mod piece;
pub mod prepare;
pub mod program;
pub mod record;
pub mod run;
pub mod select;
pub mod state;
pub mod value;
