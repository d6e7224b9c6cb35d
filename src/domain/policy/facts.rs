//! What is known when a proposal is decided: of the store, and of the world outside.

use std::collections::BTreeSet;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Hold, Lock, Proposal, Stay};
use crate::domain::{
    ids::{Actor, DeploymentId, EnvironmentId, StepName},
    manifest::{Application, Environment},
    plan::Digest,
    version::{RefName, Sha, Version},
};

/// What is known when a proposal is decided.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// The time.
    pub now: Timestamp,
    /// What is decided about.
    pub proposal: &'a Proposal,
    /// The application's file.
    pub application: &'a Application,
    /// The environment as that file has it: the rules of its gates.
    pub environment: &'a Environment,
    /// What would be done; none where it cannot be planned.
    pub digest: Option<&'a Digest>,
    /// What the store knows.
    pub known: &'a Known,
    /// What was looked up outside.
    pub seen: &'a Seen,
}

/// What the store knows that matters to a proposal.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Known {
    /// Every lock there is.
    pub locks: Vec<Lock>,
    /// What keeps the environment back.
    pub hold: Option<Hold>,
    /// The trees of versions that were good here: a push that brings one of them back is a revert.
    pub good_trees: Vec<Sha>,
    /// The deployment in the slot.
    pub slot: Option<DeploymentId>,
    /// The other proposals that wait for the same environment.
    pub waiting: Vec<Proposal>,
    /// Earlier proposals for the same environment that were superseded or withdrawn: what was agreed to may carry over.
    pub earlier: Vec<Proposal>,
    /// What ran in the environment that `after` names, newest first.
    pub stays: Vec<Stay>,
    /// The points that were ticked for this version, here and in the environment that `after` names.
    pub ticks: Vec<Tick>,
    /// The steps that were done for this version, here or in the environment that `after` names.
    pub done: BTreeSet<StepName>,
}

/// What was looked up outside: in the repository, on GitHub, in the roles. Only what the environment's gates need.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The roles of who asked.
    pub roles: Vec<String>,
    /// Whether who asked may write to the repository; none: it cannot be told.
    pub may_write: Option<bool>,
    /// The pull request that the version is from; none: from none, or nothing is known of it.
    pub pull_request: Option<PullRequest>,
    /// Whether a protected branch holds the version; none: it was not looked up.
    pub protection: Option<Protection>,
    /// The tags on the version's commit, or on one of the same tree, the newest version first.
    pub tags: Vec<Tag>,
    /// The files that differ between what runs here and the version, all of them where nothing runs; none: there is no
    /// comparison to be had.
    pub changed: Option<Vec<String>>,
}

/// A pull request as GitHub has it now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PullRequest {
    /// Its number.
    pub number: u64,
    /// Its branch is in another repository.
    pub fork: bool,
    /// Its author does not hold it for finished.
    pub draft: bool,
    /// It is neither merged nor closed.
    pub open: bool,
    /// Its base has commits that it has not; none: GitHub does not know yet.
    pub behind: Option<bool>,
}

/// Where a version is reachable from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Protection {
    /// The protected branch that holds it; none: none does.
    pub reachable_from: Option<RefName>,
    /// GitHub said which branches are protected. Else the branches that `push` triggers name, and the default branch,
    /// stand for them.
    pub known: bool,
}

/// A tag, with what it stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tag {
    /// Its name.
    pub name: RefName,
    /// The commit.
    pub sha: Sha,
    /// The commit's tree.
    pub tree: Sha,
}

/// Somebody's word that a point of a checklist is done for a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tick {
    /// Whose checklist it is.
    pub environment: EnvironmentId,
    /// The commit that it is ticked for.
    pub sha: Sha,
    /// The commit's tree: it counts for every commit with these files.
    pub tree: Sha,
    /// The point's text.
    pub point: String,
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

impl Tick {
    /// Whether it counts for this version.
    pub fn is_for(&self, version: &Version) -> bool {
        self.sha == version.sha || self.tree == version.tree
    }
}
