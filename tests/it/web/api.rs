//! The API, health, and who may see what.

use std::time::Duration;

use botadura::{
    domain::{
        ids::{Actor, DeliveryId},
        reply::{Done, Refusal, Reply},
        request::{Ask, Request, Scope},
        rights::Rights,
    },
    store::DeliveryState,
    web::Config,
};

use super::{Door, TOKEN};

const LOCK: &str = r#"{"lock":{"scope":"everything"}}"#;

#[tokio::test]
async fn nothing_of_the_api_is_there_without_the_token() {
    let door = Door::open().await;
    let (padded, longer, basic) = (format!("bearer  {TOKEN} "), format!("Bearer {TOKEN}x"), format!("Basic {TOKEN}"));
    for address in ["status", "deployments", "deployments/1", "deployments/1/logs", "deliveries", "deliveries/x", "nothing"] {
        let line = format!("GET /api/v1/{address}");
        let one = ("authorization", longer.as_str());
        for headers in [&[][..], &[one], &[("authorization", basic.as_str())], &[("authorization", "Bearer ")], &[one, one]] {
            let answer = door.send(&line, headers, b"").await;
            assert_eq!((answer.status, answer.code().as_str()), (401, "unauthorized"), "{line} {headers:?}");
            assert!(answer.head.contains("www-authenticate: bearer") && answer.body.contains("'token'"), "{answer:?}");
        }
    }
    assert_eq!(door.send("POST /api/v1/requests", &[], LOCK.as_bytes()).await.status, 401);
    assert!(door.kept().await.is_empty());
    assert_eq!(door.send("GET /api/v1/status", &[("authorization", &padded)], b"").await.status, 200);
    let answer = door.api("GET /api/v1/nothing", &[], "").await;
    assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"));
    assert_eq!(door.api("POST /api/v1/status", &[], "").await.code(), "method_not_allowed");
    for line in ["GET /api/v1/deployments/x", "GET /api/v1/deployments?limit=x", "GET /api/v1/deployments?environment=shop"] {
        let answer = door.api(line, &[], "").await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid_parameters"), "{line}");
    }
}

/// Settles the first delivery that waits, as the intake would.
pub async fn settle(door: &Door, reply: Reply) -> Request {
    for _ in 0..200 {
        let waiting = door.kept().await.into_iter().find(|delivery| delivery.state == DeliveryState::Waiting);
        if let Some(delivery) = waiting {
            let mut tx = door.store.write().await.expect("a transaction");
            assert!(tx.settle_delivery(&delivery.id, DeliveryState::Settled, &reply).await.expect("settled"));
            tx.commit().await.expect("committed");
            door.changes.send_modify(|times| *times += 1);
            return serde_json::from_slice(&delivery.body).expect("a request");
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nothing came");
}

#[tokio::test]
async fn a_request_is_stored_like_a_webhook_and_its_answer_waited_for() {
    let door = Door::with(Config { patience: Duration::from_secs(10), ..Config::default() }).await;
    let done = Reply::Done { done: Done::Unlocked { scope: Scope::Everything } };
    let (answer, request) = tokio::join!(door.api("POST /api/v1/requests", &[], LOCK), settle(&door, done.clone()));
    assert_eq!((answer.status, &answer.json()["reply"]), (200, &serde_json::to_value(&done).expect("JSON")));
    let ask = Ask::Lock { scope: Scope::Everything, reason: None, until: None, steal: false };
    assert_eq!(request, Request { actor: Actor::Operator, ask, rights: Rights::Everything });

    let refused = Reply::Refused { refusal: Refusal::NoApprovalNeeded };
    let lucia = [("x-botadura-as", "lucia")];
    let (answer, request) = tokio::join!(door.api("POST /api/v1/requests", &lucia, LOCK), settle(&door, refused.clone()));
    assert_eq!((answer.status, answer.code().as_str()), (409, "refused"));
    assert_eq!(answer.json()["reply"], serde_json::to_value(&refused).expect("JSON"));
    assert_eq!(request.actor, Actor::Vouched("lucia".to_owned()));
}

#[tokio::test]
async fn a_request_that_takes_longer_or_comes_again_is_one_request() {
    let door = Door::open().await;
    let key = [("idempotency-key", "k1")];
    for _ in 0..2 {
        let answer = door.api("POST /api/v1/requests", &key, LOCK).await;
        assert_eq!((answer.status, answer.json()["delivery"].as_str()), (202, Some("api-key-k1")));
    }
    assert_eq!(door.kept().await.len(), 1);
    let other = door.api("POST /api/v1/requests", &key, r#"{"unlock":{"scope":"everything"}}"#).await;
    assert_eq!((other.status, other.code().as_str()), (422, "key_reused"));
    let line = door.api("GET /api/v1/deliveries/api-key-k1", &[], "").await.json();
    assert_eq!((line["state"].as_str(), line["source"].as_str()), (Some("waiting"), Some("api")));
    let reader = door.store.read().await.expect("a reader").delivery(&DeliveryId("api-key-k1".to_owned())).await;
    assert!(reader.expect("read").is_some());
    assert_eq!(door.api("GET /api/v1/deliveries?limit=5", &[], "").await.json()["deliveries"][0]["id"], "api-key-k1");
    assert_eq!(door.send("GET /health", &[], b"").await.json()["waiting_deliveries"], 1);
}

#[tokio::test]
async fn what_is_no_request_is_refused_with_its_place() {
    let door = Door::open().await;
    for body in ["", "{", r#"{"lock":{}}"#, r#"{"lock":{"scope":"everything"}} x"#, r#"{"sudo":{}}"#, r#"{"approve":{"deployment":"x"}}"#] {
        let answer = door.api("POST /api/v1/requests", &[], body).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid_request"), "{body}");
    }
    let answer = door.api("POST /api/v1/requests", &[], &" ".repeat(70_000)).await;
    assert_eq!(answer.code(), "too_large");
    for login in ["-x", "a b", "lucía", ""] {
        assert_eq!(door.api("POST /api/v1/requests", &[("x-botadura-as", login)], LOCK).await.code(), "invalid_login", "{login}");
    }
    assert!(door.kept().await.is_empty());
}

#[tokio::test]
async fn status_names_every_configured_environment() {
    let door = Door::open().await;
    let status = door.api("GET /api/v1/status?application=shop", &[], "").await.json();
    let names: Vec<_> = status["environments"].as_array().expect("a list").iter().map(|one| one["environment"].clone()).collect();
    assert_eq!(names, ["shop/production", "shop/staging"]);
    assert_eq!(door.api("GET /api/v1/status?application=shoe", &[], "").await.status, 404);
    assert_eq!(door.api("GET /api/v1/deployments/7", &[], "").await.status, 404);
    assert_eq!(door.api("GET /api/v1/deployments/7/logs?follow=true", &[], "").await.status, 404);
}

#[tokio::test]
async fn it_says_how_it_is_and_ends_within_its_time() {
    let mut door = Door::open().await;
    for address in ["livez", "readyz", "health", "metrics"] {
        assert_eq!(door.send(&format!("GET /{address}"), &[], b"").await.status, 200, "{address}");
    }
    door.server.drain();
    let answer = door.send("GET /readyz", &[], b"").await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "not_ready"));
    assert_eq!(door.signed("late", b"{}").await.status, 202, "webhooks are taken to the end");
    assert!(tokio::time::timeout(Duration::from_millis(50), door.server.ended()).await.is_err());
    tokio::time::timeout(Duration::from_secs(10), door.server.stop()).await.expect("in time");
}
