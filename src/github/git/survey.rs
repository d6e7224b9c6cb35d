//! What a mirror's references hold: tags with their commits, the branches that a commit is on, all files of a commit.

use super::{Error, Mirror, run::Call};
use crate::domain::{
    policy::Tag,
    version::{RefName, Sha},
};

impl Mirror {
    /// The remote's tags with the commits that they stand for, the newest version first. What stands for no commit, and
    /// names that are outside our rules, are left out.
    pub async fn tags(&self) -> Result<Vec<Tag>, Error> {
        self.refresh().await?;
        let format = "--format=%(refname:strip=2)%00%(objecttype)%00%(objectname)%00%(tree)%00%(*objecttype)%00%(*objectname)%00%(*tree)";
        let output = self.ask(&["for-each-ref", "--sort=-version:refname", format, "refs/tags"]).await?;
        if output.code != Some(0) {
            return Err(Error::from_words(&output.said));
        }
        Ok(output.stdout.split(|byte| *byte == b'\n').filter_map(|line| read_tag(std::str::from_utf8(line).ok()?)).collect())
    }

    /// The remote's branches that hold a commit.
    pub async fn branches_with(&self, sha: &Sha) -> Result<Vec<RefName>, Error> {
        self.refresh().await?;
        match self.ensure(sha).await {
            Err(Error::NoSuchObject(_)) => return Ok(Vec::new()),
            other => other?,
        }
        let output = self.ask(&["for-each-ref", "--contains", sha.as_str(), "--format=%(refname:strip=2)", "refs/heads"]).await?;
        if output.code != Some(0) {
            return Err(Error::from_words(&output.said));
        }
        let names = output.stdout.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok()?.parse().ok());
        Ok(names.collect())
    }

    /// The branch that the remote calls its own.
    pub async fn default_branch(&self) -> Result<Option<RefName>, Error> {
        self.exist().await?;
        let call = Call::new(&["ls-remote", "--quiet", "--symref", "origin", "HEAD"]).within(&self.path).from(&self.remote);
        let stdout = self.git.succeed(call).await?;
        let text = String::from_utf8_lossy(&stdout);
        let head = text.lines().find_map(|line| line.strip_prefix("ref: refs/heads/")?.split_once('\t'));
        Ok(head.and_then(|(branch, _)| branch.parse().ok()))
    }

    /// All files of a commit. None when it is gone, or when they are too many to tell.
    pub async fn paths(&self, sha: &Sha) -> Result<Option<Vec<String>>, Error> {
        match self.ensure(sha).await {
            Err(Error::NoSuchObject(_)) => return Ok(None),
            other => other?,
        }
        let output = match self.ask(&["ls-tree", "-r", "-z", "--name-only", sha.as_str()]).await {
            Err(Error::TooMuchOutput(_)) => return Ok(None),
            output => output?,
        };
        if output.code != Some(0) {
            return Err(Error::from_words(&output.said));
        }
        let paths = output.stdout.split(|byte| *byte == 0).filter(|path| !path.is_empty());
        Ok(Some(paths.map(|path| String::from_utf8_lossy(path).into_owned()).collect()))
    }
}

/// A plain tag stands for its own object; an annotated one for what it points to.
fn read_tag(line: &str) -> Option<Tag> {
    let fields: Vec<&str> = line.split('\0').collect();
    let [name, kind, sha, tree, peeled_kind, peeled_sha, peeled_tree] = fields[..] else { return None };
    let (kind, sha, tree) = if kind == "tag" { (peeled_kind, peeled_sha, peeled_tree) } else { (kind, sha, tree) };
    if kind != "commit" {
        return None;
    }
    Some(Tag { name: name.parse().ok()?, sha: sha.parse().ok()?, tree: tree.parse().ok()? })
}
