//! What a deployment's journal means.
//!
//! The journal is the truth: a list of [`Entry`]s, appended only. [`next`] is the one total function that says what each
//! of them does to the [`State`], and refuses what cannot follow. [`State::todo`] says what is to be done now. Neither
//! knows a clock or a provider, so every crash, duplicate and order can be tried out in memory.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ids::Actor,
    plan::{Phase, Plan},
    release::{Artifact, Memo, Observation, Outputs, Reason, Release},
};

mod past;
mod todo;
mod transition;
pub use past::Past;
pub use todo::{Limits, Todo, back_off, settle_answer};
pub use transition::{Illegal, next};

/// How often a step may answer *retry* in a row before that is a failure.
pub const RETRY_LIMIT: u32 = 8;

/// How often a deployment may be taken up again without progress before it is put aside for a human.
pub const RECOVERY_LIMIT: u32 = 3;

/// One thing that happened to a deployment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// It took the slot.
    Begun,
    /// Another owner took it up: after a restart, a crash, a lost claim.
    Resumed,
    /// What a target found before the first deployment touched it: release 0.
    Observed {
        /// The run's place in the plan.
        run: usize,
        /// What was there.
        observation: Observation,
    },
    /// Steps are about to be called for the first time in an attempt: from here on something may happen outside.
    Called {
        /// The runs' places in the plan.
        runs: Vec<usize>,
    },
    /// A step answered.
    Answered {
        /// The run's place in the plan.
        run: usize,
        /// What it said.
        answer: Answer,
    },
    /// Something was heard of that steps may wait for: they are called at once.
    Heard {
        /// What, as in [`Wake::on`].
        on: String,
    },
    /// Somebody wants it to stop.
    CancelRequested {
        /// Who.
        by: Actor,
        /// What was changed stays as it is (`--leave`), rather than being restored.
        leave: bool,
        /// It is a wish to go back: the environment is kept back afterwards.
        back: bool,
    },
    /// It is over.
    Ended {
        /// How.
        outcome: Outcome,
    },
}

/// A step's answer as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It is done.
    Done {
        /// What later steps may use.
        #[serde(default)]
        outputs: Outputs,
        /// What a target left.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        release: Option<Release>,
        /// What it produced or kept, by path, as digests in the artifact store.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        artifacts: Vec<Artifact>,
    },
    /// It goes on later.
    Waiting {
        /// What it must remember.
        memo: Memo,
        /// When to call again.
        wake: Wake,
    },
    /// A passing fault: the same call again, later.
    Retry {
        /// What went wrong.
        reason: Reason,
        /// What it must remember.
        memo: Memo,
        /// Not before this.
        wake: Wake,
    },
    /// The attempt failed, and another is allowed.
    Again {
        /// What went wrong.
        reason: Reason,
        /// Not before this.
        wake: Wake,
    },
    /// It asked, and no answer came: it looks before it does anything else.
    Unknown {
        /// What it must remember.
        memo: Memo,
        /// Not before this.
        wake: Wake,
    },
    /// It failed for good.
    Failed {
        /// What went wrong.
        reason: Reason,
    },
    /// It cannot go on without a human.
    Stuck {
        /// What went wrong.
        reason: Reason,
        /// The commands that help, to be read and typed by a person.
        by_hand: Vec<String>,
    },
}

/// When a waiting step is called again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wake {
    /// At this time at the latest.
    pub at: Timestamp,
    /// Earlier, when this is heard of (a key that an event carries).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
}

impl Wake {
    /// At this time.
    pub fn at(at: Timestamp) -> Self {
        Self { at, on: None }
    }
}

/// How a deployment ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything was done.
    Succeeded,
    /// A step failed.
    Failed {
        /// The run's place in the plan.
        run: usize,
        /// Why.
        reason: Reason,
    },
    /// Somebody stopped it.
    Cancelled {
        /// Who.
        by: Actor,
    },
    /// It cannot go on, or back, without a human; the environment stays locked.
    NeedsHuman {
        /// The run's place in the plan, where it is about one.
        run: Option<usize>,
        /// Why.
        reason: Reason,
        /// The commands that help.
        by_hand: Vec<String>,
    },
}

impl Outcome {
    /// The word for it in the API, the store and metrics.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed { .. } => "failed",
            Self::Cancelled { .. } => "cancelled",
            Self::NeedsHuman { .. } => "needs_human",
        }
    }
}

/// What the journal of a deployment amounts to.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// One for each of the plan's runs, in its order.
    pub runs: Vec<Run>,
    /// When it took the slot.
    pub begun: Option<Timestamp>,
    /// Who asked it to stop, and whether what was changed stays.
    pub cancel: Option<Cancel>,
    /// How it ended, and when.
    pub ended: Option<(Outcome, Timestamp)>,
    /// How often it was taken up again since it last made progress.
    pub recoveries: u32,
}

/// Somebody's wish that it stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancel {
    /// Who.
    pub by: Actor,
    /// What was changed stays as it is.
    pub leave: bool,
    /// The environment is kept back afterwards.
    pub back: bool,
}

/// One run: a step and an operation, as far as it has come.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Its part of the deployment's life.
    pub phase: Phase,
    /// Runs of one stage go side by side.
    pub stage: usize,
    /// The place of the forward run whose leavings this one cleans up or retires; its own place for a forward run.
    pub of: usize,
    /// Whether it leaves a release.
    pub target: bool,
    /// How far it is.
    pub status: Status,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// How often in a row it answered *retry* or *unknown*.
    pub retries: u32,
    /// What the step last asked to remember, also after its end: what cleaning up begins with.
    pub memo: Memo,
    /// An answer of it may be lost: it looks before it does anything else.
    pub looks: bool,
    /// When the present attempt began (or, once final, the last one).
    pub started: Option<Timestamp>,
    /// When it came to its end.
    pub finished: Option<Timestamp>,
    /// What was there before the first deployment.
    pub observed: Option<Observation>,
}

/// How far a run is.
#[derive(Debug, Clone, PartialEq)]
pub enum Status {
    /// Its turn has not come.
    Pending,
    /// Under way: it has been called.
    Active {
        /// When it is called again; none: at once.
        wake: Option<Wake>,
        /// The passing fault that it is recovering from.
        trouble: Option<Reason>,
    },
    /// Done.
    Done {
        /// What later steps may use.
        outputs: Outputs,
        /// What a target left.
        release: Option<Release>,
        /// What it produced or kept.
        artifacts: Vec<Artifact>,
    },
    /// Not done, by plan.
    Skipped {
        /// What later steps may use.
        outputs: Outputs,
        /// What was carried over.
        release: Option<Release>,
        /// What it produced when it was done.
        artifacts: Vec<Artifact>,
    },
    /// Failed for good.
    Failed {
        /// Why.
        reason: Reason,
    },
    /// Needs a human.
    Stuck {
        /// Why.
        reason: Reason,
        /// The commands that help.
        by_hand: Vec<String>,
    },
}

impl Run {
    /// Nothing more will come of it.
    pub fn is_final(&self) -> bool {
        !matches!(self.status, Status::Pending | Status::Active { .. })
    }

    /// It has been called: something may have happened outside.
    pub fn is_touched(&self) -> bool {
        !matches!(self.status, Status::Pending | Status::Skipped { .. })
    }

    /// What it left in the environment, or carried over.
    pub fn release(&self) -> Option<&Release> {
        match &self.status {
            Status::Done { release, .. } | Status::Skipped { release, .. } => release.as_ref(),
            _ => None,
        }
    }

    /// What it produced or kept.
    pub fn artifacts(&self) -> &[Artifact] {
        match &self.status {
            Status::Done { artifacts, .. } | Status::Skipped { artifacts, .. } => artifacts,
            _ => &[],
        }
    }

    /// What later steps may use.
    pub fn outputs(&self) -> Option<&Outputs> {
        match &self.status {
            Status::Done { outputs, .. } | Status::Skipped { outputs, .. } => Some(outputs),
            _ => None,
        }
    }
}

impl State {
    /// The state of a deployment whose journal is empty.
    pub fn new(plan: &Plan) -> Self {
        let runs = plan
            .runs
            .iter()
            .enumerate()
            .map(|(place, planned)| Run {
                phase: planned.phase,
                stage: planned.stage,
                of: plan.forward(&planned.step.name).map_or(place, |(forward, _)| forward),
                target: super::plan::is_target(&planned.step.action),
                status: match &planned.skip {
                    Some(skip) => {
                        Status::Skipped { outputs: skip.outputs.clone(), release: skip.release.clone(), artifacts: skip.artifacts.clone() }
                    }
                    None => Status::Pending,
                },
                attempt: 1,
                retries: 0,
                memo: Memo::Null,
                looks: false,
                started: None,
                finished: None,
                observed: None,
            })
            .collect();
        Self { runs, begun: None, cancel: None, ended: None, recoveries: 0 }
    }

    /// The state that a whole journal amounts to.
    pub fn replay<'a>(plan: &Plan, journal: impl IntoIterator<Item = (&'a Entry, Timestamp)>) -> Result<Self, Illegal> {
        journal.into_iter().try_fold(Self::new(plan), |state, (entry, at)| next(state, entry, at))
    }

    /// How the forward part went, once that is clear: none while it goes on. What needs a human outranks a cancel, and a
    /// cancel outranks the failures that it causes.
    pub fn verdict(&self) -> Option<Outcome> {
        let forward = || self.runs.iter().enumerate().filter(|(_, run)| run.phase == Phase::Forward);
        let stuck = forward().find_map(|(place, run)| match &run.status {
            Status::Stuck { reason, by_hand } => {
                Some(Outcome::NeedsHuman { run: Some(place), reason: reason.clone(), by_hand: by_hand.clone() })
            }
            _ => None,
        });
        let cancelled = || self.cancel.as_ref().map(|cancel| Outcome::Cancelled { by: cancel.by.clone() });
        let failed = || {
            forward().find_map(|(place, run)| match &run.status {
                Status::Failed { reason } => Some(Outcome::Failed { run: place, reason: reason.clone() }),
                _ => None,
            })
        };
        let succeeded = || forward().all(|(_, run)| run.is_final()).then_some(Outcome::Succeeded);
        stuck.or_else(cancelled).or_else(failed).or_else(succeeded)
    }
}

#[cfg(test)]
mod tests;
