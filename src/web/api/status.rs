//! What runs where, what is under way, what waits.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::web::{Data, Json, Query};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        ids::{ApplicationName, DeploymentId, EnvironmentId, StepName},
        policy::{Hold, Lock},
    },
    store::{EnvironmentRow, ProposalRow, Reader, Summary},
    web::{Shared, problem::Problem, token::Caller},
};

/// What runs where.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// Every environment that is configured or was ever deployed to, by name.
    pub environments: Vec<EnvironmentStatus>,
}

/// One environment.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EnvironmentStatus {
    /// Which.
    pub environment: EnvironmentId,
    /// The deployment under way.
    pub slot: Option<Summary>,
    /// The deployment that runs there.
    pub running: Option<Summary>,
    /// What keeps it back.
    pub hold: Option<Hold>,
    /// The target steps that may not be as what runs there says.
    pub uncertain: BTreeSet<StepName>,
    /// The locks that are about it.
    pub locks: Vec<Lock>,
    /// The versions that wait at its gates, oldest first.
    pub waiting: Vec<ProposalRow>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Only of this application.
    application: Option<ApplicationName>,
}

pub(super) async fn status(wanted: Query<Wanted>, caller: Caller, shared: Data<Shared>) -> Result<Json<Status>, Problem> {
    let application = &wanted.application;
    let now = shared.parts.clock.now();
    let mut reader = shared.parts.store.read().await?;
    let mut all: BTreeMap<EnvironmentId, EnvironmentRow> =
        (shared.parts.links.environments)().into_iter().map(|id| (id, EnvironmentRow::default())).collect();
    all.extend(reader.environments().await?);
    all.retain(|id, _| application.as_ref().is_none_or(|name| id.application == *name) && caller.may_read(id));
    if let Some(name) = application.as_ref().filter(|_| all.is_empty()) {
        return Err(Problem::not_found(format!("there is no application '{name}'; `botadura status` lists those that there are")));
    }
    let locks = reader.locks().await?;
    let mut waiting: BTreeMap<EnvironmentId, Vec<ProposalRow>> = BTreeMap::new();
    for row in reader.all_waiting().await? {
        waiting.entry(row.proposal.environment.clone()).or_default().push(row);
    }
    let mut environments = Vec::with_capacity(all.len());
    for (id, row) in all {
        let waiting = waiting.remove(&id).unwrap_or_default();
        environments.push(environment(&mut reader, (id, row), &locks, waiting, now).await?);
    }
    Ok(Json(Status { environments }))
}

/// One environment, with what is about it of all locks.
pub(super) async fn environment(
    reader: &mut Reader,
    (environment, row): (EnvironmentId, EnvironmentRow),
    locks: &[Lock],
    waiting: Vec<ProposalRow>,
    now: Timestamp,
) -> Result<EnvironmentStatus, Problem> {
    Ok(EnvironmentStatus {
        slot: summary(reader, row.slot).await?,
        running: summary(reader, row.running).await?,
        hold: row.hold,
        uncertain: row.uncertain,
        locks: locks.iter().filter(|lock| lock.is_live(now) && lock.scope.covers(&environment)).cloned().collect(),
        waiting,
        environment,
    })
}

async fn summary(reader: &mut Reader, id: Option<DeploymentId>) -> Result<Option<Summary>, Problem> {
    match id {
        Some(id) => Ok(reader.summary(id).await?),
        None => Ok(None),
    }
}
