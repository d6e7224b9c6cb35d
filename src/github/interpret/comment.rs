//! `issue_comment` events: commands, on issues and on pull requests.
//!
//! Only a comment that was just written counts, by a person who sent it: an edited one could say anything by the time it
//! is read, and a program's could answer itself for ever.
//!
//! Source: <https://docs.github.com/en/webhooks/webhook-events-and-payloads#issue_comment>.

use jiff::Timestamp;
use serde::Deserialize;

use super::{
    ClosedBecause, Interpretation, NoCommand, Unreadable,
    body::{InBody, Seen, Sender, Text, first_seen},
    not_a, nothing_to_do, settled,
};
use crate::domain::{
    comment::{Comment, commands},
    event::{Event, Happening},
    ids::Actor,
};

const EVENT: &str = "issue_comment";

#[derive(Debug, Deserialize)]
pub(super) struct Changed<'a> {
    #[serde(borrow)]
    action: Text<'a>,
    issue: Issue,
    #[serde(borrow)]
    comment: Told<'a>,
    #[serde(borrow)]
    repository: InBody<'a>,
    #[serde(borrow)]
    sender: Sender<'a>,
    discussion: Seen,
    pull_request: Seen,
    review: Seen,
    thread: Seen,
    workflow_run: Seen,
}

#[derive(Debug, Deserialize)]
struct Issue {
    number: u64,
    #[serde(default)]
    locked: bool,
    pull_request: Seen,
}

#[derive(Debug, Deserialize)]
struct Told<'a> {
    id: u64,
    #[serde(borrow)]
    body: Text<'a>,
    #[serde(borrow)]
    user: Sender<'a>,
    created_at: Timestamp,
    performed_via_github_app: Seen,
}

pub(super) fn read(changed: &Changed<'_>) -> Result<Interpretation, Unreadable> {
    let others = [
        ("discussion", &changed.discussion),
        ("pull_request", &changed.pull_request),
        ("review", &changed.review),
        ("thread", &changed.thread),
        ("workflow_run", &changed.workflow_run),
    ];
    if let Some(field) = first_seen(&others) {
        return Err(not_a(EVENT, format!("it has {field:?}")));
    }
    if changed.action.as_str() != "created" {
        return Ok(Interpretation::Closed(nothing_to_do(EVENT, Some(changed.action.as_str()))));
    }
    let actor = changed.sender.actor().map_err(|error| not_a(EVENT, error.to_string()))?;
    let author = changed.comment.user.actor().map_err(|error| not_a(EVENT, error.to_string()))?;
    if let Some(why) = quiet(changed, &actor, &author) {
        return Ok(Interpretation::Closed(ClosedBecause::NoCommand(why)));
    }
    let comment = Comment {
        id: changed.comment.id,
        on: changed.issue.number,
        is_pull_request: changed.issue.pull_request.is_some(),
        at: changed.comment.created_at,
        body: changed.comment.body.as_str().to_owned(),
    };
    Ok(settled(changed.repository.named().map(|repository| Event { repository, actor, what: Happening::Commented(comment) })))
}

/// Why nothing of it is obeyed, if that is clear from itself.
fn quiet(changed: &Changed<'_>, actor: &Actor, author: &Actor) -> Option<NoCommand> {
    if commands(changed.comment.body.as_str()).is_empty() {
        return Some(NoCommand::NoLine);
    }
    if !matches!(actor, Actor::Person(_)) || changed.comment.performed_via_github_app.is_some() {
        return Some(NoCommand::Program);
    }
    if actor != author {
        return Some(NoCommand::OtherSender);
    }
    changed.issue.locked.then_some(NoCommand::Locked)
}
