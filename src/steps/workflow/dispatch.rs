//! From the intent to a run that is known to be ours.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Asking, Following, Stage, WorkflowStep};
use crate::{
    domain::{deployment::Wake, release::Reason},
    github::client::{Error, People, Result, component},
    steps::{Progress, github},
};

/// GitHub's lists lag: this long lies between two looks for a run.
const APART: Duration = Duration::from_secs(20);

/// How far back GitHub's list of runs is read: more than any two clocks differ.
const BACK: Duration = Duration::from_hours(1);

/// A run that is wanted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Intent {
    /// When it was first wanted.
    at: Timestamp,
    /// The newest run of that file then: numbers only rise, so no two clocks are compared.
    newest: u64,
    /// The branch that it is dispatched on.
    branch: String,
    /// How often it was looked for in vain since an answer was lost.
    looks: u32,
    /// It was dispatched for certain, and GitHub did not say which it is.
    dispatched: bool,
}

#[derive(Debug, Deserialize)]
struct Listed {
    id: u64,
    html_url: String,
    actor: Option<Account>,
    triggering_actor: Option<Account>,
}

#[derive(Debug, Deserialize)]
struct Account {
    login: String,
}

#[derive(Debug, Deserialize)]
struct Dispatched {
    workflow_run_id: u64,
}

impl Listed {
    fn is_by(&self, login: &str) -> bool {
        [&self.actor, &self.triggering_actor].into_iter().flatten().any(|account| account.login.eq_ignore_ascii_case(login))
    }
}

impl WorkflowStep {
    /// What is there before anything is done.
    pub(super) async fn intend(&self, asking: &Asking<'_>) -> Progress {
        let at = asking.cx.clock.now();
        let intent = async {
            let branch = asking.client.default_branch(&asking.cx.repository).await?;
            let newest = self.dispatched_since(asking, at).await?.iter().map(|run| run.id).max().unwrap_or(0);
            Ok(Intent { at, newest, branch, looks: 0, dispatched: false })
        };
        match intent.await {
            Ok(intent) => Stage::Intended(intent).on(asking.cx),
            Err(error) => self.failed(error, serde_json::Value::Null),
        }
    }

    /// Dispatches, unless that may have been done already.
    pub(super) async fn dispatch(&self, asking: &Asking<'_>, intent: Intent) -> Progress {
        if asking.cx.resumption || intent.looks > 0 || intent.dispatched {
            match self.ours(asking, &intent).await {
                Err(error) => return self.failed(error, Stage::Intended(intent).memo()),
                Ok(found) if found.len() > 1 => return self.cannot_tell(asking, &found),
                Ok(found) => match found.first() {
                    Some(run) => return Stage::Following(Following::of(run.id)).on(asking.cx),
                    // Not there in two looks apart: it was not done.
                    None if intent.looks > 0 && !asking.cx.resumption && !intent.dispatched => {}
                    None => return look_again(asking, intent),
                },
            }
        }
        let body = json!({ "ref": intent.branch, "inputs": self.inputs, "return_run_details": true });
        let path = format!("/actions/workflows/{}/dispatches", component(&self.file));
        match asking.repository.post::<Dispatched>(&path, &body).await {
            Ok(Some(run)) => Stage::Following(Following::of(run.workflow_run_id)).on(asking.cx),
            // A server that does not tell which run it is.
            Ok(None) => look_again(asking, Intent { looks: 0, dispatched: true, ..intent }),
            Err(error) => self.failed(error, Stage::Intended(Intent { looks: 0, ..intent }).memo()),
        }
    }

    /// A run that may have been dispatched and that nobody wants any more.
    pub(super) async fn give_up(&self, asking: &Asking<'_>, intent: Intent) -> Progress {
        match self.ours(asking, &intent).await {
            Err(error) => github::progress(error, Stage::Intended(intent).memo()),
            Ok(found) if found.len() > 1 => self.cannot_tell(asking, &found),
            Ok(found) => match found.first() {
                Some(run) => Stage::Following(Following::of(run.id)).on(asking.cx),
                None if intent.looks > 0 => Progress::done(),
                None => look_again(asking, intent),
            },
        }
    }

    /// The runs that may be the one that was wanted: of this file, by our App, newer than the intent.
    async fn ours(&self, asking: &Asking<'_>, intent: &Intent) -> Result<Vec<Listed>> {
        let bot = asking.client.bot().await?;
        let runs = self.dispatched_since(asking, intent.at).await?;
        Ok(runs.into_iter().filter(|run| run.id > intent.newest && run.is_by(&bot)).collect())
    }

    async fn dispatched_since(&self, asking: &Asking<'_>, at: Timestamp) -> Result<Vec<Listed>> {
        let since = at.saturating_sub(BACK).unwrap_or(Timestamp::MIN).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let created = component(&format!(">={since}"));
        let path = format!("/actions/workflows/{}/runs?event=workflow_dispatch&created={created}", component(&self.file));
        asking.repository.pages(&path, "workflow_runs").await
    }

    fn cannot_tell(&self, asking: &Asking<'_>, found: &[Listed]) -> Progress {
        let repository = &asking.cx.repository;
        let runs: Vec<&str> = found.iter().map(|run| run.html_url.as_str()).collect();
        let what = format!("{} was dispatched, the answer was lost, and {} runs may be the one", self.file, found.len());
        let reason = Reason::new(what).look(runs.join(" ")).remedy("end those that are not wanted, then retry the deployment");
        let by_hand = found.iter().flat_map(|run| ["view", "cancel"].map(|verb| format!("gh run {verb} {} --repo {repository}", run.id)));
        Progress::Stuck { reason, by_hand: by_hand.collect() }
    }

    /// What GitHub refuses about a workflow is nearly always the file or its inputs.
    fn failed(&self, error: Error, memo: serde_json::Value) -> Progress {
        let remedy = match &error {
            Error::Refused { status: 404, .. } => {
                format!("the default branch must have .github/workflows/{}, and the App the permission `actions: write`", self.file)
            }
            Error::Refused { status: 422, .. } => {
                format!("see `on: workflow_dispatch` and its `inputs` in .github/workflows/{} on the default branch", self.file)
            }
            _ => return github::progress(error, memo),
        };
        Progress::failed(Reason::new(error.to_string()).remedy(remedy))
    }
}

fn look_again(asking: &Asking<'_>, intent: Intent) -> Progress {
    let at = asking.cx.clock.now().saturating_add(APART).unwrap_or(Timestamp::MAX);
    Progress::Waiting { memo: Stage::Intended(Intent { looks: intent.looks + 1, ..intent }).memo(), until: Wake::at(at) }
}
