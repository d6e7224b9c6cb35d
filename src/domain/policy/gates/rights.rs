//! Who may ask for something here.

use super::{Clearer, Facts, Finding, Gate, Purpose, gate};
use crate::domain::{
    ids::Actor,
    manifest::{Application, Environment},
    policy::Seen,
};

/// The roles of which somebody needs one to ask for this: the runbook's own, else the environment's.
pub fn deployers<'a>(application: &'a Application, environment: &'a Environment, purpose: &Purpose) -> &'a [String] {
    let runbook = match purpose {
        Purpose::Run { runbook, .. } => application.runbooks.get(runbook),
        Purpose::Deploy | Purpose::Remove => None,
    };
    runbook.map(|runbook| &runbook.deployers[..]).filter(|own| !own.is_empty()).unwrap_or(&environment.deployers)
}

/// Whether somebody may ask for something where these roles may; none: whoever may write to the repository.
///
/// The operator may do everything, and what Botadura does by itself the manifest has asked for. A token's scopes were
/// checked at the door, and say where it may deploy. A person needs one of the roles; where there are none, write
/// permission on GitHub. Without an App that cannot be told (`may_write` is none): then it is open, since nobody but
/// the holder of the server's own token can speak for people until there is one.
pub fn may_ask(actor: &Actor, deployers: &[String], seen: &Seen) -> bool {
    match actor {
        Actor::Operator | Actor::Botadura | Actor::Token(_) => true,
        Actor::Person(_) | Actor::Vouched(_) | Actor::Bot(_) if deployers.is_empty() => seen.may_write != Some(false),
        Actor::Person(_) | Actor::Vouched(_) | Actor::Bot(_) => deployers.iter().any(|role| seen.roles.contains(role)),
    }
}

/// A person's word always needs rights; a trigger only where the environment trusts those pushers alone.
pub(super) fn rights(facts: &Facts<'_>) -> Gate {
    let origin = &facts.proposal.origin;
    let from = deployers(facts.application, facts.environment, &facts.proposal.purpose);
    let trigger = origin.automatic && !facts.environment.trusted_pushers;
    let open = trigger || may_ask(&origin.actor, from, facts.seen);
    let clears = match (open, from.is_empty()) {
        (true, _) => Vec::new(),
        (false, true) => vec![Clearer::Committers],
        (false, false) => vec![Clearer::Roles(from.to_vec())],
    };
    Gate { clears, ..gate(Finding::Rights { by: origin.actor.clone(), from: from.to_vec(), trigger }, open) }
}
