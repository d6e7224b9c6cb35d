//! The gates, one function each.

use jiff::Timestamp;

use super::{Approval, Clearer, Decision, Facts, Finding, Gate, HoldReason, Lock, Proposal, Verdict};
use crate::domain::{
    ids::{Actor, DeploymentId, EnvironmentId},
    manifest::{Approvals, Queue},
};

/// All gates of a proposal.
pub fn decide(facts: &Facts<'_>) -> Decision {
    let mut gates = vec![kept_back(facts), locked(facts)];
    gates.extend(facts.approvals.map(|wanted| approvals(wanted, facts.proposal, facts.now)));
    gates.push(turn(facts));
    gates.push(slot(facts.slot));
    Decision { gates }
}

fn gate(finding: Finding, open: bool) -> Gate {
    let verdict = if open { Verdict::Open } else { Verdict::Waiting };
    Gate { finding, verdict, clears: Vec::new(), opens: None, expires: None, parts: Vec::new() }
}

/// After a rollback automatic triggers wait, unless they bring back what was good. A person's word passes.
fn kept_back(facts: &Facts<'_>) -> Gate {
    let revert = facts.good_trees.contains(&facts.proposal.version.tree);
    let keeps = facts.hold.filter(|hold| facts.proposal.origin.automatic && !(revert && hold.why == HoldReason::RolledBack));
    let gate = gate(Finding::KeptBack { hold: facts.hold.cloned(), revert }, keeps.is_none());
    Gate { clears: clears(keeps.is_some()), ..gate }
}

fn clears(closed: bool) -> Vec<Clearer> {
    if closed { vec![Clearer::Deployers] } else { Vec::new() }
}

fn locked(facts: &Facts<'_>) -> Gate {
    let lock = foreign_lock(facts.locks, &facts.proposal.environment, &facts.proposal.origin.actor, facts.now);
    let gate = gate(Finding::Locked { lock: lock.cloned() }, lock.is_none());
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
        .filter(|lock| lock.is_live(now) && lock.scope.covers(environment) && lock.owner != *actor)
        .max_by_key(|lock| lock.until.unwrap_or(Timestamp::MAX))
}

/// Whether enough people agreed. One person clears one part only, and never, unless allowed, their own wish.
pub fn approvals(wanted: &Approvals, proposal: &Proposal, now: Timestamp) -> Gate {
    let mut free: Vec<&Approval> = proposal
        .approvals
        .iter()
        .filter(|approval| wanted.allow_requester || approval.by != proposal.origin.actor)
        .collect();
    let parts: Vec<Gate> = wanted
        .parts
        .iter()
        .map(|part| {
            let may = |approval: &Approval| part.from.is_empty() || part.from.iter().any(|role| approval.roles.contains(role));
            let mut by = Vec::new();
            while by.len() < usize::try_from(part.count).unwrap_or(usize::MAX) {
                let Some(place) = free.iter().position(|approval| may(approval)) else { break };
                by.push(free.remove(place).by.clone());
            }
            let open = by.len() == usize::try_from(part.count).unwrap_or(usize::MAX);
            let clears = match (open, part.from.is_empty()) {
                (true, _) => Vec::new(),
                (false, true) => vec![Clearer::Deployers],
                (false, false) => vec![Clearer::Roles(part.from.clone())],
            };
            Gate { clears, ..gate(Finding::ApprovedBy { from: part.from.clone(), by, needed: part.count }, open) }
        })
        .collect();
    let given = parts.iter().map(|part| match &part.finding {
        Finding::ApprovedBy { by, .. } => u32::try_from(by.len()).unwrap_or(u32::MAX),
        _ => 0,
    });
    let finding = Finding::Approved { given: given.sum(), needed: wanted.parts.iter().map(|part| part.count).sum() };
    let open = parts.iter().all(|part| part.verdict == Verdict::Open);
    let over = proposal.at.saturating_add(wanted.expires).unwrap_or(Timestamp::MAX);
    if !open && now >= over {
        return Gate { verdict: Verdict::Refused, ..gate(Finding::ApprovalExpired { at: over }, false) };
    }
    Gate { parts, expires: (!open).then_some(over), ..gate(finding, open) }
}

/// Who is before it: with `every`, all that came earlier; with `latest`, an earlier one that somebody has approved.
fn turn(facts: &Facts<'_>) -> Gate {
    let before = |other: &&Proposal| {
        other.id < facts.proposal.id && (facts.queue == Queue::Every || !other.approvals.is_empty())
    };
    let behind: Option<DeploymentId> = facts.waiting.iter().filter(before).map(|other| other.id).max();
    gate(Finding::Turn { behind }, behind.is_none())
}

fn slot(taken_by: Option<DeploymentId>) -> Gate {
    gate(Finding::Slot { taken_by }, taken_by.is_none())
}
