//! Environments: triggers, gates, and what follows a deployment.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Several, Share, Span, Watch, exactly_one, short::either};

/// A place where one version of the application runs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an environment (a map)")]
pub(crate) struct Environment {
    /// What proposes a version here by itself: `push`, `tag`, `pull_request`, `schedule`.
    #[serde(default)]
    pub(crate) on: Vec<Trigger>,
    /// Where it is reached: `{{ environment.url }}`. When absent, the last address that a step gives.
    pub(crate) url: Option<String>,
    /// Values for templates: `{{ vars.NAME }}`.
    #[serde(default)]
    pub(crate) vars: IndexMap<String, String>,
    /// Roles that may use commands, buttons and the API here; whoever may write to the repository when absent.
    #[serde(default)]
    pub(crate) deployers: Vec<String>,
    /// `deployers`: pushes and tags count only of those who may deploy here.
    #[schemars(extend("enum" = ["deployers"]))]
    pub(crate) trusted_pushers: Option<String>,
    /// What becomes of proposals that wait while newer ones come: `latest` replaces those that nobody has approved,
    /// `every` gives each its turn.
    #[schemars(extend("enum" = ["latest", "every"]))]
    pub(crate) queue: Option<String>,
    /// What must have happened to a version in another environment first.
    pub(crate) after: Option<After>,
    /// A version needs a tag of this pattern, on its commit or on one of the same tree; it waits until there is one.
    pub(crate) require_tag: Option<Several>,
    /// Who must agree first.
    pub(crate) approvals: Option<Approvals>,
    /// What people tick before (a plain list) or after a deployment.
    pub(crate) checklist: Option<Checklist>,
    /// When nothing begins here; what has begun goes on.
    #[serde(default)]
    pub(crate) freeze: Vec<Freeze>,
    /// It is production: protected branches only, never a fork, and GitHub shows it as such.
    #[serde(default)]
    pub(crate) production: bool,
    /// A preview: one instance for each pull request, removed with it.
    #[serde(default)]
    pub(crate) transient: bool,
    /// How many previews there may be, and how old each may become.
    pub(crate) limits: Option<Limits>,
    /// Pull requests from forks: `deny` (default) or `allow`.
    #[schemars(extend("enum" = ["deny", "allow"]))]
    pub(crate) forks: Option<String>,
    /// Pull requests that are drafts: `deny` (default) or `allow`.
    #[schemars(extend("enum" = ["deny", "allow"]))]
    pub(crate) drafts: Option<String>,
    /// Versions that are behind their base: `refuse` (default in production), `warn` (default elsewhere) or `allow`.
    #[schemars(extend("enum" = ["refuse", "warn", "allow"]))]
    pub(crate) outdated: Option<String>,
    /// A GitHub release for each successful deployment.
    pub(crate) github_release: Option<GithubRelease>,
    /// The time after the steps in which signals may still roll a deployment back; the application's when absent.
    pub(crate) watch: Option<Watch>,
    /// What the insight page measures against.
    pub(crate) goals: Option<Goals>,
    /// What a rollback by itself leaves for people to look into.
    pub(crate) incident: Option<Incident>,
}

/// What proposes a version by itself.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a trigger (a map such as {push: main})")]
#[schemars(transform = exactly_one(&["push", "tag", "pull_request", "schedule"]))]
pub(crate) struct Trigger {
    /// A push to a branch of this pattern.
    pub(crate) push: Option<Several>,
    /// A tag of this pattern.
    pub(crate) tag: Option<Several>,
    /// A pull request that has a label: `{ label: preview }`.
    pub(crate) pull_request: Option<PullRequest>,
    /// A time as crontab writes it (minute, hour, day, month, weekday): the head of the branch that the environment follows.
    pub(crate) schedule: Option<String>,
    /// The zone on whose clock `schedule` is read; UTC when absent.
    pub(crate) zone: Option<String>,
}

/// A pull request that has a label.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a map such as {label: preview}")]
pub(crate) struct PullRequest {
    /// The label. Whoever sets it needs the right to deploy here.
    pub(crate) label: String,
}

/// Who must agree first.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "approvals (a map such as {count: 1, from: [devops]})")]
#[schemars(transform = exactly_one(&["count", "all"]))]
pub(crate) struct Approvals {
    /// How many people.
    #[schemars(range(min = 1, max = 20))]
    pub(crate) count: Option<u32>,
    /// Of which roles; anybody who may deploy here when absent.
    pub(crate) from: Option<Vec<String>>,
    /// All of these parts must be cleared; one person clears one part only.
    pub(crate) all: Option<Vec<ApprovalPart>>,
    /// Whoever asked for the deployment may agree too.
    #[serde(default)]
    pub(crate) allow_requester: bool,
    /// How long a proposal waits for them; 24h when absent.
    pub(crate) expires: Option<Span>,
}

/// A part of an approval.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a part of approvals (a map such as {count: 1, from: [qa]})")]
pub(crate) struct ApprovalPart {
    /// How many people.
    #[schemars(range(min = 1, max = 20))]
    pub(crate) count: u32,
    /// Of which roles; anybody who may deploy here when absent.
    #[serde(default)]
    pub(crate) from: Vec<String>,
}

/// What must have happened to a version in another environment first.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "what must come first (a map such as {environment: staging, soak: 24h})")]
pub(crate) struct After {
    /// Where a version of the same commit, or of the same tree, must have succeeded.
    pub(crate) environment: String,
    /// How long it must have run there unbroken, from the end of its steps.
    pub(crate) soak: Option<Span>,
    /// `automatic`: it is proposed here by itself when the watch there is over; `manual` when absent.
    #[schemars(extend("enum" = ["manual", "automatic"]))]
    pub(crate) promote: Option<String>,
    /// The checklist there must be complete.
    #[serde(default)]
    pub(crate) checklist: bool,
}

/// A plain list of points, or `{before, after}`.
#[derive(Debug, Default)]
pub(crate) struct Checklist {
    /// Whether it was written as a plain list.
    pub(crate) plain: bool,
    pub(crate) before: Vec<Point>,
    pub(crate) after: Vec<AfterPoints>,
}

/// What people tick before and after a deployment.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FullChecklist {
    /// Points that are ticked before a version comes here.
    #[serde(default)]
    before: Vec<Point>,
    /// Points that are ticked within a time after it came here. They never roll back.
    #[serde(default)]
    after: Vec<AfterPoints>,
}

either!(
    Checklist,
    "a list of points or a map ({before: […], after: […]})",
    list(Vec<Point>) => |before| Checklist { plain: true, before, after: Vec::new() },
    map(FullChecklist) => |full: FullChecklist| Checklist { plain: false, before: full.before, after: full.after },
);

/// Points that are ticked within a time after a deployment.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "points with their time (a map such as {within: 30m, points: […]})")]
pub(crate) struct AfterPoints {
    /// The time, from the end of the steps.
    pub(crate) within: Span,
    /// The points.
    pub(crate) points: Vec<Point>,
}

/// A text, or `{text, satisfied_by}`.
#[derive(Debug)]
pub(crate) struct Point {
    pub(crate) text: String,
    pub(crate) satisfied_by: Option<SatisfiedBy>,
}

/// A point that may be ticked by itself.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FullPoint {
    /// What people read.
    text: String,
    /// What ticks it by itself.
    satisfied_by: Option<SatisfiedBy>,
}

either!(
    Point,
    "a text or a map ({text, satisfied_by})",
    text(String) => |text| Point { text, satisfied_by: None },
    map(FullPoint) => |full: FullPoint| Point { text: full.text, satisfied_by: full.satisfied_by },
);

/// What ticks a point by itself.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "what ticks it (a map such as {step: load} or {changed: CHANGELOG.md})")]
#[schemars(transform = exactly_one(&["step", "changed"]))]
pub(crate) struct SatisfiedBy {
    /// This step was done for the version.
    pub(crate) step: Option<String>,
    /// A file of this pattern differs from what runs here.
    pub(crate) changed: Option<Several>,
}

/// A time in which nothing begins. Both edges are of one kind: `"Fri 16:00"`, `"22:00"` or `"2026-12-24 12:00"`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a freeze (a map such as {from: \"Fri 16:00\", to: \"Mon 08:00\"})")]
pub(crate) struct Freeze {
    /// Where it begins.
    pub(crate) from: String,
    /// Where it ends.
    pub(crate) to: String,
    /// The zone on whose clock both are read; UTC when absent.
    pub(crate) zone: Option<String>,
    /// What people are told.
    pub(crate) reason: Option<String>,
}

/// How many previews there may be, and how old each may become.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "limits (a map such as {count: 20, age: 14d})")]
pub(crate) struct Limits {
    /// At most so many at once.
    #[schemars(range(min = 1, max = 1000))]
    pub(crate) count: Option<u32>,
    /// Removed when it is older, from its last deployment.
    pub(crate) age: Option<Span>,
}

/// A GitHub release for each successful deployment.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a release (a map such as {notes: generated})")]
pub(crate) struct GithubRelease {
    /// `generated`: GitHub writes the notes.
    #[schemars(extend("enum" = ["generated"]))]
    pub(crate) notes: Option<String>,
    /// The next version's tag is made after success: `{ create: { bump: minor } }`.
    pub(crate) tag: Option<ReleaseTag>,
}

/// The next version's tag.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a tag (a map such as {create: {bump: minor}})")]
pub(crate) struct ReleaseTag {
    /// How it is made.
    pub(crate) create: CreateTag,
}

/// How the next version's tag is made.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "how it is made (a map such as {bump: minor})")]
pub(crate) struct CreateTag {
    /// Which part of `vX.Y.Z` grows.
    #[schemars(extend("enum" = ["major", "minor", "patch"]))]
    pub(crate) bump: String,
}

/// What the insight page measures against.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "goals (a map such as {success: 95%, deployment: 10m})")]
pub(crate) struct Goals {
    /// The share of deployments that succeed: `95%`.
    pub(crate) success: Option<Share>,
    /// How long a deployment may take, gates and watch aside.
    pub(crate) deployment: Option<Span>,
    /// How long a rollback may take.
    pub(crate) rollback: Option<Span>,
    /// How much of the own probes may fail: `0.1%`, or `0`.
    pub(crate) downtime: Option<Share>,
}

/// What a rollback by itself leaves for people to look into.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "what is opened (a map such as {issue: {labels: [incident]}})")]
pub(crate) struct Incident {
    /// A GitHub issue, with the timeline, the rule, its samples and both versions.
    pub(crate) issue: Issue,
}

/// A GitHub issue.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an issue (a map such as {labels: [incident]})")]
pub(crate) struct Issue {
    /// Its labels.
    #[serde(default)]
    pub(crate) labels: Vec<String>,
}
