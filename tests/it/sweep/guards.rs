//! The sweep sees what it looks for: without the guards, effects are doubled.

use std::sync::Arc;

use super::finish;
use crate::support::{
    between::{Calls, Disturbance, Fate, Moment, disturbed},
    world::World,
};

const ONE: &str = r#"
repository: acme/shop
environments:
  staging: { on: [{ push: main }] }
steps:
  - name: ship
    command: { script: 'echo "$BOTADURA_DEPLOYMENT ship" >> $ROOT/ledger' }
"#;

fn ledger(world: &mut World) -> String {
    finish(world);
    world.read("ledger")
}

#[test]
fn without_a_name_that_is_known_before_a_command_begins_it_would_run_twice() {
    let twice = |disturbance| {
        let mut world = World::with(ONE).between(disturbed(disturbance, &Arc::new(Calls::default()))).start();
        world.push("main", &[("VERSION", "1")]);
        ledger(&mut world)
    };
    assert_eq!(twice(Disturbance::Twice), "1 ship\n");
    assert_eq!(twice(Disturbance::TwiceUnderAnotherName), "1 ship\n1 ship\n");
}

#[test]
fn without_its_folder_a_command_would_run_again_after_a_crash() {
    let crashed = |forget: bool| {
        // Begun, Called and the intent are there; the next entry would be the command's end.
        let fate = Fate::new(Some(Moment::Before(2)));
        let mut world = World::with(ONE).fate(&fate).start();
        world.push("main", &[("VERSION", "1")]);
        assert!(world.is_struck_before_it_settles());
        assert_eq!(world.read("ledger"), "1 ship\n");
        world.crash();
        if forget {
            std::fs::remove_dir_all(world.root().join("data/processes")).expect("the folders of commands");
        }
        world.boot();
        ledger(&mut world)
    };
    assert_eq!(crashed(false), "1 ship\n");
    assert_eq!(crashed(true), "1 ship\n1 ship\n");
}
