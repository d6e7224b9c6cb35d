//! Environments: their slot, what runs there, what keeps them back; and locks.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;
use sqlx::{AnyConnection, Row};

use super::{Result, Tx, column, json, micros, moment, named, optional, reads};
use crate::domain::{
    ids::{ApplicationName, DeploymentId, EnvironmentId, RepositoryId, RepositoryName, StepName},
    policy::{Hold, Lock},
    request::Scope,
};

/// What is known of an environment.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct EnvironmentRow {
    /// The deployment in its slot.
    pub slot: Option<DeploymentId>,
    /// The last good deployment: what runs there.
    pub running: Option<DeploymentId>,
    /// What keeps it back.
    pub hold: Option<Hold>,
    /// The target steps that may not be as `running` says.
    pub uncertain: BTreeSet<StepName>,
}

reads! {
    /// What is known of an environment; nothing, when nothing was ever deployed there.
    fn environment(&mut self, id: &EnvironmentId) -> EnvironmentRow = environment;
    /// Every environment in which something was ever deployed.
    fn environments(&mut self) -> Vec<(EnvironmentId, EnvironmentRow)> = environments;
    /// Every lock there is.
    fn locks(&mut self) -> Vec<Lock> = locks;
    /// The repository that an application is bound to, under its newest name.
    fn bound_repository(&mut self, application: &ApplicationName) -> Option<(RepositoryId, RepositoryName)> = bound_one;
    /// The repositories that applications are bound to.
    fn bound_repositories(&mut self) -> BTreeMap<ApplicationName, (RepositoryId, RepositoryName)> = bound;
}

async fn environment(connection: &mut AnyConnection, id: &EnvironmentId) -> Result<EnvironmentRow> {
    let row = sqlx::query("SELECT * FROM environment WHERE id = $1").bind(id.to_string()).fetch_optional(connection).await?;
    row.map_or_else(|| Ok(EnvironmentRow::default()), |row| read(&row))
}

fn read(row: &sqlx::any::AnyRow) -> Result<EnvironmentRow> {
    Ok(EnvironmentRow {
        slot: row.try_get::<Option<i64>, _>("slot")?.map(DeploymentId),
        running: row.try_get::<Option<i64>, _>("running")?.map(DeploymentId),
        hold: optional(row, "hold")?,
        uncertain: column(row, "uncertain")?,
    })
}

async fn environments(connection: &mut AnyConnection) -> Result<Vec<(EnvironmentId, EnvironmentRow)>> {
    let rows = sqlx::query("SELECT * FROM environment ORDER BY id").fetch_all(connection).await?;
    rows.iter().map(|row| Ok((named(row, "id")?, read(row)?))).collect()
}

async fn locks(connection: &mut AnyConnection) -> Result<Vec<Lock>> {
    let rows = sqlx::query("SELECT * FROM environment_lock ORDER BY scope").fetch_all(connection).await?;
    rows.iter()
        .map(|row| {
            Ok(Lock {
                scope: named(row, "scope")?,
                owner: column(row, "owner")?,
                reason: row.try_get("reason")?,
                since: moment(row.try_get("since")?),
                until: row.try_get::<Option<i64>, _>("expires")?.map(moment),
            })
        })
        .collect()
}

pub(super) async fn bound_one(
    connection: &mut AnyConnection,
    application: &ApplicationName,
) -> Result<Option<(RepositoryId, RepositoryName)>> {
    let row = sqlx::query("SELECT repository, name FROM application_repository WHERE application = $1")
        .bind(application.as_str())
        .fetch_optional(connection)
        .await?;
    row.map(|row| Ok((RepositoryId(row.try_get("repository")?), named(&row, "name")?))).transpose()
}

async fn bound(connection: &mut AnyConnection) -> Result<BTreeMap<ApplicationName, (RepositoryId, RepositoryName)>> {
    let rows = sqlx::query("SELECT application, repository, name FROM application_repository").fetch_all(connection).await?;
    let read = |row| Ok((named(row, "application")?, (RepositoryId(row.try_get("repository")?), named(row, "name")?)));
    rows.iter().map(read).collect()
}

impl Tx {
    /// Puts a deployment into an environment's slot, or frees it.
    pub async fn set_slot(&mut self, id: &EnvironmentId, slot: Option<DeploymentId>) -> Result<()> {
        sqlx::query("INSERT INTO environment (id, slot) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET slot = excluded.slot")
            .bind(id.to_string())
            .bind(slot.map(|deployment| deployment.0))
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Records what runs in an environment.
    pub async fn set_running(&mut self, id: &EnvironmentId, running: Option<DeploymentId>) -> Result<()> {
        sqlx::query("INSERT INTO environment (id, running) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET running = excluded.running")
            .bind(id.to_string())
            .bind(running.map(|deployment| deployment.0))
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Keeps an environment back, or not any more.
    pub async fn set_hold(&mut self, id: &EnvironmentId, hold: Option<&Hold>) -> Result<()> {
        let hold = hold.map(json).transpose()?;
        sqlx::query("INSERT INTO environment (id, hold) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET hold = excluded.hold")
            .bind(id.to_string())
            .bind(hold)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Records which targets may not be as what runs says.
    pub async fn set_uncertain(&mut self, id: &EnvironmentId, uncertain: &BTreeSet<StepName>) -> Result<()> {
        sqlx::query(
            "INSERT INTO environment (id, uncertain) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET uncertain = excluded.uncertain",
        )
        .bind(id.to_string())
        .bind(json(uncertain)?)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Sets a lock, in place of one of the same scope.
    pub async fn set_lock(&mut self, lock: &Lock) -> Result<()> {
        sqlx::query(
            "INSERT INTO environment_lock (scope, owner, reason, since, expires) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (scope) DO UPDATE SET owner = excluded.owner, reason = excluded.reason, since = excluded.since, expires = excluded.expires, \
             repository = NULL, number = NULL",
        )
        .bind(lock.scope.to_string())
        .bind(json(&lock.owner)?)
        .bind(lock.reason.clone())
        .bind(micros(lock.since))
        .bind(lock.until.map(micros))
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// A lock was taken in a pull request's conversation, and goes when that closes.
    pub async fn lock_taken_on(&mut self, scope: &Scope, repository: RepositoryId, number: u64) -> Result<()> {
        sqlx::query("UPDATE environment_lock SET repository = $1, number = $2 WHERE scope = $3")
            .bind(repository.0)
            .bind(i64::try_from(number).unwrap_or(i64::MAX))
            .bind(scope.to_string())
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// A pull request is closed: the locks that were taken there go. Answers whether there were any.
    pub async fn release_locks_of(&mut self, repository: RepositoryId, number: u64) -> Result<bool> {
        let done = sqlx::query("DELETE FROM environment_lock WHERE repository = $1 AND number = $2")
            .bind(repository.0)
            .bind(i64::try_from(number).unwrap_or(i64::MAX))
            .execute(self.connection())
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Takes a lock away. False: there was none.
    pub async fn remove_lock(&mut self, scope: &Scope) -> Result<bool> {
        let done = sqlx::query("DELETE FROM environment_lock WHERE scope = $1").bind(scope.to_string()).execute(self.connection()).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Takes away the locks whose time is over.
    pub async fn expire_locks(&mut self, now: Timestamp) -> Result<()> {
        sqlx::query("DELETE FROM environment_lock WHERE expires <= $1").bind(micros(now)).execute(self.connection()).await?;
        Ok(())
    }

    /// Binds an application to the repository that first reached it, or to its new name.
    pub async fn bind_repository(&mut self, application: &ApplicationName, id: RepositoryId, name: &RepositoryName) -> Result<()> {
        let now = micros(self.now());
        sqlx::query(
            "INSERT INTO application_repository (application, repository, name, seen_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (application) DO UPDATE SET name = excluded.name",
        )
        .bind(application.as_str())
        .bind(id.0)
        .bind(name.as_str())
        .bind(now)
        .execute(self.connection())
        .await?;
        Ok(())
    }
}
