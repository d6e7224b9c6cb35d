//! The locks that are in force.

use actix_web::web::{Data, Json};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    domain::{policy::Lock, rights::Power},
    web::{Shared, problem::Problem, token::Caller},
};

/// The locks that are in force.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Locks {
    /// By what they are about.
    pub locks: Vec<Lock>,
}

/// Whoever sees an environment also sees the wider locks that are about it, there; here are those that are all theirs.
pub(super) async fn list(caller: Caller, shared: Data<Shared>) -> Result<Json<Locks>, Problem> {
    let now = shared.parts.clock.now();
    let mut locks = shared.parts.store.read().await?.locks().await?;
    locks.retain(|lock| lock.is_live(now) && caller.rights.allow(Power::Read, &lock.scope));
    locks.sort_by_key(|lock| lock.scope.to_string());
    Ok(Json(Locks { locks }))
}
