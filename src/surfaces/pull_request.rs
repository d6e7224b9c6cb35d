//! One comment on the pull request or issue on which a deployment was asked for, edited in place, never a trail.

use std::fmt::Write as _;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{
    About, NotShown, OnGitHub, Surface, markdown,
    on_github::{kept, remembered},
    stage::{Stage, stage},
};
use crate::{domain::story::Story, github::client::Error};

/// Its name in the store.
pub const NAME: &str = "pull_request";

/// The surface.
#[derive(Debug)]
pub struct PullRequestComment {
    github: OnGitHub,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Remote {
    id: Option<u64>,
    /// The stage that it tells.
    shown: Option<String>,
}

impl PullRequestComment {
    /// There.
    pub fn new(github: OnGitHub) -> Self {
        Self { github }
    }

    async fn bring(&self, story: &Story, about: &About, shown: &mut Remote) -> Result<(), Error> {
        let (Some(on), Some(repository)) = (about.asked_on, &about.repository) else { return Ok(()) };
        let stage = match stage(story) {
            Stage::Proposed => return Ok(()),
            Stage::Waits(gate) => format!("waits {}", serde_json::to_string(&gate.finding).unwrap_or_default()),
            Stage::Runs => "runs".to_owned(),
            Stage::Dropped => "dropped".to_owned(),
            Stage::Over(_) => "over".to_owned(),
        };
        if shown.shown.as_deref() == Some(&stage) {
            return Ok(());
        }
        let mark = format!("<!-- {} -->", about.mark(story));
        let since = story.beats.first().map(|beat| beat.at).unwrap_or_default();
        if shown.id.is_none() {
            shown.id = self.github.client.find_comment(repository, on, since, &mark).await?;
        }
        let body = self.body(story, about, &mark);
        let changed = match shown.id {
            Some(id) => self.github.client.edit_comment(repository, id, &body).await?,
            None => false,
        };
        // One that somebody took away is written again: what is said is worth it.
        if !changed {
            shown.id = Some(self.github.client.write_comment(repository, on, &body).await?);
        }
        shown.shown = Some(stage);
        Ok(())
    }

    fn body(&self, story: &Story, about: &About, mark: &str) -> String {
        let mut told = self.github.texts.of(about.locale).story(story);
        let headline = if told.is_empty() { String::new() } else { told.remove(0) };
        let mut body = format!("**{}**\n\n{}\n", markdown::escaped(&headline), markdown::lines(&told));
        if let Some(url) = about.url.as_deref().filter(|url| url.starts_with("https://") || url.starts_with("http://")) {
            let _ = write!(body, "\n<{}>\n", url.replace(['<', '>', ' '], ""));
        }
        if let Some(page) = self.github.page(story) {
            let _ = write!(body, "\n<{page}>\n");
        }
        format!("{}\n{mark}", markdown::cut(body))
    }
}

#[async_trait]
impl Surface for PullRequestComment {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn show(&self, story: &Story, about: &About, remote: Option<&str>) -> Result<String, NotShown> {
        let mut shown: Remote = remembered(remote);
        let brought = self.bring(story, about, &mut shown).await;
        kept(&shown, brought, &story.id)
    }
}
