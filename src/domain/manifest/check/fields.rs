//! The fields of a step's kind: texts with templates, paths, secrets, each checked where it stands.

use indexmap::IndexMap;

use super::{
    super::{
        mistake::{Code, nearest},
        model::{From, SecretReference, Text},
        template::Template,
        written,
        yaml::Path,
    },
    Checker, Placed,
};
use crate::domain::ids::StepName;

/// A kind's map of fields, at its place, with the list of the templates that are found in it.
pub(super) struct Fields<'a, 'c> {
    pub(super) checker: &'a mut Checker<'c>,
    pub(super) path: Path,
    pub(super) templates: &'a mut Vec<Placed>,
}

impl<'c> Fields<'_, 'c> {
    pub(super) fn form(&mut self, key: &str, text: &str, wanted: &'static str) {
        self.checker.form(&self.path.key(key), text, wanted);
    }

    /// What stands under a key, as fields of its own.
    pub(super) fn below(&mut self, key: &str) -> Fields<'_, 'c> {
        let path = self.path.key(key);
        Fields { checker: &mut *self.checker, path, templates: &mut *self.templates }
    }

    /// The name of something elsewhere: not empty, one line, nothing that a program could read as an option.
    pub(super) fn value(&mut self, key: &str, text: &str) -> Template {
        let path = self.path.key(key);
        self.checker.plain(&path, text);
        self.checker.template(&path, text, self.templates)
    }

    pub(super) fn optional(&mut self, key: &str, text: Option<&String>) -> Option<Template> {
        text.map(|text| self.value(key, text))
    }

    /// A list of texts in which anything may stand.
    pub(super) fn texts(&mut self, key: &str, texts: &[String]) -> Vec<Template> {
        let path = self.path.key(key);
        texts.iter().enumerate().map(|(i, text)| self.checker.template(&path.item(i), text, self.templates)).collect()
    }

    /// A text in which anything may stand.
    pub(super) fn text(&mut self, key: &str, text: &str) -> Template {
        self.checker.template(&self.path.key(key), text, self.templates)
    }

    /// Texts by name, in which anything may stand.
    pub(super) fn map(&mut self, key: &str, written: IndexMap<String, String>) -> IndexMap<String, Template> {
        let path = self.path.key(key);
        let mut map = IndexMap::new();
        for (name, text) in written {
            let path = path.key(&name);
            self.checker.plain_key(&path, &name);
            map.insert(name, self.checker.template(&path, &text, self.templates));
        }
        map
    }

    /// Texts or secrets by name.
    pub(super) fn text_map(&mut self, key: &str, written: IndexMap<String, written::Text>) -> IndexMap<String, Text> {
        let path = self.path.key(key);
        let mut map = IndexMap::new();
        for (name, value) in written {
            let path = path.key(&name);
            self.checker.plain_key(&path, &name);
            let value = match value {
                written::Text::Plain(text) => Some(Text::Plain(self.checker.template(&path, &text, self.templates))),
                written::Text::Secret(secret) => self.checker.secret(&path.key("secret"), &secret).map(Text::Secret),
            };
            map.extend(value.map(|value| (name, value)));
        }
        map
    }

    pub(super) fn secret(&mut self, key: &str, written: &written::Secret) -> Option<SecretReference> {
        self.checker.secret(&self.path.key(key), written)
    }

    /// A name without templates.
    pub(super) fn name(&mut self, key: &str, text: Option<String>) -> Option<String> {
        text.inspect(|text| self.checker.fixed(&self.path.key(key), text))
    }

    /// A path in the repository.
    pub(super) fn inside(&mut self, key: &str, text: String) -> String {
        self.checker.path_inside(&self.path.key(key), &text);
        text
    }

    /// Which of the server's clusters.
    pub(super) fn cluster(&mut self, written: Option<String>) -> Option<String> {
        let name = written.as_deref().unwrap_or("default");
        if let Some(known) = self.checker.around.clusters.as_ref().filter(|known| !known.contains(name)) {
            let near = nearest(name, known.iter().map(String::as_str));
            let code = Code::UnknownCluster { name: name.to_owned(), near, known: known.iter().cloned().collect() };
            self.checker.wrong(&self.path.key("cluster"), code);
        }
        written
    }

    /// Where files are taken from.
    pub(super) fn from(&mut self, written: written::From) -> Option<From> {
        let at = self.path.key("from");
        let written = match written {
            written::From::Path(inside) => {
                self.checker.path_inside(&at, &inside);
                return Some(From::Repository(inside));
            }
            written::From::Step(written) => written,
        };
        let step = self.checker.parsed::<StepName>(&at.key("step"), &written.step);
        let path = match (written.path, written.artifact) {
            (Some(path), None) => {
                self.checker.path_inside(&at.key("path"), &path);
                path
            }
            (None, Some(artifact)) => {
                self.checker.fixed(&at.key("artifact"), &artifact);
                artifact
            }
            (None, None) => {
                self.checker.wrong(&at, Code::MissingKey("path".to_owned()));
                return None;
            }
            (Some(_), Some(_)) => {
                self.checker.wrong(&at, Code::ExactlyOne { of: &["path", "artifact"], found: vec!["path", "artifact"] });
                return None;
            }
        };
        step.map(|step| From::Step { step, path })
    }
}

impl Checker<'_> {
    /// Not empty, one line, no '-' first.
    pub(super) fn plain(&mut self, path: &Path, text: &str) {
        if text.trim().is_empty() || text.starts_with('-') || text.contains(|c: char| c.is_control()) {
            self.form(path, text, "a name (not empty, one line, no '-' first)");
        }
    }

    fn plain_key(&mut self, path: &Path, name: &str) {
        if name.is_empty() || name.starts_with('-') || name.contains(|c: char| c.is_control() || c.is_whitespace()) {
            self.wrong_key(path, Code::Form { text: name.to_owned(), wanted: "a name (not empty, no spaces, no '-' first)" });
        }
    }

    /// The same, for what has no templates.
    pub(super) fn fixed(&mut self, path: &Path, text: &str) {
        if text.contains("{{") {
            self.form(path, text, "a name without templates; it is the same everywhere");
        } else {
            self.plain(path, text);
        }
    }
}
