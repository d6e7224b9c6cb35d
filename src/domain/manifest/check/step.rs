//! A step: what all kinds have in common.

use indexmap::IndexMap;

use super::{
    super::{
        mistake::Code,
        model::{Action, From, SecretReference, Step, Undo},
        template::Template,
        written::{self, Kind},
        yaml::Path,
    },
    Checker, Placed, Use, is_variable,
    steps::Ground,
};
use crate::domain::ids::{EnvironmentName, StepName};

/// A step with what must be looked up once its neighbours are known.
pub(super) struct Draft {
    pub(super) path: Path,
    pub(super) step: Step,
    pub(super) templates: Vec<Placed>,
}

impl Checker<'_> {
    pub(super) fn step(&mut self, path: Path, mut written: written::Entry, name: Option<StepName>, ground: &Ground<'_>) -> Option<Draft> {
        let mut templates = Vec::new();
        self.kind_fits(&path, &written);
        if ground.runbook {
            self.runbook_fits(&path, &written, ground.version);
        }
        let only = self.environment_names(&path.key("only"), written.only.take(), ground);
        let except = self.environment_names(&path.key("except"), written.except.take(), ground);
        let timeout = self.span(&path.key("timeout"), written.timeout.as_ref());
        let retries = written.retries.unwrap_or(0);
        self.bounded(&path.key("retries"), retries.into(), 0, 10);
        let env = self.env(&path.key("env"), std::mem::take(&mut written.env), &mut templates);
        let secrets = self.secrets(&path.key("secrets"), &written.secrets);
        for name in env.keys().filter(|name| written.secrets.contains_key(*name)) {
            self.wrong_key(&path.key("secrets").key(name), Code::EnvAndSecret(name.clone()));
        }
        self.files(&path, &written);
        let was = written.was.as_ref().and_then(|was| self.parsed(&path.key("was"), was));
        let paths = self.patterns(&path.key("paths"), written.paths.take());
        let action = self.action(&path, written.kinds(), &mut templates);
        let undo = written.undo.and_then(|mut undo| {
            let action = self.action(&path.key("undo"), undo.kinds(), &mut templates)?;
            Some(Undo { automatic: undo.automatic, action })
        });
        let written::Entry { verify, build, produces, keep, .. } = written;
        let (name, action) = (name?, action?);
        let step = Step { name, was, only, except, paths, timeout, retries, env, secrets, verify, build, undo, produces, keep, action };
        let places: Vec<EnvironmentName> = ground.environments.keys().filter(|name| step.is_for(name)).cloned().collect();
        if !ground.environments.is_empty() && places.is_empty() {
            self.wrong(&path, Code::StepNowhere);
        }
        let own = std::iter::once((path.clone(), &step.action));
        for (at, action) in own.chain(step.undo.as_ref().map(|undo| (path.key("undo"), &undo.action))) {
            self.traffic_uses(action, &places);
            if let Some(kind) = needs_repository(action).filter(|_| !ground.version) {
                self.wrong_key(&at.key(kind), Code::NoRepository(kind));
            }
        }
        Some(Draft { path, step, templates })
    }

    /// The metrics that are looked at while traffic moves.
    fn traffic_uses(&mut self, action: &Action, places: &[EnvironmentName]) {
        let Action::EcsService(service) = action else { return };
        let rules = service.traffic.iter().flat_map(|traffic| traffic.advance_when.iter().chain(&traffic.abort_when));
        self.uses.extend(rules.filter_map(|rule| Some((rule.metric()?.to_owned(), Use::Traffic(places.to_vec())))));
    }

    fn action(&mut self, path: &Path, mut kinds: Vec<Kind>, templates: &mut Vec<Placed>) -> Option<Action> {
        match (kinds.len(), kinds.pop()) {
            (1, Some(kind)) => self.kind(&path.key(kind.name()), kind, templates),
            (_, last) => {
                let found = kinds.iter().chain(&last).map(Kind::name).collect();
                self.wrong(path, Code::ExactlyOne { of: written::KINDS, found });
                None
            }
        }
    }

    /// Keys that the step's kind would silently not heed.
    fn kind_fits(&mut self, path: &Path, written: &written::Entry) {
        let Some(kind) = written.kind() else { return };
        let runs = |kind: Option<&str>| matches!(kind, Some("command" | "directory"));
        let runs_something = runs(Some(kind)) || runs(written.undo.as_ref().and_then(written::Undo::kind));
        let command_only = "only a 'command' has a workspace to take files from";
        let (no_program, no_program_secret) = match kind {
            "http" => (
                "a request runs no program that could read it",
                "a request runs no program that could read it; a header may be {secret: …}",
            ),
            _ => ("only the programs of a 'command' or a 'directory' read it", "only the programs of a 'command' or a 'directory' read it"),
        };
        let no_build = if kind == "directory" { "a 'directory' changes its environment" } else { "a step of this kind builds nothing" };
        let useless = [
            ("env", !written.env.is_empty() && !runs_something, no_program),
            ("secrets", !written.secrets.is_empty() && !runs_something, no_program_secret),
            ("produces", !written.produces.is_empty() && kind != "command", command_only),
            ("keep", !written.keep.is_empty() && kind != "command", command_only),
            ("build", written.build && !matches!(kind, "command" | "workflow" | "image"), no_build),
            (
                "verify",
                written.verify && !matches!(kind, "command" | "http" | "workflow" | "ecs_task" | "kubernetes_job"),
                "a rollback restores what a step of this kind left, or has nothing to do again",
            ),
        ];
        for (key, _, why) in useless.into_iter().filter(|(_, useless, _)| *useless) {
            self.useless(path, key, why);
        }
    }

    /// Keys that mean nothing in a runbook.
    fn runbook_fits(&mut self, path: &Path, written: &written::Entry, version: bool) {
        let one_place = "a runbook is for one environment";
        let useless = [
            ("only", written.only.is_some(), one_place),
            ("except", written.except.is_some(), one_place),
            ("verify", written.verify, "nothing is rolled back after a runbook"),
            ("was", written.was.is_some(), "what a runbook leaves is not restored"),
            ("paths", written.paths.is_some() && !version, "a runbook has a version only when it names one (ref: main)"),
        ];
        for (key, _, why) in useless.into_iter().filter(|(_, useless, _)| *useless) {
            self.useless(path, key, why);
        }
    }

    fn environment_names(&mut self, path: &Path, written: Option<Vec<String>>, ground: &Ground<'_>) -> Vec<EnvironmentName> {
        self.something(path, written.as_deref(), "name an environment, or leave the key out");
        if ground.runbook {
            return Vec::new();
        }
        let names = written.into_iter().flatten().enumerate();
        names.filter_map(|(i, name)| self.environment_name(&path.item(i), &name, ground.environments)).collect()
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

    /// What later steps need of the workspace, and what is kept of it.
    fn files(&mut self, path: &Path, written: &written::Entry) {
        for (i, produced) in written.produces.iter().enumerate() {
            self.path_inside(&path.key("produces").item(i), produced);
        }
        for (i, pattern) in written.keep.iter().enumerate() {
            let path = path.key("keep").item(i);
            self.path_inside(&path, pattern);
            if pattern.starts_with('!') {
                self.form(&path, pattern, "a pattern of files to keep");
            } else if let Err(error) = pattern.parse::<super::Patterns>() {
                self.wrong(&path, error);
            }
        }
    }
}

/// The kind's name, if it works on the repository.
fn needs_repository(action: &Action) -> Option<&'static str> {
    let needs = match action {
        Action::Checks(_) | Action::Image(_) | Action::KubernetesJob(_) | Action::Helm(_) | Action::Vercel(_) | Action::Render(_) => true,
        Action::Directory(directory) => matches!(directory.from, From::Repository(_)),
        Action::S3Site(site) => matches!(site.from, From::Repository(_)),
        Action::FirebaseHosting(site) => matches!(site.from, From::Repository(_)),
        _ => false,
    };
    needs.then(|| action.kind())
}
