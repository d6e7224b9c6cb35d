//! Deliveries that come twice, late, in the wrong order, or cannot be read.

use std::time::Duration;

use botadura::{domain::reply::Reply, store::DeliveryState};
use serde_json::json;

use super::deploy::SIMPLE;
use crate::support::world::World;

#[test]
fn the_same_delivery_twice_is_one_delivery() {
    let mut world = World::with(SIMPLE).start();
    let sha = world.repository.commit("main", &[("VERSION", "1")]);
    let payload = world.push_payload("refs/heads/main", &"0".repeat(40), &sha);
    assert_eq!(world.deliver_as("one", "push", &payload), 202);
    assert!(matches!(world.deliver_as("one", "push", &payload), 200 | 202));
    world.settle();
    assert!(matches!(world.deliver_as("one", "push", &payload), 200 | 202));
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded"]);
    assert_eq!(world.outcomes().len(), 1);
}

#[test]
fn a_captured_push_that_is_sent_again_deploys_nothing() {
    let mut world = World::with(SIMPLE).start();
    let zero = "0".repeat(40);
    let first = world.push("main", &[("VERSION", "1")]);
    world.settle();
    let second = world.push("main", &[("VERSION", "2")]);
    world.settle();
    let ran = world.read("ledger");
    for (before, after) in [(&zero, &first), (&first, &second)] {
        let captured = world.push_payload("refs/heads/main", before, after);
        world.deliver("push", &captured);
        world.settle();
        assert_eq!(World::answers(&world.outcome()), ["staging: joined 2"]);
    }
    assert_eq!(world.read("ledger"), ran);
}

#[test]
fn a_captured_tag_that_is_sent_again_does_not_bring_its_version_back() {
    let mut world = World::with(SIMPLE).start();
    let zero = "0".repeat(40);
    let first = world.push("main", &[("VERSION", "1")]);
    world.tag("v1", &first);
    world.settle();
    let second = world.push("main", &[("VERSION", "2")]);
    world.tag("v2", &second);
    world.settle();
    let ran = world.read("ledger");
    let captured = world.push_payload("refs/tags/v1", &zero, &world.repository.tag("v1", &first));
    for _ in 0..2 {
        world.deliver("push", &captured);
        world.settle();
    }
    assert_eq!(world.read("ledger"), ran, "{:?}", world.outcome());
    assert_eq!(world.history("production").len(), 2);
}

#[test]
fn a_captured_push_under_another_events_name_is_refused() {
    let mut world = World::with(SIMPLE).start();
    let sha = world.push("main", &[("VERSION", "1")]);
    world.settle();
    let captured = world.push_payload("refs/heads/main", &"0".repeat(40), &sha);
    for event in ["repository", "create", "workflow_run", "ping"] {
        world.deliver(event, &captured);
        world.settle();
        let (state, reply) = world.delivery(&world.last_delivery());
        assert!(matches!(reply, Some(Reply::Parked { .. })) && state == DeliveryState::Parked, "{event}: {reply:?}");
    }
    assert_eq!(world.history("staging"), ["1 succeeded"]);
    world.untidy();
}

#[test]
fn where_each_push_has_its_turn_a_replayed_one_does_not_bring_its_version_back() {
    let mut world = World::with(&SIMPLE.replace("[{ push: main }] }", "[{ push: main }], queue: every }")).start();
    let first = world.push("main", &[("VERSION", "1")]);
    world.push("main", &[("VERSION", "2")]);
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded", "2 succeeded"]);
    let captured = world.push_payload("refs/heads/main", &"0".repeat(40), &first);
    world.deliver("push", &captured);
    world.settle();
    assert_eq!(World::answers(&world.outcome()), ["staging: joined 2"]);
    assert_eq!(world.history("staging").len(), 2);
}

#[test]
fn what_became_of_a_delivery_the_first_time_is_kept_when_it_is_replayed() {
    let mut world = World::with(SIMPLE).start();
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    let id = world.last_delivery();
    let line = format!("/api/v1/deliveries/{id}");
    let first = world.get(&line)["outcome"].clone();
    assert_eq!(world.get(&line).get("replayed_at"), None);
    for _ in 0..2 {
        let answer = world.call(&world.own_token(), &format!("POST deliveries/{id}/replay"), None, Some(&json!({})));
        assert_eq!(answer.status, 202);
        world.settle();
        let told = world.get(&line);
        assert!(told["replayed_at"].is_string() && told["outcome"] != first, "{told}");
        assert_eq!(told["first_outcome"], first);
    }
    assert_eq!(world.history("staging"), ["1 succeeded"]);
}

#[test]
fn a_captured_push_does_not_bring_back_what_failed_or_was_withdrawn() {
    let mut world = World::with(&SIMPLE.replace("'echo", "'[ ! -e broken ]; echo")).start();
    let first = world.push("main", &[("VERSION", "1")]);
    world.settle();
    let second = world.push("main", &[("broken", "")]);
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded", "2 failed"]);
    world.deliver("push", &world.push_payload("refs/heads/main", &first, &second));
    world.settle();
    world.lock("lucia", "shop/staging");
    let third = world.push("main", &[("VERSION", "3")]);
    world.settle();
    world.cancel("ada", 3);
    world.deliver("push", &world.push_payload("refs/heads/main", &second, &third));
    world.unlock("lucia", "shop/staging");
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded", "2 failed"]);
}

#[test]
fn a_captured_push_does_not_bring_one_branch_back_over_another() {
    let mut world = World::with(&SIMPLE.replace("push: main", "push: [main, next]")).start();
    let first = world.push("main", &[("VERSION", "1")]);
    world.settle();
    world.push("next", &[("VERSION", "2")]);
    world.settle();
    world.deliver("push", &world.push_payload("refs/heads/main", &"0".repeat(40), &first));
    world.settle();
    assert_eq!((world.history("staging").len(), world.running("staging")), (2, Some(2)));
}

#[test]
fn a_branch_that_goes_to_and_fro_is_followed() {
    let mut world = World::with(SIMPLE).start();
    let first = world.push("main", &[("VERSION", "1")]);
    world.settle();
    let second = world.push("main", &[("VERSION", "2")]);
    world.settle();
    for (before, after) in [(&second, &first), (&first, &second), (&second, &first)] {
        world.repository.force("main", after);
        world.tell_push("main", before, after);
        world.settle();
        assert_eq!(&world.sha(world.running("staging").expect("something runs")), after);
    }
    assert_eq!(world.history("staging").len(), 5);
}

#[test]
fn pushes_that_are_heard_in_the_wrong_order_end_at_the_head() {
    let mut world = World::with(SIMPLE).start();
    let first = world.repository.commit("main", &[("VERSION", "1")]);
    let second = world.repository.commit("main", &[("VERSION", "2")]);
    world.tell_push("main", &first, &second);
    world.settle();
    world.tell_push("main", &"0".repeat(40), &first);
    world.settle();
    assert_eq!(World::answers(&world.outcome()), ["staging: joined 1"]);
    assert_eq!(world.read("ledger"), "staging 1 build 2\nstaging 1 ship\n");
    assert_eq!(world.sha(1), second);
}

#[test]
fn a_forced_push_deploys_what_the_branch_has_now() {
    let mut world = World::with(SIMPLE).start();
    let first = world.push("main", &[("VERSION", "1")]);
    let second = world.push("main", &[("VERSION", "2")]);
    world.settle();
    world.repository.force("main", &first);
    let mut payload = world.push_payload("refs/heads/main", &second, &first);
    payload["forced"] = json!(true);
    world.deliver("push", &payload);
    world.settle();
    let running = world.running("staging").expect("something runs");
    assert_eq!(world.sha(running), first);
    assert_eq!(world.lines("ledger").last(), Some(&format!("staging {running} ship")));
}

#[test]
fn a_repository_that_cannot_be_reached_delays_a_push_until_it_can() {
    let mut world = World::with(SIMPLE).clone_url("http://127.0.0.1:1/{{ repository }}.git").start();
    let sha = world.push("main", &[("VERSION", "1")]);
    world.settle();
    let (state, reply) = world.delivery(&world.last_delivery());
    assert!(state == DeliveryState::Waiting && matches!(reply, Some(Reply::Delayed { .. })), "{reply:?}");
    let local = format!("file://{}/git/{{{{ repository }}}}.git", world.root().display());
    world.reconfigure("botadura.yaml", |text| text.replace("http://127.0.0.1:1/{{ repository }}.git", &local));
    world.advance(Duration::from_secs(2));
    assert_eq!(world.history("staging"), ["1 succeeded"]);
    assert_eq!(world.sha(1), sha);
}

#[test]
fn a_repository_that_stays_away_parks_the_push_where_people_see_it() {
    let mut world = World::with(SIMPLE).clone_url("http://127.0.0.1:1/{{ repository }}.git").start();
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    for _ in 0..12 {
        world.advance(Duration::from_mins(2));
    }
    let (state, reply) = world.delivery(&world.last_delivery());
    let Some(Reply::Parked { reason }) = reply else { panic!("{reply:?}") };
    assert!(state == DeliveryState::Parked && reason.contains("cannot be reached"), "{reason}");
    let listed = world.get("/api/v1/deliveries")["deliveries"][0].clone();
    assert_eq!((&listed["state"], &listed["attempts"]), (&json!("parked"), &json!(11)));
    world.untidy();
}

#[test]
fn a_repository_that_is_not_there_parks_the_push_at_once() {
    let mut world = World::with(SIMPLE).start();
    let sha = world.repository.commit("main", &[("VERSION", "1")]);
    world.forget("git/acme/shop.git");
    world.tell_push("main", &"0".repeat(40), &sha);
    world.settle();
    let (state, reply) = world.delivery(&world.last_delivery());
    assert!(state == DeliveryState::Parked && matches!(reply, Some(Reply::Parked { .. })), "{reply:?}");
    world.untidy();
}

#[test]
fn without_git_a_push_is_parked_with_what_is_missing() {
    let mut world = World::with(SIMPLE).start();
    world.crash();
    world.path = world.root().display().to_string();
    world.boot();
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    let (_, reply) = world.delivery(&world.last_delivery());
    let Some(Reply::Parked { reason }) = reply else { panic!("{reply:?}") };
    assert!(reason.contains("is it installed"), "{reason}");
    world.untidy();
}

#[test]
fn a_body_that_cannot_be_read_is_parked_with_the_reason() {
    let mut world = World::with(SIMPLE).start();
    let bodies = [("push", json!({ "ref": "refs/heads/main" })), ("push", json!([1, 2])), ("push", json!("text"))];
    for (event, body) in bodies {
        assert_eq!(world.deliver(event, &body), 202, "{event}");
        world.settle();
        let (state, reply) = world.delivery(&world.last_delivery());
        assert!(state == DeliveryState::Parked && matches!(reply, Some(Reply::Parked { .. })), "{body}: {reply:?}");
    }
    // What cannot even be an event's name is not taken.
    assert_eq!(world.deliver("PUSH!", &json!({})), 400);
    assert!(world.history("staging").is_empty());
    world.untidy();
}

#[test]
fn a_parked_delivery_holds_nothing_up() {
    let mut world = World::with(SIMPLE).start();
    world.deliver("push", &json!({ "ref": "refs/heads/main" }));
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded"]);
    world.untidy();
}
