//! An application's file exactly as it is written: which keys there are and of which type their values are, nothing of
//! what they mean. `check` turns this into the model.
//!
//! The comments on the keys are what an editor shows for them: the JSON Schema is made of these types.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

mod actions;
mod environment;
mod kinds;
mod schema;
mod short;
mod signals;
mod step;

pub(crate) use actions::*;
pub(crate) use environment::*;
pub(crate) use kinds::*;
pub(crate) use schema::{document, exactly_one};
pub(crate) use short::*;
pub(crate) use signals::*;
pub(crate) use step::*;

/// An application that Botadura deploys. Its name is the file's.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an application (a map)")]
pub(crate) struct Application {
    /// The repository on GitHub that reaches this application, and the only one: `owner/name`.
    pub(crate) repository: String,
    /// Only what changes something here counts: a version that differs from what runs in none of these paths deploys
    /// nothing. Patterns as in GitHub Actions; `!` excludes.
    pub(crate) paths: Option<Several>,
    /// The Slack channel in which people read about it: `"#deploys"`.
    pub(crate) slack: Option<String>,
    /// The language in which people read about it; the server's when absent.
    #[schemars(extend("enum" = ["en", "es"]))]
    pub(crate) locale: Option<String>,
    /// Where versions run, by name.
    #[schemars(extend("minProperties" = 1))]
    pub(crate) environments: IndexMap<String, Environment>,
    /// What a deployment does, in this order.
    #[schemars(length(min = 1))]
    pub(crate) steps: Vec<Entry>,
    /// The time after the steps in which signals may still roll a deployment back: for all environments without their own.
    pub(crate) watch: Option<Watch>,
    /// Figures about the running application, by the names that rules use.
    #[serde(default)]
    pub(crate) metrics: IndexMap<String, Metric>,
    /// Work that brings no version (`/run NAME`), by name.
    #[serde(default)]
    pub(crate) runbooks: IndexMap<String, Runbook>,
    /// Who is called when a person is needed.
    #[serde(default)]
    pub(crate) contacts: Vec<Contact>,
    /// Where to look when a person is needed: addresses, by name, with templates.
    #[serde(default)]
    pub(crate) links: IndexMap<String, String>,
}

/// Work that brings no version, with the same steps, gates and records.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a runbook (a map)")]
pub(crate) struct Runbook {
    /// The environment whose variables, slot and locks it has.
    pub(crate) environment: String,
    /// Roles that may run it; the environment's when absent.
    #[serde(default)]
    pub(crate) deployers: Vec<String>,
    /// Who must agree first.
    pub(crate) approvals: Option<Approvals>,
    /// When it runs by itself: `[{ schedule: "0 4 1 * *", zone: America/Mexico_City }]`.
    #[serde(default)]
    pub(crate) on: Vec<RunbookTrigger>,
    /// It does not take the environment's slot, and so may run beside a deployment.
    #[serde(default)]
    pub(crate) concurrent: bool,
    /// The branch, tag or commit that its steps work on; without it they have no version and an empty workspace.
    #[serde(rename = "ref")]
    pub(crate) reference: Option<String>,
    /// What it does, in this order.
    #[schemars(length(min = 1))]
    pub(crate) steps: Vec<Entry>,
}

/// When a runbook runs by itself.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "when it runs (a map such as {schedule: \"0 4 1 * *\", zone: America/Mexico_City})")]
pub(crate) struct RunbookTrigger {
    /// A time as crontab writes it: minute, hour, day, month, weekday.
    pub(crate) schedule: String,
    /// The zone on whose clock that is read; UTC when absent.
    pub(crate) zone: Option<String>,
}

/// Somebody who is called.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a contact (a map such as {name: On call, slack: \"@oncall\"})")]
pub(crate) struct Contact {
    /// Their name.
    pub(crate) name: String,
    /// Their role, of the server's file.
    pub(crate) role: Option<String>,
    /// Where they are on Slack: `"@name"` or `"#channel"`.
    pub(crate) slack: Option<String>,
    /// Their address.
    pub(crate) email: Option<String>,
}
