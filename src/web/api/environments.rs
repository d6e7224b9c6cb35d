//! One environment: what runs there, what waits, what happened last.

use actix_web::web::{Data, Json, Path, Query};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    parameters::Instance,
    status::{self, EnvironmentStatus},
};
use crate::{
    domain::ids::{ApplicationName, EnvironmentId, EnvironmentName},
    store::{EnvironmentRow, Summary},
    web::{Shared, problem::Problem, token::Caller},
};

/// How many deployments of its history are shown.
const LAST: i64 = 20;

/// One environment.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EnvironmentView {
    /// What runs there, what keeps it back, what waits.
    #[serde(flatten)]
    pub now: EnvironmentStatus,
    /// Its last deployments, newest first.
    pub history: Vec<Summary>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Place {
    /// The application.
    pub application: ApplicationName,
    /// The environment.
    pub environment: EnvironmentName,
}

impl Place {
    /// The environment, or this instance of it.
    pub(super) fn id(&self, instance: Option<u64>) -> EnvironmentId {
        EnvironmentId { instance, ..EnvironmentId::new(self.application.clone(), self.environment.clone()) }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// The pull request of a preview.
    instance: Option<Instance>,
}

impl Wanted {
    /// The pull request of a preview.
    pub(super) fn instance(&self) -> Option<u64> {
        self.instance.map(|number| number.0)
    }
}

pub(super) async fn one(
    place: Path<Place>,
    wanted: Query<Wanted>,
    caller: Caller,
    shared: Data<Shared>,
) -> Result<Json<EnvironmentView>, Problem> {
    let id = place.id(wanted.instance());
    let is_configured = (shared.parts.links.environments)().contains(&EnvironmentId { instance: None, ..id.clone() });
    let mut reader = shared.parts.store.read().await?;
    let row = reader.environment(&id).await?;
    let is_known = is_configured && id.instance.is_none() || row != EnvironmentRow::default();
    if !is_known || !caller.may_read(&id) {
        return Err(Problem::not_found(format!("there is no environment {id}; `botadura status` lists those that there are")));
    }
    let locks = reader.locks().await?;
    let waiting = reader.all_waiting().await?.into_iter().filter(|row| row.proposal.environment == id).collect();
    let history = reader.history(Some(&id), LAST).await?;
    let now = status::environment(&mut reader, (id, row), &locks, waiting, shared.parts.clock.now()).await?;
    Ok(Json(EnvironmentView { now, history }))
}
