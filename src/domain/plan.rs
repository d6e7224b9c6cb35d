//! Which steps, in which order, with what: for a deployment, a rollback, a retry.
//!
//! A plan is a list of *runs*: one step, one operation, one place in the order. It holds everything that the deployment
//! will need (the manifest's steps as they were, and the values of their templates), so that a deployment keeps the plan
//! that it began with whatever happens to the files.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ids::{DeploymentId, RunbookName, StepName},
    manifest::{Action, Step},
    release::Artifact,
    release::{Outputs, Reason, Release},
};

mod deploy;
mod digest;
mod outline;
mod removal;
mod rollback;
mod runbook;
pub use deploy::{Inputs, deploy, scope};
pub use digest::Digest;
pub use outline::{Back as WayBack, BackTo, Line, Outline};
pub use removal::removal;
pub use rollback::{Back, rollback};
pub use runbook::{Work, runbook, undone};

/// Everything that a deployment will do, in its order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Going forward or back, or neither.
    pub kind: Kind,
    /// The runbook that it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook: Option<RunbookName>,
    /// The runs; their places in this list are what the journal speaks of.
    pub runs: Vec<PlannedRun>,
    /// What steps that are not in it left, for those that are.
    #[serde(default)]
    pub carried: Carried,
    /// What templates see, but for `steps.*`, which come to be while it runs.
    pub scope: BTreeMap<String, String>,
}

/// Whether a plan goes forward or back, or neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A version is brought in.
    Deploy,
    /// An earlier one is brought back.
    Rollback,
    /// A runbook is run: no version comes or goes.
    Runbook,
    /// Everything is taken away.
    Removal,
}

impl Kind {
    /// The word for it in the API, the store and metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::Rollback => "rollback",
            Self::Runbook => "runbook",
            Self::Removal => "removal",
        }
    }
}

/// One step and one operation on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedRun {
    /// The step as the manifest had it.
    pub step: Step,
    /// What is done with it.
    pub op: PlannedOp,
    /// Runs of one phase and one stage go side by side; stages go one after the other.
    pub stage: usize,
    /// When it has its turn.
    pub phase: Phase,
    /// Why it is not done, and what stands in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip: Option<Skip>,
    /// Why a build is done again although one of this version is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rebuilt: Option<String>,
    /// What was there before is not known yet: it is looked at first, as release 0.
    #[serde(default, skip_serializing_if = "is_false")]
    pub observe: bool,
    /// Its stage in the manifest, whatever the order of this plan: going back twice is not going forward.
    pub rank: usize,
    /// What it sees instead of the plan's own values: an undo runs as the version that it takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<Box<Own>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// What the steps of another deployment left.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Carried {
    /// Their outputs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<StepName, Outputs>,
    /// What they produced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub artifacts: Vec<Artifact>,
}

/// What a run sees that belongs to another deployment than its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Own {
    /// The values of templates.
    pub scope: BTreeMap<String, String>,
    /// What that deployment's steps left.
    pub carried: Carried,
}

/// The parts of a deployment's life, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The work itself.
    Forward,
    /// After a failure or a cancel: what was begun and not finished is cleaned up.
    AfterFailure,
    /// After success: the old side may go.
    AfterSuccess,
}

/// What is done with a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlannedOp {
    /// Do it.
    Apply,
    /// Bring this release back.
    Restore(Release),
    /// Remove or report what a cancelled or failed run left behind.
    CleanUp,
    /// Let the old side go.
    Retire,
    /// Take everything away: there was nothing before.
    Remove,
    /// Do what takes a step back.
    Undo,
    /// Nothing that Botadura can do: a human must, for this reason.
    ByHand(Reason),
}

impl PlannedOp {
    /// The word for it in logs, keys and metrics.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Restore(_) => "restore",
            Self::CleanUp => "clean-up",
            Self::Retire => "retire",
            Self::Remove => "remove",
            Self::Undo => "undo",
            Self::ByHand(_) => "by-hand",
        }
    }
}

/// A step that is not done, and what stands in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skip {
    /// Why.
    pub why: SkipReason,
    /// A target's release, carried over from the deployment that left it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Release>,
    /// The outputs taken over.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: Outputs,
    /// What it produced, taken over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub artifacts: Vec<Artifact>,
}

/// Why a step is not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// Nothing that its `paths` name differs from what it last left here.
    Unchanged,
    /// A build whose rendered inputs are equal was done by this deployment.
    TakenOver(DeploymentId),
}

impl Plan {
    /// The values that a run's templates see.
    pub fn scope_of(&self, place: usize) -> &BTreeMap<String, String> {
        self.runs[place].own.as_ref().map_or(&self.scope, |own| &own.scope)
    }

    /// The runs of one phase with their places.
    pub fn of(&self, phase: Phase) -> impl Iterator<Item = (usize, &PlannedRun)> {
        self.runs.iter().enumerate().filter(move |(_, run)| run.phase == phase)
    }

    /// The kinds of its steps that this server cannot do.
    pub fn not_built_in(&self) -> BTreeSet<&'static str> {
        let done = self.of(Phase::Forward).filter(|(_, run)| run.skip.is_none()).map(|(_, run)| &run.step.action);
        done.filter(|action| !action.is_built_in()).map(Action::kind).collect()
    }

    /// The forward run of a step.
    pub fn forward(&self, step: &StepName) -> Option<(usize, &PlannedRun)> {
        self.of(Phase::Forward).find(|(_, run)| run.step.name == *step)
    }
}

impl PlannedRun {
    /// How long one attempt may take.
    pub fn timeout(&self) -> Duration {
        self.step.timeout()
    }
}

/// What follows the forward runs: what was begun and not finished is cleaned up, and the old side of what was done goes.
fn closing(forward: &[PlannedRun]) -> Vec<PlannedRun> {
    let of = |phase, op: PlannedOp, wanted: fn(&Action) -> bool| {
        let runs = forward.iter().filter(move |run| run.skip.is_none() && wanted(&run.step.action));
        runs.map(move |run| PlannedRun { op: op.clone(), stage: 0, phase, observe: false, ..run.clone() })
    };
    of(Phase::AfterFailure, PlannedOp::CleanUp, leaves_things).chain(of(Phase::AfterSuccess, PlannedOp::Retire, is_target)).collect()
}

/// Whether a step that was begun and not finished may have left something behind.
fn leaves_things(action: &Action) -> bool {
    !matches!(action, Action::Http(_) | Action::Checks(_))
}

/// Whether a step leaves something in an environment that can be restored.
pub fn is_target(action: &Action) -> bool {
    action.is_target()
}

/// Whether a step is done again after a rollback, against the version that came back.
fn verifies(step: &Step) -> bool {
    step.verify || matches!(step.action, Action::Http(_))
}
