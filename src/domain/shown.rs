//! What a command shows that changes nothing.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ids::{Actor, ApplicationName, DeploymentId, EnvironmentId, RunbookName},
    policy::Lock,
    simulation::Simulation,
    version::Version,
};

/// What is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// Why an environment is as it is, or what would become of a wish.
    Simulation(Box<Simulation>),
    /// What runs where.
    Status(Vec<Standing>),
    /// The last deployments, the newest first.
    History(Vec<Ran>),
    /// What somebody may do.
    Help(Help),
}

/// How an environment stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Standing {
    /// Which.
    pub environment: EnvironmentId,
    /// What runs there.
    pub runs: Option<Ran>,
    /// The deployment that is under way.
    pub under_way: Option<DeploymentId>,
    /// The proposals that wait.
    pub waiting: Vec<DeploymentId>,
    /// The locks that are in the way of others than their owners.
    pub locks: Vec<Lock>,
    /// The deployment whose end keeps triggers back.
    pub kept_back: Option<DeploymentId>,
}

/// A deployment that began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ran {
    /// Its number.
    pub id: DeploymentId,
    /// Where.
    pub environment: EnvironmentId,
    /// What; none for what was there before Botadura came.
    pub version: Option<Version>,
    /// The runbook that it ran.
    pub runbook: Option<String>,
    /// Who asked.
    pub by: Actor,
    /// When it ended, or else began.
    pub at: Timestamp,
    /// How it ended: `succeeded`, `failed`, `cancelled`, `needs_human`; none: it has not.
    pub result: Option<String>,
}

/// What somebody may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Help {
    /// Environments to which they may deploy.
    pub deploys: Vec<EnvironmentId>,
    /// Environments to which others may.
    pub others: Vec<EnvironmentId>,
    /// Environments that people approve for, and they may.
    pub approves: Vec<EnvironmentId>,
    /// Runbooks that they may run.
    pub runs: Vec<(ApplicationName, RunbookName)>,
}
