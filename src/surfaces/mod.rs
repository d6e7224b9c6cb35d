//! Where people read about a deployment, brought to what it should show.

pub mod console;
pub mod github_answers;
mod markdown;
pub mod text;

use async_trait::async_trait;

use crate::domain::story::Story;

/// Why something was not shown. It is tried again.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotShown(pub String);

/// One place where people read.
#[async_trait]
pub trait Surface: Send + Sync {
    /// Its name in the store: it never changes.
    fn name(&self) -> &'static str;
    /// Brings what is shown to what should be. `remote` is what the last call answered: where and what was shown.
    async fn show(&self, story: &Story, remote: Option<&str>) -> Result<String, NotShown>;
}
