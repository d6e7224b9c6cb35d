//! Files that change while the server runs.

use std::time::Duration;

use botadura::{
    app::Reloaded,
    domain::reply::{Refusal, Reply},
};
use serde_json::json;

use crate::support::world::World;

/// Staging by push, production by tag behind an approval; the one step can be held up, and says which file it is from.
const SHOP: &str = r#"
repository: acme/shop
environments:
  staging: { on: [{ push: main }] }
  production: { on: [{ tag: "v*" }], approvals: { count: 1, from: [lead] } }
steps:
  - name: ship
    command:
      script: |
        touch $ROOT/at-$BOTADURA_DEPLOYMENT
        while [ -e $ROOT/stay ]; do sleep 0.02; done
        echo "$BOTADURA_ENVIRONMENT $BOTADURA_DEPLOYMENT first" >> $ROOT/ledger
"#;

const FILE: &str = "apps/shop.yaml";

fn second(text: &str) -> String {
    text.replace(" first\"", " second\"")
}

fn metric(world: &World, name: &str) -> String {
    let text = world.text("/metrics");
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("no {name}: {text}"));
    line.trim().to_owned()
}

fn push(world: &mut World, version: &str) -> String {
    let sha = world.push("main", &[("VERSION", version)]);
    world.settle();
    sha
}

#[test]
fn a_wrong_file_leaves_the_old_one_in_force_and_says_so() {
    let mut world = World::with(SHOP).start();
    let before = world.get("/api/v1/configuration");
    assert_eq!((before["error"].clone(), world.get("/health")["configuration"].clone()), (json!(null), json!("ok")));
    assert_eq!(world.edit(FILE, |text| second(&text).replace("steps:", "stepz:")), Reloaded::Refused);
    let told = world.get("/api/v1/configuration");
    assert_eq!((&told["loaded_at"], &told["in_force_digest"]), (&before["loaded_at"], &before["in_force_digest"]));
    let mistake = &told["error"]["mistakes"][0];
    assert_eq!((&mistake["code"], &mistake["line"], &mistake["help"]), (&json!("unknown-key"), &json!(6), &json!("did you mean 'steps'?")));
    assert_eq!(world.get("/health")["configuration"], "stale");
    assert_eq!(metric(&world, r#"botadura_configuration_reloads_total{result="refused"}"#), "1");
    assert_eq!(metric(&world, "botadura_configuration_current "), "0");
    push(&mut world, "1");
    assert_eq!(world.read("ledger"), "staging 1 first\n");

    assert_eq!(world.edit(FILE, |text| text.replace("stepz:", "steps:")), Reloaded::InForce);
    let after = world.get("/api/v1/configuration");
    assert_eq!((&after["error"], after["in_force_digest"] != before["in_force_digest"]), (&json!(null), true));
    assert_eq!(world.get("/health")["configuration"], "ok");
    assert_eq!(metric(&world, r#"botadura_configuration_reloads_total{result="ok"}"#), "1");
    assert_eq!(metric(&world, "botadura_configuration_current "), "1");
    push(&mut world, "2");
    assert_eq!(world.lines("ledger")[1..], ["staging 2 second"]);
}

#[test]
fn one_wrong_file_keeps_all_others_out_of_force() {
    let mut world = World::with(SHOP).start();
    world.write("apps/other.yaml", "repository: acme/other\n");
    assert_eq!(world.edit(FILE, |text| second(&text)), Reloaded::Refused);
    push(&mut world, "1");
    assert_eq!(world.read("ledger"), "staging 1 first\n");
}

#[test]
fn a_file_that_was_not_read_again_is_not_in_force() {
    let mut world = World::with(SHOP).start();
    let text = second(&world.read(FILE));
    world.write(FILE, &text);
    push(&mut world, "1");
    assert_eq!(world.read("ledger"), "staging 1 first\n");
}

#[test]
fn what_waits_is_looked_at_by_the_new_file() {
    let mut world = World::with(SHOP).start();
    let sha = push(&mut world, "1");
    world.tag("v1", &sha);
    world.settle();
    assert!(world.history("production").is_empty());
    world.edit(FILE, |text| second(&text).replace(", approvals: { count: 1, from: [lead] }", ""));
    world.settle();
    assert_eq!(world.history("production"), ["2 succeeded"]);
    assert_eq!(world.lines("ledger")[1..], ["production 2 second"]);
}

#[test]
fn what_waits_is_looked_at_by_the_file_that_is_there_when_the_server_starts() {
    let mut world = World::with(SHOP).start();
    let sha = push(&mut world, "1");
    world.tag("v1", &sha);
    world.settle();
    world.reconfigure(FILE, |text| text.replace(", approvals: { count: 1, from: [lead] }", ""));
    world.settle();
    assert_eq!(world.history("production"), ["2 succeeded"]);
}

#[test]
fn roles_are_those_of_the_newest_file() {
    let mut world = World::with(SHOP).start();
    let sha = push(&mut world, "1");
    world.tag("v1", &sha);
    world.settle();
    assert_eq!(World::refusal(&world.approve("marta", 2)), &Refusal::NotAmong { roles: vec!["lead".to_owned()] });
    world.edit("botadura.yaml", |text| text.replace("lead: [", "lead: [\"user:marta\", "));
    assert!(matches!(world.approve("marta", 2), Reply::Done { .. }));
    world.settle();
    assert_eq!(world.history("production"), ["2 succeeded"]);
}

#[test]
fn a_deployment_under_way_keeps_the_plan_that_it_began_with() {
    let mut world = World::with(SHOP).start();
    world.write("stay", "");
    world.push("main", &[("VERSION", "1")]);
    world.made("at-1");
    let next = "\n  - { name: next, command: { script: 'echo \"$BOTADURA_DEPLOYMENT next\" >> $ROOT/ledger' } }\n";
    let next = next.replace("$ROOT", &world.root().display().to_string());
    assert_eq!(world.edit(FILE, |text| second(&text) + &next), Reloaded::InForce);
    world.unblock("stay");
    world.settle();
    assert_eq!(world.read("ledger"), "staging 1 first\n");
    push(&mut world, "2");
    assert_eq!(world.lines("ledger")[1..], ["staging 2 second", "2 next"]);
}

#[test]
fn an_application_whose_file_vanishes_is_not_deployed_any_more_and_ends_what_it_began() {
    let mut world = World::with(SHOP).start();
    let sha = push(&mut world, "1");
    world.tag("v1", &sha);
    world.settle();
    world.write("stay", "");
    world.push("main", &[("VERSION", "2")]);
    world.made("at-3");
    std::fs::remove_file(world.root().join(FILE)).expect("removed");
    assert_eq!(world.reload(), Reloaded::InForce);
    world.eventually("the proposal is dropped", |world| !world.dropped(2).is_null());
    assert!(world.dropped(2)["impossible"]["reason"].as_str().is_some_and(|why| why.contains("not configured any more")));
    world.unblock("stay");
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded", "3 succeeded"]);
    push(&mut world, "3");
    assert_eq!(world.history("staging").len(), 2, "nobody deploys it");
}

#[test]
fn what_needs_a_restart_is_told_and_keeps_nothing_else_from_being_in_force() {
    let mut world = World::with(SHOP).start();
    let text = second(&world.read(FILE));
    world.write(FILE, &text);
    assert_eq!(world.edit("botadura.yaml", |text| text + "locale: es\n"), Reloaded::InForce);
    let told = world.get("/api/v1/configuration");
    assert_eq!((&told["needs_restart"], &told["error"]), (&json!(["locale"]), &json!(null)));
    assert_eq!(world.get("/health")["configuration"], "stale");
    assert_eq!(metric(&world, "botadura_configuration_current "), "0");
    push(&mut world, "1");
    assert_eq!(world.read("ledger"), "staging 1 second\n");
    world.stop();
    world.boot();
    assert_eq!(world.get("/health")["configuration"], "ok");
}

#[test]
fn a_soak_that_is_changed_while_it_runs_counts_from_where_it_began() {
    let mut world = World::with(
        r#"
repository: acme/shop
environments:
  staging: { on: [{ push: develop }] }
  production: { on: [{ push: main }], after: { environment: staging, soak: 24h } }
steps: [{ name: ship, command: { script: 'echo "$BOTADURA_ENVIRONMENT $(cat VERSION)" >> $ROOT/ledger' } }]
"#,
    )
    .start();
    for branch in ["develop", "main"] {
        world.push(branch, &[("VERSION", "1")]);
        world.settle();
    }
    world.advance(Duration::from_hours(5));
    assert_eq!(world.edit("apps/shop.yaml", |text| text.replace("soak: 24h", "soak: 24x")), Reloaded::Refused);
    world.settle();
    assert!(world.history("production").is_empty());
    assert_eq!(world.edit("apps/shop.yaml", |text| text.replace("soak: 24x", "soak: 6h")), Reloaded::InForce);
    world.settle();
    assert!(world.history("production").is_empty());
    world.advance(Duration::from_hours(1));
    assert_eq!(world.history("production"), ["2 succeeded"]);
}
