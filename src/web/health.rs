//! `/livez`, `/readyz` and `/health`.

use std::time::Duration;

use actix_web::{HttpResponse, http::StatusCode, web};
use serde::{Deserialize, Serialize};

use super::{Shared, problem::Problem};

/// How long the store may take to show that it is there.
const PATIENCE: Duration = Duration::from_secs(2);

/// How the server is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Health {
    /// `ok`, `stopping` or `degraded`.
    pub status: String,
    /// The server's version.
    pub version: String,
    /// `ok`, or what is wrong with the store.
    pub store: String,
    /// `ok`, or `stale`: what stands on the disk is not all in force; `GET /api/v1/configuration` says why.
    pub configuration: String,
    /// Deliveries that are still to be dealt with; none when the store does not tell.
    pub waiting_deliveries: Option<i64>,
    /// Versions that wait at their gates.
    pub waiting_proposals: Option<i64>,
    /// What people are shown that is not as it is.
    pub stale_surfaces: Option<i64>,
}

/// `GET /livez`: it serves.
pub(super) async fn live() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "status": "ok" }))
}

/// `GET /readyz`: it would take a webhook.
pub(super) async fn ready(shared: web::Data<Shared>) -> Result<HttpResponse, Problem> {
    let not = |message: &str| Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", message));
    if shared.stopping.is_cancelled() {
        return not("the server is stopping");
    }
    match store(&shared).await {
        Ok(()) => Ok(HttpResponse::Ok().json(serde_json::json!({ "status": "ok" }))),
        Err(why) => not(why),
    }
}

/// `GET /health`: how it is, for people.
pub(super) async fn health(shared: web::Data<Shared>) -> HttpResponse {
    let store = store(&shared).await;
    let counts = tokio::time::timeout(PATIENCE, counts(&shared)).await.ok().and_then(Result::ok);
    let status = match store {
        _ if shared.stopping.is_cancelled() => "stopping",
        Ok(()) => "ok",
        Err(_) => "degraded",
    };
    HttpResponse::Ok().json(Health {
        status: status.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        store: store.err().unwrap_or("ok").to_owned(),
        configuration: if (shared.parts.links.configuration)().is_current() { "ok" } else { "stale" }.to_owned(),
        waiting_deliveries: counts.map(|counts| counts[0]),
        waiting_proposals: counts.map(|counts| counts[1]),
        stale_surfaces: counts.map(|counts| counts[2]),
    })
}

async fn store(shared: &Shared) -> Result<(), &'static str> {
    match tokio::time::timeout(PATIENCE, shared.parts.store.ping()).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the store does not answer");
            Err("the store does not answer; the server's log says why")
        }
        Err(_) => Err("the store does not answer within two seconds"),
    }
}

async fn counts(shared: &Shared) -> crate::store::Result<[i64; 3]> {
    let mut reader = shared.parts.store.read().await?;
    Ok([reader.waiting_deliveries().await?, reader.waiting_proposals().await?, reader.stale_count().await?])
}
