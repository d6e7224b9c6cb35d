//! The applications as their files configure them. Where a file names a secret, not even its name is told.

use std::{sync::Arc, time::Duration};

use actix_web::web::{Data, Json, Path};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        ids::{ApplicationName, EnvironmentId, EnvironmentName, RepositoryName, RunbookName, StepName},
        manifest::{
            After, Allowed, Application, Approvals, Environment, Freeze, Limits, Outdated, Point, Queue, Step, Trigger, Watch,
            pattern::Patterns,
        },
    },
    web::{Shared, problem::Problem, token::Caller},
};

/// The applications.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Applications {
    /// By name.
    pub applications: Vec<ApplicationLine>,
}

/// One application in short.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ApplicationLine {
    /// Its name.
    pub name: ApplicationName,
    /// The repository that reaches it.
    pub repository: RepositoryName,
    /// Its environments, in its file's order.
    pub environments: Vec<EnvironmentName>,
}

/// An application as its file configures it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ApplicationView {
    /// Its name.
    pub name: ApplicationName,
    /// The repository that reaches it.
    pub repository: RepositoryName,
    /// A version that differs in none of these paths deploys nothing. Empty: everything counts.
    pub paths: Vec<String>,
    /// In its file's order.
    pub environments: Vec<EnvironmentGates>,
    /// One after the other; each member of an inner list side by side with the others.
    pub steps: Vec<Vec<StepView>>,
    /// Work that brings no version.
    pub runbooks: Vec<RunbookView>,
}

/// An environment with what stands before a deployment there.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EnvironmentGates {
    /// Its name.
    pub name: EnvironmentName,
    /// Where it is reached, as its file writes it.
    pub url: Option<String>,
    /// What proposes a version by itself.
    pub triggers: Vec<TriggerView>,
    /// Roles that may ask for something here; empty: whoever may write to the repository.
    pub deployers: Vec<String>,
    /// Pushes count only of those who may deploy here.
    pub trusted_pushers: bool,
    /// What becomes of proposals that wait while newer ones come.
    pub queue: Queue,
    /// What must have happened to a version elsewhere first.
    pub after: Option<After>,
    /// A version needs a tag of these patterns.
    pub require_tag: Option<Vec<String>>,
    /// Who must agree first.
    pub approvals: Option<Approvals>,
    /// The points that people tick, in words.
    pub checklist: ChecklistView,
    /// When nothing begins here.
    pub freeze: Vec<FreezeView>,
    /// GitHub's flag.
    pub production: bool,
    /// One instance for each pull request.
    pub transient: bool,
    /// How many instances, and how old.
    pub limits: Option<Limits>,
    /// Versions from forks.
    pub forks: Allowed,
    /// Versions of drafts.
    pub drafts: Allowed,
    /// Versions that are behind their base.
    pub outdated: Outdated,
    /// How long it is watched after the steps.
    pub watch: Option<Duration>,
}

/// What proposes a version by itself.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TriggerView {
    /// A push to a branch of these patterns.
    Push(Vec<String>),
    /// A tag of these patterns.
    Tag(Vec<String>),
    /// A pull request that has a label.
    PullRequest {
        /// The label.
        label: String,
    },
    /// A time.
    Schedule {
        /// Minute, hour, day, month, weekday.
        cron: String,
        /// The zone of that time.
        zone: String,
    },
}

/// The points that people tick, in words.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ChecklistView {
    /// Before a version comes here.
    pub before: Vec<String>,
    /// Before it goes on from here.
    pub leaving: Vec<String>,
    /// After it came here.
    pub after: Vec<AfterView>,
}

/// Points that are ticked within a time after a deployment.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AfterView {
    /// The time, from the end of the steps.
    pub within: Duration,
    /// The points.
    pub points: Vec<String>,
}

/// When nothing begins.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct FreezeView {
    /// From when to when, in which zone, as the file means it.
    #[schemars(with = "serde_json::Value")]
    pub when: Freeze,
    /// Why.
    pub reason: Option<String>,
}

/// A step in short.
#[expect(clippy::struct_excessive_bools, reason = "each says something of its own, as in the file")]
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct StepView {
    /// Its name.
    pub name: StepName,
    /// Its kind.
    pub kind: String,
    /// Environments in which it is done; empty: all.
    pub only: Vec<EnvironmentName>,
    /// Environments in which it is not done.
    pub except: Vec<EnvironmentName>,
    /// It is skipped when nothing in these paths differs. Empty: never.
    pub paths: Vec<String>,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// How many further attempts a failure has.
    pub retries: u32,
    /// It leaves a release that can be restored.
    pub target: bool,
    /// It is done again after a rollback.
    pub verify: bool,
    /// It builds, and changes nothing in the environment.
    pub build: bool,
    /// Something takes it back.
    pub undo: bool,
}

/// A runbook in short.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RunbookView {
    /// Its name.
    pub name: RunbookName,
    /// Whose slot, variables and locks it has.
    pub environment: EnvironmentName,
    /// Who must agree first.
    pub approvals: Option<Approvals>,
    /// As an application's.
    pub steps: Vec<Vec<StepView>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Named {
    /// The application.
    pub application: ApplicationName,
}

pub(super) async fn list(caller: Caller, shared: Data<Shared>) -> Json<Applications> {
    let line = |application: Arc<Application>| {
        let environments = visible(&application, &caller).map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let (name, repository) = (application.name.clone(), application.repository.clone());
        (!environments.is_empty()).then_some(ApplicationLine { name, repository, environments })
    };
    Json(Applications { applications: (shared.parts.links.applications)().into_iter().filter_map(line).collect() })
}

pub(super) async fn one(named: Path<Named>, caller: Caller, shared: Data<Shared>) -> Result<Json<ApplicationView>, Problem> {
    let found = (shared.parts.links.applications)().into_iter().find(|one| one.name == named.application);
    let found = found.filter(|one| visible(one, &caller).next().is_some());
    let application = found.ok_or_else(|| Problem::not_found(format!("there is no application {}", named.application)))?;
    let runbooks = application.runbooks.iter().filter(|(_, runbook)| {
        let id = EnvironmentId::new(application.name.clone(), runbook.environment.clone());
        caller.may_read(&id)
    });
    Ok(Json(ApplicationView {
        name: application.name.clone(),
        repository: application.repository.clone(),
        paths: application.paths.sources().to_vec(),
        environments: visible(&application, &caller).map(|(name, environment)| gates(name, environment)).collect(),
        steps: stages(&application.stages),
        runbooks: runbooks
            .map(|(name, runbook)| RunbookView {
                name: name.clone(),
                environment: runbook.environment.clone(),
                approvals: runbook.approvals.clone(),
                steps: stages(&runbook.stages),
            })
            .collect(),
    }))
}

/// The environments of an application that somebody may see.
fn visible<'a>(application: &'a Application, caller: &Caller) -> impl Iterator<Item = (&'a EnvironmentName, &'a Environment)> {
    application.environments.iter().filter(move |(name, _)| caller.may_read(&EnvironmentId::new(application.name.clone(), (*name).clone())))
}

fn gates(name: &EnvironmentName, environment: &Environment) -> EnvironmentGates {
    EnvironmentGates {
        name: name.clone(),
        url: environment.url.as_ref().map(ToString::to_string),
        triggers: environment.on.iter().map(trigger).collect(),
        deployers: environment.deployers.clone(),
        trusted_pushers: environment.trusted_pushers,
        queue: environment.queue,
        after: environment.after.clone(),
        require_tag: environment.require_tag.as_ref().map(sources),
        approvals: environment.approvals.clone(),
        checklist: ChecklistView {
            before: words(&environment.checklist.before),
            leaving: words(&environment.checklist.leaving),
            after: environment
                .checklist
                .after
                .iter()
                .map(|points| AfterView { within: points.within, points: words(&points.points) })
                .collect(),
        },
        freeze: environment.freeze.iter().map(|freeze| FreezeView { when: freeze.clone(), reason: freeze.reason.clone() }).collect(),
        production: environment.production,
        transient: environment.transient,
        limits: environment.limits,
        forks: environment.forks,
        drafts: environment.drafts,
        outdated: environment.outdated,
        watch: environment.watch.as_ref().map(|watch: &Watch| watch.lasts),
    }
}

fn trigger(trigger: &Trigger) -> TriggerView {
    match trigger {
        Trigger::Push(patterns) => TriggerView::Push(sources(patterns)),
        Trigger::Tag(patterns) => TriggerView::Tag(sources(patterns)),
        Trigger::PullRequest { label } => TriggerView::PullRequest { label: label.clone() },
        Trigger::Schedule(schedule) => TriggerView::Schedule { cron: schedule.fields().to_owned(), zone: schedule.zone().to_owned() },
    }
}

fn sources(patterns: &Patterns) -> Vec<String> {
    patterns.sources().to_vec()
}

fn words(points: &[Point]) -> Vec<String> {
    points.iter().map(|point| point.text.clone()).collect()
}

fn stages(stages: &[Vec<Step>]) -> Vec<Vec<StepView>> {
    stages.iter().map(|stage| stage.iter().map(step).collect()).collect()
}

fn step(step: &Step) -> StepView {
    StepView {
        name: step.name.clone(),
        kind: step.action.kind().to_owned(),
        only: step.only.clone(),
        except: step.except.clone(),
        paths: sources(&step.paths),
        timeout: step.timeout(),
        retries: step.retries,
        target: step.action.is_target(),
        verify: step.verify,
        build: step.is_build(),
        undo: step.undo.is_some(),
    }
}
