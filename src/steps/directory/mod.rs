//! The kind `directory`: releases side by side in a folder of this machine.
//!
//! A new release is copied beside the current one, its process is started beside the current one's, and only when it
//! has answered that it is ready does `current` lead to it. The old process stays until the new release has proved
//! itself, so that going back is one rename. What serves is never touched: neither a failure nor a crash at any point
//! takes a request away from it.
//!
//! [`layout`] has the folders, `place` fills one, `serve` starts what serves it, [`router`] stands before them all,
//! `forward` puts these in their order, `removal` takes them away.

#![expect(clippy::disallowed_methods, reason = "the processes that serve a release live in real time")]

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, time::Duration};

use async_trait::async_trait;
use indexmap::IndexMap;

use super::{Context, Op, Progress, Scope, Step, process::Job};
use crate::domain::{
    ids::DeploymentId,
    manifest::{self, From, SecretReference, template::Template},
    release::{Memo, Observation, Reason, Release},
};

mod about;
mod forward;
mod front;
pub mod layout;
pub mod listen;
mod place;
mod removal;
pub mod router;
mod serve;

use about::{About, KIND, Process};
use forward::{Forward, Stage};
use layout::{Layout, ReleaseId};
pub use removal::stop_everything;
use removal::{Removal, Retiring};

/// A directory step with its templates rendered.
#[derive(Debug)]
pub struct DirectoryStep {
    root: PathBuf,
    sha: String,
    from: String,
    keep: usize,
    serve: Option<Served>,
    reload: Option<Vec<String>>,
    env: BTreeMap<String, String>,
    secrets: IndexMap<String, SecretReference>,
    limit: Duration,
}

/// How the manifest wants releases to be served.
#[derive(Debug)]
struct Served {
    process: Process,
    listen: Option<SocketAddr>,
    drain: Duration,
}

impl DirectoryStep {
    /// The step of a manifest.
    pub fn new(step: &manifest::Step, directory: &manifest::Directory, scope: &Scope) -> Result<Self, Reason> {
        let render = |words: &[Template]| words.iter().map(|word| scope.render(word)).collect::<Result<Vec<_>, _>>();
        let root = scope.render(&directory.root)?;
        let root = std::path::absolute(&root).map_err(|error| Reason::new(format!("`root` {root:?}: {error}")))?;
        let sha = scope.get("version.sha").unwrap_or_default().to_owned();
        let (From::Repository(from) | From::Step { path: from, .. }) = &directory.from;
        let serve = directory.serve.as_ref().map(|serve| Served::new(serve, scope)).transpose()?;
        Ok(Self {
            root,
            sha,
            from: from.clone(),
            keep: directory.keep as usize,
            serve,
            reload: directory.reload.as_deref().map(render).transpose()?,
            env: environment(step, scope)?,
            secrets: step.secrets.clone(),
            limit: step.timeout(),
        })
    }

    fn id(&self, deployment: DeploymentId) -> ReleaseId {
        ReleaseId::new(deployment, &self.sha)
    }

    fn listen(&self) -> Option<SocketAddr> {
        self.serve.as_ref()?.listen
    }

    fn drain(&self) -> Duration {
        self.serve.as_ref().map_or(Duration::ZERO, |serve| serve.drain)
    }

    /// A program in a release's folder, with the environment that the manifest declares.
    async fn job(&self, cx: &Context, layout: &Layout, id: &ReleaseId, command: &[String], port: Option<u16>) -> Result<Job, Reason> {
        let home = layout.processes(id).home(cx.processes.user()).map_err(|error| {
            Reason::new(format!("the home of the release's processes cannot be made: {error}"))
                .look(layout.processes(id).folder().display().to_string())
        })?;
        let mut job = Job::new(command.to_vec(), layout.release(id));
        job.env.extend([
            ("PATH".to_owned(), cx.processes.path().to_owned()),
            ("HOME".to_owned(), home.display().to_string()),
            ("LANG".to_owned(), "C.UTF-8".to_owned()),
            ("BOTADURA_DEPLOYMENT".to_owned(), cx.deployment.to_string()),
            ("BOTADURA_RELEASE".to_owned(), id.to_string()),
        ]);
        job.env.extend(self.env.clone());
        for (name, reference) in &self.secrets {
            let secret = cx.secrets.read(reference).await?;
            job.redact.push(secret.expose().to_owned());
            job.env.insert(name.clone(), secret.expose().to_owned());
        }
        job.env.extend(port.map(|port| ("PORT".to_owned(), port.to_string())));
        job.grace = self.drain();
        Ok(job)
    }

    async fn apply(&self, cx: &Context, memo: Memo) -> Result<Progress, Reason> {
        let layout = Layout::new(&self.root);
        let about = About { sha: self.sha.clone(), process: self.serve.as_ref().map(|serve| serve.process.clone()) };
        if memo.is_null() {
            let intent = self.begin(&layout, self.id(cx.deployment), Stage::Intended)?;
            return Ok(forward::again(cx, &intent));
        }
        let memo = recall(memo)?;
        Ok(Forward { step: self, cx, layout, about }.run(memo).await)
    }

    async fn restore(&self, cx: &Context, release: &Release, memo: Memo) -> Result<Progress, Reason> {
        let layout = Layout::new(&release.target);
        let id = ReleaseId::parse(&release.id).ok_or_else(|| Reason::new(format!("{:?} is not the name of a release", release.id)))?;
        if !layout.release(&id).is_dir() {
            return Err(Reason::new(format!("release {id} is no longer in {}", layout.releases().display()))
                .look(layout.releases().display().to_string())
                .remedy("deploy that version again, and raise `keep` so that more old releases stay"));
        }
        let about = About::of(release, &layout, &id);
        let memo = if memo.is_null() { self.begin(&layout, id, Stage::Placed)? } else { recall(memo)? };
        Ok(Forward { step: self, cx, layout, about }.run(memo).await)
    }

    fn begin(&self, layout: &Layout, id: ReleaseId, stage: Stage) -> Result<forward::Memo, Reason> {
        let before = layout.current().map_err(|error| {
            Reason::new(format!("`current` is not ours to change: {error}"))
                .look(self.root.display().to_string())
                .remedy("remove it, or choose another `root`")
        })?;
        Ok(forward::Memo { stage, id, before, place: None, said: 0 })
    }

    async fn remove(&self, cx: &Context, op: Op<'_>, memo: Memo) -> Result<Progress, Reason> {
        let removal = Removal { step: self, cx, layout: Layout::new(&self.root) };
        match op {
            Op::CleanUp => removal.clean_up(&self.id(cx.deployment)).await,
            Op::Retire => removal.retire(if memo.is_null() { None } else { Some(recall::<Retiring>(memo)?) }).await,
            Op::Apply | Op::Restore(_) | Op::Remove => removal.everything().await,
        }
    }
}

impl Served {
    fn new(serve: &manifest::Serve, scope: &Scope) -> Result<Self, Reason> {
        let command = serve.command.iter().map(|word| scope.render(word)).collect::<Result<_, _>>()?;
        let listen = serve.listen.as_ref().map(|listen| scope.render(listen)).transpose()?;
        let listen = listen.map(|text| {
            text.parse().map_err(|_| {
                Reason::new(format!("`listen` is {text:?}, which is not an address and a port")).remedy("write it as 127.0.0.1:8080")
            })
        });
        let ready = format!("/{}", serve.ready.trim_start_matches('/'));
        let process = Process { command, ready, port: serve.port };
        Ok(Self { process, listen: listen.transpose()?, drain: serve.drain })
    }
}

#[async_trait]
impl Step for DirectoryStep {
    async fn observe(&self, _cx: &Context) -> Observation {
        let layout = Layout::new(&self.root);
        match layout.current() {
            Ok(Some(id)) if layout.release(&id).is_dir() => Observation::Release(About::read(&layout, &id).release(&layout, &id)),
            Ok(Some(id)) => Observation::Unreadable(format!("`current` leads to {id}, which is not there")),
            Ok(None) => Observation::Absent,
            Err(error) => Observation::Unreadable(error.to_string()),
        }
    }

    async fn advance(&self, cx: &Context, op: Op<'_>, memo: Memo) -> Progress {
        let answer = match op {
            Op::Apply => self.apply(cx, memo).await,
            Op::Restore(release) if release.kind == KIND => self.restore(cx, release, memo).await,
            Op::Restore(release) => Err(Reason::new(format!("a release of the kind `{}` cannot be restored here", release.kind))),
            Op::CleanUp | Op::Retire | Op::Remove => self.remove(cx, op, memo).await,
        };
        answer.unwrap_or_else(Progress::failed)
    }
}

/// What the manifest declares, rendered, and what is known of the deployment.
fn environment(step: &manifest::Step, scope: &Scope) -> Result<BTreeMap<String, String>, Reason> {
    let mut env = BTreeMap::new();
    // The same as for commands.
    let known = [
        ("BOTADURA_APPLICATION", "app.name"),
        ("BOTADURA_ENVIRONMENT", "environment.name"),
        ("BOTADURA_SHA", "version.sha"),
        ("BOTADURA_REF", "version.ref"),
        ("BOTADURA_TAG", "version.tag"),
        ("BOTADURA_ACTOR", "actor"),
    ];
    for (name, from) in known {
        env.extend(scope.get(from).filter(|value| !value.is_empty()).map(|value| (name.to_owned(), value.to_owned())));
    }
    for (name, template) in &step.env {
        env.insert(name.clone(), scope.render(template)?);
    }
    Ok(env)
}

fn recall<T: serde::de::DeserializeOwned>(memo: Memo) -> Result<T, Reason> {
    serde_json::from_value(memo).map_err(|error| {
        Reason::new(format!("the step's memory cannot be read: {error}"))
            .remedy("it was written by another version of Botadura; deploy again")
    })
}
