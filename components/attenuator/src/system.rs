//! All of WASI that is there without a right: streams that are at their end or swallow, no variables, no folders, a clock
//! that only measures. With `files`, folders too; see `system/files.rs`.
//!
//! Streams, errors and pollables are this guest's own resources around the host's, so that a component gets all of
//! WASI from one place, and an artifact asks its host for one version of it.

mod command;
mod files;
mod streams;

wit_bindgen::generate!({ path: "../../wit/attenuator", world: "system", generate_all });

/// The guest.
struct System;

export!(System);
