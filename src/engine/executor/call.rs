//! One call of one step: what it is given, and what is made of its answer.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures::FutureExt;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        deployment::{Answer, Limits, State, Wake, settle_answer},
        plan::{Phase, PlannedOp, PlannedRun},
        release::{Memo, Observation, Reason},
        version::Sha,
    },
    engine::{Core, doors::Output},
    steps::{Context, Op, Progress, Scope},
    store::{Deployment, Result},
};

/// How many further attempts going back has, whatever the manifest allows a step: a way back is worth another try.
const ATTEMPTS_BACK: u32 = 2;

/// A call that is about to be made.
pub(super) struct Call {
    pub core: Arc<Core>,
    pub deployment: Arc<Deployment>,
    pub state: Arc<State>,
    pub place: usize,
    pub stop: CancellationToken,
}

impl Call {
    /// Makes it, and answers what the journal keeps.
    pub async fn make(self) -> (usize, Answer) {
        let answer = AssertUnwindSafe(self.ask()).catch_unwind().await.unwrap_or_else(|_| {
            let reason =
                Reason::new("the step's own code failed").remedy("this is a fault of Botadura: please report it with the server's log");
            Answer::Failed { reason }
        });
        (self.place, settle_answer(answer, &self.state.runs[self.place], &self.limits()))
    }

    /// What the step is to remember: cleaning up begins with what the run that it cleans up after remembered last.
    fn memo(&self) -> Memo {
        let run = &self.state.runs[self.place];
        let of = if run.memo.is_null() { &self.state.runs[run.of] } else { run };
        if self.planned().op == PlannedOp::CleanUp { of.memo.clone() } else { run.memo.clone() }
    }

    fn planned(&self) -> &PlannedRun {
        &self.deployment.plan.runs[self.place]
    }

    fn limits(&self) -> Limits {
        let planned = self.planned();
        let attempts = match planned.op {
            PlannedOp::Apply | PlannedOp::Undo => planned.step.retries,
            PlannedOp::Restore(_) | PlannedOp::Remove => planned.step.retries.max(ATTEMPTS_BACK),
            PlannedOp::CleanUp | PlannedOp::Retire | PlannedOp::ByHand(_) => 0,
        };
        let deadline = self.state.deadline(&self.deployment.plan, self.place);
        Limits { now: self.core.parts.clock.now(), deadline, attempts }
    }

    async fn ask(&self) -> Answer {
        let planned = self.planned();
        let op = match &planned.op {
            PlannedOp::Apply | PlannedOp::Undo => Op::Apply,
            PlannedOp::Restore(release) => Op::Restore(release),
            PlannedOp::CleanUp => Op::CleanUp,
            PlannedOp::Retire => Op::Retire,
            PlannedOp::Remove => Op::Remove,
            PlannedOp::ByHand(reason) => return Answer::Stuck { reason: reason.clone(), by_hand: Vec::new() },
        };
        let scope = scope(&self.deployment, &self.state, self.place);
        let step = match (self.core.parts.build)(&planned.step, &scope) {
            Ok(step) => step,
            Err(reason) => return Answer::Failed { reason },
        };
        let context = match context(&self.core, &self.deployment, &self.state, self.place, &self.stop).await {
            Ok(context) => context,
            Err(error) => {
                let memo = self.state.runs[self.place].memo.clone();
                return Answer::Retry { reason: Reason::new(error.to_string()), memo, wake: Wake::at(Timestamp::MIN) };
            }
        };
        let memo = self.memo();
        complete(planned, &scope, step.advance(&context, op, memo).await)
    }
}

/// A release says at which commit it was left, and a restored target has a release whatever its step answered.
fn complete(planned: &PlannedRun, scope: &Scope, progress: Progress) -> Answer {
    let mut answer = Answer::from(progress);
    if let Answer::Done { release, .. } = &mut answer {
        match (&planned.op, &mut *release) {
            (PlannedOp::Apply, Some(release)) => {
                if let Some(sha) = scope.get("version.sha") {
                    release.details.entry("sha".to_owned()).or_insert_with(|| sha.to_owned());
                }
            }
            (PlannedOp::Restore(wanted), release) => *release = Some(wanted.clone()),
            _ => {}
        }
    }
    answer
}

/// What is there before a target is touched for the first time.
pub(super) async fn observe(
    core: &Arc<Core>,
    deployment: &Deployment,
    state: &State,
    place: usize,
    stop: &CancellationToken,
) -> Result<Observation> {
    let scope = scope(deployment, state, place);
    match (core.parts.build)(&deployment.plan.runs[place].step, &scope) {
        Ok(step) => Ok(step.observe(&context(core, deployment, state, place, stop).await?).await),
        Err(reason) => Ok(Observation::Unreadable(reason.to_string())),
    }
}

/// What a run's templates see.
fn scope(deployment: &Deployment, state: &State, place: usize) -> Scope {
    let plan = &deployment.plan;
    let own = plan.runs[place].own.as_ref();
    let mut outputs = own.map_or_else(|| plan.carried.outputs.clone(), |own| own.carried.outputs.clone());
    if own.is_none() {
        for (other, planned) in plan.of(Phase::Forward) {
            if let Some(fresh) = state.runs[other].outputs() {
                outputs.entry(planned.step.name.clone()).or_default().extend(fresh.clone());
            }
        }
    }
    let mut values = plan.scope_of(place).clone();
    values.insert("deployment.id".to_owned(), deployment.id.to_string());
    if !values.contains_key("environment.url") {
        let urls = plan.of(Phase::Forward).filter_map(|(other, _)| state.runs[other].outputs()?.get("url"));
        if let Some(url) = urls.last() {
            values.insert("environment.url".to_owned(), url.clone());
        }
    }
    Scope { values, outputs }
}

async fn context(core: &Arc<Core>, deployment: &Deployment, state: &State, place: usize, stop: &CancellationToken) -> Result<Context> {
    let plan = &deployment.plan;
    let planned = &plan.runs[place];
    let run = &state.runs[place];
    let parts = &core.parts;
    let output = Output::of(&parts.store, deployment.id, place, run.attempt).await?;
    let produced = planned.own.as_ref().map_or_else(
        || {
            let fresh = plan.of(Phase::Forward).flat_map(|(other, _)| state.runs[other].artifacts().to_vec());
            plan.carried.artifacts.iter().cloned().chain(fresh).collect()
        },
        |own| own.carried.artifacts.clone(),
    );
    let sha: Option<Sha> = plan.scope_of(place).get("version.sha").and_then(|sha| sha.parse().ok());
    // What runs as another version has that version's own checkout.
    let whose = if planned.own.is_some() { deployment.reverts.unwrap_or(deployment.id) } else { deployment.id };
    Ok(Context {
        deployment: deployment.id,
        step: planned.step.name.clone(),
        repository: deployment.repository.clone(),
        key: key(core, deployment, state, place),
        resumption: run.looks,
        deadline: state.deadline(plan, place).unwrap_or(Timestamp::MAX),
        clock: parts.clock.clone(),
        stop: stop.clone(),
        detach: core.detach.clone(),
        log: Arc::new(output),
        secrets: parts.doors.secrets.clone(),
        artifacts: Arc::new(parts.doors.artifacts.clone()),
        workspace: parts.doors.workspaces.of(whose, deployment.repository.clone(), sha, produced),
        processes: parts.doors.processes.clone(),
        outgoing: parts.doors.outgoing.clone(),
        github: parts.doors.github.clone(),
    })
}

/// The key of one attempt: nobody else's, in any store.
fn key(core: &Core, deployment: &Deployment, state: &State, place: usize) -> String {
    let planned = &deployment.plan.runs[place];
    let attempt = state.runs[place].attempt;
    let key = format!("{}-{}-{place}-{}-{}-{attempt}", core.parts.store.instance(), deployment.id, planned.step.name, planned.op.word());
    key.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}
