//! What we read of the bodies: a few fields each, borrowed where they can be.
//!
//! Fields typed `Seen` are looked for, not at: they tell one event's body from another's.
//!
//! Source: <https://docs.github.com/en/webhooks/webhook-events-and-payloads>.

use std::borrow::Cow;

use serde::{Deserialize, de::IgnoredAny};

use crate::domain::{
    event::Repository,
    ids::{Actor, NotAName, RepositoryId},
};

pub(super) type Seen = Option<IgnoredAny>;

/// A text, borrowed from the body unless it has escapes.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Text<'_> {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Push<'a> {
    #[serde(rename = "ref", borrow)]
    pub reference: Text<'a>,
    #[serde(borrow)]
    pub before: Text<'a>,
    #[serde(borrow)]
    pub after: Text<'a>,
    pub created: bool,
    pub deleted: bool,
    pub forced: bool,
    #[serde(borrow)]
    pub repository: InBody<'a>,
    #[serde(borrow)]
    sender: Option<Sender<'a>>,
    #[serde(borrow)]
    pusher: Pusher<'a>,
    #[serde(rename = "commits")]
    _commits: IgnoredAny,
    action: Seen,
    comment: Seen,
    deployment: Seen,
    hook: Seen,
    issue: Seen,
    number: Seen,
    pull_request: Seen,
    ref_type: Seen,
    workflow: Seen,
    zen: Seen,
}

impl Push<'_> {
    pub(super) fn field_of_another_event(&self) -> Option<&'static str> {
        first_seen(&[
            ("action", &self.action),
            ("comment", &self.comment),
            ("deployment", &self.deployment),
            ("hook", &self.hook),
            ("issue", &self.issue),
            ("number", &self.number),
            ("pull_request", &self.pull_request),
            ("ref_type", &self.ref_type),
            ("workflow", &self.workflow),
            ("zen", &self.zen),
        ])
    }

    /// A push without a sender is a machine's (a deploy key's), as far as anybody can tell; a bot may do less.
    pub(super) fn actor(&self) -> Result<Actor, NotAName> {
        match &self.sender {
            Some(sender) => sender.actor(),
            None => login(self.pusher.name.as_str()).map(Actor::Bot),
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct RepositoryChanged<'a> {
    #[serde(borrow)]
    pub action: Text<'a>,
    #[serde(borrow)]
    pub repository: InBody<'a>,
    #[serde(borrow)]
    pub sender: Sender<'a>,
    #[serde(borrow)]
    changes: Option<Changes<'a>>,
    after: Seen,
    alert: Seen,
    comment: Seen,
    discussion: Seen,
    hook: Seen,
    issue: Seen,
    label: Seen,
    pull_request: Seen,
    release: Seen,
    team: Seen,
}

impl RepositoryChanged<'_> {
    pub(super) fn field_of_another_event(&self) -> Option<&'static str> {
        first_seen(&[
            ("after", &self.after),
            ("alert", &self.alert),
            ("comment", &self.comment),
            ("discussion", &self.discussion),
            ("hook", &self.hook),
            ("issue", &self.issue),
            ("label", &self.label),
            ("pull_request", &self.pull_request),
            ("release", &self.release),
            ("team", &self.team),
        ])
    }

    pub(super) fn former_name(&self) -> Option<&str> {
        Some(self.changes.as_ref()?.repository.as_ref()?.name.from.as_str())
    }

    pub(super) fn former_owner(&self) -> Option<&str> {
        let from = &self.changes.as_ref()?.owner.as_ref()?.from;
        Some(from.user.as_ref().or(from.organization.as_ref())?.login.as_str())
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct CheckRunChanged<'a> {
    #[serde(borrow)]
    pub action: Text<'a>,
    #[serde(borrow)]
    pub requested_action: Option<RequestedAction<'a>>,
    #[serde(borrow)]
    pub check_run: CheckRun<'a>,
    #[serde(borrow)]
    pub repository: InBody<'a>,
    #[serde(borrow)]
    pub sender: Sender<'a>,
    after: Seen,
    deployment: Seen,
    deployment_status: Seen,
    workflow: Seen,
    workflow_run: Seen,
}

impl CheckRunChanged<'_> {
    pub(super) fn field_of_another_event(&self) -> Option<&'static str> {
        first_seen(&[
            ("after", &self.after),
            ("deployment", &self.deployment),
            ("deployment_status", &self.deployment_status),
            ("workflow", &self.workflow),
            ("workflow_run", &self.workflow_run),
        ])
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct CheckRun<'a> {
    #[serde(borrow)]
    pub head_sha: Text<'a>,
    #[serde(borrow)]
    pub external_id: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RequestedAction<'a> {
    #[serde(borrow)]
    pub identifier: Text<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct StatusSet<'a> {
    #[serde(borrow)]
    pub sha: Text<'a>,
    #[serde(borrow)]
    pub state: Text<'a>,
    #[serde(borrow)]
    pub repository: InBody<'a>,
    #[serde(borrow)]
    pub sender: Sender<'a>,
    #[serde(rename = "context")]
    _context: IgnoredAny,
    #[serde(rename = "branches")]
    _branches: IgnoredAny,
    #[serde(rename = "commit")]
    _commit: IgnoredAny,
    action: Seen,
    after: Seen,
    check_run: Seen,
    deployment: Seen,
    deployment_status: Seen,
    #[serde(rename = "ref")]
    reference: Seen,
}

impl StatusSet<'_> {
    pub(super) fn field_of_another_event(&self) -> Option<&'static str> {
        first_seen(&[
            ("action", &self.action),
            ("after", &self.after),
            ("check_run", &self.check_run),
            ("deployment", &self.deployment),
            ("deployment_status", &self.deployment_status),
            ("ref", &self.reference),
        ])
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct WorkflowRunChanged<'a> {
    #[serde(borrow)]
    pub action: Text<'a>,
    pub workflow_run: WorkflowRun,
    #[serde(borrow)]
    pub repository: InBody<'a>,
    #[serde(borrow)]
    pub sender: Sender<'a>,
    after: Seen,
    check_run: Seen,
    deployment: Seen,
    deployment_status: Seen,
    environment: Seen,
    reviewers: Seen,
    workflow_job: Seen,
    workflow_job_run: Seen,
}

impl WorkflowRunChanged<'_> {
    pub(super) fn field_of_another_event(&self) -> Option<&'static str> {
        first_seen(&[
            ("after", &self.after),
            ("check_run", &self.check_run),
            ("deployment", &self.deployment),
            ("deployment_status", &self.deployment_status),
            ("environment", &self.environment),
            ("reviewers", &self.reviewers),
            ("workflow_job", &self.workflow_job),
            ("workflow_job_run", &self.workflow_job_run),
        ])
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct WorkflowRun {
    pub id: u64,
}

#[derive(Debug, Deserialize)]
struct Changes<'a> {
    #[serde(borrow)]
    repository: Option<Renamed<'a>>,
    #[serde(borrow)]
    owner: Option<Transferred<'a>>,
}

#[derive(Debug, Deserialize)]
struct Renamed<'a> {
    #[serde(borrow)]
    name: FormerName<'a>,
}

#[derive(Debug, Deserialize)]
struct FormerName<'a> {
    #[serde(borrow)]
    from: Text<'a>,
}

#[derive(Debug, Deserialize)]
struct Transferred<'a> {
    #[serde(borrow)]
    from: FormerOwner<'a>,
}

#[derive(Debug, Deserialize)]
struct FormerOwner<'a> {
    #[serde(borrow)]
    user: Option<Account<'a>>,
    #[serde(borrow)]
    organization: Option<Account<'a>>,
}

#[derive(Debug, Deserialize)]
struct Account<'a> {
    #[serde(borrow)]
    login: Text<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Ping {
    #[serde(rename = "zen")]
    _zen: IgnoredAny,
    #[serde(rename = "hook")]
    _hook: IgnoredAny,
}

/// The body of any event that nothing is done with.
#[derive(Debug, Deserialize)]
pub(super) struct Other<'a> {
    #[serde(borrow)]
    pub action: Option<Text<'a>>,
    pub repository: Seen,
    after: Seen,
    before: Seen,
    commits: Seen,
    hook: Seen,
    pusher: Seen,
    zen: Seen,
}

impl Other<'_> {
    /// The event among those that are read above whose fields these are.
    pub(super) fn says_that_it_is(&self) -> Option<&'static str> {
        let all = |fields: &[&Seen]| fields.iter().all(|field| field.is_some());
        if all(&[&self.before, &self.after, &self.commits, &self.pusher]) {
            Some("push")
        } else if all(&[&self.zen, &self.hook]) {
            Some("ping")
        } else {
            None
        }
    }
}

/// A repository as a body names it.
#[derive(Debug, Deserialize)]
pub(super) struct InBody<'a> {
    id: i64,
    #[serde(borrow)]
    full_name: Text<'a>,
}

impl InBody<'_> {
    pub(super) fn named(&self) -> Result<Repository, NotAName> {
        Ok(Repository { id: RepositoryId(self.id), name: self.full_name.as_str().parse()? })
    }
}

/// Who did it.
#[derive(Debug, Deserialize)]
pub(super) struct Sender<'a> {
    #[serde(borrow)]
    login: Text<'a>,
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
}

impl Sender<'_> {
    pub(super) fn actor(&self) -> Result<Actor, NotAName> {
        let login = login(self.login.as_str())?;
        let is_bot = self.kind.as_str() == "Bot" || login.ends_with("[bot]");
        Ok(if is_bot { Actor::Bot(login) } else { Actor::Person(login) })
    }
}

/// Who pushed, by git's own account.
#[derive(Debug, Deserialize)]
struct Pusher<'a> {
    #[serde(borrow)]
    name: Text<'a>,
}

fn login(text: &str) -> Result<String, NotAName> {
    let is_login = (1..=100).contains(&text.len()) && text.chars().all(|c| c.is_ascii_graphic());
    if is_login { Ok(text.to_owned()) } else { Err(NotAName::new(text, "a login")) }
}

pub(super) fn first_seen(fields: &[(&'static str, &Seen)]) -> Option<&'static str> {
    fields.iter().find(|(_, seen)| seen.is_some()).map(|(name, _)| *name)
}
