//! Files that change while the server runs: what they say is in force at once, all of it or nothing.
//!
//! Deployments under way do not notice: they carry out the plan that they began with. What waits is looked at again.

use std::{
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
};

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use crate::{
    domain::{clock::SharedClock, manifest::Mistake},
    engine::{Bells, Catalogue},
    settings::{Loaded, Settings, Snapshot},
    web::api::{Configuration, Refused},
};

/// What became of a reload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reloaded {
    /// What stands on the disk is in force, but for what needs a restart.
    InForce,
    /// It holds mistakes: what was in force stays so.
    Refused,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Result {
    result: &'static str,
}

/// What is counted of reloads. Cheap to clone.
#[derive(Debug, Clone, Default)]
struct Counted {
    reloads: Family<Result, Counter>,
    current: Gauge,
}

/// What is in force, and what was last found on the disk.
#[derive(Debug)]
struct State {
    told: Configuration,
    /// The digest of what was looked at last, right or wrong.
    seen: String,
}

/// Reads the files again.
pub(super) struct Reloads {
    path: PathBuf,
    /// What the server was started with; what cannot change without a restart is still so.
    started: Settings,
    catalogue: Catalogue,
    bells: Bells,
    clock: SharedClock,
    counted: Counted,
    state: Arc<RwLock<State>>,
    /// One at a time.
    turn: tokio::sync::Mutex<()>,
}

impl Reloads {
    /// With the files that the server starts with, which are in force from now on.
    pub(super) fn new(loaded: Loaded, catalogue: &Catalogue, bells: &Bells, clock: &SharedClock) -> Self {
        warn(&loaded);
        let told = Configuration { loaded_at: clock.now(), in_force_digest: loaded.digest.clone(), needs_restart: Vec::new(), error: None };
        let counted = Counted::default();
        counted.current.set(1);
        Self {
            path: loaded.path,
            started: loaded.settings,
            catalogue: catalogue.clone(),
            bells: bells.clone(),
            clock: clock.clone(),
            counted,
            state: Arc::new(RwLock::new(State { told, seen: loaded.digest })),
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// The same metrics, listed for `/metrics`.
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("botadura_configuration_reloads", "Times that the files were read again", self.counted.reloads.clone());
        registry.register("botadura_configuration_current", "1: what stands on the disk is in force", self.counted.current.clone());
    }

    /// What is in force, whenever it is asked.
    pub(super) fn told(&self) -> impl Fn() -> Configuration + Send + Sync + 'static {
        let state = self.state.clone();
        move || state.read().unwrap_or_else(PoisonError::into_inner).told.clone()
    }

    /// Reads the files again. With `only_if_changed`, nothing happens when they are as they were looked at last.
    pub(super) async fn reload(&self, only_if_changed: bool) -> Option<Reloaded> {
        let _turn = self.turn.lock().await;
        let path = self.path.clone();
        let snapshot = tokio::task::spawn_blocking(move || Snapshot::take(&path)).await;
        let snapshot = snapshot.map_err(|error| tracing::error!(%error, "the files were not read again")).ok()?;
        let digest = snapshot.digest().to_owned();
        if only_if_changed && self.state.read().unwrap_or_else(PoisonError::into_inner).seen == digest {
            return None;
        }
        let reloaded = match snapshot.load() {
            Ok(loaded) => self.in_force(&loaded),
            Err(mistakes) => self.refused(&mistakes),
        };
        self.state.write().unwrap_or_else(PoisonError::into_inner).seen = digest;
        Some(reloaded)
    }

    fn in_force(&self, loaded: &Loaded) -> Reloaded {
        self.catalogue.replace(loaded.configured());
        warn(loaded);
        let needs_restart = self.started.needs_restart(&loaded.settings);
        for key in &needs_restart {
            tracing::warn!(key, "this has changed and needs a restart; until then it stays as it was when the server started");
        }
        tracing::info!(applications = loaded.applications.len(), digest = loaded.digest, "the files were read again and are in force");
        self.note("ok", needs_restart.is_empty(), |told| {
            *told = Configuration {
                loaded_at: self.clock.now(),
                in_force_digest: loaded.digest.clone(),
                needs_restart: needs_restart.iter().map(ToString::to_string).collect(),
                error: None,
            };
        });
        // Whoever rests sees that another configuration is in force, and has what waits looked at.
        self.bells.changed.ring();
        Reloaded::InForce
    }

    fn refused(&self, mistakes: &[Mistake]) -> Reloaded {
        for mistake in mistakes {
            tracing::error!(file = mistake.file, %mistake, "the files hold a mistake; what was in force stays so");
        }
        let mistakes = mistakes.iter().map(Mistake::diagnostic).collect();
        self.note("refused", false, |told| told.error = Some(Refused { at: self.clock.now(), mistakes }));
        Reloaded::Refused
    }

    fn note(&self, result: &'static str, is_current: bool, change: impl FnOnce(&mut Configuration)) {
        change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner).told);
        self.counted.reloads.get_or_create(&Result { result }).inc();
        self.counted.current.set(is_current.into());
    }
}

/// What an operator should know of these files.
fn warn(loaded: &Loaded) {
    for warning in &loaded.warnings {
        tracing::warn!(file = warning.file, %warning, "the files hold something odd");
    }
    if loaded.applications.is_empty() {
        tracing::warn!(patterns = ?loaded.settings.applications, "no application is configured: no file is where `applications` looks");
    }
    for (_, application) in &loaded.applications {
        let (name, missing) = (&application.name, application.not_built_in());
        for kind in missing.kinds {
            tracing::warn!(application = %name, kind, "this kind of step is not built into this server yet; a deployment that needs one does not begin");
        }
        if !missing.keys.is_empty() {
            tracing::warn!(application = %name, keys = ?missing.keys, "these keys are not built into this server yet; they have no effect");
        }
    }
}
