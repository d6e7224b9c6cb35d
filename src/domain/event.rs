//! What happened outside, in the past tense, freed of the sender's format.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    comment::Comment,
    ids::{Actor, RepositoryId, RepositoryName},
    pull_request::PullRequest,
    version::{RefName, Sha},
};

/// Something that happened in a repository, and who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// Where it happened.
    pub repository: Repository,
    /// Who did it.
    pub actor: Actor,
    /// What it was.
    pub what: Happening,
}

/// A repository as an event names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Repository {
    /// What it is known by for ever.
    pub id: RepositoryId,
    /// What it is called today.
    pub name: RepositoryName,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Happening {
    /// A branch points elsewhere now, or is new (`before` is zero then).
    BranchPushed {
        /// The branch.
        branch: RefName,
        /// Where it pointed.
        before: Sha,
        /// Where it points.
        after: Sha,
        /// Whether history was rewritten.
        forced: bool,
    },
    /// A branch is gone.
    BranchDeleted {
        /// The branch.
        branch: RefName,
    },
    /// A tag is new, or was moved. `object` may be an annotated tag's own object and is peeled before use.
    TagPushed {
        /// The tag.
        tag: RefName,
        /// The object that it points to.
        object: Sha,
    },
    /// A tag is gone.
    TagDeleted {
        /// The tag.
        tag: RefName,
    },
    /// Something happened to a pull request.
    PullRequest {
        /// What.
        action: PullRequestAction,
        /// The pull request as it was then.
        pull_request: PullRequest,
    },
    /// A check of a commit came to its end, or a status of it was set.
    CheckCompleted {
        /// The commit.
        sha: Sha,
    },
    /// A run of a workflow came to its end.
    RunCompleted {
        /// Its number.
        run: u64,
    },
    /// Somebody has commented on an issue or a pull request; there are commands in it.
    Commented(Comment),
    /// Somebody pressed something on one of our check runs.
    Pressed {
        /// The mark by which the check run is known as ours.
        mark: String,
        /// What was pressed.
        button: Button,
    },
    /// The repository is called otherwise now, or belongs to somebody else; the event's repository has the new name.
    RepositoryRenamed {
        /// What it was called.
        from: RepositoryName,
    },
}

/// What somebody can press on a check run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Button {
    /// Agree to what waits.
    Approve,
    /// Refuse what waits.
    Reject,
    /// Bring back what ran before.
    Rollback,
    /// Run what failed again.
    Retry,
    /// GitHub's own "Re-run": what failed again, what succeeded once more.
    Again,
}

/// What happened to a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PullRequestAction {
    /// It is new.
    Opened,
    /// It was closed, and is not any more.
    Reopened,
    /// Its head moved.
    Synchronized,
    /// It was a draft, and is not any more.
    Ready,
    /// It got this label.
    Labeled(String),
    /// It lost this label.
    Unlabeled(String),
    /// It was merged, or given up.
    Closed,
    /// Something that changes no version.
    Other,
}

impl Event {
    /// What makes this event the same as another, whatever delivery it came in: the signature covers the body alone, so
    /// a captured body can come again under a new delivery id. None where a repetition does no harm.
    pub fn semantic_key(&self) -> Option<String> {
        let id = self.repository.id.0;
        match &self.what {
            Happening::BranchPushed { branch, before, after, .. } => Some(format!("push {id} {branch} {before} {after}")),
            Happening::TagPushed { tag, object } => Some(format!("tag {id} {tag} {object}")),
            Happening::PullRequest { action, pull_request } => {
                Some(format!("pull request {id} {} {action:?} {}", pull_request.number, pull_request.updated))
            }
            Happening::Commented(comment) => Some(format!("comment {id} {}", comment.id)),
            Happening::Pressed { mark, button } => Some(format!("pressed {id} {mark} {button:?} {}", self.actor)),
            Happening::RepositoryRenamed { from } => Some(format!("renamed {id} {from} {}", self.repository.name)),
            Happening::BranchDeleted { .. }
            | Happening::TagDeleted { .. }
            | Happening::CheckCompleted { .. }
            | Happening::RunCompleted { .. } => None,
        }
    }
}

impl Happening {
    /// What a waiting step waits for when it waits for this; none where no step does.
    pub fn key(&self) -> Option<String> {
        match self {
            Self::CheckCompleted { sha } => Some(format!("checks {sha}")),
            Self::RunCompleted { run } => Some(format!("run {run}")),
            _ => None,
        }
    }
}
