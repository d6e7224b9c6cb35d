//! One call of the `git` program.

#![expect(clippy::disallowed_methods, reason = "git is started here")]

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::{Child, Command},
};

use super::{
    Error,
    remote::{Remote, without_credentials},
};

/// How much of git's output is read, in bytes, unless a call says otherwise.
const MOST_OUTPUT: usize = 16 * 1024 * 1024;
/// How much of what git says about a failure is kept, in bytes and lines.
const MOST_WORDS: usize = 8 * 1024;
const MOST_LINES: usize = 10;

/// What git may see of its surroundings, besides `PATH`.
const ENVIRONMENT: [(&str, &str); 11] = [
    ("HOME", "/dev/null"), // no folder at all: no .netrc, no .ssh
    ("LC_ALL", "C"),       // its words are read
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_ATTR_NOSYSTEM", "1"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_ASKPASS", "/bin/false"),
    ("SSH_ASKPASS", "/bin/false"),
    ("GIT_ALLOW_PROTOCOL", "file:http:https"), // no ssh, git, ext or other helper
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    ("GIT_OPTIONAL_LOCKS", "0"),
];

/// What holds for each call, above what stands in the mirror's own configuration.
const SETTINGS: [(&str, &str); 14] = [
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.attributesFile", "/dev/null"),
    ("core.autocrlf", "false"),
    ("core.symlinks", "true"),
    ("core.protectHFS", "true"),
    ("core.protectNTFS", "true"),
    ("credential.helper", ""),
    ("submodule.recurse", "false"),
    ("fetch.recurseSubmodules", "false"),
    ("gc.autoDetach", "false"),
    ("maintenance.autoDetach", "false"),
    ("gc.pruneExpire", "90.days.ago"), // a commit that was forced away can still be rolled back to
    ("advice.detachedHead", "false"),
];

/// The `git` program and how it is run.
#[derive(Debug, Clone)]
pub struct Git {
    program: PathBuf,
    path: OsString,
    limit: Duration,
}

/// What one call is made of.
#[derive(Clone)]
pub(super) struct Call<'a> {
    arguments: Vec<&'a str>,
    mirror: Option<&'a Path>,
    remote: Option<&'a Remote>,
    variables: Vec<(&'a str, &'a OsStr)>,
    folder: &'a Path,
    most_output: usize,
}

/// What git answered.
pub(super) struct Output {
    /// Its exit code; None when a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to its standard output.
    pub stdout: Vec<u8>,
    /// The end of what it wrote to its standard error, without credentials.
    pub said: String,
}

impl<'a> Call<'a> {
    pub(super) fn new(arguments: &[&'a str]) -> Self {
        let arguments = arguments.to_vec();
        Self { arguments, mirror: None, remote: None, variables: Vec::new(), folder: Path::new("/"), most_output: MOST_OUTPUT }
    }

    pub(super) fn within(self, mirror: &'a Path) -> Self {
        Self { mirror: Some(mirror), ..self }
    }

    pub(super) fn from(self, remote: &'a Remote) -> Self {
        Self { remote: Some(remote), ..self }
    }

    pub(super) fn with(mut self, variable: &'a str, value: &'a Path) -> Self {
        self.variables.push((variable, value.as_os_str()));
        self
    }

    pub(super) fn at(self, folder: &'a Path) -> Self {
        Self { folder, ..self }
    }

    pub(super) fn reading(self, most_output: usize) -> Self {
        Self { most_output, ..self }
    }
}

impl Git {
    /// Runs `program` (`git`, or its path), which finds its helpers in `path`, the value of the variable `PATH`. A call
    /// that takes longer than `limit` is ended, with all that it has started.
    pub fn new(program: impl Into<PathBuf>, path: impl Into<OsString>, limit: Duration) -> Self {
        Self { program: program.into(), path: path.into(), limit }
    }

    /// Runs git, and takes a failure of its own for an error.
    pub(super) async fn succeed(&self, call: Call<'_>) -> Result<Vec<u8>, Error> {
        let output = self.run(call).await?;
        if output.code == Some(0) { Ok(output.stdout) } else { Err(Error::from_words(&output.said)) }
    }

    /// Runs git to its end, whatever that is.
    pub(super) async fn run(&self, call: Call<'_>) -> Result<Output, Error> {
        let (most_output, remote) = (call.most_output, call.remote);
        let mut child = self.command(&call).spawn().map_err(|error| self.cannot_run(&error))?;
        // Declared after the child, so that the group is ended before the child is let go of.
        let mut group = Group::of(&child);
        let reading = async {
            let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
            let waiting = async { child.wait().await.map_err(|error| self.cannot_run(&error)) };
            tokio::try_join!(all_of(stdout, most_output), end_of(stderr), waiting)
        };
        let (stdout, words, status) = tokio::time::timeout(self.limit, reading).await.map_err(|_| Error::TimedOut(self.limit))??;
        group.is_over();
        let words = String::from_utf8_lossy(&words);
        let cleaned = remote.map_or_else(|| without_credentials(&words), |remote| remote.cleaned(&words));
        Ok(Output { code: status.code(), stdout, said: last_lines(&cleaned) })
    }

    fn command(&self, call: &Call<'_>) -> Command {
        let mut command = Command::new(&self.program);
        command.env_clear().env("PATH", &self.path).envs(ENVIRONMENT).envs(call.variables.iter().copied());
        if let Some(mirror) = call.mirror {
            command.env("GIT_DIR", mirror);
        }
        let mut count = 0;
        for (key, value) in SETTINGS.into_iter().chain(call.remote.into_iter().flat_map(Remote::settings)) {
            command.env(format!("GIT_CONFIG_KEY_{count}"), key).env(format!("GIT_CONFIG_VALUE_{count}"), value);
            count += 1;
        }
        command.env("GIT_CONFIG_COUNT", count.to_string());
        command.args(&call.arguments).current_dir(call.folder).process_group(0).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn cannot_run(&self, error: &std::io::Error) -> Error {
        Error::NoProgram { program: self.program.display().to_string(), because: error.to_string() }
    }
}

/// A child's process group: it is ended when this is dropped before the child is over.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw))
    }

    fn is_over(&mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // It may be gone by now, which is as good.
            let _ = killpg(group, Signal::SIGKILL);
        }
    }
}

async fn all_of(stream: Option<impl AsyncRead + Unpin>, most: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let Some(stream) = stream else { return Ok(bytes) };
    let bound = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    stream.take(bound).read_to_end(&mut bytes).await.map_err(|error| Error::io("read from", Path::new("git"), &error))?;
    if bytes.len() > most { Err(Error::TooMuchOutput(most)) } else { Ok(bytes) }
}

/// The last bytes of a stream that is read to its end.
async fn end_of(stream: Option<impl AsyncRead + Unpin>) -> Result<Vec<u8>, Error> {
    let mut kept = Vec::new();
    let Some(mut stream) = stream else { return Ok(kept) };
    let mut chunk = [0; 4096];
    loop {
        let read = stream.read(&mut chunk).await.map_err(|error| Error::io("read from", Path::new("git"), &error))?;
        if read == 0 {
            return Ok(kept);
        }
        kept.extend_from_slice(&chunk[..read]);
        let superfluous = kept.len().saturating_sub(MOST_WORDS);
        kept.drain(..superfluous);
    }
}

fn last_lines(text: &str) -> String {
    let lines: Vec<String> = text
        .split(['\n', '\r'])
        .map(|line| line.chars().filter(|c| !c.is_control()).collect::<String>())
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines[lines.len().saturating_sub(MOST_LINES)..].join("\n")
}
