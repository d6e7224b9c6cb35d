//! How a mirror comes to be, and how it gets what it lacks.

use std::path::Path;

use tokio::fs;

use super::{Error, Mirror, run::Call};
use crate::domain::version::Sha;

/// Whatever a repository's own attributes say, files are written as they are stored. This file outranks them.
const ATTRIBUTES: &str = "* !filter !ident !text !eol !crlf !working-tree-encoding\n";

impl Mirror {
    /// Has an object in the mirror: as it is, after a refresh, or fetched by itself, if the remote gives it so.
    pub(super) async fn ensure(&self, sha: &Sha) -> Result<(), Error> {
        if sha.is_zero() {
            return Err(Error::NoSuchObject(sha.to_string()));
        }
        self.exist().await?;
        if self.has(sha.as_str()).await? {
            return Ok(());
        }
        let _turn = self.turn.lock().await;
        if self.has(sha.as_str()).await? {
            return Ok(());
        }
        self.fetch_references().await?;
        if self.has(sha.as_str()).await? {
            return Ok(());
        }
        // A reference of ours keeps it from being cleared away.
        match self.fetch(&[&format!("+{sha}:refs/botadura/{sha}")]).await {
            Err(Error::NoSuchObject(_) | Error::Failed { .. }) => Err(Error::NoSuchObject(sha.to_string())),
            result => result,
        }
    }

    /// Only with the turn.
    pub(super) async fn fetch_references(&self) -> Result<(), Error> {
        self.create().await?;
        self.fetch(&["--prune", "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]).await
    }

    /// Only with the turn.
    async fn fetch(&self, what: &[&str]) -> Result<(), Error> {
        let (options, references) = what.split_at(what.iter().take_while(|text| text.starts_with("--")).count());
        let fixed = ["fetch", "--quiet", "--force", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"];
        let arguments = [&fixed, options, &["origin"], references].concat();
        let call = || self.git.succeed(Call::new(&arguments).within(&self.path).from(&self.remote));
        match call().await {
            // Left behind by a fetch that was ended: it is our turn, so nobody holds them.
            Err(Error::Failed { said }) if said.contains(".lock': File exists") => {
                remove_locks(&self.path).await?;
                call().await.map(drop)
            }
            result => result.map(drop),
        }
    }

    /// Has the mirror, empty at least.
    pub(super) async fn exist(&self) -> Result<(), Error> {
        if is_whole(&self.path).await {
            return Ok(());
        }
        let _turn = self.turn.lock().await;
        self.create().await
    }

    /// Only with the turn. The mirror appears under its name when it is whole; whatever else stands there is removed.
    async fn create(&self) -> Result<(), Error> {
        if is_whole(&self.path).await {
            return Ok(());
        }
        // Every mirror's name ends in `.git`, so this is nobody's.
        let new = self.path.with_extension("new");
        for path in [&new, &self.path] {
            remove(path).await?;
        }
        let made = |error| Error::io("create", &new, &error);
        fs::create_dir_all(&new).await.map_err(made)?;
        self.git.succeed(Call::new(&["init", "--quiet", "--bare", "--initial-branch=main", "--template="]).within(&new)).await?;
        fs::create_dir_all(new.join("info")).await.map_err(made)?;
        fs::write(new.join("info/attributes"), ATTRIBUTES).await.map_err(made)?;
        fs::rename(&new, &self.path).await.map_err(made)
    }
}

async fn is_whole(mirror: &Path) -> bool {
    let head = fs::read(mirror.join("HEAD")).await.is_ok_and(|head| head.starts_with(b"ref: "));
    let attributes = fs::read(mirror.join("info/attributes")).await.is_ok_and(|text| text == ATTRIBUTES.as_bytes());
    head && attributes && mirror.join("objects").is_dir() && mirror.join("refs").is_dir()
}

async fn remove(folder: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(folder).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io("remove", folder, &error)),
        _ => Ok(()),
    }
}

/// Removes the lock files of references, and of the lists of them.
async fn remove_locks(mirror: &Path) -> Result<(), Error> {
    let mut folders = vec![mirror.to_owned()];
    while let Some(folder) = folders.pop() {
        let failed = |error| Error::io("clear", &folder, &error);
        let mut entries = fs::read_dir(&folder).await.map_err(failed)?;
        while let Some(entry) = entries.next_entry().await.map_err(failed)? {
            let path = entry.path();
            if entry.file_type().await.map_err(failed)?.is_dir() {
                let is_of_references = folder != mirror || entry.file_name() == "refs";
                folders.extend(is_of_references.then_some(path));
            } else if path.extension().is_some_and(|extension| extension == "lock") {
                fs::remove_file(&path).await.map_err(failed)?;
            }
        }
    }
    Ok(())
}
