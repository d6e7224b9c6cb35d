//! What people read on GitHub about a deployment: deployments with statuses, check runs, one comment.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{github::Fault, world::World};

const SHOP: &str = r#"
repository: acme/shop
environments:
  staging: { on: [{ push: main }], url: "https://staging.example/{{ version.short }}" }
  production: { deployers: [lead], approvals: { count: 1, from: [qa] }, production: true }
steps: [{ name: ship, command: { script: '[ ! -e broken ]; echo "$BOTADURA_ENVIRONMENT $(cat VERSION)" >> ledger' } }]
"#;

fn world() -> World {
    let world = World::with(SHOP).github().start();
    world.github().may("lucia", "admin");
    world.github().protect("main");
    world
}

fn push(world: &mut World, files: &[(&str, &str)]) -> String {
    let sha = world.push("main", files);
    world.settle();
    world.advance(Duration::from_secs(30));
    sha
}

/// Of a check run, what it says and what can be pressed.
fn shown(check: &Value) -> (String, String, Vec<String>) {
    let word = |key: &str| check[key].as_str().unwrap_or_default().to_owned();
    let buttons = check["actions"].as_array().cloned().unwrap_or_default();
    let buttons = buttons.iter().filter_map(|button| button["identifier"].as_str().map(str::to_owned)).collect();
    (word("status"), word("conclusion"), buttons)
}

#[test]
fn a_deployment_is_told_with_its_statuses_and_what_ran_before_becomes_inactive() {
    let mut world = world();
    push(&mut world, &[("VERSION", "1")]);
    assert_eq!(world.github().deployments(), ["staging deploy in_progress,success"]);
    let writes = world.github().writes();
    assert!(writes <= 8, "{writes}");
    push(&mut world, &[("VERSION", "2")]);
    assert_eq!(world.github().deployments(), ["staging deploy in_progress,success,inactive", "staging deploy in_progress,success"]);
    assert!(world.github().writes() - writes <= 8);
    let checks = world.github().own_checks();
    assert_eq!(checks.len(), 2);
    assert_eq!(checks[0]["name"], "botadura / shop / staging");
    assert_eq!(shown(&checks[1]), ("completed".to_owned(), "success".to_owned(), vec!["rollback".to_owned()]));
    insta::assert_snapshot!(checks[1]["output"]["summary"].as_str().expect("a text").replace(&world.sha(2)[..7], "SHA"));
}

#[test]
fn what_fails_is_told_and_taken_back() {
    let mut world = world();
    push(&mut world, &[("VERSION", "1")]);
    push(&mut world, &[("broken", "")]);
    assert_eq!(world.history("staging")[1], "2 failed");
    let told = world.github().deployments();
    assert_eq!(told[1], "staging deploy in_progress,failure", "{told:?}");
    let checks = world.github().own_checks();
    let failed = checks.iter().find(|check| check["conclusion"] == "failure").expect("a failed one");
    assert_eq!(shown(failed).2, ["retry"]);
}

#[test]
fn what_waits_for_people_has_a_button_and_another_run_when_it_begins() {
    let mut world = world();
    push(&mut world, &[("VERSION", "1")]);
    let before = world.github().writes();
    world.deploy("lucia", "production", "main");
    world.settle();
    let waits = world.github().own_checks().pop().expect("a run");
    assert_eq!(shown(&waits), ("completed".to_owned(), "action_required".to_owned(), vec!["approve".to_owned(), "reject".to_owned()]));
    assert_eq!(world.github().deployments()[1], "production deploy queued");
    world.approve("marta", 2);
    world.settle();
    world.advance(Duration::from_secs(30));
    assert_eq!(world.history("production"), ["2 succeeded"]);
    let checks = world.github().own_checks();
    assert_eq!(checks.len(), 3, "staging's, the one that waited, and the one that went on");
    assert_eq!(shown(&checks[2]).1, "success");
    assert!(world.github().deployments()[1].starts_with("production deploy queued,"), "{:?}", world.github().deployments());
    assert!(world.github().writes() - before <= 10, "{}", world.github().writes() - before);
}

#[test]
fn a_deployment_that_a_comment_asked_for_has_one_comment_of_its_own() {
    let mut world = world();
    push(&mut world, &[("VERSION", "1")]);
    let head = world.repository.commit("change", &[("VERSION", "2")]);
    let opened = world.github().pull_request(12, "opened", ("change", &head), |_| {});
    world.deliver("pull_request", &opened);
    world.settle();
    world.advance(Duration::from_mins(1));
    let comment = world.github().says("lucia", 12, "/deploy staging");
    world.deliver("issue_comment", &comment);
    world.settle();
    world.advance(Duration::from_secs(30));
    let told = world.github().answers_on(12);
    assert_eq!(told.len(), 1, "{told:#?}");
    insta::assert_snapshot!(told[0].replace(&head[..7], "SHA").replace(&world.store().instance().to_owned(), "INSTANCE"));
}

#[test]
fn what_was_made_and_not_answered_is_found_again() {
    let mut world = world();
    for what in ["POST /repos/acme/shop/deployments", "POST /repos/acme/shop/check-runs", "statuses"] {
        world.github().spoil(what, Fault::Unanswered, 1);
    }
    push(&mut world, &[("VERSION", "1")]);
    for _ in 0..5 {
        world.advance(Duration::from_mins(5));
    }
    assert_eq!((world.github().deployments().len(), world.github().own_checks().len()), (1, 1));
    assert!(world.github().deployments()[0].ends_with("success"));
    assert_eq!(world.history("staging"), ["1 succeeded"]);
}

#[test]
fn writes_whose_answers_are_dropped_at_random_are_never_doubled() {
    let mut world = world();
    world.without_foresight();
    world.push("main", &[("VERSION", "0")]);
    world.settle();
    world.github().drops(2);
    let rounds = if std::env::var_os("BOTADURA_LONG").is_some() { 1500 } else { 25 };
    for _ in 0..rounds {
        let comment = world.github().says("lucia", 7, "/status\n/deploy staging --again");
        world.deliver("issue_comment", &comment);
        world.settle();
        world.advance(Duration::from_secs(5));
    }
    // Every one is shown at last, however often its answers got lost.
    world.github().drops(0);
    for _ in 0..10 {
        world.advance(Duration::from_mins(10));
    }
    let mut marks = world.github().marks();
    marks.sort();
    let all = marks.len();
    marks.dedup();
    assert_eq!(marks.len(), all, "something was made twice");
    assert!(all >= 4 * rounds, "{all} things were made in {rounds} rounds");
    assert!(world.github().deployments().iter().all(|told| told.contains("success")), "{:#?}", world.github().deployments());
}

#[test]
fn github_down_holds_no_deployment_up() {
    let mut world = world();
    world.github().spoil("/deployments", Fault::Status(502), 1000);
    world.github().spoil("/check-runs", Fault::Unheard, 1000);
    push(&mut world, &[("VERSION", "1")]);
    assert_eq!(world.history("staging"), ["1 succeeded"]);
    assert!(world.github().deployments().is_empty());
    world.untidy();
}

/// What GitHub sends when somebody presses a button of a check run, or its own "Re-run".
fn pressed(world: &World, check: usize, action: &str, (who, button): (&str, Option<&str>)) -> Value {
    let run = world.github().own_checks()[check].clone();
    let mut payload = json!({
        "action": action,
        "check_run": { "id": 1, "name": run["name"], "head_sha": run["head_sha"], "external_id": run["external_id"], "app": { "id": 4242 },
                       "status": "completed", "conclusion": "success" },
        "repository": { "id": 4711, "full_name": "acme/shop", "name": "shop" },
        "sender": { "login": who, "id": 3, "type": "User" },
    });
    if let Some(button) = button {
        payload["requested_action"] = json!({ "identifier": button });
    }
    payload
}

#[test]
fn buttons_do_what_their_presser_may() {
    let mut world = world();
    push(&mut world, &[("VERSION", "1")]);
    world.deploy("lucia", "production", "main");
    world.settle();
    for who in ["lucia", "eva"] {
        world.deliver("check_run", &pressed(&world, 1, "requested_action", (who, Some("approve"))));
        world.settle();
        assert_eq!(world.history("production").len(), 0, "{who} may not");
    }
    world.deliver("check_run", &pressed(&world, 1, "requested_action", ("marta", Some("approve"))));
    world.settle();
    assert_eq!(world.history("production"), ["2 succeeded"]);
}

#[test]
fn the_button_that_rolls_back_means_what_it_stands_beside() {
    let site = SHOP.split("steps:").next().expect("a head").to_owned()
        + "steps: [{ name: site, directory: { root: \"$ROOT/www-{{ environment.name }}\", from: site } }]\n";
    let mut world = World::with(&site).github().start();
    for text in ["1", "2"] {
        push(&mut world, &[("site/index.html", text)]);
    }
    world.deliver("check_run", &pressed(&world, 0, "requested_action", ("ada", Some("rollback"))));
    world.settle();
    assert_eq!(world.history("staging").len(), 2, "what ran before is no more to be rolled back");
    world.deliver("check_run", &pressed(&world, 1, "requested_action", ("ada", Some("rollback"))));
    world.settle();
    assert_eq!(world.history("staging").len(), 3, "{}", world.timeline());
    assert_eq!(world.read("www-staging/current/index.html"), "1");
    world.advance(Duration::from_secs(30));
    assert_eq!(world.github().deployments()[1..], ["staging deploy in_progress,success,inactive", "staging rollback in_progress,success"]);
}

#[test]
fn re_run_runs_again_what_failed() {
    let mut world = world();
    push(&mut world, &[("VERSION", "1"), ("broken", "")]);
    assert_eq!(world.history("staging"), ["1 failed"]);
    world.deliver("check_run", &pressed(&world, 0, "rerequested", ("ada", None)));
    world.settle();
    assert_eq!(world.history("staging").len(), 2, "{}", world.timeline());
}
