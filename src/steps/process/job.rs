//! What is run, and how it ended: the words between the server and the wrapper.

use std::{collections::BTreeMap, fmt, path::PathBuf, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How much output is kept when a job does not say: 10 MiB.
pub const OUTPUT_LIMIT: u64 = 10 * 1024 * 1024;

/// How long a program has between TERM and KILL when a job does not say.
pub const GRACE: Duration = Duration::from_secs(10);

/// Programs that are run one after the other, each to success. The last one is the main one.
///
/// A job reaches the wrapper by its standard input alone: what is secret in it is never in a file or an argument.
#[derive(Clone, Serialize, Deserialize)]
pub struct Job {
    /// Programs with their arguments; none of them goes through a shell. A name without `/` is looked up in the job's
    /// own `PATH`; a relative one with `/` begins in `cwd`.
    pub programs: Vec<Vec<String>>,
    /// The folder that they run in.
    pub cwd: PathBuf,
    /// Their whole environment: nothing is inherited.
    pub env: BTreeMap<String, String>,
    /// Values that are taken out of the output, in all their usual spellings.
    pub redact: Vec<String>,
    /// How much output is kept, in bytes.
    pub output_limit: u64,
    /// How long a program has between TERM and KILL when the wrapper itself is told to stop.
    pub grace: Duration,
}

impl Job {
    /// One program in a folder, with an empty environment and the usual limits.
    pub fn new(argv: Vec<String>, cwd: PathBuf) -> Self {
        Self { programs: vec![argv], cwd, env: BTreeMap::new(), redact: Vec::new(), output_limit: OUTPUT_LIMIT, grace: GRACE }
    }
}

/// Names only: arguments and values may hold what nobody should read in a log.
impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("programs", &self.programs.iter().map(|argv| argv.first()).collect::<Vec<_>>())
            .field("cwd", &self.cwd)
            .field("env", &self.env.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// A user of this machine, looked up once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The user's number.
    pub uid: u32,
    /// The number of the user's own group; other groups are not taken along.
    pub gid: u32,
}

/// How a job ended; the content of its `exit` file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// How its last program ended.
    pub ending: Ending,
    /// Which of its programs that was, from 0.
    pub program: usize,
    /// That program's name, without its arguments.
    pub name: String,
    /// It was told to stop.
    pub stopped: bool,
    /// When the job began, in real time.
    pub began: Timestamp,
    /// When it ended, in real time.
    pub ended: Timestamp,
}

impl Exit {
    /// Every program ended with 0, and nobody stopped them.
    pub fn is_success(&self) -> bool {
        self.ending == Ending::Code(0) && !self.stopped
    }
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// By itself, with this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
    /// It never ran, for this reason.
    NotRun(String),
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.ending {
            _ if self.stopped => write!(f, "`{}` was stopped", self.name),
            Ending::Code(code) => write!(f, "`{}` ended with exit code {code}", self.name),
            Ending::Signal(signal) => write!(f, "`{}` was killed by signal {signal}", self.name),
            Ending::NotRun(why) => f.write_str(why),
        }
    }
}

/// What there is of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It was never started: nothing has happened.
    NotStarted,
    /// Its wrapper lives.
    Running,
    /// It ended.
    Exited(Exit),
    /// It was started, its wrapper is gone, and nobody knows how it ended (the machine went down, or somebody killed
    /// the wrapper). Programs of it may still live until [`super::Supervisor::stop`] is called.
    Vanished,
}

/// Why waiting for a job is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waited<T> {
    /// It ended.
    Exited(Exit),
    /// Nobody knows how it ended.
    Vanished,
    /// It runs on; the caller's own future was first.
    Interrupted(T),
}
