//! A run, followed to its end or ended.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Asking, Stage, WorkflowStep};
use crate::{
    domain::{deployment::Wake, event::Happening, release::Reason},
    github::client::{Error, Result},
    steps::{Progress, github},
};

/// How often is looked when GitHub does not tell us.
const POLL: Duration = Duration::from_secs(20);

/// How many jobs are told of.
const TOLD: usize = 200;

/// How many failed jobs a reason names.
const NAMED: usize = 5;

/// A run that is ours.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Following {
    /// Its number.
    pub run: u64,
    /// What was last told of each job.
    #[serde(default)]
    jobs: BTreeMap<u64, String>,
    /// How much was told, in bytes.
    #[serde(default)]
    told: u64,
    /// GitHub was asked to end it.
    #[serde(default)]
    ending: bool,
}

#[derive(Debug, Deserialize)]
struct Run {
    status: Option<String>,
    conclusion: Option<String>,
    html_url: String,
}

#[derive(Debug, Deserialize)]
struct Job {
    id: u64,
    name: String,
    status: String,
    conclusion: Option<String>,
    #[serde(default)]
    steps: Vec<JobStep>,
}

#[derive(Debug, Deserialize)]
struct JobStep {
    name: String,
    conclusion: Option<String>,
}

impl Following {
    pub fn of(run: u64) -> Self {
        Self { run, jobs: BTreeMap::new(), told: 0, ending: false }
    }

    fn later(self, asking: &Asking<'_>) -> Progress {
        let at = asking.cx.clock.now().saturating_add(POLL).unwrap_or(jiff::Timestamp::MAX);
        let on = Happening::RunCompleted { run: self.run }.key();
        Progress::Waiting { memo: Stage::Following(self).memo(), until: Wake { at, on } }
    }

    async fn read(&self, asking: &Asking<'_>) -> Result<Run> {
        asking.repository.get(&format!("/actions/runs/{}", self.run)).await
    }

    /// Tells what is new about the jobs.
    async fn tell(&mut self, asking: &Asking<'_>, jobs: &[Job]) {
        let mut text = String::new();
        for job in jobs {
            let word = job.conclusion.as_deref().unwrap_or(&job.status);
            let is_known = self.jobs.contains_key(&job.id);
            if self.jobs.get(&job.id).is_some_and(|told| told == word) || !is_known && self.jobs.len() >= TOLD {
                continue;
            }
            self.jobs.insert(job.id, word.to_owned());
            text = format!("{text}{}: {word}\n", harmless(&job.name));
        }
        if !text.is_empty() {
            asking.cx.log.write(self.told, &text).await;
            self.told += text.len() as u64;
        }
    }

    /// Asks GitHub to end it. That it is over already is as good.
    async fn cancel(&self, asking: &Asking<'_>) -> Result<()> {
        let path = format!("/actions/runs/{}/cancel", self.run);
        match asking.repository.post::<serde_json::Value>(&path, &json!({})).await {
            Ok(_) | Err(Error::Refused { status: 409, .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl WorkflowStep {
    /// One look at a run.
    pub(super) async fn follow(&self, asking: &Asking<'_>, mut following: Following) -> Progress {
        let read = async {
            let run = following.read(asking).await?;
            let jobs: Vec<Job> = asking.repository.pages(&format!("/actions/runs/{}/jobs", following.run), "jobs").await?;
            Ok((run, jobs))
        };
        let (run, jobs) = match read.await {
            Ok(read) => read,
            Err(error) => return github::progress(error, Stage::Following(following).memo()),
        };
        following.tell(asking, &jobs).await;
        if run.status.as_deref() != Some("completed") {
            if asking.cx.clock.now() < asking.cx.deadline {
                return following.later(asking);
            }
            // Whatever comes next, this run is not wanted any more.
            return match following.cancel(asking).await {
                Ok(()) => {
                    let reason = Reason::new("the workflow's run took longer than it may, and was cancelled").look(run.html_url);
                    Progress::failed(reason.remedy("give the step a longer `timeout`, or see what the run waits for"))
                }
                Err(error) => github::progress(error, Stage::Following(following).memo()),
            };
        }
        if run.conclusion.as_deref() == Some("success") {
            return self.finish(asking, &following).await;
        }
        Progress::failed(explain(&run, &jobs))
    }
}

/// Ends a run that nobody wants any more, and waits until it has ended: what follows must not meet it.
pub(super) async fn end(asking: &Asking<'_>, mut following: Following) -> Progress {
    let run = match following.read(asking).await {
        Ok(run) => run,
        Err(Error::Refused { status: 404, .. }) => return Progress::done(),
        Err(error) => return github::progress(error, Stage::Following(following).memo()),
    };
    if run.status.as_deref() == Some("completed") {
        return Progress::done();
    }
    if !following.ending {
        if let Err(error) = following.cancel(asking).await {
            return github::progress(error, Stage::Following(following).memo());
        }
        following.ending = true;
    }
    following.later(asking)
}

fn explain(run: &Run, jobs: &[Job]) -> Reason {
    let passed = |conclusion: Option<&str>| matches!(conclusion, Some("success" | "skipped" | "neutral"));
    let failed: Vec<String> = jobs
        .iter()
        .filter(|job| !passed(job.conclusion.as_deref()))
        .map(|job| {
            let step = job.steps.iter().find(|step| step.conclusion.is_some() && !passed(step.conclusion.as_deref()));
            let at = step.map(|step| format!(" at `{}`", harmless(&step.name))).unwrap_or_default();
            format!("`{}`{at}", harmless(&job.name))
        })
        .collect();
    let mut what = format!("the workflow's run ended with {}", run.conclusion.as_deref().unwrap_or("no conclusion"));
    if !failed.is_empty() {
        let more = failed.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        what = format!("{what}: {}{more}", failed.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", "));
    }
    Reason::new(what).look(run.html_url.clone()).remedy("see the run's log")
}

/// A name is the workflow's own text.
fn harmless(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(100).collect()
}
