//! Going back: by itself, by command, by cancelling; and what follows from it.

use botadura::domain::{
    ids::DeploymentId,
    policy::HoldReason,
    reply::{Done, Refusal, Reply},
};
use serde_json::json;

use crate::support::world::World;

/// A migration, a site, something that can be held up, and a late check of what is served.
pub const SITE: &str = r#"
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

pub fn start(application: &str) -> World {
    let world = World::with(application).start();
    world.write("www/outside", "ok");
    world
}

pub fn push(world: &mut World, version: &str, health: &str) -> String {
    let sha = world.push("main", &[("VERSION", version), ("site/health", health)]);
    world.settle();
    sha
}

/// Good versions were deployed, one after the other.
pub fn with_good(versions: &[&str]) -> World {
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
pub fn in_the_middle() -> World {
    let mut world = with_good(&["1"]);
    world.write("stay", "");
    world.push("main", &[("VERSION", "2"), ("site/health", "ok")]);
    world.made("at-2");
    world
}

pub fn hold(world: &World) -> Option<(HoldReason, i64)> {
    world.environment("staging").hold.map(|hold| (hold.why, hold.deployment.0))
}

pub fn rolling_back(reply: &Reply) -> i64 {
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
    assert_eq!(World::answers(&world.deploy("marta", "staging", "main")), ["staging: proposed 4"]);
    world.settle();
    assert_eq!((world.at("www"), hold(&world)), (4, None));
    assert_eq!(world.told(4)["summary"]["origin"]["actor"], json!({ "vouched": "marta" }));
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
    assert_eq!((world.at("www"), hold(&world)), (2, Some((HoldReason::RolledBack, 3))));
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
        assert_eq!(World::refusal(&world.roll_back_to("ada", "staging", name)), &not_good_here(name), "{name}");
    }
    push(&mut world, "3", "bad");
    assert_eq!(World::refusal(&world.roll_back_to("ada", "staging", "3")), &not_good_here("3"));
    assert_eq!(world.at("www"), 2);
}

fn not_good_here(to: &str) -> Refusal {
    Refusal::NotGoodHere { to: to.to_owned() }
}

#[test]
fn a_rollback_to_what_runs_already_is_refused_and_keeps_nothing_back() {
    let world = with_good(&["1", "2"]);
    assert!(matches!(World::refusal(&world.roll_back_to("ada", "staging", "2")), Refusal::RunsAlready { .. }));
    assert_eq!((world.at("www"), hold(&world)), (2, None));
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
