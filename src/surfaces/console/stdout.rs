//! Lines to standard output: with colours in a terminal, plain where there is none or `NO_COLOR` is set.

use std::io::{self, Write};

use super::Sink;

/// Standard output.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stdout;

impl Sink for Stdout {
    fn line(&self, line: &str) -> io::Result<()> {
        let mut out = anstream::stdout().lock();
        writeln!(out, "{line}")?;
        out.flush()
    }
}
