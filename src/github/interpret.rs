//! From a webhook's event name and body to a domain event, or to the reason why it does not matter. Pure.
//!
//! The signature covers the body alone, so the event's name is only a claim: a body must have the fields of what it is
//! claimed to be, and none of another event's. Of each body only the few fields that are needed are read, by structs of
//! our own, so that a field that GitHub adds, drops or changes elsewhere never makes a delivery unreadable.

mod body;
mod comment;
mod pull_request;

use serde::{Deserialize, Serialize};

use crate::domain::{
    event::{Button, Event, Happening},
    ids::{NotAName, RepositoryName},
    pull_request::PullRequest,
    version::{RefName, Sha},
};
use body::{CheckRunChanged, Other, Ping, Push, RepositoryChanged, StatusSet, WorkflowRunChanged};

/// What a delivery comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interpretation {
    /// Something happened that the server may act on.
    Happened(Event),
    /// Nothing to do.
    Closed(ClosedBecause),
}

/// Why a delivery is laid aside although it can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum ClosedBecause {
    /// GitHub says that the webhook is set up.
    #[error("a ping: the webhook is set up")]
    Ping,
    /// It is about an organisation, an installation, an account.
    #[error("{} is not about a repository", named(event, action.as_deref()))]
    NotAboutARepository {
        /// The event's name.
        event: String,
        /// The action within it, shortened, without control characters.
        action: Option<String>,
    },
    /// This server does nothing with such events.
    #[error("nothing is done with {}", named(event, action.as_deref()))]
    NothingToDo {
        /// The event's name.
        event: String,
        /// The action within it, shortened, without control characters.
        action: Option<String>,
    },
    /// A comment that commands nothing, or is nobody's to command with.
    #[error("{0}")]
    NoCommand(NoCommand),
    /// Neither a branch nor a tag was pushed (`refs/notes/…`, `refs/pull/…`).
    #[error("{reference:?} is neither a branch nor a tag")]
    OtherReference {
        /// The reference, shortened.
        reference: String,
    },
    /// A repository, branch or tag whose name this server takes from nobody.
    #[error("{text:?} is not {wanted}")]
    UnusableName {
        /// The name, shortened.
        text: String,
        /// What it should have been, in words.
        wanted: String,
    },
}

/// Why nothing that a comment says is obeyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoCommand {
    /// No line of it is a command.
    #[error("no line of the comment is a command")]
    NoLine,
    /// A program wrote it.
    #[error("a program wrote the comment; only people command")]
    Program,
    /// Somebody else than its author sent it.
    #[error("the comment was sent by somebody else than its author")]
    OtherSender,
    /// The conversation is locked.
    #[error("the conversation is locked")]
    Locked,
}

/// Why a delivery cannot be read. It is kept and shown, and can be replayed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The event's name is something else than up to 64 lower-case letters, digits and `_`.
    #[error("the event's name is not a name")]
    EventName,
    /// The body is not a JSON text.
    #[error("the body is not JSON ({0}); the webhook's content type must be application/json")]
    NotJson(String),
    /// The body's own fields do not fit the event that the header names.
    #[error("not a {event}: {because}")]
    NotWhatItClaims {
        /// The event that the header names.
        event: String,
        /// What is missing, superfluous or contradictory.
        because: String,
    },
}

impl From<NotAName> for ClosedBecause {
    fn from(NotAName { text, wanted }: NotAName) -> Self {
        Self::UnusableName { text, wanted: wanted.to_owned() }
    }
}

fn named(event: &str, action: Option<&str>) -> String {
    action.map_or_else(|| event.to_owned(), |action| format!("{event} ({action})"))
}

/// Reads a body as the event that its header names.
pub fn interpret(event_name: &str, body: &[u8]) -> Result<Interpretation, Unreadable> {
    let is_name =
        (1..=64).contains(&event_name.len()) && event_name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if !is_name {
        return Err(Unreadable::EventName);
    }
    match event_name {
        "push" => push(&parse(event_name, body)?),
        "repository" => repository(&parse(event_name, body)?),
        "pull_request" => pull_request::read(&parse(event_name, body)?),
        "check_run" => check_run(&parse(event_name, body)?),
        "status" => status(&parse(event_name, body)?),
        "issue_comment" => comment::read(&parse(event_name, body)?),
        "workflow_run" => workflow_run(&parse(event_name, body)?),
        "ping" => parse(event_name, body).map(|Ping { .. }| Interpretation::Closed(ClosedBecause::Ping)),
        _ => other(event_name, &parse(event_name, body)?),
    }
}

/// A pull request as GitHub's API has it, which is as its webhooks have it. Or why it cannot be read.
pub fn pull_request_of(text: &str) -> Result<PullRequest, String> {
    let told: pull_request::Told<'_> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    told.pull_request().map_err(|error| error.to_string())
}

fn parse<'a, T: Deserialize<'a>>(event: &str, body: &'a [u8]) -> Result<T, Unreadable> {
    // Serde would also take an array of the fields' values.
    if body.trim_ascii_start().first() == Some(&b'[') {
        return Err(not_a(event, "it is an array"));
    }
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => not_a(event, error.to_string()),
        _ => Unreadable::NotJson(error.to_string()),
    })
}

fn not_a(event: &str, because: impl AsRef<str>) -> Unreadable {
    Unreadable::NotWhatItClaims { event: event.to_owned(), because: shortened(&plainly(because.as_ref())) }
}

/// What serde says, without our types' names and without a place, which is that of a copy of the body.
fn plainly(text: &str) -> String {
    let text = text.rsplit_once(" at line ").map_or(text, |(what, _)| what);
    let names = [("struct InBody", "a repository"), ("struct Sender", "an account"), ("i64", "a whole number"), ("u64", "a whole number")];
    let mut text = names.iter().fold(text.to_owned(), |text, (ours, theirs)| text.replace(ours, theirs));
    if let Some(at) = text.find("expected struct ") {
        let end = text[at + 16..].find(|c: char| !c.is_alphanumeric()).map_or(text.len(), |end| at + 16 + end);
        text.replace_range(at..end, "expected an object");
    }
    text
}

fn push(push: &Push<'_>) -> Result<Interpretation, Unreadable> {
    if let Some(field) = push.field_of_another_event() {
        return Err(not_a("push", format!("it has {field:?}")));
    }
    let sha = |text: &str| text.parse::<Sha>().map_err(|error| not_a("push", error.to_string()));
    let (before, after) = (sha(push.before.as_str())?, sha(push.after.as_str())?);
    if before.is_zero() && after.is_zero() {
        return Err(not_a("push", "there is nothing before it and nothing after it"));
    }
    if push.created != before.is_zero() || push.deleted != after.is_zero() {
        return Err(not_a("push", "'created' and 'deleted' contradict 'before' and 'after'"));
    }
    let actor = push.actor().map_err(|error| not_a("push", error.to_string()))?;
    let (full, repository) = (push.reference.as_str(), push.repository.named());
    let what = if let Some(name) = full.strip_prefix("refs/heads/") {
        // Nothing was rewritten where nothing was.
        let forced = push.forced && !push.created;
        name.parse().map(|branch: RefName| {
            if push.deleted { Happening::BranchDeleted { branch } } else { Happening::BranchPushed { branch, before, after, forced } }
        })
    } else if let Some(name) = full.strip_prefix("refs/tags/") {
        name.parse().map(
            |tag: RefName| {
                if push.deleted { Happening::TagDeleted { tag } } else { Happening::TagPushed { tag, object: after } }
            },
        )
    } else {
        return Ok(Interpretation::Closed(ClosedBecause::OtherReference { reference: shortened(full) }));
    };
    Ok(settled(repository.and_then(|repository| Ok(Event { repository, actor, what: what? }))))
}

fn repository(changed: &RepositoryChanged<'_>) -> Result<Interpretation, Unreadable> {
    if let Some(field) = changed.field_of_another_event() {
        return Err(not_a("repository", format!("it has {field:?}")));
    }
    let missing = |what: &str| not_a("repository", format!("it was {} and does not say {what}", changed.action.as_str()));
    let repository = match changed.repository.named() {
        Ok(repository) => repository,
        Err(name) => return Ok(Interpretation::Closed(name.into())),
    };
    let (owner, name) = repository.name.as_str().split_once('/').unwrap_or_default();
    let from = match changed.action.as_str() {
        "renamed" => format!("{owner}/{}", changed.former_name().ok_or_else(|| missing("what it was called"))?),
        "transferred" => format!("{}/{name}", changed.former_owner().ok_or_else(|| missing("whose it was"))?),
        _ => return Ok(Interpretation::Closed(nothing_to_do("repository", Some(changed.action.as_str())))),
    };
    let actor = changed.sender.actor().map_err(|error| not_a("repository", error.to_string()))?;
    let from = from.parse::<RepositoryName>();
    Ok(settled(from.map(|from| Event { repository, actor, what: Happening::RepositoryRenamed { from } })))
}

fn check_run(changed: &CheckRunChanged<'_>) -> Result<Interpretation, Unreadable> {
    if let Some(field) = changed.field_of_another_event() {
        return Err(not_a("check_run", format!("it has {field:?}")));
    }
    let sha = changed.check_run.head_sha.as_str().parse::<Sha>().map_err(|error| not_a("check_run", error.to_string()))?;
    let actor = changed.sender.actor().map_err(|error| not_a("check_run", error.to_string()))?;
    let button = match changed.action.as_str() {
        "requested_action" => changed.requested_action.as_ref().and_then(|asked| button(asked.identifier.as_str())),
        "rerequested" => Some(Button::Again),
        _ => None,
    };
    let ours = changed.check_run.external_id.as_ref().filter(|mark| mark.as_str().starts_with("botadura "));
    if let (Some(button), Some(mark)) = (button, ours) {
        let mark = mark.as_str().to_owned();
        return Ok(settled(changed.repository.named().map(|repository| Event {
            repository,
            actor,
            what: Happening::Pressed { mark, button },
        })));
    }
    if changed.action.as_str() != "completed" {
        return Ok(Interpretation::Closed(nothing_to_do("check_run", Some(changed.action.as_str()))));
    }
    Ok(settled(changed.repository.named().map(|repository| Event { repository, actor, what: Happening::CheckCompleted { sha } })))
}

fn button(identifier: &str) -> Option<Button> {
    Some(match identifier {
        "approve" => Button::Approve,
        "reject" => Button::Reject,
        "rollback" => Button::Rollback,
        "retry" => Button::Retry,
        _ => return None,
    })
}

fn status(set: &StatusSet<'_>) -> Result<Interpretation, Unreadable> {
    if let Some(field) = set.field_of_another_event() {
        return Err(not_a("status", format!("it has {field:?}")));
    }
    let sha = set.sha.as_str().parse::<Sha>().map_err(|error| not_a("status", error.to_string()))?;
    let actor = set.sender.actor().map_err(|error| not_a("status", error.to_string()))?;
    if set.state.as_str() == "pending" {
        return Ok(Interpretation::Closed(nothing_to_do("status", Some("pending"))));
    }
    Ok(settled(set.repository.named().map(|repository| Event { repository, actor, what: Happening::CheckCompleted { sha } })))
}

fn workflow_run(changed: &WorkflowRunChanged<'_>) -> Result<Interpretation, Unreadable> {
    if let Some(field) = changed.field_of_another_event() {
        return Err(not_a("workflow_run", format!("it has {field:?}")));
    }
    let actor = changed.sender.actor().map_err(|error| not_a("workflow_run", error.to_string()))?;
    if changed.action.as_str() != "completed" {
        return Ok(Interpretation::Closed(nothing_to_do("workflow_run", Some(changed.action.as_str()))));
    }
    let run = changed.workflow_run.id;
    Ok(settled(changed.repository.named().map(|repository| Event { repository, actor, what: Happening::RunCompleted { run } })))
}

fn other(event: &str, body: &Other<'_>) -> Result<Interpretation, Unreadable> {
    if let Some(own) = body.says_that_it_is() {
        return Err(not_a(event, format!("it has the fields of a {own}")));
    }
    let action = body.action.as_ref().map(body::Text::as_str);
    Ok(Interpretation::Closed(if body.repository.is_some() {
        nothing_to_do(event, action)
    } else {
        ClosedBecause::NotAboutARepository { event: event.to_owned(), action: action.map(shortened) }
    }))
}

fn settled(event: Result<Event, NotAName>) -> Interpretation {
    event.map_or_else(|name| Interpretation::Closed(name.into()), Interpretation::Happened)
}

fn nothing_to_do(event: &str, action: Option<&str>) -> ClosedBecause {
    ClosedBecause::NothingToDo { event: event.to_owned(), action: action.map(shortened) }
}

/// Some of these texts are chosen by whoever sends the event.
fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}

#[cfg(test)]
mod tests;
