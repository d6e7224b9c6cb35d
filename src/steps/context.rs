//! What a step is given in a call, and the doors through which it reaches what is not its own.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{artifact::Artifacts, outgoing::Outgoing, process::Supervisor, secrets::Secrets, workspace::Workspace};
use crate::domain::{
    clock::SharedClock,
    ids::{DeploymentId, RepositoryName, StepName},
};
use crate::github::client::Client;

/// What a step is given in a call.
#[derive(Clone)]
pub struct Context {
    /// Which deployment it is a part of.
    pub deployment: DeploymentId,
    /// The step's own name.
    pub step: StepName,
    /// The repository that the version is from.
    pub repository: RepositoryName,
    /// The same for every call of one attempt, different for every other attempt, step, operation, deployment and store:
    /// what a provider is told, so that nothing is done twice. Letters, digits and `-` only.
    pub key: String,
    /// This call may follow one whose answer was lost: look before doing.
    pub resumption: bool,
    /// When the attempt must be over.
    pub deadline: Timestamp,
    /// The time.
    pub clock: SharedClock,
    /// Cancelled when the call should end soon: the claim was lost, or somebody stopped the deployment.
    pub stop: CancellationToken,
    /// Cancelled when the server stops: the call ends at once with what it has, and what it started lives on, to be
    /// found again by the next server.
    pub detach: CancellationToken,
    /// What people read while it runs.
    pub log: Arc<dyn Log>,
    /// Reads secrets when they are used.
    pub secrets: Arc<dyn Secrets>,
    /// Keeps files by digest.
    pub artifacts: Arc<dyn Artifacts>,
    /// The checkout of the pinned commit.
    pub workspace: Workspace,
    /// Starts programs that survive us.
    pub processes: Supervisor,
    /// The one way to make a request to an address that somebody configured.
    pub outgoing: Outgoing,
    /// GitHub's API, where the server has an App.
    pub github: Option<Client>,
}

/// Where a step's output goes: shown live, kept with the deployment.
#[async_trait]
pub trait Log: Send + Sync {
    /// Keeps a piece of output. `at` is its place in the whole output of this attempt in bytes, so that a piece which
    /// comes twice is kept once. Secrets have been taken out of it by whoever calls this.
    async fn write(&self, at: u64, text: &str);
}
