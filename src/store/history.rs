//! The history: what every deployment came to, appended in the transaction that ends it, and never changed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, Row, any::AnyRow};

use super::{Error, Listing, Result, Tx, json, parse, reads};
use crate::domain::{
    history::{Head, Record, Report, beginning, link, record},
    ids::DeploymentId,
};

mod audit;
mod evidence;
pub use audit::audit;

/// Where the chain's head stands in `meta`.
const HEAD: &str = "history";

/// A row of the history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryRow {
    /// Its place, from 1.
    pub seq: i64,
    /// What the deployment came to.
    pub record: Record,
    /// The row's hash, over the one before it.
    pub hash: String,
}

reads! {
    /// A part of the history, newest first.
    fn history_rows(&mut self, listing: &Listing) -> Vec<HistoryRow> = listed;
    /// Whether somebody altered the history, or what it is made from.
    fn audited(&mut self) -> Report = audit::report;
}

async fn listed(connection: &mut AnyConnection, listing: &Listing) -> Result<Vec<HistoryRow>> {
    let mut query = sqlx::QueryBuilder::new("SELECT seq, body, hash FROM history");
    listing.complete(&mut query, ["environment", "hash", "seq"]);
    query.build().fetch_all(connection).await?.iter().map(row).collect()
}

fn row(row: &AnyRow) -> Result<HistoryRow> {
    Ok(HistoryRow { seq: row.try_get("seq")?, record: parse("history.body", row.try_get("body")?)?, hash: row.try_get("hash")? })
}

async fn before(connection: &mut AnyConnection) -> Result<Vec<DeploymentId>> {
    let ids: Vec<i64> = sqlx::query_scalar("SELECT deployment FROM history_before ORDER BY deployment").fetch_all(connection).await?;
    Ok(ids.into_iter().map(DeploymentId).collect())
}

/// Where the chain has come to.
async fn head(connection: &mut AnyConnection) -> Result<Head> {
    let written: Option<String> =
        sqlx::query_scalar("SELECT value FROM meta WHERE name = $1").bind(HEAD).fetch_optional(&mut *connection).await?;
    match written {
        Some(text) => parse("meta.history", &text),
        None => Ok(Head { count: 0, hash: beginning(&before(connection).await?) }),
    }
}

impl Tx {
    /// Appends what a deployment came to, as it is when the transaction is completed.
    pub(super) async fn append_history(&mut self, id: DeploymentId) -> Result<()> {
        let connection = self.connection();
        let gathered = evidence::gather(connection, &[id.0]).await?.remove(&id.0);
        let facts = gathered.ok_or_else(|| Error::Corrupt { place: "deployment", why: format!("there is no deployment {id}") })?;
        let by = facts.reverted_by;
        let to = evidence::versions(connection, by.as_slice()).await?;
        let record = record(facts.complete(by.and_then(|by| Some((by, to.get(&by)?.clone()))))?);
        let old = head(connection).await?;
        let (seq, body) = (old.count + 1, json(&record)?);
        let hash = link(&old.hash, seq, &body);
        sqlx::query("INSERT INTO history (seq, deployment, environment, body, previous, hash) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(seq)
            .bind(id.0)
            .bind(record.environment.to_string())
            .bind(body)
            .bind(old.hash)
            .bind(&hash)
            .execute(&mut *connection)
            .await?;
        sqlx::query("INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
            .bind(HEAD)
            .bind(json(&Head { count: seq, hash })?)
            .execute(connection)
            .await?;
        Ok(())
    }
}
