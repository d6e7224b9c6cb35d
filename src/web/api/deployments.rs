//! Deployments: the history, and one with its story.

use actix_web::web::{Data, Json, Path, Query};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        ids::{DeploymentId, EnvironmentId},
        story::Story,
    },
    store::{ProposalRow, Summary},
    web::{Shared, problem::Problem},
};

/// The newest deployments.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Deployments {
    /// Newest first.
    pub deployments: Vec<Summary>,
}

/// All that is known of one number: a proposal, the deployment that it became, or a rollback.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Told {
    /// The deployment; none while it is a proposal.
    pub summary: Option<Summary>,
    /// The proposal, with the latest decision about it; none for a rollback.
    pub proposal: Option<ProposalRow>,
    /// What happened.
    pub story: Option<Story>,
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    environment: Option<String>,
    limit: Option<u16>,
}

pub(super) async fn list(wanted: Query<Wanted>, shared: Data<Shared>) -> Result<Json<Deployments>, Problem> {
    let environment: Option<EnvironmentId> = match &wanted.environment {
        Some(text) => Some(text.parse().map_err(|error| super::problem::invalid(&error))?),
        None => None,
    };
    let limit = wanted.limit.unwrap_or(20).clamp(1, 1000).into();
    let deployments = shared.parts.store.read().await?.history(environment.as_ref(), limit).await?;
    Ok(Json(Deployments { deployments }))
}

pub(super) async fn one(id: Path<i64>, shared: Data<Shared>) -> Result<Json<Told>, Problem> {
    let id = DeploymentId(id.into_inner());
    let mut reader = shared.parts.store.read().await?;
    let (summary, proposal) = (reader.summary(id).await?, reader.proposal(id).await?);
    drop(reader);
    if summary.is_none() && proposal.is_none() {
        return Err(none(id));
    }
    let story = (shared.parts.links.story)(id).await?;
    Ok(Json(Told { summary, proposal, story }))
}

pub(super) fn none(id: DeploymentId) -> Problem {
    Problem::not_found(format!("there is no deployment {id}; `botadura history` lists those that there are"))
}
