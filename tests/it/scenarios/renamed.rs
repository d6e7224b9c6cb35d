//! A step that was renamed, and what it left under its old name.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::world::World;

const SHOP: &str = r#"
repository: acme/shop
environments:
  staging: { on: [{ push: main }] }
steps:
  - { name: web, directory: { root: $ROOT/www, from: site }, paths: ["site/**"] }
  - { name: check, http: { url: "$SITE/current/health", attempts: 1 } }
"#;

/// A first version, then a second one that changes nothing of the site, by a file in which the step has a new name.
fn renamed(name: &str) -> World {
    let mut world = World::with(SHOP).start();
    world.push("main", &[("VERSION", "1"), ("site/health", "ok")]);
    world.settle();
    world.reconfigure("apps/shop.yaml", |text| text.replace("name: web,", name));
    world.push("main", &[("VERSION", "2")]);
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded", "2 succeeded"]);
    world
}

#[test]
fn a_step_that_says_what_it_was_goes_on_with_what_it_left() {
    let mut world = renamed("name: site, was: web,");
    assert_eq!(world.at("www"), 1, "nothing of the site has changed");
    world.push("main", &[("site/health", "ok, newer")]);
    world.settle();
    assert_eq!(world.at("www"), 3);
    world.roll_back_to("ada", "staging", "1");
    world.settle();
    assert_eq!((world.at("www"), world.running("staging")), (1, Some(4)));
}

#[test]
fn a_step_that_does_not_say_it_is_a_new_one() {
    let world = renamed("name: site,");
    assert_eq!(world.at("www"), 2, "it is done, whatever the other left");
}

/// What `botadura check` says of the world's files, beside the running server: the exit code, and severity, rule and line.
fn check(world: &World) -> (Option<i32>, Vec<String>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_botadura"));
    command.args(["check", "--format", "json", "--config"]).arg(world.root().join("botadura.yaml"));
    let output = command.current_dir(world.root()).env_clear().stdin(Stdio::null()).output().expect("the binary");
    let found: Vec<Value> = serde_json::from_slice(&output.stdout).expect("a list");
    let told = found.iter().map(|one| {
        let word = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
        format!("{} {} {}: {}", word("severity"), word("code"), one["line"], word("message"))
    });
    (output.status.code(), told.collect())
}

#[test]
fn check_knows_of_steps_that_left_something_and_are_called_otherwise() {
    let mut world = World::with(SHOP).start();
    world.push("main", &[("VERSION", "1"), ("site/health", "ok")]);
    world.settle();
    let shop = world.read("apps/shop.yaml");
    let told = |name: &str| {
        world.write("apps/shop.yaml", &shop.replace("name: web,", name));
        check(&world)
    };
    let gone = "'web' left a release in shop/staging and is not here any more";
    assert_eq!(told("name: web,"), (Some(0), vec![]));
    assert_eq!(told("name: site,"), (Some(1), vec![format!("error step-renamed 6: {gone}")]));
    assert_eq!(told("name: site, was: web,"), (Some(0), vec![]));
    world.write("apps/shop.yaml", "repository: acme/shop\nenvironments: { staging: {} }\nsteps:\n  - command: { argv: [make] }\n");
    assert_eq!(check(&world), (Some(0), vec![format!("warning step-gone 3: {gone}")]));
    world.write("apps/shop.yaml", "repository: acme/shop\nenvironments: { production: {} }\nsteps:\n  - command: { argv: [make] }\n");
    assert_eq!(check(&world), (Some(0), vec![]), "the environment is gone with it");
}

#[test]
fn check_relies_on_no_store_that_is_not_there() {
    let world = World::with(SHOP).start();
    let elsewhere = |text: String| text.replace("data/botadura.db", "nowhere/botadura.db");
    let text = elsewhere(world.read("botadura.yaml"));
    world.write("botadura.yaml", &text);
    assert_eq!(check(&world), (Some(0), vec![]));
    let text = world.read("apps/shop.yaml").replace("name: web,", "name: site, was: web,");
    world.write("apps/shop.yaml", &text);
    let (code, told) = check(&world);
    assert_eq!((code, told.len()), (Some(0), 1));
    assert!(told[0].starts_with("note not-verified 6: whether 'web' left anything is not known"), "{told:?}");
    assert!(!world.root().join("nowhere").exists(), "nothing is made");
}
