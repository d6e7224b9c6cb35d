//! From the server's file as it is written to what it means, and to all that is wrong with it.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use indexmap::IndexMap;

use crate::surfaces::text::Locale;

use super::{App, GitHub, Member, Retention, Settings, Store, written};
use crate::domain::manifest::{
    Code, Mistake, Place, SecretReference, Surroundings, duration, secret,
    template::Template,
    written::{Secret, Span},
    yaml::{Document, Gone, Path, Reading},
};

/// Where applications are when the file does not say.
pub(super) const USUAL: &str = "apps/*.yaml";

const DAY: Duration = Duration::from_hours(24);

/// Reads the text of the server's file. `file` is what mistakes call it; its folder is what paths are relative to.
pub fn read(file: &std::path::Path, text: &str) -> Result<Settings, Vec<Mistake>> {
    let document = Document::read(&file.to_string_lossy(), text)?;
    let Reading { typed, mut mistakes, document, gone } = document.typed::<written::Settings>(|_| false);
    let Some(written) = typed else {
        mistakes.sort_by_key(|mistake| mistake.place.map(Place::start));
        return Err(mistakes);
    };
    let folder = file.parent().map(PathBuf::from).unwrap_or_default();
    let mut reader = Reader { document: &document, secrets: absolute(&folder), gone, mistakes };
    let settings = reader.settings(folder, written);
    match settings {
        Some(settings) if reader.mistakes.is_empty() => Ok(settings),
        _ => {
            reader.mistakes.sort_by_key(|mistake| mistake.place.map(Place::start));
            Err(reader.mistakes)
        }
    }
}

/// What applications' files must agree with, of a server's file that has mistakes elsewhere. What it says there is not
/// concluded from: then any may be named.
pub fn surroundings(file: &std::path::Path, text: &str) -> Surroundings {
    let read = Document::read(&file.to_string_lossy(), text).map(|document| document.typed::<written::Settings>(|_| false));
    let Ok(Reading { typed: Some(written), gone, .. }) = read else { return Surroundings::default() };
    let roles = (!gone.is_under("roles")).then(|| written.roles.into_keys().collect());
    let clusters = written.kubernetes.filter(|_| !gone.is_under("kubernetes"));
    Surroundings { roles, clusters: clusters.map(|clusters| clusters.into_keys().collect()), ..Surroundings::default() }
}

/// The folder as it is from everywhere, so that a file has one name whoever names it.
pub fn absolute(folder: &std::path::Path) -> PathBuf {
    let folder = if folder.as_os_str().is_empty() { std::path::Path::new(".") } else { folder };
    folder.canonicalize().or_else(|_| std::path::absolute(folder)).unwrap_or_else(|_| folder.to_owned())
}

fn not_built_in(what: &'static str, name: &str) -> Code {
    Code::NotBuiltIn { what, name: name.to_owned() }
}

/// Collects mistakes; after one it goes on, so that the next one is found too.
pub(super) struct Reader<'a> {
    document: &'a Document,
    /// What relative files of secrets are relative to.
    secrets: PathBuf,
    /// What the file does not say in a usable way.
    gone: Gone,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    fn settings(&mut self, folder: PathBuf, written: written::Settings) -> Option<Settings> {
        let top = Path::default();
        let listen = self.listen(&top.key("listen"), written.listen.as_deref().unwrap_or("127.0.0.1:8080"));
        let public_url = written.public_url.map(|url| self.web_address(&top.key("public_url"), &url));
        let store = self.store(&top.key("store"), written.store.as_deref().unwrap_or("sqlite:data/botadura.db"));
        let locale = match written.locale.as_deref() {
            None => Locale::default(),
            Some(word) => word.parse().unwrap_or_else(|_| {
                self.wrong(&top.key("locale"), Code::Word { text: word.to_owned(), expected: vec!["en", "es"] });
                Locale::default()
            }),
        };
        let applications = written.applications.unwrap_or_else(|| vec![USUAL.to_owned()]);
        for (i, pattern) in applications.iter().enumerate() {
            if pattern.is_empty() || glob::Pattern::new(pattern).is_err() {
                self.form(&top.key("applications").item(i), pattern, "a pattern of files (apps/*.yaml)");
            }
        }
        let github = self.github(&top.key("github"), written.github);
        let roles = self.roles(&top.key("roles"), written.roles);
        let run_as = self.run_as(&top.key("commands"), written.commands);
        let allow_hosts = self.hosts(&top.key("outgoing").key("allow_hosts"), written.outgoing.allow_hosts);
        let artifacts = written.artifacts.unwrap_or_else(|| "data/artifacts".to_owned());
        if artifacts.is_empty() {
            self.form(&top.key("artifacts"), &artifacts, "a folder");
        }
        let retention = self.retention(&top.key("retention"), &written.retention);
        let slack = written.slack.and_then(|slack| self.slack(&top.key("slack"), &slack));
        let aws = written.aws.map(|aws| self.aws(&top.key("aws"), aws));
        let kubernetes = written.kubernetes.map(|clusters| self.clusters(&top.key("kubernetes"), clusters));
        let mut vendor = |key, written: Option<written::Vendor>, usual| {
            written.map(|vendor| self.api_url(&top.key(key), vendor.api_url.as_deref(), usual))
        };
        let vercel = vendor("vercel", written.vercel, "https://api.vercel.com");
        let render = vendor("render", written.render, "https://api.render.com/v1");
        let firebase = vendor("firebase", written.firebase, "https://firebasehosting.googleapis.com");
        let people = self.people(&top.key("people"), written.people);
        let repository_config = self.repository_config(&top.key("repository_config"), written.repository_config);
        Some(Settings {
            folder,
            listen: listen?,
            public_url,
            store: store?,
            applications,
            github: github?,
            roles,
            run_as,
            allow_hosts,
            artifacts: artifacts.into(),
            retention,
            locale,
            slack,
            aws,
            kubernetes,
            vercel,
            render,
            firebase,
            people,
            repository_config,
        })
    }

    pub(super) fn wrong(&mut self, path: &Path, code: Code) {
        if !code.may_come_of(path, &self.gone) {
            self.mistakes.push(self.document.mistake(path, code));
        }
    }

    pub(super) fn wrong_key(&mut self, path: &Path, code: Code) {
        if !code.may_come_of(path, &self.gone) {
            self.mistakes.push(self.document.mistake_in_key(path, code));
        }
    }

    pub(super) fn form(&mut self, path: &Path, text: &str, wanted: &'static str) {
        self.wrong(path, Code::Form { text: text.to_owned(), wanted });
    }

    fn listen(&mut self, path: &Path, text: &str) -> Option<SocketAddr> {
        let address = text.parse().ok();
        if address.is_none() {
            self.form(path, text, "an address and a port (0.0.0.0:8080)");
        }
        address
    }

    pub(super) fn web_address(&mut self, path: &Path, text: &str) -> String {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
        if rest.is_empty()
            || rest.starts_with('/')
            || rest.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '?' | '#'))
        {
            self.form(path, text, "an address (https://deploy.example.com)");
        }
        text.trim_end_matches('/').to_owned()
    }

    fn store(&mut self, path: &Path, text: &str) -> Option<Store> {
        match text.split_once(':') {
            Some(("sqlite", file)) if !file.is_empty() && !file.ends_with('/') => return Some(Store::Sqlite(file.into())),
            Some(("postgres" | "postgresql", _)) => {
                self.wrong(path, not_built_in("store", "postgres"));
            }
            // A store's address may hold a password, so it is not told.
            _ => self.form(path, "…", "a store (sqlite:data/botadura.db)"),
        }
        None
    }

    fn github(&mut self, path: &Path, written: written::GitHub) -> Option<GitHub> {
        let private_key = written.private_key.as_ref().and_then(|key| self.secret(&path.key("private_key"), key));
        if written.app_id.is_some() != written.private_key.is_some() {
            let missing = if written.app_id.is_some() { "private_key" } else { "app_id" };
            self.wrong(path, Code::MissingKey(missing.to_owned()));
        }
        let at = path.key("webhook_secrets");
        if written.webhook_secrets.is_empty() {
            let code = Code::Nothing(
                "without a secret nobody could tell GitHub's webhooks from forged ones; name one (webhook_secrets: [{ env: GITHUB_WEBHOOK_SECRET }])",
            );
            self.wrong(&at, code);
        }
        let secrets = written.webhook_secrets.iter().enumerate();
        let webhook_secrets = secrets.filter_map(|(i, secret)| self.secret(&at.item(i), secret)).collect();
        let api_url = self.api_url(path, written.api_url.as_deref(), "https://api.github.com");
        let clone_url = written.clone_url.unwrap_or_else(|| "https://github.com/{{ repository }}.git".to_owned());
        let clone_url = self.clone_url(&path.key("clone_url"), &clone_url);
        let app = written.app_id.zip(private_key).map(|(id, private_key)| App { id, private_key });
        Some(GitHub { app, webhook_secrets, api_url, clone_url: clone_url? })
    }

    fn clone_url(&mut self, path: &Path, text: &str) -> Option<Template> {
        let template: Template = match text.parse() {
            Ok(template) => template,
            Err(error) => {
                self.wrong(path, Code::Template(error));
                return None;
            }
        };
        let begins_well = ["https://", "http://", "ssh://", "file:///"].iter().any(|start| text.starts_with(start));
        let names: Vec<&str> = template.names().map(|(name, _)| name).collect();
        if !begins_well || names.is_empty() || names.iter().any(|name| *name != "repository") {
            self.form(path, text, "where repositories are cloned from (https://github.com/{{ repository }}.git)");
        }
        Some(template)
    }

    pub(super) fn secret(&mut self, path: &Path, written: &Secret) -> Option<SecretReference> {
        let read = secret(written, &self.secrets).and_then(|reference| match reference {
            // The server would need them before it could ask for them.
            SecretReference::AwsSecret(_) => Err((Some("aws_secret"), not_built_in("secret reference", "aws_secret"))),
            SecretReference::AwsParameter(_) => Err((Some("aws_parameter"), not_built_in("secret reference", "aws_parameter"))),
            reference => Ok(reference),
        });
        read.map_err(|(key, code)| self.wrong(&key.map_or_else(|| path.clone(), |key| path.key(key)), code)).ok()
    }

    fn roles(&mut self, path: &Path, written: IndexMap<String, Vec<String>>) -> IndexMap<String, Vec<Member>> {
        let mut roles = IndexMap::new();
        for (name, members) in written {
            let path = path.key(&name);
            if members.is_empty() {
                self.wrong(&path, Code::Nothing("name who has the role, or leave it out"));
            }
            let mut meant = Vec::new();
            for (i, member) in members.iter().enumerate() {
                match member.parse() {
                    Ok(member) => meant.push(member),
                    Err(error) => self.wrong(&path.item(i), Code::Name(error)),
                }
            }
            roles.insert(name, meant);
        }
        roles
    }

    fn run_as(&mut self, path: &Path, written: written::Commands) -> Option<String> {
        // Not a warning: commands that should be contained must not run uncontained.
        if let Some(container) = &written.container {
            if !matches!(container.engine.as_str(), "podman" | "docker") {
                let code = Code::Word { text: container.engine.clone(), expected: vec!["podman", "docker"] };
                self.wrong(&path.key("container").key("engine"), code);
            }
            if container.image.is_empty() || container.image.starts_with('-') {
                self.form(&path.key("container").key("image"), &container.image, "an image (ubuntu:24.04)");
            }
            self.wrong_key(&path.key("container"), not_built_in("key", "container"));
        }
        if let Some(user) = &written.run_as {
            let is_user = user.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && user.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
            if !is_user || user == "root" {
                self.form(&path.key("run_as"), user, "a user's name (not root)");
            }
        }
        written.run_as
    }

    fn hosts(&mut self, path: &Path, hosts: Vec<String>) -> Vec<String> {
        for (i, host) in hosts.iter().enumerate() {
            let name = host.strip_prefix("*.").unwrap_or(host);
            let is_host = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':'));
            if !is_host {
                self.form(&path.item(i), host, "a host (prometheus, 10.0.0.5, *.internal)");
            }
        }
        hosts
    }

    fn retention(&mut self, path: &Path, written: &written::Retention) -> Retention {
        let mut read = |key, span: &Option<Span>, days| match span.as_ref().map(|span| duration::parse(&span.0)) {
            None => days * DAY,
            Some(Ok(Duration::ZERO)) => {
                self.wrong(&path.key(key), Code::Zero);
                DAY
            }
            Some(Ok(duration)) => duration,
            Some(Err(error)) => {
                self.wrong(&path.key(key), Code::Duration(error));
                DAY
            }
        };
        Retention {
            deliveries: read("deliveries", &written.deliveries, 90),
            logs: read("logs", &written.logs, 180),
            artifacts: read("artifacts", &written.artifacts, 90),
        }
    }
}
