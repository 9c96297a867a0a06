//! The command `swath`: what is typed becomes a job of the library. Only this binary prints.
#![forbid(unsafe_code)]

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
