//! What is written after an option, where its type does not say it all.

use std::time::Duration;

use clap::ValueEnum;
use jiff::Timestamp;

use crate::domain::{
    ids::{DeploymentId, EnvironmentId},
    manifest::duration,
};

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shape {
    /// As text for people.
    Human,
    /// As JSON.
    Json,
}

/// A moment with its offset or zone.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    let zoned = text.parse::<jiff::Zoned>().map(|zoned| zoned.timestamp());
    zoned.or_else(|_| text.parse()).map_err(|_| "a moment is wanted, with its offset or zone: 2026-11-27T17:00:00Z".to_owned())
}

/// The environment that one or two words name, and what is left of them.
pub fn place(words: &[String]) -> Result<(EnvironmentId, Option<&str>), String> {
    let wanted = || "an environment is wanted: APP ENV, or APP/ENV".to_owned();
    let (text, rest) = match words {
        [one, rest @ ..] if one.contains('/') => (one.clone(), rest),
        [application, name, rest @ ..] => (format!("{application}/{name}"), rest),
        _ => return Err(wanted()),
    };
    match (text.parse(), rest) {
        (Ok(id), []) => Ok((id, None)),
        (Ok(id), [reference]) => Ok((id, Some(reference))),
        _ => Err(wanted()),
    }
}

/// A deployment's number, as people write it.
pub(super) fn number(text: &str) -> Result<DeploymentId, String> {
    let number = text.strip_prefix('#').unwrap_or(text).parse().ok().filter(|number| *number > 0);
    number.map(DeploymentId).ok_or_else(|| "a deployment's number is wanted; `botadura status` and `botadura history` show them".to_owned())
}

/// A span of time that is not over at once.
pub(super) fn span(text: &str) -> Result<Duration, String> {
    match duration::parse(text) {
        Ok(Duration::ZERO) => Err("it must be longer than nothing (30m, 2h, 1d)".to_owned()),
        read => read.map_err(|error| error.to_string()),
    }
}
