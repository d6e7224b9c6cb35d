//! Which files a `keep` means: `backup.sql`, `reports/*.xml`, `out/**/*.log`.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{Inside, Limits};
use crate::domain::release::Reason;

/// The files below a folder that a pattern matches, sorted: `*` and `?` stop at `/`, `**` does not. No file, or an empty
/// one, is a failure: what should have been kept is not there. Blocks.
pub fn kept(folder: &Path, pattern: &str, limits: Limits) -> Result<Vec<String>, Reason> {
    let unreadable = |error: io::Error| Reason::new(format!("what `{pattern}` means could not be looked up: {error}"));
    let mut search = Search { pattern: pattern.trim_start_matches("./"), left: limits.entries, found: Vec::new() };
    search.folder(&Inside::open(folder).map_err(unreadable)?, &mut PathBuf::new()).map_err(unreadable)?;
    if let Some((empty, _)) = search.found.iter().find(|(_, size)| *size == 0) {
        return Err(Reason::new(format!("`{empty}` should be kept, and is empty")));
    }
    if search.found.is_empty() {
        let remedy = "the step must write the files that it keeps, as regular files in the workspace";
        return Err(Reason::new(format!("`{pattern}` should be kept, and there is no such file")).remedy(remedy));
    }
    Ok(search.found.into_iter().map(|(path, _)| path).collect())
}

struct Search<'a> {
    pattern: &'a str,
    left: u64,
    /// Paths and sizes.
    found: Vec<(String, u64)>,
}

impl Search<'_> {
    fn folder(&mut self, folder: &Inside, place: &mut PathBuf) -> io::Result<()> {
        for name in folder.names()? {
            self.left = self.left.checked_sub(1).ok_or_else(|| io::Error::other("there are too many files"))?;
            let metadata = folder.metadata(&name)?;
            place.push(&name);
            if metadata.is_dir() && may_hold(self.pattern, place) {
                self.folder(&folder.folder(&name)?, place)?;
            } else if let Some(path) = place.to_str().filter(|path| metadata.is_file() && matches(self.pattern, path)) {
                self.found.push((path.to_owned(), metadata.len()));
            }
            place.pop();
        }
        Ok(())
    }
}

/// Whether files below this folder can match, so that `node_modules` is not searched for `backup.sql`.
fn may_hold(pattern: &str, folder: &Path) -> bool {
    let mut parts = pattern.split('/');
    for name in folder {
        match (parts.next(), name.to_str()) {
            (Some(part), _) if part.contains("**") => return true,
            (Some(part), Some(name)) if matches(part, name) => {}
            _ => return false,
        }
    }
    parts.next().is_some()
}

/// Whether a path is one of the pattern's.
fn matches(pattern: &str, path: &str) -> bool {
    match (pattern.chars().next(), path.chars().next()) {
        (None, None) => true,
        (Some('*'), _) => {
            if let Some(rest) = pattern.strip_prefix("**/") {
                return matches(rest, path) || path.split_once('/').is_some_and(|(_, below)| matches(pattern, below));
            }
            let (rest, crosses) = pattern.strip_prefix("**").map_or((&pattern[1..], false), |rest| (rest, true));
            let mut places = path.char_indices().map(|(at, character)| (at, Some(character))).chain([(path.len(), None)]);
            let stop = places.by_ref().find(|(at, c)| (*c == Some('/') && !crosses) || matches(rest, &path[*at..]));
            stop.is_some_and(|(at, _)| matches(rest, &path[at..]))
        }
        (Some('?'), Some(character)) if character != '/' => matches(&pattern[1..], &path[character.len_utf8()..]),
        (Some(wanted), Some(character)) if wanted == character => matches(&pattern[wanted.len_utf8()..], &path[character.len_utf8()..]),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{matches, may_hold};

    #[test]
    fn stars_stop_at_folders_and_double_stars_do_not() {
        for (pattern, path, expected) in [
            ("a.sql", "a.sql", true),
            ("a.sql", "b/a.sql", false),
            ("*.sql", "a.sql", true),
            ("*.sql", "b/a.sql", false),
            ("**/*.sql", "a.sql", true),
            ("**/*.sql", "b/c/a.sql", true),
            ("out/**", "out/a/b", true),
            ("out/*", "out/a/b", false),
            ("out/*/b", "out/a/b", true),
            ("a?c", "abc", true),
            ("a?c", "a/c", false),
            ("*", "", true),
            ("é*", "éa", true),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
        assert!(may_hold("out/*/b", "out/x".as_ref()));
        assert!(!may_hold("out/*/b", "src".as_ref()));
        assert!(!may_hold("a.sql", "src".as_ref()));
    }
}
