//! Comments with commands: each command is a delivery of its own, and what they led to is known.

use jiff::Timestamp;
use sqlx::{AnyConnection, Row};

use super::{DeliveryState, Result, Tx, column, json, micros, moment, named, optional, reads};
use crate::domain::{
    ids::{DeliveryId, DeploymentId, RepositoryId},
    reply::Reply,
    spoken::{Line, Spoken},
    version::Sha,
};

/// The surface on which comments are answered. Its subjects are comments, not deployments.
pub const ANSWERS: &str = "github_answers";

/// A command of a comment, and what became of it so far.
#[derive(Debug, Clone, PartialEq)]
pub struct AnsweredLine {
    /// The command.
    pub text: String,
    /// How far it is.
    pub state: DeliveryState,
    /// What became of it.
    pub outcome: Option<Reply>,
}

reads! {
    /// A comment that was heard.
    fn comment(&mut self, id: u64) -> Option<Spoken> = comment;
    /// The commands of a comment, in their order.
    fn answered_lines(&mut self, id: u64) -> Vec<AnsweredLine> = answered_lines;
    /// Whether all commands that stand before one in its comment were dealt with.
    fn is_next_line(&mut self, id: u64, delivery: &DeliveryId) -> bool = is_next_line;
    /// What the commands of a comment led to.
    fn led_to(&mut self, id: u64) -> Vec<DeploymentId> = led_to;
    /// What the commands on an issue or pull request led to, the newest first.
    fn asked_on(&mut self, repository: RepositoryId, number: u64) -> Vec<DeploymentId> = asked_on;
    /// The issue or pull request on which a deployment was asked for first.
    fn asked_where(&mut self, deployment: DeploymentId) -> Option<Spoken> = asked_where;
    /// Every head that a pull request was told to have, and since when at the latest.
    fn heads(&mut self, repository: RepositoryId, number: u64) -> Vec<(Sha, Timestamp)> = heads;
}

fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

async fn comment(connection: &mut AnyConnection, id: u64) -> Result<Option<Spoken>> {
    let row = sqlx::query("SELECT facts FROM comment WHERE id = $1").bind(stored(id)).fetch_optional(connection).await?;
    row.map(|row| column(&row, "facts")).transpose()
}

async fn answered_lines(connection: &mut AnyConnection, id: u64) -> Result<Vec<AnsweredLine>> {
    let rows = sqlx::query(
        "SELECT delivery.state, delivery.outcome, delivery_body.body FROM comment JOIN delivery \
         ON delivery.id > comment.delivery || '.' AND delivery.id < comment.delivery || '/' AND delivery.source = 'comment' \
         JOIN delivery_body USING (seq) WHERE comment.id = $1 ORDER BY seq",
    )
    .bind(stored(id))
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            let body = super::deliveries::unpack(row.try_get("body")?)?;
            let Line { text, .. } = super::parse("delivery_body.body", &String::from_utf8_lossy(&body))?;
            Ok(AnsweredLine { text, state: DeliveryState::read(row)?, outcome: optional(row, "outcome")? })
        })
        .collect()
}

async fn is_next_line(connection: &mut AnyConnection, id: u64, delivery: &DeliveryId) -> Result<bool> {
    let before: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM comment JOIN delivery \
         ON delivery.id > comment.delivery || '.' AND delivery.id < comment.delivery || '/' AND delivery.source = 'comment' \
         WHERE comment.id = $1 AND delivery.state = 'waiting' AND delivery.seq < (SELECT seq FROM delivery WHERE id = $2)",
    )
    .bind(stored(id))
    .bind(&delivery.0)
    .fetch_one(connection)
    .await?;
    Ok(before == 0)
}

async fn led_to(connection: &mut AnyConnection, id: u64) -> Result<Vec<DeploymentId>> {
    let ids: Vec<i64> =
        sqlx::query_scalar("SELECT deployment FROM asked_in WHERE comment = $1 ORDER BY 1").bind(stored(id)).fetch_all(connection).await?;
    Ok(ids.into_iter().map(DeploymentId).collect())
}

async fn asked_on(connection: &mut AnyConnection, repository: RepositoryId, number: u64) -> Result<Vec<DeploymentId>> {
    let ids: Vec<i64> = sqlx::query_scalar(
        "SELECT DISTINCT deployment FROM asked_in JOIN comment ON asked_in.comment = comment.id \
         WHERE repository = $1 AND number = $2 ORDER BY deployment DESC",
    )
    .bind(repository.0)
    .bind(stored(number))
    .fetch_all(connection)
    .await?;
    Ok(ids.into_iter().map(DeploymentId).collect())
}

async fn asked_where(connection: &mut AnyConnection, deployment: DeploymentId) -> Result<Option<Spoken>> {
    let row = sqlx::query(
        "SELECT facts FROM asked_in JOIN comment ON asked_in.comment = comment.id WHERE deployment = $1 ORDER BY comment.id LIMIT 1",
    )
    .bind(deployment.0)
    .fetch_optional(connection)
    .await?;
    row.map(|row| column(&row, "facts")).transpose()
}

async fn heads(connection: &mut AnyConnection, repository: RepositoryId, number: u64) -> Result<Vec<(Sha, Timestamp)>> {
    let rows = sqlx::query("SELECT sha, told_at FROM pull_head WHERE repository = $1 AND number = $2 ORDER BY told_at")
        .bind(repository.0)
        .bind(stored(number))
        .fetch_all(connection)
        .await?;
    rows.iter().map(|row| Ok((named(row, "sha")?, moment(row.try_get("told_at")?)))).collect()
}

impl Tx {
    /// Keeps a comment, and each of its commands as a delivery that is to be dealt with.
    pub async fn hear_comment(&mut self, spoken: &Spoken, delivery: &DeliveryId, lines: &[&str]) -> Result<()> {
        sqlx::query("INSERT INTO comment (id, repository, number, delivery, facts) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING")
            .bind(stored(spoken.comment))
            .bind(spoken.repository.0)
            .bind(stored(spoken.on))
            .bind(&delivery.0)
            .bind(json(spoken)?)
            .execute(self.connection())
            .await?;
        for (place, text) in lines.iter().enumerate() {
            let line = Line { comment: spoken.comment, text: (*text).to_owned() };
            self.deliver(&format!("{}.{}", delivery.0, place + 1), "comment", "command", json(&line)?.as_bytes()).await?;
        }
        self.touch_comment(spoken.comment).await
    }

    /// A delivery that another one brought.
    async fn deliver(&mut self, id: &str, source: &str, event: &str, body: &[u8]) -> Result<()> {
        let now = micros(self.now());
        let seq: Option<i64> = sqlx::query_scalar(
            "INSERT INTO delivery (id, source, event, size, received_at, state, attempts, due_at) \
             VALUES ($1, $2, $3, $4, $5, 'waiting', 0, $6) ON CONFLICT (id) DO NOTHING RETURNING seq",
        )
        .bind(id)
        .bind(source)
        .bind(event)
        .bind(i64::try_from(body.len()).unwrap_or(i64::MAX))
        .bind(now)
        .bind(now)
        .fetch_optional(self.connection())
        .await?;
        if let Some(seq) = seq {
            sqlx::query("INSERT INTO delivery_body (seq, body) VALUES ($1, $2)")
                .bind(seq)
                .bind(lz4_flex::compress_prepend_size(body))
                .execute(self.connection())
                .await?;
        }
        Ok(())
    }

    /// A comment's command led to these.
    pub async fn asked_in(&mut self, comment: u64, deployments: &[DeploymentId]) -> Result<()> {
        for deployment in deployments {
            sqlx::query("INSERT INTO asked_in (deployment, comment) VALUES ($1, $2) ON CONFLICT DO NOTHING")
                .bind(deployment.0)
                .bind(stored(comment))
                .execute(self.connection())
                .await?;
        }
        self.touch_comment(comment).await
    }

    /// What a comment is answered has changed.
    pub async fn touch_comment(&mut self, id: u64) -> Result<()> {
        self.stale_on(ANSWERS, stored(id)).await
    }

    /// A pull request was told to have this head, by this time at the latest. What is told again changes nothing.
    pub async fn told_head(&mut self, repository: RepositoryId, number: u64, sha: &Sha, at: Timestamp) -> Result<()> {
        let last = self.heads(repository, number).await?.into_iter().rfind(|(_, since)| *since <= at);
        if last.is_some_and(|(known, _)| known == *sha) {
            return Ok(());
        }
        sqlx::query("INSERT INTO pull_head (repository, number, sha, told_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
            .bind(repository.0)
            .bind(stored(number))
            .bind(sha.to_string())
            .bind(micros(at))
            .execute(self.connection())
            .await?;
        Ok(())
    }
}
