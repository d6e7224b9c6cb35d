//! A step that was renamed, and what it left under its old name.

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
