//! Reading the files: all of them first, then what they say, so that what was judged is what was read.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use sha2::{Digest, Sha256};

use super::{Settings, read};
use crate::{
    domain::{
        ids::{ApplicationName, NotAName},
        manifest::{self, Application, Code, Mistake, Severity, Surroundings, yaml},
    },
    engine::Configured,
};

/// A file's text, or why there is none.
pub type Text = Result<String, Vec<Mistake>>;

/// The files as they stood on the disk at one time.
#[derive(Debug)]
pub struct Snapshot {
    path: PathBuf,
    settings: Result<Settings, Vec<Mistake>>,
    applications: BTreeMap<PathBuf, Text>,
    /// What is wrong with where the applications' files are looked for.
    mistakes: Vec<Mistake>,
    digest: String,
}

/// What the files say, without a mistake.
#[derive(Debug)]
pub struct Loaded {
    /// The server's file.
    pub path: PathBuf,
    /// What it says.
    pub settings: Settings,
    /// The applications with their files, by the files' names' order.
    pub applications: Vec<(PathBuf, Application)>,
    /// What is odd, and keeps nothing from being used.
    pub warnings: Vec<Mistake>,
    /// SHA-256 of the files' names and texts, in hexadecimal.
    pub digest: String,
}

/// What was found in applications' files.
#[derive(Debug, Default)]
pub struct Examined {
    /// Those that are right.
    pub applications: Vec<(PathBuf, Application)>,
    /// What is wrong, or odd, with any of them.
    pub mistakes: Vec<Mistake>,
}

/// Reads the server's file.
pub fn load(path: &Path) -> Result<Settings, Vec<Mistake>> {
    read(path, &text(path)?)
}

/// Reads the server's file and the applications' files that it names.
pub fn everything(path: &Path) -> Result<Loaded, Vec<Mistake>> {
    Snapshot::take(path).load()
}

impl Snapshot {
    /// Reads the server's file and the applications' files that it names.
    pub fn take(path: &Path) -> Self {
        let server = text(path);
        let mut hash = Sha256::new();
        note(&mut hash, path, &server);
        let settings = server.and_then(|text| read(path, &text));
        let mut mistakes = Vec::new();
        let mut applications = BTreeMap::new();
        if let Ok(settings) = &settings {
            for path in files(&settings.folder, &settings.applications, &mut mistakes) {
                let text = text(&path);
                note(&mut hash, &path, &text);
                applications.insert(path, text);
            }
        }
        Self { path: path.to_owned(), settings, applications, mistakes, digest: hex::encode(hash.finalize()) }
    }

    /// SHA-256 of the files' names and texts, in hexadecimal.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// What the files say, or everything that is wrong with any of them.
    pub fn load(self) -> Result<Loaded, Vec<Mistake>> {
        let settings = self.settings?;
        let Examined { applications, mistakes } = examine(self.applications, &settings.surroundings());
        let mistakes: Vec<Mistake> = self.mistakes.into_iter().chain(mistakes).collect();
        if mistakes.iter().any(|mistake| mistake.severity() == Severity::Error) {
            return Err(mistakes);
        }
        Ok(Loaded { path: self.path, settings, applications, warnings: mistakes, digest: self.digest })
    }
}

impl Loaded {
    /// What the engine works by.
    pub fn configured(&self) -> Configured {
        let applications = self.applications.iter().map(|(_, application)| (application.name.clone(), Arc::new(application.clone())));
        let roles = self.settings.roles.iter();
        let roles = roles.map(|(role, members)| (role.clone(), members.iter().map(ToString::to_string).collect()));
        Configured { applications: applications.collect(), roles: roles.collect() }
    }
}

fn note(hash: &mut Sha256, path: &Path, text: &Text) {
    let text = match text {
        Ok(text) => text.clone(),
        Err(mistakes) => mistakes.iter().map(ToString::to_string).collect(),
    };
    for part in [path.to_string_lossy().as_bytes(), text.as_bytes()] {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
}

/// Reads what applications' files say, in this order, and sees to it that they agree with the server's own and with one
/// another.
pub fn examine(files: impl IntoIterator<Item = (PathBuf, Text)>, around: &Surroundings) -> Examined {
    let mut examined = Examined::default();
    let mut found: BTreeMap<ApplicationName, PathBuf> = BTreeMap::new();
    for (path, text) in files {
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let name: ApplicationName = match stem.parse() {
            Ok(name) => name,
            Err(error) => {
                let error: NotAName = error;
                examined.mistakes.push(mistake(&path, Code::Name(error)));
                continue;
            }
        };
        if let Some(other) = found.get(&name) {
            let code = Code::ApplicationAgain { name: name.to_string(), other: other.display().to_string() };
            examined.mistakes.push(mistake(&path, code));
            continue;
        }
        found.insert(name.clone(), path.clone());
        match text {
            Ok(text) => {
                let (application, mistakes) = manifest::examine(name, &path.to_string_lossy(), &text, around);
                examined.mistakes.extend(mistakes);
                examined.applications.extend(application.map(|application| (path, application)));
            }
            Err(unreadable) => examined.mistakes.extend(unreadable),
        }
    }
    examined
}

/// The files that patterns name, each once, in order. Hidden ones (an editor's) are not among them.
pub fn files(folder: &Path, patterns: &[String], mistakes: &mut Vec<Mistake>) -> BTreeSet<PathBuf> {
    let options = glob::MatchOptions { require_literal_leading_dot: true, require_literal_separator: true, case_sensitive: true };
    let folder = glob::Pattern::escape(&folder.to_string_lossy());
    let mut files = BTreeSet::new();
    for pattern in patterns {
        let whole = Path::new(&folder).join(pattern);
        let found = match glob::glob_with(&whole.to_string_lossy(), options) {
            Ok(found) => found,
            Err(error) => {
                mistakes.push(mistake(&whole, Code::Unreadable(error.to_string())));
                continue;
            }
        };
        let before = files.len();
        for entry in found {
            match entry {
                Ok(path) if path.is_dir() => {}
                Ok(path) => {
                    files.insert(path);
                }
                Err(error) => mistakes.push(mistake(error.path(), Code::Unreadable(error.error().to_string()))),
            }
        }
        // The usual folder need not be there; what somebody writes is meant.
        if files.len() == before && pattern != super::read::USUAL {
            mistakes.push(mistake(&whole, Code::NoFile(pattern.clone())));
        }
    }
    files
}

/// A file's text, of which no more is read than may be. What is no file (a pipe, a device) is not read at all.
pub fn text(path: &Path) -> Text {
    let limit = yaml::LARGEST as u64 + 1;
    let read = || -> io::Result<String> {
        if !std::fs::metadata(path)?.is_file() {
            return Err(io::Error::other("it is no file"));
        }
        let mut bytes = Vec::new();
        File::open(path)?.take(limit).read_to_end(&mut bytes)?;
        // What is too large is refused as such, wherever the reading of it ended.
        if bytes.len() > yaml::LARGEST {
            return Ok(String::from_utf8_lossy(&bytes).into_owned());
        }
        String::from_utf8(bytes).map_err(|error| {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = 1 + String::from_utf8_lossy(valid).matches('\n').count();
            io::Error::other(format!("line {line} is not text in UTF-8"))
        })
    };
    read().map_err(|error| vec![mistake(path, Code::Unreadable(error.to_string()))])
}

fn mistake(path: &Path, code: Code) -> Mistake {
    Mistake { file: path.display().to_string(), place: None, code }
}
