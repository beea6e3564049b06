//! Where the Zig compiler comes from: the wheels its makers put on PyPI, one for each kind of machine.

use crate::packages::{Digest, Package, Registry, Take};

/// A wheel: its folder at PyPI, its name, its digest and its size in bytes.
struct Wheel {
    folder: &'static str,
    file: &'static str,
    sha256: &'static str,
    bytes: u64,
}

#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
const WHEEL: Wheel = Wheel {
    folder: "91/72/bb7c4f098ba3e535fa2ebefd9f26327ba63fb0672562959255cb5dd37aff",
    file: "ziglang-0.17.1-py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64.whl",
    sha256: "b7c5f02fccd40f89b999ee16a1f5ddced56e6182370f8affe494bcf8a28cf07e",
    bytes: 98_063_064,
};
#[cfg(all(target_os = "macos", target_arch = "aarch64"))]
const WHEEL: Wheel = Wheel {
    folder: "ea/e1/4a9a97324fcf2d292c14a2e0121ea0df86c01d0c307ea24fa35aebaccd15",
    file: "ziglang-0.17.1-py3-none-macosx_13_0_arm64.whl",
    sha256: "09953b6af7f64168b915180a42774f520f92d86ef6331b28e33915c7e1f0bb23",
    bytes: 100_390_379,
};
#[cfg(all(target_os = "macos", target_arch = "x86_64"))]
const WHEEL: Wheel = Wheel {
    folder: "17/f6/f4dfc8cf0e510980fda251a8edf99823b9446f5d7a2a6a24801e55e09c28",
    file: "ziglang-0.17.1-py3-none-macosx_13_0_x86_64.whl",
    sha256: "4e0b4b9c02b8d0d220e9948010f860b62ff11d96abb39762eca5fa2ef3f7bc97",
    bytes: 104_485_232,
};
/// Elsewhere it is never asked for; see [`SUPPORTED`].
#[cfg(not(any(
    all(target_os = "linux", target_arch = "aarch64"),
    all(target_os = "macos", any(target_arch = "aarch64", target_arch = "x86_64"))
)))]
const WHEEL: Wheel = Wheel {
    folder: "59/e3/2a34676370a11c36b7cd04ffb2439c1089c0530cf4b01408c77cf7f8d9c3",
    file: "ziglang-0.17.1-py3-none-manylinux_2_12_x86_64.manylinux2010_x86_64.musllinux_1_1_x86_64.whl",
    sha256: "ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54",
    bytes: 101_083_562,
};

/// Whether there is a compiler for this kind of machine.
pub const SUPPORTED: bool =
    cfg!(all(any(target_os = "linux", target_os = "macos"), any(target_arch = "x86_64", target_arch = "aarch64")));

/// The compiler and its standard library, without the C libraries that blocks are not linked to.
pub static PACKAGE: Package = Package {
    title: "Zig 0.17",
    language: "zig",
    registry: Registry::PyPi { folder: WHEEL.folder, file: WHEEL.file },
    name: "ziglang",
    version: "0.17.1",
    digest: Digest::Sha256(WHEEL.sha256),
    bytes: WHEEL.bytes,
    take: &[
        Take::Program { from: "ziglang/zig", to: "zig" },
        Take::Folder { from: "ziglang/lib/std", to: "lib/std" },
        Take::Folder { from: "ziglang/lib/compiler_rt", to: "lib/compiler_rt" },
        Take::Folder { from: "ziglang/lib/compiler", to: "lib/compiler" },
        Take::File { from: "ziglang/lib/compiler_rt.zig", to: "lib/compiler_rt.zig" },
        Take::File { from: "ziglang/lib/c.zig", to: "lib/c.zig" },
        Take::File { from: "ziglang/lib/ubsan_rt.zig", to: "lib/ubsan_rt.zig" },
    ],
};
