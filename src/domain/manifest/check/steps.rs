//! Lists of steps: their order and their names.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::{
    super::{
        mistake::Code,
        model::{Environment, Step},
        written,
        yaml::Path,
    },
    Checker,
    names::Known,
};
use crate::domain::ids::{EnvironmentName, StepName};

/// What a list of steps stands on.
pub(super) struct Ground<'a> {
    /// Where its steps may be done.
    pub(super) environments: &'a IndexMap<EnvironmentName, Environment>,
    /// It is a runbook's.
    pub(super) runbook: bool,
    /// There is a version, and so a repository.
    pub(super) version: bool,
    /// The environments are known: without them, no name in a template can be looked up.
    pub(super) known: bool,
}

impl Checker<'_> {
    pub(super) fn stages(
        &mut self,
        path: &Path,
        written: Vec<written::Entry>,
        environments: &IndexMap<EnvironmentName, Environment>,
    ) -> Vec<Vec<Step>> {
        self.stages_on(path, written, &Ground { environments, runbook: false, version: true, known: true })
    }

    pub(super) fn stages_on(&mut self, path: &Path, written: Vec<written::Entry>, ground: &Ground<'_>) -> Vec<Vec<Step>> {
        if written.is_empty() {
            let what = if ground.runbook { "a runbook has at least one step" } else { "an application has at least one step" };
            self.wrong(path, Code::Nothing(what));
        }
        let stages: Vec<_> = written.into_iter().enumerate().map(|(i, entry)| self.stage(path.item(i), entry)).collect();
        let names = self.step_names(&stages);
        self.former_names(&stages, &names);
        let mut names = names.into_iter();
        let mut known = Known::new(ground.environments, ground.version, &stages);
        let mut done = Vec::new();
        for stage in stages {
            let mut drafts = Vec::new();
            for (path, entry) in stage {
                let name = names.next().flatten();
                drafts.extend(self.step(path, entry, name, ground));
            }
            for draft in drafts.iter().filter(|_| ground.known) {
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
        self.something(&path, Some(&members), "name a step, or leave the entry out");
        let mut stage = Vec::new();
        for (i, member) in members.into_iter().enumerate() {
            let path = path.item(i);
            if member.parallel.is_some() {
                self.useless(&path, "parallel", "it cannot stand within another");
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
                let kind = entry.kind().unwrap_or("step");
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

    /// What a step was called before must not be what one is called now, nor what two were.
    fn former_names(&mut self, stages: &[Vec<(Path, written::Entry)>], names: &[Option<StepName>]) {
        let mut former = HashSet::new();
        for (path, was) in stages.iter().flatten().filter_map(|(path, entry)| Some((path, entry.was.as_ref()?))) {
            if names.iter().flatten().any(|name| name.as_str() == was) {
                self.wrong(&path.key("was"), Code::StillThere(was.clone()));
            } else if !former.insert(was) {
                self.wrong(&path.key("was"), Code::FormerAgain(was.clone()));
            }
        }
    }
}
