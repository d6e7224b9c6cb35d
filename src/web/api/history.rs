//! The history: what every deployment came to, as records and as a table for other programs; and the audit.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{Data, Json, Query},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::parameters::{Limit, narrowed, next};
use crate::{
    domain::{
        history::{Record, Report},
        ids::{ApplicationName, EnvironmentId},
    },
    store::{HistoryRow, Listing},
    web::{Shared, problem::Problem, token::Caller},
};

/// The columns of the table.
const COLUMNS: [&str; 26] = [
    "id",
    "application",
    "environment",
    "kind",
    "runbook",
    "sha",
    "tag",
    "branch",
    "pull_request",
    "asked_by",
    "automatic",
    "emergency",
    "cleared_by",
    "began",
    "ended",
    "waited_ms",
    "steps_ms",
    "watch_ms",
    "result",
    "reverts",
    "rolled_back_by",
    "rolled_back_to",
    "plan_digest",
    "artifact_digests",
    "seq",
    "hash",
];

/// A part of the history.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct History {
    /// Newest first, by their ends.
    pub history: Vec<HistoryRow>,
    /// What `before` takes to see more; none: there is no more.
    pub next: Option<i64>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Only of this application.
    application: Option<ApplicationName>,
    /// Only of this environment.
    environment: Option<EnvironmentId>,
    /// How many; 100 without it.
    limit: Option<Limit>,
    /// Only rows before this one, by `seq`.
    before: Option<i64>,
}

pub(super) async fn list(
    request: HttpRequest,
    wanted: Query<Wanted>,
    caller: Caller,
    shared: Data<Shared>,
) -> Result<HttpResponse, Problem> {
    let Wanted { application, environment, limit, before } = wanted.into_inner();
    let limit = Limit::or(limit, 100);
    let listing = Listing { before, limit: limit + 1, ..narrowed(&caller, application, environment) };
    let mut history = shared.parts.store.read().await?.history_rows(&listing).await?;
    let next = next(&mut history, limit, |row| row.seq);
    if !wants_csv(&request) {
        return Ok(HttpResponse::Ok().json(History { history, next }));
    }
    let mut answer = HttpResponse::Ok();
    if let Some(next) = next {
        answer.insert_header(("X-Next", next.to_string()));
    }
    Ok(answer.content_type("text/csv; charset=utf-8; header=present").body(csv(&history, true)))
}

/// Whether a table is wanted, and not just taken too.
fn wants_csv(request: &HttpRequest) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    accept.split(',').next().and_then(|first| first.split(';').next()).is_some_and(|first| first.trim() == "text/csv")
}

pub(super) async fn audit(shared: Data<Shared>) -> Result<Json<Report>, Problem> {
    Ok(Json(shared.parts.store.read().await?.audited().await?))
}

/// Rows of the history as CSV (RFC 4180).
pub fn csv(rows: &[HistoryRow], heading: bool) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail, and every record has as many fields as the heading.
    if heading {
        let _ = writer.write_record(COLUMNS);
    }
    for row in rows {
        let _ = writer.write_record(cells(row).map(|cell| tame(&cell)));
    }
    writer.into_inner().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

fn cells(row: &HistoryRow) -> [String; COLUMNS.len()] {
    let record = &row.record;
    let version = record.version.as_ref();
    let perhaps = |value: Option<String>| value.unwrap_or_default();
    let back = record.rolled_back.as_ref();
    [
        record.id.to_string(),
        record.application.to_string(),
        record.environment.to_string(),
        perhaps(serde_json::to_value(record.kind).ok().and_then(|kind| kind.as_str().map(str::to_owned))),
        perhaps(record.runbook.as_ref().map(ToString::to_string)),
        perhaps(version.map(|version| version.sha.to_string())),
        perhaps(version.and_then(|version| version.tag.as_ref()).map(ToString::to_string)),
        perhaps(version.and_then(|version| version.branch.as_ref()).map(ToString::to_string)),
        perhaps(version.and_then(|version| version.pull_request).map(|number| number.to_string())),
        record.asked.actor.to_string(),
        record.asked.automatic.to_string(),
        perhaps(record.asked.emergency.clone()),
        cleared(record),
        record.began.to_string(),
        record.ended.to_string(),
        record.durations.waited.to_string(),
        record.durations.steps.to_string(),
        record.durations.watch.to_string(),
        record.result.clone(),
        perhaps(record.reverts.map(|id| id.to_string())),
        perhaps(back.map(|back| back.by.to_string())),
        perhaps(back.and_then(|back| back.to.as_ref()).map(ToString::to_string)),
        record.digests.plan.to_string(),
        record.digests.artifacts.iter().cloned().collect::<Vec<_>>().join(" "),
        row.seq.to_string(),
        row.hash.clone(),
    ]
}

/// The gates that people cleared: `approved: lucia 2026-03-01T03:12:00Z`.
fn cleared(record: &Record) -> String {
    let by = |gate: &crate::domain::history::Cleared| {
        let people = gate.by.iter().map(|one| match one.at {
            Some(at) => format!("{} {at}", one.actor),
            None => one.actor.to_string(),
        });
        let people = people.collect::<Vec<_>>().join(", ");
        (!people.is_empty()).then(|| format!("{}: {people}", gate.gate))
    };
    record.cleared.iter().filter_map(by).collect::<Vec<_>>().join("; ")
}

/// A cell that a spreadsheet takes for text: names of branches and tags are other people's.
fn tame(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}
