//! The surface `console`: a page in a terminal, which is a list of lines that grows.
//!
//! Nothing that stands there can be edited, so what is remembered as shown is the keys of the beats that were printed.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use anstyle::{AnsiColor, Style};
use async_trait::async_trait;
use jiff::tz::TimeZone;

use super::{About, NotShown, Surface, text::Text};
use crate::domain::{
    deployment::Outcome,
    policy::Purpose,
    story::{Beat, Dropped, Story, Telling},
};

mod stdout;
#[cfg(test)]
mod tests;
pub use stdout::Stdout;

/// Where lines go.
pub trait Sink: Send + Sync {
    /// Writes one line, which has no line break at its end. It may hold ANSI colours: who keeps it as plain text takes
    /// them out (`anstream::adapter::strip_str`).
    fn line(&self, line: &str) -> io::Result<()>;
}

/// The surface `console`.
pub struct Console {
    text: Text,
    out: Arc<dyn Sink>,
    zone: TimeZone,
    columns: Mutex<Columns>,
}

impl Console {
    /// A console that speaks this language and writes there, with times in UTC.
    pub fn new(text: Text, out: Arc<dyn Sink>) -> Self {
        Self { text, out, zone: TimeZone::UTC, columns: Mutex::default() }
    }

    /// The same, with times as they are in this zone.
    #[must_use]
    pub fn zone(mut self, zone: TimeZone) -> Self {
        self.zone = zone;
        self
    }

    /// A beat as lines: when, where, which, what; its details below.
    fn lines(&self, story: &Story, beat: &Beat) -> Vec<String> {
        let said = self.text.beat(story, beat);
        let time = beat.at.to_zoned(self.zone.clone()).strftime("%H:%M:%S").to_string();
        let version = match (&story.purpose, &story.version) {
            (Purpose::Deploy, None) => "-".to_owned(),
            _ => self.text.subject(story),
        };
        let place = {
            let mut columns = self.columns.lock().unwrap_or_else(PoisonError::into_inner);
            columns.row(&[story.environment.to_string(), format!("#{}", story.id), version])
        };
        let (dim, mood) = (Style::new().dimmed(), mood(&beat.what));
        let first = format!("{dim}{time}{dim:#} {place}  {mood}{}{mood:#}", said.line);
        let details = said.details.iter().map(|line| format!("{:INDENT$}{line}", ""));
        std::iter::once(first).chain(details).collect()
    }
}

#[async_trait]
impl Surface for Console {
    fn name(&self) -> &'static str {
        "console"
    }

    async fn show(&self, story: &Story, _: &About, remote: Option<&str>) -> Result<String, NotShown> {
        // What cannot be read was not written here: better told twice than not at all.
        let mut shown: Vec<String> = remote.and_then(|remote| serde_json::from_str(remote).ok()).unwrap_or_default();
        let mut lines = Vec::new();
        for (place, beat) in story.beats.iter().enumerate() {
            if shown.contains(&beat.key) {
                continue;
            }
            if !repeats(&story.beats[..place], beat) {
                lines.extend(self.lines(story, beat));
            }
            shown.push(beat.key.clone());
        }
        self.print(lines).await?;
        serde_json::to_string(&shown).map_err(|error| NotShown::new(error.to_string()))
    }
}

impl Console {
    /// A terminal that somebody holds (Ctrl-S) blocks its writer, and must not block anything else.
    async fn print(&self, lines: Vec<String>) -> Result<(), NotShown> {
        if lines.is_empty() {
            return Ok(());
        }
        let out = Arc::clone(&self.out);
        let printing = tokio::task::spawn_blocking(move || lines.iter().try_for_each(|line| out.line(line)));
        match printing.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(NotShown::new(error.to_string())),
            Err(error) => Err(NotShown::new(error.to_string())),
        }
    }
}

/// How far details are indented: a little more than the time is wide.
const INDENT: usize = 11;

/// The widest that a column becomes; what is wider stands out.
const WIDEST: usize = 32;

/// The widths of the columns so far: they grow with what they hold, and never shrink.
struct Columns([usize; 3]);

impl Default for Columns {
    fn default() -> Self {
        Self([15, 3, 16])
    }
}

impl Columns {
    fn row(&mut self, cells: &[String; 3]) -> String {
        for (width, cell) in self.0.iter_mut().zip(cells) {
            *width = (*width).max(cell.chars().count().min(WIDEST));
        }
        let padded = cells.iter().zip(self.0).map(|(cell, width)| format!("{cell:width$}"));
        padded.collect::<Vec<_>>().join(" ")
    }
}

/// Whether a beat says what the last one of its kind said: a passing trouble of a step that comes again, or the very
/// same as just before. An interruption is each time another one.
fn repeats(earlier: &[Beat], beat: &Beat) -> bool {
    match &beat.what {
        Telling::Resumed => false,
        Telling::Trouble { step, .. } => {
            let of_step = |what: &Telling| match what {
                Telling::Trouble { step: other, .. } | Telling::Done { step: other, .. } | Telling::Failed { step: other, .. } => {
                    other == step
                }
                _ => false,
            };
            earlier.iter().rev().find(|other| of_step(&other.what)).is_some_and(|other| other.what == beat.what)
        }
        what => earlier.last().is_some_and(|other| other.what == *what),
    }
}

/// Green for what is done, red for what failed, yellow for what waits.
fn mood(what: &Telling) -> Style {
    let color = match what {
        Telling::Done { .. } | Telling::Ended { outcome: Outcome::Succeeded, .. } => AnsiColor::Green,
        Telling::Failed { .. }
        | Telling::Ended { outcome: Outcome::Failed { .. } | Outcome::NeedsHuman { .. }, .. }
        | Telling::Emergency { .. }
        | Telling::Dropped { why: Dropped::Impossible { .. } | Dropped::Refused { .. } } => AnsiColor::Red,
        Telling::Waits { .. }
        | Telling::Trouble { .. }
        | Telling::Stopping { .. }
        | Telling::KeptBack { .. }
        | Telling::PointsOpen { .. }
        | Telling::Dropped { .. }
        | Telling::Ended { outcome: Outcome::Cancelled { .. }, .. } => AnsiColor::Yellow,
        Telling::Proposed | Telling::Begun { .. } | Telling::Resumed | Telling::Skipped { .. } => return Style::new(),
    };
    Style::new().fg_color(Some(color.into()))
}
