//! GitHub's own example payloads, and nine that fill what they lack, go through the interpreter.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
};

use botadura::github::interpret::{Interpretation, interpret};
use serde_json::Value;

struct Payload {
    source: String,
    event: String,
    action: Option<String>,
    body: Vec<u8>,
}

impl Payload {
    fn new(source: String, event: &str, value: &Value) -> Self {
        let action = value["action"].as_str().map(str::to_owned);
        Self { source, event: event.to_owned(), action, body: value.to_string().into_bytes() }
    }
}

/// What GitHub sends, and what its Enterprise Servers send.
fn examples() -> Vec<Payload> {
    let cache = env::var_os("BOTADURA_TEST_CACHE")
        .map_or_else(|| PathBuf::from(env::var_os("HOME").expect("HOME is set")).join(".cache/botadura-test"), PathBuf::from);
    let folder = cache.join("npm-webhooks-7.6.1/node_modules/@octokit/webhooks-examples");
    let mut payloads = Vec::new();
    for server in ["api.github.com", "ghes-31", "ghes-32", "ghes-33", "ghes-34", "ghes-35"] {
        let text = fs::read_to_string(folder.join(server).join("index.json")).unwrap_or_else(|error| {
            panic!("GitHub's example payloads are not in {} ({error}): run tests/counterparts/webhooks-examples.sh", folder.display())
        });
        let events: Vec<Value> = serde_json::from_str(&text).expect("JSON");
        for event in &events {
            let name = event["name"].as_str().expect("a name");
            for (index, example) in event["examples"].as_array().expect("examples").iter().enumerate() {
                payloads.push(Payload::new(format!("{server} {name} {index}"), name, example));
            }
        }
    }
    payloads
}

fn derived() -> Vec<Payload> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/webhooks/derived");
    let files = fs::read_dir(folder).expect("the folder is part of the repository").map(|entry| entry.expect("readable").path());
    files
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let source = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
            let value = serde_json::from_slice(&fs::read(&path).expect("readable")).expect("JSON");
            let event = source.split_once('.').expect("event.action.json").0.to_owned();
            Payload::new(source, &event, &value)
        })
        .collect()
}

fn all() -> Vec<Payload> {
    let (examples, derived) = (examples(), derived());
    assert_eq!((examples.len(), derived.len()), (726, 9));
    [examples, derived].into_iter().flatten().collect()
}

fn outcome(payload: &Payload) -> String {
    match interpret(&payload.event, &payload.body) {
        Ok(Interpretation::Happened(event)) => {
            let what = serde_json::to_string(&event.what).expect("an event is JSON");
            format!("{what} in {} by {:?}", event.repository.name, event.actor)
        }
        Ok(Interpretation::Closed(reason)) => format!("closed: {reason}"),
        Err(error) => panic!("{}: {error}", payload.source),
    }
}

#[test]
fn every_payload_is_an_event_or_is_closed_with_a_reason() {
    let mut outcomes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for payload in &all() {
        let name = [payload.event.as_str(), payload.action.as_deref().unwrap_or("-")].join(" ");
        outcomes.entry(name).or_default().insert(outcome(payload));
    }
    let lines: Vec<String> = outcomes.iter().flat_map(|(name, all)| all.iter().map(move |one| format!("{name} => {one}"))).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_payload_under_another_events_name_is_never_an_event() {
    let names = [
        "push",
        "repository",
        "ping",
        "issue_comment",
        "pull_request",
        "check_run",
        "status",
        "create",
        "delete",
        "workflow_run",
        "workflow_job",
        "deployment_status",
        "release",
    ];
    let mut tried = 0;
    for payload in &all() {
        for name in names.into_iter().filter(|name| *name != payload.event) {
            tried += 1;
            let read = interpret(name, &payload.body);
            assert!(!matches!(read, Ok(Interpretation::Happened(_))), "{} as {name}: {read:?}", payload.source);
            assert!(payload.event != "push" || read.is_err(), "{} as {name}: {read:?}", payload.source);
        }
    }
    assert!(tried > 6_500, "{tried}");
}
