//! Deployments: what each is, and the record that it leaves.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, Row, any::AnyRow};

use super::{Listing, Result, Tx, column, journal, json, micros, moment, named, optional, reads};
use crate::domain::{
    deployment::{Outcome, Past, State},
    ids::{DeploymentId, EnvironmentId, RepositoryName, RunbookName},
    plan::{Digest, Plan},
    policy::Origin,
    version::{Sha, Version},
};

/// A deployment that begins.
#[derive(Debug, Clone)]
pub struct NewDeployment<'a> {
    /// Its number: its proposal's, or a new one for a rollback.
    pub id: DeploymentId,
    /// Where to.
    pub environment: &'a EnvironmentId,
    /// What; none for what was there before Botadura came.
    pub version: Option<&'a Version>,
    /// How it came to be.
    pub origin: &'a Origin,
    /// Where the version is from.
    pub repository: &'a RepositoryName,
    /// What it does.
    pub plan: &'a Plan,
    /// The deployment that it takes back.
    pub reverts: Option<DeploymentId>,
}

/// A deployment with what is known of it.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// Its number.
    pub id: DeploymentId,
    /// Where to.
    pub environment: EnvironmentId,
    /// What; none for what was there before Botadura came.
    pub version: Option<Version>,
    /// How it came to be.
    pub origin: Origin,
    /// Where the version is from.
    pub repository: RepositoryName,
    /// What it does.
    pub plan: Plan,
    /// The plan's digest.
    pub digest: Digest,
    /// The deployment that it takes back.
    pub reverts: Option<DeploymentId>,
    /// The deployment that took it back.
    pub reverted_by: Option<DeploymentId>,
    /// When it took the slot.
    pub begun_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// A line of an environment's history.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Its number.
    pub id: DeploymentId,
    /// Where to.
    pub environment: EnvironmentId,
    /// What; none for what was there before Botadura came.
    pub version: Option<Version>,
    /// `deploy`, `rollback`, `runbook` or `removal`.
    pub kind: String,
    /// The runbook that it runs.
    pub runbook: Option<String>,
    /// How it came to be.
    pub origin: Origin,
    /// The deployment that it takes back.
    pub reverts: Option<DeploymentId>,
    /// The deployment that took it back.
    pub reverted_by: Option<DeploymentId>,
    /// When it took the slot.
    pub begun_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How: `succeeded`, `failed`, `cancelled`, `needs_human`; none while it runs.
    pub result: Option<String>,
    /// The digest of what it did.
    pub digest: Digest,
}

reads! {
    /// A deployment.
    fn deployment(&mut self, id: DeploymentId) -> Option<Deployment> = deployment;
    /// A deployment as a line of its environment's history.
    fn summary(&mut self, id: DeploymentId) -> Option<Summary> = summary_of;
    /// A deployment with its whole state.
    fn past(&mut self, id: DeploymentId) -> Option<Past> = past;
    /// The newest deployments, of one environment or of all.
    fn history(&mut self, environment: Option<&EnvironmentId>, limit: i64) -> Vec<Summary> = history;
    /// A part of all deployments, newest first.
    fn deployments(&mut self, listing: &Listing) -> Vec<Summary> = listed;
    /// The environment that a proposal or deployment of this number is for.
    fn environment_of(&mut self, id: DeploymentId) -> Option<EnvironmentId> = environment_of;
    /// The good deployments of an environment, newest first: succeeded, and not taken back since.
    fn good(&mut self, environment: &EnvironmentId, limit: i64) -> Vec<Summary> = good;
    /// The newest good deployment of a version, or of one with the same files, in an environment.
    fn proved(&mut self, environment: &EnvironmentId, version: &Version) -> Option<DeploymentId> = proved;
    /// The newest deployment or rollback of an environment, whatever became of it.
    fn newest(&mut self, environment: &EnvironmentId) -> Option<Summary> = newest;
    /// The newest run of a runbook in an environment that has ended, whatever became of it.
    fn last_run(&mut self, environment: &EnvironmentId, runbook: &RunbookName) -> Option<Summary> = last_run;
    /// When the next running deployment has something to do.
    fn next_deployment(&mut self) -> Option<Timestamp> = next;
}

async fn deployment(connection: &mut AnyConnection, id: DeploymentId) -> Result<Option<Deployment>> {
    let row = sqlx::query("SELECT * FROM deployment WHERE id = $1").bind(id.0).fetch_optional(connection).await?;
    row.map(|row| {
        Ok(Deployment {
            id,
            environment: named(&row, "environment")?,
            version: optional(&row, "version")?,
            origin: column(&row, "origin")?,
            repository: named(&row, "repository")?,
            plan: column(&row, "plan")?,
            digest: column(&row, "digest")?,
            reverts: row.try_get::<Option<i64>, _>("reverts")?.map(DeploymentId),
            reverted_by: row.try_get::<Option<i64>, _>("reverted_by")?.map(DeploymentId),
            begun_at: moment(row.try_get("begun_at")?),
            ended_at: row.try_get::<Option<i64>, _>("ended_at")?.map(moment),
        })
    })
    .transpose()
}

async fn past(connection: &mut AnyConnection, id: DeploymentId) -> Result<Option<Past>> {
    let Some(deployment) = deployment(&mut *connection, id).await? else { return Ok(None) };
    let state: State = journal::state(connection, id, &deployment.plan).await?;
    Ok(Some(Past { id, version: deployment.version, plan: deployment.plan, state }))
}

/// How many good deployments are looked through for one of a version.
const PROVED: i64 = 200;

const SUMMARY: &str =
    "SELECT id, environment, version, kind, runbook, origin, reverts, reverted_by, begun_at, ended_at, result, digest FROM deployment";

async fn history(connection: &mut AnyConnection, environment: Option<&EnvironmentId>, limit: i64) -> Result<Vec<Summary>> {
    let rows = match environment {
        Some(environment) => {
            sqlx::query(const_format(SUMMARY, " WHERE environment = $1 ORDER BY id DESC LIMIT $2"))
                .bind(environment.to_string())
                .bind(limit)
                .fetch_all(connection)
                .await?
        }
        None => sqlx::query(const_format(SUMMARY, " ORDER BY id DESC LIMIT $1")).bind(limit).fetch_all(connection).await?,
    };
    rows.iter().map(summary).collect()
}

async fn listed(connection: &mut AnyConnection, listing: &Listing) -> Result<Vec<Summary>> {
    let mut query = sqlx::QueryBuilder::new(SUMMARY);
    listing.complete(&mut query, ["environment", "COALESCE(result, 'running')", "id"]);
    query.build().fetch_all(connection).await?.iter().map(summary).collect()
}

async fn environment_of(connection: &mut AnyConnection, id: DeploymentId) -> Result<Option<EnvironmentId>> {
    let row = sqlx::query("SELECT environment FROM deployment WHERE id = $1 UNION SELECT environment FROM proposal WHERE id = $2")
        .bind(id.0)
        .bind(id.0)
        .fetch_optional(connection)
        .await?;
    row.map(|row| named(&row, "environment")).transpose()
}

async fn good(connection: &mut AnyConnection, environment: &EnvironmentId, limit: i64) -> Result<Vec<Summary>> {
    let rows = sqlx::query(const_format(
        SUMMARY,
        " WHERE environment = $1 AND result = 'succeeded' AND reverted_by IS NULL AND kind IN ('deploy', 'rollback') ORDER BY id DESC LIMIT $2",
    ))
    .bind(environment.to_string())
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.iter().map(summary).collect()
}

async fn proved(connection: &mut AnyConnection, environment: &EnvironmentId, version: &Version) -> Result<Option<DeploymentId>> {
    let good = good(connection, environment, PROVED).await?;
    let is_it = |other: &Version| other.sha == version.sha || other.tree == version.tree;
    Ok(good.into_iter().find(|summary| summary.version.as_ref().is_some_and(is_it)).map(|summary| summary.id))
}

async fn newest(connection: &mut AnyConnection, environment: &EnvironmentId) -> Result<Option<Summary>> {
    let rest = " WHERE environment = $1 AND kind IN ('deploy', 'rollback') ORDER BY id DESC LIMIT 1";
    let row = sqlx::query(const_format(SUMMARY, rest)).bind(environment.to_string()).fetch_optional(connection).await?;
    row.map(|row| summary(&row)).transpose()
}

async fn last_run(connection: &mut AnyConnection, environment: &EnvironmentId, runbook: &RunbookName) -> Result<Option<Summary>> {
    let rest = " WHERE environment = $1 AND runbook = $2 AND ended_at IS NOT NULL ORDER BY id DESC LIMIT 1";
    let query = sqlx::query(const_format(SUMMARY, rest)).bind(environment.to_string()).bind(runbook.as_str().to_owned());
    let row = query.fetch_optional(connection).await?;
    row.map(|row| summary(&row)).transpose()
}

async fn summary_of(connection: &mut AnyConnection, id: DeploymentId) -> Result<Option<Summary>> {
    let row = sqlx::query(const_format(SUMMARY, " WHERE id = $1")).bind(id.0).fetch_optional(connection).await?;
    row.map(|row| summary(&row)).transpose()
}

/// Two constant pieces of SQL as one statement.
fn const_format(select: &'static str, rest: &'static str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe(format!("{select}{rest}"))
}

fn summary(row: &AnyRow) -> Result<Summary> {
    Ok(Summary {
        id: DeploymentId(row.try_get("id")?),
        environment: named(row, "environment")?,
        version: optional(row, "version")?,
        kind: row.try_get("kind")?,
        runbook: row.try_get("runbook")?,
        origin: column(row, "origin")?,
        reverts: row.try_get::<Option<i64>, _>("reverts")?.map(DeploymentId),
        reverted_by: row.try_get::<Option<i64>, _>("reverted_by")?.map(DeploymentId),
        begun_at: moment(row.try_get("begun_at")?),
        ended_at: row.try_get::<Option<i64>, _>("ended_at")?.map(moment),
        result: row.try_get("result")?,
        digest: column(row, "digest")?,
    })
}

async fn next(connection: &mut AnyConnection) -> Result<Option<Timestamp>> {
    let due: Option<i64> =
        sqlx::query_scalar("SELECT MIN(due_at) FROM deployment WHERE ended_at IS NULL AND owner IS NULL").fetch_one(connection).await?;
    Ok(due.map(moment))
}

impl Tx {
    /// A new deployment, due at once. Its environment's slot is the caller's to set, in the same transaction.
    pub async fn begin_deployment(&mut self, new: &NewDeployment<'_>) -> Result<()> {
        let now = micros(self.now());
        sqlx::query(
            "INSERT INTO deployment (id, environment, sha, version, kind, runbook, origin, repository, plan, digest, reverts, begun_at, epoch, \
             interrupted, due_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, 0, $13)",
        )
        .bind(new.id.0)
        .bind(new.environment.to_string())
        .bind(new.version.map(|version| version.sha.as_str().to_owned()))
        .bind(new.version.map(json).transpose()?)
        .bind(new.plan.kind.word())
        .bind(new.plan.runbook.as_ref().map(ToString::to_string))
        .bind(json(new.origin)?)
        .bind(new.repository.as_str())
        .bind(json(new.plan)?)
        .bind(json(&new.plan.digest())?)
        .bind(new.reverts.map(|reverts| reverts.0))
        .bind(now)
        .bind(now)
        .execute(self.connection())
        .await?;
        self.touch(new.id).await
    }

    /// Records that a deployment was taken back.
    pub async fn mark_reverted(&mut self, id: DeploymentId, by: DeploymentId) -> Result<()> {
        sqlx::query("UPDATE deployment SET reverted_by = $1 WHERE id = $2").bind(by.0).bind(id.0).execute(self.connection()).await?;
        self.touch(id).await
    }

    /// Has a running deployment looked at at once: somebody wants something of it.
    pub async fn look_at_deployment(&mut self, id: DeploymentId) -> Result<()> {
        let now = micros(self.now());
        sqlx::query("UPDATE deployment SET due_at = $1 WHERE id = $2 AND ended_at IS NULL")
            .bind(now)
            .bind(id.0)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// The last part of a deployment's end: it is never due again.
    pub(super) async fn end_deployment(&mut self, id: DeploymentId, outcome: &Outcome) -> Result<()> {
        let now = micros(self.now());
        sqlx::query("UPDATE deployment SET ended_at = $1, result = $2, due_at = NULL, owner = NULL, claimed_until = NULL WHERE id = $3")
            .bind(now)
            .bind(outcome.word())
            .bind(id.0)
            .execute(self.connection())
            .await?;
        self.ended.push(id);
        Ok(())
    }

    /// The commit of a deployment whose version is unknown stays unknown; for all others it is this.
    pub async fn deployed_shas(&mut self, environment: &EnvironmentId) -> Result<Vec<Sha>> {
        let rows: Vec<String> = sqlx::query_scalar("SELECT DISTINCT sha FROM deployment WHERE environment = $1 AND sha IS NOT NULL")
            .bind(environment.to_string())
            .fetch_all(self.connection())
            .await?;
        Ok(rows.iter().filter_map(|sha| sha.parse().ok()).collect())
    }
}
