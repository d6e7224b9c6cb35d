//! The folders of a directory target, and how they change without ever being seen half done.
//!
//! ```text
//! ROOT/current                  -> releases/42-c0ffee0, replaced by a rename
//! ROOT/releases/42-c0ffee0/     a release; `….tmp` beside it is one that is not finished
//! ROOT/run/42-c0ffee0/about     what the release is
//! ROOT/run/42-c0ffee0/2.port    where its second process listens
//! ROOT/run/42-c0ffee0/2/        the job of its second process (the first one died)
//! ROOT/run/42-c0ffee0/home/     the HOME of its processes
//! ROOT/run/42-c0ffee0/reload-…/ the job of a `reload` command
//! ROOT/run/router/1/            the job of the router, with `1.listen` beside it
//! ```

use std::{
    fmt,
    fs::{self, DirBuilder, File},
    io::{self, ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, lchown, symlink},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{domain::ids::DeploymentId, steps::process::User};

/// What the job folders of `reload` commands begin with.
const RELOAD: &str = "reload-";

/// The name of a release's folder: `42-c0ffee0`, or whatever somebody else gave it before us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReleaseId(String);

impl ReleaseId {
    /// The release of a deployment.
    pub fn new(deployment: DeploymentId, sha: &str) -> Self {
        let short: String = sha.chars().filter(char::is_ascii_alphanumeric).take(7).collect();
        Self(format!("{deployment}-{short}"))
    }

    /// A folder's name, if it can be a release's: never a way out of `releases/`, nor an unfinished one.
    pub fn parse(name: &str) -> Option<Self> {
        let plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\0']);
        (plain && name.strip_suffix(".tmp").is_none()).then(|| Self(name.to_owned()))
    }

    /// The deployment that made it, if it was one of ours.
    pub fn deployment(&self) -> Option<DeploymentId> {
        let (number, sha) = self.0.split_once('-')?;
        let ours = !sha.is_empty() && sha.chars().all(|c| c.is_ascii_alphanumeric());
        number.parse().ok().filter(|_| ours).map(DeploymentId)
    }
}

impl fmt::Display for ReleaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The folders under one root.
#[derive(Debug, Clone)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The layout of this root, which need not be there yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The root itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The link that says which release serves.
    pub fn link(&self) -> PathBuf {
        self.root.join("current")
    }

    /// Where releases stand.
    pub fn releases(&self) -> PathBuf {
        self.root.join("releases")
    }

    /// A release's folder.
    pub fn release(&self, id: &ReleaseId) -> PathBuf {
        self.releases().join(&id.0)
    }

    /// The same while it is being filled.
    pub fn unfinished(&self, id: &ReleaseId) -> PathBuf {
        self.releases().join(format!("{id}.tmp"))
    }

    /// Everything that runs.
    pub fn run(&self) -> PathBuf {
        self.root.join("run")
    }

    /// The processes of a release.
    pub fn processes(&self, id: &ReleaseId) -> Generations {
        Generations { folder: self.run().join(&id.0) }
    }

    /// The router's processes.
    pub fn routers(&self) -> Generations {
        Generations { folder: self.run().join("router") }
    }

    /// Which release `current` names. `InvalidData` when it is something else than a link to a release.
    pub fn current(&self) -> io::Result<Option<ReleaseId>> {
        let target = match fs::read_link(self.link()) {
            Ok(target) => target,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == ErrorKind::InvalidInput => {
                return Err(odd(format!("{} is not a symbolic link", self.link().display())));
            }
            Err(error) => return Err(error),
        };
        let parent = target.parent().map(|parent| self.root.join(parent));
        let name = target.file_name().and_then(|name| name.to_str()).and_then(ReleaseId::parse);
        match (parent, name) {
            (Some(parent), Some(id)) if parent == self.releases() => Ok(Some(id)),
            _ => Err(odd(format!("{} leads to {}, not to a release", self.link().display(), target.display()))),
        }
    }

    /// Makes this release the current one, at once for whoever looks and for good once it returns.
    pub fn flip(&self, id: &ReleaseId) -> io::Result<()> {
        let new = self.root.join(".current.tmp");
        gone(fs::remove_file(&new))?;
        symlink(Path::new("releases").join(&id.0), &new)?;
        fs::rename(&new, self.link())?;
        sync(&self.root)
    }

    /// The releases that are there, and those of which only processes are left; oldest first.
    pub fn all(&self) -> io::Result<Vec<ReleaseId>> {
        let mut ids = Vec::new();
        for folder in [self.releases(), self.run()] {
            for name in names(&folder)? {
                let id = ReleaseId::parse(name.strip_suffix(".tmp").unwrap_or(&name));
                ids.extend(id.filter(|id| id.deployment().is_some()));
            }
        }
        ids.sort_by_key(|id| (id.deployment(), id.to_string()));
        ids.dedup();
        Ok(ids)
    }
}

/// The jobs of one thing that runs, one after the other: a job folder starts once, so whatever starts anew gets a new
/// number. The highest one counts.
#[derive(Debug, Clone)]
pub struct Generations {
    folder: PathBuf,
}

impl Generations {
    /// The folder of them all.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The job folder of one.
    pub fn job(&self, generation: u32) -> PathBuf {
        self.folder.join(generation.to_string())
    }

    /// The numbers that have been used, the highest last.
    pub fn used(&self) -> io::Result<Vec<u32>> {
        let mut numbers: Vec<u32> = names(&self.folder)?
            .iter()
            .filter_map(|name| name.split_once('.').map_or(name.as_str(), |(number, _)| number).parse().ok())
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        Ok(numbers)
    }

    /// Every job folder under it: those with a number, and those of `reload` commands.
    pub fn jobs(&self) -> io::Result<Vec<PathBuf>> {
        let is_job = |name: &String| name.starts_with(RELOAD) || name.parse::<u32>().is_ok();
        let jobs = names(&self.folder)?.into_iter().filter(is_job).map(|name| self.folder.join(name));
        Ok(jobs.filter(|path| path.is_dir()).collect())
    }

    /// The job folder of the `reload` command of one attempt.
    pub fn reload(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{RELOAD}{key}"))
    }

    /// The home of its programs, made for this user.
    pub fn home(&self, user: Option<User>) -> io::Result<PathBuf> {
        let home = self.folder.join("home");
        fs::create_dir_all(&self.folder)?;
        if !home.is_dir() {
            DirBuilder::new().mode(0o700).create(&home)?;
        }
        if let Some(user) = user {
            lchown(&home, Some(user.uid), Some(user.gid))?;
        }
        Ok(home)
    }

    /// Keeps a fact about a generation beside its job, for good once it returns.
    pub fn note(&self, generation: u32, name: &str, text: &str) -> io::Result<()> {
        write(&self.folder, &format!("{generation}.{name}"), text)
    }

    /// Reads such a fact.
    pub fn noted(&self, generation: u32, name: &str) -> Option<String> {
        fs::read_to_string(self.folder.join(format!("{generation}.{name}"))).ok()
    }

    /// Where the newest process listens.
    pub fn port(&self) -> Option<u16> {
        let newest = *self.used().ok()?.last()?;
        self.noted(newest, "port")?.trim().parse().ok()
    }
}

/// Writes a small file so that it is either not there or whole.
pub fn write(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let unfinished = folder.join(format!(".{name}.tmp"));
    let mut file = File::create(&unfinished)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, folder.join(name))?;
    sync(folder)
}

/// Makes the names in a folder outlast a power failure.
pub fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// A removal that found nothing has succeeded.
pub fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn odd(text: String) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, text)
}

/// The names in a folder; none when it is not there.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect(),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> ReleaseId {
        ReleaseId::parse(text).expect("a release's name")
    }

    #[test]
    fn a_name_that_leaves_the_folder_or_is_unfinished_is_no_release() {
        for name in ["", ".", "..", "a/b", "../x", ".hidden", "42-c0ffee0.tmp"] {
            assert!(ReleaseId::parse(name).is_none(), "{name:?}");
        }
        assert_eq!(ReleaseId::new(DeploymentId(42), "c0ffee0123").to_string(), "42-c0ffee0");
        assert_eq!(id("42-c0ffee0").deployment(), Some(DeploymentId(42)));
        assert_eq!(id("2024-01-01").deployment(), None);
    }

    #[test]
    fn a_flip_replaces_the_link_and_is_repeatable() {
        let root = tempfile::tempdir().expect("a folder");
        let layout = Layout::new(root.path());
        assert_eq!(layout.current().expect("readable"), None);
        for name in ["1-a", "2-b", "2-b"] {
            layout.flip(&id(name)).expect("flipped");
            assert_eq!(layout.current().expect("readable"), Some(id(name)));
        }
    }

    #[test]
    fn a_link_to_elsewhere_is_not_taken_for_a_release() {
        let root = tempfile::tempdir().expect("a folder");
        let layout = Layout::new(root.path());
        symlink("../elsewhere", layout.link()).expect("a link");
        assert!(layout.current().is_err());
        fs::remove_file(layout.link()).expect("removed");
        fs::create_dir(layout.link()).expect("a folder");
        assert!(layout.current().is_err());
    }

    #[test]
    fn the_newest_generation_counts_by_number_and_not_by_letter() {
        let root = tempfile::tempdir().expect("a folder");
        let runs = Layout::new(root.path()).processes(&id("1-a"));
        for (generation, port) in [(2, "20002"), (10, "20010")] {
            runs.note(generation, "port", port).expect("noted");
        }
        fs::create_dir(runs.job(2)).expect("a folder");
        assert_eq!(runs.used().expect("readable"), [2, 10]);
        assert_eq!(runs.port(), Some(20010));
    }
}
