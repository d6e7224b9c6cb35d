//! Where a version comes from: its tag, a protected branch.

use serde_json::json;

use crate::support::world::World;

const SHIP: &str = "steps: [{ name: ship, command: { script: 'echo \"$(cat VERSION)\" >> $ROOT/ledger' } }]\n";

fn world(production: &str) -> World {
    World::with(&format!("repository: acme/shop\nenvironments: {{ production: {{ {production} }} }}\n{SHIP}")).start()
}

#[test]
fn a_version_waits_for_its_tag_and_is_called_by_it_from_then_on() {
    let mut world = world("on: [{ push: main }], require_tag: \"v*\"");
    let sha = world.push("main", &[("VERSION", "1")]);
    world.settle();
    assert_eq!(world.waits_for(1)["finding"], json!({ "tagged": { "pattern": ["v*"], "tag": null } }));
    world.tag("other", &sha);
    world.settle();
    assert!(world.history("production").is_empty(), "another tag");
    world.tag("v1", &sha);
    world.settle();
    assert_eq!(world.history("production"), ["1 succeeded"]);
    assert_eq!(world.told(1)["summary"]["version"]["tag"], json!("v1"));
}

#[test]
fn a_tag_on_a_commit_with_the_same_files_will_do() {
    let mut world = world("on: [{ push: main }], require_tag: \"v*\"");
    let released = world.repository.commit("release", &[("VERSION", "1")]);
    world.repository.tag("v1", &released);
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    assert_eq!(world.history("production"), ["1 succeeded"]);
    world.push("main", &[("VERSION", "2")]);
    world.settle();
    assert_eq!(world.history("production").len(), 1, "other files");
}

#[test]
fn a_step_that_speaks_of_the_tag_is_planned_when_there_is_one() {
    let mut world = World::with(
        r#"
repository: acme/shop
environments: { production: { on: [{ push: main }], require_tag: "v*", vars: { name: "shop-{{ version.tag }}" } } }
steps: [{ name: ship, command: { argv: [sh, -c, "echo $0 >> $ROOT/ledger", "{{ vars.name }}"] } }]
"#,
    )
    .start();
    let sha = world.push("main", &[("VERSION", "1")]);
    world.settle();
    assert_eq!(world.dropped(1), json!(null));
    world.tag("v1", &sha);
    world.settle();
    assert_eq!(world.lines("ledger"), ["shop-v1"]);
}

#[test]
fn production_waits_for_a_protected_branch_to_hold_the_version() {
    let mut world = world("on: [{ tag: \"v*\" }], production: true");
    let main = world.push("main", &[("VERSION", "1")]);
    let wild = world.repository.commit("wild", &[("VERSION", "2")]);
    world.settle();
    world.tag("v2", &wild);
    world.settle();
    assert_eq!(world.waits_for(1)["finding"], json!({ "protected": { "branch": null, "known": false } }));
    world.tag("v1", &main);
    world.settle();
    assert_eq!(world.history("production"), ["2 succeeded"], "the default branch holds it");
    world.deploy("lucia", "production", "v2");
    world.settle();
    world.repository.force("main", &wild);
    world.tell_push("main", &main, &wild);
    world.settle();
    assert_eq!(world.lines("ledger"), ["1", "2"]);
}

#[test]
fn a_branch_that_a_trigger_names_counts_as_protected_without_an_app() {
    let mut world = World::with(&format!(
        "repository: acme/shop\nenvironments:\n  staging: {{ on: [{{ push: \"release/*\" }}] }}\n  \
         production: {{ on: [{{ tag: \"v*\" }}], production: true }}\n{SHIP}"
    ))
    .start();
    let released = world.push("release/1", &[("VERSION", "1")]);
    world.settle();
    world.tag("v1", &released);
    world.settle();
    assert_eq!(world.history("production"), ["2 succeeded"]);
}
