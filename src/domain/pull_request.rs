//! What is known of a pull request.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ids::Actor,
    version::{RefName, Sha},
};

/// A pull request as its last event told it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PullRequest {
    /// Its number.
    pub number: u64,
    /// Who opened it.
    pub author: Actor,
    /// Its head's commit.
    pub head: Sha,
    /// Its head's branch, in whatever repository that is.
    pub branch: RefName,
    /// The branch that it is to be merged into.
    pub base: RefName,
    /// Its head is in another repository.
    pub fork: bool,
    /// It is a draft.
    pub draft: bool,
    /// It is open.
    pub open: bool,
    /// Its labels.
    pub labels: Vec<String>,
    /// When it was last changed: an event that tells of an earlier time is late.
    pub updated: Timestamp,
}
