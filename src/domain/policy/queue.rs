//! Which waiting proposals a new one replaces.

use super::{Origin, Proposal, Purpose};
use crate::domain::{ids::DeploymentId, manifest::Queue};

/// With `latest`, a new proposal replaces the waiting ones that nobody has approved; an approved one goes first. A push
/// does not replace what a person asked for, and whoever breaks the glass replaces everything: what is older must not
/// come after a hotfix and take it away. With `every` nothing is replaced, and a runbook never is.
pub fn superseded(queue: Queue, new: &Origin, waiting: &[Proposal]) -> Vec<DeploymentId> {
    let hotfix = !new.automatic && new.emergency.is_some();
    let may_go = |old: &Proposal| old.approvals.is_empty() && (!new.automatic || old.origin.automatic);
    let replaced = |old: &&Proposal| old.purpose == Purpose::Deploy && (hotfix || may_go(old));
    match queue {
        Queue::Every => Vec::new(),
        Queue::Latest => waiting.iter().filter(replaced).map(|old| old.id).collect(),
    }
}
