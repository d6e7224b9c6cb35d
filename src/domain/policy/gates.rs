//! The gates, in the order in which they are looked at.
//!
//! A runbook has rights, people's locks, its own approvals and the slot; the end of a preview has locks and the slot. In
//! an emergency the gates of time and of people open, and say so: never rights, forks, protection, locks or the slot.

use jiff::Timestamp;

use super::{Clearer, Decision, Facts, Finding, Gate, HoldReason, Lock, Proposal, Purpose, Verdict};
use crate::domain::{
    ids::{Actor, DeploymentId, EnvironmentId},
    manifest::{Application, Approvals, Environment, Queue},
};

mod after;
mod approvals;
mod checklist;
mod pull_request;
mod rights;
mod source;
pub use rights::{deployers, may_ask};
pub use source::wanted_tag;

/// All gates of a proposal.
pub fn decide(facts: &Facts<'_>) -> Decision {
    match &facts.proposal.purpose {
        Purpose::Deploy => Decision { gates: deployment(facts) },
        Purpose::Run { runbook, .. } => {
            let concurrent = facts.application.runbooks.get(runbook).is_some_and(|runbook| runbook.concurrent);
            Decision { gates: run(facts, concurrent) }
        }
        Purpose::Remove => Decision { gates: vec![locked(facts), slot(facts)] },
    }
}

fn deployment(facts: &Facts<'_>) -> Vec<Gate> {
    let rules = facts.environment;
    let glass = |gate| in_emergency(facts, gate);
    let mut gates = vec![rights::rights(facts)];
    gates.extend(pull_request::gates(facts));
    gates.extend(rules.production.then(|| source::protected(facts)));
    gates.push(kept_back(facts));
    gates.push(locked(facts));
    if let Some(after) = &rules.after {
        gates.push(glass(after::after(after, facts)));
        gates.extend(after.checklist.then(|| checklist::leaving(after, facts)).flatten().map(glass));
    }
    gates.extend(rules.require_tag.as_ref().map(|patterns| glass(source::tagged(patterns, facts))));
    gates.extend((!rules.freeze.is_empty()).then(|| glass(frozen(facts))));
    gates.extend(checklist::before(facts).map(glass));
    gates.extend(rules.approvals.as_ref().map(|wanted| glass(approvals::approvals(wanted, facts))));
    gates.push(glass(turn(facts)));
    gates.push(slot(facts));
    gates
}

fn run(facts: &Facts<'_>, concurrent: bool) -> Vec<Gate> {
    let wanted = wanted_approvals(facts.application, facts.environment, &facts.proposal.purpose);
    let mut gates = vec![rights::rights(facts), locked(facts)];
    gates.extend(wanted.map(|wanted| approvals::approvals(wanted, facts)));
    gates.extend((!concurrent).then(|| slot(facts)));
    gates
}

/// Who must agree to something: what the environment says, or for a runbook what that says itself.
pub fn wanted_approvals<'a>(application: &'a Application, environment: &'a Environment, purpose: &Purpose) -> Option<&'a Approvals> {
    match purpose {
        Purpose::Deploy => environment.approvals.as_ref(),
        Purpose::Run { runbook, .. } => application.runbooks.get(runbook)?.approvals.as_ref(),
        Purpose::Remove => None,
    }
}

fn gate(finding: Finding, open: bool) -> Gate {
    let verdict = if open { Verdict::Open } else { Verdict::Waiting };
    Gate { finding, verdict, clears: Vec::new(), opens: None, expires: None, parts: Vec::new(), emergency: false }
}

/// The same gate, open where somebody broke the glass. Without a reason nobody does.
fn in_emergency(facts: &Facts<'_>, gate: Gate) -> Gate {
    let origin = &facts.proposal.origin;
    let broken = !origin.automatic && origin.emergency.as_deref().is_some_and(|reason| !reason.trim().is_empty());
    if gate.verdict == Verdict::Open || !broken {
        return gate;
    }
    Gate { verdict: Verdict::Open, opens: None, expires: None, emergency: true, ..gate }
}

/// After a rollback automatic triggers wait, unless they bring back what was good. A person's word passes.
fn kept_back(facts: &Facts<'_>) -> Gate {
    let hold = facts.known.hold.as_ref();
    let revert = facts.proposal.version.as_ref().is_some_and(|version| facts.known.good_trees.contains(&version.tree));
    let keeps = hold.filter(|hold| facts.proposal.origin.automatic && !(revert && hold.why == HoldReason::RolledBack));
    let gate = gate(Finding::KeptBack { hold: hold.cloned(), revert }, keeps.is_none());
    Gate { clears: keeps.map(|_| Clearer::Deployers).into_iter().collect(), ..gate }
}

fn locked(facts: &Facts<'_>) -> Gate {
    let lock = foreign_lock(&facts.known.locks, &facts.proposal.environment, &facts.proposal.origin.actor, facts.now);
    let told = lock.or_else(|| own_lock(facts));
    let gate = gate(Finding::Locked { lock: told.cloned() }, lock.is_none());
    Gate {
        clears: lock.map(|lock| Clearer::Actor(lock.owner.clone())).into_iter().collect(),
        opens: lock.and_then(|lock| lock.until),
        ..gate
    }
}

/// The lock that keeps this actor out of this environment: the one that stays longest, so that what is told is true.
pub fn foreign_lock<'a>(locks: &'a [Lock], environment: &EnvironmentId, actor: &Actor, now: Timestamp) -> Option<&'a Lock> {
    locks
        .iter()
        .filter(|lock| lock.is_live(now) && lock.scope.covers(environment) && !lock.owner.is(actor))
        .max_by_key(|lock| lock.until.unwrap_or(Timestamp::MAX))
}

/// The lock of whoever asks: it keeps others out.
fn own_lock<'a>(facts: &Facts<'a>) -> Option<&'a Lock> {
    facts.known.locks.iter().find(|lock| lock.is_live(facts.now) && lock.scope.covers(&facts.proposal.environment))
}

/// Whether nothing begins now. It opens when no window covers the moment any more, however they overlap.
fn frozen(facts: &Facts<'_>) -> Gate {
    let covering = crate::domain::manifest::covering(&facts.environment.freeze, facts.now);
    let (window, opens) = covering.map_or((None, None), |(window, until)| (Some(window.clone()), until));
    let open = window.is_none();
    Gate { opens, ..gate(Finding::Frozen { window }, open) }
}

/// Who is before it: with `every`, all that came earlier; with `latest`, an earlier one that somebody has approved. What
/// is itself kept back or locked out is before nobody: the one who comes to help must get through.
fn turn(facts: &Facts<'_>) -> Gate {
    let stands_still = |other: &Proposal| {
        let facts = Facts { proposal: other, ..facts.clone() };
        kept_back(&facts).verdict != Verdict::Open || locked(&facts).verdict != Verdict::Open
    };
    let wanted = facts.environment.approvals.as_ref();
    let approved = |other: &Proposal| wanted.is_some_and(|wanted| approvals::is_approved(wanted, facts, other));
    let every = facts.environment.queue == Queue::Every;
    let before = |other: &&Proposal| {
        let is_earlier = other.id < facts.proposal.id && other.purpose == Purpose::Deploy;
        is_earlier && (every || approved(other)) && !stands_still(other)
    };
    let behind: Option<DeploymentId> = facts.known.waiting.iter().filter(before).map(|other| other.id).max();
    gate(Finding::Turn { behind }, behind.is_none())
}

fn slot(facts: &Facts<'_>) -> Gate {
    let taken_by = facts.known.slot;
    gate(Finding::Slot { taken_by }, taken_by.is_none())
}
