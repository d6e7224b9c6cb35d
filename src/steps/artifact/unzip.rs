//! Out of a zip, which somebody else made: nothing lands outside, no link is made, no bomb goes off.

use std::{
    fs::{self, File},
    io::{self, BufReader, Read},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

use super::{Budget, Limits, inside::plain};
use crate::domain::release::Reason;

/// Unpacks a zip into a folder, which is made and whose parents must be ours. After an error something may be left there.
/// Blocks.
pub fn unzip(archive: &Path, target: &Path, limits: Limits) -> Result<(), Reason> {
    let wrong = |why: String| Reason::new(format!("the zip of an artifact could not be unpacked: {why}"));
    let refused = |name: &str, why: &str| {
        let name: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
        Reason::new(format!("the zip of an artifact is refused: `{name}` {why}"))
    };
    let file = File::open(archive).map_err(|error| wrong(error.to_string()))?;
    let mut zip = zip::ZipArchive::new(BufReader::new(file)).map_err(|error| wrong(error.to_string()))?;
    let _ = fs::remove_dir_all(target);
    fs::create_dir_all(target).map_err(|error| wrong(error.to_string()))?;
    let mut budget = Budget(limits);
    for index in 0..zip.len() {
        budget.entry()?;
        let mut entry = zip.by_index(index).map_err(|error| wrong(error.to_string()))?;
        let name = entry.name().map_err(|error| wrong(error.to_string()))?.into_owned();
        let place = plain(Path::new(&name)).filter(|place| !place.as_os_str().is_empty() && !name.contains(['\\', '\0']));
        let place = place.ok_or_else(|| refused(&name, "does not lie in it"))?;
        if entry.is_symlink() {
            return Err(refused(&name, "is a link"));
        }
        let path = target.join(place);
        if entry.is_dir() {
            fs::create_dir_all(&path).map_err(|error| wrong(error.to_string()))?;
            continue;
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| wrong(error.to_string()))?;
        }
        let mode = if entry.unix_mode().is_some_and(|mode| mode & 0o111 != 0) { 0o755 } else { 0o644 };
        // One that is there already is a second of the same name.
        let mut into = File::options().write(true).create_new(true).mode(0o644).open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => refused(&name, "is there twice"),
            _ => wrong(error.to_string()),
        })?;
        // What it says of its size is not believed.
        let left = budget.0.bytes;
        let size = io::copy(&mut entry.by_ref().take(left.saturating_add(1)), &mut into).map_err(|error| wrong(error.to_string()))?;
        budget.bytes(size)?;
        into.set_permissions(fs::Permissions::from_mode(mode)).map_err(|error| wrong(error.to_string()))?;
    }
    Ok(())
}
