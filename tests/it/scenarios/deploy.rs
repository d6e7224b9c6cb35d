//! From a push to the end of a deployment.

use crate::support::world::World;

/// Two environments, commands alone: the ledger says what ran.
pub const SIMPLE: &str = r#"
repository: acme/shop
environments:
  staging: { on: [{ push: main }] }
  production: { on: [{ tag: "v*" }] }
steps:
  - name: build
    command: { script: 'echo "$BOTADURA_ENVIRONMENT $BOTADURA_DEPLOYMENT build $(cat VERSION)" >> $ROOT/ledger' }
    build: true
  - name: ship
    command: { script: 'echo "$BOTADURA_ENVIRONMENT $BOTADURA_DEPLOYMENT ship" >> $ROOT/ledger' }
"#;

#[test]
fn a_push_runs_every_step_once_and_says_so() {
    let mut world = World::with(SIMPLE).start();
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    assert_eq!(world.read("ledger"), "staging 1 build 1\nstaging 1 ship\n");
    assert_eq!(world.history("staging"), ["1 succeeded"]);
    assert!(world.history("production").is_empty());
    insta::assert_snapshot!(world.timeline());
}
