//! Check runs: the story of a deployment on its commit, with buttons for what can be done now.
//!
//! GitHub shows buttons on a run that is completed alone, so one that waits for people is completed as
//! `action_required`, and a new run of the same name takes its place when the deployment begins.
//!
//! Source: <https://docs.github.com/en/rest/checks/runs>.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    About, NotShown, OnGitHub, Surface, markdown,
    on_github::{kept, remembered},
    stage::{Stage, brings_a_version, stage},
};
use crate::{
    domain::{
        deployment::Outcome,
        policy::{Finding, Gate},
        story::Story,
    },
    github::client::Error,
};

/// Its name in the store.
pub const NAME: &str = "github_check";

/// The surface.
#[derive(Debug)]
pub struct GitHubCheck {
    github: OnGitHub,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Remote {
    id: Option<u64>,
    /// Which of the runs of this deployment it is, from 0.
    turn: u32,
    /// What it says.
    shown: Option<String>,
    completed: bool,
}

impl GitHubCheck {
    /// There.
    pub fn new(github: OnGitHub) -> Self {
        Self { github }
    }

    async fn bring(&self, story: &Story, about: &About, shown: &mut Remote) -> Result<(), Error> {
        let (Some(mut body), Some(version), Some(repository)) = (self.body(story, about), &story.version, &about.repository) else {
            return Ok(());
        };
        let completed = body["status"] == "completed";
        let waits_for = match stage(story) {
            Stage::Waits(gate) => serde_json::to_string(&gate.finding).unwrap_or_default(),
            _ => String::new(),
        };
        let kind = format!("{} {} {waits_for}", body["status"], body["conclusion"]);
        if shown.shown.as_deref() == Some(&kind) {
            return Ok(());
        }
        // What is completed stays so: what goes on is told by another run.
        if shown.completed && !completed && shown.id.is_some() {
            *shown = Remote { turn: shown.turn + 1, ..Remote::default() };
        }
        let name = body["name"].as_str().unwrap_or_default().to_owned();
        let mark = format!("{} {}", about.mark(story), shown.turn);
        let sha = version.sha.to_string();
        if shown.id.is_none() {
            shown.id = self.github.client.find_check(repository, &sha, &name, &mark).await?;
        }
        body["external_id"] = json!(mark);
        if let Some(id) = shown.id {
            self.github.client.change_check(repository, id, &body).await?;
        } else {
            body["head_sha"] = json!(sha);
            shown.id = Some(self.github.client.make_check(repository, &body).await?);
        }
        shown.shown = Some(kind);
        shown.completed = completed;
        Ok(())
    }

    /// What the run should be; none: there is nothing to say yet.
    fn body(&self, story: &Story, about: &About) -> Option<Value> {
        let (status, conclusion, buttons): (_, _, &[&str]) = match stage(story) {
            Stage::Proposed => return None,
            Stage::Waits(gate) if waits_for_people(gate) => ("completed", Some("action_required"), &["approve", "reject"]),
            Stage::Waits(_) => ("queued", None, &[]),
            Stage::Runs => ("in_progress", None, &[]),
            Stage::Dropped => ("completed", Some("neutral"), &[]),
            Stage::Over(Outcome::Succeeded) => ("completed", Some("success"), &["rollback"]),
            Stage::Over(Outcome::Failed { .. }) => ("completed", Some("failure"), &["retry"]),
            Stage::Over(Outcome::Cancelled { .. }) => ("completed", Some("cancelled"), &["retry"]),
            Stage::Over(Outcome::NeedsHuman { .. }) => ("completed", Some("failure"), &["retry", "rollback"]),
        };
        let summary = markdown::cut(markdown::lines(&self.github.texts.of(about.locale).story(story)));
        let mut body = json!({
            "name": format!("botadura / {} / {}", story.environment.application, story.environment.name),
            "status": status,
            "output": { "title": self.github.texts.of(about.locale).headline(story), "summary": summary },
        });
        if let Some(instance) = story.environment.instance {
            body["name"] = json!(format!("botadura / {} / {}/{instance}", story.environment.application, story.environment.name));
        }
        if let Some(conclusion) = conclusion {
            body["conclusion"] = json!(conclusion);
        }
        if !buttons.is_empty() {
            body["actions"] = buttons.iter().map(|button| self.button(button, about)).collect();
        }
        if let Some(details) = self.github.page(story).or_else(|| about.url.clone()) {
            body["details_url"] = json!(details);
        }
        Some(body)
    }

    fn button(&self, button: &str, about: &About) -> Value {
        let (label, description) = self.github.texts.of(about.locale).button(button);
        json!({ "identifier": button, "label": label, "description": description })
    }
}

/// Whether somebody must do something, so that there is something to press.
fn waits_for_people(gate: &Gate) -> bool {
    matches!(gate.finding, Finding::Approved { .. })
}

#[async_trait]
impl Surface for GitHubCheck {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn show(&self, story: &Story, about: &About, remote: Option<&str>) -> Result<String, NotShown> {
        let mut shown: Remote = remembered(remote);
        let brought = if brings_a_version(story) { self.bring(story, about, &mut shown).await } else { Ok(()) };
        kept(&shown, brought, &story.id)
    }
}
