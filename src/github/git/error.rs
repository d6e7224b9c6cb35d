//! What can go wrong with git, and whether trying again may help.

use std::{io, path::Path, time::Duration};

/// Why git did not do what it was asked for. `said` is the end of what git wrote, without credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no git to run, or it cannot be run.
    #[error("git cannot be run as {program:?} ({because}); is it installed?")]
    NoProgram {
        /// The program that was looked for.
        program: String,
        /// What the operating system says.
        because: String,
    },
    /// The remote has no such repository, or does not show it to us.
    #[error("the repository is not there, or may not be read: {said}")]
    RepositoryNotFound {
        /// The end of what git wrote.
        said: String,
    },
    /// The remote cannot be reached now.
    #[error("the repository cannot be reached now: {said}")]
    Unreachable {
        /// The end of what git wrote.
        said: String,
    },
    /// Git took longer than it may, and was ended.
    #[error("git took longer than {} s and was ended", .0.as_secs_f32())]
    TimedOut(Duration),
    /// Git wrote more than is read.
    #[error("git wrote more than {0} bytes")]
    TooMuchOutput(usize),
    /// Neither the mirror nor the remote has this commit, tag or object.
    #[error("{0} is not in the repository")]
    NoSuchObject(String),
    /// The object is there and is no commit, nor a tag of one.
    #[error("{0} is not a commit")]
    NotACommit(String),
    /// A commit's files are more, or larger, than may be written.
    #[error("the commit has {files} files of {bytes} bytes together; at most {} files and {} bytes are taken", most.files, most.bytes)]
    TooLarge {
        /// How many files there are.
        files: u64,
        /// Their size together, in bytes.
        bytes: u64,
        /// What was allowed.
        most: super::Limits,
    },
    /// The folder to write into is there already.
    #[error("{0} is there already")]
    Exists(String),
    /// A file or folder of ours could not be read or written.
    #[error("could not {doing} ({because})")]
    Io {
        /// What was tried, with the path.
        doing: String,
        /// What the operating system says.
        because: String,
    },
    /// The address of the repositories has a hole that nothing can fill.
    #[error("the clone URL may have {{{{ repository }}}} in it, and not {{{{ {0} }}}}")]
    CloneUrl(String),
    /// Git failed otherwise.
    #[error("git failed: {said}")]
    Failed {
        /// The end of what git wrote.
        said: String,
    },
}

/// What git writes (in English, see `run`) when a repository is not there or not for us. Looked for first.
const NOT_FOUND: [&str; 8] = [
    "repository not found",
    "does not appear to be a git repository",
    "returned error: 401",
    "returned error: 403",
    "returned error: 404",
    "could not read username",
    "could not read password",
    "authentication failed",
];

const NO_SUCH_OBJECT: [&str; 6] = [
    "not our ref",
    "couldn't find remote ref",
    "could not get object info",
    "not a valid object name",
    "unadvertised object",
    "bad object",
];

const UNREACHABLE: [&str; 8] = [
    "unable to access",
    "could not read from remote repository",
    "the remote end hung up",
    "early eof",
    "rpc failed",
    "returned error: 5",
    "returned error: 429",
    "unexpected disconnect",
];

impl Error {
    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::TimedOut(_))
    }

    /// From what git wrote before it failed.
    pub(super) fn from_words(said: &str) -> Self {
        let (lower, said) = (said.to_lowercase(), said.to_owned());
        let has = |phrases: &[&str]| phrases.iter().any(|phrase| lower.contains(phrase));
        // "repository 'https://…' not found", with the address between.
        let not_found = lower.lines().any(|line| line.contains("repository '") && line.ends_with("not found"));
        if not_found || has(&NOT_FOUND) {
            Self::RepositoryNotFound { said }
        } else if has(&NO_SUCH_OBJECT) {
            Self::NoSuchObject(said)
        } else if has(&UNREACHABLE) {
            Self::Unreachable { said }
        } else {
            Self::Failed { said }
        }
    }

    pub(super) fn io(doing: &str, path: &Path, error: &io::Error) -> Self {
        Self::Io { doing: format!("{doing} {}", path.display()), because: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_writes_is_told_apart() {
        let kind = |said: &str| match Error::from_words(said) {
            Error::RepositoryNotFound { .. } => "not found",
            Error::Unreachable { .. } => "unreachable",
            Error::NoSuchObject(_) => "no such object",
            Error::Failed { .. } => "failed",
            other => panic!("{other:?}"),
        };
        let table = [
            ("remote: Repository not found.\nfatal: repository 'https://github.com/a/b.git/' not found", "not found"),
            ("fatal: repository 'https://github.com/a/b.git/' not found", "not found"),
            ("fatal: '/x' does not appear to be a git repository\nfatal: Could not read from remote repository.", "not found"),
            ("fatal: unable to access 'https://h/': The requested URL returned error: 403", "not found"),
            ("fatal: could not read Username for 'https://github.com': terminal prompts disabled", "not found"),
            ("fatal: unable to access 'https://h/': Could not resolve host: h", "unreachable"),
            ("fatal: unable to access 'https://h/': The requested URL returned error: 503", "unreachable"),
            ("error: RPC failed; curl 56\nfatal: early EOF", "unreachable"),
            ("fatal: remote error: upload-pack: not our ref 0123", "no such object"),
            ("fatal: couldn't find remote ref refs/heads/x", "no such object"),
            ("fatal: something else", "failed"),
        ];
        for (said, expected) in table {
            assert_eq!(kind(said), expected, "{said}");
        }
    }
}
