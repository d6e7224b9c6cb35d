//! What comes by its time: schedules and promotions.

use std::time::Duration;

use botadura::domain::reply::Refusal;
use serde_json::json;

use crate::support::world::World;

const HOUR: Duration = Duration::from_hours(1);

/// A runbook at four in the morning of the first of each month, in Mexico.
fn monthly() -> World {
    World::with(
        r#"
repository: acme/shop
environments: { production: {} }
steps: [{ name: ship, command: { argv: ["true"] } }]
runbooks:
  rotate:
    environment: production
    on: [{ schedule: "0 4 1 * *", zone: America/Mexico_City }]
    steps: [{ command: { argv: [sh, -c, 'echo rotate >> $ROOT/ledger'] } }]
"#,
    )
    .start()
}

#[test]
fn a_schedule_comes_by_the_clock_of_its_zone() {
    let mut world = monthly();
    world.settle();
    world.wait_until("2027-02-01T09:59:59Z");
    let before = world.lines("ledger").len();
    world.wait_until("2027-02-01T10:00:00Z");
    assert_eq!(world.lines("ledger").len(), before + 1, "{}", world.timeline());
    world.advance(HOUR * 24);
    assert_eq!(world.lines("ledger").len(), before + 1, "once");
}

#[test]
fn times_that_were_missed_come_once_and_late() {
    let mut world = monthly();
    world.settle();
    world.wait_until("2027-02-02T00:00:00Z");
    let before = world.lines("ledger").len();
    world.crash();
    world.clock.advance(HOUR * 24 * 100);
    world.boot();
    world.settle();
    assert_eq!(world.lines("ledger").len(), before + 1, "three were missed");
    world.settle();
    assert_eq!(world.lines("ledger").len(), before + 1);
}

#[test]
fn a_scheduled_deployment_brings_the_head_of_its_branch() {
    let mut world = World::with(
        r#"
repository: acme/shop
environments: { nightly: { on: [{ push: main }, { schedule: "0 3 * * *", zone: UTC }] } }
steps: [{ name: ship, command: { argv: [sh, -c, 'cat VERSION >> $ROOT/ledger'] } }]
"#,
    )
    .start();
    world.settle();
    // Nobody tells of these commits.
    world.repository.commit("main", &[("VERSION", "1\n")]);
    world.advance(HOUR * 24);
    assert_eq!(world.lines("ledger"), ["1"], "{}", world.timeline());
    world.advance(HOUR * 24);
    assert_eq!(world.lines("ledger"), ["1"], "that version runs there already");
    world.repository.commit("main", &[("VERSION", "2\n")]);
    world.advance(HOUR * 24);
    assert_eq!(world.lines("ledger"), ["1", "2"]);
}

/// Production takes by itself what has proved itself in staging.
fn promoting(soak: &str) -> World {
    World::with(&format!(
        r#"
repository: acme/shop
environments:
  staging: {{ on: [{{ push: main }}] }}
  production: {{ after: {{ environment: staging{soak}, promote: automatic }} }}
steps:
  - name: build
    build: true
    command: {{ argv: [sh, -c, 'echo "build $BOTADURA_ENVIRONMENT" >> $ROOT/ledger; mkdir -p dist; cp VERSION dist/'] }}
    produces: [dist]
  - name: ship
    command: {{ argv: [sh, -c, 'echo "$BOTADURA_ENVIRONMENT $(cat dist/VERSION)" >> $ROOT/ledger'] }}
"#
    ))
    .start()
}

#[test]
fn what_succeeded_there_is_promoted_by_itself_and_not_built_again() {
    let mut world = promoting("");
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    assert_eq!(world.lines("ledger"), ["build staging", "staging 1", "production 1"]);
    insta::assert_snapshot!(world.timeline());
}

#[test]
fn a_promotion_waits_for_its_soak() {
    let mut world = promoting(", soak: 24h");
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    world.advance(Duration::from_secs(24 * 3600 - 1));
    assert!(world.history("production").is_empty());
    world.advance(Duration::from_secs(1));
    assert_eq!(world.history("production"), ["2 succeeded"]);
}

#[test]
fn somebody_promotes_what_runs_there() {
    let mut world = World::with(
        r#"
repository: acme/shop
environments: { staging: { on: [{ push: main }] }, production: { deployers: [lead] } }
steps: [{ name: ship, command: { argv: [sh, -c, 'echo "$BOTADURA_ENVIRONMENT $(cat VERSION)" >> $ROOT/ledger'] } }]
"#,
    )
    .start();
    let promote = json!({ "promote": { "from": "shop/staging", "to": "shop/production" } });
    insta::assert_json_snapshot!(World::refusal(&world.asks("lucia", promote.clone())));
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    world.asks("lucia", promote);
    world.settle();
    assert_eq!(world.lines("ledger"), ["staging 1", "production 1"]);
    let itself = world.asks("lucia", json!({ "promote": { "from": "shop/staging", "to": "shop/staging" } }));
    assert!(matches!(World::refusal(&itself), Refusal::NotFromThere { .. }), "{itself:?}");
}
