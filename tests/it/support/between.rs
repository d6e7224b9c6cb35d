//! What stands between the engine and its steps and journal, to end the world at a chosen point, to do everything twice,
//! or to fail at a chosen call.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use botadura::{
    app::Between,
    domain::{
        deployment::{Entry, Outcome},
        ids::{DeploymentId, StepName},
        manifest::Step as Manifest,
        release::{Memo, Observation, Reason},
    },
    engine::Build,
    steps::{Context, Op, Progress, Scope, Step},
    store::{Claim, Deployment, Journal, Result, Tx},
};
use jiff::Timestamp;
use tokio::sync::watch;

/// Where the world ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// After the effect, before this entry (counted from 0) is recorded.
    Before(usize),
    /// When this entry is recorded, before anything follows from it.
    After(usize),
}

/// Counts what is journalled, and ends the world at one moment. Shared by all incarnations of a server.
#[derive(Debug)]
pub struct Fate {
    moment: Option<Moment>,
    entries: AtomicUsize,
    ended: watch::Sender<bool>,
}

impl Fate {
    pub fn new(moment: Option<Moment>) -> Arc<Self> {
        Arc::new(Self { moment, entries: AtomicUsize::new(0), ended: watch::Sender::new(false) })
    }

    /// How many entries were journalled.
    pub fn entries(&self) -> usize {
        self.entries.load(Ordering::SeqCst)
    }

    /// Whether the world has ended.
    pub fn has_ended(&self) -> bool {
        *self.ended.borrow()
    }

    /// Completes when the world has ended.
    pub async fn end(&self) {
        let mut ended = self.ended.subscribe();
        let _ = ended.wait_for(|ended| *ended).await;
    }

    /// Nothing happens any more after this.
    async fn strike(&self) {
        self.ended.send_replace(true);
        std::future::pending::<()>().await;
    }

    /// Everything between two moments.
    pub fn between(self: &Arc<Self>) -> Between {
        let fate = self.clone();
        Between { build: None, journal: Some(Arc::new(move |inner| Arc::new(Fated { inner, fate: fate.clone() }))) }
    }

    async fn around<T>(&self, append: impl Future<Output = Result<T>>) -> Result<T> {
        let place = self.entries.fetch_add(1, Ordering::SeqCst);
        if self.moment == Some(Moment::Before(place)) && !self.has_ended() {
            self.strike().await;
        }
        let answer = append.await;
        if self.moment == Some(Moment::After(place)) && !self.has_ended() {
            self.strike().await;
        }
        answer
    }
}

#[derive(Debug)]
struct Fated {
    inner: Arc<dyn Journal>,
    fate: Arc<Fate>,
}

#[async_trait]
impl Journal for Fated {
    async fn claim(&self, owner: &str, now: Timestamp) -> Result<Option<Claim>> {
        self.inner.claim(owner, now).await
    }

    async fn load(&self, claim: &Claim) -> Result<Deployment> {
        self.inner.load(claim).await
    }

    async fn lines(&self, claim: &Claim) -> Result<Vec<(Entry, Timestamp)>> {
        self.inner.lines(claim).await
    }

    async fn append(&self, claim: &Claim, known: usize, entry: &Entry) -> Result<bool> {
        self.fate.around(self.inner.append(claim, known, entry)).await
    }

    async fn renew(&self, claim: &Claim, now: Timestamp) -> Result<()> {
        self.inner.renew(claim, now).await
    }

    async fn release(&self, claim: &Claim, known: usize, due: Timestamp) -> Result<()> {
        self.inner.release(claim, known, due).await
    }

    async fn abandon(&self, claim: &Claim) -> Result<()> {
        self.inner.abandon(claim).await
    }

    async fn end(&self, claim: &Claim, outcome: &Outcome) -> Result<Tx> {
        self.inner.end(claim, outcome).await
    }

    async fn commit(&self, tx: Tx) -> Result<()> {
        self.fate.around(self.inner.commit(tx)).await
    }
}

/// How a step's calls are disturbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disturbance {
    /// Nothing is; the calls are counted.
    Not,
    /// Each call is made twice with one memo; the first answer is lost.
    Twice,
    /// The same without the guard: the second call does not know under which name the first one began its work.
    TwiceUnderAnotherName,
    /// The call with this number (from 0, over all steps) fails instead of being made.
    FailAt(usize),
    /// The call with this number is made, and its answer is a failure all the same.
    FailAfter(usize),
    /// The call with this number is made, and no answer comes.
    UnknownAt(usize),
}

/// The calls that were made so far, by all incarnations of a server.
#[derive(Debug, Default)]
pub struct Calls {
    count: AtomicUsize,
    hit: Mutex<Option<Hit>>,
}

/// The call that was disturbed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    pub deployment: DeploymentId,
    pub step: StepName,
    /// It was to do the step, not to go back or to tidy up.
    pub apply: bool,
}

impl Calls {
    /// How many there were.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    /// The one that was disturbed.
    pub fn hit(&self) -> Option<Hit> {
        self.hit.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, cx: &Context, op: Op<'_>) {
        let hit = Hit { deployment: cx.deployment, step: cx.step.clone(), apply: matches!(op, Op::Apply) };
        *self.hit.lock().unwrap_or_else(PoisonError::into_inner) = Some(hit);
    }
}

/// Steps that are disturbed.
pub fn disturbed(disturbance: Disturbance, calls: &Arc<Calls>) -> Between {
    let calls = calls.clone();
    let wrap = move |inner: Build| -> Build {
        let calls = calls.clone();
        Arc::new(move |step: &Manifest, scope: &Scope| {
            let inner = inner(step, scope)?;
            Ok(Box::new(Disturbed { inner, disturbance, calls: calls.clone() }) as Box<dyn Step>)
        })
    };
    Between { build: Some(Arc::new(wrap)), journal: None }
}

struct Disturbed {
    inner: Box<dyn Step>,
    disturbance: Disturbance,
    calls: Arc<Calls>,
}

impl Disturbed {
    async fn twice(&self, cx: &Context, op: Op<'_>, first: Memo, second: Memo) -> Progress {
        let _lost = self.inner.advance(cx, op, first).await;
        let again = Context { resumption: true, ..cx.clone() };
        self.inner.advance(&again, op, second).await
    }
}

#[async_trait]
impl Step for Disturbed {
    async fn observe(&self, cx: &Context) -> Observation {
        self.inner.observe(cx).await
    }

    async fn advance(&self, cx: &Context, op: Op<'_>, memo: Memo) -> Progress {
        let call = self.calls.count.fetch_add(1, Ordering::SeqCst);
        let failure = || Progress::failed(Reason::new("a test wanted it to fail"));
        match self.disturbance {
            Disturbance::Twice => self.twice(cx, op, memo.clone(), memo).await,
            Disturbance::TwiceUnderAnotherName => {
                let mut other = memo.clone();
                if let Some(name) = other.get_mut("run") {
                    *name = format!("{}-other", cx.key).into();
                }
                self.twice(cx, op, memo, other).await
            }
            Disturbance::FailAt(place) if place == call => {
                self.calls.note(cx, op);
                failure()
            }
            Disturbance::FailAfter(place) if place == call => {
                self.calls.note(cx, op);
                let _lost = self.inner.advance(cx, op, memo).await;
                failure()
            }
            Disturbance::UnknownAt(place) if place == call => {
                self.calls.note(cx, op);
                let _lost = self.inner.advance(cx, op, memo.clone()).await;
                Progress::Unknown { memo }
            }
            Disturbance::Not | Disturbance::FailAt(_) | Disturbance::FailAfter(_) | Disturbance::UnknownAt(_) => {
                self.inner.advance(cx, op, memo).await
            }
        }
    }
}
