//! Advances deployments: claim, call what is due, journal each answer, give the claim back.
//!
//! A call's answer is journalled before anything follows from it, and a call is journalled before it is made for the
//! first time. What happens between the two is what a step looks for when it is called again after a crash.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use futures::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use jiff::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{
    Core,
    worker::{Turn, Worker},
};
use crate::{
    domain::{
        deployment::{Answer, Entry, Outcome, State, Status, Todo},
        plan::Phase,
    },
    store::{Claim, Deployment, Error, Result},
};

mod call;

/// How many deployments are advanced at once.
const AT_ONCE: usize = 32;

/// How often a claim is renewed while a call is under way: three times within its life.
const RENEW: Duration = Duration::from_secs(5);

/// Claims deployments and carries them as far as they go.
pub(super) struct Executor {
    core: Arc<Core>,
    carried: Arc<AtomicUsize>,
    ended: Arc<Notify>,
}

impl Executor {
    pub(super) fn new(core: Arc<Core>) -> Self {
        Self { core, carried: Arc::default(), ended: Arc::default() }
    }
}

#[async_trait]
impl Worker for Executor {
    fn name(&self) -> &'static str {
        "executor"
    }

    async fn turn(&self) -> Result<Turn> {
        let parts = &self.core.parts;
        if self.carried.load(Ordering::SeqCst) >= AT_ONCE {
            return Ok(Turn::Rest(None));
        }
        let Some(claim) = parts.journal.claim(&parts.owner, parts.clock.now()).await? else {
            return Ok(Turn::Rest(parts.store.read().await?.next_deployment().await?));
        };
        self.carried.fetch_add(1, Ordering::SeqCst);
        parts.metrics.advancing.inc();
        let (core, carried, ended) = (self.core.clone(), self.carried.clone(), self.ended.clone());
        tokio::spawn(async move {
            carry(&core, claim).await;
            core.parts.metrics.advancing.dec();
            carried.fetch_sub(1, Ordering::SeqCst);
            core.parts.bells.changed.ring();
            ended.notify_one();
        });
        Ok(Turn::Worked)
    }

    async fn stirred(&self) {
        self.ended.notified().await;
    }

    fn is_idle(&self) -> bool {
        self.carried.load(Ordering::SeqCst) == 0
    }
}

/// Carries a deployment as far as it goes. When the store refuses, the claim is given up as interrupted.
async fn carry(core: &Arc<Core>, claim: Claim) {
    let stop = CancellationToken::new();
    match (Carry { core, claim: claim.clone(), stop: stop.clone() }).on().await {
        Ok(()) => {}
        Err(Error::Fenced(id)) => {
            tracing::warn!(deployment = id, "the claim was lost; another owner goes on");
            stop.cancel();
        }
        Err(error) => {
            tracing::error!(deployment = %claim.deployment, %error, "the store refused; the deployment is taken up again");
            while let Err(error) = core.parts.journal.abandon(&claim).await {
                if matches!(error, Error::Fenced(_)) || core.stop.is_cancelled() {
                    break;
                }
                core.parts.clock.sleep_until(core.parts.clock.now().saturating_add(Duration::from_secs(1)).unwrap_or(Timestamp::MAX)).await;
            }
        }
    }
}

type Calls = FuturesUnordered<BoxFuture<'static, (usize, Answer)>>;

struct Carry<'a> {
    core: &'a Arc<Core>,
    claim: Claim,
    /// Cancelled when the calls that are under way should end: the deployment failed or was cancelled.
    stop: CancellationToken,
}

/// What woke the executor while calls were under way.
enum Woken {
    Answered(usize, Answer),
    Rung,
    Renew,
    Due,
}

impl Carry<'_> {
    async fn on(mut self) -> Result<()> {
        let core = self.core;
        let deployment = Arc::new(core.parts.journal.load(&self.claim).await?);
        if self.claim.interrupted {
            core.parts.metrics.resumed.inc();
            self.append_surely(&deployment, &Entry::Resumed).await?;
        }
        let mut rung = core.parts.bells.changed.listen();
        let mut calls = Calls::new();
        let mut open: Vec<usize> = Vec::new();
        loop {
            rung.borrow_and_update();
            let (state, known) = self.state(&deployment).await?;
            let now = core.parts.clock.now();
            let over = state.verdict().is_some() && open.iter().any(|place| state.runs[*place].phase == Phase::Forward);
            if over {
                self.stop.cancel();
            }
            let mut due = None;
            match state.todo(&deployment.plan, now) {
                // What is under way must end first.
                _ if over => {}
                Todo::Advance(runs) if !core.stop.is_cancelled() => {
                    let fresh: Vec<usize> = runs.into_iter().filter(|place| !open.contains(place)).collect();
                    if !fresh.is_empty() {
                        if let Some(begun) = self.begin(&deployment, state, known, &fresh).await? {
                            calls.extend(begun.into_iter().map(|call| -> BoxFuture<'static, _> { Box::pin(call.make()) }));
                            open.extend(fresh);
                        }
                        continue;
                    }
                }
                Todo::Advance(_) if calls.is_empty() => return self.release(known, now).await,
                Todo::Wait(moment) if calls.is_empty() => return self.release(known, moment).await,
                Todo::End(outcome) if calls.is_empty() => return self.finish(&deployment, state, outcome).await,
                Todo::Wait(moment) => due = Some(moment),
                Todo::Advance(_) | Todo::End(_) => {}
            }
            match self.wait(&mut calls, &mut rung, due).await {
                Woken::Answered(place, answer) => {
                    open.retain(|other| *other != place);
                    self.record(&deployment, place, answer).await?;
                    if calls.is_empty() && self.stop.is_cancelled() {
                        self.stop = CancellationToken::new();
                    }
                }
                Woken::Renew => core.parts.journal.renew(&self.claim, core.parts.clock.now()).await?,
                Woken::Rung | Woken::Due => {}
            }
        }
    }

    async fn state(&self, deployment: &Deployment) -> Result<(State, usize)> {
        let lines = self.core.parts.journal.lines(&self.claim).await?;
        let state = State::replay(&deployment.plan, lines.iter().map(|(entry, at)| (entry, *at)))
            .map_err(|illegal| Error::Corrupt { place: "journal", why: illegal.to_string() })?;
        Ok((state, lines.len()))
    }

    async fn append(&self, known: usize, entry: &Entry) -> Result<bool> {
        let appended = self.core.parts.journal.append(&self.claim, known, entry).await?;
        self.core.parts.bells.changed.ring();
        Ok(appended)
    }

    /// Appends what is true whatever else was appended meanwhile.
    async fn append_surely(&self, deployment: &Deployment, entry: &Entry) -> Result<()> {
        loop {
            let (_, known) = self.state(deployment).await?;
            if self.append(known, entry).await? {
                return Ok(());
            }
        }
    }

    async fn release(&self, known: usize, due: Timestamp) -> Result<()> {
        self.core.parts.journal.release(&self.claim, known, due).await
    }

    /// Looks at what was there before where that is not known, and journals first calls: after that they are made. None:
    /// the journal has grown meanwhile, and what is to be done may be something else now.
    async fn begin(
        &self,
        deployment: &Arc<Deployment>,
        state: State,
        mut known: usize,
        places: &[usize],
    ) -> Result<Option<Vec<call::Call>>> {
        let pending: Vec<usize> = places.iter().copied().filter(|place| state.runs[*place].status == Status::Pending).collect();
        for &run in pending.iter().filter(|place| deployment.plan.runs[**place].observe && state.runs[**place].observed.is_none()) {
            let observation = call::observe(self.core, deployment, &state, run, &self.stop).await?;
            if !self.append(known, &Entry::Observed { run, observation }).await? {
                return Ok(None);
            }
            known += 1;
        }
        let state = if pending.is_empty() {
            Arc::new(state)
        } else {
            if !self.append(known, &Entry::Called { runs: pending }).await? {
                return Ok(None);
            }
            Arc::new(self.state(deployment).await?.0)
        };
        let call = |&place: &usize| call::Call {
            core: self.core.clone(),
            deployment: deployment.clone(),
            state: state.clone(),
            place,
            stop: self.stop.clone(),
        };
        Ok(Some(places.iter().map(call).collect()))
    }

    /// A call that was told to stop and failed of that says nothing: the run stays as it was, and is cleaned up.
    async fn record(&self, deployment: &Deployment, place: usize, answer: Answer) -> Result<()> {
        if self.stop.is_cancelled() && matches!(answer, Answer::Failed { .. } | Answer::Again { .. } | Answer::Retry { .. }) {
            return Ok(());
        }
        self.append_surely(deployment, &Entry::Answered { run: place, answer }).await
    }

    async fn wait(&self, calls: &mut Calls, rung: &mut tokio::sync::watch::Receiver<u64>, due: Option<Timestamp>) -> Woken {
        let clock = &self.core.parts.clock;
        let renew = clock.now().saturating_add(RENEW).unwrap_or(Timestamp::MAX);
        tokio::select! {
            Some((place, answer)) = calls.next() => Woken::Answered(place, answer),
            _ = rung.changed() => Woken::Rung,
            () = clock.sleep_until(due.unwrap_or(Timestamp::MAX).min(renew)) => if due.is_some_and(|due| due < renew) { Woken::Due } else { Woken::Renew },
        }
    }

    async fn finish(&self, deployment: &Deployment, state: State, outcome: Outcome) -> Result<()> {
        super::finish::finish(self.core, &self.claim, deployment, state, outcome).await
    }
}
