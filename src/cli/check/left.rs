//! What the steps of applications left, as the store has it, beside what their files say now.

use crate::{
    domain::manifest::{
        Application, Mistake,
        renamed::{Left, renamed, unverified},
        yaml::Document,
    },
    settings::{Settings, Store},
    store,
};

/// Steps that were renamed, or are gone. Where the store cannot be read, only what relies on it is told.
pub(super) fn mistakes(settings: &Settings, applications: &[(&Document, &Application)]) -> Vec<Mistake> {
    let left = peek(settings);
    let told = applications.iter().flat_map(|(document, application)| match &left {
        Some(left) => {
            let of_it = left.iter().filter(|left| left.environment.application == application.name);
            let there = of_it.filter(|left| application.environments.contains_key(&left.environment.name));
            renamed(document, application, &there.cloned().collect::<Vec<_>>())
        }
        None => unverified(document, application),
    });
    told.collect()
}

fn peek(settings: &Settings) -> Option<Vec<Left>> {
    let Store::Sqlite(path) = &settings.store;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    runtime.block_on(async { store::peek(path).await?.left().await }).ok()
}
