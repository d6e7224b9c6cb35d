//! Which environments an event proposes a version for.

use crate::domain::{
    event::Happening,
    ids::EnvironmentName,
    manifest::{Application, Queue, Trigger},
};

/// An environment that an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Triggered {
    /// Its name.
    pub environment: EnvironmentName,
    /// How it treats what waits.
    pub queue: Queue,
}

/// The application's environments whose `on` names what happened.
pub fn triggered(application: &Application, happening: &Happening) -> Vec<Triggered> {
    let names = |trigger: &Trigger| match (trigger, happening) {
        (Trigger::Push(branches), Happening::BranchPushed { branch, .. }) => branches.matches(branch.as_str()),
        (Trigger::Tag(tags), Happening::TagPushed { tag, .. }) => tags.matches(tag.as_str()),
        _ => false,
    };
    application
        .environments
        .iter()
        .filter(|(_, environment)| environment.on.iter().any(names))
        .map(|(name, environment)| Triggered { environment: name.clone(), queue: environment.queue })
        .collect()
}
