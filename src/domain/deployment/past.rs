//! A deployment as another one looks back at it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Artifact, Run, State, Status};
use crate::domain::{
    ids::{DeploymentId, StepName},
    manifest::Step,
    plan::{Phase, Plan, PlannedRun, is_target},
    release::{Outputs, Release},
    version::Version,
};

/// A deployment with everything that is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// Its number.
    pub id: DeploymentId,
    /// What it brought; none for what was there before Botadura came.
    pub version: Option<Version>,
    /// What it meant to do.
    pub plan: Plan,
    /// What came of it.
    pub state: State,
}

impl Past {
    /// The forward run of what a step was here: under its name, else under the one that it says it had.
    pub fn planned(&self, step: &Step) -> Option<(usize, &PlannedRun)> {
        self.plan.forward(&step.name).or_else(|| self.plan.forward(step.was.as_ref()?))
    }

    /// What came of that run.
    pub fn run(&self, step: &Step) -> Option<&Run> {
        self.planned(step).map(|(place, _)| &self.state.runs[place])
    }

    /// The release that stands for a target step here, left by it or carried over.
    pub fn release(&self, step: &Step) -> Option<&Release> {
        self.run(step)?.release()
    }

    /// The outputs of a step, also those that were carried over.
    pub fn outputs_of(&self, step: &Step) -> Outputs {
        let name = self.planned(step).map_or(&step.name, |(_, run)| &run.step.name);
        self.outputs().remove(name).unwrap_or_default()
    }

    /// The outputs of all steps, also those that were carried over.
    pub fn outputs(&self) -> BTreeMap<StepName, Outputs> {
        let mut all = self.plan.carried.outputs.clone();
        for (place, planned) in self.plan.of(Phase::Forward) {
            if let Some(outputs) = self.state.runs[place].outputs() {
                all.entry(planned.step.name.clone()).or_default().extend(outputs.clone());
            }
        }
        all
    }

    /// What all steps produced, also those that were carried over.
    pub fn artifacts(&self) -> Vec<Artifact> {
        let own = self.plan.of(Phase::Forward).flat_map(|(place, _)| self.state.runs[place].artifacts().to_vec());
        self.plan.carried.artifacts.iter().cloned().chain(own).collect()
    }

    /// The target steps that were called: what stands outside for them may be what this deployment brought.
    pub fn touched(&self) -> BTreeSet<StepName> {
        self.targets().filter(|(place, _)| self.state.runs[*place].is_touched()).map(|(_, run)| run.step.name.clone()).collect()
    }

    /// The target steps that were done, under every name that they have had: what stands outside for them is what its
    /// record says.
    pub fn brought(&self) -> BTreeSet<StepName> {
        let done = |place: usize| matches!(self.state.runs[place].status, Status::Done { .. });
        let steps = self.targets().filter(|(place, _)| done(*place)).map(|(_, run)| &run.step);
        steps.flat_map(|step| std::iter::once(&step.name).chain(&step.was)).cloned().collect()
    }

    fn targets(&self) -> impl Iterator<Item = (usize, &PlannedRun)> {
        self.plan.of(Phase::Forward).filter(|(_, run)| is_target(&run.step.action))
    }
}
