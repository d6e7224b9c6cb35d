//! Where people read about a deployment, brought to what it should show.

pub mod console;
pub mod github_answers;
pub mod github_check;
pub mod github_deployment;
mod markdown;
pub mod pull_request;
mod stage;
pub mod text;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    domain::{ids::RepositoryName, story::Story},
    github::client::Error,
};

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

/// What was shown on GitHub, as it was kept. What cannot be read is looked for again by its mark.
fn remembered<R: Default + DeserializeOwned>(remote: Option<&str>) -> R {
    remote.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// What is kept of what was shown on GitHub. A commit or comment that is gone, or a report that GitHub does not take, will be
/// refused again, and is told in the log. A permission that is not granted yet, or an App that is suspended, may be mended.
fn kept<R: Serialize>(shown: &R, brought: Result<(), Error>, about: &dyn std::fmt::Display) -> Result<String, NotShown> {
    let written = serde_json::to_string(shown).unwrap_or_default();
    match brought {
        Ok(()) => Ok(written),
        Err(Error::Refused { status: 404 | 410 | 422, what }) if !what.contains("the GitHub App") && !what.contains("the App needs") => {
            tracing::warn!(%about, what, "GitHub takes no report");
            Ok(written)
        }
        Err(error) => {
            let again = if let Error::Passing { again, .. } = &error { *again } else { None };
            let lasting = matches!(error, Error::Refused { .. });
            Err(NotShown { why: error.to_string(), remote: Some(written), again, lasting })
        }
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
