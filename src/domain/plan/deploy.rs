//! The plan that brings a version into an environment.

use std::collections::{BTreeMap, BTreeSet};

use super::{Carried, Kind, Phase, Plan, PlannedOp, PlannedRun, Skip, SkipReason, closing, digest::rendered, is_target, outline::flatten};
use crate::domain::{
    deployment::{Past, Status},
    ids::{Actor, EnvironmentId, StepName},
    manifest::{Application, Environment, Step},
    release::Reason,
    version::Version,
};

/// What a plan is made from.
#[derive(Debug, Clone)]
pub struct Inputs<'a> {
    /// The application's file.
    pub application: &'a Application,
    /// Where to.
    pub environment: &'a EnvironmentId,
    /// What; none for what brings no version.
    pub version: Option<&'a Version>,
    /// Who asked.
    pub actor: &'a Actor,
    /// The last good deployment here: what skipped steps carry over.
    pub good: Option<&'a Past>,
    /// The steps whose `paths` have no difference to what they last left here, and whose target is as they left it.
    pub unchanged: BTreeSet<StepName>,
    /// A failed deployment of the same version whose builds are taken over.
    pub retried: Option<&'a Past>,
    /// The deployment that proved this version where it had to be before, whose builds are taken over.
    pub promoted: Option<&'a Past>,
}

/// The plan for these inputs. Pure: the same inputs give the same plan.
pub fn deploy(inputs: &Inputs<'_>) -> Result<Plan, Reason> {
    let scope = scope(inputs.application, inputs.environment, inputs.version, inputs.actor)?;
    let stages =
        inputs.application.stages.iter().map(|stage| stage.iter().filter(|step| step.is_for(&inputs.environment.name)).collect::<Vec<_>>());
    let mut runs = Vec::new();
    let mut again = BTreeSet::new();
    for (stage, steps) in stages.filter(|steps| !steps.is_empty()).enumerate() {
        for step in steps {
            let (skip, rebuilt) = skip(inputs, &scope, step, &again);
            if skip.is_none() && step.is_build() {
                again.insert(step.name.clone());
            }
            runs.push(PlannedRun {
                step: step.clone(),
                op: PlannedOp::Apply,
                stage,
                phase: Phase::Forward,
                skip,
                rebuilt,
                observe: is_target(&step.action) && inputs.good.and_then(|good| good.release(step)).is_none(),
                rank: stage,
                own: None,
            });
        }
    }
    let closing = closing(&runs);
    runs.extend(closing);
    Ok(Plan { kind: Kind::Deploy, runbook: None, runs, carried: Carried::default(), scope })
}

/// Whether a step is left out, with what stands in its place; or why a build of this version is done again. `again` are the
/// builds before it that are done again.
fn skip(inputs: &Inputs<'_>, scope: &BTreeMap<String, String>, step: &Step, again: &BTreeSet<StepName>) -> (Option<Skip>, Option<String>) {
    if let Some(skip) = inputs.retried.and_then(|retried| take_over(retried, scope, step)) {
        return (Some(skip), None);
    }
    if let Some(skip) = unchanged(inputs, step) {
        return (Some(skip), None);
    }
    match inputs.promoted.and_then(|promoted| promote(promoted, scope, step, again)) {
        Some(Ok(skip)) => (Some(skip), None),
        Some(Err(why)) => (None, Some(why)),
        None => (None, None),
    }
}

/// A step is left out when nothing has changed that its `paths` name.
fn unchanged(inputs: &Inputs<'_>, step: &Step) -> Option<Skip> {
    let good = inputs.good.filter(|_| inputs.unchanged.contains(&step.name))?;
    let run = good.run(step)?;
    Some(Skip {
        why: SkipReason::Unchanged,
        release: run.release().cloned(),
        outputs: good.outputs_of(step),
        artifacts: run.artifacts().to_vec(),
    })
}

/// What a build left where its version had to be before, if it would be given the same here; else why it is done again.
fn promote(promoted: &Past, scope: &BTreeMap<String, String>, step: &Step, again: &BTreeSet<StepName>) -> Option<Result<Skip, String>> {
    let (place, planned) = promoted.plan.forward(&step.name).filter(|_| step.is_build())?;
    let run = &promoted.state.runs[place];
    let outputs = run.outputs()?;
    let (now, then) = (rendered(step, scope), rendered(&planned.step, promoted.plan.scope_of(place)));
    if let Some(why) = difference(&now, &then) {
        return Some(Err(why));
    }
    let text = now.to_string();
    if let Some(other) = again.iter().find(|other| text.contains(&format!("steps.{other}."))) {
        return Some(Err(format!("{other} is built again")));
    }
    Some(Ok(Skip { why: SkipReason::TakenOver(promoted.id), release: None, outputs: outputs.clone(), artifacts: run.artifacts().to_vec() }))
}

/// The first place where two rendered steps differ, in words.
fn difference(now: &serde_json::Value, then: &serde_json::Value) -> Option<String> {
    let leaves = |value| {
        let mut leaves = Vec::new();
        flatten(value, "", &mut leaves);
        leaves
    };
    let (now, then): (BTreeMap<_, _>, BTreeMap<_, _>) = (leaves(now).into_iter().collect(), leaves(then).into_iter().collect());
    let shown =
        |value: Option<&String>| value.map_or("nothing".to_owned(), |value| format!("`{}`", value.chars().take(80).collect::<String>()));
    let place = now.keys().chain(then.keys()).find(|place| now.get(*place) != then.get(*place))?;
    // The first word says only that it is what the step does.
    let key = place.strip_prefix("action.").unwrap_or(place);
    Some(format!("{key} is {}, and was {}", shown(now.get(place)), shown(then.get(place))))
}

/// A build that was done with the same inputs is not done again.
fn take_over(retried: &Past, scope: &BTreeMap<String, String>, step: &Step) -> Option<Skip> {
    let (place, planned) = retried.plan.forward(&step.name)?;
    let same = step.is_build() && planned.step == *step && same_scope(&retried.plan.scope, scope);
    match &retried.state.runs[place].status {
        Status::Done { outputs, release, artifacts } | Status::Skipped { outputs, release, artifacts } if same => Some(Skip {
            why: SkipReason::TakenOver(retried.id),
            release: release.clone(),
            outputs: outputs.clone(),
            artifacts: artifacts.clone(),
        }),
        _ => None,
    }
}

/// Who asks makes no difference to what is built.
fn same_scope(one: &BTreeMap<String, String>, other: &BTreeMap<String, String>) -> bool {
    let relevant = |scope: &BTreeMap<String, String>| {
        scope.iter().filter(|(name, _)| *name != "actor").map(|(n, v)| (n.clone(), v.clone())).collect::<Vec<_>>()
    };
    relevant(one) == relevant(other)
}

/// What templates see, but for `steps.*`, which come to be while it runs.
pub fn scope(
    application: &Application,
    id: &EnvironmentId,
    version: Option<&Version>,
    actor: &Actor,
) -> Result<BTreeMap<String, String>, Reason> {
    let environment = application
        .environments
        .get(&id.name)
        .ok_or_else(|| Reason::new(format!("{} has no environment {} any more", application.name, id.name)))?;
    let mut scope = BTreeMap::from([
        ("app.name".to_owned(), application.name.to_string()),
        ("environment.name".to_owned(), id.name.to_string()),
        ("actor".to_owned(), actor.to_string()),
    ]);
    let optional = [
        ("version.sha", version.map(|version| version.sha.to_string())),
        ("version.short", version.map(|version| version.sha.short().to_owned())),
        ("version.ref", version.and_then(Version::reference).map(ToString::to_string)),
        ("version.tag", version.and_then(|version| version.tag.as_ref()).map(ToString::to_string)),
        ("version.pull_request", version.and_then(|version| version.pull_request).map(|number| number.to_string())),
    ];
    scope.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    fill(environment, &mut scope)?;
    Ok(scope)
}

fn fill(environment: &Environment, scope: &mut BTreeMap<String, String>) -> Result<(), Reason> {
    let render = |scope: &BTreeMap<String, String>, template: &crate::domain::manifest::template::Template| {
        template.render(|name| scope.get(name).map(String::as_str)).map_err(|wrong| Reason::new(wrong.to_string()))
    };
    let values: Vec<_> = environment
        .vars
        .iter()
        .map(|(name, template)| Ok((format!("vars.{name}"), render(scope, template)?)))
        .collect::<Result<_, Reason>>()?;
    scope.extend(values);
    if let Some(url) = &environment.url {
        let url = render(scope, url)?;
        scope.insert("environment.url".to_owned(), url);
    }
    Ok(())
}
