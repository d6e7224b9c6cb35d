//! What people tick before a version comes.

use std::time::Duration;

use botadura::domain::reply::{Done, Refusal, Reply};
use serde_json::json;

use crate::support::world::World;

fn world(checklist: &str) -> World {
    World::with(&format!(
        r#"
repository: acme/shop
environments:
  staging: {{ on: [{{ push: main }}] }}
  production: {{ on: [{{ push: main }}], deployers: [lead], checklist: {checklist} }}
steps:
  - name: e2e
    only: [staging]
    command: {{ argv: ["true"] }}
  - name: ship
    command: {{ script: 'echo "$BOTADURA_ENVIRONMENT $(cat VERSION)" >> $ROOT/ledger' }}
"#
    ))
    .start()
}

#[test]
fn a_version_waits_until_every_point_is_ticked_by_those_who_may_deploy() {
    let mut world = world("[Team told, Plan ready]");
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    assert_eq!(world.waits_for(2)["finding"]["checklist"]["points"], json!(2));
    assert_eq!(World::refusal(&world.tick("marta", 2, 1)), &Refusal::NotDeployer { roles: vec!["lead".to_owned()] });
    let Refusal::NoPoint { there_are, .. } = World::refusal(&world.tick("lucia", 2, 3)).clone() else { panic!("it is refused") };
    assert_eq!(there_are, ["Team told", "Plan ready"]);
    world.tick("lucia", 2, 1);
    let by_text = world.asks("noa", json!({ "tick": { "deployment": 2, "point": "plan ready" } }));
    assert!(matches!(by_text, Reply::Done { .. }), "{by_text:?}");
    world.settle();
    assert_eq!(world.history("production"), ["2 succeeded"]);
    assert!(matches!(World::refusal(&world.tick("lucia", 9, 1)), Refusal::NoDeployment { .. }));
}

#[test]
fn what_is_not_done_after_all_is_not_ticked_any_more() {
    let mut world = world("[Team told, Plan ready]");
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    world.tick("lucia", 2, 1);
    world.asks("noa", json!({ "tick": { "deployment": 2, "point": 1, "off": true } }));
    world.tick("lucia", 2, 2);
    world.settle();
    assert!(world.history("production").is_empty());
    assert_eq!(world.waits_for(2)["finding"]["checklist"]["ticked"], json!(1));
}

#[test]
fn ticks_are_for_a_version_and_for_its_files() {
    let mut world = world("[Team told]");
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    let told: Vec<Reply> = ["lucia", "lucia"].map(|who| world.tick(who, 2, 1)).into();
    let already: Vec<_> = told.iter().map(|reply| matches!(reply, Reply::Done { done: Done::Ticked { already: true, .. } })).collect();
    assert_eq!(already, [false, true], "{told:?}");
    world.settle();
    world.push("main", &[("VERSION", "2")]);
    world.settle();
    assert_eq!(world.history("production"), ["2 succeeded"], "another version is ticked anew");
    let same = world.repository.commit("other", &[("VERSION", "1")]);
    world.deploy("lucia", "production", &same);
    world.settle();
    assert_eq!(world.history("production"), ["2 succeeded", "5 succeeded"], "the same files need no other tick");
}

#[test]
fn a_point_is_satisfied_by_a_file_that_differs_from_what_runs() {
    let mut world = world("[{ text: Told, satisfied_by: { changed: CHANGELOG.md } }]");
    world.push("main", &[("VERSION", "1"), ("CHANGELOG.md", "first")]);
    world.settle();
    assert_eq!(world.history("production"), ["2 succeeded"], "where nothing runs, every file is new");
    world.push("main", &[("VERSION", "2")]);
    world.settle();
    assert_eq!(world.waits_for(4)["finding"]["checklist"]["ticked"], json!(0), "nothing was told");
    world.push("main", &[("CHANGELOG.md", "second")]);
    world.settle();
    assert_eq!(world.history("production"), ["2 succeeded", "6 succeeded"]);
}

#[test]
fn a_step_that_was_done_where_the_version_had_to_be_first_satisfies_a_point() {
    let mut world = World::with(
        r#"
repository: acme/shop
environments:
  staging: { on: [{ push: main }] }
  production: { on: [{ push: main }], after: { environment: staging }, checklist: [{ text: Tested, satisfied_by: { step: e2e } }] }
steps:
  - { name: e2e, only: [staging], command: { argv: ["true"] } }
  - { name: ship, command: { script: 'echo "$BOTADURA_ENVIRONMENT" >> $ROOT/ledger' } }
"#,
    )
    .start();
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    assert_eq!(world.lines("ledger"), ["staging", "production"]);
}

#[test]
fn points_after_a_deployment_are_told_when_their_time_is_over_and_roll_nothing_back() {
    let mut world = World::with(
        r#"
repository: acme/shop
environments:
  staging:
    on: [{ push: main }]
    checklist: { after: [{ within: 30m, points: [Logs are clean, Orders work] }, { within: 24h, points: [Feedback read] }] }
steps: [{ name: ship, command: { script: 'echo "$(cat VERSION)" >> $ROOT/ledger' } }]
"#,
    )
    .start();
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded"], "they stand in nobody's way");
    world.tick("lucia", 1, 1);
    world.advance(Duration::from_mins(30) - Duration::from_secs(1));
    assert!(!world.timeline().contains("still open"));
    world.advance(Duration::from_secs(1));
    assert!(world.timeline().contains("Orders work") && !world.timeline().contains("Logs are clean"), "{}", world.timeline());
    world.tick("lucia", 1, 3);
    world.advance(Duration::from_hours(48));
    assert_eq!(world.timeline().matches("still open").count(), 1, "{}", world.timeline());
    assert_eq!(world.history("staging"), ["1 succeeded"]);
}

#[test]
fn points_after_a_deployment_that_was_replaced_are_asked_of_nobody() {
    let mut world = World::with(
        r#"
repository: acme/shop
environments: { staging: { on: [{ push: main }], checklist: { after: [{ within: 30m, points: [Logs are clean] }] } } }
steps: [{ name: ship, command: { script: 'echo "$(cat VERSION)" >> $ROOT/ledger' } }]
"#,
    )
    .start();
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    world.advance(Duration::from_mins(29));
    world.push("main", &[("VERSION", "2")]);
    world.settle();
    world.advance(Duration::from_mins(29));
    assert!(!world.timeline().contains("still open"), "{}", world.timeline());
    world.advance(Duration::from_mins(1));
    assert!(world.told_of(botadura::domain::ids::DeploymentId(2)).contains("still open"));
}

#[test]
fn what_is_looked_at_afterwards_is_not_ticked_before() {
    let mut world = World::with(
        r#"
repository: acme/shop
environments: { staging: { on: [{ push: main }], approvals: { count: 1, from: [qa] }, checklist: { before: [Team told], after: [{ within: 30m, points: [Logs are clean] }] } } }
steps: [{ name: ship, command: { argv: ["true"] } }]
"#,
    )
    .start();
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    let Refusal::NoPoint { there_are, .. } = World::refusal(&world.tick("lucia", 1, 2)).clone() else { panic!("it is refused") };
    assert_eq!(there_are, ["Team told"]);
    world.tick("lucia", 1, 1);
    world.approve("marta", 1);
    world.settle();
    assert!(matches!(world.tick("lucia", 1, 2), Reply::Done { .. }));
}
