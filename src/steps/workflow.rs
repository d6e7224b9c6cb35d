//! `workflow`: a workflow of GitHub Actions, dispatched on the default branch and followed to its end.
//!
//! A dispatch cannot be repeated harmlessly, and carries no key of ours. So what is the newest run of that file is
//! remembered first; when a dispatch's answer is lost, a newer one that our App dispatched is ours.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Context, Op, Progress, Scope, Step, github};
use crate::{
    domain::{
        deployment::Wake,
        manifest::Workflow,
        release::{Memo, Observation, Reason},
    },
    github::client::{Client, Need, Reach},
};

mod dispatch;
mod follow;
mod results;

use dispatch::Intent;
use follow::Following;

const NEED: Need = &[("actions", "write"), ("metadata", "read")];

/// A `workflow` with its inputs rendered.
pub struct WorkflowStep {
    file: String,
    inputs: Map<String, Value>,
    outputs: bool,
    artifacts: Vec<String>,
}

/// What is remembered between calls.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stage {
    /// A run is wanted.
    Intended(Intent),
    /// It is known, and followed.
    Following(Following),
}

impl Stage {
    fn memo(&self) -> Memo {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Called again at once.
    fn on(&self, cx: &Context) -> Progress {
        Progress::Waiting { memo: self.memo(), until: Wake::at(cx.clock.now()) }
    }
}

/// A call's way to GitHub.
struct Asking<'a> {
    cx: &'a Context,
    client: &'a Client,
    repository: Reach,
}

impl WorkflowStep {
    /// The step of a manifest.
    pub fn new(workflow: &Workflow, scope: &Scope) -> Result<Self, Reason> {
        let render = |(name, template): (&String, _)| Ok((name.clone(), Value::String(scope.render(template)?)));
        Ok(Self {
            file: workflow.file.clone(),
            inputs: workflow.inputs.iter().map(render).collect::<Result<_, Reason>>()?,
            outputs: workflow.outputs,
            artifacts: workflow.artifacts.clone(),
        })
    }
}

#[async_trait]
impl Step for WorkflowStep {
    /// A workflow leaves nothing that could be found.
    async fn observe(&self, _: &Context) -> Observation {
        Observation::Absent
    }

    async fn advance(&self, cx: &Context, op: Op<'_>, memo: Memo) -> Progress {
        let stage: Option<Stage> = serde_json::from_value(memo).ok();
        if matches!(op, Op::Restore(_) | Op::Retire | Op::Remove) || matches!(op, Op::CleanUp) && stage.is_none() {
            return Progress::done();
        }
        let client = match github::client(cx) {
            Ok(client) => client,
            Err(reason) => return Progress::failed(reason),
        };
        let asking = Asking { cx, client, repository: client.repository(&cx.repository, NEED) };
        match (op, stage) {
            (Op::CleanUp, Some(Stage::Intended(intent))) => self.give_up(&asking, intent).await,
            (Op::CleanUp, Some(Stage::Following(following))) => follow::end(&asking, following).await,
            (_, None) => self.intend(&asking).await,
            (_, Some(Stage::Intended(intent))) => self.dispatch(&asking, intent).await,
            (_, Some(Stage::Following(following))) => self.follow(&asking, following).await,
        }
    }
}
