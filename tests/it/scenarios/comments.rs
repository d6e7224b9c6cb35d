//! Commands in comments: who may, what is meant, what is answered.

use std::time::Duration;

use botadura::{domain::reply::Reply, store::DeliveryState};

use crate::support::{github::Fault, world::World};

const SHOP: &str = r#"
repository: acme/shop
environments:
  staging: { on: [{ push: main }] }
  production: { deployers: [lead], approvals: { count: 1, from: [qa] } }
steps: [{ name: ship, command: { script: 'echo "$BOTADURA_ENVIRONMENT $(cat VERSION)" >> "$ROOT/ledger"', shell: sh } }]
"#;

const PULL: u64 = 12;

/// A world with one version in staging and a pull request that was heard of a minute ago.
fn world() -> (World, String) {
    let shop = SHOP.replace(", shell: sh", "");
    let mut world = World::with(&shop).github().start();
    world.github().may("lucia", "write");
    world.github().may("marta", "read");
    world.push("main", &[("VERSION", "1")]);
    world.settle();
    let head = world.repository.commit("change", &[("VERSION", "2")]);
    pull(&mut world, "opened", &head);
    (world, head)
}

fn pull(world: &mut World, action: &str, head: &str) {
    let payload = world.github().pull_request(PULL, action, ("change", head), |_| {});
    world.deliver("pull_request", &payload);
    world.settle();
    world.advance(Duration::from_mins(1));
}

/// Somebody comments; answers the comment's number.
fn says(world: &mut World, login: &str, on: u64, body: &str) -> u64 {
    let payload = world.github().says(login, on, body);
    world.deliver("issue_comment", &payload);
    world.settle();
    payload["comment"]["id"].as_u64().expect("a number")
}

/// What was answered on an issue or pull request, without what is different every time.
fn answers(world: &World, on: u64) -> String {
    let told = world.github().answers_on(on).join("\n---\n").replace(&world.root().display().to_string(), "$ROOT");
    told.lines().map(|line| if line.contains("\\(plan ") { "- (plan)" } else { line }).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_comment_on_a_pull_request_deploys_its_head() {
    let (mut world, head) = world();
    let id = says(&mut world, "lucia", PULL, "Looks good.\n\n/deploy staging\n");
    assert_eq!(world.lines("ledger"), ["staging 1", "staging 2"], "{}\n{:#?}", world.timeline(), world.outcomes());
    assert_eq!(world.sha(2), head);
    assert_eq!(world.github().reactions(id), ["eyes", "rocket"]);
    insta::assert_snapshot!(answers(&world, PULL));
}

#[test]
fn each_command_of_a_comment_is_answered() {
    let (mut world, _) = world();
    let body = "/help\n/status\n/why production\n/plan staging\n/lock staging for 2h a *very* good @acme/reason\n/deplyo staging\n/history\n\nThanks! `/unlock staging`\n\n> /unlock staging";
    let id = says(&mut world, "lucia", PULL, body);
    assert_eq!(world.github().reactions(id), ["eyes", "confused"]);
    insta::assert_snapshot!(answers(&world, PULL));
}

#[test]
fn commands_of_other_programs_are_left_to_them() {
    let (mut world, _) = world();
    let id = says(&mut world, "lucia", PULL, "/lgtm\n\n/assign @ada\n\n/etc/passwd");
    assert_eq!((world.github().reactions(id), answers(&world, PULL)), (vec![], String::new()));
}

#[test]
fn a_comment_that_was_changed_or_taken_away_is_not_obeyed() {
    let (mut world, _) = world();
    let changed = world.github().says("lucia", PULL, "/deploy staging");
    world.github().edits(changed["comment"]["id"].as_u64().expect("a number"), "/deploy staging");
    world.deliver("issue_comment", &changed);
    world.settle();
    assert!(answers(&world, PULL).contains("changed or taken away"), "{}", answers(&world, PULL));
    let deleted = world.github().says("lucia", PULL, "/deploy staging");
    world.github().deletes(deleted["comment"]["id"].as_u64().expect("a number"));
    world.deliver("issue_comment", &deleted);
    world.settle();
    assert_eq!(world.lines("ledger"), ["staging 1"]);
    for action in ["edited", "deleted"] {
        let mut other = world.github().says("lucia", PULL, "/deploy staging");
        other["action"] = action.into();
        world.deliver("issue_comment", &other);
        world.settle();
    }
    assert_eq!(world.lines("ledger"), ["staging 1"]);
}

#[test]
fn nobody_else_commands_by_a_persons_comment() {
    let (mut world, _) = world();
    let changes: [fn(&mut serde_json::Value); 4] = [
        |payload| payload["sender"]["login"] = "eva".into(),
        |payload| payload["sender"]["type"] = "Bot".into(),
        |payload| payload["issue"]["locked"] = true.into(),
        |payload| payload["comment"]["performed_via_github_app"] = serde_json::json!({ "id": 1 }),
    ];
    for change in changes {
        let mut payload = world.github().says("lucia", PULL, "/deploy staging");
        change(&mut payload);
        world.deliver("issue_comment", &payload);
        world.settle();
        assert!(matches!(world.outcome(), Reply::Closed { .. }), "{payload}");
    }
    assert_eq!((world.lines("ledger"), answers(&world, PULL)), (vec!["staging 1".to_owned()], String::new()));
}

#[test]
fn a_command_of_before_an_outage_is_answered_and_not_obeyed() {
    let (mut world, _) = world();
    let payload = world.github().says("lucia", PULL, "/deploy staging");
    world.advance(Duration::from_secs(15 * 60 + 1));
    world.deliver("issue_comment", &payload);
    world.settle();
    assert!(answers(&world, PULL).contains("more than 15 minutes old"), "{}", answers(&world, PULL));
    assert_eq!(world.lines("ledger"), ["staging 1"]);
    let payload = world.github().says("lucia", PULL, "/deploy staging");
    world.advance(Duration::from_secs(15 * 60 - 1));
    world.deliver("issue_comment", &payload);
    world.settle();
    assert_eq!(world.lines("ledger"), ["staging 1", "staging 2"]);
}

#[test]
fn a_captured_comment_under_another_deliverys_id_is_obeyed_once() {
    let (mut world, _) = world();
    let payload = world.github().says("lucia", PULL, "/deploy staging --again");
    for _ in 0..3 {
        world.deliver("issue_comment", &payload);
        world.settle();
    }
    assert_eq!(world.lines("ledger"), ["staging 1", "staging 2"]);
}

#[test]
fn a_head_that_moved_after_the_comment_is_refused_with_the_command_that_confirms_it() {
    let (mut world, seen) = world();
    let payload = world.github().says("lucia", PULL, "/deploy staging");
    world.advance(Duration::from_secs(2));
    let now = world.repository.commit("change", &[("VERSION", "3")]);
    pull(&mut world, "synchronize", &now);
    world.deliver("issue_comment", &payload);
    world.settle();
    let told = answers(&world, PULL);
    assert!(told.contains(&seen[..12]) && told.contains(&now[..12]) && told.contains(&format!("/deploy staging {now}")), "{told}");
    assert_eq!(world.lines("ledger"), ["staging 1"]);
    says(&mut world, "lucia", PULL, &format!("/deploy staging {now}"));
    assert_eq!(world.lines("ledger"), ["staging 1", "staging 3"]);
}

#[test]
fn a_head_that_github_has_not_told_of_yet_is_waited_for() {
    let (mut world, _) = world();
    let now = world.repository.commit("change", &[("VERSION", "3")]);
    let told = world.github().pull_request(PULL, "synchronize", ("change", &now), |_| {});
    world.advance(Duration::from_secs(2));
    let comment = world.github().says("lucia", PULL, "/deploy staging");
    world.deliver("issue_comment", &comment);
    world.settle();
    assert_eq!(world.lines("ledger"), ["staging 1"], "nobody knows yet whether it was there before the comment");
    world.deliver("pull_request", &told);
    world.settle();
    world.advance(Duration::from_secs(10));
    assert_eq!(world.lines("ledger"), ["staging 1", "staging 3"], "it was: {}", answers(&world, PULL));
}

#[test]
fn a_pull_request_that_was_never_heard_of_must_be_confirmed() {
    let (mut world, head) = world();
    world.github().pull_request(13, "opened", ("change", &head), |_| {});
    says(&mut world, "lucia", 13, "/deploy staging");
    assert!(answers(&world, 13).contains(&format!("/deploy staging {head}")), "{}", answers(&world, 13));
    assert_eq!(world.lines("ledger"), ["staging 1"]);
    world.advance(Duration::from_secs(5));
    says(&mut world, "lucia", 13, "/deploy staging");
    assert_eq!(world.lines("ledger"), ["staging 1", "staging 2"], "now it is known that it did not move");
}

#[test]
fn who_may_not_is_told_so_and_an_api_that_does_not_answer_means_no() {
    let (mut world, _) = world();
    let id = says(&mut world, "marta", PULL, "/deploy staging");
    assert_eq!(world.github().reactions(id), ["eyes", "confused"]);
    let id = says(&mut world, "ada", PULL, "/deploy production");
    assert_eq!(world.history("production").len(), 0);
    assert_eq!(world.github().reactions(id), ["eyes", "confused"], "{}", answers(&world, PULL));
    world.github().spoil("GET /repos/acme/shop/collaborators", Fault::Status(500), 1000);
    let payload = world.github().says("lucia", PULL, "/deploy staging");
    world.deliver("issue_comment", &payload);
    world.settle();
    world.advance(Duration::from_mins(30));
    assert_eq!(world.lines("ledger"), ["staging 1"]);
    world.untidy();
}

#[test]
fn a_command_that_waited_too_long_for_githubs_word_is_not_obeyed_any_more() {
    let (mut world, _) = world();
    world.github().spoil("GET /repos/acme/shop/collaborators", Fault::Status(500), 3);
    let payload = world.github().says("lucia", PULL, "/deploy staging");
    world.deliver("issue_comment", &payload);
    world.settle();
    for _ in 0..6 {
        world.advance(Duration::from_mins(8));
    }
    assert_eq!(world.lines("ledger"), ["staging 1"]);
    assert!(answers(&world, PULL).contains("more than 15 minutes old"), "{}", answers(&world, PULL));
}

#[test]
fn an_approval_finds_what_was_asked_for_here() {
    let (mut world, head) = world();
    says(&mut world, "lucia", PULL, "/approve");
    assert!(answers(&world, PULL).contains("Nothing that was asked for here can be meant"), "{}", answers(&world, PULL));
    let asked = says(&mut world, "lucia", PULL, "/deploy production");
    assert_eq!((world.history("production").len(), world.github().reactions(asked)), (0, vec!["eyes".to_owned()]));
    world.advance(Duration::from_secs(2));
    let own = says(&mut world, "lucia", PULL, "/approve");
    assert_eq!(world.github().reactions(own), ["eyes", "confused"], "not by who asked");
    world.github().may("ada", "write");
    let agreed = says(&mut world, "marta", PULL, "/approve");
    assert_eq!(world.github().reactions(agreed), ["eyes", "rocket"], "{}", answers(&world, PULL));
    assert_eq!((world.lines("ledger"), world.sha(2)), (vec!["staging 1".to_owned(), "production 2".to_owned()], head));
    assert_eq!(world.github().reactions(asked), ["eyes", "rocket"]);
}

#[test]
fn on_an_issue_a_version_is_named_unless_the_environment_follows_one_branch() {
    let (mut world, _) = world();
    says(&mut world, "lucia", 7, "/deploy staging --again");
    assert_eq!(world.lines("ledger"), ["staging 1", "staging 1"]);
    says(&mut world, "lucia", 7, "/deploy staging change");
    assert_eq!(world.lines("ledger"), ["staging 1", "staging 1", "staging 2"]);
}

#[test]
fn a_comment_of_another_repository_reaches_nothing() {
    let (mut world, _) = world();
    for (id, name) in [(1, "acme/other"), (9999, "acme/shop")] {
        let mut payload = world.github().says("lucia", PULL, "/deploy staging");
        payload["repository"] = serde_json::json!({ "id": id, "full_name": name, "name": "x" });
        world.deliver("issue_comment", &payload);
        world.settle();
        assert!(matches!(world.delivery(&world.last_delivery()), (DeliveryState::Settled, Some(Reply::Closed { .. }))), "{name}");
    }
    assert_eq!(world.lines("ledger"), ["staging 1"]);
}

#[test]
fn answers_whose_answer_got_lost_are_not_given_twice() {
    let (mut world, _) = world();
    for what in ["reactions", "POST /repos/acme/shop/issues/12/comments"] {
        world.github().spoil(what, Fault::Unanswered, 1);
    }
    let id = says(&mut world, "lucia", PULL, "/status");
    for _ in 0..3 {
        world.advance(Duration::from_mins(5));
    }
    assert_eq!(world.github().answers_on(PULL).len(), 1);
    assert_eq!(world.github().reactions(id), ["eyes", "rocket"]);
}

#[test]
fn a_lock_that_was_taken_on_a_pull_request_goes_when_that_closes() {
    let (mut world, head) = world();
    says(&mut world, "lucia", PULL, "/lock staging until it is merged");
    says(&mut world, "lucia", 7, "/lock production on an issue");
    world.push("main", &[("VERSION", "9")]);
    world.settle();
    assert_eq!(world.lines("ledger"), ["staging 1"], "ada's push waits");
    pull(&mut world, "closed", &head);
    assert_eq!(world.lines("ledger"), ["staging 1", "staging 9"]);
    let locks = world.get("/api/v1/locks");
    assert_eq!(locks["locks"].as_array().map(Vec::len), Some(1), "that of the issue stays: {locks}");
}

#[test]
fn an_event_that_is_late_is_not_overtaken_by_a_comment() {
    let (mut world, head) = world();
    says(&mut world, "lucia", PULL, "/lock staging until it is merged");
    let closed = world.github().pull_request(PULL, "closed", ("change", &head), |_| {});
    world.advance(Duration::from_secs(5));
    world.github().pull_request(PULL, "closed", ("change", &head), |_| {});
    says(&mut world, "lucia", PULL, "/status");
    world.deliver("pull_request", &closed);
    world.settle();
    assert_eq!(world.get("/api/v1/locks")["locks"].as_array().map(Vec::len), Some(0), "the lock is released");
}

#[test]
fn a_pull_requests_own_branch_means_what_could_be_seen_of_it() {
    let (mut world, seen) = world();
    let payload = world.github().says("lucia", PULL, "/deploy staging change");
    world.advance(Duration::from_secs(2));
    let now = world.repository.commit("change", &[("VERSION", "3")]);
    pull(&mut world, "synchronize", &now);
    world.deliver("issue_comment", &payload);
    world.settle();
    assert!(answers(&world, PULL).contains(&seen[..12]), "{}", answers(&world, PULL));
    assert_eq!(world.lines("ledger"), ["staging 1"]);
    says(&mut world, "lucia", PULL, &format!("/deploy staging {}", &now[..8]));
    assert_eq!(world.lines("ledger"), ["staging 1", "staging 3"]);
}

#[test]
fn an_approval_never_means_what_came_after_it() {
    let (mut world, _) = world();
    let approval = world.github().says("marta", PULL, "/approve");
    world.advance(Duration::from_secs(1));
    says(&mut world, "lucia", PULL, "/deploy production");
    world.deliver("issue_comment", &approval);
    world.settle();
    assert_eq!(world.history("production").len(), 0);
    assert!(answers(&world, PULL).contains("Nothing that was asked for here can be meant"), "{}", answers(&world, PULL));
}

#[test]
fn commands_of_one_comment_keep_their_order() {
    let (mut world, _) = world();
    world.github().spoil("GET /repos/acme/shop/collaborators", Fault::Status(502), 1);
    says(&mut world, "lucia", PULL, "/lock staging for 2h\n/unlock staging");
    for _ in 0..6 {
        world.advance(Duration::from_secs(30));
    }
    assert_eq!(world.get("/api/v1/locks")["locks"].as_array().map(Vec::len), Some(0), "{}", answers(&world, PULL));
}
