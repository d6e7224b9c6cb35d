//! What only GitHub knows: who may write, who is on a team, which branches are protected, how a pull request stands.

use async_trait::async_trait;

use crate::domain::{ids::RepositoryName, policy::PullRequest, version::RefName};

/// What only GitHub knows. A server without an App has nobody to ask: then nothing of it is known, and each gate says
/// what it makes of that. An error is a passing one, in words: whatever needs the answer is looked at again later.
#[async_trait]
pub trait Authority: Send + Sync {
    /// Whether somebody may write to a repository.
    async fn may_write(&self, repository: &RepositoryName, login: &str) -> Result<bool, String>;
    /// Whether somebody is on a team, `organization/slug`.
    async fn is_member(&self, team: &str, login: &str) -> Result<bool, String>;
    /// The repository's branches that nobody can push to, or rewrite, without a review.
    async fn protected_branches(&self, repository: &RepositoryName) -> Result<Vec<RefName>, String>;
    /// A pull request as it stands now; none: there is no such one.
    async fn pull_request(&self, repository: &RepositoryName, number: u64) -> Result<Option<PullRequest>, String>;
}
