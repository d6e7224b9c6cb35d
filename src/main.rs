//! The binary `botadura`: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    // The supervisor of a command comes before everything else: it must be small, alone and quick.
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == "supervise")
        && let (Some(folder), None) = (arguments.next(), arguments.next())
    {
        return botadura::steps::process::supervise(folder.as_ref());
    }
    botadura::cli::run()
}
