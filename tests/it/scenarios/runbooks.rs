//! Runbooks: what is done with an environment without bringing a version into it.

use botadura::domain::reply::{Refusal, Reply};
use serde_json::json;

use crate::support::world::World;

/// Staging by `main`, and runbooks that write into a ledger.
fn world(runbook: &str) -> World {
    World::with(&format!(
        r#"
repository: acme/shop
environments:
  staging: {{ on: [{{ push: main }}], freeze: [{{ from: "2020-01-01 00:00", to: "2040-01-01 00:00", zone: UTC, reason: forever }}] }}
  production: {{ deployers: [lead] }}
steps:
  - name: ship
    command: {{ argv: [sh, -c, 'echo "ship $BOTADURA_DEPLOYMENT" >> $ROOT/ledger'] }}
runbooks:
{runbook}
"#
    ))
    .start()
}

const FAILOVER: &str = r#"
  failover:
    environment: production
    steps:
      - name: freeze-writes
        command: { argv: [sh, -c, 'echo "freeze $BOTADURA_ENVIRONMENT" >> $ROOT/ledger'] }
        undo:
          command: { argv: [sh, -c, 'echo "thaw" >> $ROOT/ledger'] }
      - name: switch
        command: { argv: [sh, -c, 'echo "switch" >> $ROOT/ledger; test ! -e $ROOT/broken'] }
        undo:
          command: { argv: [sh, -c, 'echo "switch back" >> $ROOT/ledger'] }
"#;

fn run(world: &World, who: &str, runbook: &str, undo: bool) -> Reply {
    world.asks(who, json!({ "run": { "application": "shop", "runbook": runbook, "undo": undo } }))
}

#[test]
fn a_runbook_runs_for_those_who_may_deploy_there_and_brings_no_version() {
    let mut world = world(FAILOVER);
    assert_eq!(World::refusal(&run(&world, "marta", "failover", false)), &Refusal::NotDeployer { roles: vec!["lead".to_owned()] });
    run(&world, "lucia", "failover", false);
    world.settle();
    assert_eq!(world.lines("ledger"), ["freeze production", "switch"]);
    assert_eq!(world.history("production"), ["1 succeeded"]);
    assert_eq!(world.running("production"), None, "no version came");
    insta::assert_snapshot!(world.timeline());
}

#[test]
fn a_runbook_that_fails_stops_there_and_is_taken_back_on_request_alone() {
    let mut world = world(FAILOVER);
    world.write("broken", "");
    run(&world, "lucia", "failover", false);
    world.settle();
    assert_eq!(world.history("production"), ["1 failed"], "nothing is rolled back by itself");
    assert_eq!(world.lines("ledger"), ["freeze production", "switch"]);
    run(&world, "lucia", "failover", true);
    world.settle();
    let lines = world.lines("ledger");
    assert_eq!(lines.last().map(String::as_str), Some("thaw"), "the newest is undone first: {lines:?}");
    insta::assert_snapshot!(world.timeline());
}

#[test]
fn there_is_nothing_to_undo_where_nothing_was_done() {
    let world = world(FAILOVER);
    let reply = run(&world, "lucia", "failover", true);
    insta::assert_json_snapshot!(World::refusal(&reply));
    let reply = run(&world, "lucia", "fail-over", false);
    insta::assert_json_snapshot!(World::refusal(&reply));
}

#[test]
fn a_runbook_has_its_own_approvals_and_does_not_wait_for_a_freeze() {
    let mut world = world(
        "  clean:\n    environment: staging\n    approvals: { count: 1, from: [qa] }\n    steps: [{ command: { argv: [sh, -c, 'echo clean >> $ROOT/ledger'] } }]\n",
    );
    run(&world, "lucia", "clean", false);
    world.settle();
    assert!(world.lines("ledger").is_empty());
    assert!(world.waits_for(1)["finding"]["approved"].is_object(), "{}", world.waits_for(1));
    world.approve("marta", 1);
    world.settle();
    assert_eq!(world.lines("ledger"), ["clean"]);
}

#[test]
fn a_lock_of_a_person_holds_a_runbook_up() {
    let mut world = world(FAILOVER);
    world.lock("noa", "shop/production");
    run(&world, "lucia", "failover", false);
    world.settle();
    assert!(world.waits_for(1)["finding"]["locked"].is_object(), "{}", world.waits_for(1));
    world.unlock("noa", "shop/production");
    world.settle();
    assert_eq!(world.history("production"), ["1 succeeded"]);
}

#[test]
fn a_concurrent_runbook_runs_beside_whatever_is_in_the_slot() {
    let mut world = world(
        r"  look:
    environment: production
    concurrent: true
    steps: [{ command: { argv: [sh, -c, 'echo look >> $ROOT/ledger'] } }]
  long:
    environment: production
    steps: [{ command: { argv: [sh, -c, 'touch $ROOT/begun; while [ -e $ROOT/stay ]; do sleep 0.02; done; echo long >> $ROOT/ledger'] } }]
",
    );
    world.write("stay", "");
    run(&world, "lucia", "long", false);
    world.made("begun");
    run(&world, "lucia", "look", false);
    world.eventually("the other one has run", |world| world.lines("ledger") == ["look"]);
    assert_eq!(world.slot("production"), Some(1));
    world.unblock("stay");
    world.settle();
    assert_eq!(world.lines("ledger"), ["look", "long"]);
}
