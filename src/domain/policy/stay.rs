//! What ran in an environment, from when to when, as its history says.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::{
    ids::DeploymentId,
    version::{Sha, Version},
};

/// A deployment or rollback as the environment's history has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// Its number.
    pub id: DeploymentId,
    /// What it brought; none for what was there before Botadura came.
    pub version: Option<Version>,
    /// When it took the slot.
    pub begun: Timestamp,
    /// When its steps were done, if they all were.
    pub succeeded: Option<Timestamp>,
    /// It called a target: something may have changed from when it began.
    pub touched: bool,
    /// It is a rollback.
    pub rollback: bool,
    /// It was taken back by this one.
    pub reverted_by: Option<DeploymentId>,
}

/// A version that runs, or ran, in an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Stay {
    /// The deployment that brought it.
    pub deployment: DeploymentId,
    /// The commit.
    pub sha: Sha,
    /// The commit's tree.
    pub tree: Sha,
    /// Since its steps were done.
    pub from: Timestamp,
    /// What ended it; none: it runs there still.
    pub until: Option<Broken>,
    /// The rollback that took it back, then or later: it proved itself bad.
    pub taken_back: Option<DeploymentId>,
}

/// What ended a stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Broken {
    /// When.
    pub at: Timestamp,
    /// The deployment or rollback that came.
    pub by: DeploymentId,
    /// It was a rollback, which took this version away.
    pub rolled_back: bool,
}

impl Stay {
    /// Whether the version is the same, or the same files.
    pub fn is_of(&self, version: &Version) -> bool {
        self.sha == version.sha || self.tree == version.tree
    }
}

/// What ran in an environment, newest first, from its history (in any order). A deployment that succeeds begins a stay
/// and ends the one before it, from when it began; so does one that touched a target, whatever became of it. One that
/// failed before it touched anything ends nothing.
pub fn stays(history: &[Passage]) -> Vec<Stay> {
    let mut history: Vec<&Passage> = history.iter().collect();
    history.sort_by_key(|passage| passage.id);
    let mut stays: Vec<Stay> = Vec::new();
    for passage in history {
        let changes = passage.touched || passage.succeeded.is_some();
        if let Some(open) = stays.last_mut().filter(|stay| changes && stay.until.is_none()) {
            open.until = Some(Broken { at: passage.begun.max(open.from), by: passage.id, rolled_back: passage.rollback });
        }
        if let Some((version, from)) = passage.version.as_ref().zip(passage.succeeded) {
            let (sha, tree) = (version.sha.clone(), version.tree.clone());
            stays.push(Stay { deployment: passage.id, sha, tree, from, until: None, taken_back: passage.reverted_by });
        }
    }
    stays.reverse();
    stays
}
