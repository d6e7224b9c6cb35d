//! The checkout of a deployment's pinned commit: a cache, which may vanish between two steps and is then made again. What
//! brings no commit (a runbook without `ref`) has an empty folder instead.
//!
//! Beside each checkout (`ID/tree`) lie marks that say what is whole in it (`ID/ready`, `ID/have/…`): they are ours, while
//! the tree belongs to whom its programs run as. For such a user the folders above must be passable (`o+x`).

use std::{
    collections::HashMap,
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::{DirBuilderExt, lchown},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use sha2::{Digest, Sha256};

use super::{
    artifact::{Artifacts, Inside, Limits, unpack},
    process::User,
};
use crate::domain::{
    ids::{DeploymentId, RepositoryName},
    release::Artifact,
    release::Reason,
    version::Sha,
};

/// Why there is no workspace, with what to do: try again, or give up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It may work later: the network, the disk.
    #[error("{0}")]
    Passing(Reason),
    /// It will not work: no such commit, a hostile artifact.
    #[error("{0}")]
    Lasting(Reason),
}

impl Fault {
    /// What went wrong.
    pub fn reason(self) -> Reason {
        match self {
            Self::Passing(reason) | Self::Lasting(reason) => reason,
        }
    }
}

/// Where the files of a commit come from.
#[async_trait]
pub trait Source: Send + Sync {
    /// Writes the files of a commit into a folder that is there and empty.
    async fn export(&self, repository: &RepositoryName, sha: &Sha, into: &Path) -> Result<(), Fault>;
}

/// Held while a checkout is looked at or made.
type Room = Arc<tokio::sync::Mutex<()>>;

/// All checkouts of this machine.
#[derive(Clone)]
pub struct Workspaces {
    inner: Arc<Inner>,
}

struct Inner {
    folder: PathBuf,
    source: Arc<dyn Source>,
    user: Option<User>,
    limits: Limits,
    /// Steps that go side by side share a checkout, and make it once.
    rooms: Mutex<HashMap<DeploymentId, Room>>,
}

impl Workspaces {
    /// `folder` holds the checkouts, `user` is whom programs run as (see [`super::process::Supervisor::user`]), `limits`
    /// are those of an artifact.
    pub fn new(folder: PathBuf, source: Arc<dyn Source>, user: Option<User>, limits: Limits) -> Self {
        Self { inner: Arc::new(Inner { folder, source, user, limits, rooms: Mutex::default() }) }
    }

    /// The workspace of a deployment, at a commit if it has one; `produced` is what its earlier steps left for the later
    /// ones. Makes nothing yet.
    pub fn of(&self, deployment: DeploymentId, repository: RepositoryName, sha: Option<Sha>, produced: Vec<Artifact>) -> Workspace {
        let mut rooms = self.inner.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        let room = rooms.entry(deployment).or_default().clone();
        Workspace { inner: self.inner.clone(), room, deployment, repository, sha, produced }
    }
}

/// The workspace of one deployment.
#[derive(Clone)]
pub struct Workspace {
    inner: Arc<Inner>,
    room: Room,
    deployment: DeploymentId,
    repository: RepositoryName,
    /// None: there is nothing to check out.
    sha: Option<Sha>,
    produced: Vec<Artifact>,
}

impl Workspace {
    /// The folder with the commit's files and everything that was produced before, made now if it is not there.
    pub async fn path(&self, artifacts: &dyn Artifacts) -> Result<PathBuf, Fault> {
        let _one_at_a_time = self.room.lock().await;
        let (home, tree) = (self.home(), self.tree());
        let commit = self.sha.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string);
        let wanted = format!("{} {commit}\n", self.repository);
        if fs::read_to_string(home.join("ready")).ok().as_ref() != Some(&wanted) || !tree.is_dir() {
            let folder = home.clone();
            blocking(move || remake(&folder)).await?;
            if let Some(sha) = &self.sha {
                self.inner.source.export(&self.repository, sha, &tree).await?;
            }
            let (user, marker) = (self.inner.user, home.join("ready"));
            let folder = tree.clone();
            blocking(move || {
                give(&folder, user)?;
                mark(&marker, &wanted)
            })
            .await?;
        }
        for artifact in &self.produced {
            self.bring(artifact, artifacts).await?;
        }
        Ok(tree)
    }

    /// An artifact was made in this workspace: it need not be brought here.
    pub fn note(&self, artifact: &Artifact) {
        // When it fails, the artifact is unpacked once more.
        let _ = mark(&self.have(artifact), "");
    }

    /// How large artifacts may be.
    pub fn limits(&self) -> Limits {
        self.inner.limits
    }

    /// Removes it from the disk.
    pub async fn remove(&self) -> Result<(), Reason> {
        let _one_at_a_time = self.room.lock().await;
        let home = self.home();
        blocking(move || remove_all(&home)).await.map_err(Fault::reason)?;
        self.inner.rooms.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.deployment);
        Ok(())
    }

    async fn bring(&self, artifact: &Artifact, artifacts: &dyn Artifacts) -> Result<(), Fault> {
        let mark_of = self.have(artifact);
        if mark_of.exists() {
            return Ok(());
        }
        let archive = artifacts.get(&artifact.digest).await.map_err(Fault::Passing)?;
        let (fresh, old) = (self.home().join("fresh"), self.home().join("old"));
        let (tree, path, inner) = (self.tree(), artifact.path.clone(), self.inner.clone());
        blocking(move || {
            remove_all(&fresh)?;
            remove_all(&old)?;
            unpack(&archive, &fresh, inner.limits).map_err(Failure::Lasting)?;
            give(&fresh, inner.user)?;
            let (parent, name) = Inside::open(&tree)?.parent(Path::new(&path), Some(inner.user))?;
            if parent.metadata(&name).is_ok() {
                fs::rename(parent.at(&name), &old)?;
            }
            fs::rename(&fresh, parent.at(&name))?;
            remove_all(&old)?;
            mark(&mark_of, "")
        })
        .await
    }

    fn home(&self) -> PathBuf {
        self.inner.folder.join(self.deployment.to_string())
    }

    fn tree(&self) -> PathBuf {
        self.home().join("tree")
    }

    fn have(&self, artifact: &Artifact) -> PathBuf {
        let path = hex::encode(Sha256::digest(artifact.path.as_bytes()));
        self.home().join("have").join(format!("{}-{}", &path[..16], artifact.digest))
    }
}

enum Failure {
    Disk(io::Error),
    Lasting(Reason),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

async fn blocking(work: impl FnOnce() -> Result<(), Failure> + Send + 'static) -> Result<(), Fault> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(Failure::Lasting(reason))) => Err(Fault::Lasting(reason)),
        Ok(Err(Failure::Disk(error))) => Err(Fault::Passing(Reason::new(format!("the workspace could not be made: {error}")))),
        Err(error) => Err(Fault::Passing(Reason::new(format!("the workspace could not be made: {error}")))),
    }
}

/// An empty tree, and no marks.
fn remake(home: &Path) -> Result<(), Failure> {
    remove_all(home)?;
    let passable = |path: &Path| DirBuilder::new().recursive(true).mode(0o711).create(path);
    passable(home)?;
    passable(&home.join("have"))?;
    passable(&home.join("tree"))?;
    Ok(())
}

/// Removes a file or a tree; links are removed, not followed.
fn remove_all(path: &Path) -> Result<(), Failure> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Everything in a tree is this user's from now on. Nobody else writes to it yet.
fn give(path: &Path, user: Option<User>) -> Result<(), Failure> {
    let Some(user) = user else { return Ok(()) };
    lchown(path, Some(user.uid), Some(user.gid))?;
    if fs::symlink_metadata(path)?.is_dir() {
        for entry in fs::read_dir(path)? {
            give(&entry?.path(), Some(user))?;
        }
    }
    Ok(())
}

fn mark(path: &Path, content: &str) -> Result<(), Failure> {
    fs::write(path, content)?;
    File::open(path)?.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::steps::artifact::pack;

    #[derive(Default)]
    struct Files {
        exports: AtomicUsize,
        fail: Mutex<bool>,
    }

    #[async_trait]
    impl Source for Files {
        async fn export(&self, _: &RepositoryName, sha: &Sha, into: &Path) -> Result<(), Fault> {
            self.exports.fetch_add(1, Ordering::SeqCst);
            assert_eq!(fs::read_dir(into)?.count(), 0, "the folder is empty");
            fs::write(into.join("version"), sha.as_str())?;
            if std::mem::take(&mut *self.fail.lock().expect("unpoisoned")) {
                return Err(Fault::Passing(Reason::new("the network")));
            }
            Ok(())
        }
    }

    impl From<io::Error> for Fault {
        fn from(error: io::Error) -> Self {
            Self::Passing(Reason::new(error.to_string()))
        }
    }

    struct Store(PathBuf);

    #[async_trait]
    impl Artifacts for Store {
        async fn put(&self, _: PathBuf) -> Result<String, Reason> {
            Err(Reason::new("not here"))
        }
        async fn get(&self, digest: &str) -> Result<PathBuf, Reason> {
            Ok(self.0.join(digest))
        }
    }

    fn sha(digit: &str) -> Sha {
        digit.repeat(40).parse().expect("a sha")
    }

    #[tokio::test]
    async fn it_is_made_once_and_again_when_it_vanished_or_was_half_made() {
        let folder = tempfile::tempdir().expect("a folder");
        let source = Arc::new(Files::default());
        let workspaces = Workspaces::new(folder.path().join("w"), source.clone(), None, Limits::default());
        let store = Store(folder.path().to_owned());
        fs::create_dir_all(folder.path().join("src/web")).expect("made");
        fs::write(folder.path().join("src/web/page"), "built").expect("written");
        let packed = pack(&folder.path().join("src"), "web", &folder.path().join("abc"), Limits::default()).expect("packed");
        let produced = vec![Artifact { path: "out/web".to_owned(), digest: "abc".to_owned(), size: packed.size }];
        let of = || workspaces.of(DeploymentId(7), "acme/shop".parse().expect("a name"), Some(sha("a")), produced.clone());
        *source.fail.lock().expect("unpoisoned") = true;
        assert!(of().path(&store).await.is_err());
        let (one, two) = (of(), of());
        let (first, second) = tokio::join!(one.path(&store), two.path(&store));
        let path = first.expect("made");
        assert_eq!(second.expect("made"), path);
        assert_eq!(source.exports.load(Ordering::SeqCst), 2, "one failed, one for both");
        assert_eq!(fs::read_to_string(path.join("out/web/page")).expect("unpacked"), "built");
        fs::write(path.join("out/web/page"), "changed by a step").expect("written");
        of().path(&store).await.expect("there");
        assert_eq!(fs::read_to_string(path.join("out/web/page")).expect("kept"), "changed by a step");
        of().remove().await.expect("removed");
        assert!(!path.exists());
        of().path(&store).await.expect("made again");
        assert_eq!(fs::read_to_string(path.join("out/web/page")).expect("unpacked"), "built");
        let other = workspaces.of(DeploymentId(7), "acme/shop".parse().expect("a name"), Some(sha("b")), Vec::new());
        other.path(&store).await.expect("made");
        assert_eq!(fs::read_to_string(path.join("version")).expect("there"), "b".repeat(40));
    }

    #[tokio::test]
    async fn an_artifact_does_not_follow_a_link_out_of_the_workspace() {
        let folder = tempfile::tempdir().expect("a folder");
        let workspaces = Workspaces::new(folder.path().join("w"), Arc::new(Files::default()), None, Limits::default());
        let store = Store(folder.path().to_owned());
        fs::write(folder.path().join("page"), "built").expect("written");
        pack(folder.path(), "page", &folder.path().join("abc"), Limits::default()).expect("packed");
        let produced = vec![Artifact { path: "out/page".to_owned(), digest: "abc".to_owned(), size: 1 }];
        let name: RepositoryName = "acme/shop".parse().expect("a name");
        let path = workspaces.of(DeploymentId(1), name.clone(), Some(sha("a")), Vec::new()).path(&store).await.expect("made");
        let outside = folder.path().join("outside");
        fs::create_dir(&outside).expect("made");
        std::os::unix::fs::symlink(&outside, path.join("out")).expect("linked");
        assert!(workspaces.of(DeploymentId(1), name, Some(sha("a")), produced).path(&store).await.is_err());
        assert_eq!(fs::read_dir(&outside).expect("read").count(), 0);
    }
}
