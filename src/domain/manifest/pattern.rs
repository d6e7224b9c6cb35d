//! Patterns for branches, tags and paths, in GitHub Actions' filter syntax.

use serde::{Deserialize, Serialize};

/// A list of patterns, of which `!` excludes what an earlier one included.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Patterns(Vec<String>);
impl Patterns {
    /// Stub.
    pub fn matches(&self, name: &str) -> bool {
        self.0.iter().any(|p| p == name)
    }
    /// Stub.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
