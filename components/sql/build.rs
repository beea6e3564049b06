//! Tells the linker where SQLite is: two static libraries for wasm, which `components/build.rs` fetched and checked.
//!
//! Native builds of this package (unit tests) have no SQLite and need none.

fn main() {
    const LIBRARIES: &str = "WB_SQLITE_LIBRARIES";
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={LIBRARIES}");
    if std::env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|family| family == "wasm") {
        match std::env::var(LIBRARIES) {
            Ok(folder) => {
                println!("cargo::rustc-link-search=native={folder}");
                println!("cargo::rustc-link-lib=static=sqlite3");
                println!("cargo::rustc-link-lib=static=wasmuslibc");
            }
            Err(_) => println!("cargo::error={LIBRARIES} is not set; build this package through `wb-components`"),
        }
    }
}
