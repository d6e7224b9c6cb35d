//! Deployments: the list, and one with its steps and its story.

use actix_web::web::{Data, Json, Path, Query};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::parameters::{Limit, Number, narrowed, next};
use crate::{
    domain::{
        deployment::{Past, Run, Status},
        ids::{ApplicationName, DeploymentId, EnvironmentId, StepName},
        plan::{Kind, Phase, PlannedRun, SkipReason},
        release::Reason,
        story::Story,
    },
    store::{Listing, ProposalRow, Summary},
    web::{Shared, problem::Problem, token::Caller},
};

/// A part of the deployments.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Deployments {
    /// Newest first.
    pub deployments: Vec<Summary>,
    /// What `before` takes to see more; none: there is no more.
    #[serde(default)]
    pub next: Option<DeploymentId>,
}

/// All that is known of one number: a proposal, the deployment that it became, or a rollback.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Told {
    /// The deployment; none while it is a proposal.
    pub summary: Option<Summary>,
    /// The proposal, with the latest decision about it; none for a rollback.
    pub proposal: Option<ProposalRow>,
    /// Whether it goes forward or back; none while it is a proposal.
    #[serde(default)]
    pub kind: Option<Kind>,
    /// What it does, in its plan's order, as far as its journal has come.
    #[serde(default)]
    pub steps: Vec<StepRun>,
    /// What happened.
    pub story: Option<Story>,
}

/// One step and one operation of a deployment.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct StepRun {
    /// Its place in the plan: `run` of the output.
    pub run: usize,
    /// The step.
    pub step: StepName,
    /// Its kind.
    pub kind: String,
    /// What is done with it: `apply`, `restore`, `clean-up`, `retire`, `remove`, `undo`, `by-hand`.
    pub op: String,
    /// Its part of the deployment's life.
    pub phase: Phase,
    /// Runs of one phase and one stage go side by side.
    pub stage: usize,
    /// How far it is.
    pub state: StepState,
    /// Why it is not done, where that was planned.
    pub skipped: Option<SkipReason>,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// When that began.
    pub began: Option<Timestamp>,
    /// When it came to its end.
    pub ended: Option<Timestamp>,
    /// What went wrong, or goes wrong at the moment.
    pub reason: Option<Reason>,
}

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Its turn has not come.
    Pending,
    /// Under way.
    Active,
    /// Done.
    Done,
    /// Not done, by plan.
    Skipped,
    /// Failed for good.
    Failed,
    /// Needs a human.
    Stuck,
}

/// How a deployment ended, or that it has not.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ended {
    Running,
    Succeeded,
    Failed,
    Cancelled,
    NeedsHuman,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Only of this application.
    application: Option<ApplicationName>,
    /// Only of this environment.
    environment: Option<EnvironmentId>,
    /// Only those that ended so.
    result: Option<Ended>,
    /// How many; 20 without it.
    limit: Option<Limit>,
    /// Only older ones than this.
    before: Option<DeploymentId>,
}

pub(super) async fn list(wanted: Query<Wanted>, caller: Caller, shared: Data<Shared>) -> Result<Json<Deployments>, Problem> {
    let Wanted { application, environment, result, limit, before } = wanted.into_inner();
    let limit = Limit::or(limit, 20);
    let word = result.map(|result| match result {
        Ended::Running => "running",
        Ended::Succeeded => "succeeded",
        Ended::Failed => "failed",
        Ended::Cancelled => "cancelled",
        Ended::NeedsHuman => "needs_human",
    });
    let narrowed = narrowed(&caller, application, environment);
    let listing = Listing { word, before: before.map(|id| id.0), limit: limit + 1, ..narrowed };
    let mut deployments = shared.parts.store.read().await?.deployments(&listing).await?;
    let next = next(&mut deployments, limit, |summary| summary.id);
    Ok(Json(Deployments { deployments, next }))
}

pub(super) async fn one(number: Path<Number>, caller: Caller, shared: Data<Shared>) -> Result<Json<Told>, Problem> {
    let id = number.id;
    let mut reader = shared.parts.store.read().await?;
    visible(&caller, reader.environment_of(id).await?, id)?;
    let (summary, proposal, past) = (reader.summary(id).await?, reader.proposal(id).await?, reader.past(id).await?);
    drop(reader);
    let story = (shared.parts.links.story)(id).await?;
    let kind = past.as_ref().map(|past| past.plan.kind);
    let steps = past.as_ref().map(steps).unwrap_or_default();
    Ok(Json(Told { summary, proposal, kind, steps, story }))
}

/// Whether there is something of this number for whoever asks.
pub(super) fn visible(caller: &Caller, environment: Option<EnvironmentId>, id: DeploymentId) -> Result<(), Problem> {
    if environment.is_some_and(|environment| caller.may_read(&environment)) {
        return Ok(());
    }
    Err(Problem::not_found(format!("there is no deployment {id}; `botadura history` lists those that there are")))
}

fn steps(past: &Past) -> Vec<StepRun> {
    past.plan.runs.iter().zip(&past.state.runs).enumerate().map(|(place, (planned, run))| step(place, planned, run)).collect()
}

fn step(place: usize, planned: &PlannedRun, run: &Run) -> StepRun {
    let (state, reason) = match &run.status {
        Status::Pending => (StepState::Pending, None),
        Status::Active { trouble, .. } => (StepState::Active, trouble.clone()),
        Status::Done { .. } => (StepState::Done, None),
        Status::Skipped { .. } => (StepState::Skipped, None),
        Status::Failed { reason } => (StepState::Failed, Some(reason.clone())),
        Status::Stuck { reason, .. } => (StepState::Stuck, Some(reason.clone())),
    };
    StepRun {
        run: place,
        step: planned.step.name.clone(),
        kind: planned.step.action.kind().to_owned(),
        op: planned.op.word().to_owned(),
        phase: planned.phase,
        stage: planned.stage,
        state,
        skipped: planned.skip.as_ref().map(|skip| skip.why.clone()),
        attempt: run.attempt,
        began: run.started,
        ended: run.finished,
        reason,
    }
}
