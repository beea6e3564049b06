//! C and C++ blocks: clang and lld, themselves WebAssembly, run inside the engine and make a block a component.

use crate::packages::{Digest, Package, Registry, Take};

/// The compiler, the linker, the headers and the libraries.
pub static PACKAGE: Package = Package {
    title: "clang 22",
    language: "c",
    registry: Registry::Npm,
    name: "@yowasp/clang",
    version: "22.0.0-git20542-10",
    digest: Digest::Sha512("V31/z9GrJECKeACTDUyvg2llbEUiFi3bxtL5HSg7H/6sydSxdI/AoVAD9F5ozrfLjotWl0B9rghR87m+DUM/zg=="),
    bytes: 27_112_311,
    take: &[
        Take::File { from: "package/gen/llvm.core.wasm", to: "llvm.wasm" },
        Take::Tar {
            from: "package/gen/llvm-resources.tar",
            take: &[Take::Folder { from: "include", to: "usr/include" }, Take::Folder { from: "lib", to: "usr/lib" }],
        },
    ],
};
