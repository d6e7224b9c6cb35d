//! `checks`: waits for GitHub's checks on the pinned commit. Any that fails stops the deployment.
//!
//! A name is that of check runs, of a status's context, or of both: then all of them must pass. Of the runs of one name
//! that one App made, the newest counts, and those of each App.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Deserialize;

use super::{Context, Op, Progress, Scope, Step, github};
use crate::{
    domain::{
        deployment::Wake,
        event::Happening,
        manifest::Checks,
        release::{Memo, Observation, Reason},
        version::Sha,
    },
    github::client::{Need, Result},
};

const NEED: Need = &[("checks", "read"), ("statuses", "read")];

/// How often is looked when GitHub does not tell us.
const POLL: Duration = Duration::from_secs(30);

/// How many of the names that are there are told.
const TOLD: usize = 30;

/// A `checks` with its commit.
pub struct ChecksStep {
    names: Vec<String>,
    appear_within: Duration,
    sha: Sha,
}

#[derive(Debug, Clone, Deserialize)]
struct CheckRun {
    id: u64,
    name: String,
    status: String,
    conclusion: Option<String>,
    html_url: Option<String>,
    external_id: Option<String>,
    app: Option<App>,
}

#[derive(Debug, Clone, Deserialize)]
struct App {
    id: u64,
}

#[derive(Debug, Clone, Deserialize)]
struct Status {
    id: u64,
    context: String,
    state: String,
    target_url: Option<String>,
}

/// One thing that GitHub says about a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Said {
    name: String,
    how: How,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum How {
    Passed,
    Pending,
    /// GitHub's word for it, and where more is to be seen.
    Failed(String, Option<String>),
}

/// What all names come to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Verdict {
    Passed,
    Pending,
    Failed(Reason),
    /// These are not there.
    Missing(Vec<String>),
}

impl ChecksStep {
    /// The step of a manifest.
    pub fn new(checks: &Checks, scope: &Scope) -> std::result::Result<Self, Reason> {
        let sha = scope.get("version.sha").and_then(|sha| sha.parse().ok());
        let sha = sha.ok_or_else(|| Reason::new("there is no commit whose checks could be waited for"))?;
        Ok(Self { names: checks.names.clone(), appear_within: checks.appear_within, sha })
    }

    async fn read(&self, cx: &Context, client: &crate::github::client::Client) -> Result<Vec<Said>> {
        let repository = client.repository(&cx.repository, NEED);
        // Also those that a later one replaced: GitHub's own choice of the newest goes by the end, and overlooks one that
        // goes on.
        let mut runs: Vec<CheckRun> = repository.pages(&format!("/commits/{}/check-runs?filter=all", self.sha), "check_runs").await?;
        // What we tell about a deployment is no check of it.
        runs.retain(|run| !run.external_id.as_deref().is_some_and(|mark| mark.starts_with("botadura ")));
        let statuses = repository.pages(&format!("/commits/{}/status", self.sha), "statuses").await?;
        Ok(said(runs, statuses))
    }

    async fn apply(&self, cx: &Context, memo: Memo) -> Progress {
        let client = match github::client(cx) {
            Ok(client) => client,
            Err(reason) => return Progress::failed(reason),
        };
        let now = cx.clock.now();
        let since: Timestamp = memo.get("since").and_then(|since| since.as_str()?.parse().ok()).unwrap_or(now);
        let memo = serde_json::json!({ "since": since });
        let said = match self.read(cx, client).await {
            Ok(said) => said,
            Err(error) => return github::progress(error, memo),
        };
        let missing_from = since.saturating_add(self.appear_within).unwrap_or(Timestamp::MAX);
        match judge(&self.names, &said) {
            Verdict::Passed => return Progress::done(),
            Verdict::Failed(reason) => return Progress::failed(reason),
            Verdict::Missing(names) if now >= missing_from => return Progress::failed(not_there(&names, &said)),
            Verdict::Pending | Verdict::Missing(_) => {}
        }
        let at = now.saturating_add(POLL).unwrap_or(Timestamp::MAX);
        let key = Happening::CheckCompleted { sha: self.sha.clone() }.key();
        Progress::Waiting { memo, until: Wake { at, on: key } }
    }
}

/// What counts of all that GitHub has: of each App's runs of one name the newest, of each context the newest status.
fn said(runs: Vec<CheckRun>, statuses: Vec<Status>) -> Vec<Said> {
    let mut newest: BTreeMap<(String, Option<u64>), CheckRun> = BTreeMap::new();
    for run in runs {
        let place = (run.name.clone(), run.app.as_ref().map(|app| app.id));
        if newest.get(&place).is_none_or(|other| other.id < run.id) {
            newest.insert(place, run);
        }
    }
    let mut contexts: BTreeMap<String, Status> = BTreeMap::new();
    for status in statuses {
        if contexts.get(&status.context).is_none_or(|other| other.id < status.id) {
            contexts.insert(status.context.clone(), status);
        }
    }
    let of_run = |run: CheckRun| Said { how: how_of_run(&run), name: run.name };
    let of_status = |status: Status| Said { how: how_of_status(&status), name: status.context };
    newest.into_values().map(of_run).chain(contexts.into_values().map(of_status)).collect()
}

fn how_of_run(run: &CheckRun) -> How {
    match (run.status.as_str(), run.conclusion.as_deref()) {
        ("completed", Some("success" | "neutral" | "skipped")) => How::Passed,
        ("completed", conclusion) => How::Failed(conclusion.unwrap_or("no conclusion").to_owned(), run.html_url.clone()),
        ("queued" | "in_progress" | "pending" | "waiting" | "requested", _) => How::Pending,
        (other, _) => How::Failed(other.to_owned(), run.html_url.clone()),
    }
}

fn how_of_status(status: &Status) -> How {
    match status.state.as_str() {
        "success" => How::Passed,
        "pending" => How::Pending,
        other => How::Failed(other.to_owned(), status.target_url.clone()),
    }
}

fn judge(names: &[String], said: &[Said]) -> Verdict {
    let of = |name: &str| said.iter().filter(move |one| one.name == name).collect::<Vec<_>>();
    for name in names {
        for one in of(name) {
            if let How::Failed(word, look) = &one.how {
                let reason = Reason::new(format!("the check `{name}` did not pass: {word}"));
                let reason = reason.remedy("see what it says; once it has passed, retry the deployment");
                return Verdict::Failed(Reason { look: look.clone(), ..reason });
            }
        }
    }
    let missing: Vec<String> = names.iter().filter(|name| of(name).is_empty()).cloned().collect();
    if !missing.is_empty() {
        return Verdict::Missing(missing);
    }
    let all_passed = names.iter().all(|name| of(name).iter().all(|one| one.how == How::Passed));
    if all_passed { Verdict::Passed } else { Verdict::Pending }
}

fn not_there(names: &[String], said: &[Said]) -> Reason {
    let quoted = |names: Vec<&str>| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let there: BTreeSet<&str> = said.iter().map(|one| one.name.as_str()).collect();
    let more = there.len().saturating_sub(TOLD);
    let mut told = quoted(there.into_iter().take(TOLD).collect());
    if more > 0 {
        told = format!("{told} and {more} more");
    }
    let what = if told.is_empty() { "there are none at all".to_owned() } else { format!("there are {told}") };
    let missing = quoted(names.iter().map(String::as_str).collect());
    Reason::new(format!("the commit has no check of the name {missing}; {what}"))
        .remedy("correct `checks` in the manifest, see why the check did not begin, or give it longer with `appear_within`")
}

#[async_trait]
impl Step for ChecksStep {
    /// Checks leave nothing.
    async fn observe(&self, _: &Context) -> Observation {
        Observation::Absent
    }

    async fn advance(&self, cx: &Context, op: Op<'_>, memo: Memo) -> Progress {
        match op {
            Op::Apply => self.apply(cx, memo).await,
            Op::CleanUp | Op::Restore(_) | Op::Retire | Op::Remove => Progress::done(),
        }
    }
}

#[cfg(test)]
mod tests;
