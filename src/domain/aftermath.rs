//! What follows from a deployment's end: for the slot, for what runs, for what is kept back.

use std::collections::BTreeSet;

use super::{
    deployment::{Outcome, Past},
    ids::StepName,
    plan::{Back, Kind, Plan, PlannedOp, rollback},
    policy::HoldReason,
};

/// What follows from an end.
#[derive(Debug, Clone, PartialEq)]
pub struct Aftermath {
    /// How it ended, all told: a rollback that fails needs a human.
    pub outcome: Outcome,
    /// The rollback that inherits the slot; none frees it.
    pub successor: Option<Plan>,
    /// What runs in the environment now.
    pub running: Running,
    /// What keeps it back from now on; none leaves it as it is.
    pub hold: Option<HoldReason>,
    /// The targets that may not be as what runs says.
    pub uncertain: BTreeSet<StepName>,
}

/// What runs in the environment after an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Running {
    /// What this deployment brought.
    This,
    /// What ran before.
    AsBefore,
    /// Nothing.
    Nothing,
}

/// What follows from this deployment's end. `good` is what ran before it, `uncertain` the targets that were not as that
/// says when it began.
pub fn aftermath(ended: &Past, outcome: Outcome, good: Option<&Past>, uncertain: &BTreeSet<StepName>) -> Aftermath {
    let moved: BTreeSet<StepName> = uncertain | &ended.touched();
    let settled: BTreeSet<StepName> = uncertain - &ended.brought();
    let (outcome, running) = match (ended.plan.kind, outcome) {
        // A runbook brings no version and takes none.
        (Kind::Runbook, outcome) => (outcome, Running::AsBefore),
        // Neither a rollback nor a removal has a rollback of its own: it succeeds, or it needs a human.
        (Kind::Rollback | Kind::Removal, Outcome::Failed { run, reason }) => {
            (Outcome::NeedsHuman { run: Some(run), reason, by_hand: Vec::new() }, Running::AsBefore)
        }
        (Kind::Rollback | Kind::Removal, Outcome::Succeeded) if !brings(&ended.plan) => (Outcome::Succeeded, Running::Nothing),
        (_, Outcome::Succeeded) => (Outcome::Succeeded, Running::This),
        (_, other) => (other, Running::AsBefore),
    };
    let plain = |hold, uncertain| Aftermath { outcome: outcome.clone(), successor: None, running, hold, uncertain };
    let cancel = ended.state.cancel.as_ref();
    if ended.plan.kind == Kind::Runbook {
        let hold = matches!(outcome, Outcome::NeedsHuman { .. }).then_some(HoldReason::NeedsHuman);
        return plain(hold, uncertain.clone());
    }
    match &outcome {
        Outcome::Succeeded => plain(None, settled),
        Outcome::NeedsHuman { .. } => plain(Some(HoldReason::NeedsHuman), moved),
        Outcome::Cancelled { .. } if cancel.is_some_and(|cancel| cancel.leave) => plain(None, moved),
        Outcome::Failed { .. } | Outcome::Cancelled { .. } => {
            let back = Back { from: ended, to: good, uncertain, direct: true, undo: false };
            let successor = rollback(&back);
            let wanted = matches!(outcome, Outcome::Failed { .. }) && successor.is_some();
            let hold = (wanted || cancel.is_some_and(|cancel| cancel.back)).then_some(HoldReason::RolledBack);
            Aftermath { successor, ..plain(hold, moved) }
        }
    }
}

/// Whether a rollback leaves anything in the environment, or takes everything away.
fn brings(plan: &Plan) -> bool {
    plan.runs.iter().any(|run| run.skip.is_some() || matches!(run.op, PlannedOp::Restore(_)))
}
