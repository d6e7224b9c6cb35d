//! A deployment's output as it comes.

use std::collections::BTreeMap;

use botadura::{
    domain::{
        deployment::{Entry, Outcome},
        ids::{Actor, DeploymentId, EnvironmentId},
        plan::{Carried, Kind, Plan},
        policy::{Origin, Purpose},
        story::Dropped,
        version::Version,
    },
    store::{Journal, NewDeployment, Store},
    web::Config,
};
use jiff::Timestamp;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{Door, TOKEN, request};

fn environment() -> EnvironmentId {
    "shop/staging".parse().expect("a name")
}

fn version() -> Version {
    let sha = "c0ffee0".repeat(6)[..40].parse().expect("a SHA");
    let tree = "0ff1ce0".repeat(6)[..40].parse().expect("a SHA");
    Version { sha, tree, branch: Some("develop".parse().expect("a name")), tag: None, pull_request: None }
}

fn origin() -> Origin {
    Origin::new(Actor::Person("lucia".to_owned()), true, "one".to_owned())
}

async fn propose(store: &Store) -> DeploymentId {
    let mut tx = store.write().await.expect("a transaction");
    let id = tx.propose(&environment(), Some(&version()), &Purpose::Deploy, &origin()).await.expect("proposed");
    tx.commit().await.expect("committed");
    id
}

async fn begin(store: &Store, id: DeploymentId) {
    let plan = Plan { kind: Kind::Deploy, runbook: None, runs: Vec::new(), carried: Carried::default(), scope: BTreeMap::new() };
    let (environment, version, origin, repository) = (environment(), version(), origin(), "acme/shop".parse().expect("a name"));
    let new = NewDeployment {
        id,
        environment: &environment,
        version: Some(&version),
        origin: &origin,
        repository: &repository,
        plan: &plan,
        reverts: None,
    };
    let mut tx = store.write().await.expect("a transaction");
    tx.begin_deployment(&new).await.expect("begun");
    tx.set_slot(&environment, Some(id)).await.expect("set");
    tx.commit().await.expect("committed");
}

async fn end(store: &Store) {
    let claim = store.claim("test", Timestamp::now()).await.expect("read").expect("it is due");
    assert!(store.append(&claim, 0, &Entry::Begun).await.expect("appended"), "it is the first entry");
    let tx = store.end(&claim, &Outcome::Succeeded).await.expect("ended");
    store.commit(tx).await.expect("committed");
}

/// Reads a stream until this has come.
async fn until(connection: &mut TcpStream, wanted: &str) -> String {
    let (mut text, mut chunk) = (String::new(), vec![0; 4096]);
    let reading = async {
        while !text.contains(wanted) {
            let read = connection.read(&mut chunk).await.expect("more");
            assert_ne!(read, 0, "it ended before {wanted:?}: {text}");
            text.push_str(&String::from_utf8_lossy(&chunk[..read]));
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), reading).await.unwrap_or_else(|_| panic!("no {wanted:?}"));
    text
}

async fn follow(door: &Door, id: DeploymentId, last: &str) -> TcpStream {
    let bearer = format!("Bearer {TOKEN}");
    let headers = [("authorization", bearer.as_str()), ("last-event-id", last)];
    let mut connection = TcpStream::connect(door.server.address()).await.expect("a connection");
    let line = format!("GET /api/v1/deployments/{id}/logs?follow=true");
    connection.write_all(&request(&line, &headers, b"")).await.expect("written");
    connection
}

#[tokio::test]
async fn it_is_followed_from_the_gates_to_the_end_and_taken_up_again_in_between() {
    let door = Door::with(Config::default()).await;
    let id = propose(&door.store).await;
    let mut followed = follow(&door, id, "").await;
    until(&mut followed, "text/event-stream").await;
    begin(&door.store, id).await;
    door.store.keep_output(id, 1, 1, 0, "side ").await.expect("kept");
    until(&mut followed, "id: 1.1.5").await;
    door.store.keep_output(id, 0, 1, 0, "first\n").await.expect("kept");
    let came = until(&mut followed, "id: 0.1.6-1.1.5").await;
    assert!(!came.contains("side"), "nothing comes twice: {came}");
    drop(followed);

    door.store.keep_output(id, 1, 1, 5, "by side\n").await.expect("kept");
    end(&door.store).await;
    let mut again = follow(&door, id, "0.1.6-1.1.5").await;
    let rest = until(&mut again, "\"result\":\"succeeded\"").await;
    assert!(rest.contains("by side\\n") && !rest.contains("first") && rest.contains("event: end"), "{rest}");

    let all = door.api(&format!("GET /api/v1/deployments/{id}/logs"), &[], "").await.json();
    assert_eq!(all["pieces"].as_array().map(Vec::len), Some(3));
    let told = door.api(&format!("GET /api/v1/deployments/{id}"), &[], "").await.json();
    assert_eq!((told["summary"]["result"].as_str(), told["proposal"]["id"].as_i64()), (Some("succeeded"), Some(id.0)));
    let history = door.api("GET /api/v1/deployments?environment=shop/staging&limit=1", &[], "").await.json();
    assert_eq!(history["deployments"][0]["version"]["branch"], "develop");
    let status = door.api("GET /api/v1/status", &[], "").await.json();
    assert_eq!(status["environments"][1]["slot"]["id"], id.0);
}

#[tokio::test]
async fn a_proposal_that_ends_and_a_server_that_stops_end_the_stream() {
    let door = Door::with(Config::default()).await;
    let (one, two) = (propose(&door.store).await, propose(&door.store).await);
    let (mut first, mut second) = (follow(&door, one, "").await, follow(&door, two, "").await);
    until(&mut second, "text/event-stream").await;
    let mut tx = door.store.write().await.expect("a transaction");
    assert!(tx.close_proposal(one, &Dropped::Expired).await.expect("closed"));
    tx.commit().await.expect("committed");
    until(&mut first, "\"result\":null").await;
    let begun = Timestamp::now();
    door.server.stop().await;
    assert!(Timestamp::now().duration_since(begun).as_secs() < 4, "a stream must not hold it up");
    let mut rest = String::new();
    second.read_to_string(&mut rest).await.expect("an end");
    assert!(!rest.contains("event: end"), "{rest}");
}
