//! The server's file exactly as it is written.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

use crate::domain::manifest::written::{Secret, Span};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "the server's settings (a map)")]
pub(super) struct Settings {
    pub(super) listen: Option<String>,
    pub(super) public_url: Option<String>,
    pub(super) store: Option<String>,
    pub(super) locale: Option<String>,
    pub(super) applications: Option<Vec<String>>,
    pub(super) github: GitHub,
    #[serde(default)]
    pub(super) roles: IndexMap<String, Vec<String>>,
    #[serde(default)]
    pub(super) commands: Commands,
    #[serde(default)]
    pub(super) outgoing: Outgoing,
    pub(super) artifacts: Option<String>,
    #[serde(default)]
    pub(super) retention: Retention,
    // What comes later is accepted, so that one file can serve this version and the next.
    pub(super) slack: Option<Value>,
    pub(super) aws: Option<Value>,
    pub(super) kubernetes: Option<Value>,
    pub(super) vercel: Option<Value>,
    pub(super) render: Option<Value>,
    pub(super) firebase: Option<Value>,
    pub(super) people: Option<Value>,
    pub(super) repository_config: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "how GitHub is reached (a map)")]
pub(super) struct GitHub {
    pub(super) app_id: Option<u64>,
    pub(super) private_key: Option<Secret>,
    #[serde(default)]
    pub(super) webhook_secrets: Vec<Secret>,
    pub(super) api_url: Option<String>,
    pub(super) clone_url: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "how commands are run (a map such as {run_as: deploy})")]
pub(super) struct Commands {
    pub(super) run_as: Option<String>,
    pub(super) container: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "what may be reached (a map such as {allow_hosts: [prometheus]})")]
pub(super) struct Outgoing {
    #[serde(default)]
    pub(super) allow_hosts: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "how long things are kept (a map such as {logs: 180d})")]
pub(super) struct Retention {
    pub(super) deliveries: Option<Span>,
    pub(super) logs: Option<Span>,
    pub(super) artifacts: Option<Span>,
}
