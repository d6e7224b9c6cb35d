//! Steps: what all kinds have in common, their order and their names.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::{
    super::{
        mistake::{Code, nearest},
        model::{Action, Environment, SecretReference, Step, Undo},
        template::Template,
        written,
        yaml::Path,
    },
    Checker, Placed, is_variable, keys,
    names::Known,
};
use crate::domain::ids::{EnvironmentName, StepName};

/// The kinds there are.
const KINDS: &[&str] = &["command", "http", "directory"];

/// A step with what must be looked up once its neighbours are known.
pub(super) struct Draft {
    pub(super) path: Path,
    pub(super) step: Step,
    pub(super) templates: Vec<Placed>,
}

impl Checker<'_> {
    pub(super) fn stages(
        &mut self,
        path: &Path,
        written: Vec<written::Entry>,
        environments: &IndexMap<EnvironmentName, Environment>,
    ) -> Vec<Vec<Step>> {
        if written.is_empty() {
            self.wrong(path, Code::Nothing("an application has at least one step"));
        }
        let stages: Vec<_> = written.into_iter().enumerate().map(|(i, entry)| self.stage(path.item(i), entry)).collect();
        let names = self.step_names(&stages);
        let mut names = names.into_iter();
        let mut known = Known::new(environments, &stages);
        let mut done = Vec::new();
        for stage in stages {
            let mut drafts = Vec::new();
            for (path, entry) in stage {
                let name = names.next().flatten();
                drafts.extend(self.step(path, entry, name, environments));
            }
            for draft in &drafts {
                self.names_in_step(draft, &known);
            }
            let steps: Vec<Step> = drafts.into_iter().map(|draft| draft.step).collect();
            known.add(&steps);
            done.push(steps);
        }
        done
    }

    /// One entry of the list: a step, or those of a `parallel`.
    fn stage(&mut self, path: Path, mut entry: written::Entry) -> Vec<(Path, written::Entry)> {
        let Some(members) = entry.parallel.take() else { return vec![(path, entry)] };
        let others = self.document.value().pointer(path.pointer()).and_then(|v| v.as_object()).map_or(0, serde_json::Map::len);
        if others > 1 {
            self.wrong(&path, Code::Useless { key: "parallel", why: "an entry with 'parallel' has no other key" });
        }
        let path = path.key("parallel");
        if members.is_empty() {
            self.wrong(&path, Code::Nothing("name a step, or leave the entry out"));
        }
        let mut stage = Vec::new();
        for (i, member) in members.into_iter().enumerate() {
            let path = path.item(i);
            if member.parallel.is_some() {
                self.wrong_key(&path.key("parallel"), Code::Useless { key: "parallel", why: "it cannot stand within another" });
            } else {
                stage.push((path, member));
            }
        }
        stage
    }

    /// The steps' names, in their order: the given ones, and for the others their kind, then `-2`, `-3`.
    fn step_names(&mut self, stages: &[Vec<(Path, written::Entry)>]) -> Vec<Option<StepName>> {
        let given: HashSet<&str> = stages.iter().flatten().filter_map(|(_, entry)| entry.name.as_deref()).collect();
        let mut seen = HashSet::new();
        let mut names = Vec::new();
        for (path, entry) in stages.iter().flatten() {
            let name = entry.name.clone().unwrap_or_else(|| {
                let kind = kind_of(entry).unwrap_or("step");
                let numbered = (2..).map(|n| format!("{kind}-{n}"));
                let free = |name: &String| !given.contains(name.as_str()) && !seen.contains(name);
                std::iter::once(kind.to_owned()).chain(numbered).find(free).unwrap_or_default()
            });
            if !seen.insert(name.clone()) {
                self.wrong(&path.key("name"), Code::StepAgain(name.clone()));
            }
            names.push(self.parsed(&path.key("name"), &name));
        }
        names
    }

    fn step(
        &mut self,
        path: Path,
        written: written::Entry,
        name: Option<StepName>,
        environments: &IndexMap<EnvironmentName, Environment>,
    ) -> Option<Draft> {
        let mut templates = Vec::new();
        self.kind_fits(&path, &written);
        let only = self.environment_names(&path.key("only"), written.only, environments);
        let except = self.environment_names(&path.key("except"), written.except, environments);
        let timeout = written.timeout.as_deref();
        let timeout = timeout.map(|text| self.duration(&path.key("timeout"), Some(text), std::time::Duration::from_secs(1)));
        let retries = written.retries.unwrap_or(0);
        self.bounded(&path.key("retries"), retries.into(), 0, 10);
        let env = self.env(&path.key("env"), written.env, &mut templates);
        let secrets = self.secrets(&path.key("secrets"), &written.secrets);
        for name in env.keys().filter(|name| written.secrets.contains_key(*name)) {
            self.wrong_key(&path.key("secrets").key(name), Code::EnvAndSecret(name.clone()));
        }
        for (i, produced) in written.produces.iter().enumerate() {
            self.path_inside(&path.key("produces").item(i), produced);
        }
        for (i, kept) in written.keep.iter().enumerate() {
            self.kept(&path.key("keep").item(i), kept);
        }
        let paths = self.patterns(&path.key("paths"), written.paths);
        let action = self.action(&path, (written.command, written.http, written.directory), &mut templates);
        let undo = written.undo.and_then(|undo| {
            let action = self.action(&path.key("undo"), (undo.command, undo.http, undo.directory), &mut templates)?;
            Some(Undo { automatic: undo.automatic, action })
        });
        let (verify, build, produces, keep) = (written.verify, written.build, written.produces, written.keep);
        let was = written.was.and_then(|was| self.parsed(&path.key("was"), &was));
        let (name, action) = (name?, action?);
        let step = Step { name, was, only, except, paths, timeout, retries, env, secrets, verify, build, undo, produces, keep, action };
        if !environments.is_empty() && !environments.keys().any(|environment| step.is_for(environment)) {
            self.wrong(&path, Code::StepNowhere);
        }
        Some(Draft { path, step, templates })
    }

    fn action(
        &mut self,
        path: &Path,
        kinds: (Option<written::Command>, Option<written::Http>, Option<written::Directory>),
        templates: &mut Vec<Placed>,
    ) -> Option<Action> {
        match kinds {
            (Some(command), None, None) => Some(Action::Command(self.command(&path.key("command"), command, templates)?)),
            (None, Some(http), None) => Some(Action::Http(self.http(&path.key("http"), http, templates))),
            (None, None, Some(directory)) => Some(Action::Directory(self.directory(&path.key("directory"), directory, templates)?)),
            (command, http, directory) => {
                let there = [command.is_some(), http.is_some(), directory.is_some()];
                let found = KINDS.iter().zip(there).filter_map(|(kind, there)| there.then_some(*kind)).collect();
                self.wrong(path, Code::ExactlyOne { of: KINDS, found });
                None
            }
        }
    }

    /// Keys that the step's kind would silently not heed.
    fn kind_fits(&mut self, path: &Path, written: &written::Entry) {
        let runs_something = written.http.is_none() || written.undo.as_ref().is_some_and(|undo| undo.http.is_none());
        let command_only = "only a 'command' has a workspace to take files from";
        let useless = [
            ("env", !written.env.is_empty() && !runs_something, "a request runs no program that could read it"),
            (
                "secrets",
                !written.secrets.is_empty() && !runs_something,
                "a request runs no program that could read it; a header may be {secret: …}",
            ),
            ("produces", !written.produces.is_empty() && written.command.is_none(), command_only),
            ("keep", !written.keep.is_empty() && written.command.is_none(), command_only),
            ("build", written.build && written.directory.is_some(), "a 'directory' changes its environment"),
        ];
        let has_kind = kind_of(written).is_some();
        for (key, _, why) in useless.into_iter().filter(|(_, useless, _)| has_kind && *useless) {
            self.wrong_key(&path.key(key), Code::Useless { key, why });
        }
    }

    fn environment_names(
        &mut self,
        path: &Path,
        written: Option<Vec<String>>,
        environments: &IndexMap<EnvironmentName, Environment>,
    ) -> Vec<EnvironmentName> {
        if written.as_ref().is_some_and(Vec::is_empty) {
            self.wrong(path, Code::Nothing("name an environment, or leave the key out"));
        }
        let mut names = Vec::new();
        for (i, name) in written.into_iter().flatten().enumerate() {
            if let Some(known) = environments.keys().find(|known| known.as_str() == name) {
                names.push(known.clone());
            } else {
                let near = nearest(&name, environments.keys().map(EnvironmentName::as_str));
                self.wrong(&path.item(i), Code::UnknownEnvironment { name, near, known: keys(environments) });
            }
        }
        names
    }

    fn env(&mut self, path: &Path, written: IndexMap<String, String>, templates: &mut Vec<Placed>) -> IndexMap<String, Template> {
        let mut env = IndexMap::new();
        for (name, text) in written {
            let path = path.key(&name);
            self.variable(&path, &name);
            env.insert(name, self.template(&path, &text, templates));
        }
        env
    }

    fn secrets(&mut self, path: &Path, written: &IndexMap<String, written::Secret>) -> IndexMap<String, SecretReference> {
        let mut secrets = IndexMap::new();
        for (name, secret) in written {
            let path = path.key(name);
            self.variable(&path, name);
            secrets.extend(self.secret(&path, secret).map(|reference| (name.clone(), reference)));
        }
        secrets
    }

    fn variable(&mut self, path: &Path, name: &str) {
        if !is_variable(name) || name.starts_with("BOTADURA_") {
            let wanted = "a variable's name (letters, digits and '_', no digit first, not BOTADURA_… which are the server's)";
            self.wrong_key(path, Code::Form { text: name.to_owned(), wanted });
        }
    }

    fn kept(&mut self, path: &Path, pattern: &str) {
        self.path_inside(path, pattern);
        if pattern.starts_with('!') {
            self.wrong(path, Code::Form { text: pattern.to_owned(), wanted: "a pattern of files to keep" });
        } else if let Err(error) = pattern.parse::<super::Patterns>() {
            self.wrong(path, error);
        }
    }
}

fn kind_of(entry: &written::Entry) -> Option<&'static str> {
    let there = [entry.command.is_some(), entry.http.is_some(), entry.directory.is_some()];
    KINDS.iter().zip(there).find_map(|(kind, there)| there.then_some(*kind))
}
