//! The gates, one function each.

use jiff::Timestamp;

use super::{Approval, Clearer, Decision, Facts, Finding, Gate, HoldReason, Lock, Proposal, Verdict};
use crate::domain::{
    ids::{Actor, DeploymentId, EnvironmentId},
    manifest::{ApprovalPart, Approvals, Queue},
};

/// All gates of a proposal.
pub fn decide(facts: &Facts<'_>) -> Decision {
    let mut gates = vec![kept_back(facts), locked(facts)];
    gates.extend(facts.approvals.map(|wanted| approvals(wanted, facts)));
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
    let revert = facts.proposal.version.as_ref().is_some_and(|version| facts.good_trees.contains(&version.tree));
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
        .filter(|lock| lock.is_live(now) && lock.scope.covers(environment) && !lock.owner.is(actor))
        .max_by_key(|lock| lock.until.unwrap_or(Timestamp::MAX))
}

/// Whether enough people agreed to exactly this. One person clears one part only, and never, unless allowed, their own
/// wish.
pub fn approvals(wanted: &Approvals, facts: &Facts<'_>) -> Gate {
    let over = facts.proposal.at.saturating_add(wanted.expires).unwrap_or(Timestamp::MAX);
    let counted = counted(wanted, facts, facts.proposal);
    let parts: Vec<Gate> = assign(&wanted.parts, &counted)
        .into_iter()
        .zip(&wanted.parts)
        .map(|(by, part)| {
            let open = by.len() >= usize::try_from(part.count).unwrap_or(usize::MAX);
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
    if !open && facts.now >= over {
        return Gate { verdict: Verdict::Refused, ..gate(Finding::ApprovalExpired { at: over }, false) };
    }
    Gate { parts, expires: (!open).then_some(over), ..gate(finding, open) }
}

/// The approvals that count: of what would be done now, in time, by somebody else than who asked, once a person.
fn counted<'a>(wanted: &Approvals, facts: &Facts<'_>, proposal: &'a Proposal) -> Vec<&'a Approval> {
    let over = proposal.at.saturating_add(wanted.expires).unwrap_or(Timestamp::MAX);
    let mut counted: Vec<&Approval> = Vec::new();
    for approval in &proposal.approvals {
        let own = approval.by.is(&proposal.origin.actor) && !wanted.allow_requester;
        let stale = proposal.id == facts.proposal.id && facts.digest.is_some_and(|digest| *digest != approval.digest);
        let twice = counted.iter().any(|other| other.by.is(&approval.by));
        if !own && !stale && !twice && approval.at < over {
            counted.push(approval);
        }
    }
    counted
}

/// Gives each person to one part, so that as many places as possible are filled (augmenting paths: somebody who could
/// clear two parts moves over when another can clear only one).
fn assign(parts: &[ApprovalPart], people: &[&Approval]) -> Vec<Vec<Actor>> {
    let seats: Vec<usize> =
        parts.iter().enumerate().flat_map(|(part, wanted)| std::iter::repeat_n(part, usize::try_from(wanted.count).unwrap_or(0))).collect();
    let mut taken: Vec<Option<usize>> = vec![None; seats.len()];
    for person in 0..people.len() {
        let mut seen = vec![false; seats.len()];
        seat(person, &|person, at: usize| may(&parts[seats[at]], people[person]), &mut taken, &mut seen);
    }
    let mut by = vec![Vec::new(); parts.len()];
    for (at, person) in taken.into_iter().enumerate() {
        by[seats[at]].extend(person.map(|person| people[person].by.clone()));
    }
    by
}

fn seat(person: usize, fits: &impl Fn(usize, usize) -> bool, taken: &mut [Option<usize>], seen: &mut [bool]) -> bool {
    for at in 0..taken.len() {
        if !seen[at] && fits(person, at) {
            seen[at] = true;
            if taken[at].is_none_or(|other| seat(other, fits, taken, seen)) {
                taken[at] = Some(person);
                return true;
            }
        }
    }
    false
}

fn may(part: &ApprovalPart, approval: &Approval) -> bool {
    part.from.is_empty() || part.from.iter().any(|role| approval.roles.contains(role))
}

/// Who is before it: with `every`, all that came earlier; with `latest`, an earlier one that somebody has approved. What
/// is itself kept back or locked out is before nobody: the one who comes to help must get through.
fn turn(facts: &Facts<'_>) -> Gate {
    let stands_still = |other: &Proposal| {
        let facts = Facts { proposal: other, ..facts.clone() };
        kept_back(&facts).verdict != Verdict::Open || locked(&facts).verdict != Verdict::Open
    };
    let approved = |other: &Proposal| facts.approvals.is_some_and(|wanted| !counted(wanted, facts, other).is_empty());
    let before =
        |other: &&Proposal| other.id < facts.proposal.id && (facts.queue == Queue::Every || approved(other)) && !stands_still(other);
    let behind: Option<DeploymentId> = facts.waiting.iter().filter(before).map(|other| other.id).max();
    gate(Finding::Turn { behind }, behind.is_none())
}

fn slot(taken_by: Option<DeploymentId>) -> Gate {
    gate(Finding::Slot { taken_by }, taken_by.is_none())
}
