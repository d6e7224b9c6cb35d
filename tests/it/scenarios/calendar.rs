//! What comes by its time: schedules, promotions, previews that are over.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::world::World;

const HOUR: Duration = Duration::from_hours(1);

/// A runbook at four in the morning of the first of each month, in Mexico.
fn monthly() -> World {
    World::with(
        r#"
repository: acme/shop
environments: { production: {} }
steps: [{ name: ship, command: { argv: ["true"] } }]
runbooks:
  rotate:
    environment: production
    on: [{ schedule: "0 4 1 * *", zone: America/Mexico_City }]
    steps: [{ command: { argv: [sh, -c, 'echo rotate >> $ROOT/ledger'] } }]
"#,
    )
    .start()
}

#[test]
fn a_schedule_comes_by_the_clock_of_its_zone() {
    let mut world = monthly();
    world.settle();
    world.wait_until("2027-02-01T09:59:59Z");
    let before = world.lines("ledger").len();
    world.wait_until("2027-02-01T10:00:00Z");
    assert_eq!(world.lines("ledger").len(), before + 1, "{}", world.timeline());
    world.advance(HOUR * 24);
    assert_eq!(world.lines("ledger").len(), before + 1, "once");
}

#[test]
fn times_that_were_missed_come_once_and_late() {
    let mut world = monthly();
    world.settle();
    world.wait_until("2027-02-02T00:00:00Z");
    let before = world.lines("ledger").len();
    world.crash();
    world.clock.advance(HOUR * 24 * 100);
    world.boot();
    world.settle();
    assert_eq!(world.lines("ledger").len(), before + 1, "three were missed");
    world.settle();
    assert_eq!(world.lines("ledger").len(), before + 1);
}

#[test]
fn a_scheduled_deployment_brings_the_head_of_its_branch() {
    let mut world = World::with(
        r#"
repository: acme/shop
environments: { nightly: { on: [{ push: main }, { schedule: "0 3 * * *", zone: UTC }] } }
steps: [{ name: ship, command: { argv: [sh, -c, 'cat VERSION >> $ROOT/ledger'] } }]
"#,
    )
    .start();
    world.settle();
    // Nobody tells of these commits.
    world.repository.commit("main", &[("VERSION", "1\n")]);
    world.advance(HOUR * 24);
    assert_eq!(world.lines("ledger"), ["1"], "{}", world.timeline());
    world.advance(HOUR * 24);
    assert_eq!(world.lines("ledger"), ["1"], "that version runs there already");
    world.repository.commit("main", &[("VERSION", "2\n")]);
    world.advance(HOUR * 24);
    assert_eq!(world.lines("ledger"), ["1", "2"]);
}

/// Production takes by itself what has proved itself in staging.
fn promoting(soak: &str) -> World {
    World::with(&format!(
        r#"
repository: acme/shop
environments:
  staging: {{ on: [{{ push: main }}] }}
  production: {{ after: {{ environment: staging{soak}, promote: automatic }} }}
steps:
  - name: build
    build: true
    command: {{ argv: [sh, -c, 'echo "build $BOTADURA_ENVIRONMENT" >> $ROOT/ledger; mkdir -p dist; cp VERSION dist/'] }}
    produces: [dist]
  - name: ship
    command: {{ argv: [sh, -c, 'echo "$BOTADURA_ENVIRONMENT $(cat dist/VERSION)" >> $ROOT/ledger'] }}
"#
    ))
    .start()
}

#[test]
fn what_succeeded_there_is_promoted_by_itself_and_not_built_again() {
    let mut world = promoting("");
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    assert_eq!(world.lines("ledger"), ["build staging", "staging 1", "production 1"]);
    insta::assert_snapshot!(world.timeline());
}

#[test]
fn a_promotion_waits_for_its_soak() {
    let mut world = promoting(", soak: 24h");
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    world.advance(Duration::from_secs(24 * 3600 - 1));
    assert!(world.history("production").is_empty());
    world.advance(Duration::from_secs(1));
    assert_eq!(world.history("production"), ["2 succeeded"]);
}

#[test]
fn somebody_promotes_what_runs_there() {
    let mut world = World::with(
        r#"
repository: acme/shop
environments: { staging: { on: [{ push: main }] }, production: { deployers: [lead] } }
steps: [{ name: ship, command: { argv: [sh, -c, 'echo "$BOTADURA_ENVIRONMENT $(cat VERSION)" >> $ROOT/ledger'] } }]
"#,
    )
    .start();
    let promote = json!({ "promote": { "from": "shop/staging", "to": "shop/production" } });
    insta::assert_json_snapshot!(World::refusal(&world.asks("lucia", promote.clone())));
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    world.asks("lucia", promote);
    world.settle();
    assert_eq!(world.lines("ledger"), ["staging 1", "production 1"]);
}

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
