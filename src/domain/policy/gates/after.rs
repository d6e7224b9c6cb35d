//! Whether a version has proved itself where it must have been first.

use jiff::Timestamp;

use super::{Clearer, Facts, Finding, Gate, Verdict, gate};
use crate::domain::{
    ids::EnvironmentId,
    manifest::After,
    policy::{Stay, There},
    version::Version,
};

/// Where a version must have been first, as an environment of the same application.
pub(super) fn elsewhere(after: &After, facts: &Facts<'_>) -> EnvironmentId {
    EnvironmentId::new(facts.proposal.environment.application.clone(), after.environment.clone())
}

pub(super) fn after(after: &After, facts: &Facts<'_>) -> Gate {
    let environment = elsewhere(after, facts);
    let there = facts.proposal.version.as_ref().map_or(There::Never, |version| there(after, version, &facts.known.stays, facts.now));
    let gate = |there, open| gate(Finding::After { environment: environment.clone(), there }, open);
    match there {
        There::Proved { .. } => gate(there, true),
        There::Never => Gate { clears: vec![Clearer::DeployersOf(environment.clone())], ..gate(there, false) },
        There::Left { .. } => Gate { verdict: Verdict::Refused, ..gate(there, false) },
        There::Soaks { since, .. } => Gate { opens: Some(soaked(after, since)), ..gate(there, false) },
    }
}

/// What became of the version there: one stay that was long enough, and not taken back since, is all it needs; else what
/// runs now counts, and else what ended its newest stay.
fn there(after: &After, version: &Version, stays: &[Stay], now: Timestamp) -> There {
    let mut own = stays.iter().filter(|stay| stay.is_of(version));
    let proved =
        |stay: &&Stay| stay.taken_back.is_none() && soaked(after, stay.from) <= stay.until.as_ref().map_or(now, |broken| broken.at);
    if let Some(stay) = own.clone().find(proved) {
        return There::Proved { deployment: stay.deployment };
    }
    let Some(newest) = own.next() else { return There::Never };
    let deployment = newest.deployment;
    match (newest.taken_back, &newest.until) {
        (Some(by), _) => There::Left { deployment, by, at: None },
        (None, Some(broken)) => There::Left { deployment, by: broken.by, at: (!broken.rolled_back).then_some(broken.at) },
        (None, None) => There::Soaks { deployment, since: newest.from },
    }
}

/// When a stay has been long enough.
fn soaked(after: &After, from: Timestamp) -> Timestamp {
    from.saturating_add(after.soak.unwrap_or_default()).unwrap_or(Timestamp::MAX)
}
