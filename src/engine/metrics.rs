//! What the engine counts.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

/// A deployment's end.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Ended {
    /// The application.
    pub application: String,
    /// The environment.
    pub environment: String,
    /// `deploy` or `rollback`.
    pub kind: String,
    /// `succeeded`, `failed`, `cancelled`, `needs_human`.
    pub result: String,
}

/// A word of its own for one counter's only label.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Word {
    /// Which.
    pub which: String,
}

/// What the engine counts. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    /// Deliveries by what became of them.
    pub deliveries: Family<Word, Counter>,
    /// Deployments that ended.
    pub deployments: Family<Ended, Counter>,
    /// Deployments that are being advanced at this moment.
    pub advancing: Gauge,
    /// Deployments that were taken up again after an interruption.
    pub resumed: Counter,
    /// Attempts to show something that failed, by surface.
    pub not_shown: Family<Word, Counter>,
}

impl Metrics {
    /// The same metrics, listed for `/metrics`.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("botadura_deliveries", "Deliveries dealt with, by what became of them", self.deliveries.clone());
        registry.register("botadura_deployments", "Deployments that ended", self.deployments.clone());
        registry.register("botadura_advancing", "Deployments being advanced now", self.advancing.clone());
        registry.register("botadura_resumed", "Deployments taken up again after an interruption", self.resumed.clone());
        registry.register("botadura_surface_failures", "Attempts to show something that failed", self.not_shown.clone());
    }

    /// Counts a delivery.
    pub(super) fn delivery(&self, became: &str) {
        self.deliveries.get_or_create(&Word { which: became.to_owned() }).inc();
    }
}
