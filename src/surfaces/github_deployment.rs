//! Deployments on GitHub with their statuses: what the environments page and a pull request's own box show.
//!
//! GitHub sets earlier deployments inactive by itself for some environments and leaves others alone; here it is always
//! ours to do. What a crash left is found by the mark in the deployment's payload before another is made.
//!
//! Source: <https://docs.github.com/en/rest/deployments>.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{
    About, NotShown, OnGitHub, Surface,
    on_github::{kept, remembered},
    stage::{Stage, brings_a_version, stage},
};
use crate::{
    domain::{deployment::Outcome, policy::Purpose, story::Story},
    github::client::{Error, NewDeployment},
};

/// Its name in the store.
pub const NAME: &str = "github_deployment";

/// How many characters GitHub takes in a description.
const LONGEST: usize = 140;

/// The surface.
#[derive(Debug)]
pub struct GitHubDeployment {
    github: OnGitHub,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Remote {
    id: Option<u64>,
    state: Option<String>,
    /// What ran there before is inactive.
    alone: bool,
}

impl GitHubDeployment {
    /// There.
    pub fn new(github: OnGitHub) -> Self {
        Self { github }
    }

    /// Nothing runs in an environment any more.
    async fn end(&self, about: &About, shown: &mut Remote) -> Result<(), Error> {
        if let Some(repository) = about.repository.as_ref().filter(|_| !shown.alone) {
            self.github.client.retire_deployments(repository, &about.environment, u64::MAX).await?;
            shown.alone = true;
        }
        Ok(())
    }

    async fn bring(&self, story: &Story, about: &About, shown: &mut Remote) -> Result<(), Error> {
        let (Some(state), Some(version), Some(repository)) = (state(story), &story.version, &about.repository) else { return Ok(()) };
        let mark = about.mark(story);
        let sha = version.sha.to_string();
        if shown.id.is_none() {
            shown.id = self.github.client.find_deployment(repository, &sha, &about.environment, &mark).await?;
        }
        let id = match shown.id {
            Some(id) => id,
            // What never began and never waited for anybody needs no deployment to say so.
            None if state == "inactive" => return Ok(()),
            None => {
                let new = NewDeployment {
                    sha: &sha,
                    environment: &about.environment,
                    mark: &mark,
                    task: if story.reverts.is_some() { "rollback" } else { "deploy" },
                    production: about.production,
                    transient: about.transient,
                };
                let id = self.github.client.make_deployment(repository, &new).await?;
                shown.id = Some(id);
                id
            }
        };
        if shown.state.as_deref() != Some(state) {
            let log = self.github.page(story);
            let description: String = self.github.texts.of(about.locale).headline(story).chars().take(LONGEST).collect();
            let place = about.url.as_deref();
            self.github.client.set_deployment(repository, id, state, &description, (log.as_deref(), place)).await?;
            shown.state = Some(state.to_owned());
        }
        if state == "success" && !shown.alone {
            self.github.client.retire_deployments(repository, &about.environment, id).await?;
            shown.alone = true;
        }
        Ok(())
    }
}

/// GitHub's word for how far it is; none: there is nothing to say yet.
fn state(story: &Story) -> Option<&'static str> {
    Some(match stage(story) {
        Stage::Proposed => return None,
        Stage::Waits(_) => "queued",
        Stage::Runs => "in_progress",
        Stage::Dropped | Stage::Over(Outcome::Cancelled { .. }) => "inactive",
        Stage::Over(Outcome::Succeeded) => "success",
        Stage::Over(Outcome::Failed { .. }) => "failure",
        Stage::Over(Outcome::NeedsHuman { .. }) => "error",
    })
}

#[async_trait]
impl Surface for GitHubDeployment {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn show(&self, story: &Story, about: &About, remote: Option<&str>) -> Result<String, NotShown> {
        let mut shown: Remote = remembered(remote);
        let brought = match (&story.purpose, stage(story)) {
            (Purpose::Remove, Stage::Over(Outcome::Succeeded)) => self.end(about, &mut shown).await,
            _ if brings_a_version(story) => self.bring(story, about, &mut shown).await,
            _ => Ok(()),
        };
        kept(&shown, brought, &story.id)
    }
}
