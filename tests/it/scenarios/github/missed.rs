//! Deliveries that did not arrive.

use crate::support::{github::Fault, world::World};

use super::minutes;

const SHOP: &str = "repository: acme/shop\nenvironments: { staging: { on: [{ push: main }] } }\nsteps: [{ command: { script: 'true' } }]\n";

fn world() -> World {
    let mut world = World::with(SHOP).github().start();
    world.without_foresight();
    world.settle();
    world.advance(minutes(1));
    world
}

#[test]
fn what_did_not_arrive_is_asked_for_again_and_what_did_is_not() {
    let mut world = world();
    for (guid, status) in [("lost", 502), ("taken", 202), ("late", 500), ("late", 202), ("kept", 504)] {
        world.github().sent(guid, status);
    }
    // Its answer got lost; it is here all the same.
    let payload = world.push_payload("refs/heads/main", &"0".repeat(40), &"1".repeat(40));
    world.deliver_as("kept", "push", &payload);
    world.settle();
    world.advance(minutes(5));
    assert_eq!(world.github().redelivered(), ["lost"]);
    world.deliver_as("lost", "push", &payload);
    world.advance(minutes(5));
    assert_eq!(world.github().redelivered(), ["lost"], "it came");
    world.untidy();
}

#[test]
fn what_came_while_the_server_was_down_is_asked_for_when_it_starts() {
    for down in [5, 6 * 60, 4 * 24 * 60] {
        let mut world = world();
        world.stop();
        let sha = world.repository.commit("main", &[("VERSION", "2")]);
        for n in 0..120 {
            world.github().sent(&format!("lost-{n}"), 502);
        }
        world.clock.advance(minutes(down));
        world.boot();
        world.settle();
        assert_eq!(world.github().redelivered().len(), 120, "{down} minutes");
        world.tell_push("main", &"0".repeat(40), &sha);
        world.settle();
        assert_eq!(world.history("staging"), ["1 succeeded"]);
    }
}

#[test]
fn a_github_that_does_not_tell_is_asked_again() {
    let mut world = world();
    world.github().sent("lost", 502);
    world.github().spoil("/app/hook/deliveries", Fault::Status(500), 1);
    world.advance(minutes(5));
    assert!(world.github().redelivered().is_empty());
    world.advance(minutes(5));
    assert_eq!(world.github().redelivered(), ["lost"]);
}
