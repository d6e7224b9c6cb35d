//! `POST /webhooks/github`.

use std::{sync::atomic::Ordering, time::Duration, time::Instant};

use botadura::{
    github::signature::sign,
    store::DeliveryState,
    web::{Config, LARGEST_BODY},
};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::{Door, OLDER, SECRET, read};

#[tokio::test]
async fn a_signed_one_is_stored_once_and_rings_once() {
    let door = Door::open().await;
    // GitHub's own example: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    let (body, signature) = (b"Hello, World!", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
    let answer = door.webhook("first", signature, body).await;
    assert_eq!((answer.status, answer.json()), (202, serde_json::json!({ "delivery": "first", "status": "stored" })));
    let again = door.webhook("first", signature, body).await;
    assert_eq!((again.status, again.json()), (202, serde_json::json!({ "delivery": "first", "status": "duplicate" })));
    assert_eq!(door.rings.load(Ordering::SeqCst), 1);
    // What is no JSON is kept all the same: whether it can be read is for the intake.
    let kept = door.kept().await;
    assert_eq!(kept.len(), 1);
    let delivery = &kept[0];
    assert_eq!((delivery.id.0.as_str(), delivery.source.as_str(), delivery.event.as_str()), ("first", "github", "push"));
    assert_eq!((delivery.body.as_slice(), delivery.state), (body.as_slice(), DeliveryState::Waiting));
    door.server.stop().await;
}

/// The headers of a webhook, and how it is refused.
type Case<'a> = (&'a [(&'a str, &'a str)], u16, &'a str);

#[tokio::test]
async fn what_is_not_ours_is_refused_and_never_kept() {
    let door = Door::open().await;
    let body = br#"{"zen":"Design for failure."}"#;
    let good = sign(SECRET, body);
    let json = ("content-type", "application/json");
    let (event, id, signature) = (("x-github-event", "push"), ("x-github-delivery", "one"), ("x-hub-signature-256", good.as_str()));
    let sha1 = ("x-hub-signature", "sha1=0123456789012345678901234567890123456789");
    let form = ("content-type", "application/x-www-form-urlencoded");
    let other = sign(b"another secret altogether", body);
    let long = "x".repeat(101);
    let cases: &[Case] = &[
        (&[json, event, id], 401, "bad_signature"),
        (&[json, event, id, sha1], 401, "bad_signature"),
        (&[json, event, id, signature, signature], 401, "bad_signature"),
        (&[json, event, id, ("x-hub-signature-256", "sha256=00")], 401, "bad_signature"),
        (&[json, event, id, ("x-hub-signature-256", &other)], 401, "bad_signature"),
        (&[event, id, signature], 415, "not_json"),
        (&[form, event, id, signature], 415, "not_json"),
        (&[json, id, signature], 400, "wrong_header"),
        (&[json, event, signature], 400, "wrong_header"),
        (&[json, ("x-github-event", "Push"), id, signature], 400, "wrong_header"),
        (&[json, event, event, id, signature], 400, "wrong_header"),
        (&[json, event, ("x-github-delivery", "a b"), signature], 400, "wrong_header"),
        (&[json, event, ("x-github-delivery", &long), signature], 400, "wrong_header"),
        (&[json, event, ("x-github-delivery", "api-key-1"), signature], 400, "wrong_header"),
    ];
    for (headers, status, code) in cases {
        let answer = door.send("POST /webhooks/github", headers, body).await;
        assert_eq!((answer.status, answer.code().as_str()), (*status, *code), "{headers:?}");
    }
    let one_byte_less = door.webhook("cut", &good, &body[1..]).await;
    assert_eq!(one_byte_less.status, 401);
    assert!(door.send("POST /webhooks/github", cases[6].0, body).await.body.contains("application/json; choose it"));
    assert_eq!(door.send("GET /webhooks/github", &[], b"").await.code(), "method_not_allowed");
    assert_eq!(door.rings.load(Ordering::SeqCst), 0);
    assert!(door.kept().await.is_empty());
    let metrics = door.metrics().await;
    for line in ["{answer=\"unsigned\"} 4", "{answer=\"forged\"} 2", "{answer=\"wrong_type\"} 3", "{answer=\"wrong_headers\"} 7"] {
        assert!(metrics.contains(&format!("botadura_webhooks_total{line}\n")), "{line} in {metrics}");
    }
}

#[tokio::test]
async fn while_a_secret_is_replaced_both_are_good_and_counted() {
    let door = Door::open().await;
    for place in 0..6 {
        let body = format!("{{\"n\":{place}}}");
        let secret = if place % 3 == 0 { OLDER } else { SECRET };
        let answer = door.webhook(&place.to_string(), &sign(secret, body.as_bytes()), body.as_bytes()).await;
        assert_eq!(answer.status, 202);
    }
    let metrics = door.metrics().await;
    assert!(metrics.contains("botadura_webhook_secrets_total{secret=\"0\"} 4\n"), "{metrics}");
    assert!(metrics.contains("botadura_webhook_secrets_total{secret=\"1\"} 2\n"), "{metrics}");
    assert!(metrics.contains("botadura_webhook_duration_seconds_count 6\n"), "{metrics}");
}

/// The head of a good webhook for this body, with the length as it is given.
fn head(signature: &str, length: &str) -> Vec<u8> {
    format!(
        "POST /webhooks/github HTTP/1.1\r\nhost: test\r\ncontent-type: application/json; charset=utf-8\r\nx-github-event: push\r\n\
         x-github-delivery: one\r\nx-hub-signature-256: {signature}\r\n{length}\r\n\r\n"
    )
    .into_bytes()
}

#[tokio::test]
async fn a_length_over_the_limit_is_refused_before_anything_is_read() {
    let door = Door::open().await;
    let begun = Instant::now();
    let answer = door.raw(&head(&sign(SECRET, b""), &format!("content-length: {}", LARGEST_BODY + 1))).await;
    assert_eq!((answer.status, answer.code().as_str()), (413, "too_large"));
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_length_that_is_not_told_is_cut_at_the_limit() {
    let door = Door::with(Config::default()).await;
    let mut connection = TcpStream::connect(door.server.address()).await.expect("a connection");
    connection.write_all(&head(&sign(SECRET, b""), "transfer-encoding: chunked")).await.expect("written");
    let chunk = [b"100000\r\n".as_slice(), &vec![b'x'; 1 << 20], b"\r\n"].concat();
    for _ in 0..27 {
        if connection.write_all(&chunk).await.is_err() {
            break;
        }
    }
    let answer = read(&mut connection).await;
    assert_eq!((answer.status, answer.code().as_str()), (413, "too_large"));
    let closed = async { while connection.write_all(&chunk).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(10), closed).await.expect("nobody goes on reading it");
    assert!(door.kept().await.is_empty());
}

#[tokio::test]
async fn the_largest_one_is_taken_and_more_than_the_budget_waits_for_its_turn() {
    let door = Door::with(Config { body_budget: 30 << 20, ..Config::default() }).await;
    let body = vec![b'x'; LARGEST_BODY];
    let signature = sign(SECRET, &body);
    let (one, two) = tokio::join!(door.webhook("one", &signature, &body), door.webhook("two", &signature, &body));
    assert_eq!((one.status, two.status), (202, 202));
    assert!(door.kept().await.iter().all(|delivery| delivery.body == body));
}

#[tokio::test]
async fn a_body_that_ends_early_or_never_is_given_up() {
    let door = Door::open().await;
    let whole = br#"{"zen":"Half measures are as bad as nothing at all."}"#;
    let mut bytes = head(&sign(SECRET, whole), &format!("content-length: {}", whole.len()));
    bytes.extend(&whole[..20]);
    let mut connection = TcpStream::connect(door.server.address()).await.expect("a connection");
    connection.write_all(&bytes).await.expect("written");
    let begun = Instant::now();
    let answer = read(&mut connection).await;
    assert_eq!((answer.status, answer.code().as_str()), (408, "body_too_slow"));
    assert!(begun.elapsed() < Duration::from_secs(5));
    let mut cut = TcpStream::connect(door.server.address()).await.expect("a connection");
    cut.write_all(&bytes).await.expect("written");
    drop(cut);
    assert_eq!(door.signed("good", whole).await.status, 202);
    assert_eq!(door.kept().await.len(), 1);
}

#[tokio::test]
async fn a_hundred_at_once_are_all_kept_and_the_same_one_a_hundred_times_once() {
    let door = Door::open().await;
    let bodies: Vec<_> = (0..100).map(|place| (place.to_string(), format!("{{\"n\":{place}}}"))).collect();
    let all = bodies.iter().map(|(id, body)| door.signed(id, body.as_bytes()));
    let same = (0..100).map(|_| door.signed("same", b"{}"));
    let (all, same) = tokio::join!(futures::future::join_all(all), futures::future::join_all(same));
    assert!(all.iter().all(|answer| answer.json()["status"] == "stored"));
    assert_eq!(same.iter().filter(|answer| answer.json()["status"] == "stored").count(), 1);
    assert_eq!(door.kept().await.len(), 101);
    assert_eq!(door.rings.load(Ordering::SeqCst), 101);
}
