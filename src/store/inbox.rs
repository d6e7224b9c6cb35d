//! The inbox: a delivery is durable before its sender is answered.
//!
//! Waiting inserts share one commit: whatever has gathered while the last one was synced to the disk goes into the
//! next. That is what keeps a burst of webhooks at thousands a second on a disk that syncs a few hundred times.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::{Any, AnyPool, QueryBuilder};
use tokio::sync::{mpsc, oneshot};

use super::{Error, NewDelivery, Result, Store, micros};

/// How many deliveries may wait to be written. More are refused (503), so that memory stays bounded.
const QUEUE: usize = 4096;

/// How many go into one commit.
const BATCH: usize = 256;

/// How many rows one INSERT has: the sizes of the statements that stay prepared.
const ROWS: [usize; 4] = [64, 16, 4, 1];

/// How long a delivery waits for its commit: GitHub hangs up after ten seconds, and would not hear why.
const PATIENCE: Duration = Duration::from_secs(8);

/// What became of a delivery at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// It is new.
    Stored,
    /// It was here before, and has been dealt with or will be.
    Duplicate,
}

/// The door of the store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Inbox {
    queue: mpsc::Sender<Waiting>,
    clock: crate::domain::clock::SharedClock,
}

#[derive(Debug)]
struct Waiting {
    delivery: NewDelivery,
    /// The body, compressed.
    packed: Vec<u8>,
    at: Timestamp,
    answer: oneshot::Sender<Result<Accepted>>,
}

impl Store {
    /// Opens the inbox. Its writer ends when the last handle is dropped.
    pub fn inbox(&self) -> Inbox {
        let (queue, waiting) = mpsc::channel(QUEUE);
        tokio::spawn(write_all(self.writer.clone(), waiting));
        Inbox { queue, clock: self.clock.clone() }
    }
}

impl Inbox {
    /// Stores a delivery. When this answers that it did, it is on the disk. When it refuses, it may come there all the
    /// same: the same id again finds out.
    pub async fn accept(&self, delivery: NewDelivery) -> Result<Accepted> {
        let (answer, answered) = oneshot::channel();
        let packed = lz4_flex::compress_prepend_size(&delivery.body);
        let waiting = Waiting { delivery, packed, at: self.clock.now(), answer };
        self.queue.try_send(waiting).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Error::Busy(format!("{QUEUE} deliveries are waiting to be written")),
            mpsc::error::TrySendError::Closed(_) => Error::Busy("the server is stopping".to_owned()),
        })?;
        match tokio::time::timeout(PATIENCE, answered).await {
            Ok(answer) => answer.unwrap_or_else(|_| Err(Error::Busy("the server is stopping".to_owned()))),
            Err(_) => Err(Error::Busy("the database did not answer in time".to_owned())),
        }
    }
}

async fn write_all(writer: AnyPool, mut queue: mpsc::Receiver<Waiting>) {
    let mut batch = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        let stored = write(&writer, &batch).await;
        for (place, waiting) in batch.drain(..).enumerate() {
            let answer = match &stored {
                Ok(fresh) if fresh[place] => Ok(Accepted::Stored),
                Ok(_) => Ok(Accepted::Duplicate),
                Err(error) => Err(Error::Busy(error.to_string())),
            };
            // Who asked may have hung up; the delivery is stored all the same.
            let _ = waiting.answer.send(answer);
        }
    }
}

/// Writes a batch in one commit and tells which of it are new.
async fn write(writer: &AnyPool, batch: &[Waiting]) -> Result<Vec<bool>> {
    let mut fresh = vec![false; batch.len()];
    let mut transaction = writer.begin().await?;
    let mut done = 0;
    while done < batch.len() {
        let rows = ROWS.into_iter().find(|rows| *rows <= batch.len() - done).unwrap_or(1);
        let part = &batch[done..done + rows];
        let stored: Vec<(i64, String)> = insert(part).build_query_as().fetch_all(&mut *transaction).await?;
        let place = |id: &str| part.iter().position(|waiting| waiting.delivery.id.0 == id);
        let new: Vec<(i64, usize)> = stored.iter().filter_map(|(seq, id)| Some((*seq, place(id)?))).collect();
        for bodies in new.chunks(16) {
            insert_bodies(part, bodies).build().execute(&mut *transaction).await?;
        }
        for (_, place) in new {
            fresh[done + place] = true;
        }
        done += rows;
    }
    transaction.commit().await?;
    Ok(fresh)
}

fn insert(part: &[Waiting]) -> QueryBuilder<Any> {
    let mut query = QueryBuilder::new("INSERT INTO delivery (id, source, event, size, received_at, state, attempts, due_at) ");
    query.push_values(part, |mut row, waiting| {
        let delivery = &waiting.delivery;
        row.push_bind(delivery.id.0.as_str())
            .push_bind(delivery.source)
            .push_bind(delivery.event.as_str())
            .push_bind(i64::try_from(delivery.body.len()).unwrap_or(i64::MAX))
            .push_bind(micros(waiting.at))
            .push("'waiting', 0")
            .push_bind(micros(waiting.at));
    });
    query.push(" ON CONFLICT (id) DO NOTHING RETURNING seq, id");
    query
}

fn insert_bodies(part: &[Waiting], bodies: &[(i64, usize)]) -> QueryBuilder<Any> {
    let mut query = QueryBuilder::new("INSERT INTO delivery_body (seq, body) ");
    query.push_values(bodies, |mut row, (seq, place)| {
        row.push_bind(*seq).push_bind(part[*place].packed.as_slice());
    });
    query
}
