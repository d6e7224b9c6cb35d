//! Whether somebody altered the history, or what it is made from.
//!
//! It only reads, and asks nobody for the server's lock: it may look at a file whose server runs, or is gone.

use std::path::Path;

use sqlx::{AnyConnection, Connection, Row};

use super::{HEAD, before, evidence};
use crate::{
    domain::{
        history::{Fault, Head, Record, Report, Wrong, beginning, link, record},
        ids::DeploymentId,
    },
    store::{Result, peek},
};

/// How many rows are looked at in one go.
const BATCH: i64 = 200;

/// A row as it stands.
struct Written {
    seq: i64,
    deployment: i64,
    environment: String,
    body: String,
    previous: String,
    hash: String,
}

/// Looks at a store's file.
pub async fn audit(path: &Path) -> Result<Report> {
    let mut reader = peek(path).await?;
    report(&mut reader.connection).await
}

/// Looks at the whole history as it is at one moment.
pub(super) async fn report(connection: &mut AnyConnection) -> Result<Report> {
    let mut moment = connection.begin().await?;
    let before = before(&mut moment).await?;
    let mut wrong = Vec::new();
    let mut last = Head { count: 0, hash: beginning(&before) };
    let mut after = i64::MIN;
    loop {
        let rows = next(&mut moment, after).await?;
        let Some(end) = rows.last() else { break };
        after = end.seq;
        for row in &rows {
            wrong.extend(follows(row, &mut last).into_iter().map(|fault| about(row, fault)));
        }
        wrong.extend(agree(&mut moment, &rows).await?);
    }
    let rows = sqlx::query_scalar("SELECT COUNT(*) FROM history").fetch_one(&mut *moment).await?;
    let head = kept_head(&mut moment).await?;
    // A chain without rows has no head to compare.
    if head.as_ref().map_or(last.count != 0, |head| *head != last) {
        wrong.push(Wrong { row: None, deployment: None, fault: Fault::End });
    }
    for id in missing(&mut moment).await? {
        wrong.push(Wrong { row: None, deployment: Some(id), fault: Fault::Missing });
    }
    Ok(Report { rows, head: last, before: before.len(), wrong })
}

async fn next(connection: &mut AnyConnection, after: i64) -> Result<Vec<Written>> {
    let rows =
        sqlx::query("SELECT * FROM history WHERE seq > $1 ORDER BY seq LIMIT $2").bind(after).bind(BATCH).fetch_all(connection).await?;
    rows.iter()
        .map(|row| {
            let text = |name| evidence::loose(row, name).map(Option::unwrap_or_default);
            Ok(Written {
                seq: row.try_get("seq")?,
                deployment: text("deployment")?.parse().unwrap_or_default(),
                environment: text("environment")?,
                body: text("body")?,
                previous: text("previous")?,
                hash: text("hash")?,
            })
        })
        .collect()
}

/// What is wrong with a row by itself, and as the one after the last.
fn follows(row: &Written, last: &mut Head) -> Vec<Fault> {
    let mut faults = Vec::new();
    if row.seq != last.count + 1 || row.previous != last.hash {
        faults.push(Fault::Order);
    }
    if row.hash != link(&row.previous, row.seq, &row.body) {
        faults.push(Fault::Row);
    }
    *last = Head { count: row.seq, hash: row.hash.clone() };
    faults
}

fn about(row: &Written, fault: Fault) -> Wrong {
    Wrong { row: Some(row.seq), deployment: Some(DeploymentId(row.deployment)), fault }
}

/// What is wrong with these rows when they are held against what they are made from.
async fn agree(connection: &mut AnyConnection, rows: &[Written]) -> Result<Vec<Wrong>> {
    let ids: Vec<i64> = rows.iter().map(|row| row.deployment).collect();
    let gathered = evidence::gather(connection, &ids).await?;
    let mut wrong = Vec::new();
    let mut readable = Vec::new();
    for row in rows {
        match serde_json::from_str::<Record>(&row.body) {
            Ok(record) => readable.push((row, record)),
            Err(_) => wrong.push(about(row, Fault::Unreadable)),
        }
    }
    let followed: Vec<i64> = readable.iter().filter_map(|(_, record)| Some(record.rolled_back.as_ref()?.by.0)).collect();
    let versions = evidence::versions(connection, &followed).await.unwrap_or_default();
    for (row, said) in readable {
        let Some(there) = gathered.get(&row.deployment) else { continue };
        let found = there.evidence();
        let mut faults: Vec<Fault> = [
            (found.deployment == said.evidence.deployment, Fault::Deployment),
            (found.proposal == said.evidence.proposal, Fault::Proposal),
            (found.approvals == said.evidence.approvals, Fault::Approvals),
            (found.journal == said.evidence.journal, Fault::Journal),
        ]
        .into_iter()
        .filter_map(|(same, fault)| (!same).then_some(fault))
        .collect();
        let followed = said.rolled_back.as_ref().and_then(|back| Some((back.by.0, versions.get(&back.by.0)?.clone())));
        let is_so = there.complete(followed).is_ok_and(|facts| record(facts) == said);
        if faults.is_empty() && !(is_so && row.environment == said.environment.to_string()) {
            faults.push(Fault::Disagrees);
        }
        wrong.extend(faults.into_iter().map(|fault| about(row, fault)));
    }
    wrong.sort_by_key(|wrong| wrong.row);
    Ok(wrong)
}

async fn kept_head(connection: &mut AnyConnection) -> Result<Option<Head>> {
    let written: Option<String> =
        sqlx::query_scalar("SELECT value FROM meta WHERE name = $1").bind(HEAD).fetch_optional(connection).await?;
    // What cannot be read is not where the chain ends.
    Ok(written.map(|text| serde_json::from_str(&text).unwrap_or(Head { count: -1, hash: String::new() })))
}

/// The deployments that ended, and are neither in the history nor from before it.
async fn missing(connection: &mut AnyConnection) -> Result<Vec<DeploymentId>> {
    let ids: Vec<i64> = sqlx::query_scalar(
        "SELECT id FROM deployment WHERE ended_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM history WHERE deployment = id) \
         AND NOT EXISTS (SELECT 1 FROM history_before WHERE deployment = id) ORDER BY id",
    )
    .fetch_all(connection)
    .await?;
    Ok(ids.into_iter().map(DeploymentId).collect())
}
