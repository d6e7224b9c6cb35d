//! What comes by itself: schedules, promotions, and the pull requests that have a preview.

use jiff::Timestamp;
use sqlx::{AnyConnection, Row};

use super::{Result, Tx, column, json, micros, moment, named, reads};
use crate::domain::{
    ids::{ApplicationName, DeploymentId, EnvironmentId, RepositoryId},
    pull_request::PullRequest,
};

/// A version that is to be proposed elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promotion {
    /// The deployment that brought it where it proved itself.
    pub from: DeploymentId,
    /// Where it goes.
    pub to: EnvironmentId,
    /// When.
    pub due: Timestamp,
}

reads! {
    /// When a schedule was last answered; none: it is new.
    fn schedule(&mut self, name: &str) -> Option<Timestamp> = schedule;
    /// The promotions that are still to come, the first one first.
    fn promotions(&mut self) -> Vec<Promotion> = promotions;
    /// What is known of a pull request.
    fn pull_request(&mut self, repository: RepositoryId, number: u64) -> Option<PullRequest> = pull_request;
    /// What is known of a pull request of the repository that an application is bound to.
    fn heard_of(&mut self, application: &ApplicationName, number: u64) -> Option<PullRequest> = heard_of;
}

async fn schedule(connection: &mut AnyConnection, name: &str) -> Result<Option<Timestamp>> {
    let last: Option<i64> = sqlx::query_scalar("SELECT last FROM schedule WHERE name = $1").bind(name).fetch_optional(connection).await?;
    Ok(last.map(moment))
}

async fn promotions(connection: &mut AnyConnection) -> Result<Vec<Promotion>> {
    let rows = sqlx::query("SELECT * FROM promotion ORDER BY due_at, deployment, environment").fetch_all(connection).await?;
    rows.iter()
        .map(|row| {
            Ok(Promotion {
                from: DeploymentId(row.try_get("deployment")?),
                to: named(row, "environment")?,
                due: moment(row.try_get("due_at")?),
            })
        })
        .collect()
}

async fn pull_request(connection: &mut AnyConnection, repository: RepositoryId, number: u64) -> Result<Option<PullRequest>> {
    let row = sqlx::query("SELECT facts FROM pull_request WHERE repository = $1 AND number = $2")
        .bind(repository.0)
        .bind(i64::try_from(number).unwrap_or(i64::MAX))
        .fetch_optional(connection)
        .await?;
    row.map(|row| column(&row, "facts")).transpose()
}

async fn heard_of(connection: &mut AnyConnection, application: &ApplicationName, number: u64) -> Result<Option<PullRequest>> {
    match super::environments::bound_one(connection, application).await? {
        Some((repository, _)) => pull_request(connection, repository, number).await,
        None => Ok(None),
    }
}

impl Tx {
    /// A schedule was answered for all of its times until this one.
    pub async fn answered_schedule(&mut self, name: &str, until: Timestamp) -> Result<()> {
        sqlx::query("INSERT INTO schedule (name, last) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET last = excluded.last")
            .bind(name)
            .bind(micros(until))
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// A version is to be proposed elsewhere at its time.
    pub async fn plan_promotion(&mut self, promotion: &Promotion) -> Result<()> {
        sqlx::query("INSERT INTO promotion (deployment, environment, due_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
            .bind(promotion.from.0)
            .bind(promotion.to.to_string())
            .bind(micros(promotion.due))
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// A promotion came, or will never come. False: somebody else has dealt with it.
    pub async fn end_promotion(&mut self, promotion: &Promotion) -> Result<bool> {
        let done = sqlx::query("DELETE FROM promotion WHERE deployment = $1 AND environment = $2")
            .bind(promotion.from.0)
            .bind(promotion.to.to_string())
            .execute(self.connection())
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Keeps what an event says of a pull request. False: a later one was heard before, and that stays.
    pub async fn keep_pull_request(&mut self, repository: RepositoryId, said: &PullRequest) -> Result<bool> {
        let known = self.pull_request(repository, said.number).await?;
        self.told_head(repository, said.number, &said.head, said.updated).await?;
        if known.is_some_and(|known| known.updated > said.updated) {
            return Ok(false);
        }
        sqlx::query(
            "INSERT INTO pull_request (repository, number, facts) VALUES ($1, $2, $3) \
             ON CONFLICT (repository, number) DO UPDATE SET facts = excluded.facts",
        )
        .bind(repository.0)
        .bind(i64::try_from(said.number).unwrap_or(i64::MAX))
        .bind(json(said)?)
        .execute(self.connection())
        .await?;
        Ok(true)
    }

    /// Keeps what is known of a pull request that nothing was heard of; every event that tells of it has the later word.
    pub async fn first_heard_of(&mut self, repository: RepositoryId, said: &PullRequest) -> Result<()> {
        sqlx::query("INSERT INTO pull_request (repository, number, facts) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
            .bind(repository.0)
            .bind(i64::try_from(said.number).unwrap_or(i64::MAX))
            .bind(json(&PullRequest { updated: Timestamp::UNIX_EPOCH, ..said.clone() })?)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}
