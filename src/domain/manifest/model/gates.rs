//! What stands before a deployment: triggers, and the rules of its gates.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::{pattern::Patterns, schedule::Schedule};
use crate::domain::ids::{EnvironmentName, StepName};

/// What proposes a version by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// A push to a branch of this pattern.
    Push(Patterns),
    /// A tag of this pattern.
    Tag(Patterns),
    /// A pull request that has a label.
    PullRequest {
        /// The label.
        label: String,
    },
    /// A time: the head of the branch that the environment follows.
    Schedule(Schedule),
}

/// What becomes of proposals that wait while newer ones come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Queue {
    /// A newer one replaces waiting ones that nobody has approved.
    #[default]
    Latest,
    /// Each has its turn, in order.
    Every,
}

/// Who must agree first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Approvals {
    /// All of these parts must be cleared; one person clears one part only.
    pub parts: Vec<ApprovalPart>,
    /// Whether the one who asked may agree too.
    pub allow_requester: bool,
    /// How long a proposal may wait for them.
    pub expires: Duration,
}

/// One part of an approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalPart {
    /// How many people.
    pub count: u32,
    /// Of which roles; empty: anybody who may deploy here.
    pub from: Vec<String>,
}

/// What must have happened to a version elsewhere first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct After {
    /// Where a version of the same commit or tree must have succeeded.
    pub environment: EnvironmentName,
    /// How long it must have run there unbroken, counted from the end of its steps.
    pub soak: Option<Duration>,
    /// Whether it is proposed here by itself when the watch there is over.
    pub promote: Promote,
    /// Whether the checklist there must be complete for it.
    pub checklist: bool,
}

/// Who asks for what has proved itself elsewhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Promote {
    /// Somebody.
    #[default]
    Manual,
    /// Botadura.
    Automatic,
}

/// Points that people tick, per version.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Checklist {
    /// Before a version comes here.
    pub before: Vec<Point>,
    /// While it is here, before it goes on to an environment whose `after` has `checklist: true`: a plain list of an
    /// environment that is named so.
    pub leaving: Vec<Point>,
    /// After it came here; they never roll back.
    pub after: Vec<AfterPoints>,
}

impl Checklist {
    /// All points in their order, which is that of their numbers: before, leaving, after.
    pub fn points(&self) -> impl Iterator<Item = &Point> {
        let after = self.after.iter().flat_map(|after| &after.points);
        self.before.iter().chain(&self.leaving).chain(after)
    }

    /// A point's number, from 1.
    pub fn number(&self, text: &str) -> Option<u32> {
        self.points().zip(1..).find(|(point, _)| point.text == text).map(|(_, number)| number)
    }
}

/// Points that are ticked within a time after a deployment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AfterPoints {
    /// The time, from the end of the steps.
    pub within: Duration,
    /// The points.
    pub points: Vec<Point>,
}

/// A point of a checklist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// What people read; unique among an environment's points.
    pub text: String,
    /// What ticks it by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub satisfied_by: Option<Satisfied>,
}

/// What ticks a point by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Satisfied {
    /// This step was done for the version: here, or where it must have been before.
    Step(StepName),
    /// A file of these patterns differs from what runs here.
    Changed(Patterns),
}

/// What is done with a pull request's version from a fork.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Allowed {
    /// It is refused.
    #[default]
    Deny,
    /// It is as good as any.
    Allow,
}

/// What is done with a pull request's version that is behind its base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outdated {
    /// It is refused.
    Refuse,
    /// It is told, and let through.
    Warn,
    /// Nothing.
    Allow,
}

/// How many previews there may be, and how old each may become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Limits {
    /// At most so many at once; none: any number.
    pub count: Option<u32>,
    /// Removed when it is older, from its last deployment; none: with its pull request alone.
    pub age: Option<Duration>,
}

/// A GitHub release for each successful deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GithubRelease {
    /// GitHub writes the notes.
    pub generated_notes: bool,
    /// Makes the next version's tag after success.
    pub bump: Option<Bump>,
}

/// Which part of `vX.Y.Z` grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bump {
    /// X.
    Major,
    /// Y.
    Minor,
    /// Z.
    Patch,
}
