//! Reading the files.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use indexmap::IndexMap;

use super::{Settings, read};
use crate::domain::{
    ids::{ApplicationName, NotAName},
    manifest::{self, Application, Code, Mistake, yaml},
};

/// Reads the server's file.
pub fn load(path: &Path) -> Result<Settings, Vec<Mistake>> {
    read(path, &text(path)?)
}

/// Reads the applications' files, by their names' order, and sees to it that they agree with the server's own file.
pub fn applications(settings: &Settings) -> Result<Vec<(PathBuf, Application)>, Vec<Mistake>> {
    let around = settings.surroundings();
    let mut mistakes = Vec::new();
    let mut found: IndexMap<ApplicationName, PathBuf> = IndexMap::new();
    let mut read = Vec::new();
    for path in files(settings, &mut mistakes) {
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let name: ApplicationName = match stem.parse() {
            Ok(name) => name,
            Err(error) => {
                let error: NotAName = error;
                mistakes.push(mistake(&path, Code::Name(error)));
                continue;
            }
        };
        if let Some(other) = found.insert(name.clone(), path.clone()) {
            let code = Code::ApplicationAgain { name: name.to_string(), other: other.display().to_string() };
            mistakes.push(mistake(&path, code));
            continue;
        }
        let application = text(&path).and_then(|text| manifest::read_within(name, &path.to_string_lossy(), &text, &around));
        match application {
            Ok(application) => read.push((path, application)),
            Err(more) => mistakes.extend(more),
        }
    }
    if mistakes.is_empty() { Ok(read) } else { Err(mistakes) }
}

/// The files that the patterns name, each once, in order. Hidden ones (an editor's) are not among them.
fn files(settings: &Settings, mistakes: &mut Vec<Mistake>) -> BTreeSet<PathBuf> {
    let options = glob::MatchOptions { require_literal_leading_dot: true, require_literal_separator: true, case_sensitive: true };
    let folder = glob::Pattern::escape(&settings.folder.to_string_lossy());
    let mut files = BTreeSet::new();
    for pattern in &settings.applications {
        let whole = Path::new(&folder).join(pattern);
        let found = match glob::glob_with(&whole.to_string_lossy(), options) {
            Ok(found) => found,
            Err(error) => {
                mistakes.push(mistake(&whole, Code::Unreadable(error.to_string())));
                continue;
            }
        };
        for entry in found {
            match entry {
                Ok(path) if path.is_dir() => {}
                Ok(path) => {
                    files.insert(path);
                }
                Err(error) => mistakes.push(mistake(error.path(), Code::Unreadable(error.error().to_string()))),
            }
        }
    }
    files
}

/// A file's text, of which no more is read than may be.
fn text(path: &Path) -> Result<String, Vec<Mistake>> {
    let limit = yaml::LARGEST as u64 + 1;
    let read = || -> io::Result<String> {
        let mut text = String::new();
        File::open(path)?.take(limit).read_to_string(&mut text)?;
        Ok(text)
    };
    read().map_err(|error| vec![mistake(path, Code::Unreadable(error.to_string()))])
}

fn mistake(path: &Path, code: Code) -> Mistake {
    Mistake { file: path.display().to_string(), place: None, code }
}
