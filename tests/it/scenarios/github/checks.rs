//! `checks`.

use super::minutes;
use crate::support::{github::Fault, world::World};

const CHECKS: &str = r#"
repository: acme/shop
environments:
  staging: { on: [{ push: main }] }
steps:
  - name: gate
    checks: ["unit", "lint"]
  - name: ship
    command: { script: 'echo shipped >> $ROOT/ledger' }
"#;

/// What the step asks for, and nobody else.
const LOOKS: &str = "check-runs?filter=all&per_page";

/// A version was pushed, and `lint` has passed as a status.
fn pushed() -> (World, String) {
    let mut world = World::with(CHECKS).github().start();
    let sha = world.push("main", &[("VERSION", "1")]);
    world.github().status(&sha, "lint", "success");
    (world, sha)
}

/// What became of it when `unit` is like this at the first look.
fn with_unit(set: impl FnOnce(&World, &str)) -> (World, String) {
    let (mut world, sha) = pushed();
    set(&world, &sha);
    world.settle();
    (world, sha)
}

fn waits(world: &World) {
    assert_eq!((world.history("staging"), world.read("ledger")), (vec!["1 running".to_owned()], String::new()), "{}", world.timeline());
}

fn goes_on(world: &World) {
    assert_eq!(world.history("staging"), ["1 succeeded"], "{}", world.timeline());
    assert_eq!(world.read("ledger"), "shipped\n");
}

fn fails(world: &World, because: &str) {
    assert_eq!((world.history("staging"), world.read("ledger")), (vec!["1 failed".to_owned()], String::new()), "{}", world.timeline());
    assert!(world.why(1).contains(because), "{}", world.why(1));
}

#[test]
fn a_deployment_waits_for_its_checks_and_goes_on_when_github_tells_that_they_passed() {
    let mut unit = 0;
    let (mut world, sha) = with_unit(|world, sha| unit = world.github().check(sha, "unit", "in_progress"));
    waits(&world);
    world.github().set_check(unit, "success");
    let before = world.now();
    world.deliver("check_run", &world.github().check_run_payload(&sha, "unit"));
    world.settle();
    assert_eq!(world.now(), before, "nobody had to wait");
    goes_on(&world);
    assert!(format!("{:?}", world.outcome()).contains("#1"), "{:?}", world.outcome());
}

#[test]
fn the_checks_of_another_commit_wake_nobody() {
    let mut unit = 0;
    let (mut world, _) = with_unit(|world, sha| unit = world.github().check(sha, "unit", "queued"));
    world.github().set_check(unit, "success");
    let looks = world.github().asked(LOOKS);
    world.deliver("check_run", &world.github().check_run_payload(&"b".repeat(40), "unit"));
    world.settle();
    assert_eq!(world.github().asked(LOOKS), looks);
    waits(&world);
    assert!(format!("{:?}", world.outcome()).contains("no deployment waits"), "{:?}", world.outcome());
    world.advance(minutes(1));
    goes_on(&world);
}

#[test]
fn checks_are_looked_at_again_when_nobody_tells() {
    let mut unit = 0;
    let (mut world, _) = with_unit(|world, sha| unit = world.github().check(sha, "unit", "queued"));
    world.github().set_check(unit, "neutral");
    world.settle();
    waits(&world);
    world.advance(minutes(1));
    goes_on(&world);
}

#[test]
fn a_check_that_did_not_pass_stops_the_deployment_and_is_named_with_its_page() {
    for word in ["failure", "cancelled", "timed_out", "action_required", "stale", "startup_failure"] {
        let mut unit = 0;
        let (world, _) = with_unit(|world, sha| unit = world.github().check(sha, "unit", word));
        fails(&world, &format!("the check `unit` did not pass: {word}"));
        assert!(world.why(1).contains(&format!("https://github.example/acme/shop/runs/{unit}")), "{}", world.why(1));
        // GitHub has these, and its description does not.
        let wrong = world.github().take_wrong();
        assert!(wrong.is_empty() || matches!(word, "stale" | "startup_failure"), "{wrong:?}");
    }
}

#[test]
fn a_status_that_did_not_pass_stops_the_deployment() {
    let (world, _) = with_unit(|world, sha| {
        world.github().check(sha, "unit", "success");
        world.github().status(sha, "lint", "error");
    });
    fails(&world, "the check `lint` did not pass: error");
}

#[test]
fn a_check_and_a_status_of_one_name_must_both_pass() {
    let (world, _) = with_unit(|world, sha| {
        world.github().check(sha, "unit", "success");
        world.github().status(sha, "unit", "failure");
    });
    fails(&world, "the check `unit` did not pass: failure");
}

#[test]
fn of_two_apps_that_have_a_check_of_one_name_both_must_pass() {
    let (world, _) = with_unit(|world, sha| {
        world.github().check_of(2, sha, "unit", "failure");
        world.github().check_of(1, sha, "unit", "success");
    });
    fails(&world, "the check `unit` did not pass: failure");
}

#[test]
fn the_newest_run_of_an_app_wins_over_an_old_failure_and_over_an_old_success() {
    let (world, _) = with_unit(|world, sha| {
        world.github().check(sha, "unit", "failure");
        world.github().check(sha, "unit", "success");
    });
    goes_on(&world);
    let (mut world, _) = with_unit(|world, sha| {
        world.github().check(sha, "unit", "success");
        world.github().check(sha, "unit", "in_progress");
    });
    waits(&world);
    world.untidy();
}

#[test]
fn a_check_that_does_not_appear_is_a_failure_that_lists_those_there() {
    let (mut world, _) = with_unit(|world, sha| _ = world.github().check(sha, "units", "success"));
    world.advance(minutes(9));
    waits(&world);
    world.advance(minutes(2));
    fails(&world, "no check of the name `unit`; there are `lint`, `units`");
}

#[test]
fn a_check_that_stays_open_is_a_failure_after_an_hour() {
    let (mut world, _) = with_unit(|world, sha| _ = world.github().check(sha, "unit", "queued"));
    world.advance(minutes(59));
    waits(&world);
    world.advance(minutes(2));
    fails(&world, "longer than it may");
}

#[test]
fn a_thousand_checks_are_read_to_their_end() {
    let (world, _) = with_unit(|world, sha| {
        world.github().check(sha, "unit", "success");
        for number in 0..1000 {
            world.github().check(sha, &format!("other {number}"), "failure");
        }
    });
    goes_on(&world);
    assert_eq!(world.github().asked(LOOKS), 11);
}

#[test]
fn checks_that_pass_later_pass_for_a_retry() {
    let mut unit = 0;
    let (mut world, _) = with_unit(|world, sha| unit = world.github().check(sha, "unit", "failure"));
    world.github().set_check(unit, "success");
    world.retry("ada", 1);
    world.settle();
    assert_eq!(world.history("staging"), ["1 failed", "2 succeeded"], "{}", world.timeline());
}

#[test]
fn a_rate_limit_is_waited_for_and_uses_up_no_try() {
    for fault in [Fault::Limited(minutes(20)), Fault::Slower(minutes(20))] {
        let (mut world, _) = with_unit(|world, sha| {
            world.github().check(sha, "unit", "success");
            world.github().spoil(LOOKS, fault, 1);
        });
        world.advance(minutes(19));
        waits(&world);
        assert_eq!(world.github().asked(LOOKS), 1, "GitHub is left alone until then");
        world.advance(minutes(2));
        goes_on(&world);
    }
}

#[test]
fn githubs_own_trouble_passes() {
    for fault in [Fault::Status(502), Fault::Unanswered, Fault::Unheard] {
        let (mut world, _) = with_unit(|world, sha| {
            world.github().check(sha, "unit", "success");
            world.github().spoil(LOOKS, fault, 3);
        });
        for _ in 0..3 {
            waits(&world);
            world.advance(minutes(1));
        }
        goes_on(&world);
        assert_eq!(world.github().asked(LOOKS), 4, "each is sent once");
    }
}

#[test]
fn what_cannot_be_read_is_no_pass() {
    let (world, _) = with_unit(|world, sha| {
        world.github().check(sha, "unit", "success");
        world.github().spoil(LOOKS, Fault::Garbled, 1);
    });
    fails(&world, "cannot be read");
}

#[test]
fn a_server_without_an_app_says_what_is_missing() {
    let mut world = World::with(CHECKS).start();
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    fails(&world, "no GitHub App");
    assert!(world.why(1).contains("set github.app_id"), "{}", world.why(1));
}
