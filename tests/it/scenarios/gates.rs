//! What a proposal waits for, and who lets it through.

use std::time::Duration;

use botadura::domain::{
    ids::{Actor, DeploymentId, EnvironmentId},
    reply::{Done, Refusal, Reply},
};
use serde_json::json;

use crate::support::world::{OPERATOR, World, written};

/// Staging by push; production by tag, with what a scenario wants in front of it. The one step can be held up.
fn application(staging: &str, production: &str) -> String {
    format!(
        r#"
repository: acme/shop
environments:
  staging: {{ on: [{{ push: main }}]{staging} }}
  production: {{ on: [{{ tag: "v*" }}]{production} }}
steps:
  - name: ship
    command:
      script: |
        touch $ROOT/at-$BOTADURA_DEPLOYMENT
        while [ -e $ROOT/stay ]; do sleep 0.02; done
        echo "$BOTADURA_ENVIRONMENT $BOTADURA_DEPLOYMENT $(cat VERSION)" >> $ROOT/ledger
"#
    )
}

fn plain() -> World {
    World::with(&application("", "")).start()
}

/// A world with a first version in staging (1), tagged for production (2), which waits.
fn approving(approvals: &str) -> World {
    let mut world = World::with(&application("", &format!(", approvals: {approvals}"))).start();
    let sha = world.push("main", &[("VERSION", "1")]);
    world.settle();
    world.tag("v1", &sha);
    world.settle();
    assert!(world.history("production").is_empty());
    world
}

fn given(world: &World, id: i64) -> (u64, u64) {
    let approved = world.waits_for(id)["finding"]["approved"].clone();
    (approved["given"].as_u64().expect("approvals"), approved["needed"].as_u64().expect("approvals"))
}

#[test]
fn a_tag_waits_for_somebody_of_the_role_and_not_for_whoever_asked() {
    let mut world = approving("{ count: 1, from: [lead] }");
    assert_eq!(world.waits_for(2)["parts"][0]["clears"], json!([{ "roles": ["lead"] }]));
    assert_eq!(World::refusal(&world.approve("marta", 2)), &Refusal::NotAmong { roles: vec!["lead".to_owned()] });
    world.settle();
    assert!(world.history("production").is_empty());
    assert_eq!(world.approve("lucia", 2), Reply::Done { done: Done::Approved { id: DeploymentId(2) } });
    world.settle();
    assert_eq!(world.lines("ledger"), ["staging 1 1", "production 2 1"]);
    assert_eq!(World::refusal(&world.approve("noa", 2)), &Refusal::NotWaiting { id: DeploymentId(2) });
    insta::assert_snapshot!(world.told_of(DeploymentId(2)));
}

#[test]
fn nobody_approves_their_own_wish_unless_the_file_allows_it() {
    for (allowed, key) in [(false, ""), (true, ", allow_requester: true")] {
        let mut world = approving(&format!("{{ count: 1, from: [lead]{key} }}"));
        world.cancel("ada", 2);
        world.deploy("lucia", "production", "v1");
        world.settle();
        let reply = world.approve("lucia", 3);
        world.settle();
        assert_eq!(matches!(reply, Reply::Refused { refusal: Refusal::OwnRequest }), !allowed, "{reply:?}");
        assert_eq!(world.history("production").len(), usize::from(allowed));
    }
}

#[test]
fn who_asks_for_what_waits_for_approval_anyway_may_still_approve_it() {
    let mut world = approving("{ count: 1, from: [lead] }");
    assert_eq!(World::answers(&world.deploy("lucia", "production", "v1")), ["production: joined 2"]);
    world.approve("lucia", 2);
    world.settle();
    assert_eq!(world.history("production"), ["2 succeeded"]);
}

#[test]
fn two_approvals_are_two_people() {
    let mut world = approving("{ count: 2, from: [lead, qa] }");
    world.approve("lucia", 2);
    world.settle();
    assert_eq!(given(&world, 2), (1, 2));
    assert_eq!(World::refusal(&world.approve("LUCIA", 2)), &Refusal::ApprovedBefore);
    world.settle();
    assert!(world.history("production").is_empty());
    world.approve("marta", 2);
    world.settle();
    assert_eq!(world.history("production"), ["2 succeeded"]);
}

#[test]
fn each_part_needs_its_own_person() {
    let mut world = approving("{ all: [{ count: 1, from: [lead] }, { count: 1, from: [qa] }] }");
    // She has both roles, and clears whichever part the other cannot.
    world.approve("noa", 2);
    world.settle();
    assert_eq!(given(&world, 2), (1, 2));
    world.approve("lucia", 2);
    world.settle();
    assert_eq!(world.history("production"), ["2 succeeded"]);
}

#[test]
fn an_approval_that_nobody_gives_in_time_ends_the_proposal() {
    let mut world = approving("{ count: 1, from: [lead], expires: 2h }");
    world.advance(Duration::from_secs(2 * 3600 - 1));
    assert_eq!(world.dropped(2), json!(null));
    world.advance(Duration::from_secs(1));
    assert_eq!(world.dropped(2), json!("expired"));
    assert_eq!(World::refusal(&world.approve("lucia", 2)), &Refusal::NotWaiting { id: DeploymentId(2) });
    assert!(world.history("production").is_empty());
}

#[test]
fn what_was_approved_is_what_is_done() {
    let mut world = approving("{ count: 2, from: [lead, qa] }");
    world.approve("lucia", 2);
    world.settle();
    assert_eq!(given(&world, 2), (1, 2));
    world.reconfigure("apps/shop.yaml", |text| text.replace("$(cat VERSION)\"", "$(cat VERSION) and more\""));
    world.approve("marta", 2);
    world.settle();
    assert_eq!(given(&world, 2), (1, 2), "she approved something else");
    world.approve("lucia", 2);
    world.settle();
    assert_eq!(world.lines("ledger"), ["staging 1 1", "production 2 1 and more"]);
}

#[test]
fn where_nobody_needs_to_approve_an_approval_is_refused() {
    let mut world = plain();
    world.lock("lucia", "shop/staging");
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    assert_eq!(World::refusal(&world.approve("lucia", 1)), &Refusal::NoApprovalNeeded);
    assert_eq!(World::refusal(&world.approve("lucia", 9)), &Refusal::NoDeployment { id: DeploymentId(9) });
}

#[test]
fn a_rejected_proposal_never_starts_and_says_who_and_why() {
    let mut world = approving("{ count: 1, from: [lead] }");
    let rejected = world.asks("marta", json!({ "reject": { "deployment": 2, "reason": "not before Monday" } }));
    assert_eq!(rejected, Reply::Done { done: Done::Rejected { id: DeploymentId(2) } });
    world.settle();
    assert_eq!(world.dropped(2), json!({ "rejected": { "by": { "vouched": "marta" }, "reason": "not before Monday" } }));
    assert!(world.timeline().contains("marta (as the operator says) rejected it (not before Monday)"), "{}", world.timeline());
    assert!(world.history("production").is_empty());
}

#[test]
fn a_withdrawn_proposal_never_starts() {
    let mut world = approving("{ count: 1, from: [lead] }");
    assert_eq!(world.cancel("ada", 2), Reply::Done { done: Done::Withdrawn { id: DeploymentId(2) } });
    world.settle();
    assert_eq!(world.dropped(2), json!({ "withdrawn": { "by": { "vouched": "ada" } } }));
    assert_eq!(World::refusal(&world.cancel("ada", 2)), &Refusal::NotWaiting { id: DeploymentId(2) });
    assert_eq!(World::refusal(&world.cancel("ada", 7)), &Refusal::NoDeployment { id: DeploymentId(7) });
    assert!(world.history("production").is_empty());
}

#[test]
fn somebody_elses_lock_keeps_a_push_out_until_it_is_unlocked() {
    for scope in ["shop/staging", "shop", "everything"] {
        let mut world = plain();
        world.lock("lucia", scope);
        world.push("main", &[("VERSION", "1")]);
        world.settle();
        let gate = world.waits_for(1);
        assert_eq!(gate["finding"]["locked"]["lock"]["owner"], json!({ "vouched": "lucia" }), "{scope}");
        assert_eq!(gate["clears"], json!([{ "actor": { "vouched": "lucia" } }]));
        assert!(world.read("ledger").is_empty());
        world.unlock("lucia", scope);
        world.settle();
        assert_eq!(world.read("ledger"), "staging 1 1\n");
    }
}

#[test]
fn a_lock_of_another_environment_keeps_nobody_out() {
    let mut world = plain();
    world.lock("lucia", "shop/production");
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded"]);
}

#[test]
fn a_locks_owner_gets_through() {
    let mut world = plain();
    world.lock("lucia", "shop/staging");
    world.repository.commit("main", &[("VERSION", "1")]);
    world.deploy("Lucia", "staging", "main");
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded"]);
}

#[test]
fn a_locks_owner_who_asks_for_the_version_that_waits_gets_it() {
    let mut world = plain();
    world.lock("lucia", "shop/staging");
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    assert_eq!(World::answers(&world.deploy("marta", "staging", "main")), ["staging: joined 1"]);
    world.settle();
    assert!(world.history("staging").is_empty());
    world.deploy("lucia", "staging", "main");
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded"]);
}

#[test]
fn a_lock_ends_at_its_time_and_what_waits_goes_on() {
    let mut world = plain();
    let until = world.now() + jiff::SignedDuration::from_hours(1);
    world.asks("lucia", json!({ "lock": { "scope": written("shop/staging"), "reason": "a demo", "until": until } }));
    world.push("main", &[("VERSION", "1")]);
    world.advance(Duration::from_secs(3599));
    assert_eq!(world.waits_for(1)["opens"], json!(until));
    assert!(world.read("ledger").is_empty());
    world.advance(Duration::from_secs(1));
    assert_eq!(world.history("staging"), ["1 succeeded"]);
    assert_eq!(
        World::refusal(&world.unlock("lucia", "shop/staging")),
        &Refusal::NotLocked { scope: "shop/staging".parse().expect("a scope") }
    );
}

#[test]
fn a_lock_is_taken_over_only_when_somebody_says_so() {
    let mut world = plain();
    world.lock("lucia", "shop/staging");
    let Refusal::Locked { lock } = World::refusal(&world.lock("marta", "shop/staging")).clone() else { panic!("not refused") };
    assert_eq!(lock.owner, Actor::Vouched("lucia".to_owned()));
    let steal = world.asks("marta", json!({ "lock": { "scope": written("shop/staging"), "steal": true } }));
    let Reply::Done { done: Done::Locked { lock, from } } = steal else { panic!("{steal:?}") };
    assert_eq!((lock.owner, from), (Actor::Vouched("marta".to_owned()), Some(Actor::Vouched("lucia".to_owned()))));
    world.repository.commit("main", &[("VERSION", "1")]);
    world.deploy("lucia", "staging", "main");
    world.settle();
    assert!(world.history("staging").is_empty());
    world.unlock("marta", "shop/staging");
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded"]);
}

#[test]
fn somebody_elses_lock_is_taken_away_only_when_somebody_says_so() {
    let world = plain();
    world.lock("lucia", "shop/staging");
    assert!(matches!(World::refusal(&world.unlock("marta", "shop/staging")), Refusal::Locked { .. }));
    let stolen = world.asks("marta", json!({ "unlock": { "scope": written("shop/staging"), "steal": true } }));
    assert!(matches!(stolen, Reply::Done { done: Done::Unlocked { .. } }), "{stolen:?}");
}

#[test]
fn a_lock_that_is_set_while_a_deployment_runs_stops_the_next_one_alone() {
    let mut world = plain();
    world.write("stay", "");
    world.push("main", &[("VERSION", "1")]);
    world.made("at-1");
    world.lock("lucia", "shop/staging");
    world.push("main", &[("VERSION", "2")]);
    world.heard();
    world.unblock("stay");
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded"]);
    assert!(world.waits_for(2)["finding"]["locked"].is_object());
}

#[test]
fn the_newest_push_replaces_waiting_ones_and_they_say_by_what() {
    let mut world = plain();
    world.lock("lucia", "shop/staging");
    for version in ["1", "2", "3"] {
        world.push("main", &[("VERSION", version)]);
        world.settle();
    }
    assert_eq!(world.dropped(1), json!({ "superseded": { "by": 2 } }));
    assert_eq!(world.dropped(2), json!({ "superseded": { "by": 3 } }));
    world.unlock("lucia", "shop/staging");
    world.settle();
    assert_eq!(world.read("ledger"), "staging 3 3\n");
    insta::assert_snapshot!(world.timeline());
}

#[test]
fn where_each_push_has_its_turn_all_run_in_their_order() {
    let mut world = World::with(&application(", queue: every", "")).start();
    world.write("stay", "");
    world.push("main", &[("VERSION", "1")]);
    world.made("at-1");
    for version in ["2", "3"] {
        world.push("main", &[("VERSION", version)]);
        world.heard();
    }
    world.eventually("the third knows its turn", |world| world.waits_for(3)["finding"]["turn"]["behind"] == json!(2));
    world.unblock("stay");
    world.settle();
    assert_eq!(world.read("ledger"), "staging 1 1\nstaging 2 2\nstaging 3 3\n");
}

#[test]
fn an_approved_proposal_is_not_replaced_and_goes_first() {
    let mut world = approving("{ count: 2, from: [lead, qa] }");
    world.approve("lucia", 2);
    let newer = world.push("main", &[("VERSION", "2")]);
    world.settle();
    world.tag("v2", &newer);
    world.settle();
    assert_eq!(world.dropped(2), json!(null));
    world.approve("lucia", 4);
    world.approve("marta", 4);
    world.settle();
    assert_eq!(world.waits_for(4)["finding"], json!({ "turn": { "behind": 2 } }));
    world.approve("marta", 2);
    world.settle();
    assert_eq!(world.history("production"), ["2 succeeded", "4 succeeded"]);
    assert_eq!(world.sha(world.running("production").expect("one")), newer);
}

#[test]
fn a_push_does_not_replace_what_a_person_asked_for() {
    let mut world = plain();
    let first = world.repository.commit("main", &[("VERSION", "1")]);
    world.lock("lucia", "shop/staging");
    world.deploy("marta", "staging", &first);
    world.push("main", &[("VERSION", "2")]);
    world.settle();
    assert_eq!(world.dropped(1), json!(null));
    world.unlock("lucia", "shop/staging");
    world.settle();
    assert_eq!(world.read("ledger"), "staging 1 1\nstaging 2 2\n");
}

#[test]
fn a_push_during_a_deployment_waits_for_the_slot() {
    let mut world = plain();
    world.write("stay", "");
    world.push("main", &[("VERSION", "1")]);
    world.made("at-1");
    world.push("main", &[("VERSION", "2")]);
    assert_eq!(World::answers(&world.heard()), ["staging: proposed 2"]);
    world.eventually("it waits for the slot", |world| world.waits_for(2)["finding"] == json!({ "slot": { "taken_by": 1 } }));
    assert_eq!(world.slot("staging"), Some(1));
    world.unblock("stay");
    world.settle();
    assert_eq!(world.read("ledger"), "staging 1 1\nstaging 2 2\n");
    assert_eq!((world.slot("staging"), world.running("staging")), (None, Some(2)));
}

#[test]
fn environments_do_not_wait_for_each_other() {
    let mut world = plain();
    world.write("stay", "");
    let sha = world.push("main", &[("VERSION", "1")]);
    world.made("at-1");
    world.tag("v1", &sha);
    world.made("at-2");
    assert_eq!((world.slot("staging"), world.slot("production")), (Some(1), Some(2)));
    world.unblock("stay");
    world.settle();
}

#[test]
fn what_runs_or_is_under_way_already_is_joined() {
    let mut world = plain();
    world.write("stay", "");
    let sha = world.push("main", &[("VERSION", "1")]);
    world.made("at-1");
    assert_eq!(World::answers(&world.deploy("marta", "staging", &sha)), ["staging: joined 1"]);
    world.unblock("stay");
    world.settle();
    assert_eq!(World::answers(&world.deploy("marta", "staging", "main")), ["staging: joined 1"]);
    world.settle();
    assert_eq!(world.read("ledger"), "staging 1 1\n");
    // Unless it is wanted again.
    let again = world.asks("marta", json!({ "deploy": { "environment": world.id("staging"), "reference": sha, "again": true } }));
    assert_eq!(World::answers(&again), ["staging: proposed 2"]);
    world.settle();
    assert_eq!(world.read("ledger"), "staging 1 1\nstaging 2 1\n");
}

#[test]
fn a_tag_joins_what_waits_and_gives_it_its_name() {
    let mut world = World::with(&application("", "").replace("[{ push: main }]", "[{ push: main }, { tag: \"v*\" }]")).start();
    world.lock("lucia", "shop/staging");
    let sha = world.push("main", &[("VERSION", "1")]);
    world.settle();
    world.tag("v1", &sha);
    world.settle();
    assert_eq!(World::answers(&world.outcome())[0], "staging: joined 1");
    world.unlock("lucia", "shop/staging");
    world.settle();
    let version = world.told(1)["summary"]["version"].clone();
    assert_eq!((&version["branch"], &version["tag"]), (&json!("main"), &json!("v1")));
}

#[test]
fn what_waits_for_an_environment_that_is_not_configured_any_more_ends() {
    let mut world = plain();
    world.lock("lucia", "shop/production");
    let sha = world.repository.commit("main", &[("VERSION", "1")]);
    world.tag("v1", &sha);
    world.settle();
    world.reconfigure("apps/shop.yaml", |text| text.replace("production:", "live:"));
    world.unlock("lucia", "everything");
    world.settle();
    assert_eq!(world.dropped(1)["impossible"]["reason"], json!("shop/production is not configured any more"));
}

#[test]
fn what_cannot_be_planned_ends_with_the_reason() {
    let mut world = World::with(&application(", vars: { release: \"{{ version.tag }}\" }", "")).start();
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    let reason = world.dropped(1)["impossible"]["reason"].clone();
    assert!(reason.as_str().is_some_and(|reason| reason.contains("version.tag")), "{reason}");
    assert!(world.timeline().contains("will not start"), "{}", world.timeline());
}

#[test]
fn a_version_is_called_by_branch_tag_or_sha() {
    let mut world = plain();
    let first = world.repository.commit("main", &[("VERSION", "1")]);
    world.repository.tag("release-1", &first);
    let second = world.repository.commit("other/branch", &[("VERSION", "2")]);
    for (name, sha) in [("other/branch", &second), ("release-1", &first), (second.as_str(), &second)] {
        let id = World::proposed(&world.deploy("marta", "staging", name)).0;
        world.settle();
        assert_eq!(&world.sha(id), sha, "{name}");
    }
    let main = world.asks(OPERATOR, json!({ "deploy": { "environment": world.id("staging") } }));
    world.settle();
    assert_eq!(&world.sha(World::proposed(&main).0), &first, "the branch that is followed");
}

#[test]
fn what_does_not_exist_is_refused_by_name() {
    let mut world = plain();
    world.repository.commit("main", &[("VERSION", "1")]);
    let unborn = "ab".repeat(20);
    for name in ["nonsense", "-x", "--upload-pack=/bin/sh", "a..b", "", &unborn] {
        let reply = world.deploy("marta", "staging", name);
        assert_eq!(World::refusal(&reply), &Refusal::NoReference { reference: name.to_owned() }, "{name:?}");
    }
    let unnamed = world.asks("marta", json!({ "deploy": { "environment": world.id("production") } }));
    assert_eq!(World::refusal(&unnamed), &Refusal::NameTheVersion);
    let elsewhere = world.asks("marta", json!({ "deploy": { "environment": world.id("nowhere") } }));
    assert!(matches!(World::refusal(&elsewhere), Refusal::NoEnvironment { there_are, .. } if there_are.len() == 2));
    let other =
        world.asks("marta", json!({ "deploy": { "environment": "other/staging".parse::<EnvironmentId>().expect("an environment") } }));
    assert!(matches!(World::refusal(&other), Refusal::NoApplication { there_are, .. } if there_are == &["shop"]));
    world.settle();
    assert!(world.history("staging").is_empty());
}
