//! Answers without a running server: its parts over a copy of its store, so that nothing of it reaches the original.

use std::{fs::File, path::Path};

use tempfile::TempDir;

use super::{Ambient, Error, client, parts};
use crate::{
    engine::{Bells, Catalogue, Inquiry, Metrics},
    settings::{Loaded, Settings, Store as Location},
    steps::secrets::SystemSecrets,
    store::{self, Store},
};

/// Whoever can be asked while no server runs. What it makes (a copy of the store, of repositories) goes with it.
pub struct Offline {
    inquiry: Inquiry,
    store: Store,
    _lock: File,
    _folder: TempDir,
}

impl Offline {
    /// By these files, and by what the store holds that they name, if there is one. It may be in use.
    pub async fn with_past(loaded: &Loaded, ambient: &Ambient) -> Result<Self, Error> {
        let Location::Sqlite(original) = &loaded.settings.store;
        let folder = folder()?;
        if original.exists() {
            store::copy(original, &copied(folder.path())).await?;
        }
        Self::open(loaded, ambient, folder).await
    }

    /// By these files alone, as if nothing had happened yet.
    pub async fn without_past(loaded: &Loaded, ambient: &Ambient) -> Result<Self, Error> {
        Self::open(loaded, ambient, folder()?).await
    }

    async fn open(loaded: &Loaded, ambient: &Ambient, folder: TempDir) -> Result<Self, Error> {
        let path = copied(folder.path());
        let settings =
            Settings { store: Location::Sqlite(path.clone()), artifacts: folder.path().join("artifacts"), ..loaded.settings.clone() };
        let opened = store::open(store::Config { path, surfaces: Vec::new() }, ambient.clock.clone(), || (ambient.random)()).await?;
        let own = SystemSecrets::new(ambient.environment.clone(), std::collections::HashSet::new());
        // Whoever asks need not have the server's secrets: then nobody on GitHub is asked.
        let github = client(&settings, &own, ambient).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "GitHub is not asked");
            None
        });
        let (bells, catalogue, metrics) = (Bells::default(), Catalogue::default(), Metrics::default());
        catalogue.replace(loaded.configured());
        let parts = parts(&settings, ambient, &opened.store, github.as_ref(), (&bells, &catalogue, &metrics))?;
        Ok(Self { inquiry: Inquiry::new(parts), store: opened.store, _lock: opened.lock, _folder: folder })
    }

    /// Whoever answers.
    pub fn inquiry(&self) -> &Inquiry {
        &self.inquiry
    }

    /// The copy of the store, for reading.
    pub fn store(&self) -> &Store {
        &self.store
    }
}

fn folder() -> Result<TempDir, Error> {
    let made = tempfile::Builder::new().prefix("botadura-").tempdir();
    made.map_err(|error| Error::Configured { what: "TMPDIR", reason: format!("no folder can be made there: {error}") })
}

fn copied(folder: &Path) -> std::path::PathBuf {
    folder.join("botadura.db")
}
