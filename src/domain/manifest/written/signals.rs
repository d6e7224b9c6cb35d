//! Figures, and what follows from them.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Span, exactly_one};

/// The time after the steps in which signals may still roll a deployment back.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a watch (a map such as {for: 30m, rollback_when: […]})")]
pub(crate) struct Watch {
    /// How long, from the end of the steps.
    #[serde(rename = "for")]
    pub(crate) lasts: Span,
    /// Any of these rules rolls the deployment back: `errors > 5% for 5m`, `health fails for 3m`.
    #[serde(default)]
    pub(crate) rollback_when: Vec<String>,
    /// Any of these rules is told, and nothing else: `cpu > 80% for 5m`, `alert DiskAlmostFull fires`.
    #[serde(default)]
    pub(crate) tell_when: Vec<String>,
}

/// A figure about the running application, and where it is read.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a metric (a map such as {probe: {url: …}})")]
#[schemars(transform = exactly_one(&["prometheus", "cloudwatch", "cloudwatch_alarm", "probe"]))]
pub(crate) struct Metric {
    /// What it is measured in; when absent, assumed from its kind and from what rules compare it with.
    #[schemars(extend("enum" = ["seconds", "milliseconds", "ratio", "percent", "count"]))]
    pub(crate) unit: Option<String>,
    /// What a window without any sample counts as: `wait` (default; neither), `pass` or `fail`.
    #[schemars(extend("enum" = ["wait", "pass", "fail"]))]
    pub(crate) no_data: Option<String>,
    /// An instant query to a Prometheus that answers one number.
    pub(crate) prometheus: Option<Prometheus>,
    /// A metric of Amazon CloudWatch, or the ratio of two.
    pub(crate) cloudwatch: Option<Cloudwatch>,
    /// The name of an alarm of Amazon CloudWatch, for `NAME fires`.
    pub(crate) cloudwatch_alarm: Option<String>,
    /// Botadura's own requests.
    pub(crate) probe: Option<Probe>,
}

/// An instant query to a Prometheus.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a query (a map such as {server: …, query: …})")]
pub(crate) struct Prometheus {
    /// The server's address.
    pub(crate) server: String,
    /// The query, with templates.
    pub(crate) query: String,
}

/// A metric of Amazon CloudWatch (`namespace`, `name`, `statistic`, `dimensions`), or the ratio of two.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a metric of CloudWatch (a map such as {namespace: …, name: …, statistic: Sum})")]
#[schemars(transform = exactly_one(&["name", "ratio"]))]
pub(crate) struct Cloudwatch {
    /// The region; the server's when absent.
    pub(crate) region: Option<String>,
    /// How long one sample is; 60s when absent.
    pub(crate) period: Option<Span>,
    /// Its namespace: `AWS/ApplicationELB`.
    pub(crate) namespace: Option<String>,
    /// Its name.
    pub(crate) name: Option<String>,
    /// `Sum`, `Average`, `Minimum`, `Maximum`, `SampleCount`, or a percentile such as `p95`.
    pub(crate) statistic: Option<String>,
    /// Its dimensions.
    pub(crate) dimensions: Option<IndexMap<String, String>>,
    /// Two metrics: the first divided by the second.
    #[schemars(length(min = 2, max = 2))]
    pub(crate) ratio: Option<Vec<CloudwatchMetric>>,
}

/// A metric of Amazon CloudWatch.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a metric of CloudWatch (a map such as {namespace: …, name: …, statistic: Sum})")]
pub(crate) struct CloudwatchMetric {
    /// Its namespace: `AWS/ApplicationELB`.
    pub(crate) namespace: String,
    /// Its name.
    pub(crate) name: String,
    /// `Sum`, `Average`, `Minimum`, `Maximum`, `SampleCount`, or a percentile such as `p95`.
    pub(crate) statistic: String,
    /// Its dimensions.
    #[serde(default)]
    pub(crate) dimensions: IndexMap<String, String>,
}

/// Botadura's own requests.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a probe (a map such as {url: …, every: 15s})")]
pub(crate) struct Probe {
    /// The address that is asked.
    pub(crate) url: String,
    /// How often; 15s when absent.
    pub(crate) every: Option<Span>,
    /// How long one answer may take; 10s when absent.
    pub(crate) timeout: Option<Span>,
    /// What is made of the answers: `health` (default; for `NAME fails for 3m`), `error_rate`, `availability` or a latency.
    #[schemars(extend("enum" = ["health", "error_rate", "availability", "latency_p50", "latency_p95", "latency_p99"]))]
    pub(crate) measure: Option<String>,
}
