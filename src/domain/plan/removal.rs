//! The plan that takes everything away: a preview's end.

use super::{Carried, Kind, Phase, Plan, PlannedOp, PlannedRun};
use crate::domain::deployment::Past;

/// Removes what the targets of a deployment left, the last one first. None where it has no target.
pub fn removal(past: &Past) -> Option<Plan> {
    let targets = past.plan.of(Phase::Forward).filter(|(_, run)| run.step.action.is_target());
    let mut runs: Vec<PlannedRun> =
        targets.map(|(_, run)| PlannedRun { op: PlannedOp::Remove, skip: None, observe: false, own: None, ..run.clone() }).collect();
    let last = runs.iter().map(|run| run.rank).max()?;
    for run in &mut runs {
        run.stage = last - run.rank;
    }
    let carried = Carried { outputs: past.outputs(), artifacts: past.artifacts() };
    Some(Plan { kind: Kind::Removal, runbook: None, runs, carried, scope: past.plan.scope.clone() })
}
