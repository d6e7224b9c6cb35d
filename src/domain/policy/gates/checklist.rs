//! Whether people have ticked what they must, for this version.

use super::{Clearer, Facts, Finding, Gate, Verdict, after::elsewhere, gate};
use crate::domain::{
    ids::{Actor, DeploymentId, EnvironmentId},
    manifest::{After, Environment, Point, Satisfied},
    version::Version,
};

/// The points before a version comes here; none where there are none.
pub(super) fn before(facts: &Facts<'_>) -> Option<Gate> {
    let all = &facts.environment.checklist;
    let list = List { environment: facts.proposal.environment.clone(), rules: facts.environment, id: Some(facts.proposal.id) };
    complete(facts, &list, &all.before)
}

/// The points before it leaves the environment that `after` names; none where there are none.
pub(super) fn leaving(after: &After, facts: &Facts<'_>) -> Option<Gate> {
    let rules = facts.application.environments.get(&after.environment)?;
    let version = facts.proposal.version.as_ref();
    let stay = facts.known.stays.iter().find(|stay| version.is_some_and(|version| stay.is_of(version)));
    let list = List { environment: elsewhere(after, facts), rules, id: stay.map(|stay| stay.deployment) };
    complete(facts, &list, &rules.checklist.leaving)
}

/// A checklist, with the number by which its points are ticked.
struct List<'a> {
    environment: EnvironmentId,
    rules: &'a Environment,
    id: Option<DeploymentId>,
}

fn complete(facts: &Facts<'_>, list: &List<'_>, points: &[Point]) -> Option<Gate> {
    if points.is_empty() {
        return None;
    }
    let parts: Vec<Gate> = points.iter().map(|point| one(facts, list, point)).collect();
    let ticked = parts.iter().filter(|part| part.verdict == Verdict::Open).count();
    let open = ticked == parts.len();
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let finding =
        Finding::Checklist { environment: list.environment.clone(), id: list.id, ticked: count(ticked), points: count(parts.len()) };
    let clears = if open { Vec::new() } else { vec![Clearer::DeployersOf(list.environment.clone())] };
    Some(Gate { clears, parts, ..gate(finding, open) })
}

fn one(facts: &Facts<'_>, list: &List<'_>, point: &Point) -> Gate {
    let version = facts.proposal.version.as_ref();
    let by = version.and_then(|version| ticked(facts, list, point, version));
    let by_itself = by.is_none() && point.satisfied_by.as_ref().is_some_and(|satisfied| is_satisfied(facts, satisfied));
    let open = by.is_some() || by_itself;
    let number = list.rules.checklist.number(&point.text).unwrap_or_default();
    gate(Finding::Point { number, text: point.text.clone(), by, by_itself }, open)
}

fn ticked(facts: &Facts<'_>, list: &List<'_>, point: &Point, version: &Version) -> Option<Actor> {
    let ticks = facts.known.ticks.iter();
    let mut own = ticks.filter(|tick| tick.environment == list.environment && tick.point == point.text && tick.is_for(version));
    own.next().map(|tick| tick.by.clone())
}

/// Whether a point is satisfied by itself. Where no comparison is to be had it is not: somebody looks, and ticks it.
fn is_satisfied(facts: &Facts<'_>, satisfied: &Satisfied) -> bool {
    match satisfied {
        Satisfied::Step(step) => facts.known.done.contains(step),
        Satisfied::Changed(patterns) => facts.seen.changed.as_ref().is_some_and(|paths| paths.iter().any(|path| patterns.matches(path))),
    }
}
