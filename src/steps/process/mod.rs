//! Programs that survive the server.
//!
//! A job's folder is its identity. [`Supervisor::start`] runs our own executable as `supervise FOLDER`, in a session of
//! its own: that *wrapper* holds a lock on `FOLDER/lock` as long as it lives, runs the programs, writes what they say to
//! `FOLDER/output` and how they ended to `FOLDER/exit`. Everything else is read from these files and the lock, so a
//! server that has just started knows as much as the one that started the job.
//!
//! | file | meaning |
//! |---|---|
//! | `lock` | held by the wrapper: it lives |
//! | `started` | written once, before the first program: the job will never be started again |
//! | `output` | what the programs said, both streams in their order, secrets taken out, valid UTF-8 |
//! | `exit` | how it ended; there in whole or not at all |
//!
//! Programs live in real time, whatever clock the engine has: the pauses in here are real ones.

#![expect(clippy::disallowed_methods, reason = "programs are started here, and live in real time")]

use std::{
    io,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use tokio::{io::AsyncWriteExt, time::Instant};

use crate::domain::release::Reason;

mod folder;
mod job;
mod kill;
mod program;
mod redact;
mod sink;
mod supervise;
mod tail;

pub use job::{Ending, Exit, Found, GRACE, Job, OUTPUT_LIMIT, User, Waited};
pub use redact::{REDACTED, Redactor};
pub use supervise::supervise;

use folder::Folder;

/// Where programs are looked for when the server's file says nothing else.
pub const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The real time between two looks at a job's files.
const POLL: Duration = Duration::from_millis(60);

/// How long a wrapper may take to begin.
const BEGIN: Duration = Duration::from_secs(20);

/// How long another server's wrapper may take when ours is gone.
const OTHER: Duration = Duration::from_secs(3);

/// Where a job's output goes while it is waited for.
#[async_trait]
pub trait Output: Send + Sync {
    /// A piece of output. `at` is its place in the whole output in bytes; it always begins at 0 again with a new wait.
    async fn write(&self, at: u64, text: &str);
}

/// Starts programs, and finds those again that an earlier server started.
#[derive(Debug, Clone)]
pub struct Supervisor {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    binary: PathBuf,
    folder: PathBuf,
    user: Option<User>,
    path: String,
}

impl Supervisor {
    /// `binary` is our own executable, `folder` the one that holds the jobs' folders, `run_as` the user whom programs
    /// run as (for which the server must be root); none: the server's own. Fails when there is no such user.
    pub fn new(binary: PathBuf, folder: PathBuf, run_as: Option<&str>) -> Result<Self, Reason> {
        let user = run_as.map(find_user).transpose()?;
        Ok(Self { inner: Arc::new(Inner { binary, folder, user, path: PATH.to_owned() }) })
    }

    /// The same, with another `PATH` for programs.
    #[must_use]
    pub fn with_path(self, path: impl Into<String>) -> Self {
        let Inner { binary, folder, user, .. } = &*self.inner;
        let (binary, folder, user) = (binary.clone(), folder.clone(), *user);
        Self { inner: Arc::new(Inner { binary, folder, user, path: path.into() }) }
    }

    /// Our own executable.
    pub fn binary(&self) -> &Path {
        &self.inner.binary
    }

    /// The `PATH` that jobs should have in their environment.
    pub fn path(&self) -> &str {
        &self.inner.path
    }

    /// Whom programs run as, when not as the server's own user.
    pub fn user(&self) -> Option<User> {
        self.inner.user
    }

    /// The folder of the job with this key (letters, digits and `-`).
    pub fn folder(&self, key: &str) -> PathBuf {
        self.inner.folder.join(key)
    }

    /// Starts the job of a folder, which is made when it is not there. However often this is called, by however many
    /// servers, and whatever crashes meanwhile: its programs are begun once. Answers when the job has begun (or was
    /// begun by somebody else, now or earlier); an error means that it has not, and may be tried again.
    pub async fn start(&self, dir: &Path, job: Job) -> Result<(), Reason> {
        let folder = Folder::new(dir);
        if folder.is_started() {
            return Ok(());
        }
        let wrong = |what: &str, error: io::Error| Reason::new(format!("{what}: {error}")).look(dir.display().to_string());
        folder.create().map_err(|error| wrong("the job's folder could not be made", error))?;
        let order = supervise::Order { job, user: self.inner.user };
        let order = serde_json::to_vec(&order).map_err(|error| wrong("the job could not be written", error.into()))?;
        let mut wrapper = tokio::process::Command::new(&self.inner.binary)
            .arg("supervise")
            .arg(dir)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| wrong("the supervisor of commands could not be started", error))?;
        if let Some(mut stdin) = wrapper.stdin.take() {
            // A wrapper that has nothing to do may be gone before it has read all.
            let _ = tokio::time::timeout(BEGIN, stdin.write_all(&order)).await;
        }
        let mut gone: Option<Instant> = None;
        tail::poll_until(BEGIN, || {
            if gone.is_none() && matches!(wrapper.try_wait(), Ok(Some(_))) {
                gone = Some(Instant::now());
            }
            // When ours is gone, another's may still be about to begin.
            folder.is_started() || gone.is_some_and(|since| since.elapsed() > OTHER)
        })
        .await;
        if folder.is_started() {
            return Ok(());
        }
        Err(Reason::new("the supervisor of commands did not begin its work").look(dir.display().to_string()))
    }

    /// What there is of the job of this folder.
    pub fn status(&self, dir: &Path) -> Found {
        Folder::new(dir).found()
    }

    /// Waits for a job to end, or for `until`, whichever is first, and hands on its output from the beginning as it
    /// comes. It does not matter which server started the job. A job that was not started counts as vanished.
    pub async fn wait<T: Send>(&self, dir: &Path, output: &dyn Output, until: impl Future<Output = T> + Send) -> Waited<T> {
        tail::wait(&Folder::new(dir), output, until).await
    }

    /// Ends a job: TERM to its programs, KILL to everything that is left of it after `grace` (or after the job's own
    /// grace, if that is shorter). Answers when nothing of it lives any more. Harmless when it has ended already or was never started.
    pub async fn stop(&self, dir: &Path, grace: Duration) -> Result<Found, Reason> {
        kill::stop(&Folder::new(dir), grace).await
    }

    /// Removes the folder of a job that has ended; a job that runs is left alone, with an error. Not before the end is in
    /// the journal: without its folder, a job counts as never started.
    pub async fn forget(&self, dir: &Path) -> Result<(), Reason> {
        let folder = Folder::new(dir);
        if folder.found() == Found::Running {
            return Err(Reason::new("the job still runs; stop it first").look(dir.display().to_string()));
        }
        match tokio::fs::remove_dir_all(dir).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Reason::new(format!("the job's folder could not be removed: {error}")).look(dir.display().to_string()))
            }
            _ => Ok(()),
        }
    }
}

fn find_user(name: &str) -> Result<User, Reason> {
    match nix::unistd::User::from_name(name) {
        Ok(Some(user)) => Ok(User { uid: user.uid.as_raw(), gid: user.gid.as_raw() }),
        Ok(None) => {
            Err(Reason::new(format!("there is no user `{name}` on this machine")).remedy("create the user, or change `commands.run_as`"))
        }
        Err(error) => Err(Reason::new(format!("the user `{name}` could not be looked up: {error}"))),
    }
}
