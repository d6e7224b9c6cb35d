//! Whether enough people agreed to exactly this.

use jiff::Timestamp;

use super::{Clearer, Facts, Finding, Gate, Proposal, Verdict, gate};
use crate::domain::{
    ids::Actor,
    manifest::{ApprovalPart, Approvals},
    policy::Approval,
};

/// Whether enough people agreed to exactly this. One person clears one part only, and never, unless allowed, their own
/// wish.
pub(super) fn approvals(wanted: &Approvals, facts: &Facts<'_>) -> Gate {
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

/// Whether somebody has agreed to a proposal, in a way that counts.
pub(super) fn is_approved(wanted: &Approvals, facts: &Facts<'_>, proposal: &Proposal) -> bool {
    !counted(wanted, facts, proposal).is_empty()
}

/// The approvals that count: of what would be done now, in time, by somebody else than who asked, once a person.
///
/// What was agreed to for an earlier proposal that was superseded or withdrawn carries over where exactly the same would
/// be done, for as long as an approval lasts. Of other proposals the digest is not known here, and is not looked at.
fn counted<'a>(wanted: &Approvals, facts: &Facts<'a>, proposal: &'a Proposal) -> Vec<&'a Approval> {
    let over = |from: Timestamp| from.saturating_add(wanted.expires).unwrap_or(Timestamp::MAX);
    let is_this = proposal.id == facts.proposal.id;
    let fresh = |approval: &&Approval| facts.digest.is_some_and(|digest| *digest == approval.digest);
    let own = proposal.approvals.iter().filter(|approval| approval.at < over(proposal.at) && (!is_this || fresh(approval)));
    let earlier = facts.known.earlier.iter().filter(|earlier| is_this && earlier.id < proposal.id);
    let carried = earlier.flat_map(|earlier| &earlier.approvals).filter(|approval| fresh(approval) && facts.now < over(approval.at));
    let mut counted: Vec<&Approval> = Vec::new();
    for approval in own.chain(carried) {
        let requesters = approval.by.is(&proposal.origin.actor) && !wanted.allow_requester;
        let twice = counted.iter().any(|other| other.by.is(&approval.by));
        if !requesters && !twice {
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
