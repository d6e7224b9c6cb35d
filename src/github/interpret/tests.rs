//! Bodies made for one question each; GitHub's own examples go through in `tests/it/payloads.rs`.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::ids::Actor;

const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const ZERO: &str = "0000000000000000000000000000000000000000";

fn pushed(reference: &str, before: &str, after: &str) -> Value {
    json!({
        "ref": reference, "before": before, "after": after,
        "created": before == ZERO, "deleted": after == ZERO, "forced": false, "commits": [],
        "repository": { "id": 7, "full_name": "acme/shop" },
        "sender": { "login": "ada", "type": "User" }, "pusher": { "name": "ada" },
    })
}

fn with(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}

fn read(event: &str, body: &Value) -> Result<Interpretation, Unreadable> {
    interpret(event, body.to_string().as_bytes())
}

fn event(event: &str, body: &Value) -> Event {
    match read(event, body) {
        Ok(Interpretation::Happened(event)) => event,
        other => panic!("{other:?}"),
    }
}

fn closed(event: &str, body: &Value) -> String {
    match read(event, body) {
        Ok(Interpretation::Closed(reason)) => reason.to_string(),
        other => panic!("{other:?}"),
    }
}

fn unreadable(event: &str, body: &Value) -> String {
    read(event, body).expect_err("unreadable").to_string()
}

#[test]
fn a_branch_is_created_updated_rewritten_and_deleted() {
    let sha = |text: &str| text.parse::<Sha>().expect("a SHA");
    let branch: RefName = "release/1.2".parse().expect("a branch");
    let of = |before: &str, after: &str, forced: bool| {
        let push = with(pushed("refs/heads/release/1.2", before, after), "forced", json!(forced));
        event("push", &push).what
    };
    let branch_pushed =
        |before, after, forced| Happening::BranchPushed { branch: branch.clone(), before: sha(before), after: sha(after), forced };
    assert_eq!(of(ZERO, A, false), branch_pushed(ZERO, A, false));
    assert_eq!(of(ZERO, A, true), branch_pushed(ZERO, A, false));
    assert_eq!(of(A, B, false), branch_pushed(A, B, false));
    assert_eq!(of(A, B, true), branch_pushed(A, B, true));
    assert_eq!(of(A, ZERO, false), Happening::BranchDeleted { branch: branch.clone() });
    assert_eq!(of(A, ZERO, true), Happening::BranchDeleted { branch: branch.clone() });
}

#[test]
fn a_tag_is_created_moved_and_deleted() {
    let tag: RefName = "v1.2.0".parse().expect("a tag");
    let object: Sha = B.parse().expect("a SHA");
    for before in [ZERO, A] {
        let what = event("push", &pushed("refs/tags/v1.2.0", before, B)).what;
        assert_eq!(what, Happening::TagPushed { tag: tag.clone(), object: object.clone() });
    }
    assert_eq!(event("push", &pushed("refs/tags/v1.2.0", A, ZERO)).what, Happening::TagDeleted { tag });
}

#[test]
fn a_bots_push_is_a_push_by_a_bot() {
    let push = pushed("refs/heads/main", A, B);
    assert_eq!(event("push", &push).actor, Actor::Person("ada".to_owned()));
    let sender = |login: &str, kind: &str| with(push.clone(), "sender", json!({ "login": login, "type": kind }));
    assert_eq!(event("push", &sender("renovate[bot]", "User")).actor, Actor::Bot("renovate[bot]".to_owned()));
    assert_eq!(event("push", &sender("machine", "Bot")).actor, Actor::Bot("machine".to_owned()));
    assert_eq!(event("push", &with(push.clone(), "sender", Value::Null)).actor, Actor::Bot("ada".to_owned()));
    assert!(unreadable("push", &sender("a\nb", "User")).starts_with("not a push: "));
}

#[test]
fn a_body_of_another_event_is_not_a_push() {
    let push = pushed("refs/heads/main", A, B);
    for field in ["action", "comment", "issue", "pull_request", "number", "ref_type", "hook", "zen", "workflow", "deployment"] {
        assert_eq!(unreadable("push", &with(push.clone(), field, json!("x"))), format!("not a push: it has \"{field}\""));
    }
    for field in ["ref", "before", "after", "created", "deleted", "forced", "repository", "commits", "pusher"] {
        let mut push = push.clone();
        push.as_object_mut().expect("an object").remove(field);
        assert!(unreadable("push", &push).starts_with(&format!("not a push: missing field `{field}`")), "{field}");
    }
    for event in ["issues", "create", "deployment", "something_new"] {
        assert_eq!(unreadable(event, &push), format!("not a {event}: it has the fields of a push"));
    }
    assert!(unreadable("repository", &push).starts_with("not a repository: "));
    for event in ["ping", "check_run", "status", "workflow_run"] {
        assert!(unreadable(event, &push).starts_with(&format!("not a {event}: ")));
    }
}

#[test]
fn a_push_that_contradicts_itself_is_unreadable() {
    let contradictions = [
        pushed("refs/heads/main", ZERO, ZERO),
        with(pushed("refs/heads/main", A, B), "created", json!(true)),
        with(pushed("refs/heads/main", A, B), "deleted", json!(true)),
        with(pushed("refs/heads/main", ZERO, B), "created", json!(false)),
        with(pushed("refs/heads/main", A, ZERO), "deleted", json!(false)),
        with(pushed("refs/heads/main", A, B), "after", json!("HEAD")),
        with(pushed("refs/heads/main", A, B), "after", json!(7)),
        with(pushed("refs/heads/main", A, B), "forced", json!("x".repeat(10_000))),
    ];
    for push in &contradictions {
        let reason = unreadable("push", push);
        assert!(reason.starts_with("not a push: ") && reason.len() < 200, "{reason}");
    }
    let twice = pushed("refs/heads/main", A, B).to_string().replacen('{', "{\"ref\":\"refs/heads/other\",", 1);
    let error = interpret("push", twice.as_bytes()).expect_err("two references");
    assert!(error.to_string().contains("duplicate field `ref`"), "{error}");
}

#[test]
fn a_hostile_name_is_laid_aside_with_its_reason() {
    let long = "x".repeat(251);
    for name in ["--upload-pack=touch x", "-x", "a\nb", "a\u{0}b", "../../etc", "", "a b", "x.lock", &long] {
        for kind in ["heads", "tags"] {
            let reason = closed("push", &pushed(&format!("refs/{kind}/{name}"), A, B));
            assert!(reason.ends_with("is not a branch or tag name"), "{reason}");
            assert!(!reason.contains(char::is_control), "{reason:?}");
        }
    }
    for name in ["$(touch x)", ";reboot", "`id`", "\"'", "ünïcode"] {
        let legal = name.replace(' ', "-");
        event("push", &pushed(&format!("refs/heads/{legal}"), A, B));
    }
    let elsewhere = with(pushed("refs/heads/main", A, B), "repository", json!({ "id": 7, "full_name": "acme/../shop" }));
    assert_eq!(closed("push", &elsewhere), "\"acme/../shop\" is not a repository (owner/name)");
    assert_eq!(closed("push", &pushed("refs/notes/commits", A, B)), "\"refs/notes/commits\" is neither a branch nor a tag");
    assert_eq!(closed("push", &pushed("-x", A, B)), "\"-x\" is neither a branch nor a tag");
}

#[test]
fn a_repository_is_renamed_or_transferred() {
    let changed = |action: &str, changes: Value| {
        json!({
            "action": action, "changes": changes,
            "repository": { "id": 7, "full_name": "acme/shop" }, "sender": { "login": "ada", "type": "User" },
        })
    };
    let from = |name: &str| Happening::RepositoryRenamed { from: name.parse().expect("a repository") };
    let renamed = changed("renamed", json!({ "repository": { "name": { "from": "store" } } }));
    assert_eq!(event("repository", &renamed).what, from("acme/store"));
    for kind in ["user", "organization"] {
        let transferred = changed("transferred", json!({ "owner": { "from": { kind: { "login": "old" } } } }));
        assert_eq!(event("repository", &transferred).what, from("old/shop"));
    }
    let hostile = changed("renamed", json!({ "repository": { "name": { "from": "-rf" } } }));
    assert_eq!(closed("repository", &hostile), "\"acme/-rf\" is not a repository (owner/name)");
    assert_eq!(
        unreadable("repository", &changed("renamed", json!({}))),
        "not a repository: it was renamed and does not say what it was called"
    );
    assert_eq!(
        unreadable("repository", &changed("transferred", json!(null))),
        "not a repository: it was transferred and does not say whose it was"
    );
    assert_eq!(closed("repository", &changed("archived", json!(null))), "nothing is done with repository (archived)");
    let labelled = with(renamed, "label", json!({}));
    assert_eq!(unreadable("repository", &labelled), "not a repository: it has \"label\"");
}

#[test]
fn everything_else_is_laid_aside_with_its_reason() {
    let ping = json!({ "zen": "Keep it logically awesome.", "hook": {}, "hook_id": 1 });
    assert_eq!(closed("ping", &ping), "a ping: the webhook is set up");
    assert_eq!(unreadable("meta", &ping), "not a meta: it has the fields of a ping");
    assert_eq!(closed("installation", &json!({ "action": "created" })), "installation (created) is not about a repository");
    assert_eq!(closed("brand_new", &json!({ "repository": {} })), "nothing is done with brand_new");
    let action = format!("a\u{7}{}", "b".repeat(200));
    let reason = closed("repository_dispatch", &json!({ "action": action, "repository": {} }));
    assert_eq!(reason, format!("nothing is done with repository_dispatch (a{})", "b".repeat(99)));
}

#[test]
fn what_is_not_json_or_has_no_event_is_unreadable() {
    for name in ["", "Push", "push ", "pu\nsh", &"p".repeat(65)] {
        assert_eq!(interpret(name, b"{}"), Err(Unreadable::EventName));
    }
    let bodies: [&[u8]; 5] = [b"", b"payload=%7B%7D", b"{", b"\xef\xbb\xbf{}", b"\xff"];
    for body in bodies {
        assert!(matches!(interpret("push", body), Err(Unreadable::NotJson(_))), "{body:?}");
    }
    for body in ["{}{}", "[]", "[null,null,null,null,null,null,null,null]", "null", "7", "\"push\""] {
        for event in ["push", "repository", "ping", "issues"] {
            assert!(interpret(event, body.as_bytes()).is_err(), "{event} {body}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn no_name_makes_it_panic_or_is_taken_against_the_rules(name in "\\PC{0,300}|[\\x00-\\x7f]{0,20}") {
        match read("push", &pushed(&format!("refs/heads/{name}"), A, B)) {
            Ok(Interpretation::Happened(event)) => {
                let Happening::BranchPushed { branch, .. } = event.what else { panic!("{event:?}") };
                prop_assert_eq!(branch.as_str(), name.as_str());
                prop_assert!(!name.starts_with('-') && !name.contains(char::is_control) && name.len() <= 250);
            }
            Ok(Interpretation::Closed(_)) => {}
            Err(error) => prop_assert!(false, "{}", error),
        }
    }

    #[test]
    fn no_bytes_make_it_panic(event in "push|repository|ping|issues", body in prop::collection::vec(any::<u8>(), 0..200)) {
        let is_object = body.trim_ascii_start().first() == Some(&b'{');
        prop_assert!(interpret(&event, &body).is_err() || is_object);
    }
}

fn of_actions(field: &str, value: Value) -> Value {
    let mut body = json!({
        "action": "completed", "repository": { "id": 7, "full_name": "acme/shop" }, "sender": { "login": "ci[bot]", "type": "Bot" },
    });
    body[field] = value;
    body
}

fn status_set(state: &str) -> Value {
    json!({
        "sha": A, "state": state, "context": "ci/build", "branches": [], "commit": { "sha": A },
        "repository": { "id": 7, "full_name": "acme/shop" }, "sender": { "login": "ci", "type": "User" },
    })
}

#[test]
fn checks_statuses_and_runs_are_heard_of_when_they_end() {
    let sha: Sha = A.parse().expect("a SHA");
    let checks = [("check_run", of_actions("check_run", json!({ "head_sha": A }))), ("status", status_set("failure"))];
    for (name, body) in &checks {
        let heard = event(name, body);
        assert_eq!((heard.what.clone(), heard.semantic_key()), (Happening::CheckCompleted { sha: sha.clone() }, None), "{name}");
    }
    let run = of_actions("workflow_run", json!({ "id": 42 }));
    assert_eq!(event("workflow_run", &run).what, Happening::RunCompleted { run: 42 });
    for action in ["requested", "in_progress"] {
        let body = with(run.clone(), "action", json!(action));
        assert_eq!(closed("workflow_run", &body), format!("nothing is done with workflow_run ({action})"));
    }
    assert_eq!(closed("check_run", &with(checks[0].1.clone(), "action", json!("created"))), "nothing is done with check_run (created)");
    assert_eq!(closed("status", &status_set("pending")), "nothing is done with status (pending)");
}

#[test]
fn a_body_that_names_a_check_or_a_run_is_not_one_for_that() {
    let check = of_actions("check_run", json!({ "head_sha": A }));
    for field in ["after", "deployment", "deployment_status", "workflow", "workflow_run"] {
        assert_eq!(unreadable("check_run", &with(check.clone(), field, json!({}))), format!("not a check_run: it has \"{field}\""));
    }
    let run = of_actions("workflow_run", json!({ "id": 42 }));
    for field in ["after", "check_run", "deployment", "deployment_status", "environment", "reviewers", "workflow_job", "workflow_job_run"] {
        assert_eq!(unreadable("workflow_run", &with(run.clone(), field, json!({}))), format!("not a workflow_run: it has \"{field}\""));
    }
    for field in ["action", "after", "check_run", "deployment", "deployment_status", "ref"] {
        assert_eq!(unreadable("status", &with(status_set("success"), field, json!("x"))), format!("not a status: it has \"{field}\""));
    }
    for name in ["check_run", "workflow_run"] {
        let body = with(of_actions(name, json!({ "head_sha": "HEAD", "id": -1 })), "action", json!("completed"));
        assert!(unreadable(name, &body).starts_with(&format!("not a {name}: ")));
    }
}
