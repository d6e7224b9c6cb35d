//! Figures about the running application, and what is to follow from them.

use std::time::Duration;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::Rule;
use crate::domain::manifest::template::Template;

/// The time after the steps in which rules are looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    /// How long.
    #[serde(rename = "for")]
    pub lasts: Duration,
    /// Any of these rolls the deployment back.
    pub rollback_when: Vec<Rule>,
    /// Any of these is told.
    pub tell_when: Vec<Rule>,
}

/// A figure, and where it is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// What it is measured in.
    pub unit: Unit,
    /// The file did not say so: it was assumed.
    pub assumed: bool,
    /// What a window without any sample counts as.
    pub no_data: NoData,
    /// Where it is read.
    pub source: Source,
}

/// What a figure is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Thousandths of a second.
    Milliseconds,
    /// From 0 to 1.
    Ratio,
    /// From 0 to 100.
    Percent,
    /// A number of things.
    Count,
}

impl Unit {
    /// The most that a figure can be, which may be without end. The least is 0.
    pub fn most(self) -> f64 {
        match self {
            Self::Ratio => 1.0,
            Self::Percent => 100.0,
            Self::Seconds | Self::Milliseconds | Self::Count => f64::INFINITY,
        }
    }

    /// What a figure of it is, for a sentence in a mistake.
    pub(in crate::domain::manifest) fn in_words(self) -> &'static str {
        match self {
            Self::Seconds => "a time in seconds",
            Self::Milliseconds => "a time in milliseconds",
            Self::Ratio => "a ratio (0 to 1, or 0% to 100%)",
            Self::Percent => "a number of percent (0 to 100)",
            Self::Count => "a count (0 or more)",
        }
    }
}

/// What a window without any sample counts as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoData {
    /// Neither: it is waited.
    #[default]
    Wait,
    /// As if all were well.
    Pass,
    /// As a breach.
    Fail,
}

/// Where a figure is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// An instant query of one number.
    Prometheus {
        /// The server's address.
        server: Template,
        /// The query.
        query: Template,
    },
    /// A metric of Amazon CloudWatch, or the ratio of two.
    Cloudwatch {
        /// The region; none: the server's.
        region: Option<String>,
        /// One metric, or numerator and denominator.
        of: Vec<CloudwatchMetric>,
        /// How long one sample is.
        period: Duration,
    },
    /// Whether an alarm of Amazon CloudWatch is in alarm.
    CloudwatchAlarm(Template),
    /// Our own requests.
    Probe {
        /// The address that is asked.
        url: Template,
        /// How often.
        every: Duration,
        /// How long one answer may take.
        timeout: Duration,
        /// What is made of the answers.
        measure: Measure,
    },
}

/// A metric of Amazon CloudWatch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CloudwatchMetric {
    /// Its namespace.
    pub namespace: Template,
    /// Its name.
    pub name: Template,
    /// `Sum`, `Average`, `Minimum`, `Maximum`, `SampleCount`, `p95` …
    pub statistic: String,
    /// Its dimensions.
    pub dimensions: IndexMap<String, Template>,
}

/// What is made of a probe's answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Whether it answers.
    #[default]
    Health,
    /// The share of failed requests.
    ErrorRate,
    /// The share of good ones.
    Availability,
    /// The median of the answers' times.
    LatencyP50,
    /// The time within which 95 of 100 answer.
    LatencyP95,
    /// The time within which 99 of 100 answer.
    LatencyP99,
}

/// What the insight page measures against.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Goals {
    /// The share of deployments that succeed, from 0 to 1.
    pub success: Option<f64>,
    /// How long a deployment may take, gates and watch aside.
    pub deployment: Option<Duration>,
    /// How long a rollback may take.
    pub rollback: Option<Duration>,
    /// How much of the own probes may fail, from 0 to 1.
    pub downtime: Option<f64>,
}
