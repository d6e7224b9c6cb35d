//! What a release must say about itself, so that it can be started again when the manifest has changed since.

use std::{collections::BTreeMap, fs, io};

use serde::{Deserialize, Serialize};

use super::layout::{Layout, ReleaseId, write};
use crate::domain::release::Release;

/// The kind of step, as it stands in a release.
pub const KIND: &str = "directory";

/// A release's own words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The version.
    pub sha: String,
    /// How it is served; none: by its files alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<Process>,
}

/// How a release is served. No environment stands here: there may be secrets in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// The path that answers 200 when it is ready.
    pub ready: String,
    /// The port that it wants; none: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
}

impl About {
    /// Keeps it beside the release's processes.
    pub fn keep(&self, layout: &Layout, id: &ReleaseId) -> io::Result<()> {
        let text = serde_json::to_string(self).map_err(io::Error::other)?;
        write(layout.processes(id).folder(), "about", &text)
    }

    /// What a release says about itself: in the deployment's record, else on the disk, else nothing.
    pub fn of(release: &Release, layout: &Layout, id: &ReleaseId) -> Self {
        let told = release.details.get("about").and_then(|text| serde_json::from_str(text).ok());
        told.unwrap_or_else(|| Self::read(layout, id))
    }

    /// What stands on the disk, as far as it can be read.
    pub fn read(layout: &Layout, id: &ReleaseId) -> Self {
        let text = fs::read_to_string(layout.processes(id).folder().join("about")).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// The release as the deployment's record has it.
    pub fn release(&self, layout: &Layout, id: &ReleaseId) -> Release {
        let root = fs::canonicalize(layout.root()).unwrap_or_else(|_| layout.root().to_owned());
        let port = self.process.as_ref().and_then(|_| layout.processes(id).port());
        let mut details = BTreeMap::new();
        if !self.sha.is_empty() {
            details.insert("sha".to_owned(), self.sha.clone());
        }
        if let Ok(text) = serde_json::to_string(self) {
            details.insert("about".to_owned(), text);
        }
        details.extend(port.map(|port| ("port".to_owned(), port.to_string())));
        Release { kind: KIND.to_owned(), target: root.display().to_string(), id: id.to_string(), details }
    }
}
