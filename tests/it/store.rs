//! What every store must do, whatever it is built on. A backend is a type that opens one; `conformance!` runs everything
//! on each of them.

use std::{path::PathBuf, sync::Arc, time::Duration};

use botadura::{
    domain::{
        clock::Clock as _,
        deployment::{Entry, Outcome},
        ids::{Actor, DeliveryId, DeploymentId, EnvironmentId},
        plan::{Carried, Kind, Plan},
        policy::{Decision, Origin, Purpose},
        reply::Reply,
        request::{Ask, Request},
        rights::Rights,
        story::Dropped,
        version::Version,
    },
    store::{self, Accepted, Claim, DeliveryState, Error, Journal as _, NewDelivery, NewDeployment, Opened, ProposalState, Store},
};
use futures::future::join_all;

use crate::support::clock::Hand;

/// Where a store is kept, and how it is opened: a second time, it is the same one.
trait Backend: Sized {
    fn fresh() -> Self;
    async fn open(&self, clock: &Hand) -> store::Result<Opened>;
    /// Whether a second process may use it at the same time.
    const SHARED: bool;
}

struct Sqlite {
    folder: tempfile::TempDir,
}

impl Backend for Sqlite {
    const SHARED: bool = false;

    fn fresh() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    async fn open(&self, clock: &Hand) -> store::Result<Opened> {
        let path: PathBuf = self.folder.path().join("data/botadura.db");
        store::open(store::Config { path, surfaces: vec!["console"] }, Arc::new(clock.clone()), || "fresh".to_owned()).await
    }
}

/// Everything below, on one backend.
macro_rules! conformance {
    ($backend:ident as $module:ident) => {
        mod $module {
            tests! {
                $backend:
                a_delivery_is_kept_once_however_often_it_comes,
                a_delivery_is_settled_once,
                a_claim_that_was_lost_can_write_nothing,
                what_was_not_given_back_is_taken_up_as_interrupted,
                a_deployment_is_claimed_by_one,
                an_entry_goes_to_its_place_or_nowhere,
                a_longer_journal_is_looked_at_at_once,
                a_slot_is_taken_by_one,
                a_proposal_is_looked_at_when_it_is_due,
                numbers_are_given_once,
                what_changes_while_it_is_shown_stays_stale,
                output_that_comes_twice_is_kept_once,
                what_is_not_committed_was_not,
                whoever_comes_second_waits_outside,
                a_store_keeps_its_name,
            }
        }
    };
}

macro_rules! tests {
    ($backend:ident: $($test:ident),* $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            super::$test::<super::$backend>().await;
        })*
    };
}

conformance!(Sqlite as sqlite);

async fn opened<B: Backend>() -> (B, Hand, Opened) {
    let (backend, clock) = (B::fresh(), Hand::new());
    let opened = backend.open(&clock).await.expect("a store");
    (backend, clock, opened)
}

fn environment(name: &str) -> EnvironmentId {
    format!("shop/{name}").parse().expect("an environment")
}

fn version() -> Version {
    let sha = || "c0ffee0000000000000000000000000000000000".parse().expect("a SHA");
    Version { sha: sha(), tree: sha(), branch: None, tag: None, pull_request: None }
}

fn origin() -> Origin {
    Origin::new(Actor::Operator, true, "d".to_owned())
}

fn plan() -> Plan {
    Plan { kind: Kind::Deploy, runbook: None, runs: Vec::new(), carried: Carried::default(), scope: std::collections::BTreeMap::new() }
}

fn request(id: &str) -> NewDelivery {
    let ask = Ask::Cancel { deployment: DeploymentId(1), leave: false };
    NewDelivery::request(DeliveryId(id.to_owned()), &Request { actor: Actor::Operator, ask, rights: Rights::Everything })
        .expect("a request")
}

/// A deployment that has begun: one entry.
async fn begun(store: &Store) -> DeploymentId {
    let mut tx = store.write().await.expect("a transaction");
    let id = tx.number().await.expect("a number");
    let (environment, version, origin, plan) = (environment("staging"), version(), origin(), plan());
    let repository = "acme/shop".parse().expect("a name");
    let new = NewDeployment {
        id,
        environment: &environment,
        version: Some(&version),
        origin: &origin,
        repository: &repository,
        plan: &plan,
        reverts: None,
    };
    tx.begin_deployment(&new).await.expect("begun");
    tx.append_unclaimed(id, &Entry::Begun).await.expect("appended");
    tx.commit().await.expect("committed");
    id
}

async fn claim(store: &Store, owner: &str, clock: &Hand) -> Option<Claim> {
    store.claim(owner, clock.now()).await.expect("the store answers")
}

async fn entries(store: &Store, id: DeploymentId) -> Vec<Entry> {
    let lines = store.read().await.expect("a reader").journal(id).await.expect("a journal");
    lines.into_iter().map(|(entry, _)| entry).collect()
}

fn is_fenced<T>(answer: &store::Result<T>) -> bool {
    matches!(answer, Err(Error::Fenced(_)))
}

async fn a_delivery_is_kept_once_however_often_it_comes<B: Backend>() {
    let (_backend, _clock, opened) = opened::<B>().await;
    let inbox = opened.store.inbox();
    // 1,000 at once, each of 500 twice: also within what is committed together.
    let all = join_all((0..1000).map(|place| {
        let inbox = inbox.clone();
        tokio::spawn(async move { inbox.accept(request(&format!("delivery-{}", place % 500))).await })
    }))
    .await;
    let answers: Vec<Accepted> = all.into_iter().map(|answer| answer.expect("joined").expect("accepted")).collect();
    let stored = answers.iter().filter(|answer| **answer == Accepted::Stored).count();
    assert_eq!((stored, answers.len()), (500, 1000));
    let mut reader = opened.store.read().await.expect("a reader");
    let kept = reader.deliveries(2000).await.expect("deliveries");
    assert_eq!(kept.len(), 500);
    assert_eq!(reader.waiting_deliveries().await.expect("a count"), 500);
    assert_eq!(inbox.accept(request("delivery-7")).await.expect("an answer"), Accepted::Duplicate);
}

async fn a_delivery_is_settled_once<B: Backend>() {
    let (_backend, clock, opened) = opened::<B>().await;
    let store = &opened.store;
    store.inbox().accept(request("one")).await.expect("accepted");
    let due = store.read().await.expect("a reader").due_deliveries("api", clock.now(), 9).await.expect("an answer").remove(0);
    let later = clock.now() + Duration::from_mins(1);
    let reply = Reply::Closed { reason: "a test".to_owned() };
    let mut tx = store.write().await.expect("a transaction");
    tx.postpone_delivery(&due.id, later, &reply).await.expect("postponed");
    tx.commit().await.expect("committed");
    let mut reader = store.read().await.expect("a reader");
    assert!(reader.due_deliveries("api", clock.now(), 9).await.expect("an answer").is_empty());
    assert_eq!(reader.next_delivery("api").await.expect("an answer"), Some(later));
    assert!(reader.due_deliveries("api", later, 9).await.expect("an answer").len() == 1);
    assert!(reader.due_deliveries("github", later, 9).await.expect("an answer").is_empty(), "another source's");
    drop(reader);
    for first in [true, false] {
        let mut tx = store.write().await.expect("a transaction");
        assert_eq!(tx.settle_delivery(&due.id, DeliveryState::Settled, &reply).await.expect("an answer"), first);
        tx.commit().await.expect("committed");
    }
    assert_eq!(store.read().await.expect("a reader").next_delivery("api").await.expect("an answer"), None);
}

async fn a_claim_that_was_lost_can_write_nothing<B: Backend>() {
    let (_backend, clock, opened) = opened::<B>().await;
    let store = &opened.store;
    let id = begun(store).await;
    let old = claim(store, "a", &clock).await.expect("the first one gets it");
    assert!(!old.interrupted);
    assert!(claim(store, "b", &clock).await.is_none(), "it is claimed");
    clock.advance(store::CLAIM_TTL);
    assert!(claim(store, "a", &clock).await.is_none(), "its own owner has it already");
    let new = claim(store, "b", &clock).await.expect("its time is over");
    assert!(new.interrupted);
    assert!(is_fenced(&store.append(&old, 1, &Entry::Resumed).await));
    assert!(is_fenced(&store.renew(&old, clock.now()).await));
    assert!(is_fenced(&store.release(&old, 1, clock.now()).await));
    assert!(is_fenced(&store.abandon(&old).await));
    assert!(is_fenced(&store.end(&old, &Outcome::Succeeded).await));
    assert_eq!(entries(store, id).await, [Entry::Begun]);
    assert!(store.append(&new, 1, &Entry::Resumed).await.expect("it is its own"));
    // Without the fence, what the first owner writes would stand in the journal: this is how it comes there.
    let mut tx = store.write().await.expect("a transaction");
    tx.append_unclaimed(id, &Entry::Resumed).await.expect("nobody asked for a claim");
    tx.commit().await.expect("committed");
    assert_eq!(entries(store, id).await.len(), 3);
    let tx = store.end(&new, &Outcome::Succeeded).await.expect("it is its own");
    store.commit(tx).await.expect("committed");
    assert!(is_fenced(&store.append(&new, 4, &Entry::Resumed).await), "after its end");
    clock.advance(store::CLAIM_TTL);
    assert!(claim(store, "c", &clock).await.is_none(), "what has ended is not claimed");
}

async fn what_was_not_given_back_is_taken_up_as_interrupted<B: Backend>() {
    let (backend, clock, opened) = opened::<B>().await;
    let store = &opened.store;
    begun(store).await;
    let first = claim(store, "a", &clock).await.expect("a claim");
    store.release(&first, 1, clock.now()).await.expect("released");
    let second = claim(store, "a", &clock).await.expect("a claim");
    assert!(!second.interrupted, "it was given back");
    store.abandon(&second).await.expect("abandoned");
    assert!(claim(store, "a", &clock).await.is_none(), "it rests");
    clock.advance(Duration::from_secs(1));
    let third = claim(store, "a", &clock).await.expect("a claim");
    assert!(third.interrupted, "it was given up");
    store.renew(&third, clock.now()).await.expect("renewed");
    if B::SHARED {
        return;
    }
    // The process dies. Whoever opens the store next knows that nobody else lives.
    let Opened { store, lock } = opened;
    store.close().await;
    drop((store, lock));
    let opened = backend.open(&clock).await.expect("it is free");
    let fourth = claim(&opened.store, "b", &clock).await.expect("at once");
    assert!(fourth.interrupted);
    assert!(is_fenced(&opened.store.append(&third, 1, &Entry::Resumed).await));
}

async fn a_deployment_is_claimed_by_one<B: Backend>() {
    let (_backend, clock, opened) = opened::<B>().await;
    let store = &opened.store;
    let mut all = Vec::new();
    for _ in 0..20 {
        all.push(begun(store).await);
    }
    let claimers = (0..50).map(|number| {
        let (store, now) = (store.clone(), clock.now());
        tokio::spawn(async move {
            let mut won = Vec::new();
            while let Some(claim) = store.claim(&format!("owner-{number}"), now).await.expect("the store answers") {
                won.push(claim.deployment);
            }
            won
        })
    });
    let mut won: Vec<DeploymentId> = join_all(claimers).await.into_iter().flat_map(|won| won.expect("joined")).collect();
    won.sort();
    assert_eq!(won, all);
}

async fn an_entry_goes_to_its_place_or_nowhere<B: Backend>() {
    let (_backend, clock, opened) = opened::<B>().await;
    let store = &opened.store;
    let id = begun(store).await;
    let claim = claim(store, "a", &clock).await.expect("a claim");
    assert!(!store.append(&claim, 0, &Entry::Resumed).await.expect("an answer"), "there is one at that place");
    assert!(!store.append(&claim, 2, &Entry::Resumed).await.expect("an answer"), "there would be a hole");
    assert!(store.append(&claim, 1, &Entry::Resumed).await.expect("an answer"));
    let racing = join_all((0..20).map(|_| {
        let (store, claim) = (store.clone(), claim.clone());
        tokio::spawn(async move { store.append(&claim, 2, &Entry::Resumed).await.expect("an answer") })
    }))
    .await;
    assert_eq!(racing.into_iter().filter(|won| *won.as_ref().expect("joined")).count(), 1);
    assert_eq!(entries(store, id).await, [Entry::Begun, Entry::Resumed, Entry::Resumed]);
}

async fn a_longer_journal_is_looked_at_at_once<B: Backend>() {
    let (_backend, clock, opened) = opened::<B>().await;
    let store = &opened.store;
    let id = begun(store).await;
    let later = clock.now() + Duration::from_hours(1);
    let first = claim(store, "a", &clock).await.expect("a claim");
    let mut tx = store.write().await.expect("a transaction");
    let wish = Entry::CancelRequested { by: Actor::Operator, leave: false, back: false };
    tx.append_unclaimed(id, &wish).await.expect("appended");
    tx.commit().await.expect("committed");
    store.release(&first, 1, later).await.expect("released");
    let again = claim(store, "a", &clock).await.expect("somebody wanted something meanwhile");
    store.release(&again, 2, later).await.expect("released");
    assert!(claim(store, "a", &clock).await.is_none());
    assert_eq!(store.read().await.expect("a reader").next_deployment().await.expect("an answer"), Some(later));
}

async fn a_slot_is_taken_by_one<B: Backend>() {
    let (_backend, _clock, opened) = opened::<B>().await;
    let id = environment("staging");
    let takers = (1..=50).map(|number| {
        let (store, id) = (opened.store.clone(), id.clone());
        tokio::spawn(async move {
            let mut tx = store.write().await?;
            if tx.environment(&id).await?.slot.is_some() {
                return Ok(None);
            }
            tx.set_slot(&id, Some(DeploymentId(number))).await?;
            tx.commit().await?;
            Ok::<_, Error>(Some(DeploymentId(number)))
        })
    });
    let winners: Vec<DeploymentId> = join_all(takers).await.into_iter().filter_map(|taken| taken.expect("joined").ok()?).collect();
    assert_eq!(winners.len(), 1);
    let mut reader = opened.store.read().await.expect("a reader");
    assert_eq!(reader.environment(&id).await.expect("a row").slot, Some(winners[0]));
    assert_eq!(reader.environment(&environment("production")).await.expect("a row").slot, None);
}

async fn a_proposal_is_looked_at_when_it_is_due<B: Backend>() {
    let (_backend, clock, opened) = opened::<B>().await;
    let store = &opened.store;
    let mut tx = store.write().await.expect("a transaction");
    let id = tx.propose(&environment("staging"), Some(&version()), &Purpose::Deploy, &origin()).await.expect("proposed");
    tx.commit().await.expect("committed");
    let due = async |at| store.read().await.expect("a reader").due_proposals(at).await.expect("an answer");
    let next = async || store.read().await.expect("a reader").next_proposal().await.expect("an answer");
    assert_eq!(due(clock.now()).await, [id]);
    let later = clock.now() + Duration::from_mins(1);
    let nothing = Decision { gates: Vec::new() };
    let mut tx = store.write().await.expect("a transaction");
    tx.keep_decision(id, &nothing, Some(later)).await.expect("kept");
    tx.commit().await.expect("committed");
    assert!(due(clock.now()).await.is_empty());
    assert_eq!((next().await, due(later).await), (Some(later), vec![id]));
    let mut tx = store.write().await.expect("a transaction");
    tx.look_at_proposals(Some(&environment("production"))).await.expect("looked at");
    tx.commit().await.expect("committed");
    assert!(due(clock.now()).await.is_empty(), "another environment's");
    let mut tx = store.write().await.expect("a transaction");
    tx.look_at_proposals(Some(&environment("staging"))).await.expect("looked at");
    tx.commit().await.expect("committed");
    assert_eq!(due(clock.now()).await, [id]);
    let mut tx = store.write().await.expect("a transaction");
    let (digest, roles) = (plan().digest(), vec!["lead".to_owned()]);
    assert!(tx.approve(id, &Actor::Operator, &roles, &digest).await.expect("an answer"));
    assert!(!tx.approve(id, &Actor::Operator, &roles, &digest).await.expect("an answer"), "once is enough");
    assert!(tx.begin_proposal(id, &nothing).await.expect("an answer"));
    assert!(!tx.begin_proposal(id, &nothing).await.expect("an answer"), "it begins once");
    assert!(!tx.close_proposal(id, &Dropped::Expired).await.expect("an answer"), "it has begun");
    tx.commit().await.expect("committed");
    assert_eq!((next().await, due(later).await), (None, vec![]));
    let row = store.read().await.expect("a reader").proposal(id).await.expect("an answer").expect("a row");
    assert_eq!((row.state, row.proposal.approvals.len()), (ProposalState::Begun, 1));
}

async fn numbers_are_given_once<B: Backend>() {
    let (_backend, _clock, opened) = opened::<B>().await;
    let takers = (0..100).map(|_| {
        let store = opened.store.clone();
        tokio::spawn(async move {
            let mut tx = store.write().await?;
            let number = tx.number().await?;
            tx.commit().await?;
            Ok::<_, Error>(number.0)
        })
    });
    let mut numbers: Vec<i64> = join_all(takers).await.into_iter().map(|number| number.expect("joined").expect("a number")).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=100).collect::<Vec<_>>());
}

async fn what_changes_while_it_is_shown_stays_stale<B: Backend>() {
    let (_backend, clock, opened) = opened::<B>().await;
    let store = &opened.store;
    let id = DeploymentId(7);
    let touch = async || {
        let mut tx = store.write().await.expect("a transaction");
        tx.touch(id).await.expect("touched");
        tx.commit().await.expect("committed");
    };
    let stale = async |at| store.read().await.expect("a reader").stale("console", at).await.expect("an answer");
    touch().await;
    let first = stale(clock.now()).await.expect("it is stale");
    // While it is being shown, something happens.
    touch().await;
    store.shown("console", &first, Some("page 1")).await.expect("noted");
    let second = stale(clock.now()).await.expect("it is stale again");
    assert!(second.revision > first.revision);
    assert_eq!(second.remote.as_deref(), Some("page 1"));
    let later = clock.now() + Duration::from_secs(5);
    store.not_shown("console", &second, (Some("page 1"), later)).await.expect("noted");
    assert_eq!(stale(clock.now()).await, None);
    touch().await;
    assert_eq!(stale(clock.now()).await, None, "a change does not make it hurry");
    let third = stale(later).await.expect("it is stale");
    assert_eq!(third.attempts, 1);
    store.shown("console", &third, Some("page 1")).await.expect("noted");
    assert_eq!(stale(later).await, None);
    assert_eq!(store.read().await.expect("a reader").stale_count().await.expect("a count"), 0);
}

async fn output_that_comes_twice_is_kept_once<B: Backend>() {
    let (_backend, _clock, opened) = opened::<B>().await;
    let store = &opened.store;
    let id = begun(store).await;
    for (run, attempt, place, text) in [(0, 1, 0, "one "), (0, 1, 4, "two"), (0, 1, 0, "one "), (0, 2, 0, "again"), (1, 1, 0, "other")] {
        store.keep_output(id, run, attempt, place, text).await.expect("kept");
    }
    let mut reader = store.read().await.expect("a reader");
    let kept: Vec<String> = reader.output(id).await.expect("output").into_iter().map(|piece| piece.text).collect();
    assert_eq!(kept, ["one ", "two", "again", "other"]);
    assert_eq!(reader.output_end(id, 0, 1).await.expect("an end"), 7);
    assert_eq!(reader.output_end(id, 3, 1).await.expect("an end"), 0);
}

async fn what_is_not_committed_was_not<B: Backend>() {
    let (_backend, clock, opened) = opened::<B>().await;
    let store = &opened.store;
    let id = begun(store).await;
    let mine = claim(store, "a", &clock).await.expect("a claim");
    let mut tx = store.end(&mine, &Outcome::Succeeded).await.expect("a transaction");
    tx.set_running(&environment("staging"), Some(id)).await.expect("set");
    drop(tx);
    let mut reader = store.read().await.expect("a reader");
    assert_eq!(reader.environment(&environment("staging")).await.expect("a row").running, None);
    assert_eq!(reader.deployment(id).await.expect("an answer").expect("a row").ended_at, None);
    assert_eq!(entries(store, id).await, [Entry::Begun]);
    assert!(store.append(&mine, 1, &Entry::Resumed).await.expect("the claim still holds"));
}

async fn whoever_comes_second_waits_outside<B: Backend>() {
    let (backend, clock, opened) = opened::<B>().await;
    if B::SHARED {
        return;
    }
    let refused = backend.open(&clock).await.expect_err("somebody has it");
    assert!(refused.to_string().contains("another Botadura runs on"), "{refused}");
    drop(opened);
    backend.open(&clock).await.expect("it is free");
}

async fn a_store_keeps_its_name<B: Backend>() {
    let (backend, clock, opened) = opened::<B>().await;
    let name = opened.store.instance().to_owned();
    opened.store.close().await;
    drop(opened);
    let again = backend.open(&clock).await.expect("a store");
    assert_eq!(again.store.instance(), name);
}
