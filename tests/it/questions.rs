//! `simulate`, `why`, `plan`, `replay --dry-run` and `diff-decisions` by the real program, where no server answers: the
//! files do, and a copy of a store that may be in use.

use std::process::{Command, Output, Stdio};

use crate::support::world::World;

const SHOP: &str = r#"
repository: acme/shop
environments:
  staging: { on: [{ push: main }] }
  production: { after: { environment: staging }, deployers: [lead], approvals: { count: 1, from: [qa] } }
steps: [{ name: site, directory: { root: "$ROOT/www-{{ environment.name }}", from: site } }]
"#;

/// A world in which one version was brought into staging. Its server listens where no file says, so nobody is asked.
fn world() -> World {
    let mut world = World::with(SHOP).start();
    world.push("main", &[("site/index.html", "1")]);
    world.settle();
    world
}

fn ask(world: &World, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_botadura"));
    command.current_dir(world.root()).args(["--config", "botadura.yaml"]).args(arguments).stdin(Stdio::null());
    command.env_clear().env("PATH", &world.path).env("TMPDIR", world.root().join("tmp"));
    std::fs::create_dir_all(world.root().join("tmp")).expect("a folder");
    command.output().expect("the program runs")
}

fn said(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    assert!(errors.contains("no server answers"), "{errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn questions_are_answered_without_a_server_and_change_nothing() {
    let world = world();
    let before = world.timeline();
    let why = said(&ask(&world, &["why", "shop", "production"]));
    assert!(why.contains("approvals: 0 of 1 — somebody of qa can approve"), "{why}");
    let plan = said(&ask(&world, &["plan", "shop/production", "main"]));
    assert!(plan.contains("1. site (directory)") && plan.contains("A rollback would bring back:"), "{plan}");
    let refused = said(&ask(&world, &["simulate", "--command", "/deploy production main", "--as", "marta"]));
    assert!(refused.contains("only somebody of lead may ask for that there"), "{refused}");
    let again = said(&ask(&world, &["replay", "delivery-1", "--dry-run", "--format", "json"]));
    let again: serde_json::Value = serde_json::from_str(&again).expect("JSON");
    assert_eq!(again["reply"]["decided"]["answers"][0][1], serde_json::json!({ "joined": { "id": 1 } }), "{again:#}");
    assert_eq!(world.timeline(), before);
    assert_eq!(std::fs::read_dir(world.root().join("tmp")).expect("a folder").count(), 0, "copies are taken away");
}

#[test]
fn gates_are_told_where_nothing_ever_ran_and_to_those_who_may_not_deploy() {
    let alone = SHOP.replace("after: { environment: staging }, ", "");
    let mut world = World::with(&alone).start();
    world.repository.commit("main", &[("site/index.html", "1")]);
    let told = said(&ask(&world, &["why", "shop/production", "--as", "marta"]));
    assert!(told.starts_with("Who asks may not deploy there, only somebody of lead may."), "{told}");
    assert!(told.contains("approvals: 0 of 1 — somebody of qa can approve"), "{told}");
    world.untidy();
}

#[test]
fn a_repository_that_does_not_answer_is_what_the_payload_says_of_it() {
    let mut world = world();
    let sha = world.repository.commit("main", &[("site/index.html", "2")]);
    let payload = world.push_payload("refs/heads/main", &"0".repeat(40), &sha).to_string();
    world.write("push.json", &payload);
    std::fs::rename(world.root().join("git"), world.root().join("gone")).expect("moved");
    let told = said(&ask(&world, &["simulate", "--event", "push", "--payload", "push.json", "--at", "2026-11-27T17:00:00Z"]));
    assert!(told.starts_with("The repository does not answer"), "{told}");
    assert!(told.contains("shop/staging: #2 will bring main"), "{told}");
    std::fs::rename(world.root().join("gone"), world.root().join("git")).expect("moved back");
    world.untidy();
}

#[test]
fn what_changed_files_would_decide_otherwise_is_shown() {
    let world = world();
    let changed = |edit: &dyn Fn(String) -> String| {
        world.write("new/botadura.yaml", &world.read("botadura.yaml"));
        world.write("new/apps/shop.yaml", &edit(world.read("apps/shop.yaml")));
        ask(&world, &["diff-decisions", "--config", "new/botadura.yaml", "--against", "botadura.yaml"])
    };
    let same = changed(&|text| format!("{text}\n# a remark\n"));
    assert_eq!(same.status.code(), Some(0), "{}", String::from_utf8_lossy(&same.stderr));
    let other = changed(&|text| text.replace("on: [{ push: main }]", "on: [{ push: main }], approvals: { count: 1, from: [qa] }"));
    assert_eq!(other.status.code(), Some(1), "{}", String::from_utf8_lossy(&other.stderr));
    let told = String::from_utf8_lossy(&other.stdout);
    assert!(told.contains("- #1 → shop/staging: every gate is open") && told.contains("+ #1 → shop/staging: waits"), "{told}");
    let wrong = changed(&|text| text.replace("push: main", "psh: main"));
    assert_eq!(wrong.status.code(), Some(2), "{}", String::from_utf8_lossy(&wrong.stderr));
}
