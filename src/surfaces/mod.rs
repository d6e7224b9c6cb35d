//! Where people read about a deployment, brought to what it should show.

pub mod console;
pub mod github_answers;
pub mod github_check;
pub mod github_deployment;
mod markdown;
mod on_github;
pub mod pull_request;
mod stage;
pub mod text;

use async_trait::async_trait;
use jiff::Timestamp;

pub use on_github::OnGitHub;

use crate::domain::{ids::RepositoryName, story::Story};

/// Why something was not shown. It is tried again.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub struct NotShown {
    /// What went wrong.
    pub why: String,
    /// What was shown of it all the same; none: as before.
    pub remote: Option<String>,
    /// Not before this, where somebody says so.
    pub again: Option<Timestamp>,
    /// It will go on so until somebody mends it outside: it is not tried without end.
    pub lasting: bool,
}

impl NotShown {
    /// Nothing of it was.
    pub fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), remote: None, again: None, lasting: false }
    }
}

/// What is to be known about a deployment's place, beside its story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The repository as it is called today; none: not known any more.
    pub repository: Option<RepositoryName>,
    /// What the environment is called on GitHub: by its name alone where the repository has one application.
    pub environment: String,
    /// Where the environment is to be visited.
    pub url: Option<String>,
    /// It is production.
    pub production: bool,
    /// It comes and goes with a pull request.
    pub transient: bool,
    /// The issue or pull request on which it was asked for.
    pub asked_on: Option<u64>,
    /// The language in which people are spoken to there.
    pub locale: text::Locale,
    /// This server's own name, a part of every mark.
    pub instance: String,
}

impl About {
    /// By which something that was made for a deployment is found again.
    fn mark(&self, story: &Story) -> String {
        format!("botadura {} {}", self.instance, story.id)
    }
}

/// One place where people read.
#[async_trait]
pub trait Surface: Send + Sync {
    /// Its name in the store: it never changes.
    fn name(&self) -> &'static str;
    /// Brings what is shown to what should be. `remote` is what the last call answered: where and what was shown.
    async fn show(&self, story: &Story, about: &About, remote: Option<&str>) -> Result<String, NotShown>;
}
