//! Tokens of the API: what each may do, until when, and when it was last used.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, Row, any::AnyRow};

use super::{Result, Store, Tx, column, json, micros, moment, named, reads};
use crate::domain::{
    ids::{Actor, TokenName},
    rights::Grant,
};

/// Uses within this time count as one: not every read is a write.
const USES: SignedDuration = SignedDuration::from_secs(60);

/// A token without what would let anybody use it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Token {
    /// What its holder is called.
    pub name: TokenName,
    /// What it may do.
    pub scopes: Vec<Grant>,
    /// Who made it.
    pub made_by: Actor,
    /// When.
    pub made_at: Timestamp,
    /// It is refused from then on.
    pub expires_at: Option<Timestamp>,
    /// It is refused since then.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub used_at: Option<Timestamp>,
}

impl Token {
    /// Why it is refused at this time, if it is.
    pub fn refused(&self, now: Timestamp) -> Option<Ended> {
        let over = |end: Option<Timestamp>| end.is_some_and(|end| end <= now);
        match self.revoked_at {
            Some(_) => Some(Ended::Revoked),
            None => over(self.expires_at).then_some(Ended::Expired),
        }
    }
}

/// Why a token that there is does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Its time is over.
    Expired,
    /// Somebody took it back.
    Revoked,
}

reads! {
    /// The token with this digest (SHA-256, in hexadecimal).
    fn token(&mut self, digest: &str) -> Option<Token> = by_digest;
    /// Every token there ever was, by name.
    fn tokens(&mut self) -> Vec<Token> = all;
}

async fn by_digest(connection: &mut AnyConnection, digest: &str) -> Result<Option<Token>> {
    let row = sqlx::query("SELECT * FROM token WHERE digest = $1").bind(digest).fetch_optional(connection).await?;
    row.map(|row| read(&row)).transpose()
}

async fn all(connection: &mut AnyConnection) -> Result<Vec<Token>> {
    let rows = sqlx::query("SELECT * FROM token ORDER BY name").fetch_all(connection).await?;
    rows.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<Token> {
    let when = |name| Ok::<_, super::Error>(row.try_get::<Option<i64>, _>(name)?.map(moment));
    Ok(Token {
        name: named(row, "name")?,
        scopes: column(row, "scopes")?,
        made_by: column(row, "made_by")?,
        made_at: moment(row.try_get("made_at")?),
        expires_at: when("expires_at")?,
        revoked_at: when("revoked_at")?,
        used_at: when("used_at")?,
    })
}

impl Tx {
    /// Makes a token. False: there is or was one of this name.
    pub async fn make_token(&mut self, token: &Token, digest: &str) -> Result<bool> {
        let done = sqlx::query(
            "INSERT INTO token (name, digest, scopes, made_by, made_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (name) DO NOTHING",
        )
        .bind(token.name.as_str())
        .bind(digest)
        .bind(json(&token.scopes)?)
        .bind(json(&token.made_by)?)
        .bind(micros(token.made_at))
        .bind(token.expires_at.map(micros))
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Takes a token back. False: there is none of this name, or it was taken back before.
    pub async fn revoke_token(&mut self, name: &TokenName) -> Result<bool> {
        let now = micros(self.now());
        let done = sqlx::query("UPDATE token SET revoked_at = $1 WHERE name = $2 AND revoked_at IS NULL")
            .bind(now)
            .bind(name.as_str())
            .execute(self.connection())
            .await?;
        Ok(done.rows_affected() == 1)
    }
}

impl Store {
    /// Remembers that a token is used, at most once a minute.
    pub async fn used_token(&self, token: &Token) -> Result<()> {
        let now = self.clock.now();
        let before = now.saturating_sub(USES).unwrap_or(Timestamp::MIN);
        if token.used_at.is_some_and(|used| used > before) {
            return Ok(());
        }
        sqlx::query("UPDATE token SET used_at = $1 WHERE name = $2 AND (used_at IS NULL OR used_at <= $3)")
            .bind(micros(now))
            .bind(token.name.as_str())
            .bind(micros(before))
            .execute(&self.writer)
            .await?;
        Ok(())
    }
}
