//! From the file as it is written to what it means, and to all that is wrong with it.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use indexmap::IndexMap;

use super::{
    duration,
    mistake::{Code, Mistake, Place, Severity},
    model::{Application, SecretReference},
    pattern::{self, Patterns},
    template::Template,
    written,
    yaml::{Document, Path},
};
use crate::domain::ids::{ApplicationName, RepositoryName};

mod action;
mod environment;
mod later;
mod names;
mod step;

pub use names::outputs;

/// What the server's own file says that an application's file must agree with.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The roles there are; none: unknown, so that any may be named.
    pub roles: Option<BTreeSet<String>>,
    /// Secrets of the server's own, which no application may read.
    pub reserved: Vec<SecretReference>,
    /// What relative files of secrets are relative to.
    pub folder: PathBuf,
}

/// Reads an application's file by itself. `file` is what mistakes call it.
pub fn read(name: ApplicationName, file: &str, text: &str) -> Result<Application, Vec<Mistake>> {
    read_within(name, file, text, &Surroundings::default())
}

/// Reads an application's file and sees to it that it agrees with the server's own.
pub fn read_within(name: ApplicationName, file: &str, text: &str, around: &Surroundings) -> Result<Application, Vec<Mistake>> {
    let (application, mistakes) = examine(name, file, text, around);
    application.ok_or(mistakes)
}

/// The same, with what is odd and no error: there is an application when there is no error.
pub fn examine(name: ApplicationName, file: &str, text: &str, around: &Surroundings) -> (Option<Application>, Vec<Mistake>) {
    let mut document = match Document::read(file, text) {
        Ok(document) => document,
        Err(mistakes) => return (None, mistakes),
    };
    let mut mistakes = document.without_value(|path| path.pointer().contains("/expect/json"));
    mistakes.extend(later::take(&mut document));
    let written = match document.typed::<written::Application>() {
        Ok(written) if mistakes.is_empty() => written,
        Ok(_) => return (None, sorted(mistakes)),
        Err(more) => {
            mistakes.extend(more);
            return (None, sorted(mistakes));
        }
    };
    let mut checker = Checker { document: &document, around, mistakes };
    let application = checker.application(name, written);
    let is_right = checker.mistakes.iter().all(|mistake| mistake.severity() != Severity::Error);
    (application.filter(|_| is_right), sorted(checker.mistakes))
}

/// In the file's order, each one once.
fn sorted(mut mistakes: Vec<Mistake>) -> Vec<Mistake> {
    mistakes.sort_by_key(|mistake| mistake.place.map(Place::start));
    mistakes.dedup();
    mistakes
}

/// A template with the place where it stands.
type Placed = (Path, Template);

/// Collects mistakes while it turns what is written into what it means. After a mistake it goes on with something
/// harmless, so that the next one is found too; what comes out is used only when there was none.
struct Checker<'a> {
    document: &'a Document,
    around: &'a Surroundings,
    mistakes: Vec<Mistake>,
}

impl Checker<'_> {
    fn application(&mut self, name: ApplicationName, written: written::Application) -> Option<Application> {
        let top = Path::default();
        let repository = self.parsed::<RepositoryName>(&top.key("repository"), &written.repository);
        let paths = self.patterns(&top.key("paths"), written.paths);
        let environments = self.environments(&top.key("environments"), written.environments);
        let stages = self.stages(&top.key("steps"), written.steps, &environments);
        Some(Application {
            name,
            repository: repository?,
            paths,
            slack: None,
            locale: None,
            environments,
            stages,
            metrics: IndexMap::new(),
            runbooks: IndexMap::new(),
            contacts: Vec::new(),
            links: IndexMap::new(),
        })
    }

    fn wrong(&mut self, path: &Path, code: impl Into<Code>) {
        self.mistakes.push(self.document.mistake(path, code.into()));
    }

    fn wrong_key(&mut self, path: &Path, code: impl Into<Code>) {
        self.mistakes.push(self.document.mistake_in_key(path, code.into()));
    }

    fn parsed<T: std::str::FromStr>(&mut self, path: &Path, text: &str) -> Option<T>
    where
        T::Err: Into<Code>,
    {
        text.parse().map_err(|error: T::Err| self.wrong(path, error)).ok()
    }

    /// A span of time, `otherwise` when it is not written.
    fn duration(&mut self, path: &Path, text: Option<&str>, otherwise: Duration) -> Duration {
        match text.map(duration::parse) {
            Some(Ok(Duration::ZERO)) => self.wrong(path, Code::Zero),
            Some(Ok(duration)) => return duration,
            Some(Err(error)) => self.wrong(path, error),
            None => {}
        }
        otherwise
    }

    fn bounded(&mut self, path: &Path, number: u64, least: u64, most: u64) {
        if !(least..=most).contains(&number) {
            self.wrong(path, Code::Bounds { number, least, most });
        }
    }

    /// A list of patterns; none when it is not written.
    fn patterns(&mut self, path: &Path, written: Option<written::Several>) -> Patterns {
        let Some(written::Several(sources)) = written else { return Patterns::default() };
        if sources.is_empty() {
            self.wrong(path, Code::Nothing("name a pattern, or leave the key out"));
        }
        Patterns::new(sources).unwrap_or_else(|error| {
            let item = match &error {
                pattern::Error::NotAPattern { index, .. } => path.item(*index),
                pattern::Error::NothingIncluded | pattern::Error::TooMany => path.clone(),
            };
            self.wrong(&item, error);
            Patterns::default()
        })
    }

    /// A template, noted down among those whose names are looked up when all steps are known.
    fn template(&mut self, path: &Path, text: &str, placed: &mut Vec<Placed>) -> Template {
        match text.parse::<Template>() {
            Ok(template) => {
                placed.push((path.clone(), template.clone()));
                template
            }
            Err(error) => {
                self.wrong(path, error);
                Template::literal("")
            }
        }
    }

    fn secret(&mut self, path: &Path, written: &written::Secret) -> Option<SecretReference> {
        let reference = match secret(written, &self.around.folder) {
            Ok(reference) => reference,
            Err((key, code)) => {
                self.wrong(&key.map_or_else(|| path.clone(), |key| path.key(key)), code);
                return None;
            }
        };
        if self.around.reserved.contains(&reference) {
            self.wrong(path, Code::ServersSecret);
        }
        Some(reference)
    }

    /// A path in the repository: relative, and never out of it.
    fn path_inside(&mut self, path: &Path, text: &str) {
        let inside = !text.is_empty()
            && !text.starts_with(['/', '~', '-'])
            && !text.contains(['\\', '\0'])
            && text.split('/').all(|part| part != "..");
        if !inside {
            self.wrong(path, Code::Form { text: text.to_owned(), wanted: "a path within the repository (relative, without '..')" });
        }
    }
}

/// Reads where a secret is; relative files are relative to this folder. With a mistake comes the key that it is about.
pub(crate) fn secret(written: &written::Secret, folder: &std::path::Path) -> Result<SecretReference, (Option<&'static str>, Code)> {
    const KEYS: &[&str] = &["env", "file", "aws_secret", "aws_parameter"];
    let values = [&written.env, &written.file, &written.aws_secret, &written.aws_parameter];
    let found: Vec<(&'static str, &String)> =
        KEYS.iter().zip(values).filter_map(|(key, value)| value.as_ref().map(|value| (*key, value))).collect();
    let [(key, value)] = found[..] else {
        return Err((None, Code::ExactlyOne { of: KEYS, found: found.iter().map(|(key, _)| *key).collect() }));
    };
    let form = |wanted| Err((Some(key), Code::Form { text: value.clone(), wanted }));
    match key {
        "env" if !is_variable(value) => form("a variable's name (letters, digits and '_', no digit first)"),
        "env" => Ok(SecretReference::Env(value.clone())),
        "file" if value.is_empty() || value.split('/').any(|part| part == "..") => form("a file's path (without '..')"),
        "file" => Ok(SecretReference::File(folder.join(value))),
        _ => Err((Some(key), Code::NotBuiltIn { what: "secret reference", name: key.to_owned() })),
    }
}

/// `[A-Za-z_][A-Za-z0-9_]*`
fn is_variable(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The names that there are, for a sentence about one that there is not.
fn keys<K: ToString, V>(map: &IndexMap<K, V>) -> Vec<String> {
    map.keys().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests;
