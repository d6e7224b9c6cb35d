//! A commit's files, written into a folder.

use std::{
    collections::HashSet,
    ffi::OsString,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use tokio::fs;

use super::{Error, Mirror, run::Call};
use crate::domain::version::Sha;

/// How much of git's list of files is read, in bytes: some 600,000 files.
const MOST_LISTED: usize = 64 * 1024 * 1024;

/// How much a commit may hold to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many files and symbolic links.
    pub files: u64,
    /// How many bytes together.
    pub bytes: u64,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// How many files and symbolic links.
    pub files: u64,
    /// How many bytes together.
    pub bytes: u64,
}

impl Mirror {
    /// Writes exactly the files of a commit into a new folder, which appears under its name when it is complete.
    ///
    /// Files are written as they are stored: no filter, no line ending, no `export-ignore`. Symbolic links are kept, and
    /// none is followed while writing; they may point anywhere, which is for the reader to mind. A submodule is an empty
    /// folder, a file kept by LFS its pointer. A process that dies meanwhile leaves a folder `.NAME.….partial` behind.
    pub async fn export(&self, sha: &Sha, into: &Path, limits: Limits) -> Result<Exported, Error> {
        let into = std::path::absolute(into).map_err(|error| Error::io("look for", into, &error))?;
        if fs::symlink_metadata(&into).await.is_ok() {
            return Err(Error::Exists(into.display().to_string()));
        }
        let commit = self.commit(super::Revision::Sha(sha)).await?;
        let exported = self.measure(&commit.tree).await?;
        if exported.files > limits.files || exported.bytes > limits.bytes {
            return Err(Error::TooLarge { files: exported.files, bytes: exported.bytes, most: limits });
        }
        let partial = Partial::beside(&into);
        let (files, index) = (partial.0.join("files"), partial.0.join("index"));
        fs::create_dir_all(&files).await.map_err(|error| Error::io("create", &files, &error))?;
        for arguments in [&["read-tree", commit.tree.as_str()][..], &["checkout-index", "--all", "--quiet"]] {
            let call = Call::new(arguments).within(&self.path).with("GIT_WORK_TREE", &files).with("GIT_INDEX_FILE", &index);
            self.git.succeed(call.at(&files)).await?;
        }
        fs::rename(&files, &into).await.map_err(|error| match error.kind() {
            std::io::ErrorKind::DirectoryNotEmpty | std::io::ErrorKind::AlreadyExists => Error::Exists(into.display().to_string()),
            _ => Error::io("create", &into, &error),
        })?;
        Ok(exported)
    }

    /// What a tree would take, before any of it is written.
    async fn measure(&self, tree: &Sha) -> Result<Exported, Error> {
        let call = Call::new(&["ls-tree", "-r", "-z", "-l", "--full-tree", tree.as_str()]).within(&self.path);
        let listed = self.git.succeed(call.reading(MOST_LISTED)).await?;
        let (mut exported, mut paths) = (Exported { files: 0, bytes: 0 }, HashSet::new());
        for entry in listed.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()) {
            // MODE TYPE OBJECT SIZE, a tab, the path; a submodule's size is "-".
            let tab = entry.iter().position(|byte| *byte == b'\t').unwrap_or(entry.len());
            let (described, path) = entry.split_at(tab);
            let size = String::from_utf8_lossy(described).split_whitespace().nth(3).and_then(|size| size.parse().ok());
            exported.files += 1;
            exported.bytes = exported.bytes.saturating_add(size.unwrap_or(0));
            if !paths.insert(path) {
                return Err(ambiguous(path));
            }
        }
        // No file may be another's folder: only a tree made by hand has that, and one of the two would be missing.
        let is_folder_too = |path: &&&[u8]| {
            let mut slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
            slashes.any(|(at, _)| paths.contains(&path[..at]))
        };
        paths.iter().find(is_folder_too).map_or(Ok(exported), |path| Err(ambiguous(path)))
    }
}

fn ambiguous(path: &[u8]) -> Error {
    Error::Failed { said: format!("the tree is malformed: two of its entries claim {:?}", String::from_utf8_lossy(path).trim_start()) }
}

/// A folder that is being filled, and is removed with all that is left in it.
struct Partial(PathBuf);

impl Partial {
    fn beside(into: &Path) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let mut name = OsString::from(".");
        name.push(into.file_name().unwrap_or_default());
        name.push(format!(".{}-{}.partial", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
        Self(into.with_file_name(name))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // What cannot be removed now is a cache's litter, told apart by its name.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
