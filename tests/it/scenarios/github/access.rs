//! Tokens, teams.

use serde_json::json;

use super::minutes;
use crate::support::{github::Fault, world::World};

const CHECKS: &str = r#"
repository: acme/shop
environments:
  staging: { on: [{ push: main }] }
steps:
  - name: gate
    checks: ["unit"]
"#;

const APPROVED: &str = r"
repository: acme/shop
environments:
  staging:
    on: [{ push: main }]
    approvals: { count: 1, from: [lead] }
steps:
  - name: ship
    command: { script: 'true' }
";

fn waiting() -> (World, String, u64) {
    let mut world = World::with(CHECKS).github().start();
    let sha = world.push("main", &[("VERSION", "1")]);
    let unit = world.github().check(&sha, "unit", "queued");
    world.settle();
    (world, sha, unit)
}

fn passes(mut world: World, unit: u64) -> World {
    world.github().set_check(unit, "success");
    world.advance(minutes(1));
    assert_eq!(world.history("staging"), ["1 succeeded"], "{}\n{}", world.timeline(), world.why(1));
    world
}

#[test]
fn a_token_reaches_one_repository_and_has_the_steps_permissions_alone() {
    let (world, _, unit) = waiting();
    let wanted = json!({ "permissions": { "checks": "read", "statuses": "read" }, "repositories": ["shop"] });
    assert_eq!(world.github().minted("statuses"), [wanted]);
    passes(world, unit);
}

#[test]
fn a_token_is_used_until_shortly_before_its_end() {
    let (mut world, _, unit) = waiting();
    world.advance(minutes(30));
    assert_eq!(world.github().minted("statuses").len(), 1);
    world.advance(minutes(29));
    assert_eq!(world.github().minted("statuses").len(), 2, "a minute before");
    passes(world, unit);
}

#[test]
fn a_token_that_was_taken_back_is_replaced() {
    let (world, _, unit) = waiting();
    world.github().revoke();
    let world = passes(world, unit);
    assert_eq!(world.github().minted("statuses").len(), 2);
}

#[test]
fn an_app_that_was_installed_anew_is_found_again() {
    let (world, _, unit) = waiting();
    world.github().reinstall();
    let world = passes(world, unit);
    assert_eq!(world.github().asked("GET /repos/acme/shop/installation"), 2);
}

#[test]
fn a_refused_proof_names_the_key_and_shows_no_secret() {
    let (mut world, ..) = waiting();
    world.github().revoke();
    world.github().spoil("access_tokens", Fault::Status(401), 9);
    world.advance(minutes(1));
    assert_eq!(world.history("staging"), ["1 failed"]);
    assert!(world.why(1).contains("github.private_key"), "{}", world.why(1));
    assert!(!world.timeline().contains("ghs_") && !world.timeline().contains("BEGIN RSA"), "{}", world.timeline());
    // What should be told on GitHub is not told either.
    world.untidy();
}

#[test]
fn who_is_in_a_team_has_its_role_and_who_left_it_or_is_only_invited_has_not() {
    let mut world = World::with(APPROVED).github().start();
    world.without_foresight();
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    world.github().member("acme", "leads?", "ines");
    World::refusal(&world.approve("ines", 1));
    world.github().member("acme", "leads", "olga");
    world.github().spoil("memberships", Fault::Status(403), 1);
    World::refusal(&world.approve("olga", 1));
    world.approve("olga", 1);
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded"], "{}", world.timeline());
    let asked = world.github().asked("memberships/olga");
    world.push("main", &[("VERSION", "2")]);
    world.settle();
    world.github().leaves("acme", "leads", "olga");
    world.advance(minutes(6));
    World::refusal(&world.approve("olga", 2));
    assert_eq!(world.github().asked("memberships/olga"), asked + 1);
    world.approve("lucia", 2);
    world.settle();
}

#[test]
#[should_panic(expected = "github.private_key: it is not an RSA private key")]
fn a_server_with_a_key_that_is_none_does_not_start_and_says_which() {
    let mut world = World::with(CHECKS).github().start();
    world.crash();
    world.write("key.pem", "not a key");
    let settings = world.read("botadura.yaml").replace("{ env: APP_KEY }", "{ file: key.pem }");
    world.write("botadura.yaml", &settings);
    world.boot();
}
