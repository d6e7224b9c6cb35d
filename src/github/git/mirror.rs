//! One repository's mirror: kept up to date, and asked.

use std::{collections::BTreeMap, path::PathBuf};

use jiff::Timestamp;

use super::{
    Error, Git, Turn,
    remote::Remote,
    run::{Call, Output},
};
use crate::domain::version::{RefName, Sha};

const BRANCHES: &str = "refs/heads/";
const TAGS: &str = "refs/tags/";

/// A bare copy of one repository's branches and tags, and of the commits that were asked for by their SHA.
#[derive(Debug, Clone)]
pub struct Mirror {
    pub(super) git: Git,
    pub(super) path: PathBuf,
    pub(super) remote: Remote,
    pub(super) turn: Turn,
}

/// What names a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revision<'a> {
    /// A commit's SHA, or that of an annotated tag's own object.
    Sha(&'a Sha),
    /// A tag, as it was when the mirror was last refreshed.
    Tag(&'a RefName),
}

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its SHA.
    pub sha: Sha,
    /// Its tree: two commits with one tree are the same files.
    pub tree: Sha,
    /// When it was committed, by the committer's clock: a claim, not a proof.
    pub committed: Timestamp,
    /// Its author's name, as the author wrote it: a claim, not a login.
    pub author: String,
    /// The first line of its message.
    pub subject: String,
}

/// The remote's branches and tags at one moment. Names that are outside our rules are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct References {
    /// Each branch, and the commit that it points to.
    pub branches: BTreeMap<RefName, Sha>,
    /// Each tag, and what it points to: for an annotated tag its own object.
    pub tags: BTreeMap<RefName, Sha>,
}

impl Mirror {
    pub(super) fn new(git: Git, path: PathBuf, remote: Remote, turn: Turn) -> Self {
        Self { git, path, remote, turn }
    }

    /// Makes the mirror's branches and tags those of the remote.
    pub async fn refresh(&self) -> Result<(), Error> {
        let _turn = self.turn.lock().await;
        self.fetch_references().await
    }

    /// Where a branch points now, asked of the remote; None when it has no such branch.
    pub async fn head(&self, branch: &RefName) -> Result<Option<Sha>, Error> {
        let mut references = self.ask_remote(&[&format!("{BRANCHES}{branch}")]).await?;
        Ok(references.branches.remove(branch))
    }

    /// All branches and tags now, asked of the remote.
    pub async fn references(&self) -> Result<References, Error> {
        self.ask_remote(&["refs/heads/*", "refs/tags/*"]).await
    }

    /// A commit, or the commit that an annotated tag stands for. A SHA that the mirror lacks is fetched.
    pub async fn commit(&self, revision: Revision<'_>) -> Result<Commit, Error> {
        let name = match revision {
            Revision::Sha(sha) => {
                self.ensure(sha).await?;
                sha.to_string()
            }
            Revision::Tag(tag) => {
                self.exist().await?;
                let name = format!("{TAGS}{tag}");
                if !self.has(&name).await? {
                    return Err(Error::NoSuchObject(name));
                }
                name
            }
        };
        let peeled = format!("{name}^{{commit}}");
        let format = "--format=%H%x00%T%x00%ct%x00%an%x00%s";
        let plainly = ["--no-show-signature", "--no-color", "--encoding=UTF-8"];
        let output = self.ask(&[&["log", "-1"], &plainly[..], &[format, "--end-of-options", &peeled, "--"]].concat()).await?;
        if output.code != Some(0) {
            return Err(Error::NotACommit(name));
        }
        read_commit(&String::from_utf8_lossy(&output.stdout)).ok_or(Error::NotACommit(name))
    }

    /// The one commit of the mirror whose SHA begins so, with seven digits or more. None: there is none, or several.
    pub async fn expand(&self, short: &str) -> Result<Option<Sha>, Error> {
        let is_short = (7..40).contains(&short.len()) && short.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if !is_short {
            return Ok(None);
        }
        self.exist().await?;
        let output = self.ask(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{short}^{{commit}}")]).await?;
        if output.code != Some(0) {
            return Ok(None);
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().parse().ok())
    }

    /// Whether `ancestor` is `descendant` or lies in its history. Commits that the mirror lacks are fetched.
    pub async fn is_ancestor(&self, ancestor: &Sha, descendant: &Sha) -> Result<bool, Error> {
        self.ensure(ancestor).await?;
        self.ensure(descendant).await?;
        let output = self.ask(&["merge-base", "--is-ancestor", ancestor.as_str(), descendant.as_str()]).await?;
        match output.code {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(Error::from_words(&output.said)),
        }
    }

    /// The files that differ between two commits, a renamed one under both names. None when there is nothing to compare
    /// with (a branch's first push, a commit that is gone) or when they are too many to tell: anything may have changed.
    pub async fn changed_paths(&self, before: &Sha, after: &Sha) -> Result<Option<Vec<String>>, Error> {
        for sha in [before, after] {
            match self.ensure(sha).await {
                Ok(()) => {}
                Err(Error::NoSuchObject(_)) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        let arguments =
            ["diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-ext-diff", "--no-textconv", before.as_str(), after.as_str()];
        let output = match self.ask(&arguments).await {
            Err(Error::TooMuchOutput(_)) => return Ok(None),
            output => output?,
        };
        if output.code != Some(0) {
            return Err(Error::from_words(&output.said));
        }
        let paths = output.stdout.split(|byte| *byte == 0).filter(|path| !path.is_empty());
        Ok(Some(paths.map(|path| String::from_utf8_lossy(path).into_owned()).collect()))
    }

    /// Asks the mirror something.
    pub(super) async fn ask(&self, arguments: &[&str]) -> Result<Output, Error> {
        self.git.run(Call::new(arguments).within(&self.path)).await
    }

    /// Whether the mirror has what `name` names.
    pub(super) async fn has(&self, name: &str) -> Result<bool, Error> {
        let output = self.ask(&["cat-file", "-t", name]).await?;
        match (output.code, Error::from_words(&output.said)) {
            (Some(0), _) => Ok(true),
            (_, Error::NoSuchObject(_)) => Ok(false),
            (_, error) => Err(error),
        }
    }

    async fn ask_remote(&self, patterns: &[&str]) -> Result<References, Error> {
        self.exist().await?;
        let arguments = [&["ls-remote", "--quiet", "--refs", "origin"], patterns].concat();
        let stdout = self.git.succeed(Call::new(&arguments).within(&self.path).from(&self.remote)).await?;
        Ok(read_references(&stdout))
    }
}

fn read_commit(text: &str) -> Option<Commit> {
    let mut fields = text.trim_end_matches('\n').splitn(5, '\0');
    Some(Commit {
        sha: fields.next()?.parse().ok()?,
        tree: fields.next()?.parse().ok()?,
        committed: Timestamp::from_second(fields.next()?.parse().ok()?).ok()?,
        author: fields.next()?.to_owned(),
        subject: fields.next()?.to_owned(),
    })
}

fn read_references(listed: &[u8]) -> References {
    let mut references = References::default();
    let lines = listed.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
    for (sha, name) in lines.filter_map(|line| line.split_once('\t')) {
        let Ok(sha) = sha.parse::<Sha>() else { continue };
        let (all, short) = if let Some(short) = name.strip_prefix(BRANCHES) {
            (&mut references.branches, short)
        } else if let Some(short) = name.strip_prefix(TAGS) {
            (&mut references.tags, short)
        } else {
            continue;
        };
        if let Ok(short) = short.parse() {
            all.insert(short, sha);
        }
    }
    references
}
