//! Git repositories, read through the `git` program: a mirror of each, its commits, and their files.
//!
//! Nothing of a repository is ever run, and nothing of it is obeyed: no hook, no filter, no attribute, no submodule. No
//! shell is involved; what comes from outside is a parsed name behind a full reference (`refs/heads/…`) or a SHA. Of the
//! surroundings git sees its `PATH` alone: no configuration of the machine or of the user, no credential helper, no
//! question asked on a terminal. Each call is bounded in time and in output, and its whole process group dies with it.
//!
//! Needs git 2.32 or newer.

mod error;
mod export;
mod mirror;
mod remote;
mod run;
mod survey;
mod upkeep;

use std::{
    collections::HashMap,
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use crate::domain::{ids::RepositoryName, manifest::template::Template};

pub use error::Error;
pub use export::{Exported, Limits};
pub use mirror::{Commit, Mirror, References, Revision};
pub use run::Git;

use remote::Remote;

/// One fetch at a time for each repository.
type Turn = Arc<tokio::sync::Mutex<()>>;

/// The mirrors of all repositories, in one folder that belongs to one process: `FOLDER/owner/name.git`.
#[derive(Clone)]
pub struct Mirrors(Arc<Shared>);

struct Shared {
    git: Git,
    folder: PathBuf,
    clone_url: Template,
    turns: Mutex<HashMap<RepositoryName, Turn>>,
}

impl Mirrors {
    /// Keeps mirrors in `folder`, which is made when it is first needed. `clone_url` says where repositories come from:
    /// `https://x-access-token:TOKEN@github.com/{{ repository }}.git`; `{{ repository }}` is the only hole it may have.
    /// User and password in an `http` or `https` address go to git by its environment, never in an argument or a file.
    pub fn new(git: Git, folder: &Path, clone_url: Template) -> Result<Self, Error> {
        if let Some((name, _)) = clone_url.names().find(|(name, _)| *name != "repository") {
            return Err(Error::CloneUrl(name.to_owned()));
        }
        let folder = std::path::absolute(folder).map_err(|error| Error::io("look for", folder, &error))?;
        Ok(Self(Arc::new(Shared { git, folder, clone_url, turns: Mutex::default() })))
    }

    /// The mirror of one repository. Does nothing yet: it is created by the first call that needs it.
    pub fn mirror(&self, repository: &RepositoryName) -> Mirror {
        let shared = &self.0;
        let url =
            shared.clone_url.render(|_| Some(repository.as_str())).expect("the only hole is the repository's name, which is never empty");
        let turn = shared.turns.lock().unwrap_or_else(PoisonError::into_inner).entry(repository.clone()).or_default().clone();
        Mirror::new(shared.git.clone(), shared.folder.join(format!("{repository}.git")), Remote::new(&url), turn)
    }
}

/// Without the address, which may hold a password.
impl fmt::Debug for Mirrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mirrors").field("folder", &self.0.folder).finish_non_exhaustive()
    }
}
