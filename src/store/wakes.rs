//! What waiting runs wait for beside a time: kept with the journal's entries, so that one who hears of it finds them.

use super::{Result, Tx};
use crate::domain::{
    deployment::{Answer, Entry},
    ids::DeploymentId,
};

impl Tx {
    /// Whoever waits for this is called at once. Answers which deployments they are.
    pub async fn hear(&mut self, key: &str) -> Result<Vec<DeploymentId>> {
        let waiting: Vec<i64> = sqlx::query_scalar("SELECT DISTINCT deployment FROM wake WHERE key = $1 ORDER BY deployment")
            .bind(key)
            .fetch_all(self.connection())
            .await?;
        // Once is enough until it waits again.
        sqlx::query("DELETE FROM wake WHERE key = $1").bind(key).execute(self.connection()).await?;
        let waiting: Vec<DeploymentId> = waiting.into_iter().map(DeploymentId).collect();
        for id in &waiting {
            self.append_unclaimed(*id, &Entry::Heard { on: key.to_owned() }).await?;
        }
        Ok(waiting)
    }

    /// What an entry that was just appended says about what is waited for.
    pub(super) async fn note_wake(&mut self, id: DeploymentId, entry: &Entry) -> Result<()> {
        let (run, key) = match entry {
            Entry::Answered { run, answer: Answer::Waiting { wake, .. } } => (Some(*run), wake.on.as_ref()),
            Entry::Answered { run, .. } => (Some(*run), None),
            Entry::Ended { .. } => (None, None),
            _ => return Ok(()),
        };
        let run = run.map(|run| i64::try_from(run).unwrap_or(i64::MAX));
        sqlx::query("DELETE FROM wake WHERE deployment = $1 AND run = COALESCE($2, run)")
            .bind(id.0)
            .bind(run)
            .execute(self.connection())
            .await?;
        if let Some((run, key)) = run.zip(key) {
            sqlx::query("INSERT INTO wake (deployment, run, key) VALUES ($1, $2, $3)")
                .bind(id.0)
                .bind(run)
                .bind(key)
                .execute(self.connection())
                .await?;
        }
        Ok(())
    }
}
