//! Out of an archive, which is hostile until it has been read to its end.

use std::{
    ffi::OsString,
    fs::{self, File, Permissions},
    io::{self, BufReader, Read},
    os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use super::{Budget, Limits, inside::plain, stays_inside};
use crate::domain::release::Reason;

/// Unpacks an archive of [`super::pack`], so that what was packed is then at `target`, where nothing may be yet and
/// whose parent must be ours. After an error something may be left there. Blocks.
pub fn unpack(archive: &Path, target: &Path, limits: Limits) -> Result<(), Reason> {
    let file = File::open(archive).map_err(|error| wrong(archive, &error))?;
    let mut archive_of = tar::Archive::new(BufReader::new(file));
    let mut unpacker = Unpacker { target, budget: Budget(limits), top: None, links: Vec::new() };
    for entry in archive_of.entries().map_err(|error| wrong(archive, &error))? {
        unpacker.entry(&mut entry.map_err(|error| wrong(archive, &error))?)?;
    }
    unpacker.finish()
}

fn wrong(place: &Path, error: &io::Error) -> Reason {
    Reason::new(format!("the artifact could not be unpacked: {}: {error}", place.display()))
}

fn refused(place: &Path, why: &str) -> Reason {
    Reason::new(format!("the artifact is refused: `{}` {why}", place.display()))
}

struct Unpacker<'a> {
    target: &'a Path,
    budget: Budget,
    /// The first component of every name.
    top: Option<OsString>,
    /// Made when everything else is there, so that nothing is ever written through one.
    links: Vec<(PathBuf, PathBuf)>,
}

impl Unpacker<'_> {
    fn entry<R: Read>(&mut self, entry: &mut tar::Entry<'_, R>) -> Result<(), Reason> {
        self.budget.entry()?;
        let name = entry.path().map_err(|error| wrong(self.target, &error))?.into_owned();
        let place = plain(&name).ok_or_else(|| refused(&name, "does not lie in it"))?;
        let mut components = place.iter();
        let top = components.next().ok_or_else(|| refused(&name, "has no name"))?;
        if self.top.get_or_insert_with(|| top.to_owned()) != top {
            return Err(refused(&name, "is a second top"));
        }
        let below: PathBuf = components.collect();
        let path = if below.as_os_str().is_empty() { self.target.to_owned() } else { self.target.join(&below) };
        match entry.header().entry_type() {
            tar::EntryType::Directory => make_folder(&path),
            tar::EntryType::Regular => self.file(entry, &path),
            tar::EntryType::Symlink => {
                let target = entry.link_name().ok().flatten().ok_or_else(|| refused(&name, "leads nowhere"))?.into_owned();
                let depth = below.components().count();
                if depth == 0 || !stays_inside(depth - 1, &target) {
                    return Err(refused(&name, "is a link that leads out of it"));
                }
                self.links.push((path, target));
                Ok(())
            }
            _ => Err(refused(&name, "is neither a file, a folder nor a link")),
        }
    }

    fn file<R: Read>(&mut self, entry: &mut tar::Entry<'_, R>, path: &Path) -> Result<(), Reason> {
        self.budget.bytes(entry.size())?;
        let executable = entry.header().mode().is_ok_and(|mode| mode & 0o111 != 0);
        if let Some(parent) = path.parent().filter(|parent| parent.starts_with(self.target)) {
            fs::create_dir_all(parent).map_err(|error| wrong(parent, &error))?;
        }
        let mut file = File::options().write(true).create_new(true).mode(0o644).open(path).map_err(|error| wrong(path, &error))?;
        io::copy(entry, &mut file).map_err(|error| wrong(path, &error))?;
        let mode = if executable { 0o755 } else { 0o644 };
        file.set_permissions(Permissions::from_mode(mode)).map_err(|error| wrong(path, &error))
    }

    fn finish(self) -> Result<(), Reason> {
        if self.top.is_none() {
            return Err(Reason::new("the artifact is empty"));
        }
        for (path, target) in self.links {
            symlink(&target, &path).map_err(|error| wrong(&path, &error))?;
        }
        Ok(())
    }
}

fn make_folder(path: &Path) -> Result<(), Reason> {
    fs::create_dir_all(path).and_then(|()| fs::set_permissions(path, Permissions::from_mode(0o755))).map_err(|error| wrong(path, &error))
}
