//! What GitHub is told of deployments: deployments with their statuses, and check runs.
//!
//! Whatever is made is found again by its mark: a call whose answer got lost may have been carried out.
//!
//! Sources: <https://docs.github.com/en/rest/deployments>, <https://docs.github.com/en/rest/checks/runs>.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Client, Error, Need, Result, component};
use crate::domain::ids::RepositoryName;

const DEPLOYMENTS: Need = &[("deployments", "write")];
const CHECKS: Need = &[("checks", "write")];

/// How many of an environment's deployments are looked through for those that are still active.
const LOOKED_THROUGH: usize = 30;

/// A deployment that is to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewDeployment<'a> {
    /// The commit.
    pub sha: &'a str,
    /// The environment as it is called on GitHub.
    pub environment: &'a str,
    /// By which it is found again.
    pub mark: &'a str,
    /// `deploy` or `rollback`.
    pub task: &'static str,
    /// It is production.
    pub production: bool,
    /// It comes and goes with a pull request.
    pub transient: bool,
}

#[derive(Deserialize)]
struct Made {
    id: u64,
}

#[derive(Deserialize)]
struct Deployment {
    id: u64,
    payload: Option<Value>,
}

#[derive(Deserialize)]
struct Status {
    state: String,
}

#[derive(Deserialize)]
struct Check {
    id: u64,
    external_id: Option<String>,
}

impl Deployment {
    /// Whether it has our mark. GitHub gives a payload back as a text, or as what it holds.
    fn has(&self, mark: &str) -> bool {
        let found = match &self.payload {
            Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
            Some(value) => value.clone(),
            None => Value::Null,
        };
        found["mark"] == mark
    }
}

fn made(answer: Option<Made>) -> Result<u64> {
    answer.map(|made| made.id).ok_or_else(|| Error::Unreadable { what: "GitHub does not say what it made".to_owned() })
}

impl Client {
    /// The deployment that was made with a mark.
    pub async fn find_deployment(&self, repository: &RepositoryName, sha: &str, environment: &str, mark: &str) -> Result<Option<u64>> {
        let path = format!("/deployments?sha={sha}&environment={}", component(environment));
        let listed: Vec<Deployment> = self.repository(repository, DEPLOYMENTS).list(&path).await?;
        Ok(listed.iter().find(|one| one.has(mark)).map(|one| one.id))
    }

    /// Makes a deployment. GitHub is to judge nothing and to merge nothing: that was done here.
    pub async fn make_deployment(&self, repository: &RepositoryName, new: &NewDeployment<'_>) -> Result<u64> {
        let body = json!({
            "ref": new.sha, "task": new.task, "auto_merge": false, "required_contexts": [],
            "payload": { "mark": new.mark }, "environment": new.environment,
            "transient_environment": new.transient, "production_environment": new.production,
        });
        made(self.repository(repository, DEPLOYMENTS).post("/deployments", &body).await?)
    }

    /// Gives a deployment a status, with where its log and its environment are. The same twice does no harm.
    pub async fn set_deployment(
        &self,
        repository: &RepositoryName,
        id: u64,
        state: &str,
        description: &str,
        (log, place): (Option<&str>, Option<&str>),
    ) -> Result<()> {
        let mut body = json!({ "state": state, "description": description, "auto_inactive": false });
        if let Some(log) = log {
            body["log_url"] = json!(log);
        }
        if let Some(place) = place {
            body["environment_url"] = json!(place);
        }
        let set = self.repository(repository, DEPLOYMENTS).post::<Made>(&format!("/deployments/{id}/statuses"), &body).await;
        set.map(|_| ()).map_err(Error::harmless)
    }

    /// Sets what was active in an environment before a deployment inactive.
    pub async fn retire_deployments(&self, repository: &RepositoryName, environment: &str, but: u64) -> Result<()> {
        let reach = self.repository(repository, DEPLOYMENTS);
        let path = format!("/deployments?environment={}&per_page={LOOKED_THROUGH}", component(environment));
        let listed: Vec<Deployment> = reach.get(&path).await?;
        for one in listed.iter().filter(|one| one.id < but) {
            let statuses: Vec<Status> = reach.get(&format!("/deployments/{}/statuses?per_page=1", one.id)).await?;
            let state = statuses.first().map(|status| status.state.as_str());
            if let Some("success" | "in_progress" | "queued" | "pending") = state {
                self.set_deployment(repository, one.id, "inactive", "", (None, None)).await?;
            }
        }
        Ok(())
    }

    /// The check run that was made with a mark.
    pub async fn find_check(&self, repository: &RepositoryName, sha: &str, name: &str, mark: &str) -> Result<Option<u64>> {
        let path = format!("/commits/{sha}/check-runs?filter=all&check_name={}", component(name));
        let listed: Vec<Check> = self.repository(repository, CHECKS).pages(&path, "check_runs").await?;
        Ok(listed.into_iter().find(|one| one.external_id.as_deref() == Some(mark)).map(|one| one.id))
    }

    /// Makes a check run.
    pub async fn make_check(&self, repository: &RepositoryName, body: &Value) -> Result<u64> {
        made(self.repository(repository, CHECKS).post("/check-runs", body).await?)
    }

    /// Changes a check run. The same twice does no harm.
    pub async fn change_check(&self, repository: &RepositoryName, id: u64, body: &Value) -> Result<()> {
        let changed = self.repository(repository, CHECKS).patch::<Made>(&format!("/check-runs/{id}"), body).await;
        changed.map(|_| ()).map_err(Error::harmless)
    }
}
