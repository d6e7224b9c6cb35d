//! The plan that brings an earlier version back.
//!
//! Every target that was touched is restored, also the one that failed, in reverse order, to the releases of the last
//! good deployment; then the version that came back is verified. Where Botadura found something at its first deployment,
//! that is release 0; where nothing was, going back means taking away.

use std::collections::BTreeMap;

use super::{Kind, Phase, Plan, PlannedOp, PlannedRun, Skip, SkipReason, is_target, verifies};
use crate::domain::{
    deployment::{Past, Run, Status},
    ids::StepName,
    manifest::Step,
    release::{Observation, Reason, Release},
};

/// What a rollback is made from.
#[derive(Debug, Clone)]
pub struct Back<'a> {
    /// What is taken back.
    pub from: &'a Past,
    /// The deployment whose releases come back; none: what was there before the first one.
    pub to: Option<&'a Past>,
    /// Also take back what has an `undo`.
    pub undo: bool,
}

/// Why there is no way back that could be planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("step {step}: {reason}")]
pub struct Hopeless {
    /// The step that cannot be restored.
    pub step: StepName,
    /// Why.
    pub reason: Reason,
}

/// The plan that goes back, or none where nothing was changed that could be restored.
pub fn rollback(back: &Back<'_>) -> Result<Option<Plan>, Hopeless> {
    let mut runs = Vec::new();
    let mut stage = 0;
    let last = back.from.plan.of(Phase::Forward).map(|(_, run)| run.stage).max().unwrap_or(0);
    for old in (0..=last).rev() {
        let before = runs.len();
        for (place, planned) in back.from.plan.of(Phase::Forward).filter(|(_, run)| run.stage == old) {
            runs.extend(undo(back, place, &planned.step, stage));
            runs.extend(restore(back, place, &planned.step, stage)?);
        }
        stage += usize::from(runs.len() > before);
    }
    if runs.iter().all(|run| run.skip.is_some()) {
        return Ok(None);
    }
    let returns = runs.iter().any(|run| matches!(run.op, PlannedOp::Restore(_)));
    if returns {
        runs.extend(verification(back, stage));
    }
    let retire: Vec<_> = runs
        .iter()
        .filter(|run| run.skip.is_none() && matches!(run.op, PlannedOp::Restore(_)))
        .map(|run| PlannedRun { op: PlannedOp::Retire, stage: 0, phase: Phase::AfterSuccess, ..run.clone() })
        .collect();
    runs.extend(retire);
    let reference = back.to.unwrap_or(back.from);
    Ok(Some(Plan { kind: Kind::Rollback, runs, carried: outputs(back), scope: reference.plan.scope.clone() }))
}

/// How one target goes back: restored where it was touched, carried over where it was not.
fn restore(back: &Back<'_>, place: usize, step: &Step, stage: usize) -> Result<Option<PlannedRun>, Hopeless> {
    let run = &back.from.state.runs[place];
    if !is_target(&step.action) {
        return Ok(None);
    }
    let planned = |op, skip| PlannedRun {
        step: step.clone(),
        op,
        stage,
        phase: Phase::Forward,
        skip,
        scope: Some(back.from.plan.scope.clone()),
    };
    let wanted = back.to.and_then(|to| to.release(&step.name));
    let stays = !run.is_touched() && wanted.is_none_or(|wanted| run.release().is_none_or(|there| there == wanted));
    if stays {
        let release = run.release().or(wanted).cloned();
        let outputs = run.outputs().cloned().unwrap_or_default();
        let skip = Skip { why: SkipReason::Unchanged, release, outputs, artifacts: Vec::new() };
        return Ok(Some(planned(PlannedOp::Apply, Some(skip))));
    }
    Ok(Some(planned(way_back(run, step, wanted)?, None)))
}

fn way_back(run: &Run, step: &Step, wanted: Option<&Release>) -> Result<PlannedOp, Hopeless> {
    let hopeless = |what: String| Hopeless { step: step.name.clone(), reason: Reason::new(what) };
    if let Some(release) = wanted {
        return Ok(PlannedOp::Restore(release.clone()));
    }
    match &run.observed {
        Some(Observation::Release(release)) => Ok(PlannedOp::Restore(release.clone())),
        Some(Observation::Absent) => Ok(PlannedOp::Remove),
        Some(Observation::InProgress(reference)) => {
            Err(hopeless(format!("something else was being changed there when it was first deployed ({reference})")))
        }
        Some(Observation::Unreadable(why)) => Err(hopeless(format!("what was there before could not be read: {why}"))),
        None => Err(hopeless("no earlier release of it is known".to_owned())),
    }
}

/// What takes a step back, at its place: only where this deployment did it, and only when it is wanted or automatic.
fn undo(back: &Back<'_>, place: usize, step: &Step, stage: usize) -> Option<PlannedRun> {
    let undo = step.undo.as_ref().filter(|undo| back.undo || undo.automatic)?;
    let done = matches!(back.from.state.runs[place].status, Status::Done { .. });
    done.then(|| PlannedRun {
        step: Step { name: undo_name(&step.name), action: undo.action.clone(), undo: None, produces: vec![], keep: vec![], ..step.clone() },
        op: PlannedOp::Apply,
        stage,
        phase: Phase::Forward,
        skip: None,
        scope: Some(back.from.plan.scope.clone()),
    })
}

fn undo_name(name: &StepName) -> StepName {
    format!("{name}.undo").parse().unwrap_or_else(|_| name.clone())
}

/// The checks of the version that came back, in its own order. Where only release 0 is known, the new version's checks.
fn verification(back: &Back<'_>, first: usize) -> Vec<PlannedRun> {
    let reference = back.to.unwrap_or(back.from);
    let mut runs: Vec<PlannedRun> = reference
        .plan
        .of(Phase::Forward)
        .filter(|(_, run)| run.op == PlannedOp::Apply && run.skip.is_none() && verifies(&run.step))
        .map(|(_, run)| PlannedRun { skip: None, scope: None, ..run.clone() })
        .collect();
    let mut stages: Vec<usize> = runs.iter().map(|run| run.stage).collect();
    stages.sort_unstable();
    stages.dedup();
    for run in &mut runs {
        run.stage = first + stages.iter().position(|stage| *stage == run.stage).unwrap_or(0);
    }
    runs
}

/// The outputs that the templates of restored and verifying steps may need.
fn outputs(back: &Back<'_>) -> BTreeMap<StepName, crate::domain::release::Outputs> {
    let mut all = back.from.outputs();
    all.extend(back.to.map(Past::outputs).unwrap_or_default());
    all
}
