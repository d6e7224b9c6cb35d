//! Who may command what where, as one table; and pushes that race with comments.

use std::time::Duration;

use botadura::domain::{
    reply::{Refusal, Reply},
    version::Sha,
};

use fastrand::Rng;

use crate::support::world::World;

const SHOP: &str = r"
repository: acme/shop
environments:
  dev: { on: [{ push: main }] }
  open: {}
  closed: { deployers: [lead] }
  production: { deployers: [lead, qa], production: true }
steps: [{ name: ship, command: { script: 'true' } }]
runbooks:
  in-open: { environment: open, steps: [{ command: { script: 'true' } }] }
  in-closed: { environment: closed, steps: [{ command: { script: 'true' } }] }
  in-production: { environment: production, deployers: [lead], steps: [{ command: { script: 'true' } }] }
";

/// Each kind of person: what GitHub says that they may, and the role that they have here.
const ACTORS: [(&str, Option<&str>, Option<&str>); 8] = [
    ("stranger", None, None),
    ("reader", Some("read"), None),
    ("sorter", Some("triage"), None),
    ("writer", Some("write"), None),
    ("keeper", Some("maintain"), None),
    ("owner", Some("admin"), None),
    ("lucia", Some("read"), Some("lead")),
    ("marta", Some("write"), Some("qa")),
];

const COMMANDS: [&str; 7] =
    ["/deploy ENV main --again", "/plan ENV main", "/promote dev ENV", "/rollback ENV", "/lock ENV for 1s", "/unlock ENV", "/run in-ENV"];

/// Whether somebody may, by the manifest and by what GitHub says, written down once more.
fn may(place: &str, command: &str, writes: bool, role: Option<&str>) -> bool {
    match (place, command.starts_with("/run")) {
        ("open", _) => writes,
        ("closed", _) | ("production", true) => role == Some("lead"),
        _ => role.is_some(),
    }
}

#[test]
fn who_may_command_what_is_one_table() {
    let mut world = World::with(SHOP).github().start();
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    for (login, permission, _) in ACTORS {
        if let Some(permission) = permission {
            world.github().may(login, permission);
        }
    }
    let mut rows = 0;
    for (login, permission, role) in ACTORS {
        for command in COMMANDS {
            for place in ["open", "closed", "production"] {
                let line = command.replace("ENV", place);
                let payload = world.github().says(login, 7, &line);
                world.deliver("issue_comment", &payload);
                world.settle();
                world.advance(Duration::from_secs(2));
                let (_, reply) = world.delivery(&format!("{}.1", world.last_delivery()));
                let reply = reply.expect("an answer");
                let denied = matches!(&reply, Reply::Refused { refusal: Refusal::NotDeployer { .. } });
                let writes = matches!(permission, Some("write" | "maintain" | "admin"));
                assert_eq!(!denied, may(place, command, writes, role), "{login} {line}: {reply:?}");
                rows += 1;
            }
        }
    }
    assert_eq!(rows, 8 * 7 * 3);
    let mut bot = world.github().says("robot[bot]", 7, "/deploy open main --again");
    bot["sender"]["type"] = "Bot".into();
    let before = world.history("open").len();
    world.deliver("issue_comment", &bot);
    world.settle();
    assert_eq!(world.history("open").len(), before, "programs do not command");
}

/// How many pushes race with comments.
fn races() -> u64 {
    if std::env::var_os("BOTADURA_LONG").is_some() { 1000 } else { 150 }
}

#[test]
fn no_push_is_deployed_that_the_commenter_could_not_see() {
    let mut world = World::with(
        "repository: acme/shop\nenvironments: { staging: { on: [{ push: main }] } }\nsteps: [{ command: { script: 'true' } }]\n",
    )
    .github()
    .start();
    world.without_foresight();
    world.github().may("lucia", "write");
    world.push("main", &[("VERSION", "0")]);
    let heads: Vec<String> = (0..20).map(|n| world.repository.commit(&format!("change-{n}"), &[("VERSION", &n.to_string())])).collect();
    world.settle();
    let mut random = Rng::with_seed(4);
    let (mut deployed, mut refused) = (0, 0);
    for race in 0..races() {
        let number = 100 + race;
        let pick = |random: &mut Rng| heads[random.usize(0..heads.len())].clone();
        let mut head = pick(&mut random);
        let opened = world.github().pull_request(number, "opened", ("change-0", &head), |_| {});
        world.deliver("pull_request", &opened);
        world.advance(Duration::from_millis(random.u64(1..4000)));
        // One push before or after the comment, told of soon, late or never.
        let first = random.bool();
        let mut told = Vec::new();
        let mut push = |world: &mut World, random: &mut Rng, head: &mut String| {
            *head = pick(random);
            told.push(world.github().pull_request(number, "synchronize", ("change-0", head), |_| {}));
        };
        if first {
            push(&mut world, &mut random, &mut head);
            world.advance(Duration::from_millis(random.u64(0..1500)));
        }
        let seen = head.clone();
        let comment = world.github().says("lucia", number, "/deploy staging --again");
        world.advance(Duration::from_millis(random.u64(0..1500)));
        if !first {
            push(&mut world, &mut random, &mut head);
        }
        let comment_first = random.bool();
        if comment_first {
            world.deliver("issue_comment", &comment);
            let delivery = world.last_delivery();
            world.advance(Duration::from_millis(random.u64(0..5000)));
            for told in told.iter().filter(|_| random.u8(0..10) < 8) {
                world.deliver("pull_request", told);
            }
            settle(&mut world, &delivery, &seen, (&mut deployed, &mut refused));
        } else {
            for told in told.iter().filter(|_| random.u8(0..10) < 8) {
                world.deliver("pull_request", told);
            }
            world.settle();
            world.deliver("issue_comment", &comment);
            let delivery = world.last_delivery();
            settle(&mut world, &delivery, &seen, (&mut deployed, &mut refused));
        }
    }
    assert!(deployed > 10 && refused > 10, "both happened: {deployed} deployed, {refused} refused");
}

/// Lets everything come to its end, and sees to it that nothing was deployed but what could be seen.
fn settle(world: &mut World, delivery: &str, seen: &str, (deployed, refused): (&mut u64, &mut u64)) {
    world.settle();
    for _ in 0..8 {
        world.advance(Duration::from_secs(10));
    }
    match world.delivery(&format!("{delivery}.1")).1.expect("an answer") {
        Reply::Refused { refusal: Refusal::HeadMoved { .. } } => *refused += 1,
        Reply::Decided { answers } => {
            let id = World::proposed(&Reply::Decided { answers });
            let sha: Sha = world.sha(id.0).parse().expect("a SHA");
            assert_eq!(sha.to_string(), seen, "nobody asked for this");
            *deployed += 1;
        }
        other => panic!("neither: {other:?}"),
    }
}
