//! From the file as it is written to what it means, and to all that is wrong with it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use indexmap::IndexMap;

use super::{
    duration,
    mistake::{Code, Mistake, Place, Severity, nearest},
    model::{Application, Metric, SecretReference},
    pattern::{self, Patterns},
    template::Template,
    written,
    yaml::{Document, Gone, Path, Reading},
};
use crate::domain::ids::{ApplicationName, EnvironmentName, RepositoryName};

mod action;
mod checklist;
mod environment;
mod fields;
mod gates;
mod kinds;
mod names;
mod people;
mod roads;
mod runbooks;
mod signals;
mod step;
mod steps;
mod traffic;

pub use names::outputs;

/// What the server's own file says that an application's file must agree with.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The roles there are; none: unknown, so that any may be named.
    pub roles: Option<BTreeSet<String>>,
    /// Who has a role, where that is people alone and no team: their logins.
    pub people: BTreeMap<String, BTreeSet<String>>,
    /// The Kubernetes clusters there are; none: unknown, so that any may be named.
    pub clusters: Option<BTreeSet<String>>,
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
    let document = match Document::read(file, text) {
        Ok(document) => document,
        Err(mistakes) => return (None, mistakes),
    };
    let Reading { typed, mut mistakes, document, gone } = document.typed::<written::Application>(may_be_null);
    let Some(written) = typed else { return (None, sorted(mistakes)) };
    let (environments, steps) = (written.environments.len(), written.steps.len());
    if environments > MOST || steps > MOST {
        let (key, number) = if environments > MOST { ("environments", environments) } else { ("steps", steps) };
        let number = u64::try_from(number).unwrap_or(u64::MAX);
        mistakes.push(document.mistake(&Path::default().key(key), Code::Bounds { number, least: 1, most: MOST as u64 }));
        return (None, sorted(mistakes));
    }
    let mut checker = Checker { document: &document, around, gone, mistakes, metrics: IndexMap::new(), uses: Vec::new() };
    let application = checker.application(name, written);
    let is_right = checker.mistakes.iter().all(|mistake| mistake.severity() != Severity::Error);
    (application.filter(|_| is_right), sorted(checker.mistakes))
}

/// How many environments, and how many steps, one file may have.
const MOST: usize = 200;

/// Where JSON of somebody else's stands, in which a null means something.
fn may_be_null(path: &Path) -> bool {
    path.pointer().contains("/expect/json") || path.pointer().contains("/firebase_hosting/config/")
}

/// In the file's order, each one once.
fn sorted(mut mistakes: Vec<Mistake>) -> Vec<Mistake> {
    mistakes.sort_by_key(|mistake| mistake.place.map(Place::start));
    mistakes.dedup();
    mistakes
}

/// A template with the place where it stands.
type Placed = (Path, Template);

/// Where a metric is read.
enum Use {
    /// In the watch of an environment.
    Watch(EnvironmentName),
    /// While a step moves traffic, in the environments in which it is done.
    Traffic(Vec<EnvironmentName>),
}

/// Collects mistakes while it turns what is written into what it means. After a mistake it goes on with something
/// harmless, so that the next one is found too; what comes out is used only when there was none.
struct Checker<'a> {
    document: &'a Document,
    around: &'a Surroundings,
    /// What the file does not say in a usable way.
    gone: Gone,
    mistakes: Vec<Mistake>,
    /// What rules may look at.
    metrics: IndexMap<String, Metric>,
    /// What rules look at, and where.
    uses: Vec<(String, Use)>,
}

impl Checker<'_> {
    fn application(&mut self, name: ApplicationName, written: written::Application) -> Option<Application> {
        let top = Path::default();
        let hints = signals::hints(&written);
        let repository = self.parsed::<RepositoryName>(&top.key("repository"), &written.repository);
        let paths = self.patterns(&top.key("paths"), written.paths);
        let slack = written.slack.inspect(|channel| self.channel(&top.key("slack"), channel));
        let locale = written.locale.filter(|word| self.word(&top.key("locale"), Some(word), &[("en", ()), ("es", ())]).is_some());
        let placed = self.metrics(&top.key("metrics"), written.metrics, &hints);
        let watch = written.watch.map(|watch| self.watch(&top.key("watch"), &watch));
        let drafts = self.environments(&top.key("environments"), written.environments, watch.as_ref());
        let environments = self.roads(drafts, &top.key("environments"));
        let stages = self.stages(&top.key("steps"), written.steps, &environments.made);
        self.points_ticked(&environments, &stages);
        let runbooks = self.runbooks(&top.key("runbooks"), written.runbooks, &environments.made);
        self.names_in_metrics(&placed, &environments.made, &stages);
        let contacts = self.contacts(&top.key("contacts"), written.contacts);
        let links = self.links(&top.key("links"), written.links, &environments.made, &stages);
        Some(Application {
            name,
            repository: repository?,
            paths,
            slack,
            locale,
            environments: environments.made,
            stages,
            metrics: std::mem::take(&mut self.metrics),
            runbooks,
            contacts,
            links,
        })
    }

    fn wrong(&mut self, path: &Path, code: impl Into<Code>) {
        let code = code.into();
        if !code.may_come_of(path, &self.gone) {
            self.mistakes.push(self.document.mistake(path, code));
        }
    }

    fn wrong_key(&mut self, path: &Path, code: impl Into<Code>) {
        let code = code.into();
        if !code.may_come_of(path, &self.gone) {
            self.mistakes.push(self.document.mistake_in_key(path, code));
        }
    }

    fn form(&mut self, path: &Path, text: &str, wanted: &'static str) {
        self.wrong(path, Code::Form { text: text.to_owned(), wanted });
    }

    /// A key that means nothing where it stands.
    fn useless(&mut self, path: &Path, key: &'static str, why: &'static str) {
        self.wrong_key(&path.key(key), Code::Useless { key, why });
    }

    fn parsed<T: FromStr>(&mut self, path: &Path, text: &str) -> Option<T>
    where
        T::Err: Into<Code>,
    {
        text.parse().map_err(|error: T::Err| self.wrong(path, error)).ok()
    }

    /// One of some words, with what it means.
    fn word<T: Copy>(&mut self, path: &Path, text: Option<&str>, words: &[(&'static str, T)]) -> Option<T> {
        let text = text?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, meant)| *meant);
        if found.is_none() {
            let expected = words.iter().map(|(word, _)| *word).collect();
            self.wrong(path, Code::Word { text: text.to_owned(), expected });
        }
        found
    }

    /// A span of time that is not zero, when it is written.
    fn span(&mut self, path: &Path, written: Option<&written::Span>) -> Option<Duration> {
        match duration::parse(&written?.0) {
            Ok(Duration::ZERO) => self.wrong(path, Code::Zero),
            Ok(span) => return Some(span),
            Err(error) => self.wrong(path, error),
        }
        None
    }

    fn bounded(&mut self, path: &Path, number: u64, least: u64, most: u64) {
        if !(least..=most).contains(&number) {
            self.wrong(path, Code::Bounds { number, least, most });
        }
    }

    /// A list that holds something, when it is written.
    fn something<T>(&mut self, path: &Path, list: Option<&[T]>, what: &'static str) {
        if list.is_some_and(<[T]>::is_empty) {
            self.wrong(path, Code::Nothing(what));
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
            self.form(path, text, "a path within the repository (relative, without '..')");
        }
    }

    /// Whether a key is written at a path.
    fn is_written(&self, path: &Path, key: &str) -> bool {
        self.document.value().pointer(path.key(key).pointer()).is_some()
    }

    /// An environment that there is.
    fn environment_name<V>(&mut self, path: &Path, name: &str, environments: &IndexMap<EnvironmentName, V>) -> Option<EnvironmentName> {
        let found = environments.keys().find(|known| known.as_str() == name).cloned();
        if found.is_none() {
            let near = nearest(name, environments.keys().map(EnvironmentName::as_str));
            self.wrong(path, Code::UnknownEnvironment { name: name.to_owned(), near, known: keys(environments) });
        }
        found
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
        "aws_secret" if !is_aws_secret(value) => form("the name of a secret (name, or name#key)"),
        "aws_secret" => Ok(SecretReference::AwsSecret(value.clone())),
        _ if !is_aws_name(value) => form("the name of a parameter (/path/name)"),
        _ => Ok(SecretReference::AwsParameter(value.clone())),
    }
}

/// `name`, or `name#key` for one key of its JSON.
fn is_aws_secret(text: &str) -> bool {
    let (name, key) = text.split_once('#').unwrap_or((text, "key"));
    is_aws_name(name) && !key.is_empty() && !key.contains(|c: char| c == '#' || c.is_control())
}

/// What a name in AWS may be made of.
fn is_aws_name(text: &str) -> bool {
    text.len() <= 2048
        && text.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_'))
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_+=.@:-".contains(&b))
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
