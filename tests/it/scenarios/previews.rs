//! Previews: one for each pull request with the label, and its end; forks, drafts.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::world::World;

/// Previews of pull requests with the label `preview`, at most two, for three days.
fn previews() -> World {
    let mut world = World::with(
        r#"
repository: acme/shop
environments:
  preview:
    transient: true
    deployers: [lead, qa]
    on: [{ pull_request: { label: preview } }]
    limits: { count: 2, age: 72h }
steps: [{ name: site, directory: { root: "$ROOT/www-{{ version.pull_request }}", from: site } }]
"#,
    )
    .github()
    .start();
    for branch in ["main", "change-1", "change-2", "change-3"] {
        world.repository.commit(branch, &[("site/index.html", branch)]);
    }
    world.settle();
    world
}

fn pull_request(world: &World, number: u64, action: &str, by: &str, labels: &[&str]) {
    pull_request_that(world, number, action, (by, labels), |_| {});
}

/// The same, with something about the pull request changed.
fn pull_request_that(world: &World, number: u64, action: &str, (by, labels): (&str, &[&str]), change: impl FnOnce(&mut Value)) {
    let branch = format!("change-{number}");
    let sha = world.repository.find(&branch).expect("a branch");
    let named: Vec<Value> = labels.iter().map(|name| json!({ "name": name })).collect();
    let end = |name: &str, sha: &str| json!({ "ref": name, "sha": sha, "repo": { "id": 4711 } });
    let mut payload = json!({
        "action": action, "number": number,
        "pull_request": {
            "number": number, "state": if action == "closed" { "closed" } else { "open" }, "draft": false,
            "user": { "login": "ada", "id": 2, "type": "User" }, "head": end(&branch, &sha), "base": end("main", &"0".repeat(40)),
            "labels": named, "updated_at": world.now().to_string(),
        },
        "repository": world.push_payload("refs/heads/main", "", "")["repository"],
        "sender": { "login": by, "id": 3, "type": "User" },
    });
    if action == "labeled" || action == "unlabeled" {
        payload["label"] = json!({ "name": "preview" });
    }
    change(&mut payload["pull_request"]);
    world.deliver("pull_request", &payload);
}

#[test]
fn a_label_brings_a_preview_and_closing_the_pull_request_takes_it_away() {
    let mut world = previews();
    pull_request(&world, 1, "labeled", "lucia", &["preview"]);
    world.settle();
    assert_eq!(world.read("www-1/current/index.html"), "change-1", "{}", world.timeline());
    pull_request(&world, 2, "labeled", "eva", &["preview"]);
    world.settle();
    assert_eq!(world.read("www-2/current/index.html"), "", "a label needs the right to deploy");
    pull_request(&world, 1, "closed", "ada", &["preview"]);
    world.settle();
    assert_eq!(world.read("www-1/current/index.html"), "");
    insta::assert_snapshot!(world.timeline());
}

#[test]
fn there_are_no_more_previews_than_may_be() {
    let mut world = previews();
    for number in 1..=3 {
        pull_request(&world, number, "labeled", "lucia", &["preview"]);
        world.settle();
    }
    assert_eq!(world.read("www-2/current/index.html"), "change-2");
    assert_eq!(world.read("www-3/current/index.html"), "");
    insta::assert_json_snapshot!(World::refusal(&world.outcome()));
    world.advance(Duration::from_mins(1));
    pull_request(&world, 1, "unlabeled", "lucia", &[]);
    world.settle();
    pull_request(&world, 3, "labeled", "lucia", &["preview"]);
    world.settle();
    assert_eq!(world.read("www-3/current/index.html"), "change-3");
}

#[test]
fn a_preview_goes_when_it_has_grown_too_old() {
    let mut world = previews();
    pull_request(&world, 1, "labeled", "lucia", &["preview"]);
    world.settle();
    world.advance(Duration::from_secs(72 * 3600 - 1));
    assert_eq!(world.read("www-1/current/index.html"), "change-1");
    world.advance(Duration::from_secs(1));
    assert_eq!(world.read("www-1/current/index.html"), "");
}

#[test]
fn nothing_of_a_fork_is_deployed() {
    let mut world = previews();
    pull_request_that(&world, 1, "labeled", ("lucia", &["preview"]), |pull_request| pull_request["head"]["repo"]["id"] = json!(9));
    world.settle();
    assert_eq!(world.read("www-1/current/index.html"), "", "{}", world.timeline());
    assert_eq!(world.dropped(1)["refused"]["gate"]["finding"]["fork"]["fork"], json!(true), "{}", world.timeline());
}

#[test]
fn a_draft_waits_until_it_is_ready() {
    let mut world = previews();
    pull_request_that(&world, 1, "labeled", ("lucia", &["preview"]), |pull_request| pull_request["draft"] = json!(true));
    world.settle();
    assert_eq!(world.waits_for(1)["finding"]["draft"]["draft"], json!(true), "{}", world.timeline());
    world.advance(Duration::from_mins(1));
    pull_request(&world, 1, "ready_for_review", "ada", &["preview"]);
    world.settle();
    assert_eq!(world.read("www-1/current/index.html"), "change-1", "{}", world.timeline());
}

#[test]
fn a_push_to_the_pull_request_comes_into_its_preview() {
    let mut world = previews();
    pull_request(&world, 1, "labeled", "lucia", &["preview"]);
    world.settle();
    world.repository.commit("change-1", &[("site/index.html", "more of change-1")]);
    world.advance(Duration::from_mins(1));
    pull_request(&world, 1, "synchronize", "ada", &["preview"]);
    world.settle();
    assert_eq!(world.read("www-1/current/index.html"), "more of change-1", "{}", world.timeline());
    world.github().may("eva", "read");
    world.repository.commit("change-1", &[("site/index.html", "something else")]);
    world.advance(Duration::from_mins(1));
    pull_request(&world, 1, "synchronize", "eva", &["preview"]);
    world.settle();
    assert_eq!(world.read("www-1/current/index.html"), "more of change-1", "who may not write brings nothing in");
}
