//! Reading a body: bounded in size, in time, and in what all bodies together may occupy.
//!
//! A declared length over the limit is refused before anything is read. Small bodies are free; a large one takes its
//! share of the budget when it has begun to come, so that nobody can hold memory by announcing alone.

use std::{sync::Arc, time::Duration};

use actix_web::{HttpRequest, http::StatusCode, http::header, web};
use futures::StreamExt;
use serde::de::DeserializeOwned;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Shared, problem::Problem};

/// What a body may have without a share of the budget.
const FREE: usize = 64 << 10;

/// What the budget is counted in.
const UNIT: usize = 64 << 10;

/// How long a body waits for its share.
const WAIT: Duration = Duration::from_secs(8);

/// What large bodies may occupy, all together.
#[derive(Debug)]
pub(super) struct Budget(Arc<Semaphore>);

/// A body's share of the budget. Dropped, it is given back.
#[derive(Debug, Default)]
pub(super) struct Share(Option<OwnedSemaphorePermit>);

impl Budget {
    pub(super) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes / UNIT)))
    }

    /// Makes the share large enough for this many bytes.
    async fn grow(&self, share: &mut Share, bytes: usize) -> Result<(), Problem> {
        let held = share.0.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let wanted = bytes.div_ceil(UNIT);
        if wanted <= held {
            return Ok(());
        }
        let more = u32::try_from(wanted - held).unwrap_or(u32::MAX);
        match tokio::time::timeout(WAIT, self.0.clone().acquire_many_owned(more)).await {
            Ok(Ok(permit)) => {
                match &mut share.0 {
                    Some(held) => held.merge(permit),
                    none => *none = Some(permit),
                }
                Ok(())
            }
            _ => Err(Problem::busy("too many large bodies are being read; send it again in a few seconds").hanging_up()),
        }
    }
}

/// What a body may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) bytes: usize,
    pub(super) time: Duration,
}

/// Whoever takes a body's bytes.
pub(super) trait Sink {
    /// This many more bytes will come.
    fn reserve(&mut self, bytes: usize);
    /// The next bytes.
    fn push(&mut self, chunk: &[u8]);
}

impl Sink for Vec<u8> {
    fn reserve(&mut self, bytes: usize) {
        self.reserve_exact(bytes);
    }

    fn push(&mut self, chunk: &[u8]) {
        self.extend_from_slice(chunk);
    }
}

impl Sink for crate::github::signature::Incoming {
    fn reserve(&mut self, bytes: usize) {
        self.reserve(bytes);
    }

    fn push(&mut self, chunk: &[u8]) {
        self.push(chunk);
    }
}

/// The length that a body announces, if that is allowed.
pub(super) fn declared(request: &HttpRequest, limit: usize) -> Result<Option<usize>, Problem> {
    let Some(header) = request.headers().get(header::CONTENT_LENGTH) else { return Ok(None) };
    match header.to_str().ok().and_then(|text| text.parse::<u64>().ok()).map(usize::try_from) {
        Some(Ok(length)) if length <= limit => Ok(Some(length)),
        Some(_) => Err(too_large(limit)),
        None => Err(Problem::bad("invalid_length", "the Content-Length header is not a number").hanging_up()),
    }
}

/// Reads a whole body. The share must be kept as long as the bytes are.
pub(super) async fn read(
    payload: &mut web::Payload,
    sink: &mut impl Sink,
    budget: &Budget,
    bounds: Bounds,
    declared: Option<usize>,
) -> Result<Share, Problem> {
    let whole = async {
        let (mut share, mut read) = (Share::default(), 0);
        sink.reserve(declared.unwrap_or(0).min(FREE));
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| Problem::bad("body_cut", "the body ended before it was complete").hanging_up())?;
            let was = read;
            read += chunk.len();
            if read > bounds.bytes {
                return Err(too_large(bounds.bytes));
            }
            if read > FREE {
                // All of a declared length at once, so that two that have a half of theirs never wait for each other.
                budget.grow(&mut share, declared.unwrap_or(read)).await?;
            }
            if was <= FREE && read > FREE {
                sink.reserve(declared.map_or(0, |length| length.saturating_sub(was)));
            }
            sink.push(&chunk);
        }
        Ok(share)
    };
    tokio::time::timeout(bounds.time, whole)
        .await
        .unwrap_or_else(|_| Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", "the body did not arrive in time").hanging_up()))
}

/// Reads a body of JSON.
pub(super) async fn json<T: DeserializeOwned>(
    request: &HttpRequest,
    payload: &mut web::Payload,
    shared: &Shared,
    limit: usize,
) -> Result<T, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).map(|kind| kind.to_str().unwrap_or_default());
    let media = kind.map(|kind| kind.split(';').next().unwrap_or_default().trim());
    if media.is_some_and(|media| !media.eq_ignore_ascii_case("application/json")) {
        let message = "the body must be application/json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message).hanging_up());
    }
    let declared = declared(request, limit)?;
    let bounds = Bounds { bytes: limit, time: shared.parts.config.body_timeout };
    let mut text = Vec::new();
    let _share = read(payload, &mut text, &shared.budget, bounds, declared).await?;
    let wrong = |error: &dyn std::fmt::Display| Problem::bad("invalid_request", format!("the body is not a request: {error}"));
    let mut json = serde_json::Deserializer::from_slice(&text);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| wrong(&error))?;
    json.end().map_err(|error| wrong(&error))?;
    Ok(value)
}

fn too_large(limit: usize) -> Problem {
    let message = format!("the body is larger than {limit} bytes");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message).hanging_up()
}
