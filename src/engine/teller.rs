//! Keeps one surface up to date: story, content, sync, for whatever is stale.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;

use super::{
    Core,
    metrics::Word,
    worker::{Turn, Worker},
};
use crate::{
    domain::{
        deployment::back_off,
        ids::DeploymentId,
        story::{self, Asked, Story, Told},
    },
    store::{ProposalState, Reader, Result, Stale},
    surfaces::{About, NotShown, Surface},
};

/// How often something is tried to be shown that somebody must make possible first.
const MOST_TRIES: i64 = 50;

/// Keeps one surface up to date.
pub(super) struct Teller {
    core: Arc<Core>,
    surface: Arc<dyn Surface>,
}

impl Teller {
    pub(super) fn new(core: Arc<Core>, surface: Arc<dyn Surface>) -> Self {
        Self { core, surface }
    }
}

#[async_trait]
impl Worker for Teller {
    fn name(&self) -> &'static str {
        self.surface.name()
    }

    async fn turn(&self) -> Result<Turn> {
        let name = self.surface.name();
        let now = self.core.parts.clock.now();
        let mut reader = self.core.parts.store.read().await?;
        let Some(stale) = reader.stale(name, now).await? else {
            return Ok(Turn::Rest(reader.next_stale(name).await?));
        };
        let story = story(&mut reader, stale.subject, now).await?;
        drop(reader);
        let Some(story) = story else {
            self.core.parts.store.shown(name, &stale, stale.remote.as_deref()).await?;
            return Ok(Turn::Worked);
        };
        let about = self.core.about(&story).await?;
        let shown = self.surface.show(&story, &about, stale.remote.as_deref()).await;
        self.core.note_shown(name, &stale, shown).await?;
        Ok(Turn::Worked)
    }
}

impl Core {
    /// Notes what was shown, or when it is tried again.
    pub(super) async fn note_shown(&self, name: &'static str, stale: &Stale, shown: std::result::Result<String, NotShown>) -> Result<()> {
        let error = match shown {
            Ok(remote) => return self.parts.store.shown(name, stale, Some(&remote)).await,
            Err(error) => error,
        };
        let remote = error.remote.as_deref().or(stale.remote.as_deref());
        if error.lasting && stale.attempts >= MOST_TRIES {
            tracing::warn!(surface = name, subject = %stale.subject, %error, "not shown, and given up until something about it changes");
            return self.parts.store.shown(name, stale, remote).await;
        }
        tracing::warn!(surface = name, subject = %stale.subject, %error, "not shown; trying again");
        self.parts.metrics.not_shown.get_or_create(&Word { which: name.to_owned() }).inc();
        let tries = u32::try_from(stale.attempts).unwrap_or(u32::MAX).saturating_add(1);
        let again = self.parts.clock.now().saturating_add(back_off(tries).max(Duration::from_secs(1))).unwrap_or(Timestamp::MAX);
        let again = error.again.map_or(again, |wanted| wanted.max(again));
        self.parts.store.not_shown(name, stale, (remote, again)).await
    }

    /// What is to be known about a story's place.
    async fn about(&self, story: &Story) -> Result<About> {
        let id = &story.environment;
        let configured = self.parts.catalogue.configured();
        let application = configured.applications.get(&id.application);
        let mut reader = self.parts.store.read().await?;
        let bound = reader.bound_repositories().await?;
        let own = bound.get(&id.application).map(|(number, _)| *number);
        // What is not configured any more still has the repository that it was bound to.
        let repository = bound.get(&id.application).map(|(_, name)| name.clone());
        let repository = repository.or_else(|| application.map(|application| application.repository.clone()));
        let shares = bound.iter().any(|(name, (number, _))| *name != id.application && Some(*number) == own);
        let rules = application.and_then(|application| application.environments.get(&id.name));
        let instance = id.instance.map(|number| format!("/{number}")).unwrap_or_default();
        let url = reader.deployment(story.id).await?.and_then(|found| found.plan.scope.get("environment.url").cloned());
        Ok(About {
            repository,
            environment: if shares { id.to_string() } else { format!("{}{instance}", id.name) },
            url,
            production: rules.is_some_and(|rules| rules.production),
            transient: rules.is_some_and(|rules| rules.transient),
            asked_on: reader.asked_where(story.id).await?.map(|spoken| spoken.on),
            locale: application.and_then(|one| one.locale.as_ref()?.parse().ok()).unwrap_or(self.parts.locale),
            instance: self.parts.store.instance().to_owned(),
        })
    }
}

/// What there is to tell about a proposal or deployment now.
pub async fn story(reader: &mut Reader, id: DeploymentId, now: Timestamp) -> Result<Option<Story>> {
    let proposal = reader.proposal(id).await?;
    let deployment = reader.deployment(id).await?;
    let mut beats = proposal.as_ref().map_or_else(Vec::new, |found| {
        let waits = found.state == ProposalState::Waiting;
        let (at, origin) = (found.proposal.at, &found.proposal.origin);
        story::before(&Asked { at, origin, decision: found.decision.as_ref(), dropped: found.closed.as_ref(), waits }, now)
    });
    let asked = proposal.as_ref().map(|found| found.proposal.purpose.clone()).unwrap_or_default();
    let (environment, version, origin, reverts) = match (&deployment, proposal) {
        (Some(deployment), _) => {
            (deployment.environment.clone(), deployment.version.clone(), deployment.origin.clone(), deployment.reverts)
        }
        (None, Some(found)) => (found.proposal.environment, found.proposal.version, found.proposal.origin, None),
        (None, None) => return Ok(None),
    };
    if let Some(deployment) = &deployment {
        let journal = reader.journal(id).await?;
        let in_person = !deployment.origin.automatic;
        let told = Told { plan: &deployment.plan, journal: &journal, reverted_by: deployment.reverted_by, in_person };
        beats.extend(story::during(&told));
        beats.extend(story::afterwards(&reader.overdue(id).await?));
    }
    Ok(Some(Story { id, environment, version, purpose: asked, origin, reverts, beats }))
}
