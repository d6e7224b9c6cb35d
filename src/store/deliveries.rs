//! Deliveries after they were accepted: what becomes of each, and why.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, Row, any::AnyRow};

use super::{Error, Result, Tx, json, micros, moment, optional, reads};
use crate::domain::{authentic::Authentic, ids::DeliveryId, reply::Reply, request::Request};

/// A delivery that has not been stored yet. Made of what was proven to be its sender's, or of a request that the server
/// itself put together; of nothing else.
#[derive(Debug, Clone)]
pub struct NewDelivery {
    pub(super) id: DeliveryId,
    pub(super) source: &'static str,
    pub(super) event: String,
    pub(super) body: Vec<u8>,
}

impl NewDelivery {
    /// A message from outside. The same id again is the same delivery; `event` is what its sender calls it.
    pub fn authentic<A: Authentic>(id: DeliveryId, event: String, body: A) -> Self {
        Self { id, source: A::SOURCE, event, body: body.into_body() }
    }

    /// What somebody asks for by the API. The same id again is the same request.
    pub fn request(id: DeliveryId, request: &Request) -> Result<Self> {
        Ok(Self { id, source: "api", event: "request".to_owned(), body: json(request)?.into_bytes() })
    }

    /// The bytes that are kept.
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

/// A delivery without its body, which may be large.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct DeliveryLine {
    /// Its id.
    pub id: DeliveryId,
    /// The door that it came through.
    pub source: String,
    /// What its sender calls it.
    pub event: String,
    /// How long its body is, in bytes.
    pub size: i64,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// How far it is.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: i64,
    /// What became of it.
    pub outcome: Option<Reply>,
    /// When somebody last had it dealt with once more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replayed_at: Option<Timestamp>,
    /// What had become of it before anybody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_outcome: Option<Reply>,
}

/// A delivery as it is kept.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// The door that it came through.
    pub source: String,
    /// What its sender calls it.
    pub event: String,
    /// The bytes as they came.
    pub body: Vec<u8>,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// How far it is.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: i64,
    /// What became of it.
    pub outcome: Option<Reply>,
}

/// How far a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It is still to be dealt with.
    Waiting,
    /// It has been dealt with.
    Settled,
    /// It could not be dealt with, and waits for a person.
    Parked,
}

impl DeliveryState {
    pub(super) fn read(row: &AnyRow) -> Result<Self> {
        match row.try_get::<&str, _>("state")? {
            "waiting" => Ok(Self::Waiting),
            "settled" => Ok(Self::Settled),
            "parked" => Ok(Self::Parked),
            other => Err(Error::Corrupt { place: "delivery.state", why: other.to_owned() }),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Settled => "settled",
            Self::Parked => "parked",
        }
    }
}

reads! {
    /// A delivery.
    fn delivery(&mut self, id: &DeliveryId) -> Option<Delivery> = delivery;
    /// The next deliveries of a source that are due, in their order.
    fn due_deliveries(&mut self, source: &str, now: Timestamp, limit: i64) -> Vec<Delivery> = due_deliveries;
    /// When the next delivery of a source is due.
    fn next_delivery(&mut self, source: &str) -> Option<Timestamp> = next_delivery;
    /// Whether another delivery told the same before.
    fn seen_by_another(&mut self, key: &str, delivery: &DeliveryId) -> bool = seen_by_another;
    /// The newest deliveries.
    fn deliveries(&mut self, limit: i64) -> Vec<Delivery> = newest;
    /// The newest deliveries without their bodies.
    fn delivery_lines(&mut self, limit: i64) -> Vec<DeliveryLine> = newest_lines;
    /// A part of all deliveries without their bodies, newest first. None: there is none to be before.
    fn deliveries_listed(&mut self, sought: &Sought<'_>) -> Option<Vec<DeliveryLine>> = listed;
    /// A delivery without its body.
    fn delivery_line(&mut self, id: &DeliveryId) -> Option<DeliveryLine> = line_of;
    /// How many deliveries are still to be dealt with.
    fn waiting_deliveries(&mut self) -> i64 = count_waiting;
}

async fn delivery(connection: &mut AnyConnection, id: &DeliveryId) -> Result<Option<Delivery>> {
    let row = sqlx::query("SELECT delivery.*, body FROM delivery JOIN delivery_body USING (seq) WHERE id = $1")
        .bind(&id.0)
        .fetch_optional(connection)
        .await?;
    row.map(|row| read(&row)).transpose()
}

async fn due_deliveries(connection: &mut AnyConnection, source: &str, now: Timestamp, limit: i64) -> Result<Vec<Delivery>> {
    let rows = sqlx::query(
        "SELECT delivery.*, body FROM delivery JOIN delivery_body USING (seq) \
         WHERE state = 'waiting' AND source = $1 AND due_at <= $2 ORDER BY due_at, received_at, seq LIMIT $3",
    )
    .bind(source)
    .bind(micros(now))
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.iter().map(read).collect()
}

async fn next_delivery(connection: &mut AnyConnection, source: &str) -> Result<Option<Timestamp>> {
    let due: Option<i64> = sqlx::query_scalar("SELECT MIN(due_at) FROM delivery WHERE state = 'waiting' AND source = $1")
        .bind(source)
        .fetch_one(connection)
        .await?;
    Ok(due.map(moment))
}

async fn seen_by_another(connection: &mut AnyConnection, key: &str, delivery: &DeliveryId) -> Result<bool> {
    let first: Option<String> =
        sqlx::query_scalar("SELECT delivery FROM semantic_key WHERE key = $1").bind(key).fetch_optional(connection).await?;
    Ok(first.is_some_and(|first| first != delivery.0))
}

async fn newest(connection: &mut AnyConnection, limit: i64) -> Result<Vec<Delivery>> {
    let rows = sqlx::query("SELECT delivery.*, body FROM delivery JOIN delivery_body USING (seq) ORDER BY seq DESC LIMIT $1")
        .bind(limit)
        .fetch_all(connection)
        .await?;
    rows.iter().map(read).collect()
}

const LINE: &str = "SELECT id, source, event, size, received_at, state, attempts, outcome, replayed_at, first_outcome FROM delivery";

async fn newest_lines(connection: &mut AnyConnection, limit: i64) -> Result<Vec<DeliveryLine>> {
    let query = sqlx::AssertSqlSafe(format!("{LINE} ORDER BY seq DESC LIMIT $1"));
    let rows = sqlx::query(query).bind(limit).fetch_all(connection).await?;
    rows.iter().map(line).collect()
}

/// Which deliveries are looked for.
#[derive(Debug, Clone, Copy)]
pub struct Sought<'a> {
    /// That came through this door.
    pub source: Option<&'a str>,
    /// That their sender calls so.
    pub event: Option<&'a str>,
    /// That are so far.
    pub state: Option<DeliveryState>,
    /// That came before this one.
    pub before: Option<&'a DeliveryId>,
    /// At most so many.
    pub limit: i64,
}

async fn listed(connection: &mut AnyConnection, sought: &Sought<'_>) -> Result<Option<Vec<DeliveryLine>>> {
    let mut query = sqlx::QueryBuilder::new(format!("{LINE} WHERE 1 = 1"));
    for (column, wanted) in [("source", sought.source), ("event", sought.event), ("state", sought.state.map(DeliveryState::word))] {
        if let Some(wanted) = wanted {
            query.push(format!(" AND {column} = ")).push_bind(wanted.to_owned());
        }
    }
    if let Some(before) = sought.before {
        let seq: Option<i64> =
            sqlx::query_scalar("SELECT seq FROM delivery WHERE id = $1").bind(&before.0).fetch_optional(&mut *connection).await?;
        let Some(seq) = seq else { return Ok(None) };
        query.push(" AND seq < ").push_bind(seq);
    }
    query.push(" ORDER BY seq DESC LIMIT ").push_bind(sought.limit);
    query.build().fetch_all(connection).await?.iter().map(line).collect::<Result<_>>().map(Some)
}

async fn line_of(connection: &mut AnyConnection, id: &DeliveryId) -> Result<Option<DeliveryLine>> {
    let query = sqlx::AssertSqlSafe(format!("{LINE} WHERE id = $1"));
    let row = sqlx::query(query).bind(&id.0).fetch_optional(connection).await?;
    row.map(|row| line(&row)).transpose()
}

async fn count_waiting(connection: &mut AnyConnection) -> Result<i64> {
    Ok(sqlx::query_scalar("SELECT COUNT(*) FROM delivery WHERE state = 'waiting'").fetch_one(connection).await?)
}

fn line(row: &AnyRow) -> Result<DeliveryLine> {
    Ok(DeliveryLine {
        id: DeliveryId(row.try_get("id")?),
        source: row.try_get("source")?,
        event: row.try_get("event")?,
        size: row.try_get("size")?,
        received_at: moment(row.try_get("received_at")?),
        state: DeliveryState::read(row)?,
        attempts: row.try_get("attempts")?,
        outcome: optional(row, "outcome")?,
        replayed_at: row.try_get::<Option<i64>, _>("replayed_at")?.map(moment),
        first_outcome: optional(row, "first_outcome")?,
    })
}

fn read(row: &AnyRow) -> Result<Delivery> {
    Ok(Delivery {
        id: DeliveryId(row.try_get("id")?),
        source: row.try_get("source")?,
        event: row.try_get("event")?,
        body: unpack(row.try_get("body")?)?,
        received_at: moment(row.try_get("received_at")?),
        state: DeliveryState::read(row)?,
        attempts: row.try_get("attempts")?,
        outcome: optional(row, "outcome")?,
    })
}

pub(super) fn unpack(packed: &[u8]) -> Result<Vec<u8>> {
    lz4_flex::decompress_size_prepended(packed).map_err(|error| Error::Corrupt { place: "delivery_body.body", why: error.to_string() })
}

impl Tx {
    /// Closes a waiting delivery with what became of it. False: somebody else has dealt with it, and this transaction
    /// must not be committed.
    pub async fn settle_delivery(&mut self, id: &DeliveryId, state: DeliveryState, outcome: &Reply) -> Result<bool> {
        let done = sqlx::query("UPDATE delivery SET state = $1, outcome = $2, due_at = NULL WHERE id = $3 AND state = 'waiting'")
            .bind(state.word())
            .bind(json(outcome)?)
            .bind(&id.0)
            .execute(self.connection())
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Has a delivery that was dealt with dealt with once more; what became of it the first time stays. False: it still
    /// waits.
    pub async fn reopen_delivery(&mut self, id: &DeliveryId) -> Result<bool> {
        let now = micros(self.now());
        let done = sqlx::query(
            "UPDATE delivery SET first_outcome = COALESCE(first_outcome, outcome), replayed_at = $1, \
             state = 'waiting', outcome = NULL, attempts = 0, due_at = $1 WHERE id = $2 AND state <> 'waiting'",
        )
        .bind(now)
        .bind(&id.0)
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Tries a delivery again later, and keeps why.
    pub async fn postpone_delivery(&mut self, id: &DeliveryId, until: Timestamp, why: &Reply) -> Result<()> {
        sqlx::query("UPDATE delivery SET attempts = attempts + 1, due_at = $1, outcome = $2 WHERE id = $3 AND state = 'waiting'")
            .bind(micros(until))
            .bind(json(why)?)
            .bind(&id.0)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Remembers what happened, whatever delivery told it; the first one that did stays its teller.
    pub async fn first_sight(&mut self, key: &str, delivery: &DeliveryId) -> Result<()> {
        sqlx::query("INSERT INTO semantic_key (key, delivery) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING")
            .bind(key)
            .bind(&delivery.0)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}
