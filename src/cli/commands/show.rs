//! `botadura status` and `botadura history`.

use jiff::Timestamp;
use serde_json::Value;

use super::say;
use crate::{
    cli::{client::Client, failure::Failure, table::Table, when},
    domain::{
        ids::{ApplicationName, EnvironmentId},
        policy::{Decision, HoldReason, Lock, Origin, Proposal, Purpose},
        version::Version,
    },
    store::Summary,
    surfaces::text::harmless,
    web::api::{Deployments, EnvironmentStatus, History, Status, csv},
};

/// What runs where.
pub(super) async fn status(client: &Client, application: Option<&ApplicationName>, json: bool) -> Result<(), Failure> {
    let path = application.map_or_else(|| "status".to_owned(), |name| format!("status?application={name}"));
    if json {
        return as_json(client, &path).await;
    }
    let status: Status = client.get(&path).await?;
    let now = when::now();
    let mut table = Table::new(["ENVIRONMENT", "VERSION", "SINCE", "BY", "STATE"]);
    for one in &status.environments {
        let running = one.running.as_ref();
        table.row([
            one.environment.to_string(),
            running.map_or_else(|| "-".to_owned(), |summary| version(summary.version.as_ref())),
            running.and_then(|summary| summary.ended_at).map_or_else(String::new, |at| when::ago(at, now)),
            running.map_or_else(String::new, |summary| summary.origin.actor.to_string()),
            state(one, now),
        ]);
    }
    table.lines().iter().for_each(|line| say(line));
    for (one, row) in status.environments.iter().flat_map(|one| one.waiting.iter().map(move |row| (one, row))) {
        let id = row.proposal.id;
        say(&format!("\n{} #{id} {} waits", one.environment, subject(&row.proposal)));
        let closed = row.decision.as_ref().and_then(Decision::closed);
        let lines = closed.map(|gate| client.text.gate(id, &one.environment, gate)).unwrap_or_default();
        for line in lines {
            say(&format!("  {line}"));
        }
    }
    if status.environments.is_empty() {
        say("no environment is configured; an application is a file in the folder 'apps' beside the server's own");
    }
    Ok(())
}

/// What is particular about an environment, in a few words each.
fn state(one: &EnvironmentStatus, now: Timestamp) -> String {
    let mut parts = Vec::new();
    if let Some(slot) = &one.slot {
        let what = if slot.reverts.is_some() { "rolling back to" } else { "deploying" };
        parts.push(format!("#{} {what} {}", slot.id, version(slot.version.as_ref())));
    }
    if let Some(hold) = &one.hold {
        let why = match hold.why {
            HoldReason::RolledBack => "was rolled back",
            HoldReason::NeedsHuman => "needs a human",
        };
        parts.push(format!("kept back: #{} {why}", hold.deployment));
    }
    parts.extend(one.locks.iter().map(|lock| locked(lock, now)));
    if one.slot.is_none() && !one.uncertain.is_empty() {
        let steps: Vec<_> = one.uncertain.iter().map(ToString::to_string).collect();
        parts.push(format!("not known to be as it says: {}; deploy or roll back to be sure", steps.join(", ")));
    }
    parts.join("; ")
}

fn locked(lock: &Lock, now: Timestamp) -> String {
    let until = lock.until.map(|until| format!(" for {}", when::span(now, until))).unwrap_or_default();
    let reason = lock.reason.as_ref().map(|reason| format!(" ({})", harmless(reason))).unwrap_or_default();
    format!("locked by {}{until}{reason}", lock.owner)
}

/// How a list is shown.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    /// For people.
    Table,
    /// Full records.
    Json,
    /// A table for other programs.
    Csv,
}

impl Form {
    pub(super) fn of(json: bool) -> Self {
        if json { Self::Json } else { Self::Table }
    }
}

/// The last deployments. Records there are only of those that have ended.
pub(super) async fn history(client: &Client, environment: Option<&EnvironmentId>, limit: u16, form: Form) -> Result<(), Failure> {
    let only = environment.map(|id| format!("&environment={id}")).unwrap_or_default();
    let path = format!("deployments?limit={limit}{only}");
    match form {
        Form::Table => {}
        Form::Json => return as_json(client, &format!("history?limit={limit}{only}")).await,
        Form::Csv => {
            let History { history, .. } = client.get(&format!("history?limit={limit}{only}")).await?;
            csv(&history, true).lines().for_each(say);
            return Ok(());
        }
    }
    let all: Deployments = client.get(&path).await?;
    if all.deployments.is_empty() {
        return nothing_yet(client, environment).await;
    }
    let now = when::now();
    let mut table = Table::new(["ID", "ENVIRONMENT", "VERSION", "RESULT", "BY", "BEGUN", "TOOK"]);
    for one in &all.deployments {
        table.row([
            one.id.to_string(),
            one.environment.to_string(),
            one.runbook.as_ref().map_or_else(|| version(one.version.as_ref()), |runbook| format!("runbook {}", harmless(runbook))),
            result(one),
            by(&one.origin),
            when::ago(one.begun_at, now),
            when::span(one.begun_at, one.ended_at.unwrap_or(now)),
        ]);
    }
    table.lines().iter().for_each(|line| say(line));
    Ok(())
}

/// What is said instead of an empty table; an environment that there is not is told as such.
async fn nothing_yet(client: &Client, environment: Option<&EnvironmentId>) -> Result<(), Failure> {
    let Some(environment) = environment else {
        say("nothing was deployed yet");
        return Ok(());
    };
    let instance = environment.instance.map(|number| format!("?instance={number}")).unwrap_or_default();
    let _: Value = client.get(&format!("environments/{}/{}{instance}", environment.application, environment.name)).await?;
    say(&format!("nothing was deployed to {environment} yet"));
    Ok(())
}

/// Who asked for it, and whether the glass was broken for it.
fn by(origin: &Origin) -> String {
    if origin.emergency.is_some() { format!("{}, emergency", origin.actor) } else { origin.actor.to_string() }
}

fn result(one: &Summary) -> String {
    let result = one.result.as_deref().map_or_else(|| "running".to_owned(), |result| result.replace('_', " "));
    match (one.reverts, one.reverted_by) {
        (Some(id), _) => format!("{result}, takes back #{id}"),
        (None, Some(id)) => format!("{result}, taken back by #{id}"),
        (None, None) => result,
    }
}

/// What waits: a version, a runbook, a removal.
fn subject(proposal: &Proposal) -> String {
    match (&proposal.purpose, &proposal.version) {
        (Purpose::Deploy, version) => version.as_ref().map_or_else(String::new, ToString::to_string),
        (Purpose::Run { runbook, undo: false }, _) => format!("runbook {runbook}"),
        (Purpose::Run { runbook, undo: true }, _) => format!("runbook {runbook}, taken back"),
        (Purpose::Remove, _) => "removal".to_owned(),
    }
}

fn version(version: Option<&Version>) -> String {
    version.map_or_else(|| "what was there before".to_owned(), ToString::to_string)
}

/// What the server says, as it says it.
pub(super) async fn as_json(client: &Client, path: &str) -> Result<(), Failure> {
    let value: Value = client.get(path).await?;
    let text = serde_json::to_string_pretty(&value).map_err(|error| Failure::Failed(error.to_string()))?;
    say(&text);
    Ok(())
}
