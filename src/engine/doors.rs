//! What steps reach the outside through, and what of it the engine itself lends them.

use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;
use tokio::sync::Mutex;

use crate::{
    domain::{
        ids::{DeploymentId, RepositoryName},
        release::Reason,
        version::Sha,
    },
    github::{
        client::Client,
        git::{Limits, Mirrors},
    },
    steps::{
        Artifacts, Log,
        outgoing::Outgoing,
        process::Supervisor,
        secrets::Secrets,
        workspace::{Fault, Source, Workspaces},
    },
    store::{Store, artifacts},
};

/// What steps reach the outside through.
#[derive(Clone)]
pub struct Doors {
    /// Reads secrets when they are used.
    pub secrets: Arc<dyn Secrets>,
    /// Keeps files by digest.
    pub artifacts: artifacts::Artifacts,
    /// Checks out pinned commits.
    pub workspaces: Workspaces,
    /// Starts programs that survive us.
    pub processes: Supervisor,
    /// The one way to make a request to an address that somebody configured.
    pub outgoing: Outgoing,
    /// GitHub's API, where the server has an App.
    pub github: Option<Client>,
}

#[async_trait]
impl Artifacts for artifacts::Artifacts {
    async fn put(&self, file: PathBuf) -> Result<String, Reason> {
        artifacts::Artifacts::put(self, file).await.map_err(|error| Reason::new(error.to_string()))
    }

    async fn get(&self, digest: &str) -> Result<PathBuf, Reason> {
        self.path(digest).ok_or_else(|| {
            Reason::new(format!("the artifact {digest} is not in the store any more")).remedy("run the step that produces it again")
        })
    }
}

/// Checkouts from the mirrors.
#[derive(Clone)]
pub struct FromMirrors {
    mirrors: Mirrors,
    limits: Limits,
}

impl FromMirrors {
    /// Checkouts from these mirrors, within these limits.
    pub fn new(mirrors: Mirrors, limits: Limits) -> Self {
        Self { mirrors, limits }
    }
}

#[async_trait]
impl Source for FromMirrors {
    async fn export(&self, repository: &RepositoryName, sha: &Sha, into: &std::path::Path) -> Result<(), Fault> {
        // The mirror makes the folder itself, whole or not at all.
        if let Err(error) = tokio::fs::remove_dir(into).await {
            return Err(Fault::Lasting(Reason::new(format!("{} cannot be used: {error}", into.display()))));
        }
        match self.mirrors.mirror(repository).export(sha, into, self.limits).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_transient() => Err(Fault::Passing(Reason::new(error.to_string()))),
            Err(error) => Err(Fault::Lasting(Reason::new(error.to_string()))),
        }
    }
}

/// A step's output into the store. What an earlier call has kept is not kept again, wherever its pieces ended.
pub(super) struct Output {
    store: Store,
    deployment: DeploymentId,
    run: usize,
    attempt: u32,
    kept: Mutex<u64>,
}

impl Output {
    pub(super) async fn of(store: &Store, deployment: DeploymentId, run: usize, attempt: u32) -> Result<Self, crate::store::Error> {
        let kept = store.read().await?.output_end(deployment, run, attempt).await?;
        Ok(Self { store: store.clone(), deployment, run, attempt, kept: Mutex::new(kept) })
    }
}

#[async_trait]
impl Log for Output {
    async fn write(&self, at: u64, text: &str) {
        let mut kept = self.kept.lock().await;
        let known = usize::try_from(kept.saturating_sub(at)).unwrap_or(usize::MAX);
        let Some(fresh) = text.get(known..).filter(|fresh| !fresh.is_empty()) else { return };
        let place = at.max(*kept);
        match self.store.keep_output(self.deployment, self.run, self.attempt, place, fresh).await {
            Ok(()) => *kept = place + fresh.len() as u64,
            Err(error) => tracing::warn!(deployment = %self.deployment, %error, "a piece of output was not kept"),
        }
    }
}
