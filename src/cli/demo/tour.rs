//! The tour itself: four scenes, each claim looked at from outside.

use std::{net::SocketAddr, path::Path};

use serde_json::Value;

use super::{
    Broken, Server, Stage, Voice,
    server::eventually,
    shop::{VERSIONS, Version},
    visitor::Visitor,
};
use crate::domain::{ids::DeploymentId, reply::Reply, request::Ask};

/// The tour on its way.
pub struct Tour<'a> {
    stage: &'a Stage,
    voice: &'a Voice,
    binary: &'a Path,
    server: Server,
    client: reqwest::Client,
    told: usize,
}

impl<'a> Tour<'a> {
    pub fn new(stage: &'a Stage, voice: &'a Voice, binary: &'a Path, server: Server) -> Self {
        let client = server.client();
        Self { stage, voice, binary, server, client, told: 0 }
    }

    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    pub async fn end(&mut self) {
        self.server.stop().await;
    }

    /// All of it.
    pub async fn all(&mut self) -> Result<(), Broken> {
        self.voice.says(&format!("Everything happens in {} and on this machine alone.", self.stage.root().display()));
        let [first, second, broken] = &VERSIONS;
        self.push_goes_to_staging(first).await?;
        self.tag_goes_to_production(first).await?;
        self.bad_version(first, broken).await?;
        self.killed(second).await?;
        self.voice.heading("All of that really happened.");
        Ok(())
    }

    async fn push_goes_to_staging(&mut self, version: &Version) -> Result<(), Broken> {
        self.voice.heading("1. A push to develop goes to staging");
        let (before, after) = self.stage.commit("develop", version).await?;
        self.server.push("refs/heads/develop", &before, &after).await?;
        self.voice.says(&format!("ada pushed {}; the webhook was signed, stored, and answered 202", &after[..7]));
        self.serves("staging", self.stage.staging(), version.version).await
    }

    async fn tag_goes_to_production(&mut self, version: &Version) -> Result<(), Broken> {
        self.voice.heading("2. A version tag goes to production, behind an approval");
        let id = self.tag("v1.0.0").await?;
        self.approve(id).await?;
        self.serves("production", self.stage.production(), version.version).await
    }

    async fn bad_version(&mut self, good: &Version, broken: &Version) -> Result<(), Broken> {
        self.voice.heading("3. A bad version is rolled back by itself");
        let visitor = Visitor::begin(self.client.clone(), self.stage.production());
        self.stage.commit("hotfix", broken).await?;
        let id = self.tag("v1.2.0").await?;
        self.voice.says("its catalogue has a merge conflict in it, and nobody noticed");
        self.approve(id).await?;
        let result = self.ended("production", id).await?;
        self.claim(result == "failed", &format!("deployment {id} was found bad: its health check failed"))?;
        let rollback = self.reverted_by("production", id).await?;
        let result = self.ended("production", DeploymentId(rollback)).await?;
        self.quote();
        self.claim(result == "succeeded", &format!("Botadura rolled it back by itself (deployment {rollback})"))?;
        let held = self.environment("production").await?["hold"].is_object();
        self.claim(held, "production is kept back until somebody says otherwise")?;
        let seen = visitor.end().await;
        let only_good = seen.versions.keys().all(|version| version == good.version);
        self.claim(
            seen.failed == 0 && only_good && seen.requests > 0,
            &format!(
                "all the while a visitor made {} requests: {} failed, and {} answered every one",
                seen.requests, seen.failed, good.version
            ),
        )
    }

    async fn killed(&mut self, version: &Version) -> Result<(), Broken> {
        self.voice.heading("4. The server is killed in the middle of a deployment");
        let visitor = Visitor::begin(self.client.clone(), self.stage.staging());
        let (before, after) = self.stage.commit("develop", version).await?;
        self.server.push("refs/heads/develop", &before, &after).await?;
        let stage = self.stage;
        eventually("the build to begin", async || stage.builds(&after) == 1).await?;
        self.server.kill().await;
        self.quote();
        self.voice.fact("kill -9 while it was building: the server is gone, the build is not");
        self.server = Server::start(self.stage, self.binary).await?;
        self.serves("staging", self.stage.staging(), version.version).await?;
        let builds = self.stage.builds(&after);
        self.claim(builds == 1, &format!("the new server took the deployment up again; the build ran {builds} time"))?;
        let seen = visitor.end().await;
        self.claim(seen.failed == 0, &format!("a visitor to staging made {} requests meanwhile: {} failed", seen.requests, seen.failed))
    }

    /// Tags the newest commit, and answers the proposal that waits for an approval.
    async fn tag(&mut self, tag: &str) -> Result<DeploymentId, Broken> {
        let object = self.stage.tag(tag).await?;
        self.server.push(&format!("refs/tags/{tag}"), &"0".repeat(40), &object).await?;
        let server = &self.server;
        let mut found = None;
        eventually("the proposal to wait", async || {
            found = waiting(&server.get("/api/v1/status").await.unwrap_or_default(), tag);
            found.is_some()
        })
        .await?;
        let id = DeploymentId(found.unwrap_or_default());
        self.quote();
        self.voice.fact(&format!("{tag} is proposed for production and waits: a release manager must agree"));
        Ok(id)
    }

    async fn approve(&mut self, deployment: DeploymentId) -> Result<(), Broken> {
        let own = self.server.ask("ada", &Ask::Approve { deployment }).await?;
        self.claim(matches!(own, Reply::Refused { .. }), "ada, who asked for it, may not approve it")?;
        let lucia = self.server.ask("lucia", &Ask::Approve { deployment }).await?;
        self.claim(matches!(lucia, Reply::Done { .. }), "lucia approved it")
    }

    /// Waits until an environment has settled and serves a version.
    async fn serves(&mut self, environment: &str, shop: SocketAddr, version: &str) -> Result<(), Broken> {
        let waiting = self.voice.waits(&format!("{environment} is on its way"));
        let (client, server) = (&self.client, &self.server);
        let url = format!("http://{shop}/version");
        let path = "/api/v1/status?application=shop";
        eventually(&format!("{environment} to serve {version}"), async || {
            let served = match client.get(&url).send().await {
                Ok(answer) => answer.text().await.unwrap_or_default(),
                Err(_) => String::new(),
            };
            let status = server.get(path).await.unwrap_or_default();
            served.trim() == version && find(&status, environment).is_some_and(|row| row["slot"].is_null() && row["running"].is_object())
        })
        .await?;
        drop(waiting);
        self.quote();
        self.voice.fact(&format!("http://{shop} serves {version}"));
        Ok(())
    }

    async fn environment(&self, name: &str) -> Result<Value, Broken> {
        let status = self.server.get("/api/v1/status").await?;
        find(&status, name).cloned().ok_or_else(|| Broken::new(format!("the server knows no {name}")))
    }

    /// Waits for a deployment's end, and answers how it ended.
    async fn ended(&self, environment: &str, id: DeploymentId) -> Result<String, Broken> {
        let _waiting = self.voice.waits(&format!("deployment {id} is on its way"));
        let path = format!("/api/v1/deployments?environment=shop/{environment}&limit=20");
        let mut result = String::new();
        eventually(&format!("deployment {id} to end"), async || {
            let all = self.server.get(&path).await.unwrap_or_default();
            let found = deployments(&all).find(|one| one["id"] == id.0).and_then(|one| one["result"].as_str());
            found.unwrap_or_default().clone_into(&mut result);
            !result.is_empty()
        })
        .await?;
        Ok(result)
    }

    async fn reverted_by(&self, environment: &str, id: DeploymentId) -> Result<i64, Broken> {
        let all = self.server.get(&format!("/api/v1/deployments?environment=shop/{environment}&limit=20")).await?;
        let found = deployments(&all).find(|one| one["id"] == id.0).and_then(|one| one["reverted_by"].as_i64());
        found.ok_or_else(|| Broken::new(format!("deployment {id} was not taken back")))
    }

    fn claim(&self, is_true: bool, what: &str) -> Result<(), Broken> {
        if is_true {
            self.voice.fact(what);
            return Ok(());
        }
        Err(Broken::new(format!("this was not so: {what}")))
    }

    /// What the server's own terminal has shown since the last time.
    fn quote(&mut self) {
        let log = std::fs::read_to_string(self.stage.log()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().filter(|line| line.contains("shop/") && !line.starts_with('{')).collect();
        for line in lines.iter().skip(self.told) {
            self.voice.quote(line);
        }
        self.told = lines.len();
    }
}

fn deployments(answer: &Value) -> impl Iterator<Item = &Value> {
    answer["deployments"].as_array().into_iter().flatten()
}

/// An environment of the shop in the API's status.
fn find<'v>(status: &'v Value, name: &str) -> Option<&'v Value> {
    let id = format!("shop/{name}");
    status["environments"].as_array()?.iter().find(|one| one["environment"] == id.as_str())
}

/// The proposal of a tag that waits for production.
fn waiting(status: &Value, tag: &str) -> Option<i64> {
    let all = find(status, "production")?["waiting"].as_array()?;
    let row = all.iter().find(|one| one["version"]["tag"] == tag && one["decision"].is_object())?;
    row["id"].as_i64()
}
