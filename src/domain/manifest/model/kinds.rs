//! What steps do whose kinds talk to vendors: GitHub's, clouds', clusters'.
//!
//! Every value that may differ between environments is a template. What a key means is told where it stands.

use std::{collections::BTreeMap, time::Duration};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::{Rule, SecretReference, Text};
use crate::domain::manifest::template::Template;

/// Waits for GitHub's checks on the commit; any that fails stops the deployment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checks {
    /// Names of check runs or contexts of statuses.
    pub names: Vec<String>,
    /// How long a check may be missing before that is a failure.
    pub appear_within: Duration,
}

/// Dispatches a workflow of GitHub Actions on the default branch and follows its run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Workflow {
    /// The file's name below `.github/workflows`.
    pub file: String,
    /// What it is given; the commit only where it stands here.
    pub inputs: IndexMap<String, Template>,
    /// Its outputs are read from `outputs.json` in the run's artifact `botadura-outputs`.
    pub outputs: bool,
    /// The run's artifacts that are fetched into the artifact store.
    pub artifacts: Vec<String>,
}

/// Builds an image and pushes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Image {
    /// Where it is pushed to.
    pub registry: Registry,
    /// Its name there.
    pub repository: Template,
    /// The folder that is built.
    pub context: String,
    /// The recipe, within the repository; none: `Dockerfile` in the context.
    pub dockerfile: Option<String>,
    /// `linux/amd64`; none: the builder's own.
    pub platform: Option<String>,
    /// Passed to the build.
    pub build_args: IndexMap<String, Template>,
    /// Given at the build.
    pub tags: Vec<Template>,
    /// Moved to it after success, and back by a rollback.
    pub move_tags: Vec<Template>,
    /// The registry's scan is waited for, and findings at or above this fail the step.
    pub fail_on: Option<Severity>,
}

/// Where images are pushed to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Registry {
    /// Amazon's, in a region; none: the server's.
    Ecr {
        /// The region.
        region: Option<String>,
    },
    /// Any other.
    Host {
        /// Its name, with a port where it needs one.
        host: String,
        /// Who logs in.
        username: Option<String>,
        /// With what.
        password: Option<SecretReference>,
    },
}

/// How bad a finding of a scan is, from least to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Low.
    Low,
    /// Medium.
    Medium,
    /// High.
    High,
    /// Critical.
    Critical,
}

/// A service of Amazon ECS gets a new revision of its task definition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EcsService {
    /// The cluster.
    pub cluster: Template,
    /// The service; none where `traffic` names two.
    pub service: Option<Template>,
    /// The image of the container; none with `force`.
    pub image: Option<Template>,
    /// The container that gets the image; none: the only one.
    pub container: Option<String>,
    /// Changed in the container's environment; what is not named is kept.
    pub environment: IndexMap<String, Template>,
    /// References by ARN, changed in the container; what is not named is kept.
    pub secrets: IndexMap<String, Template>,
    /// One new deployment of the running revision.
    pub force: bool,
    /// Traffic moves from one service to another by weights.
    pub traffic: Option<Traffic>,
}

/// Two services behind one listener, one of which is live.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    /// The listener's or rule's ARN.
    pub listener: Template,
    /// One side.
    pub blue: Side,
    /// The other.
    pub green: Side,
    /// The strategy when nobody names one.
    pub default: String,
    /// By name, each a list of stages that ends with all of the traffic.
    pub strategies: IndexMap<String, Vec<Stage>>,
    /// A hold ends when its time is over and all of these hold.
    pub advance_when: Vec<Rule>,
    /// Any of these ends it and brings the traffic back.
    pub abort_when: Vec<Rule>,
    /// How long a hold may be prolonged; none: for ever.
    pub hold_at_most: Option<Duration>,
}

/// One of two services.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Side {
    /// The service.
    pub service: Template,
    /// Its target group.
    pub target_group: Template,
}

/// One stage of a strategy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// How much of the traffic the new side gets, in percent.
    pub weight: u8,
    /// How long that stays; none for the last.
    pub hold: Option<Duration>,
}

/// One-off work on Amazon ECS.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EcsTask {
    /// The cluster.
    pub cluster: Template,
    /// The task definition's family; its newest active revision is copied.
    pub task: Template,
    /// The service whose network and launch type it has.
    pub service: Template,
    /// The container that gets the image and the command; none: the only one.
    pub container: Option<String>,
    /// The image; none: the revision's own.
    pub image: Option<Template>,
    /// The command; empty: the revision's own.
    pub command: Vec<Template>,
    /// What must stand in its output.
    pub output: Option<Template>,
}

/// A site on Amazon S3, with CloudFront before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct S3Site {
    /// The bucket.
    pub bucket: Template,
    /// The prefix within it.
    pub prefix: Option<Template>,
    /// The files.
    pub from: super::From,
    /// What is not among the files is deleted, last.
    pub delete: bool,
    /// What is invalidated afterwards.
    pub cloudfront: Option<CloudFront>,
}

/// A distribution of Amazon CloudFront.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CloudFront {
    /// Its id.
    pub distribution: Template,
    /// What is invalidated (`/*`).
    pub paths: Vec<Template>,
}

/// A record of Amazon Route 53.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Route53 {
    /// The hosted zone's id.
    pub zone: Template,
    /// The record's name.
    pub record: Template,
    /// What it is an alias of.
    pub alias: Template,
    /// The alias's own zone; none: that of load balancers in its region.
    pub alias_zone: Option<Template>,
}

/// A snapshot of a database on Amazon RDS.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RdsSnapshot {
    /// The instance; exactly one of this and `cluster`.
    pub instance: Option<Template>,
    /// The Aurora cluster.
    pub cluster: Option<Template>,
}

/// A Kubernetes deployment gets an image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KubernetesDeployment {
    /// Which of the server's clusters; none: `default`.
    pub cluster: Option<String>,
    /// The namespace.
    pub namespace: Template,
    /// The deployment.
    pub deployment: Template,
    /// The container that gets the image; none: the only one.
    pub container: Option<String>,
    /// The image.
    pub image: Template,
}

/// A Kubernetes job of a manifest in the repository is run to its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KubernetesJob {
    /// Which of the server's clusters; none: `default`.
    pub cluster: Option<String>,
    /// The namespace.
    pub namespace: Template,
    /// The job's manifest, a path in the repository.
    pub manifest: String,
    /// The image; none: the manifest's own.
    pub image: Option<Template>,
    /// The container that gets it; none: each of the same repository, else the only one.
    pub container: Option<String>,
}

/// A Kubernetes deployment gets a number of replicas.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KubernetesScale {
    /// Which of the server's clusters; none: `default`.
    pub cluster: Option<String>,
    /// The namespace.
    pub namespace: Template,
    /// The deployment.
    pub deployment: Template,
    /// How many.
    pub replicas: u32,
}

/// A release of Helm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Helm {
    /// Which of the server's clusters; none: `default`.
    pub cluster: Option<String>,
    /// The release's name.
    pub release: Template,
    /// The chart, a path in the repository.
    pub chart: String,
    /// The namespace.
    pub namespace: Template,
    /// Files of values, paths in the repository.
    pub values: Vec<Template>,
    /// Single values.
    pub set: IndexMap<String, Text>,
}

/// A deployment of Vercel, of the pinned commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vercel {
    /// The project.
    pub project: Template,
    /// The team; none: the token's own account.
    pub team: Option<Template>,
    /// The token.
    pub token: SecretReference,
    /// `production` or `preview`.
    pub target: Option<Template>,
    /// A name that leads to it.
    pub alias: Option<Template>,
}

/// A deployment of Render, of the pinned commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Render {
    /// The service's id.
    pub service: Template,
    /// The token.
    pub token: SecretReference,
    /// The build's cache is cleared first.
    pub clear_cache: bool,
}

/// A site on Firebase Hosting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FirebaseHosting {
    /// The site.
    pub site: Template,
    /// The channel; none: `live`.
    pub channel: Option<Template>,
    /// The files.
    pub from: super::From,
    /// The service account's key.
    pub credentials: SecretReference,
    /// Headers, redirects and rewrites as `firebase.json` has them below `hosting`.
    pub config: Option<BTreeMap<String, serde_json::Value>>,
}
