//! What the server keeps and shows of what happened.

use std::sync::PoisonError;

use botadura::{
    domain::{
        ids::{DeploymentId, EnvironmentId},
        reply::Reply,
    },
    store::{DeliveryState, EnvironmentRow, Summary},
};

use super::World;

impl World {
    /// What is known of an environment of the shop.
    pub fn environment(&self, name: &str) -> EnvironmentRow {
        let id = self.id(name);
        let store = self.app.as_ref().expect("a running server").store().clone();
        self.runtime().block_on(async { store.read().await?.environment(&id).await }).expect("a row")
    }

    /// The id of an environment of the shop.
    pub fn id(&self, name: &str) -> EnvironmentId {
        format!("shop/{name}").parse().expect("an environment")
    }

    /// The history of an environment, oldest first, each as `number result`.
    pub fn history(&self, name: &str) -> Vec<String> {
        let id = self.id(name);
        let store = self.app.as_ref().expect("a running server").store().clone();
        let mut all: Vec<Summary> =
            self.runtime().block_on(async { store.read().await?.history(Some(&id), 1000).await }).expect("a history");
        all.reverse();
        all.iter().map(|one| format!("{} {}", one.id, one.result.as_deref().unwrap_or("running"))).collect()
    }

    /// What became of every delivery, oldest first, in words.
    pub fn outcomes(&self) -> Vec<(DeliveryState, Option<Reply>)> {
        let store = self.app.as_ref().expect("a running server").store().clone();
        let mut all = self.runtime().block_on(async { store.read().await?.deliveries(1000).await }).expect("deliveries");
        all.reverse();
        all.into_iter().map(|one| (one.state, one.outcome)).collect()
    }

    /// Calls a commit by a short name in the timeline: `A`, `B` …
    pub(super) fn call_it(&self, sha: &str) {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let letter = char::from_u32('A' as u32 + u32::try_from(names.len()).unwrap_or(0)).unwrap_or('?');
        names.push((sha[..7].to_owned(), format!("sha-{letter}")));
    }

    /// Everything that the terminal showed, in order, with commits and folders called by stable names.
    pub fn timeline(&self) -> String {
        let mut text = self.lines.lock().unwrap_or_else(PoisonError::into_inner).join("\n");
        text = text.replace(&self.root().display().to_string(), "$ROOT");
        for (sha, name) in &*self.names.lock().unwrap_or_else(PoisonError::into_inner) {
            text = text.replace(sha, name);
        }
        text
    }

    /// The lines about one deployment.
    pub fn told_of(&self, id: DeploymentId) -> String {
        let mark = format!("#{id} ");
        self.timeline().lines().filter(|line| line.contains(&mark)).collect::<Vec<_>>().join("\n")
    }
}
