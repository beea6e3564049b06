//! Gives the guest a stack that its host's bound ends before it does: running into that bound is a breach with a name,
//! running over the end of one's own stack is a trap without.

/// Bytes. The host lets WebAssembly use 1 MiB of its own stack, and frames there are not much smaller than here.
const STACK: usize = 4 << 20;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|family| family == "wasm") {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size={STACK}");
    }
}
