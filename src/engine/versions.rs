//! Versions from what people and events call them. Pinned here, once.

use std::{collections::BTreeSet, sync::Arc};

pub(super) use super::told::Told;
use super::{Core, trouble::Trouble};
use crate::{
    domain::{
        ids::{EnvironmentId, RepositoryName, StepName},
        manifest::{Application, Step, Trigger, pattern::Patterns},
        policy::Tag,
        request::Reference,
        version::{RefName, Sha, Version},
    },
    github::git::{Error, Mirror, Revision},
};

impl Core {
    /// What an application's repository is called today: its file's word until it was heard of under another name.
    pub(super) async fn repository_of(&self, application: &Application) -> crate::store::Result<RepositoryName> {
        let bound = self.parts.store.read().await?.bound_repository(&application.name).await?;
        Ok(bound.map_or_else(|| application.repository.clone(), |(_, name)| name))
    }
}

/// A repository as the outside has it.
pub(super) struct Repository {
    mirror: Mirror,
    /// What stands for it; none: it is asked.
    told: Option<Arc<Told>>,
}

impl Repository {
    pub(super) fn of(core: &Core, name: &RepositoryName) -> Self {
        Self { mirror: core.parts.mirrors.mirror(name), told: core.told.clone() }
    }

    /// Where a branch points now, on the remote.
    pub(super) async fn head(&self, branch: &RefName) -> Result<Option<Sha>, Trouble> {
        if let Some(told) = &self.told {
            return Ok(told.head(branch));
        }
        Ok(self.mirror.head(branch).await?)
    }

    /// The version that a commit is, with the branch that it came by.
    pub(super) async fn commit(&self, sha: &Sha, branch: Option<&RefName>) -> Result<Option<Version>, Trouble> {
        if let Some(told) = &self.told {
            return Ok(Some(told.commit(sha, branch, None)));
        }
        self.pin(Revision::Sha(sha), branch, None).await
    }

    /// The version that a tag stands for now.
    pub(super) async fn tag(&self, tag: &RefName) -> Result<Option<Version>, Trouble> {
        if let Some(told) = &self.told {
            return Ok(told.tag(tag));
        }
        self.mirror.refresh().await?;
        self.pin(Revision::Tag(tag), None, Some(tag)).await
    }

    /// What somebody calls a version: a commit, a tag, or a branch, in this order.
    pub(super) async fn named(&self, reference: &Reference) -> Result<Option<Version>, Trouble> {
        match reference {
            Reference::Commit(sha) => self.commit(sha, None).await,
            Reference::Name(name) => match self.tag(name).await? {
                Some(version) => Ok(Some(version)),
                None => match self.head(name).await? {
                    Some(sha) => self.commit(&sha, Some(name)).await,
                    // The beginning of a SHA, as messages show it.
                    None if self.told.is_none() => match self.mirror.expand(name.as_str()).await? {
                        Some(sha) => self.commit(&sha, None).await,
                        None => Ok(None),
                    },
                    None => Ok(None),
                },
            },
        }
    }

    async fn pin(&self, revision: Revision<'_>, branch: Option<&RefName>, tag: Option<&RefName>) -> Result<Option<Version>, Trouble> {
        match self.mirror.commit(revision).await {
            Ok(commit) => {
                Ok(Some(Version { sha: commit.sha, tree: commit.tree, branch: branch.cloned(), tag: tag.cloned(), pull_request: None }))
            }
            Err(Error::NoSuchObject(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether one commit is in the history of another.
    pub(super) async fn is_ancestor(&self, old: &Sha, new: &Sha) -> Result<bool, Trouble> {
        if self.told.is_some() {
            return Ok(old == new);
        }
        match self.mirror.is_ancestor(old, new).await {
            Err(Error::NoSuchObject(_)) => Ok(false),
            other => Ok(other?),
        }
    }

    /// Whether anything that the patterns name differs between two commits. No comparison to be had = it does.
    pub(super) async fn differs(&self, patterns: &Patterns, old: &Sha, new: &Sha) -> Result<bool, Trouble> {
        if patterns.is_empty() {
            return Ok(true);
        }
        if old == new {
            return Ok(false);
        }
        if self.told.is_some() {
            return Ok(true);
        }
        let changed = self.mirror.changed_paths(old, new).await?;
        Ok(changed.is_none_or(|paths| paths.iter().any(|path| patterns.matches(path))))
    }

    /// The tags on a version's commit, or on one of the same files, the newest version first.
    pub(super) async fn tags(&self, version: &Version) -> Result<Vec<Tag>, Trouble> {
        if let Some(told) = &self.told {
            return Ok(told.tags(version));
        }
        let tags = self.mirror.tags().await?;
        Ok(tags.into_iter().filter(|tag| tag.sha == version.sha || tag.tree == version.tree).collect())
    }

    /// The branches that hold a commit.
    pub(super) async fn branches_with(&self, sha: &Sha) -> Result<Vec<RefName>, Trouble> {
        if let Some(told) = &self.told {
            return Ok(told.branches_with(sha));
        }
        Ok(self.mirror.branches_with(sha).await?)
    }

    /// The branch that the repository calls its own.
    pub(super) async fn default_branch(&self) -> Result<Option<RefName>, Trouble> {
        if let Some(told) = &self.told {
            return Ok(told.default_branch());
        }
        Ok(self.mirror.default_branch().await?)
    }

    /// The files that differ between what runs and a version: all of its files where nothing runs. None: there is no
    /// comparison to be had.
    pub(super) async fn changed(&self, running: Option<&Version>, version: &Version) -> Result<Option<Vec<String>>, Trouble> {
        if self.told.is_some() {
            return Ok(None);
        }
        match running {
            Some(running) => Ok(self.mirror.changed_paths(&running.sha, &version.sha).await?),
            None => Ok(self.mirror.paths(&version.sha).await?),
        }
    }

    /// The steps that nothing has changed for since what they last left (`left` says at which commit that was).
    pub(super) async fn unchanged(
        &self,
        application: &Application,
        new: &Sha,
        left: impl Fn(&Step) -> Option<Sha>,
    ) -> Result<BTreeSet<StepName>, Trouble> {
        let mut unchanged = BTreeSet::new();
        for step in application.stages.iter().flatten().filter(|step| !step.paths.is_empty()) {
            if let Some(old) = left(step)
                && !self.differs(&step.paths, &old, new).await?
            {
                unchanged.insert(step.name.clone());
            }
        }
        Ok(unchanged)
    }
}

/// The one branch without wildcards that an environment follows.
pub(super) fn followed(application: &Application, id: &EnvironmentId) -> Option<RefName> {
    let environment = application.environments.get(&id.name)?;
    let mut branches = environment.on.iter().filter_map(|trigger| match trigger {
        Trigger::Push(patterns) => Some(patterns.sources()),
        Trigger::Tag(_) | Trigger::PullRequest { .. } | Trigger::Schedule(_) => None,
    });
    let ([only], None) = (branches.next()?, branches.next()) else { return None };
    only.parse().ok().filter(|_| !only.contains(['*', '?', '+', '[', '\\', '!']))
}
