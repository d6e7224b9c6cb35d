//! What became of a delivery: codes and their arguments, for sentences in any language.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    command::Mistake,
    ids::{Actor, DeploymentId, EnvironmentId, RunbookName},
    policy::Lock,
    request::Scope,
    rights::Grant,
    shown::Shown,
    version::{Sha, Version},
};

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// It does not matter here, for this reason.
    Closed {
        /// Why.
        reason: String,
    },
    /// It was decided, for each environment that it is about.
    Decided {
        /// In the order of the applications and their environments.
        answers: Vec<(EnvironmentId, Answered)>,
    },
    /// What was asked for was done.
    Done {
        /// What.
        done: Done,
    },
    /// What was asked for was refused.
    Refused {
        /// Why.
        refusal: Refusal,
    },
    /// It is a comment, and each of its commands is answered by itself.
    Heard {
        /// How many there are.
        commands: u32,
    },
    /// It is no command that can be understood.
    Misread {
        /// Why.
        mistake: Mistake,
    },
    /// What was asked about is shown.
    Shown {
        /// It.
        shown: Shown,
    },
    /// It could not be dealt with yet, and is tried again.
    Delayed {
        /// Why.
        reason: String,
    },
    /// It cannot be dealt with without a person.
    Parked {
        /// Why.
        reason: String,
    },
}

impl Reply {
    /// Whether something was refused, or could not be understood or dealt with.
    pub fn is_no(&self) -> bool {
        match self {
            Self::Refused { .. } | Self::Misread { .. } | Self::Parked { .. } => true,
            Self::Decided { answers } => answers.iter().any(|(_, answered)| matches!(answered, Answered::Refused { .. })),
            _ => false,
        }
    }

    /// The proposals and deployments that came of it, or had what was asked for already.
    pub fn led_to(&self) -> Vec<DeploymentId> {
        match self {
            Self::Decided { answers } => answers.iter().filter_map(|(_, answered)| answered.id()).collect(),
            Self::Done { done: Done::RollingBack { id, .. } } => vec![*id],
            _ => Vec::new(),
        }
    }
}

impl Answered {
    fn id(&self) -> Option<DeploymentId> {
        match self {
            Self::Proposed { id, .. } | Self::ToRun { id, .. } | Self::ToRemove { id } | Self::Joined { id } => Some(*id),
            Self::Unchanged { .. } | Self::Refused { .. } => None,
        }
    }
}

/// What an environment makes of a version that a delivery brings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answered {
    /// It is proposed.
    Proposed {
        /// The proposal's number.
        id: DeploymentId,
        /// What.
        version: Version,
        /// The waiting proposals whose place it takes.
        supersedes: Vec<DeploymentId>,
    },
    /// A runbook is proposed.
    ToRun {
        /// The proposal's number.
        id: DeploymentId,
        /// Which.
        runbook: RunbookName,
        /// What it did is taken back.
        undo: bool,
    },
    /// It is proposed that everything be taken away.
    ToRemove {
        /// The proposal's number.
        id: DeploymentId,
    },
    /// It is proposed, under way or running there already.
    Joined {
        /// Which proposal or deployment has it.
        id: DeploymentId,
    },
    /// Nothing that the application's `paths` name differs from what is under way or runs.
    Unchanged {
        /// Which deployment it was compared with.
        with: DeploymentId,
    },
    /// Nothing is proposed, for this reason.
    Refused {
        /// Why.
        refusal: Refusal,
    },
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    /// A rollback began.
    RollingBack {
        /// Its number.
        id: DeploymentId,
        /// What comes back; none for what was there before.
        version: Option<Version>,
    },
    /// A proposal was approved.
    Approved {
        /// Which.
        id: DeploymentId,
    },
    /// A proposal was refused.
    Rejected {
        /// Which.
        id: DeploymentId,
    },
    /// A lock was set.
    Locked {
        /// It.
        lock: Lock,
        /// Whose lock was taken over.
        from: Option<Actor>,
    },
    /// A lock was taken away, or an environment is not kept back any more.
    Unlocked {
        /// Where.
        scope: Scope,
    },
    /// A running deployment stops.
    Cancelling {
        /// Which.
        id: DeploymentId,
    },
    /// A waiting proposal was taken back.
    Withdrawn {
        /// Which.
        id: DeploymentId,
    },
    /// A point of a checklist was ticked, or is not ticked any more.
    Ticked {
        /// Whose checklist it is.
        environment: EnvironmentId,
        /// The point's number.
        number: u32,
        /// What it says.
        text: String,
        /// It is not ticked any more.
        off: bool,
        /// It was so before, and nothing has changed.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        already: bool,
    },
}

/// Why something is refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// There is no such application.
    NoApplication {
        /// What was asked for.
        name: String,
        /// Those that there are.
        there_are: Vec<String>,
    },
    /// The application has no such environment.
    NoEnvironment {
        /// What was asked for.
        name: String,
        /// Those that there are.
        there_are: Vec<String>,
    },
    /// There is no proposal or deployment of this number.
    NoDeployment {
        /// The number.
        id: DeploymentId,
    },
    /// The proposal does not wait any more.
    NotWaiting {
        /// Which.
        id: DeploymentId,
    },
    /// The deployment does not run.
    NotRunning {
        /// Which.
        id: DeploymentId,
    },
    /// The deployment did not fail, so there is nothing to try again.
    NotFailed {
        /// Which.
        id: DeploymentId,
    },
    /// There is no such branch, tag or commit.
    NoReference {
        /// What was asked for.
        reference: String,
    },
    /// The environment follows no single branch, so the version must be named.
    NameTheVersion,
    /// That version runs there already.
    RunsAlready {
        /// As this deployment.
        id: DeploymentId,
    },
    /// There is nothing good to go back to.
    NothingToGoBackTo,
    /// What was named never ran well here, or was taken back since.
    NotGoodHere {
        /// What was asked for.
        to: String,
    },
    /// It cannot be gone back, for this reason.
    NoWayBack {
        /// The step.
        step: String,
        /// Why.
        reason: String,
    },
    /// Undoing is for the last deployment alone.
    UndoOneOnly,
    /// The slot is taken.
    Busy {
        /// By this deployment.
        id: DeploymentId,
    },
    /// A rollback is under way; it is not stopped.
    RollbackUnderWay {
        /// Which.
        id: DeploymentId,
    },
    /// It is decided already how the deployment ends.
    TooLate {
        /// Which.
        id: DeploymentId,
    },
    /// Somebody else's lock is there.
    Locked {
        /// It.
        lock: Lock,
    },
    /// There is no lock there, and nothing keeps it back.
    NotLocked {
        /// Where.
        scope: Scope,
    },
    /// Nobody needs to approve there.
    NoApprovalNeeded,
    /// One does not approve one's own wish.
    OwnRequest,
    /// Only people with one of these roles approve there.
    NotAmong {
        /// The roles.
        roles: Vec<String>,
    },
    /// They approved before.
    ApprovedBefore,
    /// The application belongs to the repository with another numeric id.
    ForeignRepository {
        /// The application.
        application: String,
    },
    /// The application has no such runbook.
    NoRunbook {
        /// What was asked for.
        name: String,
        /// Those that there are.
        there_are: Vec<String>,
    },
    /// The last run of a runbook did nothing that can be taken back.
    NothingToUndo {
        /// The runbook.
        runbook: String,
    },
    /// Nothing runs in the environment that a version should come from.
    NothingRuns {
        /// Where.
        environment: EnvironmentId,
    },
    /// A version goes from one environment to another of the same application.
    NotFromThere {
        /// Where it should come from.
        from: EnvironmentId,
        /// Where it should go.
        to: EnvironmentId,
    },
    /// There are as many previews as there may be.
    TooManyPreviews {
        /// How many there may be.
        count: u32,
    },
    /// The version cannot be planned.
    CannotPlan {
        /// Why.
        reason: String,
    },
    /// Only people with one of these roles may ask for that there.
    NotDeployer {
        /// The roles; empty: whoever may write to the repository.
        roles: Vec<String>,
    },
    /// An emergency needs a reason.
    NoReason,
    /// The checklist has no such point.
    NoPoint {
        /// What was asked for.
        point: String,
        /// Those that there are, in their order.
        there_are: Vec<String>,
    },
    /// The command is older than commands may be.
    TooOld {
        /// How many minutes they may be.
        minutes: u32,
    },
    /// The comment was changed or taken away after it was written.
    Changed,
    /// There are too many commands in one comment.
    TooMany {
        /// How many there may be.
        most: u32,
    },
    /// The pull request's head moved after the comment.
    HeadMoved {
        /// What could be seen then; none: not known.
        seen: Option<Sha>,
        /// What it is now.
        now: Sha,
        /// Which command confirms that this one is meant.
        confirm: String,
    },
    /// It does not say which deployment, and several may be meant.
    Which {
        /// Those that may be meant; none: there is none.
        there_are: Vec<DeploymentId>,
    },
    /// The token that it was asked with does not reach so far.
    OutOfScope {
        /// The scope that it would need.
        needed: Grant,
    },
}
