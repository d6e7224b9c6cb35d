//! What leads to a proposal, and what does not.

use botadura::domain::reply::{Refusal, Reply};
use serde_json::json;

use super::deploy::SIMPLE;
use crate::support::{repository::Repository, world::World};

/// An application that is a part of its repository; its one step can be held up.
const PART: &str = r#"
repository: acme/shop
paths: ["app/**"]
environments:
  staging: { on: [{ push: main }] }
steps:
  - name: ship
    command:
      script: |
        touch $ROOT/at-$BOTADURA_DEPLOYMENT
        while [ -e $ROOT/stay ]; do sleep 0.02; done
        [ ! -e app/broken ]
        echo "$BOTADURA_DEPLOYMENT $(cat app/code)" >> $ROOT/ledger
"#;

/// Two targets, one of which is left out when nothing below `front` has changed.
const TWO_TARGETS: &str = r#"
repository: acme/shop
environments:
  staging: { on: [{ push: [main, fresh] }] }
steps:
  - name: front
    paths: ["front/**"]
    directory: { root: $ROOT/front, from: front }
  - name: back
    directory: { root: $ROOT/back, from: back }
  - http: { url: "$SITE/health", attempts: 1 }
"#;

fn closed(reply: &Reply) -> &str {
    match reply {
        Reply::Closed { reason } => reason,
        other => panic!("not closed: {other:?}"),
    }
}

#[test]
fn a_tag_brings_the_commit_that_it_stands_for_into_production() {
    let mut world = World::with(SIMPLE).start();
    let sha = world.push("main", &[("VERSION", "1")]);
    world.settle();
    world.tag("v1.0", &sha);
    world.settle();
    assert_eq!(World::answers(&world.outcome()), ["production: proposed 2"]);
    assert_eq!(world.lines("ledger")[2..], ["production 2 build 1", "production 2 ship"]);
    let version = world.told(2)["summary"]["version"].clone();
    assert_eq!((&version["sha"], &version["tag"]), (&json!(sha), &json!("v1.0")));
}

#[test]
fn a_branch_and_a_tag_that_nobody_follows_are_closed_with_the_reason() {
    let mut world = World::with(SIMPLE).start();
    let sha = world.push("feature/x", &[("VERSION", "1")]);
    world.settle();
    assert_eq!(closed(&world.outcome()), "no environment follows it");
    world.tag("nightly", &sha);
    world.settle();
    assert_eq!(closed(&world.outcome()), "no environment follows it");
    assert!(world.history("staging").is_empty() && world.history("production").is_empty());
}

#[test]
fn what_is_deleted_deploys_nothing() {
    let mut world = World::with(SIMPLE).start();
    let sha = world.push("main", &[("VERSION", "1")]);
    world.tag("v1.0", &sha);
    world.settle();
    let before = world.lines("ledger");
    world.delete("refs/tags/v1.0");
    world.settle();
    assert_eq!(closed(&world.outcome()), "no environment follows it");
    world.delete("refs/heads/main");
    world.settle();
    assert_eq!(closed(&world.outcome()), "no environment follows it");
    assert_eq!(world.lines("ledger"), before);
}

#[test]
fn a_branch_that_is_gone_when_its_push_is_heard_deploys_nothing() {
    let mut world = World::with(SIMPLE).start();
    let sha = world.repository.commit("main", &[("VERSION", "1")]);
    world.repository.delete("refs/heads/main");
    world.tell_push("main", &"0".repeat(40), &sha);
    world.settle();
    closed(&world.outcome());
    assert!(world.history("staging").is_empty());
}

#[test]
fn an_unknown_repository_is_closed_with_the_reason() {
    let mut world = World::with(SIMPLE).start();
    let sha = world.repository.commit("main", &[("VERSION", "1")]);
    let mut payload = world.push_payload("refs/heads/main", &"0".repeat(40), &sha);
    payload["repository"]["full_name"] = json!("acme/other");
    payload["repository"]["name"] = json!("other");
    world.deliver("push", &payload);
    world.settle();
    assert_eq!(closed(&world.outcome()), "no application names the repository acme/other");
}

#[test]
fn a_repository_of_the_same_name_and_another_id_is_refused_and_told() {
    let mut world = World::with(SIMPLE).start();
    let first = world.push("main", &[("VERSION", "1")]);
    world.settle();
    let second = world.repository.commit("main", &[("VERSION", "2")]);
    let mut payload = world.push_payload("refs/heads/main", &first, &second);
    payload["repository"]["id"] = json!(666);
    world.deliver("push", &payload);
    world.settle();
    let Reply::Decided { answers } = world.outcome() else { panic!("{:?}", world.outcome()) };
    assert_eq!(answers.len(), 2);
    let refused = Reply::Decided { answers: answers[..1].to_vec() };
    assert_eq!(World::refusal(&refused), &Refusal::ForeignRepository { application: "shop".to_owned() });
    assert_eq!(world.history("staging"), ["1 succeeded"]);
    // The real one still reaches its application.
    world.tell_push("main", &first, &second);
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded", "2 succeeded"]);
}

#[test]
fn a_renamed_repository_still_reaches_its_application() {
    let mut world = World::with(SIMPLE).start();
    let first = world.push("main", &[("VERSION", "1")]);
    world.settle();
    let folder = world.root().join("git");
    world.repository.rename(&folder, "acme/store");
    let second = world.repository.commit("main", &[("VERSION", "2")]);
    let mut payload = world.push_payload("refs/heads/main", &first, &second);
    payload["repository"]["full_name"] = json!("acme/store");
    payload["repository"]["name"] = json!("store");
    world.deliver("push", &payload);
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded", "2 succeeded"]);
    assert_eq!(world.lines("ledger")[2..], ["staging 2 build 2", "staging 2 ship"]);
    // By command too: it is still the same repository.
    world.deploy("ada", "staging", &first);
    world.settle();
    assert_eq!(world.lines("ledger")[4..], ["staging 3 build 1", "staging 3 ship"]);
}

#[test]
fn a_renaming_is_enough_to_find_the_repository_again() {
    let mut world = World::with(SIMPLE).start();
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    let folder = world.root().join("git");
    world.repository.rename(&folder, "acme/store");
    let mut renamed = world.push_payload("refs/heads/main", &"0".repeat(40), &"a".repeat(40));
    for key in ["ref", "before", "after", "created", "deleted", "forced", "commits", "head_commit", "pusher", "compare", "base_ref"] {
        renamed.as_object_mut().expect("a map").remove(key);
    }
    renamed["action"] = json!("renamed");
    renamed["repository"]["full_name"] = json!("acme/store");
    renamed["repository"]["name"] = json!("store");
    renamed["changes"] = json!({ "repository": { "name": { "from": "shop" } } });
    world.deliver("repository", &renamed);
    world.settle();
    world.repository.commit("main", &[("VERSION", "2")]);
    world.deploy("ada", "staging", "main");
    world.settle();
    assert_eq!(world.lines("ledger")[2..], ["staging 2 build 2", "staging 2 ship"]);
}

#[test]
fn a_captured_push_from_before_a_renaming_leads_to_nobody_elses_repository() {
    let mut world = World::with(SIMPLE).start();
    let zero = "0".repeat(40);
    let first = world.push("main", &[("VERSION", "1")]);
    world.settle();
    let captured = world.push_payload("refs/heads/main", &zero, &first);
    let folder = world.root().join("git");
    world.repository.rename(&folder, "acme/store");
    let second = world.repository.commit("main", &[("VERSION", "2")]);
    let mut payload = world.push_payload("refs/heads/main", &first, &second);
    payload["repository"]["full_name"] = json!("acme/store");
    payload["repository"]["name"] = json!("store");
    world.deliver("push", &payload);
    world.settle();
    // The old name belongs to somebody else now.
    let foreign = world.root().join("foreign");
    let evil = Repository::create(&foreign, "acme/shop");
    evil.commit("main", &[("VERSION", "evil")]);
    std::fs::rename(foreign.join("acme/shop.git"), folder.join("acme/shop.git")).expect("moved");
    world.deliver("push", &captured);
    world.settle();
    assert_eq!(World::answers(&world.outcome()), ["staging: joined 2"]);
    world.deploy("ada", "staging", "main");
    world.settle();
    assert!(!world.read("ledger").contains("evil"), "{}", world.read("ledger"));
}

#[test]
fn a_push_outside_of_the_applications_paths_is_not_deployed() {
    let mut world = World::with(PART).start();
    world.push("main", &[("app/code", "1"), ("docs/text", "1")]);
    world.settle();
    world.push("main", &[("docs/text", "2")]);
    world.settle();
    assert_eq!(World::answers(&world.outcome()), ["staging: unchanged 1"]);
    world.push("main", &[("app/code", "2")]);
    world.settle();
    assert_eq!(world.read("ledger"), "1 1\n2 2\n");
}

#[test]
fn a_change_is_not_lost_when_a_later_push_is_outside_of_the_paths() {
    let mut world = World::with(PART).start();
    world.write("stay", "");
    world.push("main", &[("app/code", "1")]);
    world.made("at-1");
    world.push("main", &[("app/code", "2")]);
    assert_eq!(World::answers(&world.heard()), ["staging: proposed 2"]);
    world.push("main", &[("docs/text", "1")]);
    assert_eq!(World::answers(&world.heard()), ["staging: unchanged 2"]);
    world.unblock("stay");
    world.settle();
    assert_eq!(world.read("ledger"), "1 1\n2 2\n");
}

#[test]
fn the_paths_are_compared_with_what_runs_and_not_with_what_failed() {
    let mut world = World::with(PART).start();
    world.push("main", &[("app/code", "1")]);
    world.settle();
    world.push("main", &[("app/code", "2"), ("app/broken", "")]);
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded", "2 failed"]);
    // Nothing below `app` differs from the push before; it does from what runs.
    world.push("main", &[("docs/text", "1")]);
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded", "2 failed", "3 failed"]);
}

#[test]
fn a_step_whose_files_have_not_changed_is_left_out_and_its_release_carried_over() {
    let mut world = World::with(TWO_TARGETS).start();
    world.write("www/health", "ok");
    world.push("main", &[("front/page", "1"), ("back/code", "1")]);
    world.settle();
    world.push("main", &[("back/code", "2")]);
    world.settle();
    assert!(world.timeline().contains("front left out"), "{}", world.timeline());
    assert_eq!((world.at("front"), world.at("back")), (1, 2));
    // The record of the second names a release for both, so going back two deployments later finds them.
    world.push("main", &[("front/page", "3"), ("back/code", "3")]);
    world.settle();
    assert_eq!((world.at("front"), world.at("back")), (3, 3));
    world.roll_back("ada", "staging");
    world.settle();
    assert_eq!((world.at("front"), world.at("back")), (1, 2));
}

#[test]
fn a_build_that_is_left_out_still_gives_what_it_produced() {
    let application = r#"
repository: acme/shop
environments:
  staging: { on: [{ push: main }] }
steps:
  - name: build
    build: true
    paths: ["front/**"]
    command: { script: 'echo built >> $ROOT/ledger; mkdir dist; cp front/page dist; echo "name=front-$(cat front/page)" >> "$BOTADURA_OUTPUT"' }
    produces: [dist]
  - name: site
    env: { NAME: "{{ steps.build.name }}" }
    directory: { root: $ROOT/www, from: { step: build, path: dist } }
  - command: { script: 'echo "$BOTADURA_STEPS_BUILD_NAME $(cat dist/page) $(cat back/code)" >> $ROOT/ledger' }
"#;
    let mut world = World::with(application).start();
    world.push("main", &[("front/page", "1"), ("back/code", "1")]);
    world.settle();
    world.push("main", &[("back/code", "2")]);
    world.settle();
    assert_eq!(world.lines("ledger"), ["built", "front-1 1 1", "front-1 1 2"]);
    assert_eq!((world.at("www"), world.read("www/current/page")), (2, "1".to_owned()));
}

#[test]
fn where_no_comparison_is_to_be_had_nothing_is_left_out() {
    let mut world = World::with(TWO_TARGETS).start();
    world.write("www/health", "ok");
    let first = world.push("main", &[("front/page", "1"), ("back/code", "1")]);
    world.settle();
    world.repository.rewrite("main", &[("front/page", "1"), ("back/code", "2")]);
    world.reconfigure("apps/shop.yaml", |same| same);
    world.forget("data/mirrors");
    world.tell_push("main", &first, &world.repository.head("main"));
    world.settle();
    assert_eq!((world.at("front"), world.at("back")), (2, 2));
}
