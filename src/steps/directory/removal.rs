//! Taking releases away: what a failed run left, what the new release has outlived, or everything.

use std::{fs, io, path::Path};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    DirectoryStep,
    forward::again,
    front,
    layout::{Layout, ReleaseId, gone},
    serve::stop_all,
};
use crate::{
    domain::{
        deployment::Wake,
        release::{Outputs, Reason},
    },
    steps::{Context, Progress, process::Supervisor},
};

/// What retiring remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retiring {
    /// Until when the old processes may finish what they have.
    until: Timestamp,
    /// They have ended; the folders come next.
    #[serde(default)]
    ended: bool,
}

/// Releases that go.
pub struct Removal<'a> {
    /// The step.
    pub step: &'a DirectoryStep,
    /// The call.
    pub cx: &'a Context,
    /// The folders.
    pub layout: Layout,
}

impl Removal<'_> {
    /// Takes away what this deployment's attempt to apply has left, unless it is what serves.
    pub async fn clean_up(&self, id: &ReleaseId) -> Result<Progress, Reason> {
        if self.current()?.as_ref() == Some(id) {
            let left = Outputs::from([("left".to_owned(), self.layout.release(id).display().to_string())]);
            return Ok(Progress::Done { outputs: left, release: None, artifacts: Vec::new() });
        }
        self.remove(id).await?;
        Ok(Progress::done())
    }

    /// Ends the processes of earlier releases when they had time to finish, and removes the folders of all but the
    /// newest of them. When a newer deployment is current, it looks after that itself.
    pub async fn retire(&self, memo: Option<Retiring>) -> Result<Progress, Reason> {
        let Some(current) = self.current()? else { return Ok(Progress::done()) };
        let ours = self.cx.deployment;
        let all = self.layout.all().map_err(|error| self.wrong(&error))?;
        let mut old: Vec<ReleaseId> = all.into_iter().filter(|id| id.deployment().is_some_and(|of| of < ours)).collect();
        old.retain(|id| *id != current);
        if old.is_empty() || current.deployment().is_some_and(|of| of > ours) {
            return Ok(Progress::done());
        }
        let now = self.cx.clock.now();
        let memo = memo.unwrap_or_else(|| Retiring { until: now.saturating_add(self.step.drain()).unwrap_or(now), ended: false });
        if now < memo.until {
            return Ok(match again(self.cx, &memo) {
                Progress::Waiting { memo: kept, .. } => Progress::Waiting { memo: kept, until: Wake::at(memo.until) },
                other => other,
            });
        }
        if !memo.ended {
            for id in &old {
                stop_all(&self.cx.processes, &self.layout.processes(id), self.step.drain()).await?;
            }
            return Ok(again(self.cx, &Retiring { ended: true, ..memo }));
        }
        let surplus = old.len().saturating_sub(self.step.keep);
        for id in &old[..surplus] {
            self.remove(id).await?;
        }
        Ok(Progress::done())
    }

    /// Takes away everything of ours: the router, the link, the releases and their processes.
    pub async fn everything(&self) -> Result<Progress, Reason> {
        front::ensure(&self.cx.processes, &self.layout, None).await?;
        if self.current().is_ok() {
            gone(fs::remove_file(self.layout.link())).map_err(|error| self.wrong(&error))?;
        }
        for id in self.layout.all().map_err(|error| self.wrong(&error))? {
            self.remove(&id).await?;
        }
        self.forget(self.layout.routers().folder()).await?;
        // What somebody else has put there stays, and so do the folders around it.
        for folder in [self.layout.run(), self.layout.releases()] {
            let _ = fs::remove_dir(folder);
        }
        Ok(Progress::done())
    }

    /// Ends the processes of a release and removes its folders.
    async fn remove(&self, id: &ReleaseId) -> Result<(), Reason> {
        let processes = self.layout.processes(id);
        stop_all(&self.cx.processes, &processes, self.step.drain()).await?;
        for folder in [self.layout.unfinished(id), self.layout.release(id)] {
            self.forget(&folder).await?;
        }
        self.forget(processes.folder()).await
    }

    async fn forget(&self, folder: &Path) -> Result<(), Reason> {
        gone(tokio::fs::remove_dir_all(folder).await).map_err(|error| {
            Reason::new(format!("{} could not be removed: {error}", folder.display()))
                .look(folder.display().to_string())
                .remedy("remove it by hand; nothing serves from it")
        })
    }

    fn current(&self) -> Result<Option<ReleaseId>, Reason> {
        self.layout.current().map_err(|error| self.wrong(&error))
    }

    fn wrong(&self, error: &io::Error) -> Reason {
        Reason::new(format!("the folder of the releases cannot be used, so nothing was removed: {error}"))
            .look(self.layout.root().display().to_string())
            .remedy("put the folder right by hand, then try again")
    }
}

/// Ends the router and every process that serves a release below a root, when nothing of it will be used again. Files
/// stay. What does not end is left to the machine.
pub async fn stop_everything(root: &Path, processes: &Supervisor) {
    let layout = Layout::new(root);
    let mut ended = vec![front::ensure(processes, &layout, None).await.map(|_| ())];
    for id in layout.all().unwrap_or_default() {
        ended.push(stop_all(processes, &layout.processes(&id), std::time::Duration::from_secs(2)).await);
    }
    for reason in ended.into_iter().filter_map(Result::err) {
        tracing::warn!(%reason, "a process did not end");
    }
}
