//! What the door counts, and `/metrics`.

use actix_web::{HttpResponse, http::header, web};
use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

use super::{Shared, problem::Problem};

/// How a webhook was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
#[expect(non_camel_case_types, reason = "the names are the values of the label")]
pub(super) enum Answer {
    stored,
    duplicate,
    unsigned,
    forged,
    wrong_type,
    wrong_headers,
    too_large,
    cut_or_slow,
    busy,
}

/// Why somebody is not let into the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
#[expect(non_camel_case_types, reason = "the names are the values of the label")]
pub(super) enum Shown {
    nothing,
    unknown,
    expired,
    revoked,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Refused {
    shown: Shown,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Answered {
    answer: Answer,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Signed {
    /// Which secret, in the order of the server's file, from 0.
    secret: u32,
}

/// What the door counts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Metrics {
    webhooks: Family<Answered, Counter>,
    secrets: Family<Signed, Counter>,
    refused: Family<Refused, Counter>,
    webhook_seconds: Histogram,
    api_seconds: Histogram,
}

impl Default for Metrics {
    fn default() -> Self {
        let seconds = || Histogram::new(exponential_buckets(0.000_25, 4.0, 9));
        Self {
            webhooks: Family::default(),
            secrets: Family::default(),
            refused: Family::default(),
            webhook_seconds: seconds(),
            api_seconds: seconds(),
        }
    }
}

impl Metrics {
    /// The same metrics, listed for `/metrics`.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("botadura_webhooks", "Webhooks by how they were answered", self.webhooks.clone());
        registry.register("botadura_webhook_secrets", "Webhooks by the secret that signed them, from 0", self.secrets.clone());
        registry.register("botadura_api_refused", "Requests to the API without a token that counts", self.refused.clone());
        registry.register_with_unit(
            "botadura_webhook_duration",
            "From a webhook's headers to its answer",
            Unit::Seconds,
            self.webhook_seconds.clone(),
        );
        registry.register_with_unit(
            "botadura_api_duration",
            "From a request's headers to its answer's",
            Unit::Seconds,
            self.api_seconds.clone(),
        );
    }

    pub(super) fn webhook(&self, answer: Answer, seconds: f64) {
        self.webhooks.get_or_create(&Answered { answer }).inc();
        self.webhook_seconds.observe(seconds);
    }

    pub(super) fn signed_by(&self, secret: usize) {
        self.secrets.get_or_create(&Signed { secret: u32::try_from(secret).unwrap_or(u32::MAX) }).inc();
    }

    pub(super) fn refused(&self, shown: Shown) {
        self.refused.get_or_create(&Refused { shown }).inc();
    }

    pub(super) fn api(&self, seconds: f64) {
        self.api_seconds.observe(seconds);
    }
}

/// `GET /metrics`, as `OpenMetrics` text.
pub(super) async fn show(shared: web::Data<Shared>) -> Result<HttpResponse, Problem> {
    let mut text = String::new();
    encode(&mut text, &shared.parts.registry)
        .map_err(|_| Problem::new(actix_web::http::StatusCode::INTERNAL_SERVER_ERROR, "not_encoded", "the metrics cannot be written"))?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, kind)).body(text))
}
