//! The `slimpix` program.
fn main() {}
