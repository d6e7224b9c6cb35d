//! The parts of the server's file that say how vendors are reached, and who people are there.

use indexmap::IndexMap;

use super::{Aws, RepositoryConfig, Slack, read::Reader, written};
use crate::domain::{
    ids::{EnvironmentName, RepositoryName},
    manifest::{Code, yaml::Path},
};

impl Reader<'_> {
    pub(super) fn slack(&mut self, path: &Path, written: &written::Slack) -> Option<Slack> {
        if written.signing_secret.is_none() && written.app_token.is_none() {
            let of = &["signing_secret", "app_token"];
            self.wrong(path, Code::OneOf { of });
        }
        let bot_token = self.secret(&path.key("bot_token"), &written.bot_token);
        let mut optional = |key, secret: &Option<_>| secret.as_ref().and_then(|secret| self.secret(&path.key(key), secret));
        let signing_secret = optional("signing_secret", &written.signing_secret);
        let app_token = optional("app_token", &written.app_token);
        let api_url = self.api_url(path, written.api_url.as_deref(), "https://slack.com/api");
        Some(Slack { bot_token: bot_token?, signing_secret, app_token, api_url })
    }

    pub(super) fn aws(&mut self, path: &Path, written: written::Aws) -> Aws {
        if let Some(region) = &written.region {
            let is_region =
                region.split('-').count() >= 3 && region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            if !is_region || region.starts_with('-') {
                self.form(&path.key("region"), region, "a region (us-east-1)");
            }
        }
        let endpoint_url = written.endpoint_url.map(|url| self.web_address(&path.key("endpoint_url"), &url));
        Aws { region: written.region, endpoint_url }
    }

    /// Clusters, each with its context in the kubeconfig.
    pub(super) fn clusters(&mut self, path: &Path, written: IndexMap<String, written::Cluster>) -> IndexMap<String, Option<String>> {
        let mut clusters = IndexMap::new();
        for (name, cluster) in written {
            let path = path.key(&name);
            if name.is_empty() || name.starts_with('-') || name.contains(|c: char| c.is_whitespace() || c.is_control()) {
                self.wrong_key(&path, Code::Form { text: name.clone(), wanted: "a cluster's name (no spaces, no '-' first)" });
            }
            if let Some(context) = &cluster.context
                && (context.is_empty() || context.starts_with('-') || context.contains(|c: char| c.is_control()))
            {
                self.form(&path.key("context"), context, "a context of the kubeconfig");
            }
            clusters.insert(name, cluster.context);
        }
        clusters
    }

    pub(super) fn api_url(&mut self, path: &Path, written: Option<&str>, usual: &str) -> String {
        self.web_address(&path.key("api_url"), written.unwrap_or(usual))
    }

    /// GitHub logins with Slack's ids.
    pub(super) fn people(&mut self, path: &Path, written: IndexMap<String, String>) -> IndexMap<String, String> {
        for (login, member) in &written {
            let is_login = login.starts_with(|c: char| c.is_ascii_alphanumeric())
                && login.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
            if !is_login {
                self.wrong_key(&path.key(login), Code::Form { text: login.clone(), wanted: "a login of GitHub" });
            }
            let is_member =
                member.len() >= 9 && member.starts_with(['U', 'W']) && member.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
            if !is_member {
                self.form(&path.key(login), member, "the id of a member on Slack (U012ABCDEF)");
            }
        }
        written
    }

    pub(super) fn repository_config(
        &mut self,
        path: &Path,
        written: IndexMap<String, written::RepositoryConfig>,
    ) -> IndexMap<String, RepositoryConfig> {
        let mut repositories = IndexMap::new();
        for (name, config) in written {
            let path = path.key(&name);
            let example = name.strip_suffix("/*").map_or_else(|| name.clone(), |owner| format!("{owner}/any"));
            if example.parse::<RepositoryName>().is_err() {
                self.wrong_key(
                    &path,
                    Code::Form { text: name.clone(), wanted: "a repository (owner/name), or all of an owner's (owner/*)" },
                );
            }
            if config.environments.is_empty() {
                self.wrong(&path.key("environments"), Code::Nothing("name an environment, or leave the repository out"));
            }
            let mut environments: Vec<EnvironmentName> = Vec::new();
            for (i, name) in config.environments.iter().enumerate() {
                match name.parse() {
                    Ok(name) => environments.push(name),
                    Err(error) => self.wrong(&path.key("environments").item(i), Code::Name(error)),
                }
            }
            let secrets = config.secrets.iter().enumerate();
            let secrets = secrets.filter_map(|(i, secret)| self.secret(&path.key("secrets").item(i), secret)).collect();
            repositories.insert(name, RepositoryConfig { environments, secrets });
        }
        repositories
    }
}
