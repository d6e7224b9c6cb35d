//! What a step leaves behind: outputs for later steps, and the release that can be restored.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a step tells the steps after it, read as `{{ steps.NAME.OUTPUT }}`. Flat strings, never secrets.
pub type Outputs = BTreeMap<String, String>;

/// What a step must remember until its next call. Only the step reads it; it lives in the journal.
pub type Memo = Value;

/// What a target step left in an environment. It describes itself, so that it can be restored when the manifest has
/// changed since: nothing of today's configuration is needed to know what it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The kind of step that left it, and that alone can restore it (`directory`).
    pub kind: String,
    /// Which thing outside it is about (a service's ARN, a root folder): releases of another target are another line.
    pub target: String,
    /// The provider's own id of it.
    pub id: String,
    /// What else the step needs in order to restore it.
    #[serde(default)]
    pub details: BTreeMap<String, String>,
}

/// A file or tree that a step declared and that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// Its path in the workspace.
    pub path: String,
    /// SHA-256 of what is kept, in hexadecimal: its name in the artifact store.
    pub digest: String,
    /// In bytes.
    pub size: u64,
}

/// What a target step finds outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Observation {
    /// This release is there and serves.
    Release(Release),
    /// Something is being changed; the provider's reference to it.
    InProgress(String),
    /// Nothing is there.
    Absent,
    /// It cannot be told, for this reason.
    Unreadable(String),
}

/// What went wrong, where to look, what to do: the three things that a person needs at three in the morning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("{what}")]
pub struct Reason {
    /// What went wrong, in one sentence.
    pub what: String,
    /// Where more is to be seen: a URL, a file, the log's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look: Option<String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Reason {
    /// A reason with no more than its sentence.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), look: None, remedy: None }
    }

    /// The same, with the place to look at.
    #[must_use]
    pub fn look(mut self, place: impl Into<String>) -> Self {
        self.look = Some(place.into());
        self
    }

    /// The same, with what to do about it.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}
