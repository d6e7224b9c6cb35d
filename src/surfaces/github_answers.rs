//! Answers to the commands of a comment: reactions at once and at the end, and one comment for what there is to say.
//!
//! What a deployment comes to is told where deployments are told; here is only what became of the commands. A reaction
//! that is there is not put there twice, whoever asks, so it needs no mark; the comment has one, by which it is found
//! again after a crash before another is written.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::{
    NotShown, markdown,
    on_github::{kept, remembered},
    text::Text,
};
use crate::{
    domain::{
        reply::{Answered, Done, Reply},
        spoken::Spoken,
    },
    github::client::{Client, Error, Reaction},
};

/// How all of a comment's commands stand: as the worst of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// All of it succeeded.
    Well,
    /// Something of it is still to come.
    Open,
    /// Something failed or was refused.
    Badly,
}

/// A comment with what became of its commands so far.
#[derive(Debug, Clone)]
pub struct Conversation {
    /// The comment.
    pub spoken: Spoken,
    /// Each command with its answer, when there is one.
    pub lines: Vec<(String, Option<Reply>)>,
    /// How all of it stands.
    pub standing: Standing,
}

/// What was shown, as the store keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Remote {
    eyes: bool,
    end: Option<bool>,
    comment: Option<u64>,
    said: Option<String>,
}

/// Where comments are answered.
#[derive(Debug)]
pub struct GitHubAnswers {
    client: Client,
    text: Text,
}

impl GitHubAnswers {
    /// Answers by this client, in this language.
    pub fn new(client: Client, text: Text) -> Self {
        Self { client, text }
    }

    /// Brings what stands beside and below a comment to what should. `remote` is what the last call answered.
    pub async fn show(&self, conversation: &Conversation, remote: Option<&str>) -> Result<String, NotShown> {
        let mut shown: Remote = remembered(remote);
        let brought = self.bring(conversation, &mut shown).await;
        kept(&shown, brought, &conversation.spoken.comment)
    }

    async fn bring(&self, conversation: &Conversation, shown: &mut Remote) -> Result<(), Error> {
        let Spoken { name, comment, on, at, .. } = &conversation.spoken;
        if !shown.eyes {
            self.client.react(name, *comment, Reaction::Eyes).await?;
            shown.eyes = true;
        }
        if let Some(body) = self.body(conversation) {
            let digest = digest(&body);
            // A call whose answer got lost, or a crash after it, may have left one.
            if shown.comment.is_none() {
                shown.comment = self.client.find_comment(name, *on, *at, &mark(*comment)).await?;
            }
            match shown.comment {
                Some(_) if shown.said.as_deref() == Some(&digest) => {}
                Some(id) => {
                    self.client.edit_comment(name, id, &body).await?;
                }
                None => shown.comment = Some(self.client.write_comment(name, *on, &body).await?),
            }
            shown.said = Some(digest);
        }
        let end = match conversation.standing {
            Standing::Open => None,
            Standing::Well => Some(true),
            Standing::Badly => Some(false),
        };
        if end.is_some() && shown.end != end {
            let reaction = if end == Some(true) { Reaction::Rocket } else { Reaction::Confused };
            self.client.react(name, *comment, reaction).await?;
            shown.end = end;
        }
        Ok(())
    }

    /// What there is to say; none: everything is told elsewhere, or nothing is known yet.
    fn body(&self, conversation: &Conversation) -> Option<String> {
        let mut body = String::new();
        for (line, reply) in &conversation.lines {
            // What leads to a deployment is told by that deployment's own comment.
            let Some(reply) = reply.as_ref().filter(|reply| !is_told_elsewhere(reply)) else { continue };
            let _ = write!(body, "{}\n\n{}\n\n", markdown::code(line), markdown::lines(&self.text.reply(reply)));
        }
        (!body.is_empty()).then(|| format!("{}{}", markdown::cut(body), mark(conversation.spoken.comment)))
    }
}

/// By which a comment of ours is found again.
fn mark(comment: u64) -> String {
    format!("<!-- botadura answers {comment} -->")
}

fn digest(text: &str) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(text))
}

/// Whether all of it is told by a deployment's own comment.
fn is_told_elsewhere(reply: &Reply) -> bool {
    match reply {
        Reply::Decided { answers } if !answers.is_empty() => answers
            .iter()
            .all(|(_, answered)| matches!(answered, Answered::Proposed { .. } | Answered::ToRun { .. } | Answered::ToRemove { .. })),
        Reply::Done { done } => matches!(done, Done::RollingBack { .. }),
        _ => false,
    }
}
