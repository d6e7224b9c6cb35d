//! Copying a release's files to where they will be served from: beside, then into place by a rename.
//!
//! The workspace was written by code that is not ours, and some of it may still run: it is walked by descriptors, so
//! that no link leads the copying out of it, and no link that leads out comes into a release.

use std::{
    ffi::OsStr,
    fs::{self, File, Permissions},
    io,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Component, Path, PathBuf},
};

use tokio_util::sync::CancellationToken;

use super::layout::{Layout, ReleaseId, gone, sync};
use crate::{domain::release::Reason, steps::artifact::Inside};

/// Where a release comes from.
#[derive(Debug, Clone)]
pub struct Source {
    /// The top of the workspace.
    pub workspace: PathBuf,
    /// The folder in it, as the manifest says.
    pub path: String,
}

/// Copies the source to the release's folder. One that is there is whole, and stays. Whatever an earlier try left
/// unfinished is thrown away. Answers `false` when it was told to stop before the end.
pub async fn place(source: Source, layout: Layout, id: ReleaseId, stop: CancellationToken) -> Result<bool, Reason> {
    // A caller that goes away ends the work, as a crash would; until it has ended, nobody else begins.
    let stop = stop.child_token();
    let _ended = stop.clone().drop_guard();
    let work = tokio::task::spawn_blocking(move || {
        let _alone = alone(&layout, &id).map_err(|error| {
            Reason::new(format!("the release's folder cannot be locked: {error}")).look(layout.run().display().to_string())
        })?;
        if layout.release(&id).is_dir() {
            return Ok(true);
        }
        Copy { stop: &stop }.release(&source, &layout, &id)
    });
    work.await.map_err(|error| Reason::new(format!("copying the release was broken off: {error}")))?
}

fn alone(layout: &Layout, id: &ReleaseId) -> io::Result<File> {
    let folder = layout.processes(id).folder().to_owned();
    fs::create_dir_all(&folder)?;
    let lock = File::create(folder.join("placing"))?;
    lock.lock()?;
    Ok(lock)
}

struct Copy<'a> {
    stop: &'a CancellationToken,
}

impl Copy<'_> {
    fn release(&self, source: &Source, layout: &Layout, id: &ReleaseId) -> Result<bool, Reason> {
        let from = open(source).map_err(|error| {
            Reason::new(format!("there is no folder `{}` to make a release of: {error}", source.path))
                .remedy("name a folder of the repository in `from`, or a step that produces one")
        })?;
        let unfinished = layout.unfinished(id);
        let wrong =
            |error: io::Error| Reason::new(format!("the release could not be written: {error}")).look(unfinished.display().to_string());
        gone(fs::remove_dir_all(&unfinished)).map_err(wrong)?;
        fs::create_dir_all(layout.releases()).map_err(wrong)?;
        if !self.folder(&from, Path::new(""), &unfinished)? {
            return Ok(false);
        }
        settle(&unfinished).map_err(wrong)?;
        fs::rename(&unfinished, layout.release(id)).map_err(wrong)?;
        sync(&layout.releases()).map_err(wrong)?;
        Ok(true)
    }

    /// Copies a folder's content; `false` when told to stop. `place` is the folder's path in the release.
    fn folder(&self, from: &Inside, place: &Path, to: &Path) -> Result<bool, Reason> {
        let wrong = |error: io::Error| Reason::new(format!("`{}` could not be copied: {error}", place.display()));
        fs::create_dir(to).map_err(wrong)?;
        for name in from.names().map_err(wrong)? {
            if self.stop.is_cancelled() {
                return Ok(false);
            }
            let is_git = name == ".git" && place.as_os_str().is_empty();
            if !is_git && !self.entry(from, &name, &place.join(&name), &to.join(&name))? {
                return Ok(false);
            }
        }
        // Whoever made it must be able to remove it again.
        let mode = from.metadata(OsStr::new(".")).map_err(wrong)?.permissions().mode();
        fs::set_permissions(to, Permissions::from_mode(mode & 0o777 | 0o700)).map_err(wrong)?;
        Ok(true)
    }

    fn entry(&self, from: &Inside, name: &OsStr, place: &Path, to: &Path) -> Result<bool, Reason> {
        let wrong = |error: io::Error| Reason::new(format!("`{}` could not be copied: {error}", place.display()));
        let found = from.metadata(name).map_err(wrong)?;
        if found.is_dir() {
            return self.folder(&from.folder(name).map_err(wrong)?, place, to);
        }
        if found.is_symlink() {
            let target = fs::read_link(from.at(name)).map_err(wrong)?;
            if !stays_inside(place, &target) {
                let (link, target) = (place.display(), target.display());
                return Err(Reason::new(format!("`{link}` is a symbolic link to `{target}`, out of the release"))
                    .remedy("make it a relative link that goes up first and then down, or a file"));
            }
            symlink(&target, to).map_err(wrong)?;
        } else if found.is_file() {
            let mut file = from.file(name).map_err(wrong)?;
            let mode = file.metadata().map_err(wrong)?.permissions().mode();
            let mut copy = File::create_new(to).map_err(wrong)?;
            io::copy(&mut file, &mut copy).map_err(wrong)?;
            copy.set_permissions(Permissions::from_mode(mode & 0o777)).map_err(wrong)?;
        } else {
            return Err(Reason::new(format!("`{}` is neither a file, a folder nor a link", place.display())));
        }
        Ok(true)
    }
}

fn open(source: &Source) -> io::Result<Inside> {
    let mut inside = Inside::open(&source.workspace)?;
    for part in Path::new(&source.path).components() {
        inside = match part {
            Component::Normal(name) => inside.folder(name)?,
            Component::CurDir => continue,
            _ => return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not in the workspace")),
        };
    }
    Ok(inside)
}

/// Whether a link at this place stays in the release: it goes up at most to the top, and from there down only. A `..`
/// after that could follow another link to somewhere else first.
fn stays_inside(link: &Path, target: &Path) -> bool {
    let depth = link.components().count().saturating_sub(1);
    let rest = target.components().skip_while(|part| matches!(part, Component::ParentDir | Component::CurDir));
    let down: Vec<Component> = rest.collect();
    let up = target.components().count() - down.len();
    up <= depth + usize::from(target.starts_with(".")) && down.iter().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

/// Makes a whole tree outlast a power failure: one call for the file system instead of one for each file.
#[cfg(target_os = "linux")]
fn settle(tree: &Path) -> io::Result<()> {
    Ok(nix::unistd::syncfs(File::open(tree)?)?)
}

/// Makes a whole tree outlast a power failure.
#[cfg(not(target_os = "linux"))]
fn settle(tree: &Path) -> io::Result<()> {
    for entry in fs::read_dir(tree)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            settle(&entry.path())?;
        } else if kind.is_file() {
            File::open(entry.path())?.sync_all()?;
        }
    }
    sync(tree)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copied(source: &Path, root: &Path) -> Result<bool, Reason> {
        let stop = CancellationToken::new();
        let id = ReleaseId::parse("1-a").expect("a release's name");
        let source = Source { workspace: source.to_owned(), path: ".".to_owned() };
        Copy { stop: &stop }.release(&source, &Layout::new(root), &id)
    }

    #[test]
    fn modes_and_inner_links_are_kept_and_git_is_left_out() {
        let [source, root] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        fs::create_dir_all(source.path().join("bin")).expect("made");
        fs::create_dir_all(source.path().join(".git")).expect("made");
        fs::write(source.path().join("bin/run"), "x").expect("written");
        fs::set_permissions(source.path().join("bin/run"), Permissions::from_mode(0o4755)).expect("set");
        symlink("./bin/run", source.path().join("start")).expect("linked");
        fs::create_dir_all(root.path().join("releases/1-a.tmp/left")).expect("made");
        assert_eq!(copied(source.path(), root.path()), Ok(true));
        let release = root.path().join("releases/1-a");
        assert_eq!(fs::metadata(release.join("bin/run")).expect("there").permissions().mode() & 0o7777, 0o755);
        assert_eq!(fs::read_to_string(release.join("start")).expect("readable"), "x");
        assert!(!release.join(".git").exists() && !release.join("left").exists());
        assert!(!root.path().join("releases/1-a.tmp").exists());
    }

    #[test]
    fn a_link_out_of_the_release_is_refused() {
        for target in ["/etc/passwd", "../x", "./../x", "bin/../../x", "bin/../x"] {
            let [source, root] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
            symlink(target, source.path().join("link")).expect("linked");
            let refused = copied(source.path(), root.path()).expect_err("refused");
            assert!(refused.what.contains("out of the release"), "{refused}");
            assert!(!root.path().join("releases/1-a").exists());
        }
    }
}
