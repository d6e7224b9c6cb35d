//! How far a story is, in the few words that GitHub has for it.

use crate::domain::{
    deployment::Outcome,
    policy::{Gate, Purpose},
    story::{Story, Telling},
};

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Stage<'a> {
    /// It was only just proposed: what comes next comes at once.
    Proposed,
    /// It waits at this gate.
    Waits(&'a Gate),
    /// It ended without becoming a deployment.
    Dropped,
    /// It is under way.
    Runs,
    /// It is over.
    Over(&'a Outcome),
}

/// How far a story is by its last beat that says so.
pub(super) fn stage(story: &Story) -> Stage<'_> {
    let known = story.beats.iter().rev().find_map(|beat| match &beat.what {
        Telling::Ended { outcome, .. } => Some(Stage::Over(outcome)),
        Telling::Dropped { .. } => Some(Stage::Dropped),
        Telling::Waits { gate } => Some(Stage::Waits(gate)),
        Telling::Begun { .. }
        | Telling::Resumed
        | Telling::Stopping { .. }
        | Telling::Skipped { .. }
        | Telling::Done { .. }
        | Telling::Trouble { .. }
        | Telling::Failed { .. } => Some(Stage::Runs),
        Telling::Proposed | Telling::KeptBack { .. } | Telling::Emergency { .. } | Telling::PointsOpen { .. } => None,
    });
    known.unwrap_or(Stage::Proposed)
}

/// Whether a story is one of a version that comes or comes back.
pub(super) fn brings_a_version(story: &Story) -> bool {
    story.purpose == Purpose::Deploy && story.version.is_some()
}
