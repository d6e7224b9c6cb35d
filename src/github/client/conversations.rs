//! Comments, and what stands beside them: read before they are obeyed, answered afterwards.
//!
//! Sources: <https://docs.github.com/en/rest/issues/comments>, <https://docs.github.com/en/rest/reactions/reactions>,
//! <https://docs.github.com/en/rest/pulls/pulls>.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Client, Error, Need, Result};
use crate::{
    domain::{ids::RepositoryName, pull_request::PullRequest},
    github::interpret,
};

/// Issues and pull requests share their comments, and either permission may be the one that counts.
const WRITES: Need = &[("issues", "write"), ("pull_requests", "write")];
const PULLS: Need = &[("pull_requests", "read")];

/// A comment as GitHub has it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    /// What it says.
    pub body: String,
    /// Who wrote it.
    pub author: String,
    /// It is as it was written.
    pub is_untouched: bool,
}

/// What is read of conversations.
#[async_trait]
pub trait Conversations: Send + Sync {
    /// A comment as it is now; none: it is gone.
    async fn comment(&self, repository: &RepositoryName, id: u64) -> Result<Option<Present>>;
    /// A pull request as it is now; none: there is no such one.
    async fn pull_request(&self, repository: &RepositoryName, number: u64) -> Result<Option<PullRequest>>;
}

/// A small picture beside a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// It was read.
    Eyes,
    /// What it asked for has succeeded.
    Rocket,
    /// It has failed, or was refused.
    Confused,
}

impl Reaction {
    fn word(self) -> &'static str {
        match self {
            Self::Eyes => "eyes",
            Self::Rocket => "rocket",
            Self::Confused => "confused",
        }
    }
}

#[derive(Deserialize)]
struct Told {
    id: u64,
    body: Option<String>,
    user: Option<User>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Deserialize)]
struct User {
    login: String,
}

#[derive(Deserialize)]
struct Made {
    id: u64,
}

#[async_trait]
impl Conversations for Client {
    async fn comment(&self, repository: &RepositoryName, id: u64) -> Result<Option<Present>> {
        let found = self.repository(repository, WRITES).find::<Told>(&format!("/issues/comments/{id}")).await?;
        Ok(found.map(|told| Present {
            body: told.body.unwrap_or_default(),
            author: told.user.map(|user| user.login).unwrap_or_default(),
            is_untouched: told.created_at == told.updated_at,
        }))
    }

    async fn pull_request(&self, repository: &RepositoryName, number: u64) -> Result<Option<PullRequest>> {
        let found = self.repository(repository, PULLS).find::<Value>(&format!("/pulls/{number}")).await?;
        let Some(found) = found else { return Ok(None) };
        let unreadable =
            |why: String| Error::Unreadable { what: format!("GitHub's answer about pull request {number} cannot be read: {why}") };
        interpret::pull_request_of(&found.to_string()).map(Some).map_err(unreadable)
    }
}

impl Client {
    /// Puts a reaction beside a comment; one that is there already stays as it is.
    pub async fn react(&self, repository: &RepositoryName, comment: u64, reaction: Reaction) -> Result<()> {
        let path = format!("/issues/comments/{comment}/reactions");
        let made = self.repository(repository, WRITES).post::<Made>(&path, &json!({ "content": reaction.word() })).await;
        made.map(|_| ()).map_err(Error::harmless)
    }

    /// Writes a comment on an issue or pull request. Answers its number.
    pub async fn write_comment(&self, repository: &RepositoryName, on: u64, body: &str) -> Result<u64> {
        let made = self.repository(repository, WRITES).post::<Made>(&format!("/issues/{on}/comments"), &json!({ "body": body })).await?;
        made.map(|made| made.id).ok_or_else(|| Error::Unreadable { what: "GitHub does not say which comment it made".to_owned() })
    }

    /// Changes a comment of ours. False: it is gone.
    pub async fn edit_comment(&self, repository: &RepositoryName, id: u64, body: &str) -> Result<bool> {
        let edited = self.repository(repository, WRITES).patch::<Made>(&format!("/issues/comments/{id}"), &json!({ "body": body })).await;
        match edited.map_err(Error::harmless) {
            Ok(_) => Ok(true),
            Err(Error::Refused { status: 404 | 410, .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The comment of ours that has a mark in it, among those since a time: what was written and whose answer got lost.
    pub async fn find_comment(&self, repository: &RepositoryName, on: u64, since: Timestamp, mark: &str) -> Result<Option<u64>> {
        let bot = self.bot().await?;
        let reach = self.repository(repository, WRITES);
        let since = super::component(&since.to_string());
        let listed: Vec<Told> = reach.list(&format!("/issues/{on}/comments?since={since}")).await?;
        let ours = listed.into_iter().find(|told| {
            told.user.as_ref().is_some_and(|user| user.login == bot) && told.body.as_deref().is_some_and(|body| body.contains(mark))
        });
        Ok(ours.map(|told| told.id))
    }
}
