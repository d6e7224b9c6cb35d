//! What stands between the engine and its steps and journal, to end the world at a chosen point, to do everything twice,
//! or to fail at a chosen call.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use botadura::{
    app::Between,
    domain::{
        deployment::{Entry, Outcome},
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
        std::future::pending().await
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
#[derive(Debug, Clone, Copy)]
pub enum Disturbance {
    /// Each call is made twice with one memo; the first answer is lost.
    Twice,
    /// The call with this number (from 0, over all steps) fails instead of being made.
    FailAt(usize),
}

/// Steps that are disturbed.
pub fn disturbed(disturbance: Disturbance, calls: &Arc<AtomicUsize>) -> Between {
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
    calls: Arc<AtomicUsize>,
}

#[async_trait]
impl Step for Disturbed {
    async fn observe(&self, cx: &Context) -> Observation {
        self.inner.observe(cx).await
    }

    async fn advance(&self, cx: &Context, op: Op<'_>, memo: Memo) -> Progress {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        match self.disturbance {
            Disturbance::Twice => {
                let _lost = self.inner.advance(cx, op, memo.clone()).await;
                let again = Context { resumption: true, ..cx.clone() };
                self.inner.advance(&again, op, memo).await
            }
            Disturbance::FailAt(place) if place == call && matches!(op, Op::Apply) => {
                Progress::failed(Reason::new("a test wanted it to fail"))
            }
            Disturbance::FailAt(_) => self.inner.advance(cx, op, memo).await,
        }
    }
}
