//! Steps that talk to vendors: GitHub's, clouds', clusters'.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{From, Secret, Span, Text, exactly_one, short::either};

/// A list of names, or `{names, appear_within}`.
#[derive(Debug)]
pub(crate) struct Checks {
    /// Whether it was written as a plain list.
    pub(crate) plain: bool,
    pub(crate) names: Vec<String>,
    pub(crate) appear_within: Option<Span>,
}

/// GitHub's checks on the commit.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FullChecks {
    /// Names of check runs or contexts of statuses.
    #[schemars(length(min = 1))]
    names: Vec<String>,
    /// How long a check may be missing before that is a failure; 10m when absent.
    appear_within: Option<Span>,
}

either!(
    Checks,
    "a list of names or a map ({names: [test]})",
    list(Vec<String>) => |names| Checks { plain: true, names, appear_within: None },
    map(FullChecks) => |full: FullChecks| Checks { plain: false, names: full.names, appear_within: full.appear_within },
);

/// A workflow of GitHub Actions, dispatched on the default branch.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a workflow (a map such as {file: build.yml})")]
pub(crate) struct Workflow {
    /// The file's name below `.github/workflows`.
    pub(crate) file: String,
    /// What it is given. The commit reaches it only here: `{ sha: "{{ version.sha }}" }`.
    #[serde(default)]
    pub(crate) inputs: IndexMap<String, String>,
    /// `artifact`: its outputs are read from `outputs.json` in the run's artifact `botadura-outputs`.
    #[schemars(extend("enum" = ["artifact"]))]
    pub(crate) outputs: Option<String>,
    /// The run's artifacts that are fetched and kept, for `from: { step, artifact }`.
    #[serde(default)]
    pub(crate) artifacts: Vec<String>,
}

/// An image that is built and pushed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an image (a map such as {registry: …, repository: …})")]
pub(crate) struct Image {
    /// Where it is pushed to: `{ ecr: { region } }` or `{ host, username, password }`.
    pub(crate) registry: Registry,
    /// Its name there.
    pub(crate) repository: String,
    /// The folder in the repository that is built; `.` when absent.
    pub(crate) context: Option<String>,
    /// The recipe, a path in the repository; `Dockerfile` in the context when absent.
    pub(crate) dockerfile: Option<String>,
    /// `linux/amd64`; the builder's own when absent.
    pub(crate) platform: Option<String>,
    /// Passed to the build.
    #[serde(default)]
    pub(crate) build_args: IndexMap<String, String>,
    /// Tags that are given at the build.
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    /// Tags that are moved to it after success, and back by a rollback.
    #[serde(default)]
    pub(crate) move_tags: Vec<String>,
    /// The registry's scan is waited for.
    pub(crate) scan: Option<Scan>,
}

/// A registry's scan of an image.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a scan (a map such as {fail_on: high})")]
pub(crate) struct Scan {
    /// Findings at or above this stop the deployment.
    #[schemars(extend("enum" = ["low", "medium", "high", "critical"]))]
    pub(crate) fail_on: String,
}

/// Where images are pushed to.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a registry (a map such as {ecr: {region: us-east-1}} or {host: ghcr.io})")]
#[schemars(transform = exactly_one(&["ecr", "host"]))]
pub(crate) struct Registry {
    /// Amazon's own.
    pub(crate) ecr: Option<Ecr>,
    /// Another: its name, with a port where it needs one.
    pub(crate) host: Option<String>,
    /// Who logs in.
    pub(crate) username: Option<String>,
    /// With what.
    pub(crate) password: Option<Secret>,
}

/// Amazon's registry.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a map such as {region: us-east-1}")]
pub(crate) struct Ecr {
    /// The region; the server's when absent.
    pub(crate) region: Option<String>,
}

/// A service of Amazon ECS.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a service of ECS (a map such as {cluster: …, service: …, image: …})")]
#[schemars(transform = exactly_one(&["service", "traffic"]))]
pub(crate) struct EcsService {
    /// The cluster.
    pub(crate) cluster: String,
    /// The service; `traffic` names two instead.
    pub(crate) service: Option<String>,
    /// The image of the container, best by digest.
    pub(crate) image: Option<String>,
    /// The container that gets the image; the only one when absent.
    pub(crate) container: Option<String>,
    /// Variables that are changed in the container; what is not named is kept.
    #[serde(default)]
    pub(crate) environment: IndexMap<String, String>,
    /// References by ARN that are changed in the container; what is not named is kept.
    #[serde(default)]
    pub(crate) secrets: IndexMap<String, String>,
    /// One new deployment of the running revision, so that its tasks read new values.
    #[serde(default)]
    pub(crate) force: bool,
    /// Traffic moves from one service to another by weights: blue/green or canary.
    pub(crate) traffic: Option<Traffic>,
}

/// Two services behind one listener, one of which is live.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "traffic (a map such as {listener: …, blue: …, green: …, strategies: …})")]
pub(crate) struct Traffic {
    /// The listener's or the rule's ARN.
    pub(crate) listener: String,
    /// One side.
    pub(crate) blue: Side,
    /// The other.
    pub(crate) green: Side,
    /// The strategy when nobody names one (`/deploy … --strategy canary`); the only one when absent.
    pub(crate) default: Option<String>,
    /// Lists of stages that end with all of the traffic, by name: `[{ weight: 10, hold: 5m }, { weight: 100 }]`.
    #[schemars(extend("minProperties" = 1))]
    pub(crate) strategies: IndexMap<String, Vec<Stage>>,
    /// A hold ends when its time is over and all of these rules hold.
    #[serde(default)]
    pub(crate) advance_when: Vec<String>,
    /// Any of these rules ends it and brings the traffic back.
    #[serde(default)]
    pub(crate) abort_when: Vec<String>,
    /// How long a hold may be prolonged by `advance_when`; for ever when absent.
    pub(crate) hold_at_most: Option<Span>,
}

/// One of two services.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a side (a map such as {service: …, target_group: …})")]
pub(crate) struct Side {
    /// The service.
    pub(crate) service: String,
    /// Its target group.
    pub(crate) target_group: String,
}

/// One stage of a strategy.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a stage (a map such as {weight: 10, hold: 5m})")]
pub(crate) struct Stage {
    /// How much of the traffic the new side gets, in percent.
    #[schemars(range(min = 1, max = 100))]
    pub(crate) weight: u32,
    /// How long that stays; the last stage has none.
    pub(crate) hold: Option<Span>,
}

/// One-off work on Amazon ECS.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a task of ECS (a map such as {cluster: …, task: …, service: …})")]
pub(crate) struct EcsTask {
    /// The cluster.
    pub(crate) cluster: String,
    /// The task definition's family; its newest active revision is copied.
    pub(crate) task: String,
    /// The service whose network and launch type it has.
    pub(crate) service: String,
    /// The container that gets the image and the command; the only one when absent.
    pub(crate) container: Option<String>,
    /// The image; the revision's own when absent.
    pub(crate) image: Option<String>,
    /// The command; the revision's own when absent.
    #[serde(default)]
    pub(crate) command: Vec<String>,
    /// What its output must be: `{ output: "(head)" }`.
    pub(crate) expect: Option<ExpectOutput>,
}

/// What a task's output must be.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "what is expected (a map such as {output: done})")]
pub(crate) struct ExpectOutput {
    /// Stands in it.
    pub(crate) output: String,
}

/// A site on Amazon S3.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a site on S3 (a map such as {bucket: …, from: …})")]
pub(crate) struct S3Site {
    /// The bucket.
    pub(crate) bucket: String,
    /// The prefix within it; its top when absent.
    pub(crate) prefix: Option<String>,
    /// The files: a path in the repository, or what a step made.
    pub(crate) from: From,
    /// What is not among the files is deleted, last.
    #[serde(default)]
    pub(crate) delete: bool,
    /// What is invalidated afterwards.
    pub(crate) cloudfront: Option<CloudFront>,
}

/// A distribution of Amazon CloudFront.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a distribution (a map such as {distribution: …, paths: [\"/*\"]})")]
pub(crate) struct CloudFront {
    /// Its id.
    pub(crate) distribution: String,
    /// What is invalidated; everything (`/*`) when absent.
    pub(crate) paths: Option<Vec<String>>,
}

/// A record of Amazon Route 53.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a record (a map such as {zone: …, record: …, to: {alias: {name: …}}})")]
pub(crate) struct Route53 {
    /// The hosted zone's id.
    pub(crate) zone: String,
    /// The record's name.
    pub(crate) record: String,
    /// Where it points to.
    pub(crate) to: RecordTo,
}

/// Where a record points to.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "where it points to (a map such as {alias: {name: …}})")]
pub(crate) struct RecordTo {
    /// Another name within AWS.
    pub(crate) alias: Alias,
}

/// Another name within AWS.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an alias (a map such as {name: …})")]
pub(crate) struct Alias {
    /// The name.
    pub(crate) name: String,
    /// Its own hosted zone's id; that of its region's load balancers when absent.
    pub(crate) zone: Option<String>,
}

/// A snapshot of a database on Amazon RDS.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a snapshot (a map such as {instance: …})")]
#[schemars(transform = exactly_one(&["instance", "cluster"]))]
pub(crate) struct RdsSnapshot {
    /// The instance.
    pub(crate) instance: Option<String>,
    /// The Aurora cluster.
    pub(crate) cluster: Option<String>,
}

/// A Kubernetes deployment.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a Kubernetes deployment (a map such as {namespace: …, deployment: …, image: …})")]
pub(crate) struct KubernetesDeployment {
    /// Which of the server's clusters; `default` when absent.
    pub(crate) cluster: Option<String>,
    /// The namespace.
    pub(crate) namespace: String,
    /// The deployment.
    pub(crate) deployment: String,
    /// The container that gets the image; the only one when absent.
    pub(crate) container: Option<String>,
    /// The image, best by digest.
    pub(crate) image: String,
}

/// A Kubernetes job.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a Kubernetes job (a map such as {namespace: …, manifest: …})")]
pub(crate) struct KubernetesJob {
    /// Which of the server's clusters; `default` when absent.
    pub(crate) cluster: Option<String>,
    /// The namespace.
    pub(crate) namespace: String,
    /// The job's manifest, a path in the repository.
    pub(crate) manifest: String,
    /// The image; the manifest's own when absent.
    pub(crate) image: Option<String>,
    /// The container that gets it; when absent each of the same repository, else the only one.
    pub(crate) container: Option<String>,
}

/// A number of replicas.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a number of replicas (a map such as {namespace: …, deployment: …, replicas: 3})")]
pub(crate) struct KubernetesScale {
    /// Which of the server's clusters; `default` when absent.
    pub(crate) cluster: Option<String>,
    /// The namespace.
    pub(crate) namespace: String,
    /// The deployment.
    pub(crate) deployment: String,
    /// How many.
    #[schemars(range(max = 10000))]
    pub(crate) replicas: u32,
}

/// A release of Helm.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a release of Helm (a map such as {release: …, chart: …, namespace: …})")]
pub(crate) struct Helm {
    /// Which of the server's clusters; `default` when absent.
    pub(crate) cluster: Option<String>,
    /// The release's name.
    pub(crate) release: String,
    /// The chart, a path in the repository.
    pub(crate) chart: String,
    /// The namespace.
    pub(crate) namespace: String,
    /// Files of values, paths in the repository.
    #[serde(default)]
    pub(crate) values: Vec<String>,
    /// Single values; one may be `{ secret: … }`.
    #[serde(default)]
    pub(crate) set: IndexMap<String, Text>,
}

/// A deployment of Vercel.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a deployment of Vercel (a map such as {project: …, token: …})")]
pub(crate) struct Vercel {
    /// The project.
    pub(crate) project: String,
    /// The team; the token's own account when absent.
    pub(crate) team: Option<String>,
    /// The token.
    pub(crate) token: Secret,
    /// `production` or `preview`; Vercel's own rule when absent.
    pub(crate) target: Option<String>,
    /// A name that leads to it.
    pub(crate) alias: Option<String>,
}

/// A deployment of Render.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a deployment of Render (a map such as {service: …, token: …})")]
pub(crate) struct Render {
    /// The service's id.
    pub(crate) service: String,
    /// The token.
    pub(crate) token: Secret,
    /// The build's cache is cleared first.
    #[serde(default)]
    pub(crate) clear_cache: bool,
}

/// A site on Firebase Hosting.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a site on Firebase Hosting (a map such as {site: …, from: …, credentials: …})")]
pub(crate) struct FirebaseHosting {
    /// The site.
    pub(crate) site: String,
    /// The channel; `live` when absent.
    pub(crate) channel: Option<String>,
    /// The files: a path in the repository, or what a step made.
    pub(crate) from: From,
    /// The service account's key.
    pub(crate) credentials: Secret,
    /// Headers, redirects and rewrites, as `firebase.json` has them below `hosting`.
    pub(crate) config: Option<BTreeMap<String, Value>>,
}
