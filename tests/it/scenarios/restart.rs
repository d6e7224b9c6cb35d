//! The server stops and starts again; what it began goes on.

use std::time::Duration;

use crate::support::world::World;

/// A command that can be held up, and one that follows.
const HELD: &str = r#"
repository: acme/shop
environments:
  staging: { on: [{ push: main }] }
steps:
  - name: long
    command:
      script: |
        echo "begins $$" >> $ROOT/ledger
        touch $ROOT/at-$BOTADURA_DEPLOYMENT
        while [ -e $ROOT/stay ]; do sleep 0.02; done
        echo "said afterwards"
        echo "ends $$" >> $ROOT/ledger
        echo "result=done" >> "$BOTADURA_OUTPUT"
  - name: next
    command: { script: 'echo "next $BOTADURA_STEPS_LONG_RESULT" >> $ROOT/ledger' }
"#;

/// A release with a process of its own, and something that can be held up after it.
const SERVED: &str = r#"
repository: acme/shop
environments:
  staging: { on: [{ push: main }] }
steps:
  - name: site
    directory:
      root: $ROOT/served
      from: site
      serve: { command: [bash, -c, "exec $BINARY demo-app"], ready: /version, drain: 0s }
  - name: hold
    command: { script: 'touch $ROOT/at-$BOTADURA_DEPLOYMENT; while [ -e $ROOT/stay ]; do sleep 0.02; done' }
"#;

fn held(world: &mut World) {
    world.write("stay", "");
    world.push("main", &[("VERSION", "1")]);
    world.made("at-1");
}

fn ran_once(world: &World) {
    assert_eq!(world.history("staging"), ["1 succeeded"]);
    let ledger = world.lines("ledger");
    let [begins, ends, next] = &ledger[..] else { panic!("{ledger:?}") };
    assert_eq!(begins.strip_prefix("begins"), ends.strip_prefix("ends"), "the same process");
    assert_eq!(next, "next done");
    assert_eq!(world.log(1).matches("said afterwards").count(), 1);
}

#[test]
fn a_command_that_runs_while_the_server_stops_and_starts_is_adopted_and_runs_once() {
    let mut world = World::with(HELD).start();
    held(&mut world);
    world.stop();
    world.boot();
    assert_eq!(world.slot("staging"), Some(1));
    world.unblock("stay");
    world.settle();
    ran_once(&world);
    assert!(!world.timeline().contains("taken up again"), "a stop in good order is no interruption:\n{}", world.timeline());
}

#[test]
fn a_command_that_ends_while_the_server_is_away_is_not_run_again() {
    let mut world = World::with(HELD).start();
    held(&mut world);
    world.stop();
    world.unblock("stay");
    world.eventually("it ends", |world| world.read("ledger").contains("ends"));
    world.boot();
    world.settle();
    ran_once(&world);
}

#[test]
fn a_command_that_runs_while_the_server_is_killed_is_adopted_and_that_is_told() {
    let mut world = World::with(HELD).start();
    held(&mut world);
    world.crash();
    world.boot();
    world.unblock("stay");
    world.settle();
    ran_once(&world);
    assert_eq!(world.timeline().matches("taken up again").count(), 1, "{}", world.timeline());
}

#[test]
fn a_command_that_outstays_its_time_while_the_server_is_away_is_ended() {
    let mut world = World::with(&HELD.replace("  - name: long\n", "  - name: long\n    timeout: 1m\n")).start();
    held(&mut world);
    world.stop();
    world.clock.advance(Duration::from_secs(90));
    world.boot();
    world.settle();
    assert_eq!(world.history("staging"), ["1 failed"]);
    assert_eq!(world.lines("ledger").len(), 1);
}

#[test]
fn a_cancel_reaches_a_command_that_an_earlier_server_started() {
    let mut world = World::with(HELD).start();
    held(&mut world);
    world.crash();
    world.boot();
    world.cancel("ada", 1);
    world.settle();
    assert_eq!(world.history("staging"), ["1 cancelled"]);
    assert_eq!(world.lines("ledger").len(), 1);
}

#[test]
fn what_waits_at_its_gates_waits_on_after_a_restart() {
    let mut world = World::with(HELD).start();
    world.lock("lucia", "shop/staging");
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    world.stop();
    world.boot();
    world.settle();
    assert!(world.history("staging").is_empty() && world.waits_for(1)["finding"]["locked"].is_object());
    world.unlock("lucia", "shop/staging");
    world.settle();
    ran_once(&world);
}

#[test]
fn a_served_release_answers_while_the_server_is_away_and_is_not_started_twice() {
    let mut world = World::with(&SERVED.replace("$BINARY", env!("CARGO_BIN_EXE_botadura"))).start();
    world.write("stay", "");
    world.push("main", &[("site/version.txt", "1.0")]);
    world.made("at-1");
    let port = world.served_port("served");
    assert_eq!(World::visit(port, "/version").as_deref(), Some("1.0\n"));
    world.stop();
    assert_eq!(World::visit(port, "/version").as_deref(), Some("1.0\n"));
    world.boot();
    world.unblock("stay");
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded"]);
    assert_eq!((world.served_port("served"), World::visit(port, "/version").as_deref()), (port, Some("1.0\n")));
}
