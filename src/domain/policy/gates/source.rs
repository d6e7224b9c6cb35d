//! Where a version must be found in its repository: on a protected branch, under a tag.

use super::{Clearer, Facts, Finding, Gate, gate};
use crate::domain::{
    manifest::pattern::Patterns,
    policy::Tag,
    version::{RefName, Version},
};

/// Only what a protected branch holds comes into production: somebody has reviewed it, and nobody can take it away.
pub(super) fn protected(facts: &Facts<'_>) -> Gate {
    let protection = facts.seen.protection.as_ref();
    let branch = protection.and_then(|protection| protection.reachable_from.clone());
    let open = branch.is_some();
    let known = protection.is_some_and(|protection| protection.known);
    let clears = if open { Vec::new() } else { vec![Clearer::Committers] };
    Gate { clears, ..gate(Finding::Protected { branch, known }, open) }
}

pub(super) fn tagged(patterns: &Patterns, facts: &Facts<'_>) -> Gate {
    let tag = facts.proposal.version.as_ref().and_then(|version| wanted_tag(patterns, version, &facts.seen.tags));
    let open = tag.is_some();
    let clears = if open { Vec::new() } else { vec![Clearer::Committers] };
    Gate { clears, ..gate(Finding::Tagged { pattern: patterns.sources().to_vec(), tag }, open) }
}

/// The tag that the version came by; else one on its own commit; else one on a commit with the same files.
pub fn wanted_tag(patterns: &Patterns, version: &Version, tags: &[Tag]) -> Option<RefName> {
    let own = version.tag.as_ref().filter(|tag| patterns.matches(tag.as_str()));
    let there = tags.iter().filter(|tag| patterns.matches(tag.name.as_str()));
    let found = || {
        let on_commit = there.clone().find(|tag| tag.sha == version.sha);
        on_commit.or_else(|| there.clone().find(|tag| tag.tree == version.tree)).map(|tag| tag.name.clone())
    };
    own.cloned().or_else(found)
}
