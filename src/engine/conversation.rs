//! Comments: read again before they are obeyed, pinned to what their authors could see, and taken apart into commands,
//! each of which is a delivery of its own.
//!
//! A comment is read once more from GitHub, because its delivery may be captured, late, or older than a change of it.
//! What is wrong with the comment as a whole refuses each of its commands, so that each is answered. The head of a pull
//! request is pinned here: dates of commits prove nothing, so it must have been told of before the comment was written.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Core, intake::Reached, seen::unanswered, trouble::Trouble};
use crate::{
    domain::{
        command::{self, Known, Mistake},
        comment::{Comment, MOST, commands},
        event::Event,
        ids::{RepositoryId, RepositoryName},
        pull_request::PullRequest,
        reply::{Refusal, Reply},
        spoken::{Head, Spoken, head_at},
    },
    github::client::Conversations,
    store::{Delivery, Tx},
};

/// How old a command may be: after an outage nobody knows whether it still holds.
const OLDEST: Duration = Duration::from_mins(15);

/// For how long the word about a new head is waited for, which GitHub sends beside the comment's.
const PATIENCE: Duration = Duration::from_secs(30);

impl Core {
    /// What a comment is answered, with the transaction in which its commands become deliveries.
    pub(super) async fn hear_comment(
        &self,
        event: &Event,
        comment: &Comment,
        delivery: &Delivery,
        (reached, repeated): (&Reached, bool),
    ) -> Result<(Tx, Reply), Trouble> {
        let Some(conversations) = self.parts.conversations.clone() else {
            return self.closed("without a GitHub App comments can neither be read again nor answered").await;
        };
        if repeated {
            return self.closed("this comment was heard before").await;
        }
        let known = Known::of(reached.hearings.iter().map(std::convert::AsRef::as_ref));
        let lines: Vec<&str> = commands(&comment.body).into_iter().filter(|line| is_ours(line, &known)).collect();
        if lines.is_empty() {
            return self.closed("no line of the comment is a command of ours").await;
        }
        let name = reached.name(event);
        let mut refusal = self.objection(conversations.as_ref(), &name, event, (comment, lines.len())).await?;
        let found = match refusal {
            None if comment.is_pull_request => {
                let found = self.visible_head(conversations.as_ref(), (event.repository.id, &name), comment).await?;
                if found.is_none() {
                    refusal = Some(Refusal::Changed);
                }
                found
            }
            _ => None,
        };
        let (head, present) = found.unzip();
        let spoken = Spoken {
            comment: comment.id,
            repository: event.repository.id,
            name,
            on: comment.on,
            author: event.actor.clone(),
            at: comment.at,
            head,
            branch: present.as_ref().filter(|present| !present.fork).map(|present| present.branch.clone()),
            refusal,
        };
        let mut tx = self.parts.store.write().await?;
        // A late comment may name the repository as it was called once: what is known stays.
        for application in reached.hearings.iter().filter(|_| reached.known.is_none()) {
            tx.bind_repository(&application.name, event.repository.id, &event.repository.name).await?;
        }
        if let Some(key) = event.semantic_key() {
            tx.first_sight(&key, &delivery.id).await?;
        }
        if let Some(present) = &present {
            // From now on the head is known: whoever asks again can be told that it did not move.
            let now = tx.now();
            tx.told_head(event.repository.id, comment.on, &present.head, now).await?;
            // The comment itself has just changed the pull request's time: no event that is on its way may be overtaken by that.
            tx.first_heard_of(event.repository.id, present).await?;
        }
        let lines = &lines[..lines.len().min(MOST)];
        tx.hear_comment(&spoken, &delivery.id, lines).await?;
        Ok((tx, Reply::Heard { commands: u32::try_from(lines.len()).unwrap_or(u32::MAX) }))
    }

    /// Why nothing that a comment says is obeyed.
    async fn objection(
        &self,
        conversations: &dyn Conversations,
        name: &RepositoryName,
        event: &Event,
        (comment, lines): (&Comment, usize),
    ) -> Result<Option<Refusal>, Trouble> {
        if let Some(refusal) = too_old(self.parts.clock.now(), comment.at) {
            return Ok(Some(refusal));
        }
        let present = conversations.comment(name, comment.id).await.map_err(|error| unanswered(&error))?;
        let same = present.is_some_and(|present| {
            present.is_untouched && present.body == comment.body && event.actor.login().is_some_and(|login| login == present.author)
        });
        if !same {
            return Ok(Some(Refusal::Changed));
        }
        Ok((lines > MOST).then(|| Refusal::TooMany { most: u32::try_from(MOST).unwrap_or(u32::MAX) }))
    }

    /// The head that whoever commented could see. None: there is no such pull request any more.
    async fn visible_head(
        &self,
        conversations: &dyn Conversations,
        (repository, name): (RepositoryId, &RepositoryName),
        comment: &Comment,
    ) -> Result<Option<(Head, PullRequest)>, Trouble> {
        let Some(present) = conversations.pull_request(name, comment.on).await.map_err(|error| unanswered(&error))? else {
            return Ok(None);
        };
        let told = self.parts.store.read().await?.heads(repository, comment.on).await?;
        if let Some(head) = head_at(comment.at, &told, &present.head) {
            return Ok(Some((head, present)));
        }
        let age = self.parts.clock.now().duration_since(comment.at);
        if age < SignedDuration::try_from(PATIENCE).unwrap_or(SignedDuration::MAX) && !told.is_empty() {
            return Err(Trouble::Later(format!("pull request {} has a new head, of which GitHub has not told yet", comment.on)));
        }
        let seen = told.last().map(|(sha, _)| sha.clone());
        Ok(Some((Head::Moved { seen, now: present.head.clone() }, present)))
    }
}

/// Why a command that was written then is not obeyed now: it is older than commands may be.
pub(super) fn too_old(now: Timestamp, at: Timestamp) -> Option<Refusal> {
    let oldest = SignedDuration::try_from(OLDEST).unwrap_or(SignedDuration::MAX);
    let minutes = u32::try_from(OLDEST.as_secs() / 60).unwrap_or(u32::MAX);
    (now.duration_since(at) > oldest).then_some(Refusal::TooOld { minutes })
}

/// Whether a line is meant for us: other programs have commands of their own, and are not to be answered for.
fn is_ours(line: &str, known: &Known) -> bool {
    !matches!(command::parse(line, known), Err(Mistake::UnknownCommand { near: None, .. }))
}
