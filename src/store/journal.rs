//! The journal: appended only, and nothing but what the claim's holder appends.

use jiff::Timestamp;
use sqlx::{AnyConnection, Row};

use super::{Error, Result, Tx, column, json, micros, moment, reads};
use crate::domain::{
    deployment::{Entry, State},
    ids::DeploymentId,
    plan::Plan,
};

reads! {
    /// A deployment's journal, in its order.
    fn journal(&mut self, id: DeploymentId) -> Vec<(Entry, Timestamp)> = lines;
}

async fn lines(connection: &mut AnyConnection, id: DeploymentId) -> Result<Vec<(Entry, Timestamp)>> {
    let rows = sqlx::query("SELECT entry, at FROM journal WHERE deployment = $1 ORDER BY seq").bind(id.0).fetch_all(connection).await?;
    rows.iter().map(|row| Ok((column(row, "entry")?, moment(row.try_get("at")?)))).collect()
}

/// What a deployment's journal amounts to.
pub(super) async fn state(connection: &mut AnyConnection, id: DeploymentId, plan: &Plan) -> Result<State> {
    let lines = lines(connection, id).await?;
    State::replay(plan, lines.iter().map(|(entry, at)| (entry, *at)))
        .map_err(|illegal| Error::Corrupt { place: "journal", why: illegal.to_string() })
}

impl Tx {
    /// Appends an entry as the one after the `known` first ones. False: there are more of them, or fewer.
    pub(super) async fn append_after(&mut self, id: DeploymentId, known: usize, entry: &Entry) -> Result<bool> {
        let now = micros(self.now());
        let known = i64::try_from(known).unwrap_or(i64::MAX);
        let done = sqlx::query(
            "INSERT INTO journal (deployment, seq, at, entry) SELECT $1, $2, $3, $4 \
             WHERE (SELECT COUNT(*) FROM journal WHERE deployment = $5) = $6 ON CONFLICT DO NOTHING",
        )
        .bind(id.0)
        .bind(known.saturating_add(1))
        .bind(now)
        .bind(json(entry)?)
        .bind(id.0)
        .bind(known)
        .execute(self.connection())
        .await?;
        self.touch(id).await?;
        let appended = done.rows_affected() == 1;
        if appended {
            self.note_wake(id, entry).await?;
        }
        Ok(appended)
    }

    /// Appends an entry after whatever is there.
    pub(super) async fn append_entry(&mut self, id: DeploymentId, entry: &Entry) -> Result<()> {
        let now = micros(self.now());
        sqlx::query(
            "INSERT INTO journal (deployment, seq, at, entry) \
             SELECT $1, COALESCE(MAX(seq), 0) + 1, $2, $3 FROM journal WHERE deployment = $4",
        )
        .bind(id.0)
        .bind(now)
        .bind(json(entry)?)
        .bind(id.0)
        .execute(self.connection())
        .await?;
        self.note_wake(id, entry).await?;
        self.touch(id).await
    }
}
