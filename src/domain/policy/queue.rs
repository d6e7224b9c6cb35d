//! Which waiting proposals a new one replaces.

use super::Proposal;
use crate::domain::{ids::DeploymentId, manifest::Queue};

/// With `latest`, a new proposal replaces the waiting ones that nobody has approved; an approved one goes first. With
/// `every` nothing is replaced.
pub fn superseded(queue: Queue, waiting: &[Proposal]) -> Vec<DeploymentId> {
    match queue {
        Queue::Every => Vec::new(),
        Queue::Latest => waiting.iter().filter(|old| old.approvals.is_empty()).map(|old| old.id).collect(),
    }
}
