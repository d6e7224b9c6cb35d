//! The server's own file, and the applications' files that it names.
//!
//! Reading files is done here; what they say is for `domain::manifest`. Nothing is resolved: a secret stays a reference.
//!
//! Relative paths: `applications` and `{file: …}` are relative to the folder of the server's file, so that a
//! configuration can be moved as a whole; `store` and `artifacts`, which are data and no configuration, are relative to
//! the working directory.

mod load;
mod members;
mod read;
mod vendors;
pub mod watch;
mod written;

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use indexmap::IndexMap;

pub use load::{Examined, Loaded, Snapshot, Text, everything, examine, files, load, text};
pub use members::Member;
pub use read::{absolute, read, surroundings};

use crate::{
    domain::{
        ids::EnvironmentName,
        manifest::{SecretReference, Surroundings, template::Template, written::document},
    },
    surfaces::text::Locale,
};

/// How many bytes a webhook's secret has at least, once it is resolved; the server does not start with a shorter one.
pub const SHORTEST_WEBHOOK_SECRET: usize = 16;

/// What the server's file says.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The folder of the file, which the paths of `applications` and of secrets are relative to.
    pub folder: PathBuf,
    /// Where the server listens. Default: `127.0.0.1:8080`.
    pub listen: SocketAddr,
    /// How people reach it, without a slash at the end.
    pub public_url: Option<String>,
    /// Where everything durable is. Default: `sqlite:data/botadura.db`.
    pub store: Store,
    /// Patterns of the applications' files. Default: `apps/*.yaml`.
    pub applications: Vec<String>,
    /// GitHub.
    pub github: GitHub,
    /// Roles, with those who have them.
    pub roles: IndexMap<String, Vec<Member>>,
    /// The user that runs the applications' commands; none: the server's own, which it says at start.
    pub run_as: Option<String>,
    /// Hosts at private addresses that requests may reach all the same (`prometheus`, `*.internal`).
    pub allow_hosts: Vec<String>,
    /// The folder of the artifact store. Default: `data/artifacts`.
    pub artifacts: PathBuf,
    /// How long what is over is kept.
    pub retention: Retention,
    /// The language that people read.
    pub locale: Locale,
    /// Slack.
    pub slack: Option<Slack>,
    /// Amazon Web Services.
    pub aws: Option<Aws>,
    /// Kubernetes clusters by name, each with its context in the kubeconfig; none: nothing is said of them.
    pub kubernetes: Option<IndexMap<String, Option<String>>>,
    /// The address of Vercel's API, if the file speaks of it.
    pub vercel: Option<String>,
    /// The address of Render's API, if the file speaks of it.
    pub render: Option<String>,
    /// The address of Firebase Hosting's API, if the file speaks of it.
    pub firebase: Option<String>,
    /// GitHub logins with the ids of their members on Slack.
    pub people: IndexMap<String, String>,
    /// What the own files of repositories (`owner/name`, `owner/*`) may do.
    pub repository_config: IndexMap<String, RepositoryConfig>,
}

/// Where everything durable is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Store {
    /// One file.
    Sqlite(PathBuf),
}

/// How GitHub is reached, and how it proves to be GitHub.
#[derive(Debug, Clone, PartialEq)]
pub struct GitHub {
    /// The App, with its key; none: the server is read-only towards GitHub.
    pub app: Option<App>,
    /// Secrets of which one has signed every webhook; at least one. Each must have `SHORTEST_WEBHOOK_SECRET` bytes.
    pub webhook_secrets: Vec<SecretReference>,
    /// The API's address, without a slash at the end. Default: `https://api.github.com`.
    pub api_url: String,
    /// Where repositories are cloned from, with `{{ repository }}`. Default: `https://github.com/{{ repository }}.git`.
    pub clone_url: Template,
}

/// A GitHub App.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// Its number.
    pub id: u64,
    /// Its key in PEM.
    pub private_key: SecretReference,
}

/// How Slack is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slack {
    /// The bot's token.
    pub bot_token: SecretReference,
    /// What Slack signs its requests with.
    pub signing_secret: Option<SecretReference>,
    /// The token of Socket Mode.
    pub app_token: Option<SecretReference>,
    /// The API's address, without a slash at the end. Default: `https://slack.com/api`.
    pub api_url: String,
}

/// How Amazon Web Services are reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aws {
    /// The region of what names none.
    pub region: Option<String>,
    /// Another address for all services, without a slash at the end.
    pub endpoint_url: Option<String>,
}

/// What a repository's own file may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryConfig {
    /// Environments that it may have.
    pub environments: Vec<EnvironmentName>,
    /// Secrets that it may name.
    pub secrets: Vec<SecretReference>,
}

/// How long what is over is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Deliveries. Default: 90 days.
    pub deliveries: Duration,
    /// The steps' logs. Default: 180 days.
    pub logs: Duration,
    /// Artifacts. Default: 90 days.
    pub artifacts: Duration,
}

impl Settings {
    /// The folder that holds what the server keeps: the store's.
    pub fn data_folder(&self) -> &Path {
        let Store::Sqlite(file) = &self.store;
        file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }

    /// Parts of the file that this server cannot use yet; it says so at start.
    pub fn not_built_in(&self) -> Vec<&'static str> {
        let parts = [
            ("slack", self.slack.is_some()),
            ("aws", self.aws.is_some()),
            ("kubernetes", self.kubernetes.is_some()),
            ("vercel", self.vercel.is_some()),
            ("render", self.render.is_some()),
            ("firebase", self.firebase.is_some()),
            ("people", !self.people.is_empty()),
            ("repository_config", !self.repository_config.is_empty()),
        ];
        parts.into_iter().filter_map(|(part, there)| there.then_some(part)).collect()
    }

    /// Every secret that is the server's own.
    pub fn secrets(&self) -> Vec<SecretReference> {
        let key = self.github.app.iter().map(|app| app.private_key.clone());
        let slack = self.slack.iter().flat_map(|slack| [Some(&slack.bot_token), slack.signing_secret.as_ref(), slack.app_token.as_ref()]);
        key.chain(self.github.webhook_secrets.iter().cloned()).chain(slack.flatten().cloned()).collect()
    }

    /// The keys that differ in `new` and take effect at the next start alone.
    pub fn needs_restart(&self, new: &Self) -> Vec<&'static str> {
        // All fields stand here, so that a new one is decided about. What is left out is read whenever it is used, or by
        // nobody yet.
        let Self {
            folder: _,
            listen,
            public_url,
            store,
            applications: _,
            github,
            roles: _,
            run_as,
            allow_hosts,
            artifacts,
            retention: _,
            locale,
            slack: _,
            aws: _,
            kubernetes: _,
            vercel: _,
            render: _,
            firebase: _,
            people: _,
            repository_config: _,
        } = self;
        let changed = [
            ("listen", *listen != new.listen),
            ("public_url", *public_url != new.public_url),
            ("store", *store != new.store),
            ("artifacts", *artifacts != new.artifacts),
            ("locale", *locale != new.locale),
            ("github", *github != new.github),
            ("commands.run_as", *run_as != new.run_as),
            ("outgoing.allow_hosts", *allow_hosts != new.allow_hosts),
        ];
        changed.into_iter().filter_map(|(key, has_changed)| has_changed.then_some(key)).collect()
    }

    /// What the applications' files must agree with.
    pub fn surroundings(&self) -> Surroundings {
        let roles: BTreeSet<String> = self.roles.keys().cloned().collect();
        let clusters = self.kubernetes.as_ref().map(|clusters| clusters.keys().cloned().collect());
        let people = self.roles.iter().filter_map(|(role, members)| {
            let logins: Option<BTreeSet<String>> = members.iter().map(Member::login).collect();
            Some((role.clone(), logins?))
        });
        Surroundings { roles: Some(roles), people: people.collect(), clusters, reserved: self.secrets(), folder: absolute(&self.folder) }
    }
}

/// The JSON Schema of the server's file.
pub fn schema() -> serde_json::Value {
    document::<written::Settings>("server", "Botadura's own file")
}

#[cfg(test)]
mod tests;
