//! The client by itself: tokens, pages, people, errors and what they decide.

use std::{sync::Arc, time::Duration};

use botadura::{
    domain::{clock::Clock, ids::RepositoryName},
    github::client::{Client, Error, NotAKey, People, Permission},
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::{
    scenarios::zipped,
    support::{
        clock::Hand,
        github::{APP, Asked, Fault, GitHub, Said, Workflow, key, serve},
    },
};

fn shop() -> RepositoryName {
    "acme/shop".parse().expect("a name")
}

fn given() -> (Hand, GitHub, Client) {
    let clock = Hand::new();
    let github = GitHub::start(&clock);
    let client = Client::new(APP, &key(), &github.url, Arc::new(clock.clone())).expect("a client");
    (clock, github, client)
}

#[tokio::test]
async fn what_people_may_do_is_githubs_word() {
    let (_, github, client) = given();
    let roles = [
        ("none", Permission::None),
        ("read", Permission::Read),
        ("triage", Permission::Triage),
        ("write", Permission::Write),
        ("maintain", Permission::Maintain),
        ("admin", Permission::Admin),
        ("a role of our own", Permission::Write),
    ];
    for (role, expected) in roles {
        github.may("ada", role);
        let found = client.permission(&shop(), "ada").await.expect("an answer");
        assert_eq!((found, found.can_write()), (expected, expected >= Permission::Write), "{role}");
    }
    assert_eq!(client.permission(&shop(), "nobody/../../x").await.expect("an answer"), Permission::None);
    github.member("acme", "leads", "ada");
    github.member("acme", "leads?", "ines");
    let is_member = async |login| client.is_team_member("acme", "leads", login).await.expect("an answer");
    assert_eq!((is_member("ada").await, is_member("ines").await, is_member("bob").await), (true, false, false));
    github.protect("release/1.2");
    let is_protected = async |branch| client.is_protected(&shop(), branch).await.expect("an answer");
    assert_eq!((is_protected("release/1.2").await, is_protected("main").await, is_protected("gone").await), (true, false, false));
    assert_eq!(client.default_branch(&shop()).await.expect("an answer"), "main");
    let of_one = |with: &str| github.minted(with).iter().all(|minted| minted["permissions"].as_object().is_some_and(|all| all.len() == 1));
    assert!(of_one("metadata") && of_one("members"));
}

#[tokio::test]
async fn a_token_does_not_open_what_it_was_not_asked_for() {
    let (_, github, client) = given();
    let narrow = client.repository(&shop(), &[("checks", "read")]);
    let refused = narrow.get::<Value>("/actions/runs/1").await.expect_err("refused");
    assert!(matches!(refused, Error::Refused { status: 403, .. }), "{refused:?}");
    let broad = client.repository(&shop(), &[("administration", "write")]).get::<Value>("").await.expect_err("refused");
    assert!(matches!(&broad, Error::Refused { status: 422, what } if what.contains("administration: write")), "{broad:?}");
    let elsewhere = client.repository(&"acme/other".parse().expect("a name"), &[("checks", "read")]);
    let missing = elsewhere.get::<Value>("").await.expect_err("refused");
    assert!(missing.to_string().contains("the GitHub App is not installed on acme/other"), "{missing}");
    assert_eq!(github.asked("/repos/acme/other/installation"), 1);
}

#[tokio::test]
async fn an_error_says_what_is_to_be_done() {
    let (clock, github, client) = given();
    let reach = client.repository(&shop(), &[("actions", "write")]);
    github.workflow("build.yml", Workflow::default());
    reach.pages::<Value>("/actions/workflows/build.yml/runs", "workflow_runs").await.expect("a token is there");
    let body = json!({ "ref": "main", "inputs": {}, "return_run_details": true });
    for fault in [Fault::Status(502), Fault::Unanswered, Fault::Unheard] {
        github.spoil("dispatches", fault, 1);
        let posted = reach.post::<Value>("/actions/workflows/build.yml/dispatches", &body).await.expect_err("spoilt");
        assert!(matches!(posted, Error::Lost { .. }), "{fault:?}: {posted:?}");
        github.spoil("/actions/runs/1", fault, 1);
        let read = reach.get::<Value>("/actions/runs/1").await.expect_err("spoilt");
        assert!(matches!(read, Error::Passing { again: None, .. }), "{fault:?}: {read:?}");
    }
    assert_eq!(github.asked("dispatches"), 3, "nothing is sent twice");
    let after = |seconds| Some(clock.now() + jiff::SignedDuration::from_secs(seconds));
    for (fault, expected) in [
        (Fault::Limited(Duration::from_mins(9)), after(541)),
        (Fault::Slower(Duration::from_secs(30)), after(30)),
        (Fault::Status(429), after(60)),
    ] {
        github.spoil("dispatches", fault, 1);
        let posted = reach.post::<Value>("/actions/workflows/build.yml/dispatches", &body).await.expect_err("spoilt");
        assert!(matches!(posted, Error::Passing { again, .. } if again == expected), "{fault:?}: {posted:?}");
    }
    for status in [403, 404, 422] {
        github.spoil("dispatches", Fault::Status(status), 1);
        let posted = reach.post::<Value>("/actions/workflows/build.yml/dispatches", &body).await.expect_err("spoilt");
        assert!(matches!(&posted, Error::Refused { status: found, .. } if *found == status), "{posted:?}");
    }
    github.spoil("/actions/runs/1", Fault::Garbled, 1);
    let read = reach.get::<Value>("/actions/runs/1").await.expect_err("garbled");
    assert!(matches!(read, Error::Unreadable { .. }), "{read:?}");
    let nobody = Client::new(APP, &key(), "http://127.0.0.1:9", Arc::new(clock.clone())).expect("a client");
    let asked = nobody.repository(&shop(), &[("actions", "write")]).post::<Value>("/x", &body).await.expect_err("nobody is there");
    assert!(matches!(asked, Error::Passing { .. }), "{asked:?}");
}

/// What each page is.
type Pages = Box<dyn Fn(usize) -> Value + Send + Sync>;

/// A GitHub that gives tokens and then these pages, whatever is asked for.
fn paged(pages: impl Fn(usize) -> Value + Send + Sync + 'static) -> (CancellationToken, Client) {
    let clock = Hand::new();
    let until = clock.now() + jiff::SignedDuration::from_hours(1);
    let end = CancellationToken::new();
    let answer = move |asked: Asked| -> Said {
        let body = match asked.path.as_str() {
            path if path.ends_with("/installation") => json!({ "id": 1 }),
            path if path.ends_with("/access_tokens") => json!({ "token": "ghs_1", "expires_at": until }),
            _ => pages(asked.query.rsplit_once("page=").and_then(|(_, page)| page.parse().ok()).expect("a page")),
        };
        Some((200, Vec::new(), body.to_string().into_bytes()))
    };
    let address = serve(end.clone(), answer);
    (end, Client::new(APP, &key(), &format!("http://{address}"), Arc::new(clock)).expect("a client"))
}

#[tokio::test]
async fn pages_that_do_not_come_to_their_end_are_no_list() {
    let entry = |id: usize| json!({ "id": id });
    let read = async |pages: Pages| {
        let (end, client) = paged(pages);
        let read = client.repository(&shop(), &[("checks", "read")]).pages::<Value>("/x", "list").await;
        end.cancel();
        read.map(|all| all.len())
    };
    assert_eq!(read(Box::new(move |page| json!({ "total_count": 3, "list": [entry(page)] }))).await, Ok(3));
    assert_eq!(read(Box::new(|_| json!({ "total_count": 0, "list": [] }))).await, Ok(0));
    // One moved to the next page while it was read.
    let moving = move |page: usize| json!({ "total_count": 3, "list": if page == 1 { json!([entry(1), entry(2)]) } else { json!([entry(2), entry(3)]) } });
    assert_eq!(read(Box::new(moving)).await, Ok(3));
    let wrong: [(&str, Pages); 7] = [
        ("the same page again", Box::new(move |_| json!({ "total_count": 3, "list": [entry(1)] }))),
        (
            "an empty page before the end",
            Box::new(move |page| json!({ "total_count": 2, "list": if page == 1 { json!([entry(1)]) } else { json!([]) } })),
        ),
        ("no count", Box::new(|_| json!({ "list": [] }))),
        ("no list", Box::new(|_| json!({ "total_count": 0 }))),
        ("something else", Box::new(|_| json!({ "total_count": 1, "list": { "id": 1 } }))),
        ("no id", Box::new(|_| json!({ "total_count": 1, "list": [{}] }))),
        ("no end", Box::new(move |page| json!({ "total_count": 1_000_000, "list": [entry(page)] }))),
    ];
    for (what, pages) in wrong {
        let found = read(pages).await;
        assert!(matches!(found, Err(Error::Unreadable { .. })), "{what}: {found:?}");
    }
}

#[tokio::test]
async fn a_download_goes_elsewhere_without_a_token_and_has_a_limit() {
    let (_, github, client) = given();
    let web = zipped(&[("index.html", "hello")]);
    github.workflow("build.yml", Workflow { artifacts: vec![("web", web.clone())], ..Workflow::default() });
    let run = github.run_by("ada", "build.yml");
    let reach = client.repository(&shop(), &[("actions", "read")]);
    let folder = tempfile::tempdir().expect("a folder");
    let (path, file) = (format!("/actions/artifacts/{run}0/zip"), folder.path().join("web.zip"));
    reach.download(&path, &file, 10_000).await.expect("downloaded");
    assert_eq!(std::fs::read(&file).expect("a file"), web);
    let large = reach.download(&path, &file, 10).await.expect_err("too large");
    assert!(large.to_string().contains("larger than 10 bytes"), "{large}");
    let gone = reach.download(&format!("/actions/artifacts/{run}7/zip"), &file, 10_000).await.expect_err("gone");
    assert!(matches!(&gone, Error::Passing { what, .. } if !what.contains("sig=")), "{gone:?}");
}

#[tokio::test]
async fn a_key_that_is_none_is_refused_at_once() {
    let clock = Arc::new(Hand::new());
    let public = std::fs::read_to_string(crate::support::github::fixture("throwaway-app-key.pub.pem")).expect("a file");
    let cut: String = key().lines().take(5).collect::<Vec<_>>().join("\n");
    for pem in ["", "hunter2", &public, &cut] {
        let refused = Client::new(APP, pem, "http://127.0.0.1:9", clock.clone()).expect_err("refused");
        assert_eq!(refused, NotAKey);
    }
}
