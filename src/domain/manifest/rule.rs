//! Rules on figures: `errors > 5% for 5m`, `health fails for 3m`, `alert DiskAlmostFull fires`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

mod read;
pub(super) use read::is_metric;
pub use read::{Error, Written};

/// A rule, as it was written and as it is understood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// As it stands in the file.
    pub source: String,
    /// What it says.
    pub says: Condition,
}

impl Rule {
    /// The figure of the manifest that it looks at.
    pub fn metric(&self) -> Option<&str> {
        match &self.says {
            Condition::Compares { metric, .. } | Condition::Fails { metric, .. } | Condition::Fires { metric } => Some(metric),
            Condition::Alert { .. } => None,
        }
    }

    /// For how long it must be so.
    pub fn lasts(&self) -> Option<Duration> {
        match &self.says {
            Condition::Compares { lasts, .. } | Condition::Fails { lasts, .. } => Some(*lasts),
            Condition::Fires { .. } | Condition::Alert { .. } => None,
        }
    }
}

/// What a rule says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// A figure compares so with a value, in all complete samples of a time.
    Compares {
        /// The figure.
        metric: String,
        /// How.
        op: Op,
        /// With what, in the figure's own unit.
        with: Value,
        /// For how long.
        lasts: Duration,
    },
    /// A probe gets no good answer for a time.
    Fails {
        /// The figure.
        metric: String,
        /// For how long.
        lasts: Duration,
    },
    /// An alarm that is a figure of the manifest is in alarm.
    Fires {
        /// The figure.
        metric: String,
    },
    /// An alert of Alertmanager fires.
    Alert {
        /// Its name.
        name: String,
    },
}

impl Condition {
    /// Whether it is the same whatever is measured: always so, or never. Figures lie between 0 and `most`.
    pub(super) fn foregone(&self, most: f64) -> Option<bool> {
        let Self::Compares { op, with, .. } = self else { return None };
        let (value, least) = match with {
            Value::Plain(value) => (*value, 0.0),
            // A difference between two figures.
            Value::Previous(more) => (*more, -most),
        };
        let (always, never) = match op {
            Op::More => (value < least, value >= most),
            Op::AtLeast => (value <= least, value > most),
            Op::Less => (value > most, value <= least),
            Op::AtMost => (value >= most, value < least),
        };
        (always || never).then_some(always)
    }
}

/// How a figure compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    /// `<`
    #[serde(rename = "<")]
    Less,
    /// `<=`
    #[serde(rename = "<=")]
    AtMost,
    /// `>`
    #[serde(rename = ">")]
    More,
    /// `>=`
    #[serde(rename = ">=")]
    AtLeast,
}

/// What a figure is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// This.
    Plain(f64),
    /// What the version before has, and this much more.
    Previous(f64),
}
