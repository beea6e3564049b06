//! Running a plan: which nodes must run, in which pieces, and what came of each.
//!
//! Before it runs: [`graph`] (the plan with types resolved and every input's source known), [`select`] (the nodes a run is
//! about), [`prepare`] (blocks through their lanes), [`engines`] (what blocks of interpreted languages share), [`keys`] (what
//! a node and a result are identified by), [`variables`] (what `:var` says), [`known`] (results of earlier runs).
//!
//! While it runs: [`run`] (the whole), [`queue`] (whose turn it is), [`piece`] (one composition: compose, link, drive), [`state`] (what a store holds:
//! logs, WASI, an account of memory), [`limits`] (those accounts), [`breach`] (how a step can fail), [`moment`] (time and
//! randomness).
//!
//! Afterwards: [`record`] (what a run leaves behind), [`archive`] (records, read), [`last`] (what `wb why` compares with).

pub mod archive;
pub mod breach;
pub mod engines;
pub mod graph;
pub mod keys;
pub mod known;
pub mod last;
pub mod limits;
pub mod members;
pub mod moment;
pub mod piece;
pub mod prepare;
pub mod program;
pub mod queue;
pub mod record;
pub mod run;
pub mod select;
pub mod state;
pub mod value;
pub mod variables;
