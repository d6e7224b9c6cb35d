//! Everything durable, and the only SQL.
//!
//! One connection writes and several read. What belongs together is written in one [`Tx`]; nothing is called outside
//! while one is open. The SQL is what SQLite and PostgreSQL both understand; where they must differ (claims, wake-ups,
//! opening) is in `open.rs`.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{Any, AnyConnection, AnyPool, Row, Transaction, any::AnyRow, pool::PoolConnection};

use crate::domain::{clock::SharedClock, ids::DeploymentId};

pub mod artifacts;
mod claims;
mod comments;
mod deliveries;
mod deployments;
mod environments;
mod history;
mod inbox;
mod journal;
mod listing;
mod open;
mod output;
mod peek;
mod proposals;
mod surfaces;
mod ticks;
mod tokens;
mod wakes;
mod work;

pub use claims::{Claim, Journal};
pub use comments::{ANSWERS, AnsweredLine};
pub use deliveries::{Delivery, DeliveryLine, DeliveryState, NewDelivery, Sought};
pub use deployments::{Deployment, NewDeployment, Summary};
pub use environments::EnvironmentRow;
pub use history::{HistoryRow, audit};
pub use inbox::{Accepted, Inbox};
pub use listing::Listing;
pub use open::{Config, Opened, open};
pub use output::Piece;
pub use peek::{copy, peek};
pub use proposals::{ProposalRow, ProposalState};
pub use surfaces::Stale;
pub use tokens::{Ended, Token};
pub use work::Promotion;

/// How long a claim holds without being renewed.
pub const CLAIM_TTL: Duration = Duration::from_secs(15);

/// What went wrong with the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Too much is waiting to be written, or the disk is full: the caller tries again later.
    #[error("the store cannot take more just now: {0}")]
    Busy(String),
    /// The claim was lost to another owner: whatever was to be written is dropped.
    #[error("the claim on deployment {0} was lost")]
    Fenced(i64),
    /// What is written there cannot be read: another version wrote it, or somebody altered it.
    #[error("the store holds something unreadable in {place}: {why}")]
    Corrupt {
        /// Where.
        place: &'static str,
        /// Why.
        why: String,
    },
    /// The folder or the file of the store cannot be used.
    #[error("{0}")]
    Unusable(String),
    /// The database refused.
    #[error("the database refused: {0}")]
    Database(#[from] sqlx::Error),
}

impl Error {
    /// Whether the same call may succeed later without anybody's help.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Busy(_) | Self::Database(sqlx::Error::PoolTimedOut | sqlx::Error::Io(_)) => true,
            // SQLITE_BUSY 5, SQLITE_LOCKED 6, SQLITE_IOERR 10, SQLITE_FULL 13, and their extended codes.
            Self::Database(sqlx::Error::Database(error)) => {
                error.code().and_then(|code| code.parse::<i64>().ok()).is_some_and(|code| matches!(code & 0xff, 5 | 6 | 10 | 13))
            }
            _ => false,
        }
    }
}

/// The store's result.
pub type Result<T> = std::result::Result<T, Error>;

/// The open store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    writer: AnyPool,
    readers: AnyPool,
    /// The surfaces that are kept up to date; a change to a subject makes it stale on each of them.
    surfaces: Vec<&'static str>,
    clock: SharedClock,
    /// This store's own random name: a part of every key that a provider is given.
    instance: String,
}

/// A connection that only reads.
#[derive(Debug)]
pub struct Reader {
    connection: PoolConnection<Any>,
}

/// What belongs together, written together. Dropped without `commit`, nothing of it was.
#[derive(Debug)]
pub struct Tx {
    transaction: Transaction<'static, Any>,
    now: Timestamp,
    surfaces: Vec<&'static str>,
    /// The deployments that it ends.
    ended: Vec<DeploymentId>,
}

impl Store {
    /// The store's own random name: the same for its whole life, different for every other store.
    pub fn instance(&self) -> &str {
        &self.instance
    }

    /// The same store by another clock.
    #[must_use]
    pub fn with_clock(&self, clock: SharedClock) -> Self {
        Self { clock, ..self.clone() }
    }

    /// A connection for reading.
    pub async fn read(&self) -> Result<Reader> {
        Ok(Reader { connection: self.readers.acquire().await? })
    }

    /// Begins to write. There is one writer: whoever comes next waits.
    pub async fn write(&self) -> Result<Tx> {
        let transaction = self.writer.begin().await?;
        Ok(Tx { transaction, now: self.clock.now(), surfaces: self.surfaces.clone(), ended: Vec::new() })
    }

    /// Whether the database answers, for `/readyz`.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query("SELECT 1").execute(&self.writer).await?;
        Ok(())
    }

    /// Closes the connections after what is under way.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

impl Tx {
    /// Makes it durable. What ended in it goes into the history, as it is now.
    pub async fn commit(mut self) -> Result<()> {
        for id in std::mem::take(&mut self.ended) {
            self.append_history(id).await?;
        }
        Ok(self.transaction.commit().await?)
    }

    /// The time at which the transaction began: one moment for all that it writes.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    fn connection(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }
}

/// Declares a query once for both kinds of connection: inside of a transaction it sees what that has written.
macro_rules! reads {
    ($($(#[$doc:meta])* fn $name:ident(&mut self $(, $arg:ident: $type:ty)*) -> $out:ty = $query:path;)*) => {
        impl $crate::store::Reader {
            $($(#[$doc])* pub async fn $name(&mut self $(, $arg: $type)*) -> $crate::store::Result<$out> {
                $query(&mut self.connection $(, $arg)*).await
            })*
        }
        impl $crate::store::Tx {
            $($(#[$doc])* pub async fn $name(&mut self $(, $arg: $type)*) -> $crate::store::Result<$out> {
                $query(self.connection() $(, $arg)*).await
            })*
        }
    };
}
use reads;

fn micros(moment: Timestamp) -> i64 {
    moment.as_microsecond()
}

fn moment(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::Corrupt { place: "what was to be written", why: error.to_string() })
}

fn parse<T: DeserializeOwned>(place: &'static str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| Error::Corrupt { place, why: error.to_string() })
}

/// A column of JSON.
fn column<T: DeserializeOwned>(row: &AnyRow, name: &'static str) -> Result<T> {
    parse(name, row.try_get::<&str, _>(name)?)
}

/// A column of JSON that may be absent.
fn optional<T: DeserializeOwned>(row: &AnyRow, name: &'static str) -> Result<Option<T>> {
    row.try_get::<Option<&str>, _>(name)?.map(|text| parse(name, text)).transpose()
}

/// A column that a name's own parser reads.
fn named<T: std::str::FromStr<Err: std::fmt::Display>>(row: &AnyRow, name: &'static str) -> Result<T> {
    let text: &str = row.try_get(name)?;
    text.parse().map_err(|why: T::Err| Error::Corrupt { place: name, why: why.to_string() })
}
