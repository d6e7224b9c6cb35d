//! The artifact store: a folder in which every file is named by the digest of its content.

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::{Error, Result};

/// Files by the SHA-256 of their content. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Artifacts {
    folder: PathBuf,
}

impl Artifacts {
    /// The store in this folder, which is made when it is missing.
    pub fn open(folder: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(&folder)
            .map_err(|error| Error::Unusable(format!("the artifacts' folder {} cannot be made: {error}", folder.display())))?;
        Ok(Self { folder })
    }

    /// Takes over a file: it is read, copied beside its place, synced and renamed, so that a digest never names half a
    /// file. Answers the digest in hexadecimal.
    pub async fn put(&self, file: PathBuf) -> Result<String> {
        let folder = self.folder.clone();
        blocking(move || put(&folder, &file)).await
    }

    /// Where the content with this digest is, if it is there.
    pub fn path(&self, digest: &str) -> Option<PathBuf> {
        let valid = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        let path = self.folder.join(digest.get(..2)?).join(digest);
        (valid && path.is_file()).then_some(path)
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> std::io::Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|error| Error::Unusable(error.to_string()))?;
    done.map_err(|error| Error::Busy(format!("the artifact store: {error}")))
}

fn put(folder: &Path, file: &Path) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    let mut source = std::fs::File::open(file)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = source.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
    }
    let digest = hex::encode(hash.finalize());
    let shelf = folder.join(&digest[..2]);
    let place = shelf.join(&digest);
    if !place.exists() {
        std::fs::create_dir_all(&shelf)?;
        let half = shelf.join(format!(".{digest}.{}", std::process::id()));
        std::fs::copy(file, &half)?;
        std::fs::File::open(&half)?.sync_all()?;
        std::fs::rename(&half, &place)?;
    }
    Ok(digest)
}
