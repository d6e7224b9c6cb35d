//! A plan's digest: what somebody approved, in 64 hexadecimal digits.

use std::{collections::BTreeMap, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{Phase, Plan, PlannedRun, SkipReason};
use crate::domain::manifest::{Step, template::Template};

/// SHA-256 of what a plan does: the commit, the steps with their templates' values, and what builds that are taken over
/// have left already. Two plans that would do the same have one digest; another commit, another step or another value
/// of a variable that a step uses gives another. Who asked, a name that no step uses, and how long and how often a step
/// is tried are no part of it. A secret is its reference.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Digest(String);

/// What says how long and how often, by its place in a step: of the step itself, of what it does.
const TIMES: [&str; 5] = ["timeout", "retries", "attempts", "every", "drain"];

/// What says in which environments a step is done: it is in this plan, or it is not.
const PLACES: [&str; 2] = ["only", "except"];

impl Plan {
    /// The plan's digest.
    pub fn digest(&self) -> Digest {
        let mut hash = Sha256::new();
        let mut add = |text: &[u8]| {
            hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(text);
        };
        for name in ["app.name", "environment.name", "version.sha"] {
            add(self.scope.get(name).map_or("", String::as_str).as_bytes());
        }
        for (place, run) in self.of(Phase::Forward) {
            let rendered = (rendered(&run.step, self.scope_of(place)), &run.op, run.stage, taken_over(run));
            add(&serde_json::to_vec(&rendered).expect("a plan holds nothing that JSON cannot say"));
        }
        Digest(hex::encode(hash.finalize()))
    }
}

/// What exists already of a step that is not done again.
fn taken_over(run: &PlannedRun) -> Value {
    let skip = run.skip.as_ref().filter(|skip| matches!(skip.why, SkipReason::TakenOver(_)));
    let digests = |skip: &super::Skip| skip.artifacts.iter().map(|artifact| artifact.digest.clone()).collect::<Vec<_>>();
    skip.map_or(Value::Null, |skip| serde_json::json!([skip.outputs, digests(skip)]))
}

/// A step as it would be done: its templates filled as far as they can be, what says how long taken out.
pub(super) fn rendered(step: &Step, scope: &BTreeMap<String, String>) -> Value {
    let mut step = serde_json::to_value(step).expect("a step holds nothing that JSON cannot say");
    if let Some(step) = step.as_object_mut() {
        for name in TIMES.iter().chain(&PLACES) {
            step.shift_remove(*name);
        }
        for place in ["action", "undo"] {
            if let Some(doing) = step.get_mut(place) {
                forget_times(doing, 3);
            }
        }
    }
    fill(&mut step, scope);
    step
}

/// Takes out what says how long, from the few outermost layers alone: below are maps that people name the keys of.
fn forget_times(value: &mut Value, layers: u32) {
    let (Some(layers), Some(members)) = (layers.checked_sub(1), value.as_object_mut()) else { return };
    members.retain(|name, value| !(TIMES.contains(&name.as_str()) && is_time(value)));
    for (name, value) in members.iter_mut() {
        if !matches!(name.as_str(), "headers" | "inputs" | "environment" | "secrets" | "set" | "build_args" | "env" | "json") {
            forget_times(value, layers);
        }
    }
}

/// A number, or a span as it is written in JSON; never a text that somebody gave.
fn is_time(value: &Value) -> bool {
    value.is_number() || value.is_null() || value.get("secs").is_some()
}

/// Fills every text that has holes. What comes to be while steps run stays as it stands.
fn fill(value: &mut Value, scope: &BTreeMap<String, String>) {
    match value {
        Value::String(text) => {
            if let Ok(template) = text.parse::<Template>() {
                *text = template.fill(|name| scope.get(name).map(String::as_str), |name| comes_later(name, scope));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, scope)),
        Value::Object(members) => members.values_mut().for_each(|member| fill(member, scope)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A value with every text in it filled as far as it can be.
pub(super) fn filled(mut value: Value, scope: &BTreeMap<String, String>) -> Value {
    fill(&mut value, scope);
    value
}

fn comes_later(name: &str, scope: &BTreeMap<String, String>) -> bool {
    let by_output = name == "environment.url" && !scope.contains_key(name);
    by_output || name.starts_with("steps.") || name.starts_with("traffic.")
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
