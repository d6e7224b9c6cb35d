//! Which waiting proposals a new one replaces.

use super::{Proposal, Purpose};
use crate::domain::{ids::DeploymentId, manifest::Queue};

/// With `latest`, a new proposal replaces the waiting ones that nobody has approved; an approved one goes first. A push
/// does not replace what a person asked for. With `every` nothing is replaced, and a runbook never is.
pub fn superseded(queue: Queue, automatic: bool, waiting: &[Proposal]) -> Vec<DeploymentId> {
    let replaced = |old: &&Proposal| old.purpose == Purpose::Deploy && old.approvals.is_empty() && (!automatic || old.origin.automatic);
    match queue {
        Queue::Every => Vec::new(),
        Queue::Latest => waiting.iter().filter(replaced).map(|old| old.id).collect(),
    }
}
