//! What an application's file means once it has been read and found right.
//!
//! `gates` has what stands before a deployment, `signals` what is looked at after it, `kinds` what steps do that talk to
//! vendors.

use std::{collections::BTreeMap, time::Duration};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::{pattern::Patterns, rule::Rule, schedule::Schedule, template::Template, window::Freeze};
use crate::domain::ids::{ApplicationName, EnvironmentName, RepositoryName, RunbookName, StepName};

mod built_in;
mod gates;
mod kinds;
mod signals;
pub use built_in::NotBuiltIn;
pub use gates::*;
pub use kinds::*;
pub use signals::*;

/// What one file in `config/apps/` describes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Application {
    /// The file's stem.
    pub name: ApplicationName,
    /// The only repository that reaches it.
    pub repository: RepositoryName,
    /// A version that differs from what runs in none of these paths deploys nothing. Empty: everything counts.
    pub paths: Patterns,
    /// The channel in which people read about it.
    pub slack: Option<String>,
    /// The language that people read, `en` or `es`; none: the server's.
    pub locale: Option<String>,
    /// In the file's order.
    pub environments: IndexMap<EnvironmentName, Environment>,
    /// One after the other; each member of an inner list side by side with the others.
    pub stages: Vec<Vec<Step>>,
    /// Figures about it, by name.
    pub metrics: IndexMap<String, Metric>,
    /// Work that brings no version, by name.
    pub runbooks: IndexMap<RunbookName, Runbook>,
    /// Who is called.
    pub contacts: Vec<Contact>,
    /// Where to look, by name.
    pub links: IndexMap<String, Template>,
}

/// A place where one version of the application runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// What proposes a version here by itself.
    pub on: Vec<Trigger>,
    /// Where it is reached.
    pub url: Option<Template>,
    /// Values for templates.
    pub vars: IndexMap<String, Template>,
    /// Roles that may ask for something here; empty: whoever may write to the repository.
    pub deployers: Vec<String>,
    /// Pushes count only of those who may deploy here.
    pub trusted_pushers: bool,
    /// What becomes of proposals that wait while newer ones come.
    pub queue: Queue,
    /// What must have happened to a version elsewhere first.
    pub after: Option<After>,
    /// A version needs a tag of this pattern, on its commit or on one of the same tree.
    pub require_tag: Option<Patterns>,
    /// Who must agree first.
    pub approvals: Option<Approvals>,
    /// What people tick.
    pub checklist: Checklist,
    /// When nothing begins here.
    pub freeze: Vec<Freeze>,
    /// GitHub's flag, with what follows from it: protected branches only, forks never.
    pub production: bool,
    /// One instance for each pull request, removed with it.
    pub transient: bool,
    /// How many instances, and how old.
    pub limits: Option<Limits>,
    /// Versions from forks.
    pub forks: Allowed,
    /// Versions of drafts.
    pub drafts: Allowed,
    /// Versions that are behind their base.
    pub outdated: Outdated,
    /// A GitHub release for each successful deployment.
    pub github_release: Option<GithubRelease>,
    /// The time after the steps in which rules are looked at: its own, else the application's.
    pub watch: Option<Watch>,
    /// What the insight page measures against.
    pub goals: Goals,
    /// Labels of the issue that a rollback by itself opens; none: it opens none.
    pub incident: Option<Vec<String>>,
}

/// Work that brings no version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Runbook {
    /// Whose slot, variables and locks it has.
    pub environment: EnvironmentName,
    /// Roles that may run it; empty: the environment's.
    pub deployers: Vec<String>,
    /// Who must agree first.
    pub approvals: Option<Approvals>,
    /// When it runs by itself.
    pub on: Vec<Schedule>,
    /// It runs beside a deployment.
    pub concurrent: bool,
    /// The branch, tag or commit of its workspace; none: it has none.
    pub reference: Option<String>,
    /// As an application's.
    pub stages: Vec<Vec<Step>>,
}

/// Who is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Their name.
    pub name: String,
    /// The role that they have.
    pub role: Option<String>,
    /// Where they are on Slack.
    pub slack: Option<String>,
    /// Their address.
    pub email: Option<String>,
}

/// One thing that a deployment does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Unique within the application.
    pub name: StepName,
    /// What it was called when it last left something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<StepName>,
    /// Environments in which it is done; empty: all.
    pub only: Vec<EnvironmentName>,
    /// Environments in which it is not done.
    pub except: Vec<EnvironmentName>,
    /// It is skipped when nothing in these paths differs from what it last left here. Empty: never skipped.
    pub paths: Patterns,
    /// How long one attempt may take; none: the kind's own limit.
    pub timeout: Option<Duration>,
    /// How many further attempts a failure has.
    pub retries: u32,
    /// Plain environment variables of commands.
    pub env: IndexMap<String, Template>,
    /// Secret environment variables of commands.
    pub secrets: IndexMap<String, SecretReference>,
    /// It is done again after a rollback, against the version that came back.
    pub verify: bool,
    /// It builds, and changes nothing in the environment: its outputs are taken over by a retry or a promotion.
    pub build: bool,
    /// What takes it back.
    pub undo: Option<Undo>,
    /// Paths in the workspace that later steps need.
    pub produces: Vec<String>,
    /// Patterns of files that go into the deployment's record.
    pub keep: Vec<String>,
    /// What it does.
    pub action: Action,
}

impl Step {
    /// How long one attempt may take: what the manifest says, else what is usual for the kind.
    pub fn timeout(&self) -> Duration {
        self.timeout.unwrap_or(match self.action {
            Action::Checks(_) | Action::Workflow(_) => Duration::from_hours(1),
            Action::Http(_) | Action::Directory(_) | Action::KubernetesScale(_) | Action::Route53(_) => Duration::from_mins(10),
            _ => Duration::from_mins(30),
        })
    }

    /// Whether it is done in an environment of this name.
    pub fn is_for(&self, environment: &EnvironmentName) -> bool {
        (self.only.is_empty() || self.only.contains(environment)) && !self.except.contains(environment)
    }

    /// Whether its outputs may be taken over instead of doing it again.
    pub fn is_build(&self) -> bool {
        self.build || !self.produces.is_empty() || matches!(self.action, Action::Image(_))
    }
}

/// What takes a step back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Undo {
    /// Whether a rollback does it unasked.
    pub automatic: bool,
    /// What it does.
    pub action: Action,
}

/// What a step does; one for each file in `steps/`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Waits for GitHub's checks.
    Checks(Checks),
    /// A workflow of GitHub Actions.
    Workflow(Workflow),
    /// A program in the workspace.
    Command(Command),
    /// A request whose answer is judged.
    Http(Http),
    /// Releases side by side in a folder of this machine.
    Directory(Directory),
    /// An image is built and pushed.
    Image(Image),
    /// A service of Amazon ECS.
    EcsService(Box<EcsService>),
    /// One-off work on Amazon ECS.
    EcsTask(EcsTask),
    /// A site on Amazon S3.
    S3Site(S3Site),
    /// A record of Amazon Route 53.
    Route53(Route53),
    /// A snapshot of a database on Amazon RDS.
    RdsSnapshot(RdsSnapshot),
    /// A Kubernetes deployment.
    KubernetesDeployment(KubernetesDeployment),
    /// A Kubernetes job.
    KubernetesJob(KubernetesJob),
    /// A number of replicas.
    KubernetesScale(KubernetesScale),
    /// A release of Helm.
    Helm(Helm),
    /// A deployment of Vercel.
    Vercel(Vercel),
    /// A deployment of Render.
    Render(Render),
    /// A site on Firebase Hosting.
    FirebaseHosting(FirebaseHosting),
}

impl Action {
    /// The kind's name in the manifest.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Checks(_) => "checks",
            Self::Workflow(_) => "workflow",
            Self::Command(_) => "command",
            Self::Http(_) => "http",
            Self::Directory(_) => "directory",
            Self::Image(_) => "image",
            Self::EcsService(_) => "ecs_service",
            Self::EcsTask(_) => "ecs_task",
            Self::S3Site(_) => "s3_site",
            Self::Route53(_) => "route53",
            Self::RdsSnapshot(_) => "rds_snapshot",
            Self::KubernetesDeployment(_) => "kubernetes_deployment",
            Self::KubernetesJob(_) => "kubernetes_job",
            Self::KubernetesScale(_) => "kubernetes_scale",
            Self::Helm(_) => "helm",
            Self::Vercel(_) => "vercel",
            Self::Render(_) => "render",
            Self::FirebaseHosting(_) => "firebase_hosting",
        }
    }

    /// Whether it leaves something in an environment that can be restored.
    pub fn is_target(&self) -> bool {
        matches!(
            self,
            Self::Directory(_)
                | Self::EcsService(_)
                | Self::S3Site(_)
                | Self::Route53(_)
                | Self::KubernetesDeployment(_)
                | Self::KubernetesScale(_)
                | Self::Helm(_)
                | Self::Vercel(_)
                | Self::Render(_)
                | Self::FirebaseHosting(_)
        )
    }
}

/// A program that is run in the workspace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// What is run.
    pub run: Invocation,
    /// The folder in the workspace; the top when absent.
    pub cwd: Option<String>,
    /// Run first, in their order, each to success.
    pub before: Vec<Vec<Template>>,
    /// It may be run again when nobody knows whether it came to its end.
    pub restartable: bool,
}

/// What is run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Invocation {
    /// A program and its arguments, each one rendered by itself; no shell.
    Argv(Vec<Template>),
    /// A script for `bash -euo pipefail`. It has no templates: values reach it by its environment alone.
    Script(String),
}

/// A request whose answer is judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Http {
    /// Where to.
    pub url: Template,
    /// `GET` when absent.
    pub method: String,
    /// Sent with it.
    pub headers: IndexMap<String, Text>,
    /// What the answer must be.
    pub expect: Expect,
    /// How many times it is asked before it has failed.
    pub attempts: u32,
    /// The time between two of them.
    pub every: Duration,
    /// How long one may take.
    pub timeout: Duration,
    /// Connect to this host or address instead of the URL's, keeping its name.
    pub resolve: Option<Template>,
}

/// What an answer must be.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Expect {
    /// One of these; empty: any from 200 to 299.
    pub status: Vec<u16>,
    /// Stands in the body.
    pub body_contains: Option<Template>,
    /// Contained in the body's JSON: each key here has this value there.
    pub json: Option<serde_json::Value>,
    /// Headers with their values.
    pub headers: BTreeMap<String, Template>,
}

/// Releases side by side in a folder of this machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Directory {
    /// The folder that holds `releases/` and `current`.
    pub root: Template,
    /// What a release is made of.
    pub from: From,
    /// How many old releases stay on the disk.
    pub keep: u32,
    /// The process that serves it; none: files only.
    pub serve: Option<Serve>,
    /// Run after `current` was flipped.
    pub reload: Option<Vec<Template>>,
}

/// Where a step takes files from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum From {
    /// A path in the repository.
    Repository(String),
    /// What a step produces, or an artifact that a workflow fetched.
    Step {
        /// The step.
        step: StepName,
        /// The path that it produces; of a workflow, the artifact's name.
        path: String,
    },
}

/// The process that serves a release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Serve {
    /// The program and its arguments, run in the release's folder, with `PORT` in its environment.
    pub command: Vec<Template>,
    /// Where it listens; none: a free port.
    pub port: Option<u16>,
    /// The path that must answer 200 before it gets a request.
    pub ready: String,
    /// Where the built-in router listens (`127.0.0.1:8080`); none: no router.
    pub listen: Option<Template>,
    /// How long the old process may finish its requests.
    pub drain: Duration,
}

/// A value of a map of strings: plain, or a secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Text {
    /// Rendered when it is used.
    Plain(Template),
    /// Read when it is used, and never shown.
    Secret(SecretReference),
}

/// Where a secret is; never the secret itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretReference {
    /// A variable of the server's environment.
    Env(String),
    /// A file on the server's machine; one newline at its end does not count.
    File(std::path::PathBuf),
    /// A secret of AWS Secrets Manager, `name#key`.
    AwsSecret(String),
    /// A parameter of AWS Systems Manager.
    AwsParameter(String),
}
