//! Rules on figures: `errors > 5% for 5m`, `health fails for 3m`, `alert DiskAlmostFull fires`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A rule, as it was written and as it is understood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// As it stands in the file.
    pub source: String,
    /// What it says.
    pub says: Condition,
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
