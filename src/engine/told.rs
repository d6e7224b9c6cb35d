//! What a payload says of its repository: it stands for the repository where that cannot be asked, in answers to "what if"
//! alone.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::domain::{
    policy::Tag,
    version::{RefName, Sha, Version},
};

/// What is said of a repository.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    branches: BTreeMap<RefName, Sha>,
    tags: BTreeMap<RefName, Sha>,
    trees: BTreeMap<Sha, Sha>,
    default: Option<RefName>,
}

impl Told {
    /// Of a webhook's body; none where it says nothing of a repository.
    pub(super) fn of(body: &[u8]) -> Option<Self> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
        text("/repository/full_name")?;
        let default = text("/repository/default_branch").and_then(|name| name.parse().ok());
        let mut told = Self { default, ..Self::default() };
        let commit: Option<Sha> = text("/head_commit/id").or(text("/after")).and_then(|sha| sha.parse().ok());
        if let Some((commit, tree)) = commit.clone().zip(text("/head_commit/tree_id").and_then(|tree| tree.parse().ok())) {
            told.trees.insert(commit, tree);
        }
        if let Some((reference, commit)) = text("/ref").zip(commit) {
            told.points(reference, &commit);
            // A tag is where the branch is that it was pushed with.
            if let Some(base) = text("/base_ref") {
                told.points(base, &commit);
            }
        }
        let head = text("/pull_request/head/ref").zip(text("/pull_request/head/sha").and_then(|sha| sha.parse().ok()));
        if let Some((Ok(branch), commit)) = head.map(|(branch, commit)| (branch.parse(), commit)) {
            told.branches.insert(branch, commit);
        }
        Some(told)
    }

    fn points(&mut self, reference: &str, commit: &Sha) {
        if let Some(Ok(branch)) = reference.strip_prefix("refs/heads/").map(str::parse) {
            self.branches.insert(branch, commit.clone());
        }
        if let Some(Ok(tag)) = reference.strip_prefix("refs/tags/").map(str::parse) {
            self.tags.insert(tag, commit.clone());
        }
    }

    pub(super) fn head(&self, branch: &RefName) -> Option<Sha> {
        self.branches.get(branch).cloned()
    }

    /// A commit whose tree is not told has one of its own.
    pub(super) fn commit(&self, sha: &Sha, branch: Option<&RefName>, tag: Option<&RefName>) -> Version {
        let tree = self.trees.get(sha).unwrap_or(sha).clone();
        Version { sha: sha.clone(), tree, branch: branch.cloned(), tag: tag.cloned(), pull_request: None }
    }

    pub(super) fn tag(&self, tag: &RefName) -> Option<Version> {
        self.tags.get(tag).map(|sha| self.commit(sha, None, Some(tag)))
    }

    pub(super) fn tags(&self, version: &Version) -> Vec<Tag> {
        let on = self.tags.iter().filter(|(_, sha)| **sha == version.sha);
        on.map(|(name, sha)| Tag { name: name.clone(), sha: sha.clone(), tree: version.tree.clone() }).collect()
    }

    /// Where nothing is told of a commit's branches, the default one is taken to hold it.
    pub(super) fn branches_with(&self, sha: &Sha) -> Vec<RefName> {
        let holding: Vec<RefName> = self.branches.iter().filter(|(_, head)| *head == sha).map(|(branch, _)| branch.clone()).collect();
        if holding.is_empty() { self.default.iter().cloned().collect() } else { holding }
    }

    pub(super) fn default_branch(&self) -> Option<RefName> {
        self.default.clone()
    }
}
