//! Deliveries, one after the other: interpret, gather facts, decide, settle in one transaction.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use jiff::Timestamp;

use super::{
    Core,
    previews::{Meant, propose_removal},
    trouble::Trouble,
    versions::Repository,
    wanted::{Wanted, propose},
    worker::{Turn, Worker},
};
use crate::{
    domain::{
        deployment::back_off,
        event::{Event, Happening, PullRequestAction},
        ids::{ApplicationName, DeploymentId, EnvironmentId, RepositoryId, RepositoryName},
        manifest::{Application, Queue},
        policy::{Cause, Origin, Purpose, triggered},
        reply::{Answered, Refusal, Reply},
        spoken::Line,
    },
    github::interpret::{Interpretation, interpret},
    store::{Delivery, DeliveryState, Tx},
};

/// How often a delivery is tried before it waits for a person.
const ATTEMPTS: i64 = 12;

/// How many deliveries are looked at in one turn.
const AT_ONCE: i64 = 64;

/// The repositories that applications are bound to: their numeric ids, and what they are called today.
type Bound = BTreeMap<ApplicationName, (RepositoryId, RepositoryName)>;

/// The applications that an event is about.
pub(super) struct Reached {
    pub hearings: Vec<Arc<Application>>,
    /// They name the repository's name, but are bound to another repository.
    foreign: Vec<Arc<Application>>,
    /// What the repository is called today.
    pub known: Option<RepositoryName>,
}

impl Reached {
    /// The repository as it is called today.
    pub fn name(&self, event: &Event) -> RepositoryName {
        self.known.clone().unwrap_or_else(|| event.repository.name.clone())
    }
}

/// Deals with the deliveries of one source. What people ask for does not queue behind git.
pub(super) struct Intake {
    core: Arc<Core>,
    source: &'static str,
}

#[async_trait]
impl Worker for Intake {
    fn name(&self) -> &'static str {
        "intake"
    }

    fn heeds_arrivals(&self) -> bool {
        true
    }

    async fn turn(&self) -> Result<Turn, crate::store::Error> {
        let now = self.core.parts.clock.now();
        let mut reader = self.core.parts.store.read().await?;
        let due = reader.due_deliveries(self.source, now, AT_ONCE).await?;
        if due.is_empty() {
            return Ok(Turn::Rest(reader.next_delivery(self.source).await?));
        }
        let bound = reader.bound_repositories().await?;
        drop(reader);
        let (idle, matter): (Vec<_>, Vec<_>) =
            due.into_iter().map(|delivery| (self.idle(&delivery, &bound), delivery)).partition(|(idle, _)| idle.is_some());
        self.close(idle).await?;
        let Some((_, delivery)) = matter.into_iter().next() else { return Ok(Turn::Worked) };
        match Box::pin(self.deal_with(&delivery)).await {
            Ok(()) => {}
            Err(Trouble::Store(error)) => return Err(error),
            Err(Trouble::Later(why)) if delivery.attempts + 1 < ATTEMPTS => self.postpone(&delivery, &why, now).await?,
            Err(Trouble::Later(why) | Trouble::Broken(why)) => {
                self.core.settle(&delivery, DeliveryState::Parked, &Reply::Parked { reason: why }).await?;
            }
        }
        self.core.parts.bells.changed.ring();
        Ok(Turn::Worked)
    }
}

impl Intake {
    pub(super) fn new(core: Arc<Core>, source: &'static str) -> Self {
        Self { core, source }
    }

    /// Why a delivery does not matter here, if that is clear from itself.
    pub(super) fn idle(&self, delivery: &Delivery, bound: &Bound) -> Option<Reply> {
        if self.source != "github" {
            return None;
        }
        let reason = match interpret(&delivery.event, &delivery.body).ok()? {
            Interpretation::Closed(because) => because.to_string(),
            Interpretation::Happened(event) => {
                let reached = self.reached(&event, bound);
                // A comment reaches only those that are bound to its repository, or to none yet.
                let is_comment = matches!(event.what, Happening::Commented(_) | Happening::Pressed { .. });
                let nobody = reached.hearings.is_empty() && (is_comment || reached.foreign.is_empty());
                nobody.then(|| format!("no application names the repository {}", event.repository.name))?
            }
        };
        Some(Reply::Closed { reason })
    }

    /// Closes what does not matter, all in one commit: of what a busy repository sends that is nearly everything.
    async fn close(&self, idle: Vec<(Option<Reply>, Delivery)>) -> Result<(), crate::store::Error> {
        if idle.is_empty() {
            return Ok(());
        }
        let mut tx = self.core.parts.store.write().await?;
        for (reply, delivery) in &idle {
            if let Some(reply) = reply {
                tx.settle_delivery(&delivery.id, DeliveryState::Settled, reply).await?;
                self.core.parts.metrics.delivery("settled");
            }
        }
        tx.commit().await
    }

    async fn postpone(&self, delivery: &Delivery, why: &str, now: Timestamp) -> Result<(), crate::store::Error> {
        tracing::warn!(delivery = %delivery.id, why, "the delivery is tried again later");
        let tries = u32::try_from(delivery.attempts).unwrap_or(u32::MAX).saturating_add(1);
        let again = now.saturating_add(back_off(tries)).unwrap_or(Timestamp::MAX);
        let mut tx = self.core.parts.store.write().await?;
        tx.postpone_delivery(&delivery.id, again, &Reply::Delayed { reason: why.to_owned() }).await?;
        tx.commit().await
    }

    async fn deal_with(&self, delivery: &Delivery) -> Result<(), Trouble> {
        match self.source {
            "api" => return self.core.fulfil(delivery).await,
            "comment" => return Box::pin(super::spoken::obey(&self.core, delivery)).await,
            _ => {}
        }
        let event = match interpret(&delivery.event, &delivery.body) {
            Ok(Interpretation::Happened(event)) => event,
            Ok(Interpretation::Closed(because)) => {
                let reply = Reply::Closed { reason: because.to_string() };
                return Ok(self.core.settle(delivery, DeliveryState::Settled, &reply).await?);
            }
            Err(unreadable) => return Err(Trouble::Broken(unreadable.to_string())),
        };
        self.hear(&event, delivery).await
    }

    /// An event, for all applications that its repository reaches.
    async fn hear(&self, event: &Event, delivery: &Delivery) -> Result<(), Trouble> {
        let (tx, reply) = self.hearing(event, delivery).await?;
        Ok(self.core.settle_in(tx, delivery, DeliveryState::Settled, &reply).await?)
    }

    /// What an event is answered, with the transaction in which that is done.
    pub(super) async fn hearing(&self, event: &Event, delivery: &Delivery) -> Result<(Tx, Reply), Trouble> {
        let mut reader = self.core.parts.store.read().await?;
        let repeated = match event.semantic_key() {
            Some(key) => reader.seen_by_another(&key, &delivery.id).await?,
            None => false,
        };
        let bound = reader.bound_repositories().await?;
        drop(reader);
        let reached = self.reached(event, &bound);
        if let Happening::Commented(comment) = &event.what {
            return self.core.hear_comment(event, comment, delivery, (&reached, repeated)).await;
        }
        if let Happening::Pressed { mark, button } = &event.what {
            return Box::pin(self.core.press(event, (mark, *button), delivery, (&reached, repeated))).await;
        }
        let mut event = event.clone();
        // A repeated event may be older than a renaming, and its repository's name somebody else's by now.
        if let Some(name) = reached.known.clone().filter(|_| repeated) {
            event.repository.name = name;
        }
        let (wanted, going) = self.meant(&reached.hearings, &event, repeated).await?;
        loop {
            let answer = self.answer_event(&event, delivery, &reached, (&wanted, &going)).await?;
            if let Some(answer) = answer {
                return Ok(answer);
            }
        }
    }

    /// The versions that an event proposes, and the previews that it ends.
    async fn meant(
        &self,
        hearings: &[Arc<Application>],
        event: &Event,
        repeated: bool,
    ) -> Result<(Vec<Wanted>, Vec<EnvironmentId>), Trouble> {
        let (mut wanted, mut going) = (Vec::new(), Vec::new());
        for application in hearings {
            match &event.what {
                Happening::PullRequest { .. } if repeated => {}
                Happening::PullRequest { action, pull_request } => {
                    for meant in self.core.previews(application, event, (action, pull_request)).await? {
                        match meant {
                            Meant::Come(one) => wanted.push(one),
                            Meant::Go(id) => going.push(id),
                        }
                    }
                }
                _ => wanted.extend(self.wanted(application, event, repeated).await?),
            }
        }
        Ok((wanted, going))
    }

    /// The applications that an event's repository reaches: by its id, or by its name as long as that is bound to no id.
    fn reached(&self, event: &Event, bound: &Bound) -> Reached {
        let mut reached = Reached { hearings: Vec::new(), foreign: Vec::new(), known: None };
        for application in self.core.parts.catalogue.configured().applications.into_values() {
            match bound.get(&application.name) {
                Some((id, name)) if *id == event.repository.id => {
                    reached.known = Some(name.clone());
                    reached.hearings.push(application);
                }
                Some(_) if application.repository.is(&event.repository.name) => reached.foreign.push(application),
                None if application.repository.is(&event.repository.name) => reached.hearings.push(application),
                _ => {}
            }
        }
        reached
    }

    /// The environments that the event proposes a version for, each with the version.
    async fn wanted(&self, application: &Arc<Application>, event: &Event, repeated: bool) -> Result<Vec<Wanted>, Trouble> {
        let triggered = triggered(application, &event.what);
        if triggered.is_empty() {
            return Ok(Vec::new());
        }
        let repository = Repository::of(&self.core, &event.repository.name);
        let mut wanted = Vec::new();
        for one in triggered {
            let version = match &event.what {
                Happening::BranchPushed { branch, after, .. } => {
                    let Some(head) = repository.head(branch).await? else { continue };
                    // An event is a hint, and the truth is the head: a captured or late delivery never brings an old
                    // version back. Only where each push has its turn does one that the branch still holds count itself.
                    let own = one.queue == Queue::Every && !repeated && repository.is_ancestor(after, &head).await?;
                    repository.commit(if own { after } else { &head }, Some(branch)).await?
                }
                Happening::TagPushed { tag, .. } => repository.tag(tag).await?,
                _ => None,
            };
            if let Some(version) = version {
                let environment = EnvironmentId::new(application.name.clone(), one.environment);
                wanted.push(Wanted { application: application.clone(), environment, version, queue: one.queue, repeated });
            }
        }
        Ok(wanted)
    }

    /// Why whoever caused an event may not: where an environment trusts the pushes of those alone who may deploy there,
    /// and where a label asks for a preview, which is as good as a command. What comes into it later needs its author's
    /// write permission.
    async fn untrusted(&self, event: &Event, wanted: &Wanted) -> Result<Option<Refusal>, Trouble> {
        let rules = wanted.application.environments.get(&wanted.environment.name);
        let labels = matches!(&event.what, Happening::PullRequest { action: PullRequestAction::Labeled(_), .. });
        if !labels && !rules.is_some_and(|environment| environment.trusted_pushers) {
            return match event.what {
                Happening::PullRequest { .. } => self.core.may_not_write(&wanted.application, &event.actor).await,
                _ => Ok(None),
            };
        }
        self.core.may_not(&wanted.application, &wanted.environment, &Purpose::Deploy, &event.actor).await
    }

    /// Decides in one transaction, which is the caller's to complete. None: an environment changed while versions were
    /// compared.
    async fn answer_event(
        &self,
        event: &Event,
        delivery: &Delivery,
        reached: &Reached,
        (wanted, going): (&[Wanted], &[EnvironmentId]),
    ) -> Result<Option<(Tx, Reply)>, Trouble> {
        let repository = Repository::of(&self.core, &event.repository.name);
        let (mut compared, mut refused) = (Vec::new(), Vec::new());
        for one in wanted {
            compared.push(self.core.compare(&repository, one).await?);
            refused.push(self.untrusted(event, one).await?);
        }
        let cause = if matches!(event.what, Happening::PullRequest { .. }) { Cause::PullRequest } else { Cause::Asked };
        let origin = Origin { cause, ..Origin::new(event.actor.clone(), true, delivery.id.to_string()) };
        let mut tx = self.core.parts.store.write().await?;
        if let Happening::PullRequest { pull_request, .. } = &event.what
            && !reached.hearings.is_empty()
            && !tx.keep_pull_request(event.repository.id, pull_request).await?
        {
            let reply = Reply::Closed { reason: "a later event of this pull request was heard before".to_owned() };
            return Ok(Some((tx, reply)));
        }
        for application in &reached.hearings {
            tx.bind_repository(&application.name, event.repository.id, &event.repository.name).await?;
        }
        if let Happening::PullRequest { action: PullRequestAction::Closed, pull_request } = &event.what
            && tx.release_locks_of(event.repository.id, pull_request.number).await?
        {
            tx.look_at_proposals(None).await?;
        }
        if let Some(key) = event.semantic_key() {
            tx.first_sight(&key, &delivery.id).await?;
        }
        let mut answers = Vec::new();
        for ((one, compared), not_theirs) in wanted.iter().zip(&compared).zip(&refused) {
            let refusal = match not_theirs {
                Some(refusal) => Some(refusal.clone()),
                None => self.core.is_full(&mut tx, one).await?,
            };
            if let Some(refusal) = refusal {
                answers.push((one.environment.clone(), Answered::Refused { refusal }));
                continue;
            }
            let Some(answer) = propose(&mut tx, one, &origin, compared).await? else { return Ok(None) };
            answers.push((one.environment.clone(), answer));
        }
        if matches!(event.what, Happening::BranchPushed { .. } | Happening::TagPushed { .. } | Happening::PullRequest { .. }) {
            // What waits for a tag, a protected branch or a pull request may have it now.
            for application in &reached.hearings {
                tx.look_at_application(&application.name).await?;
            }
        }
        for id in going {
            let answer = propose_removal(&mut tx, id, &origin).await?;
            answers.extend(answer.map(|answer| (id.clone(), answer)));
        }
        answers.extend(foreigners(&reached.foreign));
        let reply = match event.what.key() {
            Some(key) => heard(&tx.hear(&key).await?),
            None if answers.is_empty() => Reply::Closed { reason: "no environment follows it".to_owned() },
            None => Reply::Decided { answers },
        };
        Ok(Some((tx, reply)))
    }
}

/// The environments of applications that belong to another repository than the event's.
fn foreigners(foreign: &[Arc<Application>]) -> Vec<(EnvironmentId, Answered)> {
    let mut answers = Vec::new();
    for application in foreign {
        for name in application.environments.keys() {
            let refusal = Refusal::ForeignRepository { application: application.name.to_string() };
            answers.push((EnvironmentId::new(application.name.clone(), name.clone()), Answered::Refused { refusal }));
        }
    }
    answers
}

/// What becomes of an event that steps may wait for.
fn heard(by: &[DeploymentId]) -> Reply {
    let names: Vec<String> = by.iter().map(|id| format!("#{id}")).collect();
    let reason = match &names[..] {
        [] => "no deployment waits for it".to_owned(),
        names => format!("deployment {} waited for it, and goes on", names.join(", ")),
    };
    Reply::Closed { reason }
}

impl Core {
    /// Nothing is done about a delivery, for this reason.
    pub(super) async fn closed(&self, reason: &str) -> Result<(Tx, Reply), Trouble> {
        Ok((self.parts.store.write().await?, Reply::Closed { reason: reason.to_owned() }))
    }

    /// Closes a delivery with what became of it.
    pub(super) async fn settle(&self, delivery: &Delivery, state: DeliveryState, reply: &Reply) -> Result<(), crate::store::Error> {
        let tx = self.parts.store.write().await?;
        self.settle_in(tx, delivery, state, reply).await
    }

    /// Closes a delivery together with what it caused. If somebody else has dealt with it, nothing of that happens.
    pub(super) async fn settle_in(
        &self,
        mut tx: Tx,
        delivery: &Delivery,
        state: DeliveryState,
        reply: &Reply,
    ) -> Result<(), crate::store::Error> {
        // Whatever becomes of a command, its comment says so.
        if let Ok(line) = serde_json::from_slice::<Line>(&delivery.body)
            && delivery.source == "comment"
        {
            tx.touch_comment(line.comment).await?;
        }
        if tx.settle_delivery(&delivery.id, state, reply).await? {
            tx.commit().await?;
            self.parts.metrics.delivery(if state == DeliveryState::Parked { "parked" } else { "settled" });
            tracing::info!(delivery = %delivery.id, event = delivery.event, reply = ?reply, "delivery settled");
        }
        Ok(())
    }
}
