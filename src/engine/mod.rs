//! The order of things; nothing of vendors.
//!
//! Six kinds of worker share the store and nothing else: *intake* turns deliveries into proposals and requests into
//! deeds, the *gatekeeper* lets proposals into their environment's slot, the *executor* advances deployments, a
//! *teller* keeps each surface up to date, the *calendar* answers what comes by its time, and *reconcile* looks after what
//! nobody asked about. Each takes no input but the store, so a restart is the normal path.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        clock::SharedClock,
        ids::{ApplicationName, EnvironmentId, EnvironmentName},
        manifest::{Application, Step as Manifest},
        release::Reason,
    },
    github::{
        client::{Conversations, Hooks, People},
        git::Mirrors,
    },
    steps::{Scope, Step},
    store::{Journal, Store},
    surfaces::{Surface, github_answers::GitHubAnswers, text::Locale},
};

mod afterwards;
mod answerer;
mod begin;
mod calendar;
mod conversation;
mod doors;
mod executor;
mod finish;
mod gatekeeper;
mod gathered;
mod inquiry;
mod intake;
mod metrics;
mod missed;
mod people;
mod pressed;
mod previews;
mod reconcile;
mod requests;
mod seen;
mod shown;
mod spoken;
mod teller;
mod told;
mod trouble;
mod versions;
mod wanted;
mod worker;

pub use doors::{Doors, FromMirrors};
pub use inquiry::Inquiry;
pub use metrics::Metrics;
pub use teller::story;
pub use worker::{Bell, Bells};

/// Makes a step of what the manifest says: the built-in kinds, or in a test something that stands in between.
pub type Build = Arc<dyn Fn(&Manifest, &Scope) -> Result<Box<dyn Step>, Reason> + Send + Sync>;

/// What the engine is made of. Cheap to clone.
#[derive(Clone)]
pub struct Parts {
    /// Everything durable.
    pub store: Store,
    /// The executor's door to it.
    pub journal: Arc<dyn Journal>,
    /// The time.
    pub clock: SharedClock,
    /// The applications' files.
    pub catalogue: Catalogue,
    /// The repositories.
    pub mirrors: Mirrors,
    /// The kinds of step.
    pub build: Build,
    /// What steps reach the outside through.
    pub doors: Doors,
    /// Who may do what on GitHub; none without an App.
    pub people: Option<Arc<dyn People>>,
    /// Where comments and pull requests are read; none without an App.
    pub conversations: Option<Arc<dyn Conversations>>,
    /// Where people read.
    pub surfaces: Vec<Arc<dyn Surface>>,
    /// The language in which people are spoken to where an application does not say.
    pub locale: Locale,
    /// Which deliveries did not arrive; none without an App.
    pub hooks: Option<Arc<dyn Hooks>>,
    /// Where comments are answered; none without an App.
    pub answers: Option<Arc<GitHubAnswers>>,
    /// Wake the workers.
    pub bells: Bells,
    /// This process, in claims.
    pub owner: String,
    /// What is counted.
    pub metrics: Metrics,
}

/// The applications and roles that are in force. Cheap to clone; what is replaced is replaced for everybody.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    inner: Arc<std::sync::RwLock<Configured>>,
    /// How often it was replaced.
    generation: Arc<AtomicU64>,
}

/// What the files say.
#[derive(Debug, Clone, Default)]
pub struct Configured {
    /// By name.
    pub applications: BTreeMap<ApplicationName, Arc<Application>>,
    /// Each role's members, as the server's file writes them: `user:login`, `team:org/team`.
    pub roles: BTreeMap<String, Vec<String>>,
}

impl Catalogue {
    /// These files are in force from now on.
    pub fn replace(&self, configured: Configured) {
        *self.inner.write().unwrap_or_else(std::sync::PoisonError::into_inner) = configured;
        self.generation.fetch_add(1, Ordering::SeqCst);
    }

    /// How often it was replaced: whoever knows an older number has decided by what is not in force any more.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    /// What is in force.
    pub fn configured(&self) -> Configured {
        self.inner.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// One application.
    pub fn application(&self, name: &ApplicationName) -> Option<Arc<Application>> {
        self.inner.read().unwrap_or_else(std::sync::PoisonError::into_inner).applications.get(name).cloned()
    }

    /// Every environment of every application, in their files' order.
    pub fn environments(&self) -> Vec<EnvironmentId> {
        let configured = self.configured();
        let of = |application: &Arc<Application>| {
            let id = |name: &EnvironmentName| EnvironmentId::new(application.name.clone(), name.clone());
            application.environments.keys().map(id).collect::<Vec<_>>()
        };
        configured.applications.values().flat_map(of).collect()
    }
}

/// What every worker knows.
struct Core {
    parts: Parts,
    /// Who is in which team.
    teams: people::Teams,
    /// Cancelled when no new turn may begin.
    stop: CancellationToken,
    /// Cancelled when calls under way must end at once, and leave what they started.
    detach: CancellationToken,
    /// What stands for the repositories; none: they are asked.
    told: Option<Arc<versions::Told>>,
}

impl Core {
    /// With what stands for the repositories; none: they are asked.
    fn new(parts: Parts, told: Option<versions::Told>) -> Self {
        Self {
            parts,
            teams: people::Teams::default(),
            stop: CancellationToken::new(),
            detach: CancellationToken::new(),
            told: told.map(Arc::new),
        }
    }
}

/// The running engine.
pub struct Engine {
    core: Arc<Core>,
    rests: Vec<worker::Rest>,
    handles: Vec<JoinHandle<()>>,
}

impl Engine {
    /// Starts the workers.
    pub fn start(parts: Parts) -> Self {
        debug_assert!(parts.catalogue.generation() > 0, "files are in force before anything is looked at");
        let surfaces = parts.surfaces.clone();
        let core = Arc::new(Core::new(parts, None));
        let mut workers: Vec<Arc<dyn worker::Worker>> = vec![
            Arc::new(intake::Intake::new(core.clone(), "github")),
            Arc::new(intake::Intake::new(core.clone(), "api")),
            Arc::new(intake::Intake::new(core.clone(), "comment")),
            Arc::new(gatekeeper::Gatekeeper::new(core.clone())),
            Arc::new(executor::Executor::new(core.clone())),
            Arc::new(reconcile::Reconcile::new(core.clone())),
            Arc::new(calendar::Calendar::new(core.clone())),
        ];
        if let Some(answers) = core.parts.answers.clone() {
            workers.push(Arc::new(answerer::Answerer::new(core.clone(), answers)));
        }
        if let Some(hooks) = core.parts.hooks.clone() {
            workers.push(Arc::new(missed::CatchUp::new(core.clone(), hooks)));
        }
        for surface in surfaces {
            workers.push(Arc::new(teller::Teller::new(core.clone(), surface)));
        }
        let started =
            workers.into_iter().map(|worker| worker::start(worker, &core.parts.bells, core.parts.clock.clone(), core.stop.clone()));
        let (rests, handles) = started.unzip();
        Self { core, rests, handles }
    }

    /// Whoever can be asked about this engine.
    pub fn inquiry(&self) -> Inquiry {
        Inquiry::of(&self.core)
    }

    /// Completes when nothing is due and nothing is under way.
    pub async fn settled(&self) {
        worker::settled(&self.core.parts.bells.changed, &self.rests).await;
    }

    /// Stops within `grace` (in real time): nothing new is begun, calls under way may end for half of it and are then
    /// left to the next server, which finds what they started.
    pub async fn stop(self, grace: Duration) {
        self.core.stop.cancel();
        let detach = self.core.detach.clone();
        let all = futures::future::join_all(self.handles);
        tokio::pin!(all);
        if tokio::time::timeout(grace / 2, &mut all).await.is_err() {
            detach.cancel();
            if tokio::time::timeout(grace / 2, &mut all).await.is_err() {
                tracing::warn!("some calls did not end in time; they are taken up again at the next start");
            }
        }
    }
}
