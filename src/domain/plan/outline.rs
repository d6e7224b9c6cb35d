//! A plan as it is shown beforehand: each step with what it would do, and what going back would restore.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Kind, Phase, Plan, PlannedOp, PlannedRun, SkipReason, digest::filled};
use crate::domain::{deployment::Past, ids::StepName, version::Version};

/// A plan as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Outline {
    /// In their order; those of one stage go side by side.
    pub steps: Vec<Line>,
    /// What going back from it would do with each target, in that order. Empty for what has no way back of its own.
    pub back: Vec<Back>,
}

/// One step as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// Its name.
    pub step: StepName,
    /// Its kind.
    pub kind: String,
    /// What is done with it: `apply`, `undo`, `remove`.
    pub op: String,
    /// Its place in the order, from 0.
    pub stage: usize,
    /// Why it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip: Option<SkipReason>,
    /// Why a build is done again although one of this version is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rebuilt: Option<String>,
    /// What its keys say, templates filled as far as they can be; secrets as references.
    pub does: Vec<(String, String)>,
}

/// What going back would do with a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Back {
    /// The step.
    pub step: StepName,
    /// What would come back.
    pub to: BackTo,
}

/// What would come back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BackTo {
    /// A release of an earlier deployment.
    Release {
        /// The provider's id of it.
        id: String,
        /// The version that it is of.
        version: Option<Version>,
    },
    /// What is found there when it begins, which nobody knows yet: a release, or nothing.
    Found,
    /// It is not touched.
    Stays,
}

impl Plan {
    /// The plan as it is shown. `good` is what runs in its environment.
    pub fn outline(&self, good: Option<&Past>) -> Outline {
        let steps = self.of(Phase::Forward).map(|(place, run)| line(run, self, place)).collect();
        let mut targets: Vec<&PlannedRun> = self.of(Phase::Forward).map(|(_, run)| run).filter(|run| run.step.action.is_target()).collect();
        targets.sort_by_key(|run| std::cmp::Reverse(run.stage));
        let has_way_back = self.kind == Kind::Deploy;
        let back =
            targets.into_iter().filter(|_| has_way_back).map(|run| Back { step: run.step.name.clone(), to: back(run, good) }).collect();
        Outline { steps, back }
    }
}

fn back(run: &PlannedRun, good: Option<&Past>) -> BackTo {
    if run.skip.is_some() {
        return BackTo::Stays;
    }
    let release = good.and_then(|good| Some((good, good.release(&run.step)?)));
    release.map_or(BackTo::Found, |(good, release)| BackTo::Release { id: release.id.clone(), version: good.version.clone() })
}

fn line(run: &PlannedRun, plan: &Plan, place: usize) -> Line {
    let mut does = Vec::new();
    let action = serde_json::to_value(&run.step.action).expect("a step holds nothing that JSON cannot say");
    let action = filled(action, plan.scope_of(place));
    // The action is a map of one member, the kind.
    for inner in action.as_object().into_iter().flat_map(|action| action.values()) {
        flatten(inner, "", &mut does);
    }
    Line {
        step: run.step.name.clone(),
        kind: run.step.action.kind().to_owned(),
        op: match &run.op {
            PlannedOp::Apply => "apply".to_owned(),
            other => other.word().to_owned(),
        },
        stage: run.stage,
        skip: run.skip.as_ref().map(|skip| skip.why.clone()),
        rebuilt: run.rebuilt.clone(),
        does,
    }
}

/// The leaves of a value with their places, without what says nothing.
pub(super) fn flatten(value: &Value, place: &str, into: &mut Vec<(String, String)>) {
    match value {
        Value::Null | Value::Bool(false) => {}
        Value::Object(members) if members.is_empty() => {}
        Value::Array(items) if items.is_empty() => {}
        // A rule is shown as it was written.
        Value::Object(members) if members.contains_key("says") && members.contains_key("source") => {
            flatten(&members["source"], place, into);
        }
        _ if span(value).is_some() => into.extend(span(value).map(|text| (place.to_owned(), text))),
        Value::Object(members) => {
            for (name, member) in members {
                let inner = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                flatten(member, &inner, into);
            }
        }
        Value::Array(items) if items.iter().all(is_scalar) => {
            into.push((place.to_owned(), items.iter().map(scalar).collect::<Vec<_>>().join(" ")));
        }
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                flatten(item, &format!("{place}.{}", number + 1), into);
            }
        }
        scalar_value => into.push((place.to_owned(), scalar(scalar_value))),
    }
}

fn is_scalar(value: &Value) -> bool {
    matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_))
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A span of time, which JSON has as seconds and nanoseconds.
fn span(value: &Value) -> Option<String> {
    let members = value.as_object().filter(|members| members.len() == 2)?;
    let (seconds, _) = (members.get("secs")?.as_u64()?, members.get("nanos")?);
    Some(crate::domain::manifest::duration::text(std::time::Duration::from_secs(seconds)))
}
