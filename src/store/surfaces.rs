//! What people were shown, and what has become stale since.

use jiff::Timestamp;
use sqlx::{AnyConnection, Row};

use super::{ANSWERS, Result, Store, Tx, micros, moment, reads};
use crate::domain::ids::DeploymentId;

/// A subject that a surface does not show as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// The proposal or deployment.
    pub subject: DeploymentId,
    /// What it should show is of this revision.
    pub revision: i64,
    /// What the surface itself remembers of what it showed.
    pub remote: Option<String>,
    /// How often showing it failed in a row.
    pub attempts: i64,
}

reads! {
    /// The next subject that a surface should bring up to date.
    fn stale(&mut self, surface: &str, now: Timestamp) -> Option<Stale> = stale;
    /// When a surface should next be brought up to date.
    fn next_stale(&mut self, surface: &str) -> Option<Timestamp> = next;
    /// How many subjects are not shown as they are.
    fn stale_count(&mut self) -> i64 = count;
}

async fn stale(connection: &mut AnyConnection, surface: &str, now: Timestamp) -> Result<Option<Stale>> {
    let row = sqlx::query(
        "SELECT subject, revision, remote, attempts FROM surface \
         WHERE name = $1 AND due_at IS NOT NULL AND due_at <= $2 ORDER BY due_at, subject LIMIT 1",
    )
    .bind(surface)
    .bind(micros(now))
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        Ok(Stale {
            subject: DeploymentId(row.try_get("subject")?),
            revision: row.try_get("revision")?,
            remote: row.try_get("remote")?,
            attempts: row.try_get("attempts")?,
        })
    })
    .transpose()
}

async fn next(connection: &mut AnyConnection, surface: &str) -> Result<Option<Timestamp>> {
    let due: Option<i64> = sqlx::query_scalar("SELECT MIN(due_at) FROM surface WHERE due_at IS NOT NULL AND name = $1")
        .bind(surface)
        .fetch_one(connection)
        .await?;
    Ok(due.map(moment))
}

async fn count(connection: &mut AnyConnection) -> Result<i64> {
    Ok(sqlx::query_scalar("SELECT COUNT(*) FROM surface WHERE due_at IS NOT NULL").fetch_one(connection).await?)
}

impl Tx {
    /// Something about a proposal or deployment has changed: every surface that shows it is stale.
    pub async fn touch(&mut self, subject: DeploymentId) -> Result<()> {
        for surface in self.surfaces.clone().into_iter().filter(|surface| *surface != ANSWERS) {
            self.stale_on(surface, subject.0).await?;
        }
        let comments: Vec<i64> =
            sqlx::query_scalar("SELECT comment FROM asked_in WHERE deployment = $1").bind(subject.0).fetch_all(self.connection()).await?;
        for comment in comments {
            self.stale_on(ANSWERS, comment).await?;
        }
        Ok(())
    }

    /// A subject is stale on a surface, if that is one that is kept up to date.
    pub(super) async fn stale_on(&mut self, surface: &'static str, subject: i64) -> Result<()> {
        if !self.surfaces.contains(&surface) {
            return Ok(());
        }
        sqlx::query(
            "INSERT INTO surface (name, subject, revision, shown, attempts, due_at) VALUES ($1, $2, 1, 0, 0, $3) \
             ON CONFLICT (name, subject) DO UPDATE SET revision = surface.revision + 1, \
             due_at = CASE WHEN surface.due_at IS NULL THEN excluded.due_at ELSE surface.due_at END",
        )
        .bind(surface)
        .bind(subject)
        .bind(micros(self.now()))
        .execute(self.connection())
        .await?;
        Ok(())
    }
}

impl Store {
    /// Records what a surface shows now. What has changed meanwhile stays stale.
    pub async fn shown(&self, surface: &str, stale: &Stale, remote: Option<&str>) -> Result<()> {
        sqlx::query(
            "UPDATE surface SET shown = $1, remote = $2, attempts = 0, \
             due_at = CASE WHEN revision = $3 THEN NULL ELSE $4 END WHERE name = $5 AND subject = $6",
        )
        .bind(stale.revision)
        .bind(remote.map(str::to_owned))
        .bind(stale.revision)
        .bind(micros(self.clock.now()))
        .bind(surface)
        .bind(stale.subject.0)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// Showing failed, perhaps after some of it was shown: it goes on at this time.
    pub async fn not_shown(&self, surface: &str, stale: &Stale, (remote, again): (Option<&str>, Timestamp)) -> Result<()> {
        sqlx::query("UPDATE surface SET remote = $1, attempts = attempts + 1, due_at = $2 WHERE name = $3 AND subject = $4")
            .bind(remote.map(str::to_owned))
            .bind(micros(again))
            .bind(surface)
            .bind(stale.subject.0)
            .execute(&self.writer)
            .await?;
        Ok(())
    }
}
