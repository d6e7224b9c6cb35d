//! `pull_request` events: what previews and gates need of them.
//!
//! Source: <https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request>.

use jiff::Timestamp;
use serde::Deserialize;

use super::{
    Interpretation, Unreadable,
    body::{InBody, Seen, Sender, Text, first_seen},
    not_a, settled,
};
use crate::domain::{
    event::{Event, Happening, PullRequestAction},
    ids::NotAName,
    pull_request::PullRequest,
    version::Sha,
};

const EVENT: &str = "pull_request";

#[derive(Debug, Deserialize)]
pub(super) struct Changed<'a> {
    #[serde(borrow)]
    action: Text<'a>,
    number: u64,
    #[serde(borrow)]
    pull_request: Told<'a>,
    #[serde(borrow)]
    label: Option<Label<'a>>,
    #[serde(borrow)]
    repository: InBody<'a>,
    #[serde(borrow)]
    sender: Sender<'a>,
    comment: Seen,
    issue: Seen,
    review: Seen,
    thread: Seen,
    requested_action: Seen,
    workflow_run: Seen,
}

#[derive(Debug, Deserialize)]
pub(super) struct Told<'a> {
    number: u64,
    #[serde(borrow)]
    state: Text<'a>,
    #[serde(default)]
    draft: bool,
    #[serde(borrow)]
    user: Sender<'a>,
    #[serde(borrow)]
    head: End<'a>,
    #[serde(borrow)]
    base: End<'a>,
    #[serde(borrow)]
    labels: Vec<Label<'a>>,
    updated_at: Timestamp,
}

#[derive(Debug, Deserialize)]
struct End<'a> {
    #[serde(rename = "ref", borrow)]
    reference: Text<'a>,
    #[serde(borrow)]
    sha: Text<'a>,
    repo: Option<Repo>,
}

#[derive(Debug, Deserialize)]
struct Repo {
    id: i64,
}

#[derive(Debug, Deserialize)]
struct Label<'a> {
    #[serde(borrow)]
    name: Text<'a>,
}

impl Told<'_> {
    pub(super) fn pull_request(&self) -> Result<PullRequest, NotAName> {
        Ok(PullRequest {
            number: self.number,
            author: self.user.actor()?,
            head: self.head.sha.as_str().parse()?,
            branch: self.head.reference.as_str().parse()?,
            base: self.base.reference.as_str().parse()?,
            // Where the other repository is gone, it was another one.
            fork: self.head.repo.as_ref().map(|repo| repo.id) != self.base.repo.as_ref().map(|repo| repo.id),
            draft: self.draft,
            open: self.state.as_str() == "open",
            labels: self.labels.iter().map(|label| label.name.as_str().to_owned()).collect(),
            updated: self.updated_at,
        })
    }
}

pub(super) fn read(changed: &Changed<'_>) -> Result<Interpretation, Unreadable> {
    let others = [
        ("comment", &changed.comment),
        ("issue", &changed.issue),
        ("review", &changed.review),
        ("thread", &changed.thread),
        ("requested_action", &changed.requested_action),
        ("workflow_run", &changed.workflow_run),
    ];
    if let Some(field) = first_seen(&others) {
        return Err(not_a(EVENT, format!("it has {field:?}")));
    }
    if changed.number != changed.pull_request.number {
        return Err(not_a(EVENT, "its two numbers differ"));
    }
    let actor = changed.sender.actor().map_err(|error| not_a(EVENT, error.to_string()))?;
    // Who wrote it and its head are no names of somebody's choice: without them it is no pull request.
    changed.pull_request.user.actor().map_err(|error| not_a(EVENT, error.to_string()))?;
    changed.pull_request.head.sha.as_str().parse::<Sha>().map_err(|error: NotAName| not_a(EVENT, error.to_string()))?;
    let action = action(changed)?;
    let event = || -> Result<Event, NotAName> {
        let pull_request = changed.pull_request.pull_request()?;
        Ok(Event { repository: changed.repository.named()?, actor, what: Happening::PullRequest { action, pull_request } })
    };
    Ok(settled(event()))
}

fn action(changed: &Changed<'_>) -> Result<PullRequestAction, Unreadable> {
    let label = || {
        let label = changed.label.as_ref().ok_or_else(|| not_a(EVENT, "it does not say which label"))?;
        Ok(label.name.as_str().to_owned())
    };
    Ok(match changed.action.as_str() {
        "opened" => PullRequestAction::Opened,
        "reopened" => PullRequestAction::Reopened,
        "synchronize" => PullRequestAction::Synchronized,
        "ready_for_review" => PullRequestAction::Ready,
        "closed" => PullRequestAction::Closed,
        "labeled" => PullRequestAction::Labeled(label()?),
        "unlabeled" => PullRequestAction::Unlabeled(label()?),
        _ => PullRequestAction::Other,
    })
}
