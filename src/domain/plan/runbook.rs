//! The plan of a runbook: work that brings no version, and what takes it back.

use super::{Carried, Kind, Own, Phase, Plan, PlannedOp, PlannedRun, closing, scope};
use crate::domain::{
    deployment::{Past, Status},
    ids::{Actor, EnvironmentId, RunbookName},
    manifest::{Application, Step},
    release::Reason,
    version::Version,
};

/// What a runbook's plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct Work<'a> {
    /// The application's file.
    pub application: &'a Application,
    /// Which.
    pub runbook: &'a RunbookName,
    /// The commit of its workspace; none where it has none.
    pub version: Option<&'a Version>,
    /// Who asked.
    pub actor: &'a Actor,
}

/// The plan that runs it. Its steps are those of the file as it is now.
pub fn runbook(work: &Work<'_>) -> Result<Plan, Reason> {
    let found = work
        .application
        .runbooks
        .get(work.runbook)
        .ok_or_else(|| Reason::new(format!("{} has no runbook {} any more", work.application.name, work.runbook)))?;
    let environment = EnvironmentId::new(work.application.name.clone(), found.environment.clone());
    let scope = scope(work.application, &environment, work.version, work.actor)?;
    let steps = found.stages.iter().enumerate().flat_map(|(stage, steps)| steps.iter().map(move |step| (stage, step)));
    let mut runs: Vec<PlannedRun> = steps.map(|(stage, step)| forward(step, stage)).collect();
    let closing = closing(&runs);
    runs.extend(closing);
    Ok(Plan { kind: Kind::Runbook, runbook: Some(work.runbook.clone()), runs, carried: Carried::default(), scope })
}

fn forward(step: &Step, stage: usize) -> PlannedRun {
    PlannedRun {
        step: step.clone(),
        op: PlannedOp::Apply,
        stage,
        phase: Phase::Forward,
        skip: None,
        observe: false,
        rank: stage,
        rebuilt: None,
        own: None,
    }
}

/// The plan that takes a run of a runbook back: the `undo` of each step that it did, in reverse order. None where there is
/// nothing to undo.
pub fn undone(runbook: &RunbookName, past: &Past) -> Option<Plan> {
    let own = Own { scope: past.plan.scope.clone(), carried: Carried { outputs: past.outputs(), artifacts: past.artifacts() } };
    let done = |place: usize| matches!(past.state.runs[place].status, Status::Done { .. });
    let mut runs: Vec<PlannedRun> = past
        .plan
        .of(Phase::Forward)
        .filter(|(place, run)| done(*place) && run.op == PlannedOp::Apply)
        .filter_map(|(_, run)| undo(run, &own))
        .collect();
    if runs.is_empty() {
        return None;
    }
    let last = runs.iter().map(|run| run.stage).max().unwrap_or(0);
    for run in &mut runs {
        run.stage = last - run.stage;
        run.rank = run.stage;
    }
    let closing = closing(&runs);
    runs.extend(closing);
    Some(Plan { kind: Kind::Runbook, runbook: Some(runbook.clone()), runs, carried: Carried::default(), scope: past.plan.scope.clone() })
}

fn undo(run: &PlannedRun, own: &Own) -> Option<PlannedRun> {
    let undo = run.step.undo.as_ref()?;
    let step = Step {
        name: format!("{}.undo", run.step.name).parse().ok()?,
        action: undo.action.clone(),
        undo: None,
        produces: Vec::new(),
        keep: Vec::new(),
        ..run.step.clone()
    };
    Some(PlannedRun { step, op: PlannedOp::Undo, own: Some(Box::new(own.clone())), ..run.clone() })
}
