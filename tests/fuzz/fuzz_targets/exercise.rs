//! Every export of the kernel on any text: no panic, and what `oql::exercise` promises.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| oql::exercise(text));
