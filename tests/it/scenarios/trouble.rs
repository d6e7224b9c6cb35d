//! Deployments that are stopped, get stuck or are tried again, and what stands in the way of going back.

use botadura::domain::{
    ids::DeploymentId,
    policy::HoldReason,
    reply::{Done, Refusal, Reply},
};
use serde_json::json;

use super::rollback::{SITE, hold, in_the_middle, push, rolling_back, start, with_good};
use crate::support::world::World;

#[test]
fn a_rollback_pre_empts_a_running_deployment() {
    let mut world = in_the_middle();
    assert_eq!(world.roll_back("ada", "staging"), Reply::Done { done: Done::Cancelling { id: DeploymentId(2) } });
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded", "2 cancelled", "3 succeeded"]);
    assert_eq!((world.at("www"), hold(&world)), (1, Some((HoldReason::RolledBack, 2))));
}

#[test]
fn a_cancelled_deployment_cleans_up_and_puts_back_what_it_changed() {
    let mut world = in_the_middle();
    assert_eq!(world.cancel("ada", 2), Reply::Done { done: Done::Cancelling { id: DeploymentId(2) } });
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded", "2 cancelled", "3 succeeded"]);
    assert_eq!((world.at("www"), world.slot("staging"), hold(&world)), (1, None, None));
    assert_eq!(World::refusal(&world.cancel("ada", 2)), &Refusal::NotRunning { id: DeploymentId(2) });
    world.unblock("stay");
    push(&mut world, "4", "ok");
    assert_eq!(world.at("www"), 4, "nothing is kept back");
}

#[test]
fn a_cancelled_deployment_leaves_what_it_changed_when_somebody_says_so() {
    let mut world = in_the_middle();
    world.asks("ada", json!({ "cancel": { "deployment": 2, "leave": true } }));
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded", "2 cancelled"]);
    assert_eq!((world.at("www"), world.running("staging")), (2, Some(1)));
    assert_eq!(world.environment("staging").uncertain.len(), 1);
    // Going back brings back what is recorded as running.
    world.unblock("stay");
    world.roll_back("ada", "staging");
    world.settle();
    assert_eq!((world.at("www"), world.environment("staging").uncertain.len()), (1, 0));
}

#[test]
fn a_rollback_under_way_is_not_stopped() {
    let application =
        SITE.replace("down $(cat VERSION)\" >> $ROOT/ledger'", "down\" >> $ROOT/ledger; while [ -e $ROOT/halt ]; do sleep 0.02; done'");
    let mut world = start(&application);
    push(&mut world, "1", "ok");
    push(&mut world, "2", "ok");
    world.write("halt", "");
    world.asks("ada", json!({ "rollback": { "environment": world.id("staging"), "with_undo": true } }));
    world.eventually("it undoes", |world| world.lines("ledger").len() == 3);
    assert_eq!(World::refusal(&world.cancel("ada", 3)), &Refusal::RollbackUnderWay { id: DeploymentId(3) });
    assert_eq!(World::refusal(&world.roll_back("ada", "staging")), &Refusal::RollbackUnderWay { id: DeploymentId(3) });
    world.push("main", &[("VERSION", "3")]);
    world.heard();
    world.unblock("halt");
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded", "2 succeeded", "3 succeeded"]);
    assert!(world.waits_for(4)["finding"]["kept_back"].is_object());
}

#[test]
fn a_rollback_whose_check_fails_needs_a_human_and_people_get_through() {
    let mut world = with_good(&["1"]);
    world.write("www/outside", "bad");
    push(&mut world, "2", "ok");
    assert_eq!(world.history("staging"), ["1 succeeded", "2 failed", "3 needs_human"]);
    assert_eq!((world.at("www"), hold(&world).map(|(why, _)| why)), (1, Some(HoldReason::NeedsHuman)));
    world.write("www/outside", "ok");
    // Not even a revert comes by itself.
    push(&mut world, "1", "ok");
    assert!(world.waits_for(4)["finding"]["kept_back"].is_object(), "{}", world.waits_for(4));
    let told = world.timeline();
    world.deploy("ada", "staging", "main");
    world.settle();
    assert_eq!((world.at("www"), hold(&world)), (4, None));
    insta::assert_snapshot!(told.split_once("rolls back #2: ").expect("it goes back").1);
}

#[test]
fn a_rollback_that_cannot_restore_needs_a_human() {
    let mut world = with_good(&["1"]);
    world.write("stay", "");
    world.push("main", &[("VERSION", "2"), ("site/health", "bad")]);
    world.made("at-2");
    let release = format!("www/releases/1-{}", &world.sha(1)[..7]);
    world.forget(&release);
    world.unblock("stay");
    world.settle();
    for _ in 0..3 {
        world.advance(std::time::Duration::from_secs(5));
    }
    assert_eq!(world.history("staging"), ["1 succeeded", "2 failed", "3 needs_human"]);
    assert_eq!(world.environment("staging").uncertain.len(), 1);
    // What runs, says the record, is the first version: it is brought in all the same, because nobody knows what is there.
    let first = world.sha(1);
    assert_eq!(World::answers(&world.deploy("ada", "staging", &first)), ["staging: proposed 4"]);
    world.settle();
    assert_eq!((world.at("www"), hold(&world), world.environment("staging").uncertain.len()), (4, None, 0));
}

#[test]
fn where_nobody_knows_what_is_there_a_push_of_what_should_run_is_deployed() {
    let mut world = in_the_middle();
    world.asks("ada", json!({ "cancel": { "deployment": 2, "leave": true } }));
    world.settle();
    world.unblock("stay");
    let (first, second) = (world.sha(1), world.sha(2));
    world.repository.force("main", &first);
    world.tell_push("main", &second, &first);
    world.settle();
    assert_eq!(World::answers(&world.outcome()), ["staging: proposed 3"]);
    assert_eq!((world.at("www"), world.environment("staging").uncertain.len()), (3, 0));
}

#[test]
fn a_retry_takes_over_what_was_built_and_runs_the_rest_from_the_first() {
    let application = r#"
repository: acme/shop
environments:
  staging: { on: [{ push: main }] }
steps:
  - name: build
    build: true
    command: { script: 'echo built >> $ROOT/ledger; mkdir dist; cp VERSION dist; echo "image=shop:1" >> "$BOTADURA_OUTPUT"' }
    produces: [dist]
  - name: ship
    command: { script: 'echo "ship $BOTADURA_STEPS_BUILD_IMAGE $(cat dist/VERSION)" >> $ROOT/ledger; [ -e $ROOT/mended ]' }
"#;
    let mut world = World::with(application).start();
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    assert_eq!(world.history("staging"), ["1 failed"]);
    world.write("mended", "");
    assert_eq!(World::answers(&world.retry("marta", 1)), ["staging: proposed 2"]);
    world.settle();
    assert_eq!(world.history("staging"), ["1 failed", "2 succeeded"]);
    assert_eq!(world.lines("ledger"), ["built", "ship shop:1 1", "ship shop:1 1"]);
    assert!(world.timeline().contains("build not done again"), "{}", world.timeline());
    assert_eq!(World::refusal(&world.retry("marta", 2)), &Refusal::NotFailed { id: DeploymentId(2) });
}

#[test]
fn a_retry_of_what_was_rolled_back_gets_through_what_is_kept_back() {
    let mut world = with_good(&["1"]);
    world.write("www/outside", "bad");
    world.write("stay", "");
    world.push("main", &[("VERSION", "2"), ("site/health", "ok")]);
    world.made("at-2");
    world.unblock("stay");
    world.eventually("the check has failed", |world| world.history("staging").contains(&"2 failed".to_owned()));
    world.settle();
    world.write("www/outside", "ok");
    world.retry("ada", 2);
    world.settle();
    assert_eq!((world.at("www"), hold(&world)), (4, None));
    assert_eq!(world.sha(4), world.sha(2));
}

#[test]
fn a_deployment_that_is_cancelled_before_it_changed_anything_leaves_no_rollback() {
    let held = "'touch $ROOT/up-$BOTADURA_DEPLOYMENT; while [ -e $ROOT/wait ]; do sleep 0.02; done; echo \"$BOTADURA_DEPLOYMENT up";
    let mut world = start(&SITE.replace("'echo \"$BOTADURA_DEPLOYMENT up", held));
    push(&mut world, "1", "ok");
    world.write("wait", "");
    world.push("main", &[("VERSION", "2")]);
    world.made("up-2");
    world.cancel("ada", 2);
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded", "2 cancelled"]);
    assert_eq!((world.at("www"), world.running("staging"), world.slot("staging"), hold(&world)), (1, Some(1), None, None));
}

#[test]
fn a_step_of_which_nobody_knows_how_far_it_came_needs_a_human() {
    let held = "'[ ! -e lost ] || { kill -9 $PPID; sleep 1000; }; touch $ROOT/at-$BOTADURA_DEPLOYMENT;";
    let mut world = start(&SITE.replace("'touch $ROOT/at-$BOTADURA_DEPLOYMENT;", held));
    push(&mut world, "1", "ok");
    world.push("main", &[("VERSION", "2"), ("lost", "")]);
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded", "2 needs_human"]);
    assert_eq!((world.at("www"), world.running("staging"), hold(&world)), (2, Some(1), Some((HoldReason::NeedsHuman, 2))));
    assert_eq!(world.environment("staging").uncertain.len(), 1);
    world.roll_back("ada", "staging");
    world.settle();
    assert_eq!((world.at("www"), world.environment("staging").uncertain.len()), (1, 0));
}

#[test]
fn a_step_that_may_be_run_again_is() {
    let again = "restartable: true, script: 'echo try >> $ROOT/tries; [ $(wc -l < $ROOT/tries) -gt 1 ] || { kill -9 $PPID; sleep 1000; }; touch $ROOT/at-$BOTADURA_DEPLOYMENT;";
    let mut world = start(&SITE.replace("script: 'touch $ROOT/at-$BOTADURA_DEPLOYMENT;", again));
    push(&mut world, "1", "ok");
    world.advance(std::time::Duration::from_secs(2));
    assert_eq!((world.history("staging"), world.lines("tries").len()), (vec!["1 succeeded".to_owned()], 2));
}

#[test]
fn targets_side_by_side_all_come_back_when_one_of_them_fails() {
    let application = r#"
repository: acme/shop
environments:
  staging: { on: [{ push: main }] }
steps:
  - directory: { root: $ROOT/first, from: site }
  - parallel:
      - name: left
        directory: { root: $ROOT/left, from: site }
      - name: right
        directory: { root: $ROOT/right, from: site, reload: [bash, -c, "! grep -q bad health"] }
"#;
    let mut world = start(application);
    push(&mut world, "1", "ok");
    push(&mut world, "2", "bad");
    assert_eq!(world.history("staging"), ["1 succeeded", "2 failed", "3 succeeded"]);
    assert_eq!(["first", "left", "right"].map(|root| world.at(root)), [1, 1, 1]);
    assert!(world.environment("staging").uncertain.is_empty());
}

#[test]
fn a_rollback_by_command_helps_where_a_human_is_needed() {
    let mut world = with_good(&["1", "2"]);
    world.write("www/outside", "bad");
    push(&mut world, "3", "ok");
    assert_eq!(hold(&world), Some((HoldReason::NeedsHuman, 4)));
    world.write("www/outside", "ok");
    rolling_back(&world.roll_back("ada", "staging"));
    world.settle();
    assert_eq!(world.history("staging").last().map(String::as_str), Some("5 succeeded"));
    assert_eq!((world.at("www"), world.environment("staging").uncertain.len()), (2, 0));
}

#[test]
fn a_rollback_by_command_respects_somebody_elses_lock_unless_it_is_taken_over() {
    let mut world = with_good(&["1", "2"]);
    world.lock("lucia", "shop");
    assert!(matches!(World::refusal(&world.roll_back("ada", "staging")), Refusal::Locked { .. }));
    world.settle();
    assert_eq!(world.at("www"), 2);
    world.asks("ada", json!({ "rollback": { "environment": world.id("staging"), "steal": true } }));
    world.settle();
    assert_eq!(world.at("www"), 1);
}

#[test]
fn a_rollback_by_itself_is_stopped_by_no_lock() {
    let mut world = with_good(&["1"]);
    world.write("stay", "");
    world.push("main", &[("VERSION", "2"), ("site/health", "bad")]);
    world.made("at-2");
    world.lock("lucia", "everything");
    world.unblock("stay");
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded", "2 failed", "3 succeeded"]);
    assert_eq!(world.at("www"), 1);
}
