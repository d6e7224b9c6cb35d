//! The answer to a proposal: a tree of gates, each with what it found.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Hold, Lock};
use crate::domain::{
    ids::{Actor, DeploymentId, EnvironmentId},
    manifest::{Freeze, Outdated},
    version::RefName,
};

/// The answer: every gate, open or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// The gates, in the order in which they are looked at.
    pub gates: Vec<Gate>,
}

/// One gate of a decision. A gate with parts is as open as the least open of them, unless somebody broke the glass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    /// It would be closed, and is open because somebody broke the glass.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub emergency: bool,
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    /// Whether who asked may deploy here.
    Rights {
        /// Who asked.
        by: Actor,
        /// The roles of which they need one; empty: write permission.
        from: Vec<String>,
        /// A trigger needs no rights here: it is limited by the manifest alone.
        trigger: bool,
    },
    /// Whether the version is from a fork.
    Fork {
        /// The pull request.
        number: u64,
        /// Whether it is; none: nothing is known of the pull request.
        fork: Option<bool>,
    },
    /// Whether its author holds the pull request for finished.
    Draft {
        /// The pull request.
        number: u64,
        /// Whether it is a draft; none: nothing is known of the pull request.
        draft: Option<bool>,
    },
    /// Whether the pull request has everything that its base has.
    UpToDate {
        /// The pull request.
        number: u64,
        /// Whether it is behind; none: GitHub does not know yet.
        behind: Option<bool>,
        /// What the manifest makes of that.
        rule: Outdated,
    },
    /// Whether a protected branch holds the version.
    Protected {
        /// That branch; none: none does.
        branch: Option<RefName>,
        /// GitHub said which are protected; else the branches that triggers name and the default branch stand for them.
        known: bool,
    },
    /// Whether the version has been where it must have been first.
    After {
        /// Where.
        environment: EnvironmentId,
        /// What became of it there.
        there: There,
    },
    /// Whether the version has the tag that it needs.
    Tagged {
        /// The patterns of which it needs one.
        pattern: Vec<String>,
        /// The tag; none: there is none yet.
        tag: Option<RefName>,
    },
    /// Whether nothing begins at this time.
    Frozen {
        /// The time that it is in; none: in none.
        window: Option<Freeze>,
    },
    /// Whether every point of a checklist is ticked.
    Checklist {
        /// Whose it is.
        environment: EnvironmentId,
        /// The number to tick its points by; none: nothing of this version is there.
        id: Option<DeploymentId>,
        /// How many are.
        ticked: u32,
        /// How many there are.
        points: u32,
    },
    /// One point of a checklist.
    Point {
        /// Its number among all points of its environment, from 1.
        number: u32,
        /// What it says.
        text: String,
        /// Who ticked it.
        by: Option<Actor>,
        /// It is satisfied by itself.
        by_itself: bool,
    },
}

/// What became of a version where it must have been first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum There {
    /// It was never there.
    Never,
    /// It has been there for as long as it must.
    Proved {
        /// As this deployment.
        deployment: DeploymentId,
    },
    /// It runs there, and not yet for long enough.
    Soaks {
        /// As this deployment.
        deployment: DeploymentId,
        /// Since its steps were done.
        since: Timestamp,
    },
    /// It was replaced or rolled back there too early.
    Left {
        /// It was this deployment.
        deployment: DeploymentId,
        /// The deployment that took its place, or the rollback that took it back.
        by: DeploymentId,
        /// When it was replaced; none: it was rolled back.
        at: Option<Timestamp>,
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
    /// Anybody who may deploy there.
    DeployersOf(EnvironmentId),
    /// Anybody who may write to the repository.
    Committers,
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

    /// The first gate that never opens for this proposal.
    pub fn refused(&self) -> Option<&Gate> {
        self.gates.iter().find(|gate| gate.verdict == Verdict::Refused)
    }

    /// The gates that are open only because somebody broke the glass.
    pub fn broken_open(&self) -> impl Iterator<Item = &Gate> {
        self.gates.iter().filter(|gate| gate.emergency)
    }

    /// Whether a gate waits for something outside that no event tells of: it is asked again from time to time.
    pub fn asks_again(&self) -> bool {
        self.gates.iter().any(|gate| {
            let is_unheard = match &gate.finding {
                Finding::Rights { .. } => true,
                Finding::Fork { fork, .. } => fork.is_none(),
                Finding::Draft { draft, .. } => draft.is_none(),
                Finding::UpToDate { behind, .. } => behind.is_none(),
                _ => false,
            };
            is_unheard && gate.verdict == Verdict::Waiting
        })
    }

    /// When it must be looked at again if nothing is heard: the next time at which a gate opens or gives up.
    pub fn look_again(&self) -> Option<Timestamp> {
        self.gates.iter().filter(|gate| gate.verdict == Verdict::Waiting).flat_map(|gate| [gate.opens, gate.expires]).flatten().min()
    }
}
