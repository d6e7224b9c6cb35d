//! The composition root: opens the parts, wires them, serves, and stops without losing anything.
//!
//! What the process has around it (time, environment, randomness, where lines are printed) comes in as [`Ambient`], so
//! that the tests start exactly this and hold those things in their own hands.

mod offline;
mod reload;

use std::{
    collections::{BTreeMap, HashSet},
    fs::File,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use prometheus_client::registry::Registry;

pub use offline::Offline;
pub use reload::Reloaded;

use crate::{
    domain::{clock::SharedClock, manifest::SecretReference, release::Reason},
    engine::{Bells, Build, Catalogue, Doors, Engine, FromMirrors, Inquiry, Metrics, Parts},
    github::{
        client::{Client, Conversations, Hooks, People},
        git::{Git, Limits, Mirrors},
        signature,
    },
    settings::{Loaded, Settings, Store as Location},
    steps::{
        artifact,
        outgoing::Outgoing,
        process::Supervisor,
        secrets::{Secrets, SystemSecrets},
        workspace::Workspaces,
    },
    store::{self, Journal, Store, artifacts::Artifacts},
    surfaces::{
        OnGitHub, Surface,
        github_answers::GitHubAnswers,
        github_check::{self, GitHubCheck},
        github_deployment::{self, GitHubDeployment},
        pull_request::{self, PullRequestComment},
        text::Text,
    },
    web,
};

/// How long one call of git may take.
const GIT: Duration = Duration::from_mins(5);

/// How much a checkout may hold, and an artifact.
const LARGEST: u64 = 4 << 30;

/// How many files a checkout may hold, and an artifact.
const MOST_FILES: u64 = 500_000;

/// What the process has around it.
pub struct Ambient {
    /// The time.
    pub clock: SharedClock,
    /// The environment as it was when the process started.
    pub environment: BTreeMap<String, String>,
    /// Our own executable: it supervises commands and routes requests in processes of its own.
    pub binary: PathBuf,
    /// A random word of 8 to 64 letters and digits, a new one each time.
    pub random: Arc<dyn Fn() -> String + Send + Sync>,
    /// Where people read.
    pub surfaces: Vec<Arc<dyn Surface>>,
    /// Something that stands between the engine and its steps and journal; for tests of crashes.
    pub between: Between,
}

/// Puts something around a part.
pub type Wrap<T> = Arc<dyn Fn(T) -> T + Send + Sync>;

/// What stands in between. The default is nothing.
#[derive(Clone, Default)]
pub struct Between {
    /// Wraps the making of steps.
    pub build: Option<Wrap<Build>>,
    /// Wraps the executor's door to the store.
    pub journal: Option<Wrap<Arc<dyn Journal>>>,
}

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store cannot be opened.
    #[error("{0}")]
    Store(#[from] store::Error),
    /// Something that is configured cannot be used.
    #[error("{what}: {reason}")]
    Configured {
        /// Which key.
        what: &'static str,
        /// Why.
        reason: String,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: std::io::Error,
    },
}

/// The running server.
pub struct App {
    engine: Engine,
    server: web::Server,
    address: SocketAddr,
    store: Store,
    reloads: reload::Reloads,
    /// Held for as long as the store is used.
    _lock: File,
}

impl App {
    /// Opens everything and begins to serve.
    pub async fn start(loaded: Loaded, ambient: Ambient) -> Result<Self, Error> {
        let settings = &loaded.settings;
        let own = SystemSecrets::new(ambient.environment.clone(), HashSet::new());
        let secrets = webhook_secrets(settings, &own).await?;
        let github = client(settings, &own, &ambient).await?;
        let Location::Sqlite(path) = &settings.store;
        let on_github = settings.github.app.is_some().then_some(ON_GITHUB).into_iter().flatten();
        let surfaces = ambient.surfaces.iter().map(|surface| surface.name()).chain(on_github).collect();
        let config = store::Config { path: path.clone(), surfaces };
        let opened = store::open(config, ambient.clock.clone(), || (ambient.random)()).await?;
        let store = opened.store;
        let token = local_token(settings.data_folder(), &ambient)?;
        let listener = TcpListener::bind(settings.listen).map_err(|error| Error::Listen { address: settings.listen, error })?;
        let address = listener.local_addr().map_err(|error| Error::Listen { address: settings.listen, error })?;
        let bells = Bells::default();
        // In force before anything is looked at: what waits since before would seem to be configured no more, and be closed.
        let catalogue = Catalogue::default();
        catalogue.replace(loaded.configured());
        let metrics = Metrics::default();
        let engine = Engine::start(parts(settings, &ambient, &store, github.as_ref(), (&bells, &catalogue, &metrics))?);
        warn(settings);
        let reloads = reload::Reloads::new(loaded, &catalogue, &bells, &ambient.clock);
        let door = web_parts((secrets, &token), &store, (&bells, &catalogue, &metrics), &reloads, engine.inquiry(), &ambient);
        let server = crate::web::serve(door, listener).map_err(|error| Error::Listen { address, error })?;
        Ok(Self { engine, server, address, store, reloads, _lock: opened.lock })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Completes when nothing is due and nothing is under way.
    pub async fn settled(&self) {
        self.engine.settled().await;
    }

    /// Reads the files again: what they say is in force from then on, all of it or, with a mistake, nothing. None: they
    /// could not be looked at.
    pub async fn reload(&self) -> Option<Reloaded> {
        self.reloads.reload(false).await
    }

    /// The same when they are not as they were looked at last. None: they are.
    pub async fn reload_if_changed(&self) -> Option<Reloaded> {
        self.reloads.reload(true).await
    }

    /// The store, for reading.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Completes when the server has ended by itself, which it never should.
    pub async fn ended(&mut self) -> std::io::Result<()> {
        self.server.ended().await
    }

    /// Stops within `grace`: deliveries are taken until the engine rests, what is under way is handed over.
    pub async fn stop(self, grace: Duration) {
        self.server.drain();
        self.engine.stop(grace).await;
        self.server.stop().await;
        self.store.close().await;
    }
}

fn configured(what: &'static str) -> impl Fn(Reason) -> Error {
    move |reason| Error::Configured { what, reason: reason.to_string() }
}

async fn webhook_secrets(settings: &Settings, own: &SystemSecrets) -> Result<signature::Secrets, Error> {
    let mut values = Vec::new();
    for reference in &settings.github.webhook_secrets {
        let secret = own.read(reference).await.map_err(configured("github.webhook_secrets"))?;
        values.push(secret.expose().to_owned());
    }
    signature::Secrets::new(values).map_err(|error| Error::Configured { what: "github.webhook_secrets", reason: error.to_string() })
}

/// The way to GitHub's API, for a server that has an App.
async fn client(settings: &Settings, own: &SystemSecrets, ambient: &Ambient) -> Result<Option<Client>, Error> {
    let Some(app) = &settings.github.app else { return Ok(None) };
    let key = own.read(&app.private_key).await.map_err(configured("github.private_key"))?;
    let client = Client::new(app.id, key.expose(), &settings.github.api_url, ambient.clock.clone());
    client.map(Some).map_err(|error| Error::Configured { what: "github.private_key", reason: error.to_string() })
}

/// The names of the surfaces on GitHub.
const ON_GITHUB: [&str; 4] = [store::ANSWERS, github_deployment::NAME, github_check::NAME, pull_request::NAME];

/// Where people read on GitHub, for a server that has an App.
fn on_github(settings: &Settings, client: Option<&Client>) -> Vec<Arc<dyn Surface>> {
    let Some(client) = client else { return Vec::new() };
    let github = OnGitHub::new(client.clone(), settings.public_url.clone());
    vec![
        Arc::new(GitHubDeployment::new(github.clone())),
        Arc::new(GitHubCheck::new(github.clone())),
        Arc::new(PullRequestComment::new(github)),
    ]
}

type Shared<'a> = (&'a Bells, &'a Catalogue, &'a Metrics);

fn parts(
    settings: &Settings,
    ambient: &Ambient,
    store: &Store,
    github: Option<&Client>,
    (bells, catalogue, metrics): Shared<'_>,
) -> Result<Parts, Error> {
    let data = std::path::absolute(settings.data_folder())
        .map_err(|error| Error::Configured { what: "store", reason: format!("its folder cannot be named: {error}") })?;
    let path = ambient.environment.get("PATH").cloned().unwrap_or_default();
    let mirrors = Mirrors::new(Git::new("git", path, GIT), &data.join("mirrors"), settings.github.clone_url.clone())
        .map_err(|error| Error::Configured { what: "github.clone_url", reason: error.to_string() })?;
    let processes = Supervisor::new(ambient.binary.clone(), data.join("processes"), settings.run_as.as_deref())
        .map_err(configured("commands.run_as"))?;
    let source = Arc::new(FromMirrors::new(mirrors.clone(), Limits { files: MOST_FILES, bytes: LARGEST }));
    let limits = artifact::Limits { bytes: LARGEST, entries: MOST_FILES };
    let reserved: HashSet<SecretReference> = settings.secrets().into_iter().collect();
    let doors = Doors {
        secrets: Arc::new(SystemSecrets::new(ambient.environment.clone(), reserved)),
        artifacts: Artifacts::open(settings.artifacts.clone())?,
        workspaces: Workspaces::new(data.join("workspaces"), source, processes.user(), limits),
        processes,
        outgoing: Outgoing::new(settings.allow_hosts.clone()).map_err(configured("outgoing.allow_hosts"))?,
        github: github.cloned(),
    };
    let build: Build = Arc::new(crate::steps::build);
    let journal: Arc<dyn Journal> = Arc::new(store.clone());
    let between = ambient.between.clone();
    Ok(Parts {
        store: store.clone(),
        journal: between.journal.map_or_else(|| journal.clone(), |wrap| wrap(journal.clone())),
        clock: ambient.clock.clone(),
        catalogue: catalogue.clone(),
        mirrors,
        build: between.build.map_or_else(|| build.clone(), |wrap| wrap(build.clone())),
        doors,
        people: github.cloned().map(|client| Arc::new(client) as Arc<dyn People>),
        conversations: github.cloned().map(|client| Arc::new(client) as Arc<dyn Conversations>),
        locale: settings.locale,
        hooks: github.cloned().map(|client| Arc::new(client) as Arc<dyn Hooks>),
        answers: github.cloned().map(|client| Arc::new(GitHubAnswers::new(client, Text::for_comments(settings.locale)))),
        surfaces: ambient.surfaces.iter().cloned().chain(on_github(settings, github)).collect(),
        bells: bells.clone(),
        owner: (ambient.random)(),
        metrics: metrics.clone(),
    })
}

/// The door to the outside, with what it needs of the rest.
fn web_parts(
    (secrets, token): (signature::Secrets, &str),
    store: &Store,
    (bells, catalogue, metrics): Shared<'_>,
    reloads: &reload::Reloads,
    inquiry: Inquiry,
    ambient: &Ambient,
) -> web::Parts {
    let mut registry = Registry::default();
    reloads.register(&mut registry);
    metrics.register(&mut registry);
    let own = web::Metrics::default();
    own.register(&mut registry);
    let (ring, environments, story, random) = (bells.arrived.clone(), catalogue.clone(), store.clone(), ambient.random.clone());
    let (clock, applications) = (ambient.clock.clone(), catalogue.clone());
    let links = web::Links {
        ring: Arc::new(move || ring.ring()),
        changes: bells.changed.listen(),
        applications: Arc::new(move || applications.configured().applications.into_values().collect()),
        environments: Arc::new(move || environments.environments()),
        configuration: Arc::new(reloads.told()),
        story: Arc::new(move |id| {
            let (store, now) = (story.clone(), clock.now());
            Box::pin(async move { crate::engine::story(&mut store.read().await?, id, now).await })
        }),
        inquire: Arc::new(move |question, at| {
            let inquiry = inquiry.clone();
            Box::pin(async move { inquiry.simulate(&question, at).await })
        }),
        fresh_id: Arc::new(move || random()),
    };
    web::Parts {
        config: web::Config::default(),
        store: store.clone(),
        inbox: store.inbox(),
        clock: ambient.clock.clone(),
        secrets,
        token: web::Token::new(token),
        metrics: own,
        registry: Arc::new(registry),
        links,
    }
}

/// The token that the terminal on this machine finds by itself: made at the first start, readable by its owner alone.
fn local_token(folder: &Path, ambient: &Ambient) -> Result<String, Error> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let path = folder.join("token");
    let wrong = |error: std::io::Error| Error::Configured { what: "store", reason: format!("{}: {error}", path.display()) };
    match std::fs::read_to_string(&path) {
        Ok(token) if token.trim().len() >= 32 => return Ok(token.trim().to_owned()),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(wrong(error)),
        _ => {}
    }
    let token: String = std::iter::repeat_with(|| (ambient.random)()).take(4).collect();
    let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&path).map_err(wrong)?;
    writeln!(file, "{token}").and_then(|()| file.sync_all()).map_err(wrong)?;
    Ok(token)
}

/// What an operator should know before the first deployment.
fn warn(settings: &Settings) {
    if settings.github.app.is_none() {
        tracing::warn!(
            "github.app_id is not set: deployments work, but nothing is told on GitHub, teams cannot be looked up, and the steps `checks` and `workflow` fail"
        );
    }
    if settings.run_as.is_none() {
        tracing::warn!("commands.run_as is not set: commands of the applications run as this server's own user, so they are trusted");
    }
    for section in settings.not_built_in() {
        tracing::warn!(section, "this part of the configuration is not built into this server yet; it has no effect");
    }
}
