//! Runbooks: work that brings no version.

use indexmap::IndexMap;

use super::{
    super::{
        mistake::Code,
        model::{Environment, Runbook},
        written,
        yaml::Path,
    },
    Checker,
    steps::Ground,
};
use crate::domain::{
    ids::{EnvironmentName, RunbookName},
    version::RefName,
};

impl Checker<'_> {
    pub(super) fn runbooks(
        &mut self,
        path: &Path,
        written: IndexMap<String, written::Runbook>,
        environments: &IndexMap<EnvironmentName, Environment>,
    ) -> IndexMap<RunbookName, Runbook> {
        let mut runbooks = IndexMap::new();
        for (name, runbook) in written {
            let path = path.key(&name);
            let made = self.runbook(&path, runbook, environments);
            match name.parse::<RunbookName>() {
                Ok(name) => runbooks.extend(made.map(|made| (name, made))),
                Err(error) => self.wrong_key(&path, Code::Name(error)),
            }
        }
        runbooks
    }

    fn runbook(
        &mut self,
        path: &Path,
        written: written::Runbook,
        environments: &IndexMap<EnvironmentName, Environment>,
    ) -> Option<Runbook> {
        let environment = self.environment_name(&path.key("environment"), &written.environment, environments);
        self.roles(&path.key("deployers"), &written.deployers);
        let approvals = written.approvals.map(|approvals| self.approvals(&path.key("approvals"), approvals));
        let mut on = Vec::new();
        for (i, trigger) in written.on.into_iter().enumerate() {
            on.extend(self.schedule(&path.key("on").item(i), &trigger.schedule, trigger.zone.as_deref()));
        }
        if let Some(reference) = &written.reference {
            self.parsed::<RefName>(&path.key("ref"), reference);
        }
        let place = environments.iter().filter(|(name, _)| Some(*name) == environment.as_ref());
        let place: IndexMap<EnvironmentName, Environment> = place.map(|(name, made)| (name.clone(), made.clone())).collect();
        let ground = Ground { environments: &place, runbook: true, version: written.reference.is_some(), known: environment.is_some() };
        let stages = self.stages_on(&path.key("steps"), written.steps, &ground);
        Some(Runbook {
            environment: environment?,
            deployers: written.deployers,
            approvals,
            on,
            concurrent: written.concurrent,
            reference: written.reference,
            stages,
        })
    }
}
