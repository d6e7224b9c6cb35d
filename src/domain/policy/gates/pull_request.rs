//! What a version must be that is from a pull request. What is not known of it counts as the worse.

use super::{Clearer, Facts, Finding, Gate, Verdict, gate};
use crate::domain::manifest::{Allowed, Outdated};

/// The gates of a version that is from a pull request; none for all others.
pub(super) fn gates(facts: &Facts<'_>) -> Vec<Gate> {
    let seen = facts.seen.pull_request;
    let Some(number) = facts.proposal.version.as_ref().and_then(|version| version.pull_request) else { return Vec::new() };
    let seen = seen.filter(|seen| seen.number == number);
    let fork = fork(facts, number, seen.map(|seen| seen.fork));
    let draft = draft(facts, number, seen.map(|seen| seen.draft));
    vec![fork, draft, up_to_date(facts.environment.outdated, number, seen.and_then(|seen| seen.behind))]
}

/// What a fork holds never comes into production, whatever the file says.
fn fork(facts: &Facts<'_>, number: u64, fork: Option<bool>) -> Gate {
    let allowed = facts.environment.forks == Allowed::Allow && !facts.environment.production;
    let gate = gate(Finding::Fork { number, fork }, allowed || fork == Some(false));
    if fork == Some(true) && !allowed { Gate { verdict: Verdict::Refused, ..gate } } else { gate }
}

fn draft(facts: &Facts<'_>, number: u64, draft: Option<bool>) -> Gate {
    let open = facts.environment.drafts == Allowed::Allow || draft == Some(false);
    Gate { clears: committers(open), ..gate(Finding::Draft { number, draft }, open) }
}

/// A commit that is behind stays so: bringing the branch up to date makes another version. Where it is not known, GitHub
/// is asked again.
fn up_to_date(rule: Outdated, number: u64, behind: Option<bool>) -> Gate {
    let open = match (rule, behind) {
        (Outdated::Allow, _) | (_, Some(false)) | (Outdated::Warn, Some(true)) => true,
        (Outdated::Refuse, Some(true)) | (Outdated::Refuse | Outdated::Warn, None) => false,
    };
    let gate = gate(Finding::UpToDate { number, behind, rule }, open);
    if !open && behind == Some(true) { Gate { verdict: Verdict::Refused, ..gate } } else { Gate { clears: committers(open), ..gate } }
}

fn committers(open: bool) -> Vec<Clearer> {
    if open { Vec::new() } else { vec![Clearer::Committers] }
}
