//! What came in and what became of it.

use actix_web::{
    HttpResponse,
    http::header,
    web::{Data, Json, Path, Query},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::parameters::{Limit, next};
use crate::{
    domain::{
        ids::DeliveryId,
        request::{Request, Scope},
        rights::Power,
    },
    store::{Delivery, DeliveryLine, DeliveryState, Sought},
    web::{Shared, problem::Problem, token::Caller},
};

/// A part of the deliveries.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Deliveries {
    /// Newest first, without their bodies.
    pub deliveries: Vec<DeliveryLine>,
    /// What `before` takes to see more; none: there is no more.
    pub next: Option<DeliveryId>,
}

/// The doors that deliveries come through.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Source {
    Github,
    Api,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Only those that came through this door.
    source: Option<Source>,
    /// Only those that their sender calls so: `push`, `request`.
    event: Option<String>,
    /// Only those that are so far.
    state: Option<DeliveryState>,
    /// How many; 50 without it.
    limit: Option<Limit>,
    /// Only older ones than the one with this id.
    before: Option<DeliveryId>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Named {
    /// The delivery.
    pub id: DeliveryId,
}

pub(super) async fn list(wanted: Query<Wanted>, shared: Data<Shared>) -> Result<Json<Deliveries>, Problem> {
    let limit = Limit::or(wanted.limit, 50);
    let source = wanted.source.map(|source| match source {
        Source::Github => "github",
        Source::Api => "api",
    });
    let (event, before) = (wanted.event.as_deref(), wanted.before.as_ref());
    let sought = Sought { source, event, state: wanted.state, before, limit: limit + 1 };
    let found = shared.parts.store.read().await?.deliveries_listed(&sought).await?;
    let mut deliveries = found.unwrap_or_default();
    let next = next(&mut deliveries, limit, |line| line.id.clone());
    Ok(Json(Deliveries { deliveries, next }))
}

pub(super) async fn one(named: Path<Named>, caller: Caller, shared: Data<Shared>) -> Result<Json<DeliveryLine>, Problem> {
    let mut reader = shared.parts.store.read().await?;
    let is_theirs = caller.rights.allow(Power::Read, &Scope::Everything)
        || reader.delivery(&named.id).await?.is_some_and(|delivery| asked(&delivery, &caller));
    let line = if is_theirs { reader.delivery_line(&named.id).await? } else { None };
    line.map(Json).ok_or_else(none)
}

pub(super) async fn body(named: Path<Named>, shared: Data<Shared>) -> Result<HttpResponse, Problem> {
    let delivery = shared.parts.store.read().await?.delivery(&named.id).await?.ok_or_else(none)?;
    Ok(HttpResponse::Ok().content_type("application/octet-stream").insert_header((header::CACHE_CONTROL, "no-store")).body(delivery.body))
}

/// Whether a delivery is a request of whoever asks for it.
fn asked(delivery: &Delivery, caller: &Caller) -> bool {
    delivery.source == "api" && serde_json::from_slice::<Request>(&delivery.body).is_ok_and(|request| request.actor == caller.actor)
}

fn none() -> Problem {
    Problem::not_found("there is no delivery with this id")
}
