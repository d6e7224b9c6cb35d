//! What lies between environments: from which of them a version comes, and what must be ticked before it goes on.

use indexmap::IndexMap;

use super::{
    super::{
        mistake::{Code, nearest},
        model::{Environment, Step},
        yaml::Path,
    },
    Checker,
    environment::{Draft, Drafts},
};
use crate::domain::ids::EnvironmentName;

/// Environments whose roads are known.
pub(super) struct Roads {
    pub(super) made: IndexMap<EnvironmentName, Environment>,
    /// Points that a step ticks: in which environment, where the step's name stands, and the name.
    ticked: Vec<(EnvironmentName, Path, String)>,
}

impl Checker<'_> {
    pub(super) fn roads(&mut self, mut drafts: Drafts, path: &Path) -> Roads {
        self.circles(&drafts);
        let wanted: Vec<(Path, EnvironmentName)> = drafts
            .values()
            .filter_map(|draft| {
                let after = draft.made.after.as_ref().filter(|after| after.checklist)?;
                Some((draft.path.key("after").key("checklist"), after.environment.clone()))
            })
            .collect();
        for (at, name) in wanted {
            match drafts.get_mut(&name) {
                Some(Draft { plain: true, made, .. }) => made.checklist.leaving.append(&mut made.checklist.before),
                // An environment that is not among them had a mistake of its own, which is told.
                None if self.is_written(path, name.as_str()) => {}
                _ => self.wrong(&at, Code::NoChecklist(name.to_string())),
            }
        }
        let mut roads = Roads { made: IndexMap::new(), ticked: Vec::new() };
        for (name, draft) in drafts {
            roads.ticked.extend(draft.ticked.into_iter().map(|(path, step)| (name.clone(), path, step)));
            roads.made.insert(name, draft.made);
        }
        roads
    }

    /// Environments that come after themselves; each circle is told once, where its first member says so.
    fn circles(&mut self, drafts: &Drafts) {
        let before = |name: &EnvironmentName| drafts.get(name).and_then(|draft| draft.made.after.as_ref()).map(|after| &after.environment);
        let mut told: Vec<EnvironmentName> = Vec::new();
        for (name, draft) in drafts {
            let mut circle = vec![name.clone()];
            while let Some(next) = circle.last().and_then(before).filter(|next| !circle.contains(next)) {
                circle.push(next.clone());
            }
            let closes = circle.last().and_then(before) == Some(name);
            if closes && !told.contains(name) {
                let names = circle.iter().map(ToString::to_string).collect();
                self.wrong(&draft.path.key("after").key("environment"), Code::Circle(names));
                told.extend(circle);
            }
        }
    }

    /// Whether the steps that tick points are done where they can tick them: there, or where versions come from.
    pub(super) fn points_ticked(&mut self, roads: &Roads, stages: &[Vec<Step>]) {
        let steps: Vec<&Step> = stages.iter().flatten().collect();
        for (environment, path, name) in &roads.ticked {
            let Some(step) = steps.iter().find(|step| step.name.as_str() == name) else {
                let known: Vec<String> = steps.iter().map(|step| step.name.to_string()).collect();
                let near = nearest(name, known.iter().map(String::as_str));
                self.wrong(path, Code::UnknownStep { name: name.clone(), near, known });
                continue;
            };
            let before = |name: &EnvironmentName| roads.made.get(name)?.after.as_ref().map(|after| after.environment.clone());
            let road = std::iter::successors(Some(environment.clone()), before).take(roads.made.len());
            if !road.into_iter().any(|place| step.is_for(&place)) {
                self.wrong(path, Code::NeverTicked { step: name.clone(), environment: environment.to_string() });
            }
        }
    }
}
