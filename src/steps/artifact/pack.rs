//! Into one archive: sorted, without times and owners, so that equal content has an equal digest.

use std::{
    fs::{File, Metadata},
    io::{self, BufWriter, Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::{Budget, Inside, Limits, stays_inside};
use crate::domain::release::Reason;

/// An archive that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// Where it is.
    pub file: PathBuf,
    /// SHA-256 of its content, in hexadecimal.
    pub digest: String,
    /// In bytes.
    pub size: u64,
}

/// Packs a file or a tree at a path below a folder into a new file. Modes become 0644 and 0755; a link that leads out of
/// the tree, or something else than a file, a folder or a link, is a failure. Blocks.
pub fn pack(folder: &Path, path: &str, into: &Path, limits: Limits) -> Result<Packed, Reason> {
    let wrong = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Reason::new(format!("`{path}` is not there")).remedy("the step must make the paths that it declares"),
        _ => Reason::new(format!("`{path}` could not be packed: {error}")),
    };
    let (parent, name) = Inside::open(folder).and_then(|root| root.parent(Path::new(path), None)).map_err(wrong)?;
    let file = File::options().write(true).create(true).truncate(true).mode(0o600).open(into).map_err(wrong)?;
    let writer = Counted { inner: BufWriter::new(file), digest: Sha256::new(), size: 0 };
    let mut packer = Packer { archive: tar::Builder::new(writer), budget: Budget(limits), path };
    packer.add(&parent, &name, &mut PathBuf::from(&name))?;
    let mut writer = packer.archive.into_inner().map_err(wrong)?;
    writer.flush().map_err(wrong)?;
    Ok(Packed { file: into.to_owned(), digest: hex::encode(writer.digest.finalize()), size: writer.size })
}

struct Packer<'a> {
    archive: tar::Builder<Counted>,
    budget: Budget,
    path: &'a str,
}

impl Packer<'_> {
    /// `place` is the entry's name in the archive, whose first component is that of the whole.
    fn add(&mut self, parent: &Inside, name: &std::ffi::OsStr, place: &mut PathBuf) -> Result<(), Reason> {
        self.budget.entry()?;
        let metadata = parent.metadata(name).map_err(|error| self.wrong(place, &error))?;
        let kind = metadata.file_type();
        if kind.is_dir() {
            self.add_folder(parent, name, place)
        } else if kind.is_file() {
            self.add_file(parent, name, place)
        } else if kind.is_symlink() {
            self.add_link(parent, name, place)
        } else {
            Err(Reason::new(format!("`{}` in `{}` is neither a file, a folder nor a link", place.display(), self.path)))
        }
    }

    fn add_folder(&mut self, parent: &Inside, name: &std::ffi::OsStr, place: &mut PathBuf) -> Result<(), Reason> {
        let folder = parent.folder(name).map_err(|error| self.wrong(place, &error))?;
        let mut header = header(tar::EntryType::Directory, 0o755, 0);
        self.archive.append_data(&mut header, &*place, io::empty()).map_err(|error| self.wrong(place, &error))?;
        for name in folder.names().map_err(|error| self.wrong(place, &error))? {
            place.push(&name);
            self.add(&folder, &name, place)?;
            place.pop();
        }
        Ok(())
    }

    fn add_file(&mut self, parent: &Inside, name: &std::ffi::OsStr, place: &Path) -> Result<(), Reason> {
        let file = parent.file(name).map_err(|error| self.wrong(place, &error))?;
        let metadata = file.metadata().map_err(|error| self.wrong(place, &error))?;
        let size = metadata.len();
        self.budget.bytes(size)?;
        let mut header = header(tar::EntryType::Regular, mode(&metadata), size);
        // One that grows meanwhile is cut; one that shrinks is filled up, so that the archive stays whole.
        let content = file.chain(io::repeat(0)).take(size);
        self.archive.append_data(&mut header, place, content).map_err(|error| self.wrong(place, &error))
    }

    fn add_link(&mut self, parent: &Inside, name: &std::ffi::OsStr, place: &Path) -> Result<(), Reason> {
        let target = std::fs::read_link(parent.at(name)).map_err(|error| self.wrong(place, &error))?;
        // Below the first component, which is the whole itself.
        let depth = place.components().count().saturating_sub(2);
        if place.components().count() < 2 || !stays_inside(depth, &target) {
            let what = format!("the link `{}` leads out of `{}`, to `{}`", place.display(), self.path, target.display());
            return Err(Reason::new(what).remedy("make it a relative link to something inside, or a copy"));
        }
        let mut header = header(tar::EntryType::Symlink, 0o777, 0);
        self.archive.append_link(&mut header, place, &target).map_err(|error| self.wrong(place, &error))
    }

    fn wrong(&self, place: &Path, error: &io::Error) -> Reason {
        Reason::new(format!("`{}` could not be packed: {}: {error}", self.path, place.display()))
    }
}

fn mode(metadata: &Metadata) -> u32 {
    if metadata.permissions().mode() & 0o111 == 0 { 0o644 } else { 0o755 }
}

fn header(kind: tar::EntryType, mode: u32, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header
}

/// Counts and digests what is written.
struct Counted {
    inner: BufWriter<File>,
    digest: Sha256,
    size: u64,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.digest.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
