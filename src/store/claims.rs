//! Claims: one owner's exclusive, expiring, fenced right to advance a deployment.
//!
//! Every write under a claim names the claim's epoch and must touch one row: an owner that was paused for too long finds
//! that it has lost the claim before it can write a word.

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::Row;

use super::{CLAIM_TTL, Deployment, Error, Result, Store, Tx, micros};
use crate::domain::{
    deployment::{Entry, Outcome},
    ids::DeploymentId,
};

/// How long a deployment rests after the store refused in the middle of it.
const ABANDONED: std::time::Duration = std::time::Duration::from_secs(1);

/// The proof that a deployment is ours to advance. Only the store makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The deployment.
    pub deployment: DeploymentId,
    /// Which claim on it this is; each one has a higher number than the last.
    epoch: i64,
    /// The last owner did not give it back: a call may have had an effect that nobody recorded.
    pub interrupted: bool,
}

/// The executor's door to the store: claim, append, release. Small, so that a test can stand in between and end the
/// world at any point.
#[async_trait]
pub trait Journal: Send + Sync + std::fmt::Debug {
    /// Claims the next deployment that is due, if there is one.
    async fn claim(&self, owner: &str, now: Timestamp) -> Result<Option<Claim>>;
    /// A claimed deployment.
    async fn load(&self, claim: &Claim) -> Result<Deployment>;
    /// Its journal.
    async fn lines(&self, claim: &Claim) -> Result<Vec<(Entry, Timestamp)>>;
    /// Appends an entry under a claim, as the one after the `known` first ones. False: the journal has grown meanwhile
    /// (somebody wants the deployment to stop), and nothing was appended.
    async fn append(&self, claim: &Claim, known: usize, entry: &Entry) -> Result<bool>;
    /// Keeps the claim for as long again.
    async fn renew(&self, claim: &Claim, now: Timestamp) -> Result<()>;
    /// Gives the claim back, to be taken up at this time; at once when the journal is longer than the owner knows.
    async fn release(&self, claim: &Claim, known: usize, due: Timestamp) -> Result<()>;
    /// Gives up a claim whose last call may have had an effect that nobody recorded.
    async fn abandon(&self, claim: &Claim) -> Result<()>;
    /// Appends the deployment's end in a transaction that the caller completes with what follows from it.
    async fn end(&self, claim: &Claim, outcome: &Outcome) -> Result<Tx>;
    /// Makes a transaction that `end` began durable.
    async fn commit(&self, tx: Tx) -> Result<()>;
}

impl Store {
    /// Nobody else lives: whatever was claimed is free.
    pub(super) async fn void_claims(&self) -> Result<()> {
        sqlx::query("UPDATE deployment SET owner = NULL, claimed_until = NULL, interrupted = 1, due_at = 0 WHERE ended_at IS NULL AND owner IS NOT NULL")
            .execute(&self.writer)
            .await?;
        Ok(())
    }
}

impl Tx {
    /// Proves the claim, or refuses to go on.
    async fn prove(&mut self, claim: &Claim) -> Result<()> {
        let proved =
            sqlx::query("UPDATE deployment SET epoch = epoch WHERE id = $1 AND epoch = $2 AND owner IS NOT NULL AND ended_at IS NULL")
                .bind(claim.deployment.0)
                .bind(claim.epoch)
                .execute(self.connection())
                .await?;
        if proved.rows_affected() == 1 { Ok(()) } else { Err(Error::Fenced(claim.deployment.0)) }
    }

    /// Appends an entry to a deployment that nobody need have claimed: somebody's wish that it stop.
    pub async fn append_unclaimed(&mut self, id: DeploymentId, entry: &Entry) -> Result<()> {
        self.append_entry(id, entry).await?;
        self.look_at_deployment(id).await
    }
}

#[async_trait]
impl Journal for Store {
    async fn claim(&self, owner: &str, now: Timestamp) -> Result<Option<Claim>> {
        let until = now.saturating_add(CLAIM_TTL).unwrap_or(Timestamp::MAX);
        let row = sqlx::query(
            "UPDATE deployment SET epoch = epoch + 1, owner = $1, claimed_until = $2, \
                 interrupted = CASE WHEN owner IS NULL THEN interrupted ELSE 1 END WHERE id = ( \
                 SELECT id FROM deployment \
                 WHERE ended_at IS NULL AND due_at <= $3 AND (owner IS NULL OR (owner <> $4 AND claimed_until <= $5)) \
                 ORDER BY due_at, id LIMIT 1) \
             RETURNING id, epoch, interrupted",
        )
        .bind(owner)
        .bind(micros(until))
        .bind(micros(now))
        .bind(owner)
        .bind(micros(now))
        .fetch_optional(&self.writer)
        .await?;
        row.map(|row| {
            Ok(Claim {
                deployment: DeploymentId(row.try_get("id")?),
                epoch: row.try_get("epoch")?,
                interrupted: row.try_get::<i64, _>("interrupted")? == 1,
            })
        })
        .transpose()
    }

    async fn load(&self, claim: &Claim) -> Result<Deployment> {
        self.read().await?.deployment(claim.deployment).await?.ok_or(Error::Fenced(claim.deployment.0))
    }

    async fn lines(&self, claim: &Claim) -> Result<Vec<(Entry, Timestamp)>> {
        self.read().await?.journal(claim.deployment).await
    }

    async fn append(&self, claim: &Claim, known: usize, entry: &Entry) -> Result<bool> {
        let mut tx = self.write().await?;
        tx.prove(claim).await?;
        if !tx.append_after(claim.deployment, known, entry).await? {
            return Ok(false);
        }
        tx.commit().await?;
        Ok(true)
    }

    async fn renew(&self, claim: &Claim, now: Timestamp) -> Result<()> {
        let until = now.saturating_add(CLAIM_TTL).unwrap_or(Timestamp::MAX);
        let mut tx = self.write().await?;
        tx.prove(claim).await?;
        sqlx::query("UPDATE deployment SET claimed_until = $1 WHERE id = $2")
            .bind(micros(until))
            .bind(claim.deployment.0)
            .execute(tx.connection())
            .await?;
        tx.commit().await
    }

    async fn release(&self, claim: &Claim, known: usize, due: Timestamp) -> Result<()> {
        let released = sqlx::query(
            "UPDATE deployment SET owner = NULL, claimed_until = NULL, interrupted = 0, \
                 due_at = CASE WHEN (SELECT COUNT(*) FROM journal WHERE deployment = $1) > $2 THEN 0 ELSE $3 END \
             WHERE id = $4 AND epoch = $5",
        )
        .bind(claim.deployment.0)
        .bind(i64::try_from(known).unwrap_or(i64::MAX))
        .bind(micros(due))
        .bind(claim.deployment.0)
        .bind(claim.epoch)
        .execute(&self.writer)
        .await?;
        if released.rows_affected() == 1 { Ok(()) } else { Err(Error::Fenced(claim.deployment.0)) }
    }

    async fn abandon(&self, claim: &Claim) -> Result<()> {
        let given = sqlx::query(
            "UPDATE deployment SET owner = NULL, claimed_until = NULL, interrupted = 1, due_at = $1 WHERE id = $2 AND epoch = $3",
        )
        .bind(micros(self.clock.now().saturating_add(ABANDONED).unwrap_or(Timestamp::MAX)))
        .bind(claim.deployment.0)
        .bind(claim.epoch)
        .execute(&self.writer)
        .await?;
        if given.rows_affected() == 1 { Ok(()) } else { Err(Error::Fenced(claim.deployment.0)) }
    }

    async fn end(&self, claim: &Claim, outcome: &Outcome) -> Result<Tx> {
        let mut tx = self.write().await?;
        tx.prove(claim).await?;
        tx.append_entry(claim.deployment, &Entry::Ended { outcome: outcome.clone() }).await?;
        tx.end_deployment(claim.deployment, outcome).await?;
        Ok(tx)
    }

    async fn commit(&self, tx: Tx) -> Result<()> {
        tx.commit().await
    }
}
