//! How the tour speaks: headings, facts with a check mark, a spinner while it waits.

use std::{
    io::{IsTerminal, Write},
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressStyle};

use super::{Broken, stage::Stage};

/// Speaks to whoever watches. Plain lines where there is no terminal; colours are left out where they are not wanted.
#[derive(Debug)]
pub struct Voice {
    /// Somebody watches: there is a terminal to draw on.
    watched: bool,
    out: Mutex<anstream::Stdout>,
}

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GREEN: Style = AnsiColor::Green.on_default();
const RED: Style = AnsiColor::Red.on_default();

impl Voice {
    pub fn new() -> Self {
        Self { watched: std::io::stdout().is_terminal(), out: Mutex::new(anstream::stdout()) }
    }

    /// The beginning of a part.
    pub fn heading(&self, text: &str) {
        self.line(&format!("\n{BOLD}{text}{BOLD:#}"));
    }

    /// What is going to be done.
    pub fn says(&self, text: &str) {
        self.line(&format!("  {text}"));
    }

    /// Something that was seen to be true.
    pub fn fact(&self, text: &str) {
        self.line(&format!("  {GREEN}✓{GREEN:#} {text}"));
    }

    /// A line of the server's own terminal.
    pub fn quote(&self, text: &str) {
        self.line(&format!("    {DIM}│{DIM:#} {text}"));
    }

    /// Something that was not true.
    pub fn wrong(&self, text: &str) {
        self.line(&format!("  {RED}✗ {text}{RED:#}"));
    }

    /// Shows that something is waited for, until the guard is dropped.
    pub fn waits(&self, text: &str) -> Waiting {
        let bar = if self.watched { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        bar.set_message(text.to_owned());
        if let Ok(style) = ProgressStyle::with_template("  {spinner} {msg} {elapsed}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Waiting(bar)
    }

    /// Where to look when the tour broke.
    pub fn look(&self, log: &Path, broken: &Broken) {
        self.wrong(&broken.to_string());
        if let Ok(text) = std::fs::read_to_string(log) {
            let last: Vec<&str> = text.lines().rev().take(15).collect();
            for line in last.into_iter().rev() {
                self.quote(line);
            }
        }
    }

    /// What there is to see while it stays up.
    pub fn stays(&self, stage: &Stage, server: std::net::SocketAddr) {
        self.heading("It stays up. Look around:");
        self.says(&format!("the shop in production   http://{}", stage.production()));
        self.says(&format!("the shop in staging      http://{}", stage.staging()));
        self.says(&format!("the server's metrics     http://{server}/metrics"));
        self.says(&format!("its files                {}", stage.root().display()));
        self.says(&format!("what runs where          botadura status --config {}", stage.config().display()));
        self.says(&format!("what happened            botadura history --config {}", stage.config().display()));
        self.says("Ctrl-C ends it and takes everything away.");
    }

    fn line(&self, text: &str) {
        // Nobody may be reading any more; the tour goes on all the same.
        let _ = writeln!(self.out.lock().unwrap_or_else(PoisonError::into_inner), "{text}");
    }
}

/// Something is waited for.
#[derive(Debug)]
pub struct Waiting(ProgressBar);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
