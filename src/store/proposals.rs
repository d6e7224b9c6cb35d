//! Proposals: versions that wait at an environment's gates.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, Row, any::AnyRow};

use super::{Error, Listing, Result, Tx, column, json, micros, moment, named, optional, parse, reads};
use crate::domain::{
    ids::{Actor, ApplicationName, DeploymentId, EnvironmentId},
    plan::Digest,
    policy::{Approval, Decision, Origin, Proposal, Purpose},
    story::Dropped,
    version::Version,
};

/// A proposal with what became of it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ProposalRow {
    /// The proposal.
    #[serde(flatten)]
    pub proposal: Proposal,
    /// How far it is.
    pub state: ProposalState,
    /// Why it ended without becoming a deployment.
    pub closed: Option<Dropped>,
    /// The latest decision about it.
    pub decision: Option<Decision>,
}

/// How far a proposal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProposalState {
    /// At its gates.
    Waiting,
    /// It is a deployment now.
    Begun,
    /// It ended without becoming one.
    Closed,
}

impl ProposalState {
    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Begun => "begun",
            Self::Closed => "closed",
        }
    }
}

reads! {
    /// A proposal.
    fn proposal(&mut self, id: DeploymentId) -> Option<ProposalRow> = proposal;
    /// The proposals that wait for an environment, oldest first.
    fn waiting(&mut self, environment: &EnvironmentId) -> Vec<Proposal> = waiting;
    /// The newest proposals for an environment, newest first, whatever became of them.
    fn proposals(&mut self, environment: &EnvironmentId, limit: i64) -> Vec<Proposal> = newest;
    /// The proposals for an environment before this one that were superseded or withdrawn after somebody had agreed,
    /// newest first.
    fn carriers(&mut self, environment: &EnvironmentId, before: DeploymentId) -> Vec<Proposal> = carriers;
    /// Every waiting proposal.
    fn all_waiting(&mut self) -> Vec<ProposalRow> = all_waiting;
    /// A part of all proposals, newest first.
    fn all_proposals(&mut self, listing: &Listing) -> Vec<ProposalRow> = listed;
    /// How many proposals wait.
    fn waiting_proposals(&mut self) -> i64 = count_waiting;
    /// The waiting proposals that must be looked at.
    fn due_proposals(&mut self, now: Timestamp) -> Vec<DeploymentId> = due;
    /// When the next waiting proposal must be looked at.
    fn next_proposal(&mut self) -> Option<Timestamp> = next;
}

async fn approvals(connection: &mut AnyConnection, id: i64) -> Result<Vec<Approval>> {
    let rows = sqlx::query("SELECT * FROM approval WHERE proposal = $1 ORDER BY at, actor").bind(id).fetch_all(connection).await?;
    rows.iter()
        .map(|row| {
            Ok(Approval {
                by: column(row, "actor")?,
                at: moment(row.try_get("at")?),
                roles: column(row, "roles")?,
                digest: column(row, "digest")?,
            })
        })
        .collect()
}

async fn complete(connection: &mut AnyConnection, row: &AnyRow) -> Result<ProposalRow> {
    let id: i64 = row.try_get("id")?;
    Ok(ProposalRow {
        proposal: Proposal {
            id: DeploymentId(id),
            environment: named(row, "environment")?,
            version: column(row, "version")?,
            purpose: column(row, "purpose")?,
            origin: column(row, "origin")?,
            at: moment(row.try_get("at")?),
            approvals: approvals(connection, id).await?,
        },
        state: match row.try_get::<&str, _>("state")? {
            "waiting" => ProposalState::Waiting,
            "begun" => ProposalState::Begun,
            "closed" => ProposalState::Closed,
            other => return Err(Error::Corrupt { place: "proposal.state", why: other.to_owned() }),
        },
        closed: optional(row, "closed")?,
        decision: row.try_get::<Option<&str>, _>("decision")?.map(|text| parse("decision", text)).transpose()?,
    })
}

async fn complete_all(connection: &mut AnyConnection, rows: &[AnyRow]) -> Result<Vec<ProposalRow>> {
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        all.push(complete(connection, row).await?);
    }
    Ok(all)
}

async fn proposal(connection: &mut AnyConnection, id: DeploymentId) -> Result<Option<ProposalRow>> {
    let row = sqlx::query("SELECT * FROM proposal WHERE id = $1").bind(id.0).fetch_optional(&mut *connection).await?;
    match row {
        Some(row) => complete(connection, &row).await.map(Some),
        None => Ok(None),
    }
}

async fn waiting(connection: &mut AnyConnection, environment: &EnvironmentId) -> Result<Vec<Proposal>> {
    let rows = sqlx::query("SELECT * FROM proposal WHERE state = 'waiting' AND environment = $1 ORDER BY id")
        .bind(environment.to_string())
        .fetch_all(&mut *connection)
        .await?;
    Ok(complete_all(connection, &rows).await?.into_iter().map(|row| row.proposal).collect())
}

async fn newest(connection: &mut AnyConnection, environment: &EnvironmentId, limit: i64) -> Result<Vec<Proposal>> {
    let rows = sqlx::query("SELECT * FROM proposal WHERE environment = $1 ORDER BY id DESC LIMIT $2")
        .bind(environment.to_string())
        .bind(limit)
        .fetch_all(&mut *connection)
        .await?;
    Ok(complete_all(connection, &rows).await?.into_iter().map(|row| row.proposal).collect())
}

/// How many proposals that somebody agreed to are looked at.
const CARRIERS: i64 = 20;

async fn carriers(connection: &mut AnyConnection, environment: &EnvironmentId, before: DeploymentId) -> Result<Vec<Proposal>> {
    let rows = sqlx::query(
        "SELECT * FROM proposal WHERE environment = $1 AND state = 'closed' AND id < $2 \
         AND EXISTS (SELECT 1 FROM approval WHERE approval.proposal = proposal.id) ORDER BY id DESC LIMIT $3",
    )
    .bind(environment.to_string())
    .bind(before.0)
    .bind(CARRIERS)
    .fetch_all(&mut *connection)
    .await?;
    let all = complete_all(connection, &rows).await?;
    Ok(all.into_iter().filter(|row| row.closed.as_ref().is_some_and(Dropped::keeps_approvals)).map(|row| row.proposal).collect())
}

async fn listed(connection: &mut AnyConnection, listing: &Listing) -> Result<Vec<ProposalRow>> {
    let mut query = sqlx::QueryBuilder::new("SELECT * FROM proposal");
    listing.complete(&mut query, ["environment", "state", "id"]);
    let rows = query.build().fetch_all(&mut *connection).await?;
    complete_all(connection, &rows).await
}

async fn all_waiting(connection: &mut AnyConnection) -> Result<Vec<ProposalRow>> {
    let rows = sqlx::query("SELECT * FROM proposal WHERE state = 'waiting' ORDER BY id").fetch_all(&mut *connection).await?;
    complete_all(connection, &rows).await
}

async fn count_waiting(connection: &mut AnyConnection) -> Result<i64> {
    Ok(sqlx::query_scalar("SELECT COUNT(*) FROM proposal WHERE state = 'waiting'").fetch_one(connection).await?)
}

async fn due(connection: &mut AnyConnection, now: Timestamp) -> Result<Vec<DeploymentId>> {
    let ids: Vec<i64> = sqlx::query_scalar("SELECT id FROM proposal WHERE state = 'waiting' AND due_at <= $1 ORDER BY id LIMIT 100")
        .bind(micros(now))
        .fetch_all(connection)
        .await?;
    Ok(ids.into_iter().map(DeploymentId).collect())
}

async fn next(connection: &mut AnyConnection) -> Result<Option<Timestamp>> {
    let due: Option<i64> = sqlx::query_scalar("SELECT MIN(due_at) FROM proposal WHERE state = 'waiting'").fetch_one(connection).await?;
    Ok(due.map(moment))
}

impl Tx {
    /// The next number for a proposal or a deployment.
    pub async fn number(&mut self) -> Result<DeploymentId> {
        let value: i64 = sqlx::query_scalar("UPDATE sequence SET value = value + 1 WHERE name = 'deployment' RETURNING value")
            .fetch_one(self.connection())
            .await?;
        Ok(DeploymentId(value))
    }

    /// A new proposal, to be looked at at once.
    pub async fn propose(
        &mut self,
        environment: &EnvironmentId,
        version: Option<&Version>,
        purpose: &Purpose,
        origin: &Origin,
    ) -> Result<DeploymentId> {
        let id = self.number().await?;
        let now = micros(self.now());
        sqlx::query(
            "INSERT INTO proposal (id, environment, sha, version, purpose, origin, at, state, due_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8)",
        )
        .bind(id.0)
        .bind(environment.to_string())
        .bind(version.map_or("", |version| version.sha.as_str()).to_owned())
        .bind(json(&version)?)
        .bind(json(purpose)?)
        .bind(json(origin)?)
        .bind(now)
        .bind(now)
        .execute(self.connection())
        .await?;
        self.touch(id).await?;
        Ok(id)
    }

    /// Another trigger for the version that a proposal has: a tag that came later joins it.
    pub async fn join(&mut self, id: DeploymentId, version: &Version) -> Result<()> {
        sqlx::query("UPDATE proposal SET version = $1 WHERE id = $2 AND state = 'waiting'")
            .bind(json(version)?)
            .bind(id.0)
            .execute(self.connection())
            .await?;
        self.touch(id).await
    }

    /// Somebody else asks for what was proposed: it is their wish from now on, and decided anew.
    pub async fn adopt(&mut self, id: DeploymentId, origin: &Origin) -> Result<()> {
        sqlx::query("UPDATE proposal SET origin = $1, decision = NULL WHERE id = $2 AND state = 'waiting'")
            .bind(json(origin)?)
            .bind(id.0)
            .execute(self.connection())
            .await?;
        self.touch(id).await
    }

    /// Ends a waiting proposal. False: it was not waiting any more.
    pub async fn close_proposal(&mut self, id: DeploymentId, why: &Dropped) -> Result<bool> {
        let done = sqlx::query("UPDATE proposal SET state = 'closed', closed = $1, due_at = NULL WHERE id = $2 AND state = 'waiting'")
            .bind(json(why)?)
            .bind(id.0)
            .execute(self.connection())
            .await?;
        self.touch(id).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Marks a waiting proposal as begun. False: it was not waiting any more.
    pub async fn begin_proposal(&mut self, id: DeploymentId, decision: &Decision) -> Result<bool> {
        let done = sqlx::query("UPDATE proposal SET state = 'begun', decision = $1, due_at = NULL WHERE id = $2 AND state = 'waiting'")
            .bind(json(decision)?)
            .bind(id.0)
            .execute(self.connection())
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Keeps the latest decision about a waiting proposal, and when it must be looked at again if nothing is heard.
    pub async fn keep_decision(&mut self, id: DeploymentId, decision: &Decision, again: Option<Timestamp>) -> Result<()> {
        let before: Option<String> =
            sqlx::query_scalar("SELECT decision FROM proposal WHERE id = $1").bind(id.0).fetch_one(self.connection()).await?;
        let text = json(decision)?;
        sqlx::query("UPDATE proposal SET decision = $1, due_at = $2 WHERE id = $3 AND state = 'waiting'")
            .bind(&text)
            .bind(again.map(micros))
            .bind(id.0)
            .execute(self.connection())
            .await?;
        if before.as_deref() != Some(&text) {
            self.touch(id).await?;
        }
        Ok(())
    }

    /// Somebody agrees to a waiting proposal; it is looked at at once. False: they had agreed before.
    pub async fn approve(&mut self, id: DeploymentId, by: &Actor, roles: &[String], digest: &Digest) -> Result<bool> {
        let now = micros(self.now());
        let done =
            sqlx::query("INSERT INTO approval (proposal, actor, at, roles, digest) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING")
                .bind(id.0)
                .bind(json(by)?)
                .bind(now)
                .bind(json(&roles)?)
                .bind(json(digest)?)
                .execute(self.connection())
                .await?;
        sqlx::query("UPDATE proposal SET due_at = $1 WHERE id = $2 AND state = 'waiting'")
            .bind(now)
            .bind(id.0)
            .execute(self.connection())
            .await?;
        self.touch(id).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Has the waiting proposals of all of an application's environments looked at at once: what one of them waits for
    /// may have happened in another, or in the repository.
    pub async fn look_at_application(&mut self, application: &ApplicationName) -> Result<()> {
        let now = micros(self.now());
        sqlx::query("UPDATE proposal SET due_at = $1 WHERE state = 'waiting' AND substr(environment, 1, length($2)) = $2")
            .bind(now)
            .bind(format!("{application}/"))
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Has the waiting proposals of one environment (or all) looked at at once: a fact has changed.
    pub async fn look_at_proposals(&mut self, environment: Option<&EnvironmentId>) -> Result<()> {
        let now = micros(self.now());
        let environment = environment.map(ToString::to_string);
        sqlx::query("UPDATE proposal SET due_at = $1 WHERE state = 'waiting' AND ($2 IS NULL OR environment = $2)")
            .bind(now)
            .bind(environment)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}
