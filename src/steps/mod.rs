//! The kinds of step. One file each; the file's name is the kind in the manifest.
//!
//! A step is a small state machine over the outside world. It never sleeps, never writes state, and makes at most one
//! change outside in a call: it answers, and the engine remembers the answer. A call may come twice with one memo (the
//! process died after the change and before the record), so what has been begun is looked for before it is begun.

use async_trait::async_trait;

use crate::domain::{
    deployment::{Answer, Wake},
    manifest::{Action, Step as Manifest},
    release::{Artifact, Memo, Observation, Outputs, Reason, Release},
};

pub mod artifact;
mod checks;
mod command;
mod context;
pub mod directory;
mod github;
mod http;
pub mod outgoing;
pub mod process;
mod scope;
pub mod secrets;
mod workflow;
pub mod workspace;

pub use artifact::Artifacts;
pub use context::{Context, Log};
pub use scope::Scope;

/// What is done with a step.
#[derive(Debug, Clone, Copy)]
pub enum Op<'a> {
    /// Do it.
    Apply,
    /// Bring this release back, at once: full weight, no holds; checks follow.
    Restore(&'a Release),
    /// Remove or report what a cancelled or failed run left behind.
    CleanUp,
    /// The new side has proved itself: the old one may go.
    Retire,
    /// Take everything away.
    Remove,
}

/// A step's answer. There is no error beside it, so it cannot contradict itself.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// It is done.
    Done {
        /// What later steps may use.
        outputs: Outputs,
        /// What a target left.
        release: Option<Release>,
        /// What it produced or kept.
        artifacts: Vec<Artifact>,
    },
    /// Call again at this time with this memo. An intent is a memo to be called with at once.
    Waiting {
        /// What must be remembered.
        memo: Memo,
        /// When.
        until: Wake,
    },
    /// A passing fault; the engine owns the back-off and the limit.
    Retry {
        /// What went wrong.
        reason: Reason,
        /// What must be remembered.
        memo: Memo,
    },
    /// Asked, no answer came: the next call observes before anything else.
    Unknown {
        /// What must be remembered.
        memo: Memo,
    },
    /// It failed.
    Failed {
        /// What went wrong, where to look, what to do about it.
        reason: Reason,
    },
    /// It needs a human.
    Stuck {
        /// What went wrong.
        reason: Reason,
        /// The exact commands that help.
        by_hand: Vec<String>,
    },
}

impl Progress {
    /// Done, with nothing to tell.
    pub fn done() -> Self {
        Self::Done { outputs: Outputs::new(), release: None, artifacts: Vec::new() }
    }

    /// Failed for this reason.
    pub fn failed(reason: Reason) -> Self {
        Self::Failed { reason }
    }
}

impl From<Progress> for Answer {
    fn from(progress: Progress) -> Self {
        match progress {
            Progress::Done { outputs, release, artifacts } => Self::Done { outputs, release, artifacts },
            Progress::Waiting { memo, until } => Self::Waiting { memo, wake: until },
            // The time of the retry is the engine's to say.
            Progress::Retry { reason, memo } => Self::Retry { reason, memo, wake: Wake::at(jiff::Timestamp::MIN) },
            Progress::Unknown { memo } => Self::Unknown { memo, wake: Wake::at(jiff::Timestamp::MIN) },
            Progress::Failed { reason } => Self::Failed { reason },
            Progress::Stuck { reason, by_hand } => Self::Stuck { reason, by_hand },
        }
    }
}

/// One kind of step, with its templates rendered.
#[async_trait]
pub trait Step: Send + Sync {
    /// What is there now: the answer to "unknown", to drift and to the first rollback. Never changes anything.
    async fn observe(&self, cx: &Context) -> Observation;

    /// Called until it answers something final. At most one change outside a call; safe to call twice with one memo.
    /// The first call of an attempt has `Memo::Null`.
    async fn advance(&self, cx: &Context, op: Op<'_>, memo: Memo) -> Progress;
}

/// The step of a manifest, its templates rendered with what is known when its turn comes.
pub fn build(step: &Manifest, scope: &Scope) -> Result<Box<dyn Step>, Reason> {
    Ok(match &step.action {
        Action::Command(command) => Box::new(command::CommandStep::new(step, command, scope)?),
        Action::Http(http) => Box::new(http::HttpStep::new(http, scope)?),
        Action::Directory(directory) => Box::new(directory::DirectoryStep::new(step, directory, scope)?),
        Action::Checks(checks) => Box::new(checks::ChecksStep::new(checks, scope)?),
        Action::Workflow(workflow) => Box::new(workflow::WorkflowStep::new(workflow, scope)?),
        other => return Err(not_built_in(other.kind())),
    })
}

/// Why a step of this kind cannot be done.
pub fn not_built_in(kind: &str) -> Reason {
    Reason::new(format!("the step kind `{kind}` is not built into this server yet"))
        .remedy("take the step out, or run a server that has it")
}
