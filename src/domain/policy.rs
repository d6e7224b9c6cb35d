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
    manifest::{Approvals, Queue},
    plan::Digest,
    request::Scope,
    version::{Sha, Version},
};

mod gates;
mod queue;
mod trigger;
pub use gates::{decide, foreign_lock};
pub use queue::superseded;
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

/// What is known when a proposal is decided.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// The time.
    pub now: Timestamp,
    /// What is decided about.
    pub proposal: &'a Proposal,
    /// Who must agree.
    pub approvals: Option<&'a Approvals>,
    /// What would be done; none where it cannot be planned.
    pub digest: Option<&'a Digest>,
    /// How waiting ones are treated.
    pub queue: Queue,
    /// Every lock there is.
    pub locks: &'a [Lock],
    /// What keeps the environment back.
    pub hold: Option<&'a Hold>,
    /// The trees of versions that were good here: a push that brings one of them back is a revert.
    pub good_trees: &'a [Sha],
    /// The deployment in the slot.
    pub slot: Option<DeploymentId>,
    /// The other proposals that wait for the same environment.
    pub waiting: &'a [Proposal],
}

/// The answer: every gate, open or not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// The gates, in the order in which they are looked at.
    pub gates: Vec<Gate>,
}

/// One gate of a decision. A gate with parts is as open as the least open of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Gate {
    /// What it is about, with what it found.
    pub finding: Finding,
    /// Whether it is open.
    pub verdict: Verdict,
    /// Who can clear it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clears: Vec<Clearer>,
    /// When it opens by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opens: Option<Timestamp>,
    /// When a waiting one gives up by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// What it is made of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Gate>,
}

/// Whether a gate is open. The order is from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It lets the proposal through.
    Open,
    /// It may open.
    Waiting,
    /// It never opens for this proposal.
    Refused,
}

/// What a gate is about and what it found: a code and its arguments, for sentences in any language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Whether the environment is kept back after a rollback or for a human.
    KeptBack {
        /// What keeps it back, if anything does.
        hold: Option<Hold>,
        /// The version is, file by file, one that was good here.
        revert: bool,
    },
    /// Whether somebody else's lock is there.
    Locked {
        /// The lock, if there is one.
        lock: Option<Lock>,
    },
    /// Whether enough people agreed.
    Approved {
        /// How many did, all parts together.
        given: u32,
        /// How many must.
        needed: u32,
    },
    /// One part of the approvals.
    ApprovedBy {
        /// The roles that may.
        from: Vec<String>,
        /// Who did.
        by: Vec<Actor>,
        /// How many must.
        needed: u32,
    },
    /// The time for agreeing.
    ApprovalExpired {
        /// When it was over.
        at: Timestamp,
    },
    /// Whether others are before it.
    Turn {
        /// The next one before it.
        behind: Option<DeploymentId>,
    },
    /// Whether the environment's slot is free.
    Slot {
        /// Who is in it.
        taken_by: Option<DeploymentId>,
    },
}

/// Who can clear a gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Clearer {
    /// This one.
    Actor(Actor),
    /// Anybody with one of these roles.
    Roles(Vec<String>),
    /// Anybody who may deploy here.
    Deployers,
}

impl Decision {
    /// The whole tree's verdict.
    pub fn verdict(&self) -> Verdict {
        self.gates.iter().map(|gate| gate.verdict).max().unwrap_or(Verdict::Open)
    }

    /// The first gate that is not open.
    pub fn closed(&self) -> Option<&Gate> {
        self.gates.iter().find(|gate| gate.verdict != Verdict::Open)
    }

    /// When it must be looked at again if nothing is heard: the next time at which a gate opens or gives up.
    pub fn look_again(&self) -> Option<Timestamp> {
        self.gates.iter().filter(|gate| gate.verdict == Verdict::Waiting).flat_map(|gate| [gate.opens, gate.expires]).flatten().min()
    }
}

#[cfg(test)]
mod tests;
