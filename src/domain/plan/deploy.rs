//! The plan that brings a version into an environment.

use std::collections::{BTreeMap, BTreeSet};

use super::{Carried, Kind, Phase, Plan, PlannedOp, PlannedRun, Skip, SkipReason, is_target};
use crate::domain::{
    deployment::{Past, Status},
    ids::{Actor, EnvironmentId, StepName},
    manifest::{Action, Application, Environment, Step},
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
}

/// The plan for these inputs. Pure: the same inputs give the same plan.
pub fn deploy(inputs: &Inputs<'_>) -> Result<Plan, Reason> {
    let scope = scope(inputs.application, inputs.environment, inputs.version, inputs.actor)?;
    let stages =
        inputs.application.stages.iter().map(|stage| stage.iter().filter(|step| step.is_for(&inputs.environment.name)).collect::<Vec<_>>());
    let mut runs = Vec::new();
    for (stage, steps) in stages.filter(|steps| !steps.is_empty()).enumerate() {
        runs.extend(steps.into_iter().map(|step| PlannedRun {
            step: step.clone(),
            op: PlannedOp::Apply,
            stage,
            phase: Phase::Forward,
            skip: skip(inputs, &scope, step),
            observe: is_target(&step.action) && inputs.good.and_then(|good| good.release(step)).is_none(),
            rank: stage,
            own: None,
        }));
    }
    let closing = |phase, op: PlannedOp, of: fn(&Action) -> bool| {
        runs.iter()
            .filter(|run| run.skip.is_none() && of(&run.step.action))
            .map(|run| PlannedRun { op: op.clone(), stage: 0, phase, observe: false, ..run.clone() })
            .collect::<Vec<_>>()
    };
    let clean_up = closing(Phase::AfterFailure, PlannedOp::CleanUp, leaves_things);
    let retire = closing(Phase::AfterSuccess, PlannedOp::Retire, is_target);
    runs.extend(clean_up);
    runs.extend(retire);
    Ok(Plan { kind: Kind::Deploy, runs, carried: Carried::default(), scope })
}

/// Whether a step that was begun and not finished may have left something behind.
fn leaves_things(action: &Action) -> bool {
    !matches!(action, Action::Http(_))
}

/// Whether a step is left out, and what stands in its place.
fn skip(inputs: &Inputs<'_>, scope: &BTreeMap<String, String>, step: &Step) -> Option<Skip> {
    if let Some(skip) = inputs.retried.and_then(|retried| take_over(retried, scope, step)) {
        return Some(skip);
    }
    if !inputs.unchanged.contains(&step.name) {
        return None;
    }
    let good = inputs.good?;
    let run = good.run(step)?;
    Some(Skip {
        why: SkipReason::Unchanged,
        release: run.release().cloned(),
        outputs: good.outputs_of(step),
        artifacts: run.artifacts().to_vec(),
    })
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
