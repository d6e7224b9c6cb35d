//! Which files are in force, and what is wrong with those on the disk.

use actix_web::web::{Data, Json};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{domain::manifest::Diagnostic, web::Shared};

/// Which files are in force.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Configuration {
    /// Since when.
    pub loaded_at: Timestamp,
    /// SHA-256 of their names and texts, in hexadecimal.
    pub in_force_digest: String,
    /// Keys of the server's file that have changed and take effect at the next start.
    pub needs_restart: Vec<String>,
    /// The files were read again since and hold mistakes; none: they do not.
    pub error: Option<Refused>,
}

/// Files that are not in force, because they hold mistakes.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Refused {
    /// When they were read.
    pub at: Timestamp,
    /// What is wrong with them.
    pub mistakes: Vec<Diagnostic>,
}

impl Configuration {
    /// Whether all that was found on the disk is in force.
    pub fn is_current(&self) -> bool {
        self.error.is_none() && self.needs_restart.is_empty()
    }
}

pub(super) async fn configuration(shared: Data<Shared>) -> Json<Configuration> {
    Json((shared.parts.links.configuration)())
}
