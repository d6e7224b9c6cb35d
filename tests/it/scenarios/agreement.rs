//! What people agreed to, and what becomes of that.

use std::time::Duration;

use serde_json::json;

use crate::support::world::World;

/// Production by push, which two people of the roles must agree to; a variable that a step uses, and one that none does.
fn world() -> World {
    World::with(
        r#"
repository: acme/shop
environments:
  production:
    on: [{ push: main }, { tag: "v*" }]
    approvals: { count: 2, from: [lead, qa], expires: 24h }
    vars: { used: one, unused: one }
steps:
  - name: ship
    timeout: 5m
    command: { argv: [sh, -c, "echo $0 >> $ROOT/ledger", "{{ vars.used }}"] }
"#,
    )
    .start()
}

fn given(world: &World, id: i64) -> u64 {
    world.waits_for(id)["finding"]["approved"]["given"].as_u64().expect("approvals")
}

/// The world with a version that one person has approved, as 1.
fn half_approved() -> World {
    let mut world = world();
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    world.approve("lucia", 1);
    world.settle();
    assert_eq!(given(&world, 1), 1);
    world
}

#[test]
fn a_new_commit_needs_a_new_approval() {
    let mut world = half_approved();
    world.push("main", &[("VERSION", "2")]);
    world.settle();
    assert_eq!((given(&world, 1), given(&world, 2)), (1, 0));
}

#[test]
fn without_a_new_commit_approvals_carry_over_to_the_next_proposal() {
    let mut world = half_approved();
    world.cancel("ada", 1);
    world.deploy("eva", "production", "main");
    world.settle();
    assert_eq!(given(&world, 2), 1);
    world.approve("marta", 2);
    world.settle();
    assert_eq!(world.history("production"), ["2 succeeded"]);
}

#[test]
fn what_was_rejected_or_ran_out_carries_nothing_over() {
    let mut world = half_approved();
    world.asks("noa", json!({ "reject": { "deployment": 1 } }));
    world.deploy("eva", "production", "main");
    world.settle();
    assert_eq!(given(&world, 2), 0);
    world.approve("lucia", 2);
    world.advance(Duration::from_hours(24));
    assert_eq!(world.dropped(2), json!("expired"));
    world.deploy("eva", "production", "main");
    world.settle();
    assert_eq!(given(&world, 3), 0);
}

#[test]
fn approvals_carry_over_no_longer_than_they_last() {
    let mut world = half_approved();
    world.cancel("ada", 1);
    world.advance(Duration::from_hours(24));
    world.deploy("eva", "production", "main");
    world.settle();
    assert_eq!(given(&world, 2), 0);
}

#[test]
fn nobodys_own_approval_carries_over_to_their_own_wish() {
    let mut world = half_approved();
    world.cancel("ada", 1);
    world.deploy("lucia", "production", "main");
    world.settle();
    assert_eq!(given(&world, 2), 0);
}

#[test]
fn a_tag_that_joins_voids_nothing_that_no_step_speaks_of_it() {
    let mut world = half_approved();
    let sha = world.sha(1);
    world.tag("v1", &sha);
    world.settle();
    assert_eq!((world.told(1)["proposal"]["version"]["tag"].clone(), given(&world, 1)), (json!("v1"), 1));
}

#[test]
fn what_is_done_must_be_approved_anew_when_it_changes_and_only_then() {
    for (from, to, stays) in [
        ("used: one, unused", "used: two, unused", false),
        ("unused: one", "unused: two", true),
        ("timeout: 5m", "timeout: 6m", true),
        ("ledger\", \"{{ vars.used }}\"", "ledger # more\", \"{{ vars.used }}\"", false),
        ("ledger\", \"{{ vars.used }}\"", "ledger\", \"one\"", true),
        ("steps:", "steps: # a comment", true),
    ] {
        let mut world = half_approved();
        world.reconfigure("apps/shop.yaml", |text| {
            assert!(text.contains(from), "{text}");
            text.replace(from, to)
        });
        world.lock("noa", "shop");
        world.unlock("noa", "shop");
        world.settle();
        assert_eq!(given(&world, 1), u64::from(stays), "{from} -> {to}");
    }
}
