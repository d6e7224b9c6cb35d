//! What a deployment's steps print: all at once, or as it comes.

#![expect(clippy::disallowed_methods, reason = "a connection that is kept open lives in real time")]

use std::{
    collections::{BTreeMap, VecDeque},
    fmt::Write as _,
    time::Duration,
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{Bytes, Data, Path, Query},
};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::{deployments::visible, parameters::Number};
use crate::{
    domain::ids::DeploymentId,
    store::{Piece, ProposalState},
    web::{Shared, problem::Problem, token::Caller},
};

/// The least and the most time between two looks at the store: output rings no bell.
const LOOKS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(500));

/// Pieces of parallel steps become durable in another order than they were printed in, but never by more than this.
const LATE: SignedDuration = SignedDuration::from_secs(60);

/// After how many looks without news a line is sent that only shows that somebody is there.
const QUIET: u32 = 30;

/// A deployment's output.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Logs {
    /// In the order of the steps.
    pub pieces: Vec<Line>,
}

/// A piece of output with its step.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "LogLine")]
pub struct Line {
    /// The step; none when the plan does not have it.
    pub step: Option<String>,
    /// The piece.
    #[serde(flatten)]
    pub piece: Piece,
}

/// One event of the stream.
#[derive(JsonSchema)]
#[schemars(rename = "LogEvent")]
#[expect(clippy::struct_field_names, reason = "the fields are called as in the stream")]
#[expect(dead_code, reason = "it is only said what they look like")]
pub(super) struct Event {
    /// `piece`, or `end` at last; `error` when the store failed.
    #[schemars(extend("enum" = ["piece", "end", "error"]))]
    event: String,
    /// What `Last-Event-ID` takes to go on after this one.
    id: Option<String>,
    /// JSON: of a piece a `LogLine`; of the end `{"result": …}`, null for what never became a deployment.
    data: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// As it comes, until the deployment has ended.
    #[serde(default)]
    follow: bool,
}

pub(super) async fn logs(
    request: HttpRequest,
    number: Path<Number>,
    wanted: Query<Wanted>,
    caller: Caller,
    shared: Data<Shared>,
) -> Result<HttpResponse, Problem> {
    let id = number.id;
    let mut reader = shared.parts.store.read().await?;
    visible(&caller, reader.environment_of(id).await?, id)?;
    if !wanted.follow {
        let pieces = reader.output(id).await?;
        let steps = reader.deployment(id).await?.map(|deployment| deployment.plan.runs).unwrap_or_default();
        let name = |piece: &Piece| steps.get(piece.run).map(|run| run.step.name.to_string());
        let pieces = pieces.into_iter().map(|piece| Line { step: name(&piece), piece }).collect();
        return Ok(HttpResponse::Ok().json(Logs { pieces }));
    }
    drop(reader);
    let last = request.headers().get("Last-Event-ID").and_then(|last| last.to_str().ok());
    let follower = Follower::new(shared, id, last.map(Seen::read).unwrap_or_default());
    let events = futures::stream::unfold(follower, |mut follower| async move {
        let event = follower.next().await?;
        Some((Ok::<_, actix_web::Error>(Bytes::from(event)), follower))
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(events))
}

/// How much of each attempt's output was sent: written as the event's id, so that a reader can go on where it was.
#[derive(Debug, Default)]
struct Seen(BTreeMap<(usize, u32), u64>);

impl Seen {
    /// `0.1.512-1.1.77`: run, attempt and end. What cannot be read was not seen.
    fn read(text: &str) -> Self {
        let one = |part: &str| {
            let mut numbers = part.splitn(3, '.');
            let (run, attempt, end) = (numbers.next()?, numbers.next()?, numbers.next()?);
            Some(((run.parse().ok()?, attempt.parse().ok()?), end.parse().ok()?))
        };
        Self(text.split('-').filter_map(one).collect())
    }

    /// Marks a piece as sent. False: it was before.
    fn take(&mut self, piece: &Piece) -> bool {
        let end = self.0.entry((piece.run, piece.attempt)).or_default();
        let fresh = piece.place >= *end;
        if fresh {
            *end = piece.place + piece.text.len() as u64;
        }
        fresh
    }

    fn id(&self) -> String {
        let parts = self.0.iter().map(|((run, attempt), end)| format!("{run}.{attempt}.{end}"));
        parts.collect::<Vec<_>>().join("-")
    }
}

/// Sends what is new until the deployment has ended.
struct Follower {
    shared: Data<Shared>,
    id: DeploymentId,
    changes: watch::Receiver<u64>,
    seen: Seen,
    newest: Timestamp,
    steps: Option<Vec<String>>,
    ready: VecDeque<String>,
    over: bool,
}

impl Follower {
    fn new(shared: Data<Shared>, id: DeploymentId, seen: Seen) -> Self {
        let changes = shared.parts.links.changes.clone();
        Self { shared, id, changes, seen, newest: Timestamp::MIN, steps: None, ready: VecDeque::new(), over: false }
    }

    async fn next(&mut self) -> Option<String> {
        let mut quiet = 0;
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if self.over {
                return None;
            }
            if let Err(problem) = self.look().await {
                self.over = true;
                return Some(event("error", None, &serde_json::json!({ "message": problem.message }).to_string()));
            }
            if self.ready.is_empty() {
                quiet += 1;
                if quiet % QUIET == 0 {
                    return Some(": still here\n\n".to_owned());
                }
                self.rest().await;
            }
        }
    }

    async fn rest(&mut self) {
        let stopping = self.shared.stopping.clone();
        tokio::select! {
            () = stopping.cancelled() => self.over = true,
            () = async {
                tokio::time::sleep(LOOKS.0).await;
                if tokio::time::timeout(LOOKS.1, self.changes.changed()).await.is_ok_and(|changed| changed.is_err()) {
                    tokio::time::sleep(LOOKS.1).await;
                }
            } => {}
        }
    }

    /// Whether it has ended is read before the output, so that nothing printed before the end is missed.
    async fn look(&mut self) -> Result<(), Problem> {
        let mut reader = self.shared.parts.store.read().await?;
        let summary = reader.summary(self.id).await?;
        let ended = match &summary {
            Some(summary) => summary.ended_at.is_some().then(|| summary.result.clone()),
            None => reader.proposal(self.id).await?.filter(|row| row.state == ProposalState::Closed).map(|_| None),
        };
        if summary.is_some() && self.steps.is_none() {
            let plan = reader.deployment(self.id).await?.map(|deployment| deployment.plan);
            self.steps = plan.map(|plan| plan.runs.into_iter().map(|run| run.step.name.into()).collect());
        }
        let from = self.newest.saturating_sub(LATE).unwrap_or(Timestamp::MIN);
        for piece in reader.output_since(self.id, from).await? {
            self.newest = self.newest.max(piece.at);
            if self.seen.take(&piece) {
                let step = self.steps.as_ref().and_then(|steps| steps.get(piece.run).cloned());
                let data = serde_json::to_string(&Line { step, piece }).unwrap_or_default();
                self.ready.push_back(event("piece", Some(&self.seen.id()), &data));
            }
        }
        if let Some(result) = ended {
            self.over = true;
            self.ready.push_back(event("end", Some(&self.seen.id()), &serde_json::json!({ "result": result }).to_string()));
        }
        Ok(())
    }
}

/// One server-sent event. JSON has no line breaks of its own.
fn event(name: &str, id: Option<&str>, data: &str) -> String {
    let mut text = format!("event: {name}\n");
    if let Some(id) = id {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "id: {id}");
    }
    let _ = write!(text, "data: {data}\n\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(run: usize, place: u64, text: &str) -> Piece {
        Piece { run, attempt: 1, place, at: Timestamp::UNIX_EPOCH, text: text.to_owned() }
    }

    #[test]
    fn a_reader_goes_on_where_it_was_whatever_ran_side_by_side() {
        let mut seen = Seen::default();
        assert!(seen.take(&piece(1, 0, "abc")) && seen.take(&piece(0, 0, "x")) && seen.take(&piece(1, 3, "d")));
        assert_eq!(seen.id(), "0.1.1-1.1.4");
        let mut again = Seen::read(&seen.id());
        assert!(!again.take(&piece(1, 3, "d")) && !again.take(&piece(0, 0, "x")) && again.take(&piece(0, 1, "y")));
        assert!(Seen::read("what-is.this").0.is_empty());
    }
}
