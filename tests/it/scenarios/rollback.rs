//! Going back: by itself, by command, by cancelling; and what follows from it.

use botadura::domain::{
    ids::DeploymentId,
    policy::HoldReason,
    reply::{Done, Refusal, Reply},
};
use serde_json::json;

use crate::support::world::World;

/// A migration, a site, something that can be held up, and a late check of what is served.
const SITE: &str = r#"
repository: acme/shop
environments:
  staging: { on: [{ push: main }, { tag: "v*" }] }
steps:
  - name: migrate
    command: { script: 'echo "$BOTADURA_DEPLOYMENT up $(cat VERSION)" >> $ROOT/ledger' }
    undo: { command: { script: 'echo "$BOTADURA_DEPLOYMENT down $(cat VERSION)" >> $ROOT/ledger' } }
  - name: site
    directory: { root: $ROOT/www, from: site }
  - name: hold
    command: { script: 'touch $ROOT/at-$BOTADURA_DEPLOYMENT; while [ -e $ROOT/stay ]; do sleep 0.02; done' }
  - name: check
    http: { url: "$SITE/current/health", attempts: 1 }
  - name: outside
    http: { url: "$SITE/outside", attempts: 1 }
"#;

fn start(application: &str) -> World {
    let world = World::with(application).start();
    world.write("www/outside", "ok");
    world
}

fn push(world: &mut World, version: &str, health: &str) -> String {
    let sha = world.push("main", &[("VERSION", version), ("site/health", health)]);
    world.settle();
    sha
}

/// Good versions were deployed, one after the other.
fn with_good(versions: &[&str]) -> World {
    let mut world = start(SITE);
    for version in versions {
        push(&mut world, version, "ok");
    }
    world
}

/// The first version was good, the second was bad and taken back.
fn rolled_back() -> World {
    let mut world = with_good(&["1"]);
    push(&mut world, "2", "bad");
    world
}

/// A second version is in the middle of its deployment, with its site changed.
fn in_the_middle() -> World {
    let mut world = with_good(&["1"]);
    world.write("stay", "");
    world.push("main", &[("VERSION", "2"), ("site/health", "ok")]);
    world.made("at-2");
    world
}

fn hold(world: &World) -> Option<(HoldReason, i64)> {
    world.environment("staging").hold.map(|hold| (hold.why, hold.deployment.0))
}

fn rolling_back(reply: &Reply) -> i64 {
    match reply {
        Reply::Done { done: Done::RollingBack { id, .. } } => id.0,
        other => panic!("not rolling back: {other:?}"),
    }
}

#[test]
fn a_version_whose_check_fails_late_is_rolled_back_by_itself_and_verified() {
    let world = rolled_back();
    assert_eq!(world.history("staging"), ["1 succeeded", "2 failed", "3 succeeded"]);
    assert_eq!((world.at("www"), world.running("staging"), world.slot("staging")), (1, Some(3), None));
    assert_eq!(world.told(3)["summary"]["reverts"], json!(2));
    assert_eq!(hold(&world), Some((HoldReason::RolledBack, 2)));
    assert!(world.environment("staging").uncertain.is_empty());
    let checks = world.site.requests();
    assert_eq!(checks[checks.len() - 2..], ["GET /current/health", "GET /outside"], "verified");
    assert_eq!(world.lines("ledger"), ["1 up 1", "2 up 2"], "nothing is undone that nobody asked to undo");
    insta::assert_snapshot!(world.timeline());
}

#[test]
fn after_a_rollback_the_next_push_waits_and_the_newest_is_kept() {
    let mut world = rolled_back();
    push(&mut world, "4", "ok");
    push(&mut world, "5", "ok");
    assert_eq!(world.dropped(4), json!({ "superseded": { "by": 5 } }));
    assert_eq!(world.waits_for(5)["finding"]["kept_back"]["hold"]["why"], json!("rolled_back"));
    assert_eq!(world.at("www"), 1);
    world.unlock("ada", "shop/staging");
    world.settle();
    assert_eq!((world.at("www"), hold(&world)), (5, None));
}

#[test]
fn after_a_rollback_a_person_gets_through_and_lets_pushes_in_again() {
    let mut world = rolled_back();
    world.repository.commit("main", &[("VERSION", "4"), ("site/health", "ok")]);
    world.deploy("ada", "staging", "main");
    world.settle();
    assert_eq!((world.at("www"), hold(&world)), (4, None));
    push(&mut world, "5", "ok");
    assert_eq!(world.at("www"), 5);
}

#[test]
fn after_a_rollback_whoever_asks_for_the_version_that_waits_gets_it() {
    let mut world = rolled_back();
    push(&mut world, "4", "ok");
    assert_eq!(world.at("www"), 1);
    assert_eq!(World::answers(&world.deploy("marta", "staging", "main")), ["staging: joined 4"]);
    world.settle();
    assert_eq!((world.at("www"), hold(&world)), (4, None));
    assert_eq!(world.told(4)["summary"]["origin"]["actor"], json!({ "person": "marta" }));
}

#[test]
fn after_a_rollback_a_push_that_reverts_gets_through() {
    let mut world = rolled_back();
    let sha = push(&mut world, "1", "ok");
    assert_eq!((world.running("staging"), world.sha(4), hold(&world)), (Some(4), sha, None));
}

#[test]
fn a_failure_before_anything_was_changed_keeps_nothing_back() {
    let mut world = start(&SITE.replace("'echo \"$BOTADURA_DEPLOYMENT up", "'[ ! -e broken ]; echo \"$BOTADURA_DEPLOYMENT up"));
    push(&mut world, "1", "ok");
    world.push("main", &[("broken", "")]);
    world.settle();
    assert_eq!((world.history("staging").len(), hold(&world), world.at("www")), (2, None, 1));
    assert_eq!(world.running("staging"), Some(1));
}

#[test]
fn a_first_deployment_that_fails_is_taken_away_again() {
    let mut world = start(SITE);
    push(&mut world, "1", "bad");
    assert_eq!(world.history("staging"), ["1 failed", "2 succeeded"]);
    assert_eq!((world.at("www"), world.running("staging")), (0, None));
    assert!(!world.root().join("www/current").exists() && !world.root().join("www/releases").exists());
    assert_eq!(World::refusal(&world.roll_back("ada", "staging")), &Refusal::NothingToGoBackTo);
}

/// Something was there before Botadura came.
fn with_release_0() -> World {
    let world = start(SITE);
    world.write("www/releases/legacy/health", "ok");
    std::os::unix::fs::symlink("releases/legacy", world.root().join("www/current")).expect("a link");
    world
}

fn is_legacy(world: &World) -> bool {
    std::fs::read_link(world.root().join("www/current")).is_ok_and(|to| to.ends_with("legacy"))
}

#[test]
fn what_was_there_before_the_first_deployment_comes_back_when_that_fails() {
    let mut world = with_release_0();
    push(&mut world, "1", "bad");
    assert_eq!(world.history("staging"), ["1 failed", "2 succeeded"]);
    assert!(is_legacy(&world));
}

#[test]
fn what_was_there_before_the_first_deployment_comes_back_by_command() {
    let mut world = with_release_0();
    push(&mut world, "1", "ok");
    assert_eq!(world.at("www"), 1);
    rolling_back(&world.roll_back("ada", "staging"));
    world.settle();
    assert!(is_legacy(&world));
    assert_eq!(world.history("staging"), ["1 succeeded", "2 succeeded"]);
}

#[test]
fn a_rollback_by_command_goes_to_the_last_good_and_once_more_further_back() {
    let mut world = with_good(&["1", "2", "3"]);
    assert_eq!(rolling_back(&world.roll_back("ada", "staging")), 4);
    world.settle();
    assert_eq!((world.at("www"), hold(&world)), (2, Some((HoldReason::RolledBack, 4))));
    world.roll_back("ada", "staging");
    world.settle();
    assert_eq!(world.at("www"), 1);
    let reverted: Vec<_> = [2, 3].map(|id| world.told(id)["summary"]["reverted_by"].clone()).into();
    assert!(reverted.iter().all(|by| !by.is_null()), "{reverted:?}");
}

#[test]
fn after_a_rollback_by_itself_a_rollback_by_command_goes_further_back() {
    let mut world = with_good(&["1", "2"]);
    push(&mut world, "3", "bad");
    assert_eq!(world.at("www"), 2);
    world.roll_back("ada", "staging");
    world.settle();
    assert_eq!(world.at("www"), 1);
}

#[test]
fn a_rollback_goes_to_the_deployment_tag_or_commit_that_is_named() {
    for name in ["deployment", "tag", "commit", "short"] {
        let mut world = start(SITE);
        let first = push(&mut world, "1", "ok");
        push(&mut world, "2", "ok");
        push(&mut world, "3", "ok");
        let to = match name {
            "deployment" => "1",
            "commit" => &first,
            "short" => &first[..7],
            _ => {
                world.tag("v2", &world.sha(2));
                world.settle();
                // It runs as deployment 4 now, with its tag.
                push(&mut world, "5", "ok");
                "v2"
            }
        };
        world.roll_back_to("ada", "staging", to);
        world.settle();
        assert_eq!(world.at("www"), if name == "tag" { 4 } else { 1 }, "{name}");
    }
}

#[test]
fn a_rollback_to_what_was_never_good_here_is_refused() {
    let mut world = with_good(&["1", "2"]);
    for name in ["7", "v9", "main", "nonsense", "HEAD"] {
        assert_eq!(World::refusal(&world.roll_back_to("ada", "staging", name)), &Refusal::NothingToGoBackTo, "{name}");
    }
    push(&mut world, "3", "bad");
    assert_eq!(World::refusal(&world.roll_back_to("ada", "staging", "3")), &Refusal::NothingToGoBackTo);
    assert_eq!(world.at("www"), 2);
}

#[test]
fn what_has_an_undo_is_undone_when_somebody_says_so_and_as_the_version_that_goes() {
    let mut world = with_good(&["1", "2"]);
    world.asks("ada", json!({ "rollback": { "environment": world.id("staging"), "with_undo": true } }));
    world.settle();
    assert_eq!(world.at("www"), 1);
    assert_eq!(world.lines("ledger"), ["1 up 1", "2 up 2", "3 down 2"]);
}

#[test]
fn undoing_goes_back_one_deployment_and_no_further() {
    let mut world = with_good(&["1", "2", "3"]);
    let reply = world.asks("ada", json!({ "rollback": { "environment": world.id("staging"), "to": "1", "with_undo": true } }));
    assert_eq!(World::refusal(&reply), &Refusal::UndoOneOnly);
    world.settle();
    assert_eq!((world.at("www"), world.lines("ledger").len()), (3, 3));
}

#[test]
fn an_automatic_undo_runs_by_itself_after_the_site_is_back() {
    let undo = "undo: { automatic: true, command: { script: 'readlink $ROOT/www/current | cut -c 10 >> $ROOT/ledger' } }";
    let application: Vec<&str> = SITE.lines().map(|line| if line.trim_start().starts_with("undo:") { undo } else { line }).collect();
    let application = application.join("\n").replace(undo, &format!("    {undo}"));
    let mut world = start(&application);
    push(&mut world, "1", "ok");
    push(&mut world, "2", "bad");
    assert_eq!(world.history("staging"), ["1 succeeded", "2 failed", "3 succeeded"]);
    assert_eq!(world.lines("ledger"), ["1 up 1", "2 up 2", "1"], "the site leads to release 1 when the migration is undone");
}

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
    insta::assert_snapshot!(told.split_once("#3 brings back").expect("it went back").1);
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
    // A person brings in what is good, whatever is kept back.
    world.repository.commit("main", &[("VERSION", "4"), ("site/health", "ok")]);
    world.deploy("ada", "staging", "main");
    world.settle();
    assert_eq!((world.at("www"), hold(&world), world.environment("staging").uncertain.len()), (4, None, 0));
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

#[test]
fn a_push_that_waits_when_its_environment_is_rolled_back_waits_on_and_says_why() {
    let mut world = with_good(&["1"]);
    world.write("stay", "");
    world.push("main", &[("VERSION", "2"), ("site/health", "bad")]);
    world.made("at-2");
    world.push("main", &[("VERSION", "3"), ("site/health", "ok")]);
    world.heard();
    world.unblock("stay");
    world.settle();
    assert_eq!((world.at("www"), world.history("staging").len()), (1, 3));
    assert!(world.told_of(DeploymentId(3)).contains("kept back"), "{}", world.told_of(DeploymentId(3)));
}
