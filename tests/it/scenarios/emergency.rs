//! Whoever breaks the glass.

use botadura::domain::reply::Refusal;
use serde_json::json;

use crate::support::world::World;

/// Production with every gate of time and of people in front of it.
fn world(more: &str) -> World {
    World::with(&format!(
        r#"
repository: acme/shop
environments:
  staging: {{ on: [{{ push: develop }}] }}
  production:
    on: [{{ push: main }}]
    production: true
    deployers: [lead]
    after: {{ environment: staging, soak: 24h }}
    require_tag: "v*"
    approvals: {{ count: 1, from: [qa] }}
    checklist: [Team told]
    freeze: [{{ from: "00:00", to: "23:00", zone: UTC }}]{more}
steps: [{{ name: ship, command: {{ script: 'echo "$(cat VERSION)" >> $ROOT/ledger' }} }}]
"#
    ))
    .start()
}

#[test]
fn a_hotfix_does_not_wait_and_everybody_is_told() {
    let mut world = world("");
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    assert!(world.history("production").is_empty());
    world.break_the_glass("lucia", "production", "main", "checkout is down");
    world.settle();
    assert_eq!(world.history("production"), ["1 succeeded"]);
    assert_eq!(world.broken_open(1), ["after", "tagged", "frozen", "checklist", "approved"]);
    insta::assert_snapshot!(world.timeline());
}

#[test]
fn an_emergency_needs_a_reason_and_rights() {
    let mut world = world("");
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    assert_eq!(World::refusal(&world.break_the_glass("lucia", "production", "main", " ")), &Refusal::NoReason);
    let refused = world.break_the_glass("marta", "production", "main", "checkout is down");
    assert_eq!(World::refusal(&refused), &Refusal::NotDeployer { roles: vec!["lead".to_owned()] });
    world.settle();
    assert!(world.history("production").is_empty());
}

#[test]
fn no_emergency_opens_a_lock_or_takes_what_no_protected_branch_holds() {
    let mut world = world("");
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    world.lock("noa", "shop/production");
    world.break_the_glass("lucia", "production", "main", "checkout is down");
    world.settle();
    assert!(world.waits_for(1)["finding"]["locked"].is_object());
    world.unlock("noa", "shop/production");
    world.settle();
    assert_eq!(world.history("production"), ["1 succeeded"]);
    let wild = world.repository.commit("wild", &[("VERSION", "2")]);
    world.break_the_glass("lucia", "production", &wild, "checkout is down");
    world.settle();
    assert!(world.waits_for(2)["finding"]["protected"].is_object(), "{}", world.waits_for(2));
}

#[test]
fn two_proposals_and_a_hotfix_bring_the_hotfix_alone() {
    let mut world = world("");
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    world.approve("marta", 1);
    world.push("main", &[("VERSION", "2")]);
    world.settle();
    let hotfix = world.repository.commit("main", &[("VERSION", "3")]);
    world.break_the_glass("lucia", "production", &hotfix, "checkout is down");
    world.settle();
    assert_eq!(world.lines("ledger"), ["3"]);
    assert_eq!((world.dropped(1), world.dropped(2)), (json!({ "superseded": { "by": 3 } }), json!({ "superseded": { "by": 3 } })));
}

#[test]
fn where_each_has_its_turn_a_hotfix_goes_first_and_the_others_keep_theirs() {
    let mut world = world("\n    queue: every");
    for version in ["1", "2"] {
        world.push("main", &[("VERSION", version)]);
        world.settle();
    }
    let hotfix = world.repository.commit("main", &[("VERSION", "3")]);
    world.break_the_glass("lucia", "production", &hotfix, "checkout is down");
    world.settle();
    assert_eq!(world.lines("ledger"), ["3"]);
    assert!(world.broken_open(3).contains(&"turn".to_owned()));
    assert_eq!((world.dropped(1), world.dropped(2)), (json!(null), json!(null)));
}
