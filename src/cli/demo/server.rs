//! The tour's server: a process of its own, as anybody would run it, so that it can be killed.

use std::{fs::File, net::SocketAddr, path::Path, process::Stdio, time::Duration};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use super::{Broken, PATIENCE, stage::Stage};
use crate::{
    domain::{reply::Reply, request::Ask},
    github::signature,
    web::api::Outcome,
};

/// The running server.
pub struct Server {
    child: Child,
    client: reqwest::Client,
    address: SocketAddr,
    token: String,
    secret: String,
    deliveries: u64,
}

impl Server {
    /// Starts it and waits until it is ready.
    #[expect(clippy::disallowed_methods, reason = "the tour's client talks to the tour's own server, and starts it")]
    pub async fn start(stage: &Stage, binary: &Path) -> Result<Self, Broken> {
        let settings = crate::settings::load(&stage.config()).map_err(|mistakes| Broken::new(format!("{mistakes:?}")))?;
        let client = super::client()?;
        let log = File::options().create(true).append(true).open(stage.log()).map_err(|error| Broken::new(error.to_string()))?;
        let again = log.try_clone().map_err(|error| Broken::new(error.to_string()))?;
        let child = Command::new(binary)
            .args(["serve", "--config"])
            .arg(stage.config())
            .env_clear()
            .env("PATH", stage.path())
            .env("DEMO_WEBHOOK_SECRET", &stage.secret)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(again)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| Broken::new(format!("the server cannot be started: {error}")))?;
        let mut server =
            Self { child, client, address: settings.listen, token: String::new(), secret: stage.secret.clone(), deliveries: 0 };
        let ready = format!("http://{}/readyz", server.address);
        eventually(
            "the server to be ready",
            async || matches!(server.client.get(&ready).send().await, Ok(answer) if answer.status().is_success()),
        )
        .await?;
        let token = std::fs::read_to_string(settings.data_folder().join("token")).map_err(|error| Broken::new(error.to_string()))?;
        token.trim().clone_into(&mut server.token);
        Ok(server)
    }

    /// The client that talks to it.
    pub fn client(&self) -> reqwest::Client {
        self.client.clone()
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends a push event as GitHub does.
    pub async fn push(&mut self, reference: &str, before: &str, after: &str) -> Result<(), Broken> {
        self.deliveries += 1;
        let zero = "0".repeat(40);
        let body = json!({
            "ref": reference, "before": before, "after": after,
            "created": before == zero, "deleted": false, "forced": false, "base_ref": null,
            "compare": "https://github.example/acme/shop/compare", "commits": [], "head_commit": null,
            "repository": { "id": 1, "name": "shop", "full_name": super::stage::REPOSITORY, "private": true,
                            "owner": { "login": "acme", "id": 1, "type": "Organization" }, "fork": false, "default_branch": "develop" },
            "pusher": { "name": "ada", "email": "ada@example.com" },
            "sender": { "login": "ada", "id": 2, "type": "User" }
        })
        .to_string();
        let sent = self
            .client
            .post(format!("http://{}/webhooks/github", self.address))
            .header("content-type", "application/json")
            .header("x-github-event", "push")
            .header("x-github-delivery", format!("demo-{}", self.deliveries))
            .header("x-hub-signature-256", signature::sign(self.secret.as_bytes(), body.as_bytes()))
            .body(body)
            .send()
            .await
            .map_err(|error| Broken::new(format!("the webhook was not delivered: {error}")))?;
        if sent.status().as_u16() == 202 { Ok(()) } else { Err(Broken::new(format!("the webhook was answered {}", sent.status()))) }
    }

    /// Asks for something as somebody, and waits until it is decided.
    pub async fn ask(&self, login: &str, ask: &Ask) -> Result<Reply, Broken> {
        let request = self.client.post(format!("http://{}/api/v1/requests", self.address)).bearer_auth(&self.token);
        let answer = request.header("x-botadura-as", login).json(ask).send().await;
        let answer = answer.map_err(|error| Broken::new(format!("the server does not answer: {error}")))?;
        let outcome: Outcome = answer.json().await.map_err(|error| Broken::new(format!("the server's answer cannot be read: {error}")))?;
        outcome.reply.ok_or_else(|| Broken::new("the server took too long to decide"))
    }

    /// What the API answers to a read.
    pub async fn get(&self, path: &str) -> Result<Value, Broken> {
        let answer = self.client.get(format!("http://{}{path}", self.address)).bearer_auth(&self.token).send().await;
        let answer = answer.map_err(|error| Broken::new(format!("the server does not answer: {error}")))?;
        answer.json().await.map_err(|error| Broken::new(format!("the server's answer cannot be read: {error}")))
    }

    /// kill -9.
    pub async fn kill(&mut self) {
        // It may be gone already; then there is nothing to kill.
        let _ = self.child.kill().await;
    }

    /// Stops it in good order.
    pub async fn stop(&mut self) {
        if let Some(pid) = self.child.id().and_then(|pid| i32::try_from(pid).ok()) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
            if tokio::time::timeout(Duration::from_secs(25), self.child.wait()).await.is_err() {
                self.kill().await;
            }
        }
    }
}

/// Looks again and again, in real time, until something is so.
#[expect(clippy::disallowed_methods, reason = "the tour watches real processes in real time")]
pub async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) -> Result<(), Broken> {
    let looks = PATIENCE.as_millis() / 50;
    for _ in 0..looks {
        if is_so().await {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err(Broken::new(format!("waited {} s for {what}", PATIENCE.as_secs())))
}
