//! What runs where, what is under way, what waits.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::web::{Data, Json, Query};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        ids::{ApplicationName, DeploymentId, EnvironmentId, StepName},
        policy::{Hold, Lock},
    },
    store::{EnvironmentRow, ProposalRow, Reader, Summary},
    web::{Shared, problem::Problem},
};

/// What runs where.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Status {
    /// Every environment that is configured or was ever deployed to, by name.
    pub environments: Vec<EnvironmentStatus>,
}

/// One environment.
#[derive(Debug, Clone, Serialize, Deserialize)]
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

#[derive(Deserialize)]
pub(super) struct Wanted {
    application: Option<String>,
}

pub(super) async fn status(wanted: Query<Wanted>, shared: Data<Shared>) -> Result<Json<Status>, Problem> {
    let application: Option<ApplicationName> = match &wanted.application {
        Some(name) => Some(name.parse().map_err(|error| super::problem::invalid(&error))?),
        None => None,
    };
    let now = shared.parts.clock.now();
    let mut reader = shared.parts.store.read().await?;
    let mut all: BTreeMap<EnvironmentId, EnvironmentRow> =
        (shared.parts.links.environments)().into_iter().map(|id| (id, EnvironmentRow::default())).collect();
    all.extend(reader.environments().await?);
    all.retain(|id, _| application.as_ref().is_none_or(|name| id.application == *name));
    if let Some(name) = application.filter(|_| all.is_empty()) {
        return Err(Problem::not_found(format!("there is no application '{name}'; `botadura status` lists those that there are")));
    }
    let locks: Vec<Lock> = reader.locks().await?.into_iter().filter(|lock| lock.is_live(now)).collect();
    let mut waiting: BTreeMap<EnvironmentId, Vec<ProposalRow>> = BTreeMap::new();
    for row in reader.all_waiting().await? {
        waiting.entry(row.proposal.environment.clone()).or_default().push(row);
    }
    let mut environments = Vec::with_capacity(all.len());
    for (environment, row) in all {
        environments.push(EnvironmentStatus {
            slot: summary(&mut reader, row.slot).await?,
            running: summary(&mut reader, row.running).await?,
            hold: row.hold,
            uncertain: row.uncertain,
            locks: locks.iter().filter(|lock| lock.scope.covers(&environment)).cloned().collect(),
            waiting: waiting.remove(&environment).unwrap_or_default(),
            environment,
        });
    }
    Ok(Json(Status { environments }))
}

async fn summary(reader: &mut Reader, id: Option<DeploymentId>) -> Result<Option<Summary>, Problem> {
    match id {
        Some(id) => Ok(reader.summary(id).await?),
        None => Ok(None),
    }
}
