//! Words of the language that this server does not have yet: told as such, and not as unknown.

use serde_json::Value;

use super::super::{
    mistake::{Code, Mistake},
    yaml::{Document, Path},
};

const APPLICATION: &[&str] = &["slack", "locale", "watch", "metrics", "runbooks", "contacts", "links"];

const ENVIRONMENT: &[&str] = &[
    "deployers",
    "trusted_pushers",
    "after",
    "require_tag",
    "checklist",
    "freeze",
    "production",
    "transient",
    "limits",
    "forks",
    "drafts",
    "outdated",
    "github_release",
    "watch",
    "goals",
    "incident",
];

const TRIGGER: &[&str] = &["pull_request", "schedule"];

const KIND: &[&str] = &[
    "checks",
    "workflow",
    "image",
    "ecs_service",
    "ecs_task",
    "kubernetes_deployment",
    "kubernetes_job",
    "kubernetes_scale",
    "helm",
    "vercel",
    "render",
    "firebase_hosting",
    "s3_site",
    "route53",
];

/// Takes those words out of the document and tells where each stood.
pub(super) fn take(document: &mut Document) -> Vec<Mistake> {
    let mut found: Vec<(Path, &'static str)> = Vec::new();
    let top = Path::default();
    let file = document.value();
    note(file, &top, APPLICATION, "key", &mut found);
    for (name, environment) in file.get("environments").and_then(Value::as_object).into_iter().flatten() {
        let path = top.key("environments").key(name);
        note(environment, &path, ENVIRONMENT, "key", &mut found);
        for (index, trigger) in list(environment, "on") {
            note(trigger, &path.key("on").item(index), TRIGGER, "trigger", &mut found);
        }
    }
    for (index, entry) in list(file, "steps") {
        let path = top.key("steps").item(index);
        note_step(entry, &path, &mut found);
        for (index, member) in list(entry, "parallel") {
            note_step(member, &path.key("parallel").item(index), &mut found);
        }
    }
    let mistakes = found.iter().map(|(path, what)| document.mistake_in_key(path, Code::NotBuiltIn { what, name: path.last() })).collect();
    for (path, _) in &found {
        document.take(path);
    }
    mistakes
}

fn note_step(step: &Value, path: &Path, found: &mut Vec<(Path, &'static str)>) {
    note(step, path, KIND, "step kind", found);
    if let Some(undo) = step.get("undo") {
        note(undo, &path.key("undo"), KIND, "step kind", found);
    }
}

fn note(map: &Value, path: &Path, words: &[&str], what: &'static str, found: &mut Vec<(Path, &'static str)>) {
    let there = words.iter().filter(|word| map.get(word).is_some());
    found.extend(there.map(|word| (path.key(word), what)));
}

fn list<'a>(map: &'a Value, key: &str) -> impl Iterator<Item = (usize, &'a Value)> {
    map.get(key).and_then(Value::as_array).into_iter().flatten().enumerate()
}
