//! Ways into a folder that others write to, on which no symbolic link is followed.
//!
//! Each component is opened by itself, from the one before, and must be a real folder. What is opened is then held by
//! its descriptor (`/proc/self/fd/N`), so that swapping a folder for a link meanwhile changes nothing.

use std::{
    ffi::OsStr,
    fs::{self, File, OpenOptions},
    io,
    os::{
        fd::AsRawFd,
        unix::fs::{OpenOptionsExt, lchown},
    },
    path::{Component, Path, PathBuf},
};

use nix::fcntl::OFlag;

use crate::{domain::release::Reason, steps::process::User};

/// A folder that is held by its descriptor.
#[derive(Debug)]
pub struct Inside {
    folder: File,
}

impl Inside {
    /// A folder at a path that is ours all the way.
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW;
        Ok(Self { folder: OpenOptions::new().read(true).custom_flags(flags.bits()).open(path)? })
    }

    /// A folder directly in this one.
    pub fn folder(&self, name: &OsStr) -> io::Result<Self> {
        Self::open(&self.at(name))
    }

    /// A file directly in this one, to be read. Never waits (as a pipe would let it).
    pub fn file(&self, name: &OsStr) -> io::Result<File> {
        let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
        let file = OpenOptions::new().read(true).custom_flags(flags.bits()).open(self.at(name))?;
        if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::new(io::ErrorKind::InvalidInput, "not a file")) }
    }

    /// What a name in this folder is.
    pub fn metadata(&self, name: &OsStr) -> io::Result<fs::Metadata> {
        fs::symlink_metadata(self.at(name))
    }

    /// The names in this folder, sorted.
    pub fn names(&self) -> io::Result<Vec<std::ffi::OsString>> {
        let mut names = fs::read_dir(self.path())?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?;
        names.sort();
        Ok(names)
    }

    /// A path for a name in this folder: good as long as this is held.
    pub fn at(&self, name: &OsStr) -> PathBuf {
        self.path().join(name)
    }

    /// The folder in which the last component of a path below this one lies, and that component. Missing folders are
    /// made, and given to `owner`, when `create` is set.
    pub fn parent(self, path: &Path, create: Option<Option<User>>) -> io::Result<(Self, std::ffi::OsString)> {
        let path = plain(path).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "not a path inside of the workspace"))?;
        let (Some(name), Some(parent)) = (path.file_name(), path.parent()) else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a path inside of the workspace"));
        };
        let mut inside = self;
        for component in parent {
            inside = match (inside.folder(component), create) {
                (Err(error), Some(owner)) if error.kind() == io::ErrorKind::NotFound => {
                    fs::create_dir(inside.at(component))?;
                    if let Some(user) = owner {
                        lchown(inside.at(component), Some(user.uid), Some(user.gid))?;
                    }
                    inside.folder(component)?
                }
                (folder, _) => folder?,
            };
        }
        Ok((inside, name.to_owned()))
    }

    fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.folder.as_raw_fd()))
    }
}

/// The path without `.`, if it is relative and has no `..`.
pub(super) fn plain(path: &Path) -> Option<PathBuf> {
    path.components()
        .filter(|part| !matches!(part, Component::CurDir))
        .map(|part| matches!(part, Component::Normal(_)).then_some(part))
        .collect()
}

/// A path of the manifest below a folder; one that is absolute or has a `..` is refused.
pub fn join(folder: &Path, path: &str) -> Result<PathBuf, Reason> {
    plain(Path::new(path))
        .map(|path| folder.join(path))
        .ok_or_else(|| Reason::new(format!("`{path}` does not lie in the workspace")).remedy("use a relative path without `..`"))
}
