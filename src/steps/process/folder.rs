//! The files of a job, and what they say together.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Exit, Found, kill};

/// The folder of one job.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    dir: PathBuf,
}

/// Which process the wrapper is: its number alone may belong to somebody else by now.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Started {
    /// The wrapper's number; also that of its session.
    pub pid: i32,
    /// When the kernel says that it began, in ticks since the machine did; none where there is no `/proc`.
    pub since: Option<u64>,
    /// Which start of the machine that was.
    pub boot: Option<String>,
    /// When, in real time.
    pub at: Timestamp,
}

impl Started {
    /// The process that reads this.
    pub fn this(at: Timestamp) -> Self {
        let pid = nix::unistd::getpid().as_raw();
        Self { pid, since: kill::read(pid).map(|process| process.since), boot: kill::boot(), at }
    }
}

impl Folder {
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// Makes the folder. Others may pass through it (a job's own HOME may lie in it), and read nothing.
    pub fn create(&self) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o711).create(&self.dir)
    }

    pub fn output(&self) -> PathBuf {
        self.dir.join("output")
    }

    pub fn is_started(&self) -> bool {
        self.dir.join("started").exists()
    }

    pub fn started(&self) -> Option<Started> {
        self.read("started")
    }

    pub fn exit(&self) -> Option<Exit> {
        self.read("exit")
    }

    pub fn write_started(&self, started: &Started) -> io::Result<()> {
        self.write("started", started)
    }

    pub fn write_exit(&self, exit: &Exit) -> io::Result<()> {
        self.write("exit", exit)
    }

    /// The wrapper's proof of life, or nothing when another holds it. Only a wrapper may call this.
    pub fn lock(&self) -> Option<File> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(self.dir.join("lock")).ok()?;
        file.try_lock().ok()?;
        Some(file)
    }

    /// Whether a wrapper lives. Only asked once `started` is there: no wrapper that could still begin can then be kept
    /// from it by the moment for which this holds the lock itself.
    pub fn is_locked(&self) -> bool {
        File::open(self.dir.join("lock")).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// What all of it amounts to.
    pub fn found(&self) -> Found {
        if let Some(exit) = self.exit() {
            return Found::Exited(exit);
        }
        if !self.is_started() {
            return Found::NotStarted;
        }
        if self.is_locked() {
            return Found::Running;
        }
        // It may have ended between the two looks.
        self.exit().map_or(Found::Vanished, Found::Exited)
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_slice(&fs::read(self.dir.join(name)).ok()?).ok()
    }

    /// There in whole, on the disk, or not at all.
    fn write(&self, name: &str, content: &impl Serialize) -> io::Result<()> {
        let unfinished = self.dir.join(format!("{name}.new"));
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&unfinished)?;
        file.write_all(&serde_json::to_vec(content)?)?;
        file.sync_all()?;
        fs::rename(&unfinished, self.dir.join(name))?;
        File::open(&self.dir)?.sync_all()
    }
}
