//! Notices that files change, appear or vanish.
//!
//! What is watched are folders, never files: editors, package managers and Kubernetes replace a file by another one of its
//! name. What a notice is worth is for its reader to see, by looking at the files.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

use super::{Settings, files};

/// Changes come in bursts; one has ended when nothing came for this long.
const QUIET: Duration = Duration::from_millis(250);

/// How long a burst is waited for.
const LONGEST: Duration = Duration::from_secs(2);

/// Notices changes in folders.
pub struct Watch {
    watcher: RecommendedWatcher,
    heard: mpsc::Receiver<()>,
    folders: BTreeSet<PathBuf>,
}

impl Watch {
    /// Watches nothing yet.
    pub fn new() -> notify::Result<Self> {
        // One notice that waits is enough: whoever hears it looks at everything.
        let (says, heard) = mpsc::channel(1);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // That somebody reads is no change; we do so ourselves.
            if event.is_ok_and(|event| event.kind.is_access()) {
                return;
            }
            let _ = says.try_send(());
        })?;
        Ok(Self { watcher, heard, folders: BTreeSet::new() })
    }

    /// Watches these folders from now on. True: some of them were not watched before, so that something may have happened
    /// there unnoticed.
    pub fn follow(&mut self, folders: BTreeSet<PathBuf>) -> bool {
        for gone in self.folders.difference(&folders) {
            // It may be gone altogether, and the watch with it.
            let _ = self.watcher.unwatch(gone);
        }
        let mut watched = BTreeSet::new();
        for folder in folders {
            // Also those that are watched: one that was replaced by another of its name is another one.
            match self.watcher.watch(&folder, RecursiveMode::NonRecursive) {
                Ok(()) => _ = watched.insert(folder),
                Err(error) => tracing::warn!(folder = %folder.display(), %error, "changes in this folder are not noticed; SIGHUP reloads"),
            }
        }
        let is_more = watched.difference(&self.folders).next().is_some();
        self.folders = watched;
        is_more
    }

    /// Completes after a burst of changes, in real time: whoever edits files lives in it.
    pub async fn changed(&mut self) {
        if self.heard.recv().await.is_none() {
            return std::future::pending().await;
        }
        let burst = async { while let Ok(Some(())) = tokio::time::timeout(QUIET, self.heard.recv()).await {} };
        // One that does not end is looked at all the same.
        let _ = tokio::time::timeout(LONGEST, burst).await;
    }
}

/// The folders in which something may happen that matters to these files. `settings` is none while the server's file holds
/// mistakes: what it names is not known then.
pub fn folders(path: &Path, settings: Option<&Settings>) -> BTreeSet<PathBuf> {
    let mut folders = BTreeSet::new();
    let mut note = |file: &Path| {
        let real = file.canonicalize().ok();
        let parents = [Some(file), real.as_deref()].into_iter().flatten().filter_map(Path::parent);
        folders.extend(parents.map(super::absolute));
    };
    note(path);
    let Some(settings) = settings else { return folders };
    for file in files(&settings.folder, &settings.applications, &mut Vec::new()) {
        note(&file);
    }
    for pattern in &settings.applications {
        // Every folder on the way: what a pattern names may appear below any of them.
        for ancestor in Path::new(pattern).ancestors().skip(1) {
            let whole = Path::new(&glob::Pattern::escape(&settings.folder.to_string_lossy())).join(ancestor);
            let found = glob::glob(&whole.to_string_lossy()).into_iter().flatten().flatten();
            folders.extend(found.filter(|path| path.is_dir()).map(|folder| super::absolute(&folder)));
        }
    }
    folders
}
