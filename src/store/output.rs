//! What steps print, kept live.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, Row};

use super::{Result, Store, micros, moment, reads};
use crate::domain::ids::DeploymentId;

/// A piece of a step's output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Piece {
    /// The run's place in the plan.
    pub run: usize,
    /// Which attempt of it.
    pub attempt: u32,
    /// Its place in the attempt's output, in bytes.
    pub place: u64,
    /// When it was printed.
    pub at: Timestamp,
    /// What was printed.
    pub text: String,
}

reads! {
    /// A deployment's output, in the order in which it was printed.
    fn output(&mut self, id: DeploymentId) -> Vec<Piece> = output;
    /// The part of a deployment's output that was printed at this time or later.
    fn output_since(&mut self, id: DeploymentId, from: Timestamp) -> Vec<Piece> = output_since;
    /// How much of an attempt's output is kept, in bytes.
    fn output_end(&mut self, id: DeploymentId, run: usize, attempt: u32) -> u64 = end;
}

async fn end(connection: &mut AnyConnection, id: DeploymentId, run: usize, attempt: u32) -> Result<u64> {
    let row = sqlx::query("SELECT place, text FROM output WHERE deployment = $1 AND run = $2 AND attempt = $3 ORDER BY place DESC LIMIT 1")
        .bind(id.0)
        .bind(i64::try_from(run).unwrap_or(i64::MAX))
        .bind(i64::from(attempt))
        .fetch_optional(connection)
        .await?;
    row.map_or(Ok(0), |row| {
        let place = u64::try_from(row.try_get::<i64, _>("place")?).unwrap_or_default();
        Ok(place + row.try_get::<&str, _>("text")?.len() as u64)
    })
}

async fn output(connection: &mut AnyConnection, id: DeploymentId) -> Result<Vec<Piece>> {
    output_since(connection, id, Timestamp::MIN).await
}

async fn output_since(connection: &mut AnyConnection, id: DeploymentId, from: Timestamp) -> Result<Vec<Piece>> {
    let rows = sqlx::query("SELECT * FROM output WHERE deployment = $1 AND at >= $2 ORDER BY run, attempt, place")
        .bind(id.0)
        .bind(micros(from))
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Piece {
                run: usize::try_from(row.try_get::<i64, _>("run")?).unwrap_or_default(),
                attempt: u32::try_from(row.try_get::<i64, _>("attempt")?).unwrap_or_default(),
                place: u64::try_from(row.try_get::<i64, _>("place")?).unwrap_or_default(),
                at: moment(row.try_get("at")?),
                text: row.try_get("text")?,
            })
        })
        .collect()
}

impl Store {
    /// Keeps a piece of output. The same place again is the same piece.
    pub async fn keep_output(&self, id: DeploymentId, run: usize, attempt: u32, place: u64, text: &str) -> Result<()> {
        sqlx::query(
            "INSERT INTO output (deployment, run, attempt, place, at, text) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        )
        .bind(id.0)
        .bind(i64::try_from(run).unwrap_or(i64::MAX))
        .bind(i64::from(attempt))
        .bind(i64::try_from(place).unwrap_or(i64::MAX))
        .bind(micros(self.clock.now()))
        .bind(text)
        .execute(&self.writer)
        .await?;
        Ok(())
    }
}
