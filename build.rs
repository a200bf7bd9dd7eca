//! Walls the Worker's linear memory.
//!
//! A Cloudflare isolate has 128 MB for everything: this module's linear memory, JavaScript's heap and the bodies on
//! their way. With a maximum of 96 MiB in the module itself an allocation that would pass it fails inside the module,
//! where it can be answered, and not outside, where the isolate is killed with all that it serves.

use std::env;

/// 96 MiB, in whole pages of 64 KiB as the linker wants it.
const EDGE_MAX_MEMORY: u32 = 96 << 20;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let is_wasm = env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32");
    let is_edge = env::var_os("CARGO_FEATURE_EDGE").is_some();
    if is_wasm && is_edge {
        println!("cargo:rustc-link-arg-cdylib=--max-memory={EDGE_MAX_MEMORY}");
    }
}
