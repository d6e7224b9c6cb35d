//! The server's file exactly as it is written. The comments on the keys are what an editor shows for them.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::domain::manifest::written::{Secret, Span};

/// Botadura's own file. Every key but `github` has a default.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "the server's settings (a map)")]
pub(super) struct Settings {
    /// Where the server listens; `127.0.0.1:8080` when absent.
    pub(super) listen: Option<String>,
    /// How people reach it; links in messages begin with this.
    pub(super) public_url: Option<String>,
    /// Where everything durable is; `sqlite:data/botadura.db` when absent.
    pub(super) store: Option<String>,
    /// The language that people read, where an application does not say otherwise; `en` when absent.
    #[schemars(extend("enum" = ["en", "es"]))]
    pub(super) locale: Option<String>,
    /// The applications' files, relative to this one; `["apps/*.yaml"]` when absent.
    pub(super) applications: Option<Vec<String>>,
    /// How GitHub is reached, and how it proves to be GitHub.
    pub(super) github: GitHub,
    /// Roles that the applications' deployers and approvals use: names, each with `user:LOGIN` and `team:ORGANISATION/TEAM`.
    #[serde(default)]
    pub(super) roles: IndexMap<String, Vec<String>>,
    /// Who runs the applications' commands.
    #[serde(default)]
    pub(super) commands: Commands,
    /// What requests may reach.
    #[serde(default)]
    pub(super) outgoing: Outgoing,
    /// The folder of what steps produce and keep; `data/artifacts` when absent.
    pub(super) artifacts: Option<String>,
    /// How long what is over is kept.
    #[serde(default)]
    pub(super) retention: Retention,
    /// How Slack is reached.
    pub(super) slack: Option<Slack>,
    /// How Amazon Web Services are reached. The credentials are found as the AWS tools find them.
    pub(super) aws: Option<Aws>,
    /// Kubernetes clusters, by the names that steps use; a step without one means `default`.
    pub(super) kubernetes: Option<IndexMap<String, Cluster>>,
    /// How Vercel is reached.
    pub(super) vercel: Option<Vendor>,
    /// How Render is reached.
    pub(super) render: Option<Vendor>,
    /// How Firebase Hosting is reached.
    pub(super) firebase: Option<Vendor>,
    /// GitHub logins with their Slack members' ids, where sign-in has not linked them.
    #[serde(default)]
    pub(super) people: IndexMap<String, String>,
    /// Repositories (`owner/name`, or `owner/*`) that may bring `.github/botadura.yaml`, from their default branch only.
    #[serde(default)]
    pub(super) repository_config: IndexMap<String, RepositoryConfig>,
}

/// How GitHub is reached, and how it proves to be GitHub.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "how GitHub is reached (a map)")]
pub(super) struct GitHub {
    /// The number of the GitHub App that the server acts as.
    pub(super) app_id: Option<u64>,
    /// The App's key in PEM.
    pub(super) private_key: Option<Secret>,
    /// Secrets of which one has signed every webhook; several while one is being rotated.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(super) webhook_secrets: Vec<Secret>,
    /// The API's address; `https://api.github.com` when absent. GitHub Enterprise Server: `https://HOST/api/v3`.
    pub(super) api_url: Option<String>,
    /// Where repositories are cloned from; `https://github.com/{{ repository }}.git` when absent.
    pub(super) clone_url: Option<String>,
}

/// How Slack is reached: by Socket Mode (`app_token`) or by signed HTTP (`signing_secret`).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "how Slack is reached (a map)")]
pub(super) struct Slack {
    /// The bot's token.
    pub(super) bot_token: Secret,
    /// What Slack signs its requests with.
    pub(super) signing_secret: Option<Secret>,
    /// The App's token for Socket Mode; signed HTTP at `/webhooks/slack` when absent.
    pub(super) app_token: Option<Secret>,
    /// The API's address; `https://slack.com/api` when absent.
    pub(super) api_url: Option<String>,
}

/// How Amazon Web Services are reached.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "how AWS is reached (a map such as {region: us-east-1})")]
pub(super) struct Aws {
    /// The region of what names none.
    pub(super) region: Option<String>,
    /// Another address for all services, as in the AWS tools.
    pub(super) endpoint_url: Option<String>,
}

/// A Kubernetes cluster.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a cluster (a map such as {context: production})")]
pub(super) struct Cluster {
    /// The context in the kubeconfig; its current one, or the service account within a cluster, when absent.
    pub(super) context: Option<String>,
}

/// How a vendor is reached.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "how it is reached (a map such as {api_url: https://…})")]
pub(super) struct Vendor {
    /// The API's address; the vendor's own when absent.
    pub(super) api_url: Option<String>,
}

/// What a repository's own file may do.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "what it may do (a map such as {environments: [preview], secrets: []})")]
pub(super) struct RepositoryConfig {
    /// Environments that it may have.
    pub(super) environments: Vec<String>,
    /// Secrets that it may name.
    #[serde(default)]
    pub(super) secrets: Vec<Secret>,
}

/// Who runs the applications' commands.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "how commands are run (a map such as {run_as: deploy})")]
#[schemars(transform = not_both)]
pub(super) struct Commands {
    /// The user that runs them; the server's own when absent, so that they are trusted.
    pub(super) run_as: Option<String>,
    /// The container in which they are run.
    pub(super) container: Option<Container>,
}

/// The container in which commands are run.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a container (a map such as {engine: podman, image: …})")]
pub(super) struct Container {
    /// What runs it.
    #[schemars(extend("enum" = ["podman", "docker"]))]
    pub(super) engine: String,
    /// What it is made of.
    pub(super) image: String,
}

/// What requests may reach.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "what may be reached (a map such as {allow_hosts: [prometheus]})")]
pub(super) struct Outgoing {
    /// Hosts at private addresses that may be reached all the same: `prometheus`, `10.0.0.5`, `*.internal`.
    #[serde(default)]
    pub(super) allow_hosts: Vec<String>,
}

/// How long what is over is kept.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "how long things are kept (a map such as {logs: 180d})")]
pub(super) struct Retention {
    /// Deliveries; 90d when absent.
    pub(super) deliveries: Option<Span>,
    /// What steps printed; 180d when absent.
    pub(super) logs: Option<Span>,
    /// What steps produced and kept; 90d when absent.
    pub(super) artifacts: Option<Span>,
}

/// Commands are run by a user or in a container.
fn not_both(schema: &mut schemars::Schema) {
    schema.insert("not".to_owned(), serde_json::json!({ "required": ["run_as", "container"] }));
}
