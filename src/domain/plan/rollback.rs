//! The plan that brings an earlier version back.
//!
//! Every target that was touched is restored, also the one that failed, in reverse order, to the releases of the last
//! good deployment; then the version that came back is verified. Where Botadura found something at its first deployment,
//! that is release 0; where nothing was, going back means taking away. What cannot be restored is left for last and for
//! a human: it keeps nothing else from coming back.

use std::collections::BTreeSet;

use super::{Carried, Kind, Own, Phase, Plan, PlannedOp, PlannedRun, Skip, SkipReason, is_target, verifies};
use crate::domain::{
    deployment::{Past, Run, Status},
    ids::StepName,
    manifest::{Action, Step},
    release::{Observation, Reason, Release},
};

/// What a rollback is made from.
#[derive(Debug, Clone)]
pub struct Back<'a> {
    /// What is taken back.
    pub from: &'a Past,
    /// The deployment whose releases come back; none: what was there before the first one.
    pub to: Option<&'a Past>,
    /// The targets that may not be as the last good deployment left them.
    pub uncertain: &'a BTreeSet<StepName>,
    /// `to` is the good deployment just before `from`: only then may anything be undone.
    pub direct: bool,
    /// Also take back what has an `undo` that is not automatic.
    pub undo: bool,
}

/// The plan that goes back, or none where nothing was changed that could be restored.
pub fn rollback(back: &Back<'_>) -> Option<Plan> {
    let mut runs = stages(back);
    if runs.iter().all(|run| run.skip.is_some()) {
        return None;
    }
    let stage = 1 + runs.iter().map(|run| run.stage).max().unwrap_or(0);
    let (by_hand, able): (Vec<_>, Vec<_>) = runs.drain(..).partition(|run| matches!(run.op, PlannedOp::ByHand(_)));
    runs = able;
    if runs.iter().any(|run| matches!(run.op, PlannedOp::Restore(_))) {
        runs.extend(verification(back, stage));
    }
    let last = 1 + runs.iter().map(|run| run.stage).max().unwrap_or(stage);
    runs.extend(by_hand.into_iter().map(|run| PlannedRun { stage: last, ..run }));
    runs.extend(removed_since(back));
    let closing = |phase, op: PlannedOp, wanted: fn(&PlannedRun) -> bool| {
        let runs = runs.iter().filter(|run| run.skip.is_none() && wanted(run));
        runs.map(|run| PlannedRun { op: op.clone(), stage: 0, phase, ..run.clone() }).collect::<Vec<_>>()
    };
    let commands = |run: &PlannedRun| matches!(run.step.action, Action::Command(_));
    let clean_up = closing(Phase::AfterFailure, PlannedOp::CleanUp, commands);
    let retire = closing(Phase::AfterSuccess, PlannedOp::Retire, |run| matches!(run.op, PlannedOp::Restore(_)));
    runs.extend(clean_up);
    runs.extend(retire);
    let reference = back.to.unwrap_or(back.from);
    Some(Plan { kind: Kind::Rollback, runbook: None, runs, carried: left_by(reference), scope: reference.plan.scope.clone() })
}

/// What a deployment's steps left.
fn left_by(past: &Past) -> Carried {
    Carried { outputs: past.outputs(), artifacts: past.artifacts() }
}

/// The manifest's stages, from the last to the first: in each of them what is undone and what is restored.
fn stages(back: &Back<'_>) -> Vec<PlannedRun> {
    let mut ranks: Vec<usize> = back.from.plan.of(Phase::Forward).map(|(_, run)| run.rank).collect();
    ranks.sort_unstable();
    ranks.dedup();
    let mut runs: Vec<PlannedRun> = Vec::new();
    for (stage, rank) in ranks.into_iter().rev().enumerate() {
        for (place, planned) in back.from.plan.of(Phase::Forward).filter(|(_, run)| run.rank == rank) {
            runs.extend(undo(back, place, planned, stage));
            runs.extend(restore(back, place, planned, stage));
        }
    }
    runs
}

fn planned(back: &Back<'_>, old: &PlannedRun, op: PlannedOp, stage: usize) -> PlannedRun {
    let own = Own { scope: back.from.plan.scope.clone(), carried: left_by(back.from) };
    PlannedRun { op, stage, skip: None, observe: false, own: Some(Box::new(own)), ..old.clone() }
}

/// How one target goes back: restored where it may be other than wanted, carried over where it is not.
fn restore(back: &Back<'_>, place: usize, old: &PlannedRun, stage: usize) -> Option<PlannedRun> {
    let run = &back.from.state.runs[place];
    if !is_target(&old.step.action) {
        return None;
    }
    let there = back.to.and_then(|to| Some((to, counterpart(back.from, to, &old.step)?)));
    let wanted = there.and_then(|(to, place)| to.state.runs[place].release());
    let is_uncertain = |name: &StepName| back.uncertain.contains(name);
    let moved = run.is_touched() || is_uncertain(&old.step.name) || old.step.was.as_ref().is_some_and(is_uncertain);
    let other = wanted.is_some_and(|wanted| run.release().is_some_and(|there| there != wanted));
    if moved || other {
        return Some(planned(back, old, way_back(run, wanted), stage));
    }
    let release = wanted.or_else(|| run.release()).cloned();
    let reference = there.map_or(&old.step, |(to, place)| &to.plan.runs[place].step);
    let outputs = back.to.unwrap_or(back.from).outputs_of(reference);
    let skip = Skip { why: SkipReason::Unchanged, release, outputs, artifacts: Vec::new() };
    Some(PlannedRun { skip: Some(skip), ..planned(back, old, PlannedOp::Apply, stage) })
}

/// The run of `to` that is the same target as a step of `from`, also when it was renamed between the two.
fn counterpart(from: &Past, to: &Past, step: &Step) -> Option<usize> {
    let later = || to.plan.of(Phase::Forward).find(|(_, run)| run.step.was.as_ref() == Some(&step.name) && from.run(&run.step).is_some());
    to.planned(step).or_else(later).map(|(place, _)| place)
}

fn way_back(run: &Run, wanted: Option<&Release>) -> PlannedOp {
    let by_hand = |what: String| PlannedOp::ByHand(Reason::new(what));
    if let Some(release) = wanted {
        return PlannedOp::Restore(release.clone());
    }
    match &run.observed {
        Some(Observation::Release(release)) => PlannedOp::Restore(release.clone()),
        Some(Observation::Absent) => PlannedOp::Remove,
        Some(Observation::InProgress(reference)) => {
            by_hand(format!("something else was being changed there when it was first deployed ({reference})"))
        }
        Some(Observation::Unreadable(why)) => by_hand(format!("what was there before could not be read: {why}")),
        None => by_hand("no earlier release of it is known".to_owned()),
    }
}

/// What takes a step back, at its place: only what this deployment did, and only by one deployment.
fn undo(back: &Back<'_>, place: usize, old: &PlannedRun, stage: usize) -> Option<PlannedRun> {
    let undo = old.step.undo.as_ref().filter(|undo| back.direct && (back.undo || undo.automatic))?;
    let done = matches!(back.from.state.runs[place].status, Status::Done { .. }) && old.op == PlannedOp::Apply;
    let name = format!("{}.undo", old.step.name).parse().ok().filter(|_| done)?;
    let step = Step {
        name,
        action: undo.action.clone(),
        undo: None,
        produces: Vec::new(),
        keep: Vec::new(),
        verify: false,
        build: false,
        ..old.step.clone()
    };
    Some(PlannedRun { step, ..planned(back, old, PlannedOp::Undo, stage) })
}

/// The checks of the version that came back, in its own order. Where only release 0 is known, the new version's checks.
fn verification(back: &Back<'_>, first: usize) -> Vec<PlannedRun> {
    let reference = back.to.unwrap_or(back.from);
    let mut runs: Vec<PlannedRun> = reference
        .plan
        .of(Phase::Forward)
        .filter(|(_, run)| run.op == PlannedOp::Apply && run.skip.is_none() && verifies(&run.step) && !is_target(&run.step.action))
        .map(|(_, run)| run.clone())
        .collect();
    let mut ranks: Vec<usize> = runs.iter().map(|run| run.rank).collect();
    ranks.sort_unstable();
    ranks.dedup();
    for run in &mut runs {
        run.stage = first + ranks.iter().position(|rank| *rank == run.rank).unwrap_or(0);
    }
    runs
}

/// Targets that the version which comes back had and the present one has not: nothing has touched them since, and the
/// record goes on naming their releases.
fn removed_since(back: &Back<'_>) -> Vec<PlannedRun> {
    let Some(to) = back.to else { return Vec::new() };
    let kept: BTreeSet<usize> = back.from.plan.of(Phase::Forward).filter_map(|(_, run)| counterpart(back.from, to, &run.step)).collect();
    let gone = to.plan.of(Phase::Forward).filter(|(place, run)| is_target(&run.step.action) && !kept.contains(place));
    gone.map(|(place, run)| {
        let skip = Skip {
            why: SkipReason::Unchanged,
            release: to.state.runs[place].release().cloned(),
            outputs: to.outputs_of(&run.step),
            artifacts: Vec::new(),
        };
        PlannedRun { op: PlannedOp::Apply, stage: 0, skip: Some(skip), observe: false, ..run.clone() }
    })
    .collect()
}
