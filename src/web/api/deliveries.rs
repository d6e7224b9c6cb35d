//! What came in and what became of it.

use actix_web::web::{Data, Json, Path, Query};
use serde::{Deserialize, Serialize};

use crate::{
    domain::ids::DeliveryId,
    store::DeliveryLine,
    web::{Shared, problem::Problem},
};

/// The newest deliveries.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Deliveries {
    /// Without their bodies.
    pub deliveries: Vec<DeliveryLine>,
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    limit: Option<u16>,
}

pub(super) async fn list(wanted: Query<Wanted>, shared: Data<Shared>) -> Result<Json<Deliveries>, Problem> {
    let limit = wanted.limit.unwrap_or(50).clamp(1, 1000).into();
    Ok(Json(Deliveries { deliveries: shared.parts.store.read().await?.delivery_lines(limit).await? }))
}

pub(super) async fn one(id: Path<String>, shared: Data<Shared>) -> Result<Json<DeliveryLine>, Problem> {
    let line = shared.parts.store.read().await?.delivery_line(&DeliveryId(id.into_inner())).await?;
    line.map(Json).ok_or_else(|| Problem::not_found("there is no delivery with this id"))
}
