//! Files and trees that outlive the workspace: packed into one archive whose digest depends on their content alone.
//!
//! The workspace was written by code that is not ours, which may still try something: nothing in here follows a symbolic
//! link out of it, neither when it packs nor when it unpacks.

use std::path::PathBuf;

use async_trait::async_trait;

use crate::domain::release::Reason;

mod inside;
mod keep;
mod pack;
mod unpack;
mod unzip;

pub use inside::{Inside, join};
pub use keep::kept;
pub use pack::{Packed, pack};
pub use unpack::unpack;
pub use unzip::unzip;

/// The artifact store: files and trees by the digest of their content.
#[async_trait]
pub trait Artifacts: Send + Sync {
    /// Takes over a file and answers the SHA-256 of its content in hexadecimal.
    async fn put(&self, file: PathBuf) -> Result<String, Reason>;
    /// Where the content with this digest can be read.
    async fn get(&self, digest: &str) -> Result<PathBuf, Reason>;
}

/// How large an artifact may be.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// All its files together, in bytes.
    pub bytes: u64,
    /// How many files, folders and links.
    pub entries: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 4 * 1024 * 1024 * 1024, entries: 500_000 }
    }
}

/// Counts down.
struct Budget(Limits);

impl Budget {
    fn entry(&mut self) -> Result<(), Reason> {
        self.0.entries = self.0.entries.checked_sub(1).ok_or_else(|| Reason::new("the artifact has too many files"))?;
        Ok(())
    }

    fn bytes(&mut self, bytes: u64) -> Result<(), Reason> {
        self.0.bytes = self.0.bytes.checked_sub(bytes).ok_or_else(|| Reason::new("the artifact is too large"))?;
        Ok(())
    }
}

/// Whether a symbolic link cannot lead out of the tree: it begins where it lies, at this depth below the top, goes up at
/// most to the top and from there down only. What it passes on its way down are links that obey the same rule.
fn stays_inside(depth: usize, target: &std::path::Path) -> bool {
    use std::path::Component;
    let ups = target.components().take_while(|part| matches!(part, Component::ParentDir | Component::CurDir));
    let up = ups.clone().filter(|part| matches!(part, Component::ParentDir)).count();
    let mut rest = target.components().skip(ups.count());
    up <= depth && rest.all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) && !target.as_os_str().is_empty()
}

#[cfg(test)]
mod tests;
