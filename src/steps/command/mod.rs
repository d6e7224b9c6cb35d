//! `command`: a program in the workspace.
//!
//! A run's folder is named after the attempt's key, which stands in the memo before anything is started: so a run is
//! begun once, and a server that comes back finds it, whether it still goes on or ended meanwhile.

use std::{path::PathBuf, time::Duration};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{
    Context, Op, Progress, Scope, Step,
    process::{Exit, Found, Job, Waited},
    workspace::Fault,
};
use crate::domain::{
    deployment::Wake,
    manifest::{Command, Invocation, Step as Manifest, template::Template},
    release::{Memo, Observation, Reason},
};

mod environment;
mod live;
mod results;

use environment::{Environment, Own};
use live::Live;

/// How long a program that is stopped has between TERM and KILL.
const GRACE: Duration = Duration::from_secs(15);

/// A `command` with its templates rendered.
pub struct CommandStep {
    programs: Vec<Vec<String>>,
    cwd: String,
    environment: Environment,
    produces: Vec<String>,
    keep: Vec<String>,
    timeout: Duration,
    /// It may be run again when nobody knows whether it came to its end.
    repeatable: bool,
}

/// What is remembered between calls.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Run {
    /// The key of the attempt's first call.
    run: String,
    /// How often it vanished and was begun again.
    #[serde(default)]
    again: u32,
}

impl Run {
    fn memo(&self) -> Memo {
        serde_json::json!({ "run": self.run, "again": self.again })
    }

    fn name(&self) -> String {
        if self.again == 0 { self.run.clone() } else { format!("{}-again-{}", self.run, self.again) }
    }
}

/// Why a call ends although the program does not.
enum Interruption {
    Detach,
    Stop,
    Deadline,
}

impl CommandStep {
    /// The step of a manifest.
    pub fn new(step: &Manifest, command: &Command, scope: &Scope) -> Result<Self, Reason> {
        let render = |argv: &Vec<Template>| argv.iter().map(|part| scope.render(part)).collect::<Result<Vec<_>, _>>();
        let mut programs = command.before.iter().map(render).collect::<Result<Vec<_>, _>>()?;
        programs.push(match &command.run {
            Invocation::Argv(argv) => render(argv)?,
            // The only shell there is. The script is the manifest's own text, letter for letter: it has no templates, so no
            // value (a branch's name, an output) can become a part of it. Values reach it by its environment alone.
            Invocation::Script(script) => ["bash", "-euo", "pipefail", "-c", script].map(str::to_owned).into(),
        });
        Ok(Self {
            programs,
            cwd: command.cwd.clone().unwrap_or_default(),
            environment: Environment::new(step, scope)?,
            produces: step.produces.clone(),
            keep: step.keep.clone(),
            timeout: step.timeout(),
            repeatable: command.restartable || step.is_build(),
        })
    }

    async fn apply(&self, cx: &Context, memo: Memo) -> Progress {
        let Ok(run) = serde_json::from_value::<Run>(memo) else {
            return wait(cx, &Run { run: cx.key.clone(), again: 0 });
        };
        let dir = folder(cx).join(run.name());
        if cx.processes.status(&dir) == Found::NotStarted {
            if cx.detach.is_cancelled() {
                return wait(cx, &run);
            }
            if cx.stop.is_cancelled() {
                return Progress::failed(stopped());
            }
            if cx.clock.now() >= cx.deadline {
                return Progress::failed(self.too_long());
            }
            if let Err(progress) = self.start(cx, &run, &dir).await {
                return progress;
            }
        }
        self.follow(cx, &run, dir).await
    }

    async fn start(&self, cx: &Context, run: &Run, dir: &std::path::Path) -> Result<(), Progress> {
        let retry = |reason| Progress::Retry { reason, memo: run.memo() };
        let workspace = cx.workspace.path(&*cx.artifacts).await.map_err(|fault| match fault {
            Fault::Passing(reason) => retry(reason),
            Fault::Lasting(reason) => Progress::failed(reason),
        })?;
        let cwd = super::artifact::join(&workspace, &self.cwd).map_err(Progress::failed)?;
        let secrets = self.environment.read_secrets(&*cx.secrets).await.map_err(Progress::failed)?;
        let own = Own::of(dir);
        own.make(cx.processes.user())
            .map_err(|error| retry(Reason::new(format!("the command's own folders could not be made: {error}"))))?;
        let job = Job {
            programs: self.programs.clone(),
            redact: secrets.iter().map(|(_, secret)| secret.expose().to_owned()).collect(),
            env: self.environment.all(cx.processes.path(), &own, &secrets),
            grace: GRACE,
            ..Job::new(Vec::new(), cwd)
        };
        cx.processes.start(dir, job).await.map_err(retry)
    }

    async fn follow(&self, cx: &Context, run: &Run, dir: PathBuf) -> Progress {
        let live = Live::new(&*cx.log);
        let waited = cx.processes.wait(&dir, &live, interruption(cx)).await;
        let reason = match waited {
            Waited::Exited(exit) if exit.is_success() => return self.finish(cx, run, &dir).await,
            Waited::Exited(exit) => return Progress::failed(self.explain(cx, &exit, &live)),
            Waited::Vanished => return self.vanished(cx, run, &dir).await,
            Waited::Interrupted(Interruption::Detach) => return wait(cx, run),
            Waited::Interrupted(Interruption::Stop) => stopped(),
            Waited::Interrupted(Interruption::Deadline) => self.too_long(),
        };
        match cx.processes.stop(&dir, GRACE).await {
            Ok(_) => Progress::failed(live.last_lines(reason)),
            Err(why) => Progress::Stuck { reason: why, by_hand: vec![format!("cat {}", dir.join("started").display())] },
        }
    }

    async fn finish(&self, cx: &Context, run: &Run, dir: &std::path::Path) -> Progress {
        match results::collect(self, cx, dir).await {
            Ok((outputs, artifacts)) => Progress::Done { outputs, release: None, artifacts },
            Err(Fault::Passing(reason)) => Progress::Retry { reason, memo: run.memo() },
            Err(Fault::Lasting(reason)) => Progress::failed(reason),
        }
    }

    fn explain(&self, cx: &Context, exit: &Exit, live: &Live<'_>) -> Reason {
        // Our own TERM at the deadline, whose answer was lost.
        if exit.stopped && cx.clock.now() >= cx.deadline {
            return live.last_lines(self.too_long());
        }
        live.last_lines(Reason::new(exit.to_string()))
    }

    /// The wrapper is gone, and nobody knows how far the program came.
    async fn vanished(&self, cx: &Context, run: &Run, dir: &std::path::Path) -> Progress {
        let by_hand = vec![format!("tail -n 100 {}", dir.join("output").display())];
        if let Err(reason) = cx.processes.stop(dir, GRACE).await {
            return Progress::Stuck { reason, by_hand };
        }
        let what = "the command was interrupted (the machine went down, or its supervisor was killed), and nobody knows how far it came";
        let reason = Reason::new(what).look(dir.join("output").display().to_string());
        if self.repeatable {
            let next = Run { run: run.run.clone(), again: run.again + 1 };
            return Progress::Retry { reason, memo: next.memo() };
        }
        let remedy = "see what it did; when it may simply be run again, say `restartable: true` in its step";
        Progress::Stuck { reason: reason.remedy(remedy), by_hand }
    }

    fn too_long(&self) -> Reason {
        let limit =
            jiff::SignedDuration::try_from(self.timeout).map_or_else(|_| format!("{:?}", self.timeout), |limit| format!("{limit:#}"));
        Reason::new(format!("it took longer than {limit}")).remedy("raise `timeout` of the step, or find out what it waits for")
    }
}

#[async_trait]
impl Step for CommandStep {
    /// A command leaves nothing that could be found.
    async fn observe(&self, _: &Context) -> Observation {
        Observation::Absent
    }

    async fn advance(&self, cx: &Context, op: Op<'_>, memo: Memo) -> Progress {
        match op {
            Op::Apply => self.apply(cx, memo).await,
            Op::CleanUp => clean_up(cx).await,
            Op::Restore(_) | Op::Retire | Op::Remove => Progress::done(),
        }
    }
}

/// All runs of this step in this deployment lie here, so that cleaning up, whose key is another, finds them.
fn folder(cx: &Context) -> PathBuf {
    cx.processes.folder(&format!("{}/{}", cx.deployment, cx.step))
}

/// Called again at once.
fn wait(cx: &Context, run: &Run) -> Progress {
    Progress::Waiting { memo: run.memo(), until: Wake::at(cx.clock.now()) }
}

/// Ends what still runs of any attempt of this step in this deployment.
async fn clean_up(cx: &Context) -> Progress {
    let Ok(runs) = std::fs::read_dir(folder(cx)) else { return Progress::done() };
    for run in runs.flatten() {
        if let Err(reason) = cx.processes.stop(&run.path(), GRACE).await {
            return Progress::Retry { reason, memo: Memo::Null };
        }
    }
    Progress::done()
}

fn stopped() -> Reason {
    Reason::new("it was stopped")
}

async fn interruption(cx: &Context) -> Interruption {
    tokio::select! {
        biased;
        () = cx.detach.cancelled() => Interruption::Detach,
        () = cx.stop.cancelled() => Interruption::Stop,
        () = cx.clock.sleep_until(cx.deadline) => Interruption::Deadline,
    }
}
