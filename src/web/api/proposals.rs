//! Versions that were proposed, and what became of them.

use actix_web::web::{Data, Json, Path, Query};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::parameters::{Limit, Number, narrowed, next};
use crate::{
    domain::ids::{ApplicationName, DeploymentId, EnvironmentId},
    store::{Listing, ProposalRow, ProposalState},
    web::{Shared, problem::Problem, token::Caller},
};

/// A part of the proposals.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Proposals {
    /// Newest first.
    pub proposals: Vec<ProposalRow>,
    /// What `before` takes to see more; none: there is no more.
    pub next: Option<DeploymentId>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Only of this application.
    application: Option<ApplicationName>,
    /// Only for this environment.
    environment: Option<EnvironmentId>,
    /// Only those that are so far.
    state: Option<ProposalState>,
    /// How many; 50 without it.
    limit: Option<Limit>,
    /// Only older ones than this.
    before: Option<DeploymentId>,
}

pub(super) async fn list(wanted: Query<Wanted>, caller: Caller, shared: Data<Shared>) -> Result<Json<Proposals>, Problem> {
    let Wanted { application, environment, state, limit, before } = wanted.into_inner();
    let limit = Limit::or(limit, 50);
    let narrowed = narrowed(&caller, application, environment);
    let word = state.map(ProposalState::word);
    let listing = Listing { word, before: before.map(|id| id.0), limit: limit + 1, ..narrowed };
    let mut proposals = shared.parts.store.read().await?.all_proposals(&listing).await?;
    let next = next(&mut proposals, limit, |row| row.proposal.id);
    Ok(Json(Proposals { proposals, next }))
}

pub(super) async fn one(number: Path<Number>, caller: Caller, shared: Data<Shared>) -> Result<Json<ProposalRow>, Problem> {
    let found = shared.parts.store.read().await?.proposal(number.id).await?;
    let found = found.filter(|row| caller.may_read(&row.proposal.environment));
    found.map(Json).ok_or_else(|| Problem::not_found(format!("there is no proposal {}", number.id)))
}
