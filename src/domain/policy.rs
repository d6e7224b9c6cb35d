//! May it? Facts in, a decision *tree* out.
//!
//! A gate says whether it is open, who can clear it and when it opens by itself. A [`Decision`] is all of an
//! environment's gates for one proposal; the same tree is the answer to whoever asked, the record of why, and what is
//! looked at again whenever a fact changes. The gates stand outside of the slot: what waits here holds nothing up.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ids::{Actor, DeploymentId, EnvironmentId, RunbookName},
    plan::Digest,
    request::Scope,
    version::Version,
};

mod decision;
mod facts;
mod gates;
mod queue;
mod stay;
mod trigger;
pub use decision::{Clearer, Decision, Finding, Gate, There, Verdict};
pub use facts::{Facts, Known, Protection, PullRequest, Seen, Tag, Tick};
pub use gates::{decide, deployers, foreign_lock, may_ask, wanted_approvals, wanted_tag};
pub use queue::superseded;
pub use stay::{Broken, Passage, Stay, stays};
pub use trigger::{Triggered, triggered};

/// A version proposed for an environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Proposal {
    /// Its number, and the number of the deployment that it becomes.
    pub id: DeploymentId,
    /// Where to.
    pub environment: EnvironmentId,
    /// What; none for a runbook without a workspace and for a removal.
    pub version: Option<Version>,
    /// What is to be done.
    #[serde(default)]
    pub purpose: Purpose,
    /// How it came to be.
    pub origin: Origin,
    /// When.
    pub at: Timestamp,
    /// Who agreed so far.
    pub approvals: Vec<Approval>,
}

/// What a proposal wants done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Its version is brought in.
    #[default]
    Deploy,
    /// A runbook is run, or what it did is taken back.
    Run {
        /// Which.
        runbook: RunbookName,
        /// What its steps have an `undo` for is taken back.
        undo: bool,
    },
    /// Everything is taken away: the end of a preview.
    Remove,
}

/// How a proposal came to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Origin {
    /// Who pushed or asked.
    pub actor: Actor,
    /// By a trigger of the manifest, not by a person's word.
    pub automatic: bool,
    /// By which.
    #[serde(default)]
    pub cause: Cause,
    /// The delivery that it came in.
    pub delivery: String,
    /// The failed deployment that it tries again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<DeploymentId>,
    /// Why somebody breaks the glass: gates of time and of people open for it, and it is told loudly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency: Option<String>,
}

/// What caused a proposal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A push of a branch or tag, or a person's word.
    #[default]
    Asked,
    /// A time that came.
    Schedule,
    /// A version proved itself where it must have been before.
    Promotion {
        /// As this deployment.
        from: DeploymentId,
    },
    /// A pull request was labelled, pushed to or closed.
    PullRequest,
}

impl Origin {
    /// Of somebody's word, or of a trigger.
    pub fn new(actor: Actor, automatic: bool, delivery: impl Into<String>) -> Self {
        Self { actor, automatic, cause: Cause::Asked, delivery: delivery.into(), retries: None, emergency: None }
    }
}

/// Somebody's agreement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Approval {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// The roles that they had then.
    pub roles: Vec<String>,
    /// What they agreed to: another plan needs another agreement.
    pub digest: Digest,
}

/// Nobody else deploys there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lock {
    /// What it is about.
    pub scope: Scope,
    /// Whose it is.
    pub owner: Actor,
    /// Why.
    pub reason: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// Until when; none: until it is unlocked.
    pub until: Option<Timestamp>,
}

impl Lock {
    /// Whether it is in force at this time.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// Why an environment is kept back: automatic triggers wait; people who come to help are never refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hold {
    /// What happened.
    pub why: HoldReason,
    /// The deployment that it happened to.
    pub deployment: DeploymentId,
    /// Since when.
    pub since: Timestamp,
}

/// What keeps an environment back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    /// A deployment was rolled back.
    RolledBack,
    /// A deployment, or the way back from it, needs a human.
    NeedsHuman,
}

#[cfg(test)]
mod tests;
