//! Making a release the current one: a new one, or one that was current before.
//!
//! Both go the same way, from the files to the flip; a release that is there already passes the first stages without a
//! change. Each stage finds what an earlier call has done and adopts it.

use serde::{Deserialize, Serialize};

use super::{
    DirectoryStep,
    about::{About, Process},
    front,
    layout::{Layout, ReleaseId},
    place::{Source, place},
    serve::{self, Choice, Place, Readiness, Said},
};
use crate::{
    domain::{
        deployment::Wake,
        release::{Outputs, Reason},
    },
    steps::{Context, Progress, process::Waited, workspace::Fault},
};

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// What was current is known; the files come next.
    Intended,
    /// The files are there; a place for the process comes next.
    Placed,
    /// The place is known; the process comes next.
    Start,
    /// The process was started; it must become ready.
    Started,
    /// It is ready; the router comes next.
    Ready,
    /// The router runs; the flip comes next.
    Routed,
    /// It is current; the reload comes next.
    Flipped,
    /// Everything is done.
    Reloaded,
}

/// What is remembered between two calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memo {
    /// How far it has come.
    pub stage: Stage,
    /// The release that becomes current.
    pub id: ReleaseId,
    /// What was current before.
    pub before: Option<ReleaseId>,
    /// The process that serves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// How much of its output the log has, in bytes.
    #[serde(default)]
    pub said: u64,
}

/// What a stage comes to.
enum Turn {
    /// The next stage may follow at once.
    On(Memo),
    /// This must be remembered first.
    Remember(Memo),
    /// It may work later.
    Later(Memo, Reason),
    /// The call ends here; nothing has changed.
    Interrupted,
}

/// A release on its way.
pub struct Forward<'a> {
    /// The step.
    pub step: &'a DirectoryStep,
    /// The call.
    pub cx: &'a Context,
    /// The folders.
    pub layout: Layout,
    /// The release.
    pub about: About,
}

impl Forward<'_> {
    /// Goes on until something has changed outside, or all is done.
    pub async fn run(&self, mut memo: Memo) -> Progress {
        loop {
            if memo.stage == Stage::Reloaded {
                return self.done(&memo);
            }
            match self.turn(memo.clone()).await {
                Ok(Turn::On(next)) => memo = next,
                Ok(Turn::Remember(next)) => return again(self.cx, &next),
                Ok(Turn::Later(memo, reason)) => return later(&memo, reason),
                Ok(Turn::Interrupted) => return again(self.cx, &memo),
                Err(reason) => return Progress::failed(reason),
            }
        }
    }

    async fn turn(&self, memo: Memo) -> Result<Turn, Reason> {
        if self.cx.stop.is_cancelled() || self.cx.detach.is_cancelled() {
            return Ok(Turn::Interrupted);
        }
        match memo.stage {
            Stage::Intended => self.place(memo).await,
            Stage::Placed => self.choose(memo).await,
            Stage::Start => self.start(memo).await,
            Stage::Started => self.wait(memo).await,
            Stage::Ready => self.front(memo).await,
            Stage::Routed => self.flip(memo),
            Stage::Flipped => self.reload(memo).await,
            Stage::Reloaded => Ok(Turn::On(memo)),
        }
    }

    async fn place(&self, memo: Memo) -> Result<Turn, Reason> {
        let next = Memo { stage: Stage::Placed, ..memo.clone() };
        if self.layout.release(&memo.id).is_dir() {
            return Ok(Turn::On(next));
        }
        let workspace = match self.cx.workspace.path(&*self.cx.artifacts).await {
            Ok(workspace) => workspace,
            Err(Fault::Passing(reason)) => return Ok(Turn::Later(memo, reason)),
            Err(Fault::Lasting(reason)) => return Err(reason),
        };
        let source = Source { workspace, path: self.step.from.clone() };
        let kept = self.about.keep(&self.layout, &memo.id);
        kept.map_err(|error| self.wrong("the release could not be noted", &error))?;
        let placed = place(source, self.layout.clone(), memo.id, self.cx.stop.clone());
        let is_whole = tokio::select! {
            placed = placed => placed?,
            () = self.cx.detach.cancelled() => false,
        };
        Ok(if is_whole { Turn::Remember(next) } else { Turn::Interrupted })
    }

    async fn choose(&self, memo: Memo) -> Result<Turn, Reason> {
        let Some(process) = &self.about.process else { return Ok(Turn::On(Memo { stage: Stage::Ready, ..memo })) };
        let of = self.layout.processes(&memo.id);
        match serve::choose(&self.cx.processes, &of, process.port)? {
            Choice::Next(place) => Ok(Turn::Remember(Memo { stage: Stage::Start, place: Some(place), ..memo })),
            Choice::Runs(place) if serve::is_well(place.port, &process.ready).await => {
                Ok(Turn::On(Memo { stage: Stage::Started, place: Some(place), ..memo }))
            }
            // It hangs: what an earlier attempt left, or a release that broke while it was waiting for its return.
            Choice::Runs(place) => {
                self.cx.processes.stop(&of.job(place.generation), self.step.drain()).await?;
                Ok(Turn::Remember(memo))
            }
        }
    }

    async fn start(&self, memo: Memo) -> Result<Turn, Reason> {
        let (process, place) = self.served(&memo)?;
        let job = self.step.job(self.cx, &self.layout, &memo.id, &process.command, Some(place.port)).await?;
        if let Err(reason) = serve::start(&self.cx.processes, &self.layout.processes(&memo.id), place, job).await {
            return Ok(Turn::Later(memo, reason));
        }
        Ok(Turn::Remember(Memo { stage: Stage::Started, ..memo }))
    }

    async fn wait(&self, memo: Memo) -> Result<Turn, Reason> {
        let (process, place) = self.served(&memo)?;
        let of = self.layout.processes(&memo.id);
        match serve::until_ready(self.cx, &of, place, &process.ready, self.step.limit).await {
            Readiness::Ready(said) => Ok(Turn::On(Memo { stage: Stage::Ready, said, ..memo })),
            Readiness::Not(reason) => Err(reason),
            Readiness::Interrupted => Ok(Turn::Interrupted),
        }
    }

    async fn front(&self, memo: Memo) -> Result<Turn, Reason> {
        let changed = front::ensure(&self.cx.processes, &self.layout, self.step.listen()).await?;
        let memo = Memo { stage: Stage::Routed, ..memo };
        Ok(if changed { Turn::Remember(memo) } else { Turn::On(memo) })
    }

    fn flip(&self, memo: Memo) -> Result<Turn, Reason> {
        let current = self.layout.current().map_err(|error| self.wrong("`current` cannot be read", &error))?;
        let next = Memo { stage: Stage::Flipped, ..memo };
        if current.as_ref() == Some(&next.id) {
            return Ok(Turn::On(next));
        }
        self.layout.flip(&next.id).map_err(|error| self.wrong("`current` could not be changed", &error))?;
        Ok(Turn::Remember(next))
    }

    async fn reload(&self, memo: Memo) -> Result<Turn, Reason> {
        let next = Memo { stage: Stage::Reloaded, ..memo.clone() };
        let Some(command) = &self.step.reload else { return Ok(Turn::On(next)) };
        let folder = self.layout.processes(&next.id).reload(&self.cx.key);
        let port = next.place.map(|place| place.port);
        let job = self.step.job(self.cx, &self.layout, &next.id, command, port).await?;
        if let Err(reason) = self.cx.processes.start(&folder, job).await {
            return Ok(Turn::Later(memo, reason));
        }
        // What the process said while it started stands before this in the log.
        let said = Said::new(self.cx, next.said);
        let until = async {
            tokio::select! {
                () = self.cx.stop.cancelled() => true,
                () = self.cx.detach.cancelled() => true,
                () = self.cx.clock.sleep_until(self.cx.deadline) => false,
                () = tokio::time::sleep(self.step.limit) => false,
            }
        };
        let how = match self.cx.processes.wait(&folder, &said, until).await {
            Waited::Exited(exit) if exit.is_success() => return Ok(Turn::Remember(next)),
            Waited::Interrupted(true) => return Ok(Turn::Interrupted),
            Waited::Exited(exit) => exit.to_string(),
            Waited::Vanished => "nobody knows how it ended".to_owned(),
            Waited::Interrupted(false) => {
                self.cx.processes.stop(&folder, self.step.drain()).await?;
                "it took too long".to_owned()
            }
        };
        Err(Reason::new(format!("the `reload` command failed: {how}{}", said.last_lines()))
            .look(folder.join("output").display().to_string())
            .remedy("run the command by hand; `current` leads to the new release already"))
    }

    fn done(&self, memo: &Memo) -> Progress {
        let release = self.about.release(&self.layout, &memo.id);
        let mut outputs = Outputs::from([
            ("path".to_owned(), self.layout.release(&memo.id).display().to_string()),
            ("release".to_owned(), memo.id.to_string()),
        ]);
        outputs.extend(memo.place.map(|place| ("port".to_owned(), place.port.to_string())));
        outputs.extend(self.step.listen().map(|listen| ("url".to_owned(), format!("http://{listen}"))));
        Progress::Done { outputs, release: Some(release), artifacts: Vec::new() }
    }

    fn served(&self, memo: &Memo) -> Result<(&Process, Place), Reason> {
        self.about
            .process
            .as_ref()
            .zip(memo.place)
            .ok_or_else(|| Reason::new("the deployment's record does not say how this release is served").remedy("deploy it again"))
    }

    fn wrong(&self, what: &str, error: &std::io::Error) -> Reason {
        Reason::new(format!("{what}: {error}"))
            .look(self.layout.root().display().to_string())
            .remedy("put the folder right by hand, then try again")
    }
}

/// To be called again with this memo when the fault has passed.
fn later(memo: &Memo, reason: Reason) -> Progress {
    match serde_json::to_value(memo) {
        Ok(memo) => Progress::Retry { reason, memo },
        Err(_) => Progress::failed(reason),
    }
}

/// To be called again at once with this memo.
pub fn again(cx: &Context, memo: &impl Serialize) -> Progress {
    match serde_json::to_value(memo) {
        Ok(memo) => Progress::Waiting { memo, until: Wake::at(cx.clock.now()) },
        Err(error) => Progress::failed(Reason::new(format!("the step's memory cannot be written: {error}"))),
    }
}
