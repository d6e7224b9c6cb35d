//! A version must have proved itself elsewhere first.

use std::time::Duration;

use botadura::domain::reply::Done;
use serde_json::{Value, json};

use crate::support::world::World;

const HOUR: Duration = Duration::from_hours(1);

/// Staging by `develop`, production by `main` after staging. A version whose file `VERSION` says `bad` fails before it
/// touches anything.
fn world(production: &str) -> World {
    World::with(&format!(
        r#"
repository: acme/shop
environments:
  staging: {{ on: [{{ push: develop }}] }}
  production: {{ on: [{{ push: main }}], {production} }}
steps:
  - name: build
    command: {{ script: 'test "$(cat VERSION)" != bad' }}
  - name: ship
    command:
      script: |
        touch $ROOT/at-$BOTADURA_DEPLOYMENT
        while [ -e $ROOT/stay ]; do sleep 0.02; done
        echo "$BOTADURA_ENVIRONMENT $(cat VERSION)" >> $ROOT/ledger
"#
    ))
    .start()
}

fn push(world: &mut World, branch: &str, version: &str) -> String {
    let sha = world.push(branch, &[("VERSION", version)]);
    world.settle();
    sha
}

/// What became of the version of a waiting or ended proposal, where it must have been first.
fn there(world: &World, id: i64) -> Value {
    let gate = match world.dropped(id) {
        Value::Null => world.waits_for(id),
        dropped => dropped["refused"]["gate"].clone(),
    };
    gate["finding"]["after"]["there"].clone()
}

#[test]
fn a_merge_commit_of_a_tested_branch_counts_as_tested() {
    let mut world = world("after: { environment: staging }");
    let tested = push(&mut world, "develop", "1");
    let merged = push(&mut world, "main", "1");
    assert_ne!(tested, merged);
    assert_eq!(world.lines("ledger"), ["staging 1", "production 1"]);
}

#[test]
fn what_was_never_there_waits_until_it_has_been_there() {
    let mut world = world("after: { environment: staging }");
    push(&mut world, "main", "1");
    assert_eq!(there(&world, 1), json!("never"));
    assert_eq!(world.waits_for(1)["clears"], json!([{ "deployers_of": "shop/staging" }]));
    push(&mut world, "develop", "1");
    assert_eq!(world.lines("ledger"), ["staging 1", "production 1"]);
}

#[test]
fn what_failed_there_has_not_been_there() {
    let mut world = world("after: { environment: staging }");
    push(&mut world, "develop", "bad");
    push(&mut world, "main", "bad");
    assert_eq!(there(&world, 2), json!("never"));
}

#[test]
fn a_soak_runs_its_time_and_then_the_version_goes_on() {
    let mut world = world("after: { environment: staging, soak: 24h }");
    push(&mut world, "develop", "1");
    let done = world.now();
    world.advance(HOUR);
    push(&mut world, "main", "1");
    assert_eq!(there(&world, 2), json!({ "soaks": { "deployment": 1, "since": done } }));
    assert_eq!(world.waits_for(2)["opens"], json!(done + jiff::SignedDuration::from_hours(24)));
    world.advance(Duration::from_secs(23 * 3600 - 1));
    assert!(world.history("production").is_empty());
    world.advance(Duration::from_secs(1));
    assert_eq!(world.history("production"), ["2 succeeded"]);
    insta::assert_snapshot!(world.told_of(botadura::domain::ids::DeploymentId(2)));
}

#[test]
fn a_soak_that_is_interrupted_ends_the_proposal_and_says_by_what() {
    let mut world = world("after: { environment: staging, soak: 24h }");
    push(&mut world, "develop", "1");
    push(&mut world, "main", "1");
    world.advance(HOUR * 10);
    push(&mut world, "develop", "2");
    assert_eq!(there(&world, 2), json!({ "left": { "deployment": 1, "by": 3, "at": world.now() } }));
    assert!(world.timeline().contains("#1 was replaced by #3"), "{}", world.timeline());
    world.advance(HOUR * 48);
    assert!(world.history("production").is_empty());
}

#[test]
fn a_soak_is_interrupted_by_a_rollback_there() {
    let mut world = World::with(
        r#"
repository: acme/shop
environments:
  staging: { on: [{ push: develop }] }
  production: { on: [{ push: main }], after: { environment: staging, soak: 24h } }
steps: [{ name: site, directory: { root: "$ROOT/{{ environment.name }}", from: site } }]
"#,
    )
    .start();
    for (branch, version) in [("develop", "1"), ("develop", "2"), ("main", "2")] {
        world.push(branch, &[("site/index.html", version)]);
        world.settle();
    }
    world.roll_back("lucia", "staging");
    world.settle();
    assert_eq!(there(&world, 3), json!({ "left": { "deployment": 2, "by": 4, "at": null } }));
    assert!(world.timeline().contains("#2 was rolled back by #4"), "{}", world.timeline());
}

#[test]
fn a_soak_is_not_interrupted_by_what_fails_before_it_touches_anything() {
    let mut world = world("after: { environment: staging, soak: 24h }");
    push(&mut world, "develop", "1");
    push(&mut world, "main", "1");
    world.advance(HOUR);
    push(&mut world, "develop", "bad");
    assert_eq!(world.history("staging"), ["1 succeeded", "3 failed"]);
    world.advance(HOUR * 23);
    assert_eq!(world.history("production"), ["2 succeeded"]);
}

#[test]
fn what_once_soaked_in_full_goes_on_although_another_version_runs_there_now() {
    let mut world = world("after: { environment: staging, soak: 24h }");
    push(&mut world, "develop", "1");
    world.advance(HOUR * 24);
    push(&mut world, "develop", "2");
    push(&mut world, "main", "1");
    assert_eq!(world.history("production"), ["3 succeeded"]);
}

#[test]
fn a_server_that_restarts_during_a_soak_goes_on_with_it() {
    let mut world = world("after: { environment: staging, soak: 24h }");
    push(&mut world, "develop", "1");
    push(&mut world, "main", "1");
    world.advance(HOUR * 10);
    world.crash();
    world.clock.advance(HOUR * 14);
    world.boot();
    world.settle();
    assert_eq!(world.history("production"), ["2 succeeded"], "{}\n{}", world.timeline(), world.get("/api/v1/proposals"));
}

#[test]
fn the_checklist_there_must_be_complete_for_the_version() {
    let mut world = World::with(
        r#"
repository: acme/shop
environments:
  staging: { on: [{ push: develop }], checklist: [Login works, Orders work] }
  production: { on: [{ push: main }], after: { environment: staging, checklist: true } }
steps: [{ name: ship, command: { script: 'echo "$BOTADURA_ENVIRONMENT $(cat VERSION)" >> $ROOT/ledger' } }]
"#,
    )
    .start();
    push(&mut world, "develop", "1");
    push(&mut world, "main", "1");
    assert_eq!(world.lines("ledger"), ["staging 1"], "a plain list of an environment that is named so is for leaving it");
    let gate = world.waits_for(2);
    assert_eq!((&gate["finding"]["checklist"]["id"], &gate["finding"]["checklist"]["ticked"]), (&json!(1), &json!(0)));
    for point in [1, 2] {
        assert!(matches!(world.tick("marta", 1, point), botadura::domain::reply::Reply::Done { done: Done::Ticked { .. } }));
    }
    world.settle();
    assert_eq!(world.history("production"), ["2 succeeded"]);
}
