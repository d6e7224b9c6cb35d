//! Who may ask for something.

use botadura::domain::reply::{Refusal, Reply};
use serde_json::json;

use crate::support::world::{OPERATOR, World};

fn world(staging: &str) -> World {
    World::with(&format!(
        "repository: acme/shop\nenvironments: {{ staging: {{ on: [{{ push: main }}], deployers: [lead]{staging} }} }}\n\
         steps: [{{ name: site, directory: {{ root: $ROOT/www, from: site }} }}]\n"
    ))
    .start()
}

fn not_among_them(reply: &Reply) {
    assert_eq!(World::refusal(reply), &Refusal::NotDeployer { roles: vec!["lead".to_owned()] });
}

#[test]
fn only_those_who_may_deploy_there_may_ask_for_anything() {
    let mut world = world("");
    world.push("main", &[("site/index.html", "1")]);
    world.settle();
    world.push("main", &[("site/index.html", "2")]);
    world.settle();
    not_among_them(&world.deploy("marta", "staging", "main"));
    not_among_them(&world.roll_back("marta", "staging"));
    not_among_them(&world.lock("marta", "shop/staging"));
    not_among_them(&world.lock("marta", "everything"));
    not_among_them(&world.unlock("marta", "shop"));
    not_among_them(&world.cancel("marta", 2));
    world.roll_back("lucia", "staging");
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded", "2 succeeded", "3 succeeded"]);
    world.deploy(OPERATOR, "staging", "main");
    world.settle();
    assert_eq!(world.history("staging").len(), 4);
}

#[test]
fn a_push_needs_no_rights_unless_pushers_must_be_trusted() {
    let mut free = world("");
    free.push("main", &[("site/index.html", "1")]);
    free.settle();
    assert_eq!(free.history("staging"), ["1 succeeded"]);
    let mut trusting = world(", trusted_pushers: deployers");
    trusting.push("main", &[("site/index.html", "1")]);
    trusting.settle();
    not_among_them(&trusting.outcome());
    assert!(trusting.history("staging").is_empty());
    trusting.deploy("lucia", "staging", "main");
    trusting.settle();
    assert_eq!(trusting.history("staging"), ["1 succeeded"]);
}

#[test]
fn whoever_pushed_may_take_that_back_and_nobody_else_without_rights() {
    let mut world = world("");
    world.lock("lucia", "shop/staging");
    world.push("main", &[("site/index.html", "1")]);
    world.settle();
    not_among_them(&world.cancel("marta", 1));
    assert!(matches!(world.cancel("ada", 1), Reply::Done { .. }));
}

#[test]
fn a_proposal_is_refused_by_those_who_may_deploy_or_could_approve() {
    let mut world = world(", approvals: { count: 1, from: [qa] }");
    world.push("main", &[("site/index.html", "1")]);
    world.settle();
    let reject = |world: &World, who: &str, id| world.asks(who, json!({ "reject": { "deployment": id } }));
    not_among_them(&reject(&world, "eva", 1));
    assert!(matches!(reject(&world, "marta", 1), Reply::Done { .. }), "she could approve");
    world.push("main", &[("site/index.html", "2")]);
    world.settle();
    assert!(matches!(reject(&world, "lucia", 2), Reply::Done { .. }), "she may deploy");
}

#[test]
fn rights_that_are_lost_while_a_version_waits_close_its_gate() {
    let mut world = world("");
    world.lock("noa", "shop/staging");
    world.repository.commit("main", &[("site/index.html", "1")]);
    world.deploy("lucia", "staging", "main");
    world.settle();
    world.reconfigure("botadura.yaml", |text| text.replace("lead: [\"user:lucia\", ", "lead: ["));
    world.unlock("noa", "shop/staging");
    world.settle();
    assert!(world.waits_for(1)["finding"]["rights"].is_object(), "{}", world.waits_for(1));
    assert!(world.history("staging").is_empty());
    world.deploy("noa", "staging", "main");
    world.settle();
    assert_eq!(world.history("staging"), ["1 succeeded"], "somebody who may asks for the same");
}
