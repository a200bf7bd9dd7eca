//! The `slimpix` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    slimpix::native::run(std::env::args_os())
}
