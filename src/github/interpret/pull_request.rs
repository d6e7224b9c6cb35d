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
struct Told<'a> {
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
    let author = changed.pull_request.user.actor().map_err(|error| not_a(EVENT, error.to_string()))?;
    let head: Sha = changed.pull_request.head.sha.as_str().parse().map_err(|error: NotAName| not_a(EVENT, error.to_string()))?;
    let action = action(changed)?;
    let told = &changed.pull_request;
    let event = || -> Result<Event, NotAName> {
        let pull_request = PullRequest {
            number: told.number,
            author,
            head,
            branch: told.head.reference.as_str().parse()?,
            base: told.base.reference.as_str().parse()?,
            // Where the other repository is gone, it was another one.
            fork: told.head.repo.as_ref().map(|repo| repo.id) != told.base.repo.as_ref().map(|repo| repo.id),
            draft: told.draft,
            open: told.state.as_str() == "open",
            labels: told.labels.iter().map(|label| label.name.as_str().to_owned()).collect(),
            updated: told.updated_at,
        };
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
